"""What an escalation plan means for an example, before it is saved: moments, words and the drawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import formats
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from people import worktime
from people.durations import Duration
from processes import escalation, planline
from processes.adminpages.planchoices import Known
from processes.escalation import Level
from processes.planline import Look, Mark
from processes.words import levelwords

TEN = dt.time(10)
MONDAY = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """The example in words, row by row, and drawn twice: for wide pages and for narrow ones."""

    marks: tuple[Mark, ...]
    svg: SafeString


def example(
    levels: Iterable[Level], calendar: worktime.Calendar, time: Duration, today: dt.date, known: Known
) -> Preview:
    """The plan for a task that starts on the next Monday at 10:00 and is due after `time`.

    Raises NeverOpen.
    """
    start = calendar.moment(_next_monday(today), TEN)
    due = worktime.due(start, time, calendar)
    marks = [
        Mark(start, _moment(start, calendar), gettext("The task starts"), look=Look.START),
        Mark(due, _moment(due, calendar), gettext("Deadline: the task is overdue"), look=Look.DUE),
        *(_mark(level, start, due, calendar, known) for level in levels),
    ]
    ordered = tuple(sorted(marks, key=lambda one: (one.at, RANK[one.look])))
    title = gettext("Time line of the plan")
    drawn = [planline.draw(ordered, title, layout) for layout in (planline.WIDE, planline.NARROW)]
    return Preview(ordered, mark_safe("".join(drawn)))  # noqa: S308 - planline escapes every text


RANK = {Look.START: 0, Look.DUE: 1, Look.LEVEL: 2}
"""What stands first of marks at the same moment."""


def _next_monday(today: dt.date) -> dt.date:
    return today + dt.timedelta(days=(MONDAY - today.weekday()) % 7 or 7)


def _moment(at: dt.datetime, calendar: worktime.Calendar) -> str:
    pattern = pgettext("moment of a time line", "D, j M, H:i")
    return formats.date_format(calendar.local(at), pattern)


def _mark(
    level: Level, start: dt.datetime, due: dt.datetime, calendar: worktime.Calendar, known: Known
) -> Mark:
    """A level where it fires; one that would lie before the start stands at the start, with a word."""
    name = level.name or gettext("Level %(number)s") % {"number": level.number}
    planned, fires = level.moment(start, due, calendar), level.fires_at(start, due, calendar)
    conditions = levelwords.only_if(level, known.field_specs())
    acts = levelwords.acts(level, {**known.outcome_names(), **known.people})
    about = f"{acts} ({conditions})" if conditions else acts
    if fires is None:
        about = gettext("left out here, as it would lie before the start: %(acts)s") % {"acts": about}
    elif fires != planned:
        about = gettext("at the start, as it would lie before it: %(acts)s") % {"acts": about}
    at = fires or start
    return Mark(at, _moment(at, calendar), f"{name}, {levelwords.when(level.offset)}", about)


def of_plan(
    levels: Iterable[Level], calendar: worktime.Calendar, time: Duration, today: dt.date, known: Known
) -> Preview | None:
    """The same; None where nothing can be shown (the calendar never opens, a level cannot be read)."""
    try:
        return example(levels, calendar, time, today, known)
    except (worktime.NeverOpen, escalation.LevelError):
        return None
