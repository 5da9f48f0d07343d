"""What lists say about deadlines besides the date: legal or not, resting, which level has fired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from people import calendars, worktime
from people.calendars import Calendars
from processes import escalation
from processes.escalation import Level
from tasks import duetime
from tasks.clocks import clockrules, dues, laws
from tasks.duetime import DueLabel
from tasks.models import Clock, Task

DEADLINES = (Clock.Kind.SOLUTION, Clock.Kind.REACTION)


@dataclass(frozen=True, slots=True)
class Mark:
    """`law` = the word for a deadline of the law, `level` = the highest level that fired after a deadline."""

    law: str = ""
    level: str = ""
    rests: bool = False
    calendar: worktime.Calendar = worktime.STANDARD
    """By which an overdue one is counted; the standard week for others."""

    @property
    def is_legal(self) -> bool:
        """Whether the deadline is counted by the law and not by working time."""
        return bool(self.law)


def marks(
    tasks: Iterable[Task], at: dt.datetime, nows: Mapping[int, dt.datetime] | None = None
) -> dict[int, Mark]:
    """The marks of open tasks by id; one statement however many there are, two if any is overdue.

    `nows` = what time it is for trials among them, by root (`trialclock.nows`).
    """
    tasks = list(tasks)
    known = calendars.current() if any(_is_late(task, at) for task in tasks) else None
    clocks: dict[int, list[Clock]] = {task.pk: [] for task in tasks}
    rows = Clock.objects.filter(task_id__in=clocks, kind__in=DEADLINES).order_by("-kind")
    for clock in rows.only(*COLUMNS):
        clocks[clock.task_id or 0].append(clock)
    nows = nows or {}
    return {task.pk: mark(task, clocks[task.pk], nows.get(task.root_id, at), known) for task in tasks}


COLUMNS = (
    "task_id", "kind", "due_at", "is_legal", "is_final", "paused_at", "plan", "started_at", "for_team_id",
    "for_user_id",
)  # fmt: skip


def _is_late(task: Task, at: dt.datetime) -> bool:
    return task.due_at is not None and task.due_at < at


def mark(task: Task, clocks: Iterable[Clock], at: dt.datetime, known: Calendars | None = None) -> Mark:
    """The mark of one task by its clocks of `DEADLINES`."""
    clocks = list(clocks)
    solution = next((clock for clock in clocks if clock.kind == Clock.Kind.SOLUTION), None)
    level = fired_name(task, clocks, at)
    if solution is None:
        return Mark(level=level)
    calendar = worktime.STANDARD
    if _is_late(task, at) and not solution.is_legal:
        solution.instance = task.instance
        calendar = dues.calendar_of_clock(solution, known=known)
    rests = solution.paused_at is not None and not solution.is_legal
    return Mark(law_of(solution), level, rests, calendar)


def law_of(clock: Clock) -> str:
    """The word for a deadline of the law; empty for one of the office's own."""
    return law_word(is_final=clock.is_final) if clock.is_legal else ""


def law_word(*, is_final: bool) -> str:
    """The word for a deadline of the law."""
    return _("statutory deadline (Notfrist)") if is_final else _("legal deadline")


def fired_name(task: Task, clocks: Iterable[Clock], at: dt.datetime) -> str:
    """The name of the highest level that fired after a deadline; a lead called in by hand has no level."""
    if not task.escalation_level:
        return ""
    for clock in clocks:
        for row in clock.plan:
            if row.get("level") == task.escalation_level and _bears_badge(row, at):
                return level_name(task.escalation_level, str(row.get("name", "")))
    return _("Lead called in") if task.escalation_level == 1 else level_name(task.escalation_level, "")


def _bears_badge(row: Mapping[str, Any], at: dt.datetime) -> bool:
    """As `watched.bears_badge`, though its deadline may have been moved since it fired."""
    return escalation.is_behind(str(row.get("offset", ""))) and dt.datetime.fromisoformat(row["at"]) <= at


def level_name(number: int, name: str) -> str:
    """What a level is called."""
    if number == clockrules.WARNING or laws.is_warning(number):
        return _("Early warning")
    if laws.is_end(number):
        return law_word(is_final=name == laws.NOTFRIST)
    if number == escalation.MARK.number:
        return _("Deadline reached")
    return name or _("Level %(n)s") % {"n": number}


def name_of(level: Level) -> str:
    """What a level of a plan is called."""
    return level_name(level.number, level.name)


def label(task: Task, mark: Mark, at: dt.datetime, *, is_suspended: bool) -> DueLabel:
    """When an open task is due, in words, by its mark."""
    return duetime.label(
        task.due_at,
        at,
        is_suspended=is_suspended,
        rests=mark.rests,
        is_legal=mark.is_legal,
        calendar=mark.calendar,
    )
