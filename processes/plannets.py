"""A blueprint compiled as `nets` compiles the rows of a version, but from values alone.

So drafts can be played through, however wrong they are. What cannot be read is left out, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from processes import engine, nets
from processes.blueprint import (
    Blueprint,
    ConditionPlan,
    DeadlinePlan,
    ItemPlan,
    OutcomePlan,
    StepPlan,
)
from processes.checking import checks
from processes.compiledversion import (
    CompiledVersion,
    DeadlineInfo,
    ItemInfo,
    OutcomeInfo,
    StepFieldInfo,
    StepInfo,
)
from processes.escalation import Level
from processes.fields import FieldSpec
from processes.models import DeadlineRule, Step
from processes.moments import Moment
from processes.stepplans import StepConfig

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Ids:
    """Rows that a blueprint names: teams by key, people by e-mail."""

    teams: Mapping[str, int] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)


def compile_plan(
    plan: Blueprint, ids: Ids, plans: Mapping[str, tuple[Level, ...]] | None = None
) -> CompiledVersion:
    """The compiled form. Steps, outcomes and activities have their places as ids; `plans` = escalation plans
    by key. Raises engine.NetError where there is no graph."""
    specs = {one.key: one.spec for one in plan.fields}
    net = _with_ids(checks.net_of(plan), plan, ids)
    steps = {step.key: _step(step, at, specs, ids) for at, step in enumerate(plan.steps, 1)}
    return CompiledVersion(
        version_id=0,
        definition_id=0,
        net=net,
        steps=steps,
        fields=specs,
        apart=nets.kept_apart(steps.values()),
        deadlines=tuple(_rules(plan.deadlines)),
        plan_keys=plan.plan_keys,
        plans=plans or {},
    )


def unreadable(plan: Blueprint) -> tuple[str, ...]:
    """Keys of steps of which a deadline, a wait or what they do cannot be read; "" = the case."""
    found = [] if len(list(_rules(plan.deadlines))) == len(plan.deadlines) else [""]
    return (*found, *(step.key for step in plan.steps if not _is_readable(step)))


def _is_readable(step: StepPlan) -> bool:
    rules = _plans_of(step)
    clocks = [one for one in step.outcomes if one.after]
    return (
        len(list(_rules(rules))) == len(rules)
        and all(_moment(one.after) is not None for one in clocks)
        and (not step.config or _read(StepConfig.from_json, step.config) is not None)
    )


def _read(reader: Callable[[Any], Found], value: Any) -> Found | None:
    """What a reader makes of a stored value; None where it makes no sense."""
    try:
        return reader(value)
    except (ValueError, TypeError, AttributeError):
        return None


def config_of(step: StepPlan) -> StepConfig:
    """What only some kinds of steps have; nothing where it cannot be read."""
    return _read(StepConfig.from_json, step.config) or StepConfig()


def _moment(value: Mapping[str, Any]) -> Moment | None:
    return _read(Moment.from_json, value)


# -- the net -------------------------------------------------------------------------------------------------


def _with_ids(net: engine.Net, plan: Blueprint, ids: Ids) -> engine.Net:
    """The net with people and teams in conditions by id, as cases hold them."""
    types = {one.key: one.type for one in plan.fields}
    known = {("person", word): pk for word, pk in ids.people.items()}
    known |= {("team", word): pk for word, pk in ids.teams.items()}

    def judged(one: ConditionPlan) -> engine.Condition:
        return nets.judged(one, types.get(one.field_key, "text"), known)

    flows = (
        replace(flow, conditions=tuple(map(judged, plan.flows[int(flow.id)].conditions)))
        for flow in net.flows.values()
    )
    return engine.Net.build(net.nodes.values(), flows)


# -- steps ---------------------------------------------------------------------------------------------------


def _step(step: StepPlan, at: int, specs: Mapping[str, FieldSpec], ids: Ids) -> StepInfo:
    row = Step(
        assignment=step.assignment, reference_key=step.reference_key, apart_key=step.apart_key
    )  # never stored; it knows how to read its keys
    return StepInfo(
        id=at,
        key=step.key,
        kind=step.kind,
        name=step.name,
        instructions=step.instructions,
        team_id=ids.teams.get(step.team),
        assignment=step.assignment,
        person_id=ids.people.get(step.person),
        reference_keys=row.reference_keys,
        apart_keys=row.apart_keys,
        field_key=step.field_key,
        max_visits=step.max_visits,
        approves_fields=step.approves_fields,
        config=config_of(step),
        deadlines=rules_of(step),
        plan_keys=step.plan_keys,
        result=step.result,
        outcomes=tuple(_outcome(one, number) for number, one in enumerate(step.outcomes, 1)),
        checklist=_items(step.checklist),
        fields=tuple(
            StepFieldInfo(specs[one.field_key], one.mode) for one in step.fields if one.field_key in specs
        ),
    )


def rules_of(step: StepPlan) -> tuple[DeadlineInfo, ...]:
    """All rules of the deadline of a step that can be read, its short form first."""
    return tuple(_rules(_plans_of(step)))


def _plans_of(step: StepPlan) -> tuple[DeadlinePlan, ...]:
    """The short form of the step, and its other rules."""
    usual = (DeadlinePlan(offset=step.deadline),) if step.deadline else ()
    return (*usual, *step.deadlines)


def _rules(plans: tuple[DeadlinePlan, ...]) -> Iterator[DeadlineInfo]:
    rows = (DeadlineRule(**asdict(one)) for one in plans)
    return (rule for row in rows if (rule := _read(nets.deadline_info, row)) is not None)


def _outcome(one: OutcomePlan, number: int) -> OutcomeInfo:
    return OutcomeInfo(
        id=number,
        key=one.key,
        label=one.label,
        requires_note=one.requires_note,
        is_clock=one.is_clock,
        after=_moment(one.after) if one.after else None,
        is_interrupting=one.is_interrupting,
        is_approval=one.is_approval,
        is_no_agreement=one.is_no_agreement,
    )


def _items(plans: tuple[ItemPlan, ...]) -> tuple[ItemInfo, ...]:
    numbers = {one.key: number for number, one in enumerate(plans, 1)}
    parents = {one.parent for one in plans}
    return tuple(
        ItemInfo(
            numbers[one.key], one.key, one.text, one.is_mandatory, numbers.get(one.parent), one.key in parents
        )
        for one in plans
    )
