"""What is wrong with called processes, seen from the caller and from the called one, in sentences. Pure.

What other processes look like comes in as frozen facts (`Outside`); a step that calls is judged by what the
called process is at present, and a version that is called by what its callers rely on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes import engine
from processes.blueprint import Blueprint, FieldPlan, StepPlan
from processes.checking import structure
from processes.checking.endings import Endings, ends_per_run
from processes.checking.findings import Place, Problem, error, warning
from processes.engine import ENDS, Flow, Kind, Net, Node
from processes.escalation import Level
from processes.stepplans import Call, PlanError, StepConfig

DEEPEST = 10
"""Calls within calls (semantics §1)."""
PEOPLE_OR_TIME = frozenset({Kind.TASK, Kind.TIMER})
"""Steps that cannot end at once."""
FITTING = frozenset({("text", "longtext")})
"""Types whose values fit another type as they are."""


@dataclass(frozen=True, slots=True)
class Called:
    """A process as its callers see it: its graph, its fields and their types, whom it calls at which step."""

    key: str
    name: str
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]
    ends: Mapping[str, str]
    fields: Mapping[str, str]
    demanded: frozenset[str] = frozenset()
    calls: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels of its fields."""

    def label(self, key: str) -> str:
        """What a field is called."""
        return self.labels.get(key) or key


@dataclass(frozen=True, slots=True)
class Caller:
    """A step of a published version that calls this process, with the types of that version's fields."""

    process: str
    step: str
    call: Call
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outside:
    """What lies outside a blueprint and matters to it.

    `process` is its own key. `names` are those of all processes it names, `called` the published ones that
    calls can reach from here, `calls` the calls among all published ones. Of `teams` and `people` None means
    that somebody else has looked them up.
    """

    process: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    """Names of the shipped templates among the processes it names."""
    called: Mapping[str, Called] = field(default_factory=dict)
    callers: tuple[Caller, ...] = ()
    former: Called | None = None
    """The own published version, if others call it: what they rely on may have a name only there."""
    calls: Mapping[str, frozenset[str]] = field(default_factory=dict)
    teams: frozenset[str] | None = None
    people: frozenset[str] | None = None
    webhook_hosts: tuple[str, ...] = ()
    plans: Mapping[str, tuple[Level, ...]] | None = None
    """Escalation plans by key, the standard one also under ""; None: nobody has looked them up."""
    plan_names: Mapping[str, str] = field(default_factory=dict)
    """Names of escalation plans by key."""
    plan_people: frozenset[str] = frozenset()
    """E-mails of active accounts among those the plans pass tasks on to."""

    def demand_team(self, step: StepPlan, key: str, path: Place) -> Iterator[Problem]:
        """Fault the key of a team that does not exist."""
        if self.teams is not None and key not in self.teams:
            message = _("“%(step)s”: there is no active team “%(team)s”.")
            yield error("unknown_team", step.key, message, path, step=step.name, team=key)

    def demand_people(self, step: StepPlan, emails: tuple[str, ...], path: Place) -> Iterator[Problem]:
        """Fault e-mails of people without an active account."""
        for email in emails:
            if self.people is not None and email not in self.people:
                message = _("“%(step)s”: there is no active account “%(email)s”.")
                yield error("unknown_person", step.key, message, path, step=step.name, email=email)


def problems(plan: Blueprint, net: Net, outside: Outside) -> Iterator[Problem]:
    """Everything wrong with the calls of a blueprint, and with what its callers need of it."""
    name = outside.names.get(outside.process, outside.process)
    own = called_of(plan, net, key=outside.process, name=name)
    around = replace(outside, called={**outside.called, own.key: own} if own.key else outside.called)
    for step in plan.steps:
        if step.kind == "subprocess":
            yield from _about_step(step, plan, around)
    yield from _about_depth(plan, own, around)
    yield from _about_callers(own, around)


def calls_of(plan: Blueprint) -> Mapping[str, Call]:
    """The calls of a blueprint by step; what cannot be read is left out."""
    found: dict[str, Call] = {}
    for step in plan.steps:
        call = _call(step) if step.kind == "subprocess" else None
        if call is not None:
            found[step.key] = call
    return found


def _call(step: StepPlan) -> Call | None:
    try:
        return StepConfig.from_json(step.config).call
    except PlanError:
        return None


def called_of(plan: Blueprint, net: Net, *, key: str, name: str) -> Called:
    """A blueprint as its callers see it."""
    start = next((one for one in plan.steps if one.kind == "start"), None)
    uses = start.fields if start else ()
    return Called(
        key=key,
        name=name,
        nodes=tuple(net.nodes.values()),
        flows=tuple(replace(one, conditions=UNKNOWN if one.conditions else ()) for one in net.flows.values()),
        ends={one.key: one.name for one in plan.steps if one.kind in ENDS},
        fields={one.key: one.type for one in plan.fields},
        labels={one.key: one.label for one in plan.fields},
        demanded=frozenset(one.field_key for one in uses if one.mode == "required"),
        calls={step: call.process for step, call in calls_of(plan).items()},
    )


UNKNOWN = (engine.Condition("", "is_true"),)
"""Stands for any condition: what it compares makes no difference here."""


# -- seen from the caller ------------------------------------------------------------------------------------


def _about_step(step: StepPlan, plan: Blueprint, outside: Outside) -> Iterator[Problem]:
    yield from _about_way_on(step, plan)
    call = _call(step)
    if call is None:
        message = _("“%(step)s”: it is not said which process is called.")
        yield error("call_missing", step.key, message, step=step.name)
        return
    called = outside.called.get(call.process)
    yield from _about_outcomes(step, call, called)
    if called is None:
        yield _missing(step, call, outside)
        return
    yield from _about_ends(step, call, called)
    yield from _about_data(step, call, called, {one.key: one for one in plan.fields})
    if outside.process in _Instant(outside.called).all_from(call.process) and _is_instant(step, outside):
        message = _("“%(step)s”: “%(process)s” calls this process again without anybody waiting in between.")
        yield error("call_endless", step.key, message, step=step.name, process=called.name)


def _about_way_on(step: StepPlan, plan: Blueprint) -> Iterator[Problem]:
    ways = [flow.outcome for flow in plan.flows if flow.source == step.key]
    if step.outcomes and "" in ways:
        message = _("“%(step)s” goes on by its outcomes only, not automatically.")
        yield error("way_without_outcome", step.key, message, step=step.name)


def _missing(step: StepPlan, call: Call, outside: Outside) -> Problem:
    name = outside.names.get(call.process) or outside.templates.get(call.process, call.process)
    facts = {"step": step.name, "process": name, "key": call.process}
    path: Place = ("steps", step.key, "process")
    if call.process in outside.names:
        message = _("“%(step)s”: the process “%(process)s” is not published.")
        return error("call_unpublished", step.key, message, path, **facts)
    return error("call_unknown", step.key, _("“%(step)s”: there is no process “%(process)s”."), path, **facts)


def _about_outcomes(step: StepPlan, call: Call, called: Called | None) -> Iterator[Problem]:
    """Every end must have one meaning, and every outcome an end."""
    open_outcomes = {one.key: one for one in step.outcomes if not one.is_clock}
    if step.outcomes and call.otherwise not in open_outcomes:
        message = _("“%(step)s”: no outcome stands for the ends that are not named.")
        yield error("otherwise_missing", step.key, message, step=step.name)
    ends = [end for end, _outcome in call.ends]
    ends_names = called.ends if called else {}
    for end in sorted({one for one in ends if ends.count(one) > 1}):
        message = _("“%(step)s”: the end “%(end)s” means two outcomes.")
        yield error("end_twice", step.key, message, step=step.name, end=ends_names.get(end) or end)
    for key, one in open_outcomes.items():
        if key != call.otherwise and key not in dict(call.ends).values():
            message = _("“%(step)s”: no end means the outcome “%(outcome)s”.")
            path: Place = ("steps", step.key, "outcomes", key)
            yield warning("outcome_without_end", step.key, message, path, step=step.name, outcome=one.label)


def _about_ends(step: StepPlan, call: Call, called: Called) -> Iterator[Problem]:
    facts = {"step": step.name, "process": called.name}
    labels = {one.key: one.label for one in step.outcomes}
    for end, outcome in call.ends:
        if end not in called.ends:
            message = _(
                "“%(step)s”: the outcome “%(outcome)s” is for an end that “%(process)s” does not have (any"
                " more). Its ends are: %(ends)s."
            )
            path: Place = ("steps", step.key, "outcomes", outcome, "ends")
            named = {"outcome": labels.get(outcome, outcome), "ends": ", ".join(called.ends.values())}
            yield error("end_unknown", step.key, message, path, **named, **facts)
    endings = _endings(called.nodes, called.flows)
    path = ("steps", step.key, "process")
    if endings is Endings.SEVERAL:
        message = _("“%(step)s”: a case of “%(process)s” can reach several ends; which one would count?")
        yield error("call_several_ends", step.key, message, path, **facts)
    if endings is Endings.UNDECIDED:
        message = _("“%(step)s”: whether a case of “%(process)s” reaches one end only could not be proved.")
        yield warning("call_ends_undecided", step.key, message, path, **facts)


@lru_cache(maxsize=128)
def _endings(nodes: tuple[Node, ...], flows: tuple[Flow, ...]) -> Endings:
    """Remembered, because a page about a draft asks on every visit. A graph with faults has its own."""
    net = Net.build(nodes, flows)
    return Endings.ONE if structure.check(net) else ends_per_run(net)


def _about_data(
    step: StepPlan, call: Call, called: Called, fields: Mapping[str, FieldPlan]
) -> Iterator[Problem]:
    """What goes in and comes out: the fields must exist on both sides and have the same type."""
    for their, our in call.inputs:
        path: Place = ("steps", step.key, "in", their)
        yield from _about_pair(step, called, _ours(our, fields), (their, called.fields.get(their)), path)
    for our, their in call.outputs:
        path = ("steps", step.key, "out", our)
        yield from _about_pair(
            step, called, (their, called.fields.get(their)), _ours(our, fields), path, is_output=True
        )
    for key in sorted(called.demanded - {their for their, _our in call.inputs}):
        message = _("“%(step)s”: “%(process)s” needs the field “%(field)s” to start, but is not given it.")
        facts = {"step": step.name, "process": called.name, "field": called.label(key)}
        yield warning("input_missing", step.key, message, ("steps", step.key, "in"), **facts)


def _ours(key: str, fields: Mapping[str, FieldPlan]) -> _Typed:
    """What a field of the caller is called, and its type if there is one."""
    known = fields.get(key)
    return (known.label, known.type) if known else (key, None)


_Typed = tuple[str, str | None]


def _about_pair(
    step: StepPlan,
    called: Called,
    source: tuple[str, str | None],
    target: tuple[str, str | None],
    path: Place,
    *,
    is_output: bool = False,
) -> Iterator[Problem]:
    our, their = (target, source) if is_output else (source, target)
    facts = {"step": step.name, "process": called.name, "our": our[0], "their": called.label(their[0])}
    if our[1] is None:
        message = _("“%(step)s”: the field “%(our)s” does not exist.")
        yield error("field_unknown", step.key, message, path, **facts)
    elif their[1] is None:
        message = _("“%(step)s”: the process “%(process)s” has no field “%(their)s”.")
        yield error("their_field_unknown", step.key, message, path, **facts)
    elif not fits(source[1], target[1]):
        message = _("“%(step)s”: “%(our)s” and “%(their)s” of “%(process)s” have different types.")
        yield error("field_types", step.key, message, path, **facts)


def fits(source: str | None, target: str | None) -> bool:
    """Whether values of one type can be taken over as values of another."""
    return source == target or (source, target) in FITTING


# -- calls that call -----------------------------------------------------------------------------------------


class _Instant:
    """Which processes begin in the same moment as another, because nothing on the way waits."""

    def __init__(self, called: Mapping[str, Called]) -> None:
        self.called = called
        self.under_way: set[str] = set()

    def all_from(self, key: str) -> set[str]:
        """The process and every one that begins with it, however deep."""
        found: set[str] = set()
        waiting = [key]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting.extend(self.steps_from(one).values())
        return found

    def steps_from(self, key: str) -> dict[str, str]:
        """The calling steps a process reaches at once, and whom they call."""
        called = self.called.get(key)
        return (
            {one: called.calls[one] for one in self._reached(called) if one in called.calls} if called else {}
        )

    def _reached(self, called: Called) -> set[str]:
        kinds = {node.key: node.kind for node in called.nodes}
        found: set[str] = set()
        waiting = deque(key for key, kind in kinds.items() if kind is Kind.START)
        while waiting:
            key = waiting.popleft()
            if key in found:
                continue
            found.add(key)
            if kinds[key] not in PEOPLE_OR_TIME and self._passes(called.calls.get(key)):
                waiting.extend(flow.target for flow in called.flows if flow.source == key)
        return found

    def _passes(self, called_key: str | None) -> bool:
        """Whether a step lets the case go on at once; one that calls does if the called can end at once."""
        if called_key is None:
            return True
        called = self.called.get(called_key)
        if called is None or called_key in self.under_way:
            return False
        self.under_way.add(called_key)
        ends = any(node.kind in ENDS and node.key in self._reached(called) for node in called.nodes)
        self.under_way.discard(called_key)
        return ends


def _is_instant(step: StepPlan, outside: Outside) -> bool:
    return step.key in _Instant(outside.called).steps_from(outside.process)


def _about_depth(plan: Blueprint, own: Called, outside: Outside) -> Iterator[Problem]:
    calls = {**outside.calls, own.key: frozenset(own.calls.values())}
    callers: dict[str, set[str]] = {}
    for caller, called in calls.items():
        for one in called:
            callers.setdefault(one, set()).add(caller)
    levels = _levels(own.key, calls) + _levels(own.key, {key: frozenset(one) for key, one in callers.items()})
    if own.calls and levels > DEEPEST:
        step = next(one for one in plan.steps if one.key in own.calls)
        message = _(
            "“%(step)s”: processes would call each other over %(levels)s levels; %(most)s are possible."
        )
        yield error("call_too_deep", step.key, message, step=step.name, levels=levels, most=DEEPEST)


def _levels(key: str, calls: Mapping[str, frozenset[str]]) -> int:
    """Length of the longest chain of calls from a process; a ring counts once."""
    known: dict[str, int] = {}

    def length(one: str) -> int:
        if one not in known:
            known[one] = 0
            known[one] = max((1 + length(other) for other in calls.get(one, ())), default=0)
        return known[one]

    return length(key)


# -- seen from the called ------------------------------------------------------------------------------------


def _about_callers(own: Called, outside: Outside) -> Iterator[Problem]:
    """Published callers must find what they rely on."""
    labels = {**(outside.former.labels if outside.former else {}), **own.labels}
    ends = {**(outside.former.ends if outside.former else {}), **own.ends}
    for caller in outside.callers:
        facts: dict[str, Any] = {"process": caller.process, "step": caller.step}
        for their, our in caller.call.inputs:
            types = (caller.fields.get(our), own.fields.get(their))
            yield from _about_reliance(their, labels.get(their, their), types, True, facts)
        for our, their in caller.call.outputs:
            types = (caller.fields.get(our), own.fields.get(their))
            yield from _about_reliance(their, labels.get(their, their), types, False, facts)
        for end, _outcome in caller.call.ends:
            if end not in own.ends:
                message = _("“%(process)s” waits in “%(step)s” for the end “%(end)s”, which is not here.")
                yield warning("caller_misses_end", "", message, ("steps",), end=ends.get(end) or end, **facts)
        for end in sorted(own.ends.keys() - {end for end, _outcome in caller.call.ends}):
            if caller.call.ends and not caller.call.otherwise:
                message = _("“%(process)s” does not know the end “%(end)s” in “%(step)s”.")
                yield error("caller_misses_meaning", end, message, end=own.ends[end], **facts)
    endings = _endings(own.nodes, own.flows) if outside.callers else Endings.ONE
    if endings is Endings.SEVERAL:
        message = _("Other processes call this one (“%(process)s”); then a case may reach one end only.")
        yield error("callers_several_ends", "", message, ("steps",), process=outside.callers[0].process)


def _about_reliance(
    key: str, label: str, types: tuple[str | None, str | None], is_input: bool, facts: Mapping[str, Any]
) -> Iterator[Problem]:
    """A field a caller fills or reads: it must still be here, with a type that fits."""
    their_type, own_type = types
    if own_type is None:
        message = _("“%(process)s” relies in “%(step)s” on the field “%(field)s”, which is missing here.")
        yield error("caller_misses_field", "", message, ("fields",), field=label, **facts)
    elif their_type is not None and not fits(
        *((their_type, own_type) if is_input else (own_type, their_type))
    ):
        message = _("“%(process)s” relies in “%(step)s” on another type of the field “%(field)s”.")
        yield error("caller_other_type", "", message, ("fields", key), field=label, **facts)
