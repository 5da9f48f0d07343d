"""What differs between two blueprints, as flat old → new facts for the administration log and for people."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from processes import conditions
from processes.blueprint import Blueprint, FlowPlan, StepPlan

NESTED = {"outcomes", "checklist", "fields"}
Facts = dict[str, Any]


def differences(old: Blueprint, new: Blueprint) -> dict[str, list[Any]]:
    """Changed facts by path, such as `steps.pruefen.deadline`: [old, new]; None where there was nothing."""
    before, after = _facts(old), _facts(new)
    paths = sorted(before.keys() | after.keys())
    return {
        path: [before.get(path), after.get(path)] for path in paths if before.get(path) != after.get(path)
    }


def _facts(plan: Blueprint) -> Facts:
    facts: Facts = {"language": plan.language, "steps": [step.key for step in plan.steps]}
    for one in plan.fields:
        facts |= _plain(f"fields.{one.key}", one)
    for step in plan.steps:
        facts |= _step_facts(step)
    for flow in plan.flows:
        path = f"steps.{flow.source}.next.{flow.outcome}".rstrip(".")
        facts.setdefault(path, []).append(_flow(flow))
    return facts


def _step_facts(step: StepPlan) -> Facts:
    path = f"steps.{step.key}"
    facts = _plain(path, step)
    for outcome in step.outcomes:
        facts |= _plain(f"{path}.outcomes.{outcome.key}", outcome)
    for item in step.checklist:
        facts |= _plain(f"{path}.checklist.{item.key}", item)
    for one in step.fields:
        facts[f"{path}.fields.{one.field_key}"] = one.mode
    return facts


def _plain(path: str, plan: Any) -> Facts:
    """The own values of one part that say something; empty ones are left out."""
    found: Facts = {}
    for one in fields(plan):
        value = getattr(plan, one.name)
        if one.name in NESTED or value in ("", (), {}, False):
            continue
        found[f"{path}.{one.name}"] = [list(pair) for pair in value] if isinstance(value, tuple) else value
    return found


def _flow(flow: FlowPlan) -> str:
    parts = [conditions.show(one) for one in flow.conditions]
    if flow.is_default:
        parts.append("else")
    return f"{flow.target} ({', '.join(parts)})" if parts else flow.target
