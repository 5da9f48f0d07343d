"""What the rules say about a clock: until when, by which plan, and what has changed since. Writes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from people import calendars, worktime
from people.calendars import Calendars
from processes import escalation
from processes.compiledversion import CompiledVersion, DeadlineInfo
from processes.escalation import Act, Do, Level, Snapshot, Timed, Whom
from processes.models import DeadlineRule, ProcessInstance
from processes.moments import Anchors
from tasks.clocks import dues, laws, rests, tokenclocks
from tasks.clocks.dues import Due
from tasks.models import NEVER, Clock, Task

WARNING = 90
"""Number of the level that says when a legal deadline has to be begun with (Vorfrist)."""


def urgency_of(instance: ProcessInstance, task: Task | None) -> int:
    """How urgent what a clock watches is."""
    return task.urgency if task else instance.urgency


def rules_of_clock(clock: Clock, version: CompiledVersion) -> list[DeadlineInfo]:
    """The rules a deadline is counted by, as they apply to the urgency of when it began."""
    rules = version.steps[clock.task.step_key].deadlines if clock.task else version.deadlines
    is_reaction = clock.kind == Clock.Kind.REACTION
    kind = DeadlineRule.Kind.REACTION if is_reaction else DeadlineRule.Kind.SOLUTION
    urgency = clock.for_urgency
    if urgency is None:
        urgency = urgency_of(clock.instance, clock.task)
    return dues.applicable(rules, kind, urgency)


def anchors_of_clock(clock: Clock, rules: Iterable[DeadlineInfo]) -> Anchors:
    """What these rules count from."""
    began = clock.started_at or clock.instance.started_at
    return dues.anchors_of(clock.instance, [rule.moment for rule in rules], step_at=began)


def due_of_clock(clock: Clock, version: CompiledVersion, *, known: Calendars | None = None) -> Due | None:
    """What the rules give for a deadline, with the time it has rested."""
    rules = rules_of_clock(clock, version)
    if not rules:
        return None
    return dues.pick(_running(clock, candidates(clock, rules, known)), rules)


def candidates(clock: Clock, rules: list[DeadlineInfo], known: Calendars | None = None) -> list[Due]:
    """What each of these rules gives, with the time it has rested; those that give nothing yet left out."""
    known = known or calendars.current()
    anchors, calendar = anchors_of_clock(clock, rules), dues.calendar_of_clock(clock, known=known)
    place = dues.place_of_clock(clock, known=known)
    found = dues.candidates(rules, anchors, calendar, place)
    return [_rested(due, clock, anchors, calendar) for due in found]


def _running(clock: Clock, found: list[Due]) -> list[Due]:
    """What runs of that: while a deadline rests that has not been missed, and the earliest counts, the legal
    ones alone, if there are any."""
    is_ahead = clock.paused_at is not None and (clock.is_legal or clock.due_at > clock.paused_at)
    legal = [due for due in found if due.is_legal]
    if not is_ahead or any(due.rule.is_latest for due in found):
        return found
    return legal or found


def _rested(due: Due, clock: Clock, anchors: Anchors, calendar: worktime.Calendar) -> Due:
    """What a rule gives, later by the time it has rested."""
    seconds = _rest(due.rule, clock, anchors, calendar) if due.rule.rests else 0
    if not seconds:
        return due
    at = worktime.add_seconds(due.at, seconds, calendar)
    is_same = clock.due_at is not None and _is_same(at, clock.due_at, calendar)
    return replace(due, at=clock.due_at if is_same else at, rested=seconds)


def _rest(rule: DeadlineInfo, clock: Clock, anchors: Anchors, calendar: worktime.Calendar) -> int:
    """Working seconds of rest since what a rule is counted from: more than the clock has seen where that was
    before its task began, as the start of the case is, and less where it came later, as a date does that lies
    behind the rest. One statement in these cases, none where it is counted from the start of the task."""
    begin, began = dues.begins_at(rule, anchors, calendar), anchors.step_at
    if begin is None or begin == began or (begin > began and not clock.paused_seconds):
        return clock.paused_seconds
    spans = rests.of(clock)
    if begin < began:
        return clock.paused_seconds + rests.seconds(spans, begin, began, calendar)
    # While it rests, that rest is not among the seconds of the clock yet.
    before = rests.seconds(spans, began, min(begin, clock.paused_at or begin), calendar)
    return max(0, clock.paused_seconds - before)


def stays(clock: Clock, version: CompiledVersion) -> bool:
    """Whether a rest does not move it: the law's, and what keeps to a date; but what somebody has set is."""
    if clock.kind in tokenclocks.KINDS:
        return clock.rule.get("basis") in tokenclocks.DATED
    if clock.is_legal or clock.is_moved:
        return clock.is_legal
    return not any(rule.rests for rule in rules_of_clock(clock, version))


def _is_same(closing: dt.datetime, opening: dt.datetime, calendar: worktime.Calendar) -> bool:
    """Whether no working time lies between: what ends at closing time may go on at the next opening."""
    return closing < opening < NEVER and not worktime.seconds_between(closing, opening, calendar)


def notfrist(clock: Clock, version: CompiledVersion, *, known: Calendars | None = None) -> Due | None:
    """The Notfrist a deadline may not lie behind: the earliest its rules give, whether or not it is the one
    that counts; where the latest of them counts, that one alone, if it is one."""
    return _earliest(clock, version, lambda rule: rule.is_final, known)


def limit(clock: Clock, version: CompiledVersion) -> Due | None:
    """What nobody moves a deadline behind, as `notfrist`: a Notfrist, or the day of a notice, which would
    shorten a period that protects the other side if it came later."""
    return _earliest(clock, version, lambda rule: rule.is_final or rule.is_notice, None)


def _earliest(
    clock: Clock,
    version: CompiledVersion,
    is_wanted: Callable[[DeadlineInfo], bool],
    known: Calendars | None,
) -> Due | None:
    rules = rules_of_clock(clock, version)
    if not any(map(is_wanted, rules)):
        return None
    if not any(rule.is_latest for rule in rules):
        rules = [rule for rule in rules if is_wanted(rule)]
    first = dues.pick(candidates(clock, rules, known), rules)
    return first if first is not None and is_wanted(first.rule) else None


@dataclass(frozen=True, slots=True)
class Change:
    """A deadline found anew; `due` is what its rules give, None for waits, outcomes of the clock and what
    stays as somebody has moved it. `new` is NEVER where it ends: the date it was counted from is gone. It may
    be where it was, if a legal deadline behind it is not."""

    clock: Clock
    old: dt.datetime
    new: dt.datetime
    due: Due | None = None

    @property
    def warn_at(self) -> dt.datetime | None:
        """When to say that a legal one has to be begun with; as it was, where no rule gives it."""
        return self.due.warn_at if self.due else warned_at(self.clock)


def found_anew(clock: Clock, version: CompiledVersion, *, known: Calendars | None = None) -> Change | None:
    """Where a deadline, a wait or an outcome of the clock would be by the rules and calendars of now; None
    where it stays. One somebody has moved stays unless a Notfrist comes first, and follows that one from then
    on. Writes nothing."""
    if clock.kind in tokenclocks.KINDS:
        moment = tokenclocks.moment_of(clock, known=known)
        return None if moment in (None, clock.due_at) else Change(clock, clock.due_at, moment)
    due = notfrist(clock, version, known=known) if clock.is_moved else None
    if clock.is_moved and not clock.is_final and (due is None or not _comes_first(due, clock)):
        return Change(clock, clock.due_at, clock.due_at) if _laws_differ(clock, version, known) else None
    due = due or due_of_clock(clock, version, known=known)
    new = due.at if due else NEVER
    if new == clock.due_at and not _laws_differ(clock, version, known):
        return None
    return Change(clock, clock.due_at, new, due)


def _laws_differ(clock: Clock, version: CompiledVersion, known: Calendars | None) -> bool:
    """Whether legal deadlines behind this one lie elsewhere than its plan says."""
    wanted = [
        one.to_json() for one in _laws(clock, version, clock.due_at, known) if laws.is_end(one.level.number)
    ]
    return wanted != [row for row in clock.plan if laws.is_end(row["level"])]


def _laws(
    clock: Clock, version: CompiledVersion, due_at: dt.datetime, known: Calendars | None
) -> list[Timed]:
    """The levels of legal deadlines behind this one; behind one that somebody has moved Notfristen alone, as
    that has taken the place of others."""
    rules = rules_of_clock(clock, version)
    if len(rules) < 2 or not any(rule.is_legal for rule in rules) or due_at == NEVER:
        return []
    found = candidates(clock, rules, known)
    if clock.is_moved:
        found = [due for due in found if due.rule.is_final]
    return laws.levels(rules, found, due_at, clock.started_at or clock.instance.started_at)


def _comes_first(law: Due, clock: Clock) -> bool:
    """Whether a Notfrist takes the place of a deadline somebody has moved: it is earlier, or that one rests,
    and the law does not."""
    rests = clock.paused_at is not None and not clock.is_legal and clock.due_at > clock.paused_at
    return law.at < clock.due_at or (rests and law.is_legal)


def snapshot(
    levels: Iterable[Level],
    started_at: dt.datetime,
    due_at: dt.datetime,
    warn_at: dt.datetime | None,
    calendar: worktime.Calendar,
    rested: int = 0,
) -> Snapshot:
    """The plan a clock holds: its levels, the mark of the deadline, and for a legal one when to begin. In
    `rested` working seconds since its start it did not run.

    Raises LevelError, NeverOpen.
    """
    plan = escalation.snapshot(levels, started_at, due_at, calendar, rested)
    if warn_at is not None and warn_at < due_at:
        act = Act(Do.NOTIFY, (Whom.ASSIGNEE, Whom.TEAM))
        timed = Timed(Level(WARNING, "Vorfrist", acts=(act,)), max(warn_at, started_at))
        plan = sorted([*plan, timed.to_json()], key=_order)
    return plan


def plan_of(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    warn_at: dt.datetime | None,
    *,
    known: Calendars | None = None,
) -> Snapshot:
    """The plan a clock has for this deadline, by the step and the urgency of now. Raises LevelError."""
    task, instance = clock.task, clock.instance
    step = version.steps[task.step_key] if task else None
    levels = version.plan(step, urgency_of(instance, task))
    if clock.kind == Clock.Kind.REACTION:
        levels = escalation.without_outcomes(levels)
    started_at = clock.started_at or instance.started_at
    calendar = dues.calendar_of_clock(clock, known=known)
    rested = 0 if clock.is_legal else clock.paused_seconds
    plan = snapshot(levels, started_at, due_at, warn_at, calendar, rested)
    beside = [one.to_json() for one in _laws(clock, version, due_at, known)]
    return sorted([*plan, *beside], key=_order) if beside else plan


def _order(row: dict[str, Any]) -> tuple[str, int]:
    return row["at"], row["level"]


def warned_at(clock: Clock) -> dt.datetime | None:
    """When a legal deadline has to be begun with, as its clock will say or has said."""
    rows = (dt.datetime.fromisoformat(row["at"]) for row in clock.plan if row["level"] == WARNING)
    return next(rows, None)
