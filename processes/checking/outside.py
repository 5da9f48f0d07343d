"""Reads what lies outside a blueprint and matters to it: called processes, callers, teams and people.

The number of statements is the same however many processes call each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef

from people.models import Team, User
from processes import engine, library, nets
from processes.blueprint import Blueprint
from processes.checking.callchecks import UNKNOWN, Called, Caller, Outside, calls_of
from processes.checking.stepchecks import people_named, teams_named
from processes.escalation import Level, receivers
from processes.models import (
    Condition,
    EscalationPlan,
    FormField,
    Outcome,
    ProcessDefinition,
    ProcessVersion,
    Step,
    StepField,
    Transition,
)
from processes.stepplans import Call, PlanError, StepConfig


@dataclass(frozen=True, slots=True)
class _CallRow:
    """A step of a published version that calls a process."""

    version_id: int
    process: str
    process_name: str
    step: str
    step_name: str
    call: Call


def read(plan: Blueprint, process: str) -> Outside:
    """The facts about everything a blueprint of this process names; at most sixteen statements."""
    rows = _published_calls()
    edges: dict[str, frozenset[str]] = defaultdict(frozenset)
    for row in rows:
        edges[row.process] |= {row.call.process}
    named = {call.process for call in calls_of(plan).values()}
    callers = _callers(process, rows)
    called = _called(_reachable(named, edges) - {process} | ({process} if callers else set()), rows)
    found = Outside(
        process=process,
        former=called.pop(process, None),
        called=called,
        callers=callers,
        calls=dict(edges),
        webhook_hosts=tuple(getattr(settings, "WEBHOOK_HOSTS", ())),
    )
    names = ProcessDefinition.objects.filter(key__in={*named, process}).values_list("key", "name")
    plans = _plans()
    return replace(
        found,
        names=dict(names),
        templates={one.key: one.head.name for one in map(library.template, sorted(named)) if one},
        teams=_teams(plan),
        people=_people(plan),
        plans=plans,
        plan_names=dict(EscalationPlan.objects.values_list("key", "name")),
        plan_people=_plan_people(plans),
    )


def callers_of(process: str) -> tuple[Caller, ...]:
    """The steps of published versions of other processes that call this one; two statements."""
    return _callers(process, _published_calls())


def _published_calls() -> list[_CallRow]:
    steps = Step.objects.filter(
        kind=Step.Kind.SUBPROCESS, version__state=ProcessVersion.State.PUBLISHED
    ).select_related("version__definition")
    found = []
    for step in steps.order_by("version__definition__name", "position"):
        try:
            call = StepConfig.from_json(step.config).call
        except PlanError:
            continue
        if call is not None:
            definition = step.version.definition
            found.append(
                _CallRow(step.version_id, definition.key, definition.name, step.key, step.name, call)
            )
    return found


def _reachable(keys: Iterable[str], edges: Mapping[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(edges.get(key, ()))
    return found


def _callers(process: str, rows: list[_CallRow]) -> tuple[Caller, ...]:
    """Steps of other processes; the own version that calls itself is retired with the next one."""
    calling = [row for row in rows if row.call.process == process and row.process != process]
    fields = _fields({row.version_id for row in calling})
    return tuple(
        Caller(
            row.process_name,
            row.step_name,
            row.call,
            {key: type_ for key, (type_, _label) in fields[row.version_id].items()},
        )
        for row in calling
    )


def _fields(version_ids: set[int]) -> Mapping[int, dict[str, tuple[str, str]]]:
    """Type and label of the fields of several versions."""
    found: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    if version_ids:
        rows = FormField.objects.filter(version__in=version_ids)
        for version_id, key, type_, label in rows.values_list("version_id", "key", "type", "label"):
            found[version_id][key] = type_, label
    return found


def _called(keys: set[str], rows: list[_CallRow]) -> dict[str, Called]:
    """The published versions of these processes as their callers see them."""
    if not keys:
        return {}
    published = ProcessVersion.objects.filter(
        state=ProcessVersion.State.PUBLISHED, definition__key__in=keys
    ).select_related("definition")
    versions = {version.pk: version.definition for version in published}
    parts = _Parts.of(set(versions))
    calls: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows:
        calls[row.version_id][row.step] = row.call.process
    return {
        definition.key: Called(
            key=definition.key,
            name=definition.name,
            nodes=tuple(parts.nodes[pk]),
            flows=tuple(parts.flows[pk]),
            ends=parts.ends[pk],
            fields={key: type_ for key, (type_, _label) in parts.fields[pk].items()},
            labels={key: label for key, (_type, label) in parts.fields[pk].items()},
            demanded=frozenset(parts.demanded[pk]),
            calls=calls[pk],
        )
        for pk, definition in versions.items()
    }


@dataclass(frozen=True, slots=True)
class _Parts:
    """Rows of several versions by version."""

    nodes: Mapping[int, list[engine.Node]]
    flows: Mapping[int, list[engine.Flow]]
    ends: Mapping[int, dict[str, str]]
    fields: Mapping[int, dict[str, tuple[str, str]]]
    demanded: Mapping[int, set[str]]

    @classmethod
    def of(cls, version_ids: set[int]) -> _Parts:
        """Read them, a statement a table."""
        nodes: dict[int, list[engine.Node]] = defaultdict(list)
        ends: dict[int, dict[str, str]] = defaultdict(dict)
        outcomes = _outcomes(version_ids)
        for row in Step.objects.filter(version__in=version_ids):
            kind = engine.Kind(row.kind)
            nodes[row.version_id].append(
                engine.Node(row.key, kind, tuple(outcomes.get(row.pk, ())), row.position)
            )
            if kind in engine.ENDS:
                ends[row.version_id][row.key] = row.name
        return cls(nodes, _flows(version_ids), ends, _fields(version_ids), _demanded(version_ids))


def _outcomes(version_ids: set[int]) -> Mapping[int, list[engine.Outcome]]:
    found: dict[int, list[engine.Outcome]] = defaultdict(list)
    for row in Outcome.objects.filter(step__version__in=version_ids):
        one = engine.Outcome(row.key, row.is_clock, row.is_interrupting, frozenset(row.cancels))
        found[row.step_id].append(one)
    return found


def _flows(version_ids: set[int]) -> Mapping[int, list[engine.Flow]]:
    found: dict[int, list[engine.Flow]] = defaultdict(list)
    asks = Exists(Condition.objects.filter(transition=OuterRef("pk")))
    rows: Any = Transition.objects.filter(version__in=version_ids).annotate(asks=asks)
    names = (
        "version_id",
        "pk",
        "source__key",
        "target__key",
        "outcome__key",
        "asks",
        "is_default",
        "position",
    )
    for version_id, pk, source, target, outcome, asks_, is_default, position in rows.values_list(*names):
        conditions = UNKNOWN if asks_ else ()
        found[version_id].append(
            engine.Flow(str(pk), source, target, outcome, conditions, is_default, position)
        )
    return found


def _demanded(version_ids: set[int]) -> Mapping[int, set[str]]:
    """Fields that must be filled in to start a case."""
    found: dict[int, set[str]] = defaultdict(set)
    rows = StepField.objects.filter(
        step__version__in=version_ids, step__kind=Step.Kind.START, mode=StepField.Mode.REQUIRED
    )
    for version_id, key in rows.values_list("step__version_id", "field__key"):
        found[version_id].add(key)
    return found


def _teams(plan: Blueprint) -> frozenset[str]:
    keys = {key for key, _place in teams_named(plan)}
    if not keys:
        return frozenset()
    return frozenset(Team.objects.filter(key__in=keys, is_active=True).values_list("key", flat=True))


def _people(plan: Blueprint) -> frozenset[str]:
    return _active({email for email, _place in people_named(plan)})


def _active(emails: Set[str]) -> frozenset[str]:
    """Those of the e-mails that belong to an active account."""
    if not emails:
        return frozenset()
    return frozenset(User.objects.filter(email__in=emails, is_active=True).values_list("email", flat=True))


def _plans() -> dict[str, tuple[Level, ...]]:
    return {key: tuple(Level.from_json(row) for row in rows) for key, rows in nets.plan_snapshot().items()}


def _plan_people(plans: Mapping[str, tuple[Level, ...]]) -> frozenset[str]:
    return _active(receivers(level for levels in plans.values() for level in levels))
