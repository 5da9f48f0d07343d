"""What the clock watches, what has fired, and that it lives."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import Team, User
from processes.models import ProcessInstance, Urgency
from tasks.models.task import Task


class Clock(models.Model):
    """One thing the clock watches. A moved deadline is a new generation; fired levels stay fired.

    `wait` (a timer) and `timeout` (an outcome of the clock, named by `key`) belong to a token; `rule` says
    how their moment is found, so that it can be found again when a date of the case changes. While the date
    is not known, `due_at` is far away and `wake_at` null.

    `plan` is a snapshot of timed levels (`processes.escalation`), those of legal deadlines behind this one
    among them (`tasks.clocks.laws`); `next_level` is the index of the next one
    and `wake_at` its moment (null = nothing more to do). While paused, `remaining` holds working seconds;
    `paused_seconds` adds up what all pauses took, so that the deadline can be found anew from `started_at`.
    A deadline somebody has moved (`is_moved`) is not found anew, unless a Notfrist among its rules comes
    first. `is_final` ones cannot be moved (Notfrist).

    `for_team`, `for_user` and `for_urgency` are whose calendar and which urgency's rules it is counted by:
    those of when it began, whoever has the task now.
    """

    class Kind(models.TextChoices):
        """What is watched."""

        REACTION = "reaction", _("Reaction")
        SOLUTION = "solution", _("Deadline")
        CASE = "case", _("Deadline of the case")
        WAIT = "wait", _("Wait")
        TIMEOUT = "timeout", _("Timeout")
        FOLLOW_UP = "follow_up", _("Follow-up")

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="clocks")
    root = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="clocks")
    token_id = models.PositiveIntegerField(null=True)
    kind = models.CharField(max_length=20, choices=Kind)
    key = models.CharField(max_length=60, blank=True)
    rule = models.JSONField(default=dict)
    generation = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    paused_seconds = models.PositiveIntegerField(default=0)
    is_moved = models.BooleanField(default=False)
    is_legal = models.BooleanField(default=False)
    is_final = models.BooleanField(default=False)
    for_team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    for_user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    for_urgency = models.PositiveSmallIntegerField(choices=Urgency, null=True)
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
            models.Index(fields=("instance", "token_id"), name="clock_token"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("task", "kind"), name="clock_of_task_unique", condition=Q(task__isnull=False)
            ),
            models.UniqueConstraint(
                fields=("instance", "kind"), name="clock_of_case_unique", condition=Q(kind="case")
            ),
            models.UniqueConstraint(
                fields=("instance", "token_id", "kind", "key"),
                name="clock_of_token_unique",
                condition=Q(task__isnull=True),
            ),
        )

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


class Standstill(models.Model):
    """A time in which the clock stood still; what the lead did about it is kept."""

    from_at = models.DateTimeField(_("from"))
    until_at = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("standstill")
        verbose_name_plural = _("standstills")
        ordering = ("-until_at",)
        indexes = (models.Index(fields=("-until_at",), name="standstill_until"),)

    def __str__(self) -> str:
        return f"{self.from_at:%Y-%m-%d %H:%M} - {self.until_at:%Y-%m-%d %H:%M}"


class StandstillExtension(models.Model):
    """A team whose deadlines were extended by a standstill: once a team, by whom and why."""

    standstill = models.ForeignKey(Standstill, models.PROTECT, related_name="extensions")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField()

    class Meta:
        verbose_name = _("extension after a standstill")
        verbose_name_plural = _("extensions after standstills")
        constraints = (
            models.UniqueConstraint(fields=("standstill", "team"), name="standstill_extended_once"),
        )

    def __str__(self) -> str:
        return f"{self.standstill_id}: {self.team_id}"
