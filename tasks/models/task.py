"""Tasks, the ticks of their checklists, and the lists of repeated ones."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from people.models import Team, User
from people.scope import Scope
from processes.models import ChecklistItem, ProcessInstance, Step, Urgency

NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
"""Sorts tasks without a deadline behind all others."""


class Holder(NamedTuple):
    """In which team's inbox a task stands, and who has it."""

    team_id: int | None
    assignee_id: int | None


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

    class WaitsFor(models.TextChoices):
        """Why it is put off. Only waiting for somebody outside stops its deadlines (G13)."""

        LATER = "later", _("Later")
        CUSTOMER = "customer", _("The customer")
        THIRD = "third", _("Somebody else outside")

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
    follow_up_at = models.DateTimeField(_("follow-up"), null=True, blank=True)
    waits_for = models.CharField(_("waits for"), max_length=12, choices=WaitsFor, blank=True)
    is_hidden = models.BooleanField(default=False)
    is_confidential = models.BooleanField(default=False)
    is_trial = models.BooleanField(default=False)
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
                fields=("assignee", "follow_up_at", "urgency", "id"),
                name="task_mine_later",
                condition=Q(state="open", is_hidden=True),
            ),
            models.Index(
                fields=("team", "follow_up_at", "urgency", "id"),
                name="task_pool_later",
                condition=Q(state="open", is_hidden=True, assignee__isnull=True),
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

    @property
    def meant_for(self) -> Holder:
        """Whose it is; in a trial, whose it would be. Calendars and levels go by this."""
        if not self.is_trial:
            return Holder(self.team_id, self.assignee_id)
        return Holder(self.assignment_reason.get("team"), self.assignment_reason.get("person"))

    @property
    def is_paused(self) -> bool:
        """Whether its deadlines rest because it waits for somebody outside."""
        return self.waits_for in (self.WaitsFor.CUSTOMER, self.WaitsFor.THIRD)

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


class TaskGroup(models.Model):
    """The frozen list of a task that is repeated for one token (semantics §1): one `Task` per item, numbered
    by `mi_index` from 1 in the order of the list.

    An item is `{"person": id}` or `{"value": "text"}`. `outcome_key` is what the group was decided with.
    """

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="task_groups")
    token_id = models.PositiveIntegerField()
    step_key = models.CharField(max_length=60)
    items = models.JSONField(default=list)
    outcome_key = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("repeated task")
        verbose_name_plural = _("repeated tasks")
        constraints = (
            models.UniqueConstraint(fields=("instance", "token_id"), name="task_group_one_per_token"),
        )

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.step_key} × {len(self.items)}"
