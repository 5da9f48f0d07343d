"""What waits for a worker: messages to people, automatic steps, and what no worker could do."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User
from people.scope import Scope
from processes.models import ProcessInstance
from tasks.models.clock import Clock
from tasks.models.task import Task


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Questions about many messages."""

    def shown_to(self, scope: Scope) -> NotificationQuerySet:
        """Messages in the application to this person whose case is still visible to him, or that are about no
        case; the list and its counter show the same."""
        mine = self.filter(recipient_id=scope.user_id, channel=Notification.Channel.APP)
        visible = Q(instance__in=ProcessInstance.objects.visible_to(scope))
        return mine.filter(visible | Q(instance__isnull=True))


class Notification(models.Model):
    """A message to one person (or a plain address) through one channel: the transactional outbox.

    `app` rows are delivered by being written. `mail` rows wait for a worker: a claim sets the lease, counts a
    try and hides the row until `locked_until`; only the holder of the lease may mark it.
    Exhausted = incident.
    """

    class Channel(models.TextChoices):
        """How it reaches the person."""

        APP = "app", _("In the application")
        MAIL = "mail", _("E-mail")

    class State(models.TextChoices):
        """Where its delivery stands."""

        PENDING = "pending", _("Waiting")
        SENT = "sent", _("Delivered")
        INCIDENT = "incident", _("Could not be delivered")

    recipient = models.ForeignKey(User, models.PROTECT, null=True, related_name="notifications")
    address = models.EmailField(max_length=254, blank=True)
    channel = models.CharField(max_length=10, choices=Channel)
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    instance = models.ForeignKey(ProcessInstance, models.PROTECT, null=True, related_name="notifications")
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="notifications")
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    available_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    lease_id = models.CharField(max_length=36, blank=True)
    locked_until = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("key", "recipient", "channel"), name="notification_once"),
            models.UniqueConstraint(
                fields=("key", "address"), name="notification_address_once", condition=~Q(address="")
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) ^ ~Q(address=""), name="notification_to_somebody"
            ),
        )
        indexes = (
            models.Index(
                fields=("available_at", "id"), name="notification_pending", condition=Q(state="pending")
            ),
            models.Index(
                fields=("recipient", "-id"),
                name="notification_unread",
                condition=Q(channel="app", read_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient_id}"


class Job(models.Model):
    """An automatic step that waits for a worker, made for one token (semantics §7).

    A claim sets the lease, counts a try and hides the row until `locked_until`. `begun_at` is set right
    before an effect outside the database begins, so that after a crash it is known that it may have happened.
    A result counts only under the root lock, while the lease matches and the token lives. `effect_at` is set
    where the effect happened and its result has to wait, because the case was suspended meanwhile.
    """

    class State(models.TextChoices):
        """Where it stands."""

        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        INCIDENT = "incident", _("Could not be done")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN_STATES = (State.WAITING, State.INCIDENT)

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="jobs", verbose_name=_("case"))
    root = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="+")
    token_id = models.PositiveIntegerField()
    step_key = models.CharField(_("step"), max_length=60)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    created_at = models.DateTimeField(_("started"))
    available_at = models.DateTimeField(_("next try"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease_id = models.CharField(max_length=36, blank=True)
    locked_until = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    effect_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("automatic step")
        verbose_name_plural = _("automatic steps")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("instance", "token_id"),
                name="job_one_per_token",
                condition=Q(state__in=("waiting", "incident")),
            ),
        )
        indexes = (
            models.Index(fields=("available_at", "id"), name="job_waiting", condition=Q(state="waiting")),
            models.Index(fields=("instance", "token_id"), name="job_of_token"),
        )

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.step_key}"

    @property
    def is_open(self) -> bool:
        """Whether its step still waits for it."""
        return self.state in self.OPEN_STATES


class Incident(models.Model):
    """Something that stands still until somebody looks after it: visible to operators and on the case's page.

    `code` says what: `job` (an automatic step that could not be done), `no_way_on`, `too_many_steps`,
    `date_missing` (a wait without its date), `nobody` (a task that belongs to nobody), `nobody_told` (a level
    that could tell nobody), `nobody_to_have_it` (one that could pass its task on to nobody it names),
    `called_process`.
    """

    instance = models.ForeignKey(
        ProcessInstance, models.PROTECT, related_name="incidents", verbose_name=_("case")
    )
    token_id = models.PositiveIntegerField(default=0)
    step_key = models.CharField(_("step"), max_length=60, blank=True)
    code = models.CharField(_("what"), max_length=40)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    job = models.ForeignKey(Job, models.PROTECT, null=True, related_name="incidents")
    clock = models.ForeignKey(Clock, models.PROTECT, null=True, related_name="incidents")
    opened_at = models.DateTimeField(_("since"))
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    resolved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("resolved by")
    )

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("instance", "token_id", "code"),
                name="incident_once",
                condition=Q(resolved_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(fields=("opened_at",), name="incident_open", condition=Q(resolved_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.code}"

    @property
    def is_retriable(self) -> bool:
        """Whether trying again can help: not where a date is missing, which must not be taken for reached."""
        return self.job_id is not None or (self.clock_id is not None and self.code != "date_missing")
