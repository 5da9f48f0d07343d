"""Whether a field may still be empty where a step is reached. Pure."""

from __future__ import annotations

from collections.abc import Set

from processes.blueprint import Blueprint, FlowPlan, StepPlan
from processes.engine import FAILED
from processes.stepplans import PlanError, StepConfig


def may_be_empty(plan: Blueprint, field: str, step: str) -> bool:
    """Whether a step can be reached without the field having been demanded or set on the way."""
    steps = {one.key: one for one in plan.steps}
    joins = {one.key for one in plan.steps if one.kind == "parallel"}
    empty = {one.key for one in plan.steps if one.kind == "start"}
    while True:
        open_ways = [flow for flow in plan.flows if _leaves_empty(steps[flow.source], flow, field, empty)]
        closed = {flow.target for flow in plan.flows if flow not in open_ways} & joins
        reached = {flow.target for flow in open_ways} - closed
        if reached <= empty:
            return step in empty
        empty |= reached


def _leaves_empty(step: StepPlan, flow: FlowPlan, field: str, empty: Set[str]) -> bool:
    """Whether the field may be empty behind a transition. The clock demands nothing."""
    gives_up = {one.key for one in step.outcomes if one.is_clock or one.key == FAILED}
    return step.key in empty and (flow.outcome in gives_up or not _fills(step, field))


def _fills(step: StepPlan, field: str) -> bool:
    """Whether behind this step the field has a value: demanded of a person, set, or brought by a call."""
    if any(one.field_key == field and one.mode == "required" for one in step.fields):
        return True
    try:
        config = StepConfig.from_json(step.config)
    except PlanError:
        return False
    values = config.action.values if config.action else ()
    outputs = config.call.outputs if config.call else ()
    return any(key == field and value for key, value in (*values, *outputs))
