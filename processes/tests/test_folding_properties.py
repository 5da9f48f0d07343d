"""Folding loses nothing: whatever a draft looks like, unfolding its page gives the same draft again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given, settings

from processes import library
from processes.blueprint import Blueprint, ConditionPlan, FlowPlan, OutcomePlan, StepPlan
from processes.editing.folding import fold
from processes.editing.sheet import Sheet
from processes.editing.unfolding import describe_gateway, unfold
from processes.engine import Net
from processes.tests import patterns
from processes.tests.brokenplans import drafts, sheets
from processes.tests.drawnnets import bent_nets, graphs
from processes.tests.randomplans import Plan, trees


def content(plan: Blueprint, *, with_regions: bool = True) -> list[str]:
    """Steps with all that belongs to them, whatever their order; a region of steps has no order."""
    return sorted(repr(_sorted_regions(step, with_regions)) for step in plan.steps)


def _sorted_regions(step: StepPlan, with_regions: bool) -> StepPlan:
    regions = (sorted(set(one.cancels)) if with_regions else () for one in step.outcomes)
    outcomes = (
        replace(one, cancels=tuple(region)) for one, region in zip(step.outcomes, regions, strict=True)
    )
    return replace(step, outcomes=tuple(outcomes))


def ways(plan: Blueprint) -> dict[tuple[str, str], list[FlowPlan]]:
    """The transitions of each outcome in their order; those from or to nowhere are none."""
    keys = {step.key for step in plan.steps}
    found = defaultdict(list)
    for flow in plan.flows:
        if {flow.source, flow.target} <= keys:
            found[flow.source, flow.outcome].append(flow)
    return dict(found)


def assert_kept(plan: Blueprint) -> Sheet:
    """Fold and unfold a draft."""
    sheet = fold(plan)
    again = unfold(sheet)
    assert content(again) == content(plan)
    assert ways(again) == ways(plan)
    assert replace(again, steps=(), flows=()) == replace(plan, steps=(), flows=())
    assert fold(again) == sheet
    rows = {row.step.key for row in sheet.rows}
    for step in plan.steps:
        assert (describe_gateway(sheet, step.key) is None) == (step.key in rows)
    return sheet


def plans_of_patterns() -> Iterator[tuple[str, Blueprint]]:
    for module in iter_modules(patterns.__path__):
        found = vars(import_module(f"{patterns.__name__}.{module.name}"))
        yield from (
            (f"{module.name}.{name}", one) for name, one in found.items() if isinstance(one, Blueprint)
        )


@pytest.mark.parametrize("key", [one.key for one in library.templates()])
def test_templates(key: str):
    template = library.template(key)
    assert template is not None
    assert_kept(template.plan)


@pytest.mark.parametrize(("name", "plan"), list(plans_of_patterns()))
def test_patterns(name: str, plan: Blueprint):
    assert_kept(plan)


@given(drafts())
@settings(max_examples=600, deadline=None)
def test_drafts_of_any_shape(plan: Blueprint):
    assert_kept(plan)


@given(sheets())
@settings(max_examples=600, deadline=None)
def test_pages_on_which_anything_was_typed(sheet: Sheet):
    """The steps that were typed are all there, with what they had besides regions."""
    plan = unfold(sheet)
    typed = Blueprint(steps=tuple(row.step for row in sheet.rows))
    written = {step.key for step in plan.steps} - {row.step.key for row in sheet.rows}
    kept = Blueprint(steps=tuple(step for step in plan.steps if step.key not in written))
    assert content(kept, with_regions=False) == content(typed, with_regions=False)
    assert_kept(plan)


@given(trees(depth=2))
@settings(max_examples=150, deadline=None)
def test_processes_of_every_kind_of_step(tree: Any):
    assert_kept(Plan.of(tree, "called"))


def plan_of(net: Net) -> Blueprint:
    """The blueprint of a drawn net."""
    steps = (
        StepPlan(
            node.key,
            node.kind.value,
            node.key,
            outcomes=tuple(
                OutcomePlan(one.key, one.key, cancels=tuple(one.cancels)) for one in node.outcomes
            ),
        )
        for node in net.nodes.values()
    )
    flows = (
        FlowPlan(
            one.source,
            one.target,
            one.outcome or "",
            one.is_default,
            tuple(ConditionPlan(each.field, each.operator) for each in one.conditions),
        )
        for one in net.flows.values()
    )
    return Blueprint(steps=tuple(steps), flows=tuple(flows))


@given(bent_nets() | graphs())
@settings(max_examples=300, deadline=None)
def test_nets_that_are_unsound(net: Net):
    assert_kept(plan_of(net))
