"""What the steps of a plan are called: a gateway without a name by its place, another step as unnamed."""

from __future__ import annotations

from django.utils.translation import gettext as _

from processes.blueprint import Blueprint, StepPlan
from processes.graph import ENDS, WAITING, Kind

UNNAMED = frozenset(str(kind) for kind in Kind if kind not in WAITING | ENDS and kind is not Kind.START)


def step_names(plan: Blueprint) -> dict[str, str]:
    """Name of each step by key."""
    names = {step.key: step.name for step in plan.steps}
    for step in plan.steps:
        if not step.name:
            is_gateway = step.kind in UNNAMED
            names[step.key] = _by_place(plan, step, names) if is_gateway else _("(without a name)")
    return names


def _by_place(plan: Blueprint, step: StepPlan, names: dict[str, str]) -> str:
    """A join by the step it stands in front of, what divides by the step it follows."""
    onward = [flow.target for flow in plan.flows if flow.source == step.key]
    before = [flow.source for flow in plan.flows if flow.target == step.key]
    if len(onward) == 1:
        return _("waiting before %(step)s") % {"step": names.get(onward[0]) or onward[0]}
    if before:
        return _("choice after %(step)s") % {"step": names.get(before[0]) or before[0]}
    return step.key
