"""Changes of a blueprint: frozen values in, frozen values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from processes.blueprint import Blueprint, FieldPlan, FlowPlan, StepPlan, key_from


def step_of(plan: Blueprint, key: str) -> StepPlan:
    """The step of a key. Raises KeyError."""
    found = next((one for one in plan.steps if one.key == key), None)
    if found is None:
        raise KeyError(key)
    return found


def with_step(plan: Blueprint, changed: StepPlan) -> Blueprint:
    """The step of that key exchanged."""
    return replace(plan, steps=tuple(changed if one.key == changed.key else one for one in plan.steps))


def with_fields(plan: Blueprint, change: Callable[[FieldPlan], FieldPlan]) -> Blueprint:
    """Every field changed."""
    return replace(plan, fields=tuple(change(one) for one in plan.fields))


def with_flows(plan: Blueprint, change: Callable[[FlowPlan], FlowPlan]) -> Blueprint:
    """Every transition changed; what is the same afterwards stays once."""
    flows: list[FlowPlan] = []
    for flow in map(change, plan.flows):
        if flow not in flows:
            flows.append(flow)
    return replace(plan, flows=tuple(flows))


def without_flows(plan: Blueprint, flows: Iterable[FlowPlan]) -> Blueprint:
    """Without these transitions."""
    gone = list(flows)
    return replace(plan, flows=tuple(one for one in plan.flows if one not in gone))


def without_step(plan: Blueprint, key: str) -> Blueprint:
    """Without a step and the transitions at it."""
    return replace(
        plan,
        steps=tuple(one for one in plan.steps if one.key != key),
        flows=tuple(one for one in plan.flows if key not in (one.source, one.target)),
    )


def new_step(plan: Blueprint, kind: str, name: str) -> StepPlan:
    """A step that is not there yet, with a free key made of its name."""
    return StepPlan(key_from(name, (one.key for one in plan.steps), kind), kind, name)


def ways_from(plan: Blueprint, step: str) -> tuple[FlowPlan, ...]:
    """The transitions that leave a step."""
    return tuple(one for one in plan.flows if one.source == step)


def ways_into(plan: Blueprint, step: str) -> tuple[FlowPlan, ...]:
    """The transitions that enter a step."""
    return tuple(one for one in plan.flows if one.target == step)
