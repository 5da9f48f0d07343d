"""What the steps of a plan are called. A gateway that the editing page folds into a step is called as that
step is; one that stands alone without a name by its place; another step without a name as unnamed."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from processes.blueprint import Blueprint
from processes.editing.graph import Drawing, Folds
from processes.graph import ENDS, WAITING, Kind

UNNAMED = frozenset(str(kind) for kind in Kind if kind not in WAITING | ENDS and kind is not Kind.START)
"""Kinds of steps that need no name."""


def step_names(plan: Blueprint) -> dict[str, str]:
    """Name of each step by key."""
    folds = Folds(Drawing(plan))
    beside = {**folds.shown, **{key: fork.row for key, fork in folds.forks.items()}}
    own = {step.key: step.name for step in plan.steps}
    names = {step.key: step.name or _("(without a name)") for step in plan.steps}
    for step in plan.steps:
        if step.key in folds.shown or (step.key in beside and not step.name):
            names[step.key] = own[beside[step.key]] or _("(without a name)")
        elif not step.name and step.kind in UNNAMED:
            names[step.key] = _by_place(plan, step.key, own)
    return names


def _by_place(plan: Blueprint, key: str, names: dict[str, str]) -> str:
    """A join by the step it stands in front of, what divides by the step it follows."""
    onward = _neighbours(plan, key)
    if len(onward) == 1:
        step = _first_named(key, names, lambda one: _neighbours(plan, one))
        return _("waiting before %(step)s") % {"step": step}
    step = _first_named(key, names, lambda one: [flow.source for flow in plan.flows if flow.target == one])
    return _("choice after %(step)s") % {"step": step}


def _neighbours(plan: Blueprint, key: str) -> list[str]:
    return [flow.target for flow in plan.flows if flow.source == key]


def _first_named(key: str, names: dict[str, str], beside: Callable[[str], list[str]]) -> str:
    """The name of the nearest step in one direction that has any."""
    seen, queue = {key}, beside(key)
    while queue:
        one = queue.pop(0)
        if names.get(one):
            return names[one]
        if one not in seen:
            seen.add(one)
            queue.extend(beside(one))
    return _("(without a name)")
