"""What all pictures of one version have in common: its steps and ways in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from processes import conditions, engine
from processes.blueprint import Blueprint, ConditionPlan, StepPlan
from processes.compiledversion import CompiledVersion
from processes.diagram.model import CHOICES, Box, Shape
from processes.fields import FieldSpec
from processes.graph import ENDS, JOINING, WAITING
from processes.models import Step
from processes.words import responsible
from processes.words.planwords import Names


@dataclass(frozen=True, slots=True)
class Way:
    """A transition in words; `outcome` is empty where a step just goes on, `stops` says which it ends,
    `clock` that no person chooses it."""

    id: str
    source: str
    target: str
    outcome: str
    label: str
    stops: str = ""
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Outline:
    """What is common to all pictures of one version: steps in the author's order, outcomes, transitions."""

    boxes: tuple[Box, ...]
    outcomes: Mapping[str, Sequence[tuple[str, str]]]
    """Key and label of each outcome, by step."""
    ways: tuple[Way, ...]


def outline_of(plan: Blueprint) -> Outline:
    """The outline of a blueprint. Of steps with the same key only the first is drawn; transitions from
    unknown steps are left out. One statement, a second where people are named."""
    names = responsible.names_of(plan)
    steps = {step.key: step for step in reversed(plan.steps)}
    specs = {one.key: one.spec for one in plan.fields}
    outcomes = {(step.key, one.key): one for step in plan.steps for one in step.outcomes}
    labels = {place: one.label for place, one in outcomes.items()}
    stoppable = stoppable_of(plan, names)
    stops = {place: stopping(one.cancels, stoppable) for place, one in outcomes.items()}
    timed = {place for place, one in outcomes.items() if one.is_clock}
    ways = [
        Way(
            str(number),
            flow.source,
            flow.target,
            flow.outcome,
            labels.get((flow.source, flow.outcome), flow.outcome)
            or branch(flow.conditions, specs, is_default=flow.is_default),
            stops.get((flow.source, flow.outcome), ""),
            _timed((flow.source, flow.outcome) in timed),
        )
        for number, flow in enumerate(plan.flows)
        if flow.source in steps
    ]
    arriving = Counter(flow.target for flow in plan.flows)
    leaving = Counter(flow.source for flow in plan.flows)
    return Outline(
        tuple(
            _box(step, names, (arriving[step.key], leaving[step.key])) for step in reversed(steps.values())
        ),
        {step.key: [(one.key, one.label) for one in step.outcomes] for step in steps.values()},
        tuple(ways),
    )


def _box(step: StepPlan, names: Names, lines: tuple[int, int]) -> Box:
    who = responsible.briefly(step, names)
    return box_of(step.key, step.kind, step.name, step.result, who, lines)


def stoppable_of(plan: Blueprint, names: Names) -> dict[str, str]:
    """What an outcome of a blueprint can end besides, as `stoppable`."""
    kinds = {step.key: step.kind for step in plan.steps}
    return stoppable(kinds, ((flow.source, flow.target) for flow in plan.flows), names)


def stoppable(kinds: Mapping[str, str], flows: Iterable[tuple[str, str]], names: Names) -> dict[str, str]:
    """What an outcome can end besides, in words by key: the steps at which somebody or something works, and
    what waits at a join, which is called by the step behind it. `kinds` by step, in the author's order."""
    onward = dict(reversed(list(flows)))
    found = {}
    for key, kind in kinds.items():
        if kind in WAITING:
            found[key] = _("“%(step)s”") % {"step": names.step(key)}
        elif kind in JOINING:
            behind = names.step(_worked_at(key, kinds, onward))
            found[key] = _("what waits in front of “%(step)s”") % {"step": behind}
    return found


def _worked_at(key: str, kinds: Mapping[str, str], onward: Mapping[str, str]) -> str:
    """The first step behind a gateway that is none; the gateway where there is no such step."""
    seen, place = {key}, key
    while kinds.get(place) not in WAITING | ENDS:
        place = onward.get(place, key)
        if place in seen:
            return key
        seen.add(place)
    return place


def stopping(keys: Collection[str], places: Mapping[str, str]) -> str:
    """Which of these places (`stoppable`) an outcome ends besides, in words; empty for none."""
    steps = ", ".join(said for key, said in places.items() if key in keys)
    return _("stops %(steps)s") % {"steps": steps} if steps else ""


def _timed(is_clock: bool) -> str:
    return _("chosen by the clock") if is_clock else ""


def branch(tests: Sequence[ConditionPlan], specs: Mapping[str, FieldSpec], *, is_default: bool) -> str:
    """When a way is taken that depends on data; empty where it always is."""
    if is_default:
        return _("otherwise")
    return _(" and ").join(conditions.in_words(one, specs.get(one.field_key)) for one in tests)


def box_of(key: str, kind: str, name: str, result: str, who: str, lines: tuple[int, int]) -> Box:
    """The box of a step at which so many ways arrive and leave. A kind unknown here is drawn as a task."""
    shape = Shape(kind) if kind in Step.Kind.values else Shape.TASK
    arriving, leaving = lines
    if shape is Shape.PARALLEL:
        meaning = _("waits for all") if arriving > 1 else _("from here on at the same time")
        return Box(key, shape, f"{name} – {meaning}" if name else meaning)
    if shape in CHOICES and leaving <= 1:
        waits = shape is Shape.INCLUSIVE and arriving > 1
        said = _("ways meet") if arriving > 1 else str(Step.Kind(kind).label)
        return Box(key, shape, name or said, _("waits for all that have begun") if waits else "")
    if shape in (Shape.END, Shape.TERMINATE):
        return Box(key, shape, name or result or str(Step.Kind.END.label))
    if shape is Shape.START:
        return Box(key, shape, name or str(Step.Kind.START.label))
    if shape is Shape.TASK:
        return Box(key, shape, name or _("(without a name)"), who)
    meaning = str(Step.Kind(kind).label)
    return Box(key, shape, name or meaning, meaning if name else "")


def outline_of_version(version: CompiledVersion) -> Outline:
    """The outline of a compiled version, transitions named by their ids there. One statement, a second
    where people are named."""
    who, net = responsible.Compiled.of(version), version.net
    kinds = {step.key: step.kind for step in version.steps.values()}
    places = stoppable(kinds, ((one.source, one.target) for one in net.flows.values()), who.names)
    return Outline(
        tuple(
            box_of(
                step.key,
                step.kind,
                step.name,
                step.result,
                who.briefly(step),
                (len(net.incoming(step.key)), len(net.outgoing(step.key))),
            )
            for step in version.steps.values()
        ),
        {step.key: [(one.key, one.label) for one in step.outcomes] for step in version.steps.values()},
        tuple(_way(version, flow, places) for flow in net.flows.values()),
    )


def _way(version: CompiledVersion, flow: engine.Flow, places: Mapping[str, str]) -> Way:
    outcome = version.steps[flow.source].outcome(flow.outcome or "")
    tests = [ConditionPlan(one.field, one.operator, one.value) for one in flow.conditions]
    label = outcome.label if outcome else branch(tests, version.fields, is_default=flow.is_default)
    ended = {one.key: one.cancels for one in version.net.nodes[flow.source].outcomes}
    stops = stopping(ended.get(flow.outcome or "", frozenset()), places)
    clock = _timed(outcome is not None and outcome.is_clock)
    return Way(flow.id, flow.source, flow.target, flow.outcome or "", label, stops, clock)
