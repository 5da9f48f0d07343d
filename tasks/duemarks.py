"""What lists say about deadlines besides the date: legal or not, resting, which level has fired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from processes import escalation
from processes.escalation import Level
from tasks import schedule
from tasks.models import Clock, Task

DEADLINES = (Clock.Kind.SOLUTION, Clock.Kind.REACTION)


@dataclass(frozen=True, slots=True)
class Mark:
    """`law` = the word for a deadline of the law, `level` = the highest level that fired after a deadline."""

    law: str = ""
    level: str = ""
    rests: bool = False

    @property
    def is_legal(self) -> bool:
        """Whether the deadline is counted by the law and not by working time."""
        return bool(self.law)


def marks(
    tasks: Iterable[Task], at: dt.datetime, nows: Mapping[int, dt.datetime] | None = None
) -> dict[int, Mark]:
    """The marks of open tasks by id; one statement however many there are.

    `nows` = what time it is for trials among them, by root (`trialclock.nows`).
    """
    tasks = list(tasks)
    clocks: dict[int, list[Clock]] = {task.pk: [] for task in tasks}
    rows = Clock.objects.filter(task_id__in=clocks, kind__in=DEADLINES).order_by("-kind")
    for clock in rows.only("task_id", "kind", "due_at", "is_legal", "is_final", "paused_at", "plan"):
        clocks[clock.task_id or 0].append(clock)
    nows = nows or {}
    return {task.pk: mark(task, clocks[task.pk], nows.get(task.root_id, at)) for task in tasks}


def mark(task: Task, clocks: Iterable[Clock], at: dt.datetime) -> Mark:
    """The mark of one task by its clocks of `DEADLINES`."""
    clocks = list(clocks)
    solution = next((clock for clock in clocks if clock.kind == Clock.Kind.SOLUTION), None)
    level = fired_name(task, clocks, at)
    if solution is None:
        return Mark(level=level)
    return Mark(law_of(solution), level, solution.paused_at is not None)


def law_of(clock: Clock) -> str:
    """The word for a deadline of the law; empty for one of the office's own."""
    if not clock.is_legal:
        return ""
    return _("statutory deadline (Notfrist)") if clock.is_final else _("legal deadline")


def fired_name(task: Task, clocks: Iterable[Clock], at: dt.datetime) -> str:
    """The name of the highest level that fired after a deadline; a lead called in by hand has no level."""
    if not task.escalation_level:
        return ""
    for clock in clocks:
        for row in clock.plan:
            if row.get("level") == task.escalation_level and _has_passed(row, clock, at):
                return level_name(task.escalation_level, str(row.get("name", "")))
    return _("Lead called in") if task.escalation_level == 1 else level_name(task.escalation_level, "")


def _has_passed(row: Mapping[str, Any], clock: Clock, at: dt.datetime) -> bool:
    return clock.due_at <= dt.datetime.fromisoformat(row["at"]) <= at


def level_name(number: int, name: str) -> str:
    """What a level is called."""
    if number == schedule.WARNING:
        return _("Early warning")
    if number == escalation.MARK.number:
        return _("Deadline reached")
    return name or _("Level %(n)s") % {"n": number}


def name_of(level: Level) -> str:
    """What a level of a plan is called."""
    return level_name(level.number, level.name)
