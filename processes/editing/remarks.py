"""What the page says about rows while they are typed: a deadline with dates, a condition as a sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from people import calendars, worktime
from processes import conditions, plannets
from processes.blueprint import StepPlan
from processes.compiledversion import DeadlineInfo
from processes.editing.page import Page
from processes.editing.parts import StepPart, WayPart
from processes.editing.sheet import Sheet
from processes.models import DeadlineRule, Step, Urgency
from processes.moments import Anchors, Basis, Moment, resolve
from tasks.clocks import dues

EXAMPLE_DAYS = 30
"""So many days ahead lies the example of a date that a case will name."""


def of(page: Page, sheet: Sheet, rows: list[str], at: dt.datetime) -> dict[str, str]:
    """The remarks of these steps by the id of their element; `sheet` = what the page says, `at` = when the
    example begins."""
    found: dict[str, str] = {}
    for step, row in zip(page.steps, sheet.rows, strict=True):
        if step.prefix in rows:
            found |= dict(_of_step(step, row.step, at))
    return found


def _of_step(step: StepPart, plan: StepPlan, at: dt.datetime) -> Iterator[tuple[str, str]]:
    kind = step.kind
    if kind == "task":
        yield f"{step.prefix}-due-example", _example(step, plannets.rules_of(plan), at)
    if kind == "timer":
        moment = step.timer.moment()
        yield (
            f"{step.prefix}-timer-example",
            _goes_on(step, moment, at) if moment else _("It is not said yet how long."),
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


def _example(step: StepPart, rules: tuple[DeadlineInfo, ...], at: dt.datetime) -> str:
    """When a task would be due that begins at this moment, by all rules it has."""
    if not rules:
        return _("No deadline: nothing is watched here.")
    kind, urgency = _usual(rules)
    wanted = dues.applicable(rules, kind, urgency)
    try:
        anchors = _anchors([one.moment for one in wanted], at)
        due = dues.find(rules, anchors, _calendar(step, at), kind=kind, urgency=urgency)
    except (worktime.NeverOpen, OverflowError, ValueError):
        due = None
    if due is None:
        return ""
    given = _given([one.moment for one in wanted], at) + _urgent(urgency)
    facts = {"start": _when(at), "due": due_words(due.at), "given": given}
    if kind == DeadlineRule.Kind.REACTION:
        return _("Example: begun %(start)s%(given)s → to be taken over by %(due)s") % facts
    return _("Example: begun %(start)s%(given)s → due %(due)s") % facts


def _usual(rules: tuple[DeadlineInfo, ...]) -> tuple[str, int]:
    """Kind and urgency an example is for: a deadline for the usual urgency, else what there is of rules."""
    for kind in (DeadlineRule.Kind.SOLUTION, DeadlineRule.Kind.REACTION):
        known = {one.urgency for one in rules if one.kind == kind}
        if known:
            is_usual = None in known or Urgency.NORMAL in known
            return kind, Urgency.NORMAL if is_usual else min(one for one in known if one is not None)
    raise ValueError(rules)


def _urgent(urgency: int) -> str:
    """The urgency of an example that is not the usual one."""
    if urgency == Urgency.NORMAL:
        return ""
    return _(", urgency %(urgency)s") % {"urgency": Urgency(urgency).label}


def _goes_on(step: StepPart, moment: Moment, at: dt.datetime) -> str:
    """When a wait would be over that begins at this moment; a day stands for its opening."""
    try:
        on = resolve(moment, _anchors([moment], at), at_closing=False, calendar=_calendar(step, at))
    except (worktime.NeverOpen, OverflowError, ValueError):
        on = None
    facts = {"start": _when(at), "on": _when(on) if on else "–", "given": _given([moment], at)}
    return _("Example: begun %(start)s%(given)s → goes on %(on)s") % facts


def _given(moments: list[Moment], at: dt.datetime) -> str:
    if not any(one.basis is Basis.FIELD for one in moments):
        return ""
    return _(", date of the case %(day)s") % {"day": date_format(_example_day(at), "SHORT_DATE_FORMAT")}


def _example_day(at: dt.datetime) -> dt.date:
    """The date that a case which begins at this moment will name in the example."""
    return timezone.localdate(at) + dt.timedelta(days=EXAMPLE_DAYS)


def _anchors(moments: list[Moment], at: dt.datetime) -> Anchors:
    """A case that begins at this moment, in which every earlier step ends and every date is named at once."""
    day = _example_day(at).isoformat()
    return Anchors(at, at, {one.key: at for one in moments}, {one.key: day for one in moments})


def _calendar(step: StepPart, at: dt.datetime) -> worktime.Calendar:
    """What a case is counted by: the calendar of the certain person, else of the team, else of the owning
    team, as `dues.calendar_of`."""
    offered, plan = step.page.offered, step.task
    is_task = step.kind == "task"
    is_certain = is_task and plan.rule == Step.Assignment.PERSON
    person = offered.person_ids.get(plan.value("person")) if is_certain else None
    team = offered.team_ids.get(plan.value("team")) if is_task else None
    return calendars.current().from_moment(person, team or offered.owner_id, at)


def due_words(moment: dt.datetime) -> str:
    """A deadline; one at the end of a day by the day, not by a clock that shows the next one."""
    local = timezone.localtime(moment)
    if local.time().replace(second=0, microsecond=0) not in DAYS_END:
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
