"""What the page says about rows while they are typed: a deadline with dates, a condition as a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from people import calendars, worktime
from processes import conditions
from processes.editing.page import Page
from processes.editing.parts import StepPart, WayPart
from processes.models import DeadlineRule
from processes.moments import Anchors, Basis, Moment, resolve

EXAMPLE_DAYS = 30
"""So many days ahead lies the example of a date that a case will name."""


def of(page: Page, rows: list[str], at: dt.datetime) -> dict[str, str]:
    """The remarks of these steps by the id of their element; `at` = when the example begins."""
    found: dict[str, str] = {}
    for step in page.steps:
        if step.prefix in rows:
            found |= dict(_of_step(step, at))
    return found


def _of_step(step: StepPart, at: dt.datetime) -> Iterator[tuple[str, str]]:
    kind = step.kind
    if kind == "task":
        yield f"{step.prefix}-due-example", _example(step, at)
    if kind == "timer":
        moment = step.timer.moment()
        yield (
            f"{step.prefix}-timer-example",
            _goes_on(moment, at) if moment else _("It is not said yet how long."),
        )
    if step.goes_on:
        yield from _sentences(step.always)
    for outcome in step.outcomes:
        yield from _sentences(outcome.way)


# -- conditions ----------------------------------------------------------------------------------------------


def _sentences(way: WayPart) -> Iterator[tuple[str, str]]:
    page = way.form.page
    if not page.depends_on_data(way.form.prefix or ""):
        return
    for branch in way.branches:
        prefix = branch.form.prefix or ""
        if page.is_otherwise(prefix):
            yield branch.sentence_id, _("Otherwise")
            continue
        known = [(one.condition, one.known) for one in branch.conditions]
        parts = [conditions.clause(one, field) for one, field in known if one and field]
        is_whole = bool(parts) and len(parts) == len(known)
        yield (
            f"{prefix}-sentence",
            _if(parts) if is_whole else _("Please choose field, comparison and value."),
        )


def _if(parts: list[str]) -> str:
    return _("If %(conditions)s") % {"conditions": _(" and ").join(parts)}


# -- deadlines -----------------------------------------------------------------------------------------------


def _example(step: StepPart, at: dt.datetime) -> str:
    """When a task would be due that begins at this moment."""
    moments = list(step.moments())
    if not moments:
        return _("No deadline: nothing is watched here.")
    calendar = _calendar(step)
    dates = [date for one in moments if (date := _date(one, at, calendar)) is not None]
    if not dates:
        return ""
    pick = step.page.typed.get(f"{step.prefix}-latest-pick")
    due = max(dates) if pick == DeadlineRule.Pick.LATEST else min(dates)
    facts = {"start": _when(at), "due": due_words(due), "given": _given(moments, at)}
    return _("Example: begun %(start)s%(given)s → due %(due)s") % facts


def _goes_on(moment: Moment, at: dt.datetime) -> str:
    known = calendars.current()
    calendar = known.by_id.get(known.default_id or 0, worktime.STANDARD)
    on = _date(moment, at, calendar)
    facts = {"start": _when(at), "on": _when(on) if on else "–", "given": _given([moment], at)}
    return _("Example: begun %(start)s%(given)s → goes on %(on)s") % facts


def _given(moments: list[Moment], at: dt.datetime) -> str:
    if not any(one.basis is Basis.FIELD for one in moments):
        return ""
    return _(", date of the case %(day)s") % {"day": date_format(_example_day(at), "SHORT_DATE_FORMAT")}


def _example_day(at: dt.datetime) -> dt.date:
    """The date that a case which begins at this moment will name in the example."""
    return timezone.localdate(at) + dt.timedelta(days=EXAMPLE_DAYS)


def _date(one: Moment, at: dt.datetime, calendar: worktime.Calendar) -> dt.datetime | None:
    anchors = Anchors(at, at, {one.key: at}, {one.key: _example_day(at).isoformat()})
    try:
        return resolve(one, anchors, at_closing=True, calendar=calendar)
    except (worktime.NeverOpen, OverflowError, ValueError):
        return None


def _calendar(step: StepPart) -> worktime.Calendar:
    """The calendar of the team that works the step, else the company's."""
    team = step.page.offered.team_ids.get(step.task.value("team"))
    return calendars.current().of(None, team, timezone.localdate())


def due_words(moment: dt.datetime) -> str:
    """A deadline; one at the end of a day by the day, not by a clock that shows the next one."""
    local = timezone.localtime(moment)
    if local.time() not in DAYS_END:
        return _when(moment)
    day = (local - dt.timedelta(minutes=1)).date()
    return _("the end of %(day)s") % {"day": date_format(day, "D, d.m.Y")}


DAYS_END = (dt.time(0, 0), dt.time(23, 59))
"""What a clock shows where a deadline lasts the whole day."""


def _when(moment: dt.datetime) -> str:
    local = timezone.localtime(moment)
    return _("%(day)s, %(time)s") % {
        "day": date_format(local, "D, d.m.Y"),
        "time": time_format(local, "TIME_FORMAT"),
    }
