"""Why a task or a case is due when it is, and what the clock will do about it, in words. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from people import explaining, worktime
from people.explain import Explanation
from people.explaining import Line
from people.workweek import STANDARD
from processes import escalation
from processes.blueprint import FieldPlan
from processes.compiledversion import CompiledVersion, DeadlineInfo
from processes.escalation import Act, Do, Whom
from processes.fields import date_text
from processes.models import ProcessInstance
from processes.moments import Anchors
from processes.words import planwords
from tasks import duemarks, duetime, events
from tasks.clocks import clockrules, dues, extensions, recomputing
from tasks.clocks.dues import Due, Rest
from tasks.events import Kind
from tasks.models import NEVER, Clock, LevelFired, ProcessEvent, Task


@dataclass(frozen=True, slots=True)
class Why:
    """One deadline explained: the rule, what was counted (a sentence and its table), what happened since.

    Holidays are not known where there is no working calendar at all.
    """

    title: str
    due: str
    rule: str = ""
    sentence: str = ""
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    knows_holidays: bool = True


@dataclass(frozen=True, slots=True)
class Coming:
    """A level that lies ahead."""

    name: str
    when: str
    what: str
    iso: str


@dataclass(frozen=True, slots=True)
class Fired:
    """A level that has fired."""

    name: str
    when: str


@dataclass(frozen=True, slots=True)
class Extension:
    """How a legal deadline can be extended: counted from `end`, or, where that had been moved, from the
    working day `moved_to`. `former` is the deadline as it is now."""

    former: str
    end: str
    moved_to: str = ""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """What a page says about the deadlines of a task or of a case."""

    whys: list[Why] = field(default_factory=list)
    ahead: list[Coming] = field(default_factory=list)
    fired: list[Fired] = field(default_factory=list)
    law: str = ""
    level: str = ""
    rests: bool = False
    is_final: bool = False
    has_solution: bool = False
    stays: bool = False
    """Whether a rest does not move it."""
    reaction: str = ""
    warning: str = ""
    extension: Extension | None = None
    calendar: worktime.Calendar = worktime.STANDARD
    """By which an overdue one is counted."""

    @property
    def is_legal(self) -> bool:
        """Whether the law counts it."""
        return bool(self.law)


def of_task(task: Task, version: CompiledVersion, at: dt.datetime) -> Deadlines:
    """The deadlines of an open task: until when it is done, and taken over if it is still free."""
    rows = Clock.objects.filter(task=task, kind__in=duemarks.DEADLINES, due_at__lt=NEVER)
    clocks = list(rows.order_by("-kind"))
    mark = duemarks.mark(task, clocks, at)
    if task.assignee_id is not None:
        clocks = [clock for clock in clocks if clock.kind == Clock.Kind.SOLUTION]
    for clock in clocks:
        clock.task, clock.instance = task, task.instance
    found = _deadlines(clocks, version, at)
    return replace(
        found,
        law=mark.law,
        level=mark.level,
        rests=mark.rests,
        calendar=mark.calendar,
        is_final=any(clock.is_final for clock in clocks),
        has_solution=any(clock.kind == Clock.Kind.SOLUTION for clock in clocks),
        stays=any(clockrules.stays(clock, version) for clock in clocks if clock.kind == Clock.Kind.SOLUTION),
        reaction=_reaction(clocks, at),
        warning=_warning(clocks, at),
    )


def _warning(clocks: Iterable[Clock], at: dt.datetime) -> str:
    moments = (clockrules.warned_at(clock) for clock in clocks if clock.kind == Clock.Kind.SOLUTION)
    return next((duetime.moment_text(moment, at) for moment in moments if moment), "")


def of_case(instance: ProcessInstance, version: CompiledVersion, at: dt.datetime) -> Deadlines:
    """The deadline of a running case."""
    if instance.due_at is None:
        return Deadlines()
    clocks = list(Clock.objects.filter(instance=instance, kind=Clock.Kind.CASE))
    for clock in clocks:
        clock.instance = instance
    found = _deadlines(clocks, version, at)
    law = next((duemarks.law_of(clock) for clock in clocks), "")
    rests = any(clock.paused_at is not None and not clock.is_legal for clock in clocks)
    calendars = [dues.calendar_of_clock(clock) for clock in clocks if clock.due_at < at]
    return replace(
        found,
        law=law,
        rests=rests,
        is_final=any(clock.is_final for clock in clocks),
        calendar=calendars[0] if calendars else found.calendar,
    )


def _deadlines(clocks: list[Clock], version: CompiledVersion, at: dt.datetime) -> Deadlines:
    changes = _changes(clocks)
    return Deadlines(
        whys=[_why(clock, version, changes.get(str(clock.kind)), at) for clock in clocks],
        ahead=_ahead(clocks, version, at),
        fired=_fired(clocks, at),
        extension=_extension(clocks, version, changes),
    )


def _extension(
    clocks: Iterable[Clock], version: CompiledVersion, changes: Mapping[str, ProcessEvent]
) -> Extension | None:
    language = (get_language() or "de")[:2]
    for clock in clocks:
        is_task = clock.kind == Clock.Kind.SOLUTION
        found = extensions.standing(clock, version, changes.get(str(clock.kind))) if is_task else None
        if found is not None:
            moved_to = date_text(found.due_on, language) if found.was_shifted else ""
            return Extension(events.instant(clock.due_at), date_text(found.nominal_on, language), moved_to)
    return None


def _reaction(clocks: Iterable[Clock], at: dt.datetime) -> str:
    for clock in clocks:
        if clock.kind == Clock.Kind.REACTION:
            return duetime.moment_text(clock.due_at, at)
    return ""


# -- why -----------------------------------------------------------------------------------------------------

TITLES: Mapping[Clock.Kind, Callable[[], str]] = {
    Clock.Kind.SOLUTION: lambda: _("Deadline of the task"),
    Clock.Kind.REACTION: lambda: _("To be taken over until"),
    Clock.Kind.CASE: lambda: _("Deadline of the case"),
}


def _why(clock: Clock, version: CompiledVersion, change: ProcessEvent | None, at: dt.datetime) -> Why:
    title, due_text = TITLES[Clock.Kind(clock.kind)](), duetime.full_text(clock.due_at)
    by_hand = clock.is_moved and not clock.is_final
    find = clockrules.notfrist if clock.is_moved else clockrules.due_of_clock
    due = None if by_hand else find(clock, version)
    added = _added_since(clock, change) if by_hand else due.rested if due else 0
    keeps = due is not None and not due.rule.rests
    rest = _rest_notes(clock, added, at, keeps=keeps)
    notes = [*_change_notes(change, at), *rest, *_final_notes(clock)]
    if by_hand:
        counted = extensions.explanation(clock, version, change)
        return Why(title, due_text, "", *_told(counted), notes=notes)
    if due is None:
        return Why(title, due_text, notes=notes)
    if due.at != clock.due_at:
        return Why(title, due_text, rule_text(due.rule, version), notes=[_differs(due), *notes])
    rules, calendar = clockrules.rules_of_clock(clock, version), dues.calendar_of_clock(clock)
    anchors, place = clockrules.anchors_of_clock(clock, rules), dues.place_of_clock(clock)
    found = [due] if clock.is_moved else clockrules.candidates(clock, rules)
    counted_by = place if due.rule.term else calendar
    explanation = _counted(due, anchors, counted_by)
    return Why(
        title,
        due_text,
        rule_text(due.rule, version),
        *_told(explanation),
        notes=[*_several(clock, version, found), *notes],
        knows_holidays=counted_by is not STANDARD,
    )


def _told(explanation: Explanation | None) -> tuple[str, list[Line]]:
    """The sentence and the table of an account."""
    if explanation is None:
        return "", []
    return explaining.sentence(explanation), explaining.lines(explanation)


def _counted(due: Due, anchors: Anchors, calendar: worktime.Calendar) -> Explanation | None:
    """How a deadline was counted, to the full minute, as seconds would only make it harder to follow; to the
    second where they make another deadline of it, as they do just after closing time."""
    rest = Rest(due.rested, _minute(due.at)) if due.rested else None
    exact, short = (
        next((one.at for one in dues.candidates([due.rule], found, calendar)), None)
        for found in (anchors, _to_the_minute(anchors))
    )
    is_same = exact is None or short is None or _minute(exact) == _minute(short)
    return dues.explanation(due.rule, _to_the_minute(anchors) if is_same else anchors, calendar, rest)


def _to_the_minute(found: Anchors) -> Anchors:
    """To the full minute."""
    return replace(
        found,
        step_at=_minute(found.step_at),
        case_at=_minute(found.case_at),
        ended_at={key: _minute(moment) for key, moment in found.ended_at.items()},
    )


def _minute(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0)


def rule_text(rule: DeadlineInfo, version: CompiledVersion) -> str:
    """A rule in words: what it is counted from, and by which law."""
    names = planwords.Names(
        {key: FieldPlan(key, spec.label, spec.type) for key, spec in version.fields.items()},
        {key: step.name for key, step in version.steps.items()},
        {},
        {},
    )
    text = planwords.moment(rule.moment, names)
    if rule.term is None:
        return text
    if rule.term.duration is None:
        return _("%(rule)s, as a legal deadline") % {"rule": text}
    if rule.term.extra_days:
        text = ", ".join((text, _("and half a month")))
    if rule.term.days_before_end:
        text = f"{text}, {planwords.back_from_there(rule.term.days_before_end)}"
    return _("%(rule)s, counted by §§ 187–193 BGB") % {"rule": text}


def _several(clock: Clock, version: CompiledVersion, found: list[Due]) -> list[str]:
    """What each of several rules gives, and which one counts."""
    if len(found) < 2:
        return []
    ordered = sorted(found, key=lambda due: due.at)
    shown = "; ".join(f"{rule_text(due.rule, version)}: {duetime.full_text(due.at)}" for due in ordered)
    if clock.paused_at is not None and clock.is_legal:
        return [_("While the others rest, the legal deadline counts: %(rules)s.") % {"rules": shown}]
    if any(due.rule.is_latest for due in found):
        return [_("Of several rules the latest deadline counts: %(rules)s.") % {"rules": shown}]
    return [_("Of several rules the earliest deadline counts: %(rules)s.") % {"rules": shown}]


def _differs(due: Due) -> str:
    if recomputing.is_waiting():
        text = _("The calendar has changed: the deadline is being counted anew and will then be %(when)s.")
        return text % {"when": duetime.full_text(due.at)}
    text = _("Team, calendar or rules have changed since it was set; counted today it would be %(when)s.")
    return text % {"when": duetime.full_text(due.at)}


def _added_since(clock: Clock, change: ProcessEvent | None) -> int:
    """Working seconds that have been added to what somebody has set: it was meant as it was set."""
    if change is None or clock.is_legal:
        return 0
    was_set = dt.datetime.fromisoformat(events.facts_of(change)["new"])
    return max(0, worktime.seconds_between(was_set, clock.due_at, dues.calendar_of_clock(clock)))


def _rest_notes(clock: Clock, added: int, at: dt.datetime, *, keeps: bool) -> list[str]:
    """What has been added to it, in working seconds, and whether it runs at present; one that `keeps` its
    place is only not told of."""
    notes = []
    if added:
        text = _("Added: %(time)s of working time in which it rested or the clock stood still.")
        notes.append(text % {"time": explaining.minutes_text(added)})
    if clock.is_legal and clock.instance.state == ProcessInstance.State.SUSPENDED:
        notes.append(_("It runs on although the case is suspended."))
    elif clock.is_legal and clock.task is not None and clock.task.is_paused:
        notes.append(_("It runs on although the task waits for somebody."))
    if clock.paused_at is not None and not clock.is_legal and keeps:
        words = {"when": duetime.moment_text(clock.paused_at, at)}
        notes.append(_("Since %(when)s nobody is told of it, but it stays: it hangs on a date.") % words)
    elif clock.paused_at is not None and not clock.is_legal:
        left = explaining.minutes_text(max(0, clock.remaining or 0))
        words = {"when": duetime.moment_text(clock.paused_at, at), "time": left}
        notes.append(_("It rests since %(when)s; %(time)s of working time are left.") % words)
    return notes


def _final_notes(clock: Clock) -> list[str]:
    now = clock.task.urgency if clock.task else clock.instance.urgency
    if not clock.is_final or clock.for_urgency in (None, now):
        return []
    return [_("As a statutory deadline (Notfrist) it stays, though the urgency has changed.")]


# -- what has happened to it ---------------------------------------------------------------------------------


def _changes(clocks: list[Clock]) -> dict[str, ProcessEvent]:
    """The last change of each kind of deadline; one statement."""
    if not clocks:
        return {}
    rows = ProcessEvent.objects.filter(
        instance_id=clocks[0].instance_id, task=clocks[0].task, kind=Kind.DEADLINE
    ).select_related("actor", "acting_for", "payload")
    return {str(events.facts_of(row).get("clock")): row for row in rows.order_by("seq")}


REASONS: Mapping[str, Callable[[], str]] = {
    "moved": lambda: _("Moved by %(who)s (%(when)s) from %(old)s to %(new)s"),
    extensions.EXTENDED: lambda: _("Extended by %(by)s (%(who)s, %(when)s), before: %(old)s"),
    "standstill": lambda: _("Extended by a standstill of the clock (%(who)s, %(when)s), before: %(old)s"),
    "urgency": lambda: _("Counted anew (%(when)s) because %(who)s changed the urgency, before: %(old)s"),
    "field": lambda: _("Counted anew (%(when)s) because a date of the case changed, before: %(old)s"),
    "rules": lambda: _("Counted anew (%(when)s) because the calendar changed, before: %(old)s"),
}


def _change_notes(event: ProcessEvent | None, at: dt.datetime) -> list[str]:
    """Who moved it from when to when, and why."""
    if event is None:
        return []
    facts, reason = events.facts_of(event), events.personal_of(event).get("reason", "")
    words = {
        "who": str(event.actor or _("automatic")),
        "when": duetime.moment_text(event.at, at),
        "old": duetime.full_text(dt.datetime.fromisoformat(facts["old"])),
        "new": duetime.full_text(dt.datetime.fromisoformat(facts["new"])),
        "by": planwords.duration(facts.get("length", "")),
    }
    text = REASONS.get(facts["why"], REASONS["rules"])() % words
    if not reason:
        return [f"{text}."]
    return [_("%(what)s. Reason: “%(reason)s”") % {"what": text, "reason": reason}]


# -- levels --------------------------------------------------------------------------------------------------


def _ahead(clocks: list[Clock], version: CompiledVersion, at: dt.datetime) -> list[Coming]:
    """Levels to come whose conditions hold at present, in the order of time; none while it rests."""
    found = []
    for clock in clocks:
        if clock.wake_at is None:
            continue
        for one in escalation.timed_levels(clock.plan[clock.next_level :]):
            is_told = one.level.number != escalation.MARK.number and not escalation.is_parked(one.at)
            if is_told and one.level.applies(**_state(clock)):
                found.append((one.at, one.level, clock))
    return [
        Coming(
            duemarks.name_of(level),
            duetime.moment_text(moment, at),
            _acts_text(level.acts, clock, version),
            moment.isoformat(),
        )
        for moment, level, clock in sorted(found, key=lambda row: row[0])
    ]


def _state(clock: Clock) -> dict[str, Any]:
    """What the conditions of a level ask about."""
    task, instance = clock.task, clock.instance
    return {
        "is_claimed": task is not None and task.assignee_id is not None,
        "urgency": task.urgency if task else instance.urgency,
        "data": instance.data,
    }


WHOM: Mapping[Whom, Callable[[], str]] = {
    Whom.ASSIGNEE: lambda: _("whoever has the task"),
    Whom.TEAM: lambda: _("the team"),
    Whom.LEAD: lambda: _("the team's lead"),
    Whom.LEADS_LEAD: lambda: _("the lead above"),
    Whom.OWNER: lambda: _("the process owner"),
}


def _acts_text(acts: Iterable[Act], clock: Clock, version: CompiledVersion) -> str:
    return "; ".join(_act_text(act, clock, version) for act in acts)


def _act_text(act: Act, clock: Clock, version: CompiledVersion) -> str:
    if act.do is Do.NOTIFY:
        people = dict.fromkeys(_told_text(word, act.whom, clock) for word in act.whom)
        return _("tells %(people)s") % {"people": ", ".join(people)}
    if act.do is Do.OUTCOME:
        outcome = version.steps[clock.task.step_key].outcome(act.key) if clock.task else None
        return _("chooses “%(outcome)s”") % {"outcome": outcome.label if outcome else act.key}
    return {
        Do.MARK: _("marks it as overdue"),
        Do.REASSIGN: _("gives the task to somebody else"),
        Do.RAISE: _("raises the urgency"),
        Do.COMMENT: _("writes a comment"),
    }[act.do]


def _told_text(word: str, whom: Iterable[str], clock: Clock) -> str:
    """Whom a word means at present: while nobody has a task, its team is told in place of its assignee."""
    if "@" in word:
        return _("another address")
    if word == Whom.ASSIGNEE and (clock.task is None or clock.task.assignee_id is None):
        is_as_usual = clock.task is None or Whom.TEAM in whom
        return WHOM[Whom.TEAM]() if is_as_usual else _("the team, as nobody has taken the task over")
    return WHOM[Whom(word)]()


def _fired(clocks: list[Clock], at: dt.datetime) -> list[Fired]:
    """Levels of the present generations that have fired, in order; one statement."""
    plans = {
        (clock.pk, clock.generation, row["level"]): str(row.get("name", ""))
        for clock in clocks
        for row in clock.plan
    }
    if not clocks:
        return []
    rows = LevelFired.objects.filter(clock__in=clocks).order_by("fired_at", "level")
    return [
        Fired(
            duemarks.level_name(row.level, plans[row.clock_id, row.generation, row.level]),
            duetime.moment_text(row.fired_at, at),
        )
        for row in rows
        if row.level != escalation.MARK.number and (row.clock_id, row.generation, row.level) in plans
    ]
