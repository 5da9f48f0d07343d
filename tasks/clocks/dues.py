"""When a task or a case is due: rules of the definition, the calendar that holds, and why. Writes nothing.

Working deadlines are counted by the calendar of the person, the team or the company; legal ones by days
(BGB §§187-193), and end with the last second of their day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from django.db.models import Q

from people import calendars, explain, legal, worktime
from people.calendars import Calendars
from people.explain import Explanation
from processes.compiledversion import DeadlineInfo
from processes.models import DeadlineRule, ProcessInstance
from processes.moments import Anchors, Basis, Moment, day_of, resolve, signed
from tasks import events
from tasks.models import Clock, ProcessEvent


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline found: its moment, the rule that gave it, and for a legal one when to begin (Vorfrist) and
    how it was counted. `rested` = working seconds by which it comes later because it has not run in them."""

    at: dt.datetime
    rule: DeadlineInfo
    warn_at: dt.datetime | None = None
    counted: legal.LegalDeadline | None = None
    rested: int = 0

    @property
    def is_legal(self) -> bool:
        """Whether it is the law's."""
        return self.rule.is_legal


def calendar_of(
    instance: ProcessInstance,
    *,
    team_id: int | None = None,
    user_id: int | None = None,
    at: dt.datetime,
    known: Calendars | None = None,
) -> worktime.Calendar:
    """What is counted by from a moment on: the person's calendar, else the team's, else the owning team's."""
    known = known or calendars.current()
    return known.from_moment(user_id, team_id or instance.definition.owner_team_id, at)


def calendar_of_clock(clock: Clock, *, known: Calendars | None = None) -> worktime.Calendar:
    """The calendar a deadline, a wait or an outcome of the clock is counted by: that of the team or person it
    was for when it began, whoever has the task now."""
    at = clock.started_at or clock.instance.started_at
    return calendar_of(
        clock.instance, team_id=clock.for_team_id, user_id=clock.for_user_id, at=at, known=known
    )


def place_of_clock(clock: Clock, *, known: Calendars | None = None) -> worktime.Calendar:
    """The calendar of where what a legal deadline is about has to be done (BGB §193): the team's or the
    company's, wherever the person works who does it."""
    at = clock.started_at or clock.instance.started_at
    return calendar_of(clock.instance, team_id=clock.for_team_id, at=at, known=known)


def applicable(rules: Iterable[DeadlineInfo], kind: str, urgency: int) -> list[DeadlineInfo]:
    """The rules for a kind of deadline and an urgency; those made for it win over those for all, but for a
    Notfrist, which holds beside them. Where the latest of several counts, it is one among them and wins no
    more than they do."""
    of_kind = [rule for rule in rules if rule.kind == kind]
    own = [rule for rule in of_kind if rule.urgency == urgency]
    of_all = [rule for rule in of_kind if rule.urgency is None]
    if not own or any(rule.is_latest for rule in of_kind):
        return own or of_all
    return [*own, *(rule for rule in of_all if rule.is_final)]


def find(
    rules: Iterable[DeadlineInfo],
    anchors: Anchors,
    calendar: worktime.Calendar,
    *,
    kind: str = DeadlineRule.Kind.SOLUTION,
    urgency: int,
) -> Due | None:
    """What the rules for this kind and urgency give together, as `pick`; all by one calendar."""
    wanted = applicable(rules, kind, urgency)
    return pick(candidates(wanted, anchors, calendar), wanted)


def pick(found: Collection[Due], rules: Iterable[DeadlineInfo]) -> Due | None:
    """The earliest of what these rules give, or the latest if one of them says so; None while none does."""
    if not found:
        return None
    choose = max if any(rule.is_latest for rule in rules) else min
    return choose(found, key=lambda due: due.at)


def candidates(
    rules: Iterable[DeadlineInfo],
    anchors: Anchors,
    calendar: worktime.Calendar,
    place: worktime.Calendar | None = None,
) -> list[Due]:
    """What each rule gives by itself, in their order, without those that give nothing yet; legal ones by the
    calendar of the `place` of performance."""
    found = (_due(rule, anchors, (place or calendar) if rule.term else calendar) for rule in rules)
    return [due for due in found if due is not None]


def _due(rule: DeadlineInfo, anchors: Anchors, calendar: worktime.Calendar) -> Due | None:
    if rule.term is None:
        at = resolve(rule.moment, anchors, at_closing=True, calendar=calendar)
        return None if at is None else Due(at, rule)
    found = _legal(rule, anchors, calendar)
    if found is None:
        return None
    return Due(legal.last_moment(found.due_on, calendar), rule, warn_at(found.warn_on, calendar), found)


def _legal(rule: DeadlineInfo, anchors: Anchors, calendar: worktime.Calendar) -> legal.LegalDeadline | None:
    begins_on = day_of(rule.moment, anchors, calendar)
    if begins_on is None or rule.term is None:
        return None
    return legal.deadline(rule.term, begins_on, calendar)


def begins_at(rule: DeadlineInfo, anchors: Anchors, calendar: worktime.Calendar) -> dt.datetime | None:
    """What a rule of working time is counted from; of a date the end of that day."""
    return resolve(replace(rule.moment, offset=""), anchors, at_closing=True, calendar=calendar)


def warn_at(day: dt.date | None, calendar: worktime.Calendar) -> dt.datetime | None:
    """The moment of an early warning: when the office opens that day."""
    return None if day is None else worktime.next_opening(calendar.moment(day, dt.time(0)), calendar)


def anchors_of(instance: ProcessInstance, rules: Iterable[Moment], *, step_at: dt.datetime) -> Anchors:
    """What moments are counted from; ends of earlier steps are read only where one asks for them."""
    keys = {moment.key for moment in rules if moment.basis is Basis.AFTER}
    ended = _ended(instance, keys) if keys else {}
    return Anchors(step_at=step_at, case_at=instance.started_at, ended_at=ended, data=instance.data)


def _ended(instance: ProcessInstance, keys: Collection[str]) -> dict[str, dt.datetime]:
    """When these steps last ended, of whatever kind they are: an event consumed their token (one statement).
    What ends in the change in hand is not written yet: the case itself knows it, and nothing is later."""
    ended = {key: at for key, at in instance.ending.items() if key in keys}
    earlier = set(keys) - ended.keys()
    if not earlier:
        return ended
    names = reduce(or_, (Q(facts__contains=f'"{key}"') for key in earlier))
    rows = ProcessEvent.objects.filter(names, instance=instance, kind__in=events.ENDING).order_by("seq")
    for event in rows.only("at", "facts"):
        moves = events.facts_of(event).get("moves", {})
        ended |= {at: event.at for _id, at, _visit in moves.get("consumed", ()) if at in earlier}
    return ended


@dataclass(frozen=True, slots=True)
class Rest:
    """Working seconds in which a deadline did not run, and when it is due because of that."""

    seconds: int
    due_at: dt.datetime


def explanation(
    rule: DeadlineInfo, anchors: Anchors, calendar: worktime.Calendar, rest: Rest | None = None
) -> Explanation | None:
    """Why a rule gives its moment, row by row; None while it gives none, or where a date alone says it."""
    if rule.term is not None:
        found = _legal(rule, anchors, calendar)
        return None if found is None else explain.explain_legal(found, calendar)
    moment = rule.moment
    base = begins_at(rule, anchors, calendar)
    if base is None or not (moment.offset or rest):
        return None
    counted = explain.explain_date(base, calendar)
    if moment.offset:
        counted = explain.explain_due(base, signed(moment.offset), calendar)
    return explain.after_rest(counted, rest.seconds, rest.due_at, calendar) if rest else counted
