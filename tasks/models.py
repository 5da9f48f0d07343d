"""Tasks and everything that hangs on them: checks, history, values, clocks, messages."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from customers.models import Customer
from people.models import Team, User
from people.scope import Scope
from processes.models import ChecklistItem, ProcessInstance, Step, Urgency

NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
"""Sorts tasks without a deadline behind all others."""


class TaskQuerySet(models.QuerySet["Task"]):
    """Questions about many tasks."""

    def open(self) -> TaskQuerySet:
        """Tasks somebody has to work on."""
        return self.filter(state=Task.State.OPEN)

    def visible_to(self, scope: Scope) -> TaskQuerySet:
        """Tasks of the cases this person may see."""
        return self.filter(instance__in=ProcessInstance.objects.visible_to(scope))

    def in_list_order(self) -> TaskQuerySet:
        """By deadline, then urgency (semantics §9)."""
        return self.order_by("due_sort_at", "urgency", "id")


class Task(models.Model):
    """One activity of a case, made for one token; only `processes.runtime` writes it."""

    class State(models.TextChoices):
        """Life of a task. "Overdue" is a fact (`overdue_at`), never a state."""

        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    instance = models.ForeignKey(
        ProcessInstance, models.PROTECT, related_name="tasks", verbose_name=_("case")
    )
    root = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="+", editable=False)
    step = models.ForeignKey(Step, models.PROTECT, related_name="tasks", verbose_name=_("step"))
    step_key = models.CharField(max_length=60)
    token_id = models.PositiveIntegerField()
    visit = models.PositiveIntegerField(default=1)
    mi_index = models.PositiveIntegerField(default=0)
    state = FSMField(_("state"), max_length=20, choices=State.choices, default=State.OPEN, protected=False)
    title = models.CharField(_("task"), max_length=200)
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("team")
    )
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="tasks", verbose_name=_("assigned to")
    )
    assignment_reason = models.JSONField(default=dict)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.NORMAL)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    due_sort_at = models.DateTimeField(default=NEVER)
    overdue_at = models.DateTimeField(_("overdue since"), null=True, blank=True)
    escalation_level = models.PositiveSmallIntegerField(_("escalation level"), default=0)
    wake_at = models.DateTimeField(null=True, blank=True)
    follow_up_at = models.DateTimeField(null=True, blank=True)
    is_hidden = models.BooleanField(default=False)
    is_confidential = models.BooleanField(default=False)
    draft = models.JSONField(default=dict, blank=True)
    draft_saved_at = models.DateTimeField(null=True, blank=True)
    outcome_key = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    completed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="completed_tasks",
        verbose_name=_("completed by"),
    )
    completed_for = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("completed for")
    )
    completion_key = models.CharField(max_length=64, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ("due_sort_at", "urgency", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("instance", "token_id", "mi_index"),
                name="task_one_per_token",
                condition=Q(state="open"),
            ),
        )
        indexes = (
            models.Index(
                fields=("assignee", "due_sort_at", "urgency", "id"),
                name="task_mine",
                condition=Q(state="open", is_hidden=False),
            ),
            models.Index(
                fields=("team", "due_sort_at", "urgency", "id"),
                name="task_pool",
                condition=Q(state="open", is_hidden=False, assignee__isnull=True),
            ),
            models.Index(
                fields=("team", "due_sort_at", "urgency", "id"),
                name="task_team_open",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=("completed_by", "-ended_at", "-id"), name="task_done", condition=Q(state="done")
            ),
            models.Index(fields=("instance", "id"), name="task_of_instance"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether somebody has to work on it."""
        return bool(self.state == self.State.OPEN)

    def is_overdue(self, at: dt.datetime) -> bool:
        """Whether the deadline has passed while it was open."""
        return self.is_open and self.due_at is not None and self.due_at < at

    @transition(field=state, source=State.OPEN, target=State.DONE)
    def complete(self, *, outcome: str, by: User | None, acting_for: User | None, at: Any) -> None:
        """A person (or the clock) ended it with an outcome."""
        self.outcome_key = outcome
        self.completed_by = by
        self.completed_for = acting_for
        self.ended_at = at

    @transition(field=state, source=State.OPEN, target=State.CANCELLED)
    def cancel(self, *, at: Any) -> None:
        """The case no longer needs it."""
        self.ended_at = at


class TaskCheck(models.Model):
    """The tick of one checklist item in one task."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="checks")
    item = models.ForeignKey(ChecklistItem, models.PROTECT, related_name="+")
    is_checked = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("tick")
        verbose_name_plural = _("ticks")
        constraints = (models.UniqueConstraint(fields=("task", "item"), name="check_unique"),)

    def __str__(self) -> str:
        return f"{self.task_id}: {self.item_id}"


class AppendOnlyError(Exception):
    """Somebody tried to change or delete history."""


class ProcessEvent(models.Model):
    """What happened in a case, in order of `seq`; append-only, chained by hash (semantics §4).

    `facts` is canonical JSON text of ids, tokens and plain facts, without personal values; these stand in the
    erasable payload, of which the event holds only a salted digest.
    """

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(_("kind"), max_length=40)
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="events")
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    acting_for = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"))
    facts = models.TextField(default="{}")
    payload_digest = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        ordering = ("instance", "seq")
        constraints = (models.UniqueConstraint(fields=("instance", "seq"), name="event_seq_unique"),)

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.seq} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only; raises AppendOnlyError for a change."""
        if self.pk is not None:
            raise AppendOnlyError(str(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Always raises AppendOnlyError."""
        raise AppendOnlyError(str(self))


class EventPayload(models.Model):
    """The personal part of an event; may be erased, then an `erased` event says so."""

    event = models.OneToOneField(ProcessEvent, models.PROTECT, related_name="payload", primary_key=True)
    salt = models.CharField(max_length=32)
    value = models.TextField()

    class Meta:
        verbose_name = _("event payload")
        verbose_name_plural = _("event payloads")

    def __str__(self) -> str:
        return str(self.event_id)


class FieldValue(models.Model):
    """An indexed copy of a searchable, evaluated or reference field of a case."""

    instance = models.ForeignKey(ProcessInstance, models.CASCADE, related_name="field_values")
    key = models.CharField(max_length=60)
    text = models.CharField(max_length=500, blank=True)
    number = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    date = models.DateTimeField(null=True)
    ref = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("field value")
        verbose_name_plural = _("field values")
        constraints = (models.UniqueConstraint(fields=("instance", "key"), name="field_value_unique"),)
        indexes = (
            models.Index(fields=("key", "text"), name="field_value_text"),
            models.Index(fields=("key", "number"), name="field_value_number"),
            models.Index(fields=("key", "date"), name="field_value_date"),
            models.Index(fields=("key", "ref"), name="field_value_ref"),
        )

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.key}"


class Participant(models.Model):
    """A customer's part in a case; a case may have several."""

    instance = models.ForeignKey(ProcessInstance, models.CASCADE, related_name="participants")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="participations")
    role = models.CharField(_("role"), max_length=60, default="customer")

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = (
            models.UniqueConstraint(fields=("instance", "customer", "role"), name="participant_unique"),
        )

    def __str__(self) -> str:
        return f"{self.customer} ({self.role})"


class Clock(models.Model):
    """One thing the clock watches. A moved deadline is a new generation; fired levels stay fired.

    `plan` is a snapshot: a list of levels {level, at, actions}; `next_level` is the index of the next one and
    `wake_at` its moment (null = nothing more to do). While paused, `remaining` holds working seconds.
    """

    class Kind(models.TextChoices):
        """What is watched."""

        REACTION = "reaction", _("Reaction")
        SOLUTION = "solution", _("Deadline")
        CASE = "case", _("Deadline of the case")
        WAIT = "wait", _("Wait")
        TIMEOUT = "timeout", _("Timeout")

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="clocks")
    root = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="clocks")
    kind = models.CharField(max_length=20, choices=Kind)
    generation = models.PositiveIntegerField(default=1)
    due_at = models.DateTimeField()
    remaining = models.IntegerField(null=True)
    paused_at = models.DateTimeField(null=True)
    plan = models.JSONField(default=list)
    next_level = models.PositiveSmallIntegerField(default=0)
    wake_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        indexes = (
            models.Index(fields=("wake_at", "id"), name="clock_due", condition=Q(wake_at__isnull=False)),
            models.Index(fields=("task",), name="clock_task"),
        )
        constraints = (models.UniqueConstraint(fields=("instance", "task", "kind"), name="clock_unique"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"


class LevelFired(models.Model):
    """An escalation level that fired: once per clock and generation, however many workers run."""

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="fired")
    generation = models.PositiveIntegerField()
    level = models.PositiveSmallIntegerField()
    fired_at = models.DateTimeField()

    class Meta:
        verbose_name = _("fired level")
        verbose_name_plural = _("fired levels")
        constraints = (
            models.UniqueConstraint(fields=("clock", "generation", "level"), name="level_fired_once"),
        )

    def __str__(self) -> str:
        return f"{self.clock_id}/{self.generation}/{self.level}"


class Notification(models.Model):
    """A message to one person through one channel: the transactional outbox.

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

    recipient = models.ForeignKey(User, models.PROTECT, related_name="notifications")
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

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("key", "recipient", "channel"), name="notification_once"),
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


class Heartbeat(models.Model):
    """When a part of the system last showed that it lives (such as the clock's tick)."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")

    def __str__(self) -> str:
        return self.name
