"""Where a case stands: the instance with its marking, who may see it, and the number counters."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from customers.models import Customer
from people.models import Team, User
from people.scope import Scope
from processes.models.definition import ProcessDefinition, ProcessVersion


class Urgency(models.IntegerChoices):
    """Dringlichkeit. Smaller is more urgent, so that lists sort by it."""

    CRITICAL = 0, _("Critical")
    HIGH = 1, _("High")
    NORMAL = 2, _("Normal")
    LOW = 3, _("Low")


class ProcessInstanceQuerySet(models.QuerySet["ProcessInstance"]):
    """Questions about many cases."""

    def visible_to(self, scope: Scope) -> ProcessInstanceQuerySet:
        """Cases this person may see: public ones, and those granted to the person or one of the teams.

        A confidential case is public to nobody. An auditor may read all; the door logs it. A trial is seen by
        whoever started it, and by nobody else, whatever the roles.
        """
        own_trials = Q(is_trial=True, started_by_id=scope.user_id)
        if not scope.works_cases:
            return self.filter(own_trials) if scope.tries_processes else self.none()
        seen = self._cases_of(scope)
        return self.filter(seen | own_trials) if scope.tries_processes else self.filter(seen)

    def _cases_of(self, scope: Scope) -> Q:
        """Which cases that are no trials somebody who works cases may see."""
        if scope.is_auditor:
            return Q(is_trial=False)
        grants = CaseAccess.objects.filter(instance=OuterRef("pk")).filter(
            Q(user_id__in=[scope.user_id, *scope.represented_ids]) | Q(team_id__in=list(scope.team_ids))
        )
        public = Q(is_public=True, is_confidential=False)
        return Q(is_trial=False) & (public | Q(Exists(grants)))

    def real(self) -> ProcessInstanceQuerySet:
        """Cases without trials: what numbers and statistics are about."""
        return self.filter(is_trial=False)

    def running(self) -> ProcessInstanceQuerySet:
        """Cases that are not over (a suspended one is still running)."""
        return self.filter(state__in=ProcessInstance.LIVE_STATES)


class ProcessInstance(models.Model):
    """One case. The row is the lock of everything that belongs to it (`root` is locked, semantics §2)."""

    class State(models.TextChoices):
        """Life of a case."""

        RUNNING = "running", _("Running")
        SUSPENDED = "suspended", _("Suspended")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")

    LIVE_STATES = (State.RUNNING, State.SUSPENDED)

    number = models.CharField(_("number"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=200, blank=True)
    definition = models.ForeignKey(
        ProcessDefinition, models.PROTECT, related_name="instances", verbose_name=_("process")
    )
    version = models.ForeignKey(
        ProcessVersion, models.PROTECT, related_name="instances", verbose_name=_("version")
    )
    root = models.ForeignKey("self", models.PROTECT, null=True, related_name="descendants", editable=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children", editable=False)
    parent_token = models.PositiveIntegerField(null=True, editable=False)
    depth = models.PositiveSmallIntegerField(default=0, editable=False)
    state = FSMField(_("state"), max_length=20, choices=State.choices, default=State.RUNNING, protected=False)
    result = models.CharField(_("result"), max_length=120, blank=True)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.NORMAL)
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="instances", verbose_name=_("customer")
    )
    started_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="started_instances", verbose_name=_("started by")
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    data = models.JSONField(default=dict)
    field_versions = models.JSONField(default=dict)
    marking = models.JSONField(default=dict)
    granted = models.JSONField(default=dict)
    approvals = models.JSONField(default=dict)
    event_seq = models.PositiveIntegerField(default=0)
    head_hash = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001 - null = none given
    is_public = models.BooleanField(default=False)
    is_confidential = models.BooleanField(default=False)
    is_trial = models.BooleanField(_("trial run"), default=False, editable=False)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    wake_at = models.DateTimeField(null=True, blank=True)

    objects = ProcessInstanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("state", "-id"), name="instance_state"),
            models.Index(fields=("customer", "-id"), name="instance_customer"),
            models.Index(
                fields=("started_by", "id"), name="instance_trials", condition=models.Q(is_trial=True)
            ),
            models.Index(
                fields=("due_at",),
                name="instance_due",
                condition=models.Q(state__in=("running", "suspended")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def is_live(self) -> bool:
        """Whether something may still happen in it."""
        return self.state in self.LIVE_STATES

    @cached_property
    def ending(self) -> dict[str, dt.datetime]:
        """Steps that end in the change in hand, and when: history is only written at its end. Not stored."""
        return {}

    @transition(field=state, source=State.RUNNING, target=State.FINISHED)
    def finish(self, *, result: str, at: Any) -> None:
        """The last token is gone."""
        self.result = result
        self.ended_at = at

    @transition(field=state, source=[State.RUNNING, State.SUSPENDED], target=State.CANCELLED)
    def cancel(self, *, at: Any) -> None:
        """Somebody entitled stopped it for good."""
        self.ended_at = at

    @transition(field=state, source=State.RUNNING, target=State.SUSPENDED)
    def suspend(self) -> None:
        """Nothing may be done and no clock fires until it is resumed."""

    @transition(field=state, source=State.SUSPENDED, target=State.RUNNING)
    def resume(self) -> None:
        """Go on where it stood."""


class CaseAccess(models.Model):
    """A grant to see one case: to a person (starter, assignee) or a team (its task was in its inbox)."""

    instance = models.ForeignKey(ProcessInstance, models.CASCADE, related_name="grants")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="case_grants")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="case_grants")

    class Meta:
        verbose_name = _("access to a case")
        verbose_name_plural = _("accesses to cases")
        constraints = (
            models.UniqueConstraint(
                fields=("instance", "user"), name="access_user_unique", condition=Q(user__isnull=False)
            ),
            models.UniqueConstraint(
                fields=("instance", "team"), name="access_team_unique", condition=Q(team__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(user__isnull=False) ^ Q(team__isnull=False), name="access_user_or_team"
            ),
        )

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.user or self.team}"


class NumberCounter(models.Model):
    """The last number given out for one rendered prefix; locked last, right before commit (G15)."""

    prefix = models.CharField(max_length=80, unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("number counter")
        verbose_name_plural = _("number counters")

    def __str__(self) -> str:
        return f"{self.prefix} {self.last}"
