"""Why a task or a case is due when it is, and what the clock will do about it, in words. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from people import explaining
from people.explaining import Line
from processes import escalation, planwords
from processes.blueprint import FieldPlan
from processes.escalation import Act, Do, Whom
from processes.models import DeadlineRule, ProcessInstance
from processes.moments import Anchors
from processes.nets import CompiledVersion, DeadlineInfo
from tasks import duemarks, dues, duetime, events, schedule
from tasks.dues import Due
from tasks.events import Kind
from tasks.models import Clock, LevelFired, ProcessEvent, Task


@dataclass(frozen=True, slots=True)
class Why:
    """One deadline explained: the rule, what was counted (a sentence and its table), what happened since."""

    title: str
    due: str
    rule: str = ""
    sentence: str = ""
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


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
    reaction: str = ""

    @property
    def is_legal(self) -> bool:
        """Whether the law counts it."""
        return bool(self.law)


def of_task(task: Task, version: CompiledVersion, at: dt.datetime) -> Deadlines:
    """The deadlines of an open task: until when it is done, and taken over if it is still free."""
    clocks = list(Clock.objects.filter(task=task, kind__in=duemarks.DEADLINES).order_by("-kind"))
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
        is_final=any(clock.is_final for clock in clocks),
        has_solution=any(clock.kind == Clock.Kind.SOLUTION for clock in clocks),
        reaction=_reaction(clocks, at),
    )


def of_case(instance: ProcessInstance, version: CompiledVersion, at: dt.datetime) -> Deadlines:
    """The deadline of a running case."""
    if instance.due_at is None:
        return Deadlines()
    clocks = list(Clock.objects.filter(instance=instance, kind=Clock.Kind.CASE))
    for clock in clocks:
        clock.instance = instance
    found = _deadlines(clocks, version, at)
    law = next((duemarks.law_of(clock) for clock in clocks), "")
    rests = any(clock.paused_at is not None for clock in clocks)
    return replace(found, law=law, rests=rests, is_final=any(clock.is_final for clock in clocks))


def _deadlines(clocks: list[Clock], version: CompiledVersion, at: dt.datetime) -> Deadlines:
    changes = _changes(clocks)
    return Deadlines(
        whys=[_why(clock, version, changes.get(str(clock.kind)), at) for clock in clocks],
        ahead=_ahead(clocks, version, at),
        fired=_fired(clocks, at),
    )


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
    notes = [*_change_notes(change, at), *_rest_notes(clock, at)]
    if clock.is_moved:
        return Why(title, due_text, notes=notes)
    rules = _rules(clock, version)
    due = schedule.due_of_clock(clock, version)
    if due is None:
        return Why(title, due_text, notes=notes)
    if due.at != clock.due_at:
        return Why(title, due_text, rule_text(due.rule, version), notes=[_differs(due), *notes])
    explanation = dues.explanation(due.rule, _anchors(clock, rules), schedule.calendar_of_clock(clock))
    return Why(
        title,
        due_text,
        rule_text(due.rule, version),
        explaining.sentence(explanation) if explanation else "",
        explaining.lines(explanation) if explanation else [],
        [*_several(rules, clock), *notes],
    )


def _rules(clock: Clock, version: CompiledVersion) -> list[DeadlineInfo]:
    if clock.task is None:
        return list(version.deadlines)
    kind = clock.kind if clock.kind == Clock.Kind.REACTION else DeadlineRule.Kind.SOLUTION
    return [rule for rule in version.steps[clock.task.step_key].deadlines if rule.kind == kind]


def _anchors(clock: Clock, rules: list[DeadlineInfo]) -> Anchors:
    """What it is counted from, to the full minute: seconds would only make the account harder to follow."""
    step_at = clock.task.created_at if clock.task else clock.instance.started_at
    found = dues.anchors_of(clock.instance, [rule.moment for rule in rules], step_at=step_at)
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
    return _("%(rule)s, counted by §§ 187–193 BGB") % {"rule": text}


def _several(rules: list[DeadlineInfo], clock: Clock) -> list[str]:
    urgency = clock.task.urgency if clock.task else clock.instance.urgency
    kind = DeadlineRule.Kind.REACTION if clock.kind == Clock.Kind.REACTION else DeadlineRule.Kind.SOLUTION
    wanted = dues.applicable(rules, kind, urgency)
    if len(wanted) < 2:
        return []
    if any(rule.is_latest for rule in wanted):
        return [_("Of several rules the one with the latest deadline counts.")]
    return [_("Of several rules the one with the earliest deadline counts.")]


def _differs(due: Due) -> str:
    text = _("Team, calendar or rules have changed since it was set; counted today it would be %(when)s.")
    return text % {"when": duetime.full_text(due.at)}


def _rest_notes(clock: Clock, at: dt.datetime) -> list[str]:
    notes = []
    if clock.paused_seconds and not clock.is_legal:
        text = _("Added: %(time)s of working time in which it rested or the clock stood still.")
        notes.append(text % {"time": explaining.minutes_text(clock.paused_seconds)})
    if clock.paused_at is not None:
        words = {"when": duetime.moment_text(clock.paused_at, at)}
        if clock.is_legal:
            notes.append(_("It stays where it is, also while the case rests since %(when)s.") % words)
        else:
            left = explaining.minutes_text(max(0, clock.remaining or 0))
            text = _("It rests since %(when)s; %(time)s of working time are left.")
            notes.append(text % {**words, "time": left})
    return notes


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
        if clock.wake_at is None or clock.instance.state != ProcessInstance.State.RUNNING:
            continue
        for one in escalation.timed_levels(clock.plan[clock.next_level :]):
            if one.level.number != escalation.MARK.number and one.level.applies(**_state(clock)):
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
        people = [WHOM[Whom(word)]() if "@" not in word else _("another address") for word in act.whom]
        return _("tells %(people)s") % {"people": ", ".join(dict.fromkeys(people))}
    if act.do is Do.OUTCOME:
        outcome = version.steps[clock.task.step_key].outcome(act.key) if clock.task else None
        return _("chooses “%(outcome)s”") % {"outcome": outcome.label if outcome else act.key}
    return {
        Do.MARK: _("marks it as overdue"),
        Do.REASSIGN: _("gives the task to somebody else"),
        Do.RAISE: _("raises the urgency"),
        Do.COMMENT: _("writes a comment"),
    }[act.do]


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
