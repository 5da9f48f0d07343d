"""Whatever is broken: a repair takes its finding away and brings no new fault, and repairing ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import assume, given
from hypothesis import strategies as st

from processes import library
from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan, OutcomePlan, StepPlan
from processes.checking.callchecks import Outside, called_of
from processes.checking.checks import net_of, problems_of
from processes.checking.findings import ERROR, Problem
from processes.engine import Net, Node
from processes.repairs import Facts, find, repair_of
from processes.repairs.offers import MAKERS
from processes.tests.builders import node
from processes.tests.drawnnets import asking_nets, bent_nets, graphs
from processes.tests.examples import examples
from processes.tests.randomplans import LEAVES, Plan, trees

FACTS = Facts("V-{seq}", owner_team="service")
Pairs = set[tuple[str, str]]


def pairs(problems: list[Problem], *severities: str) -> Pairs:
    return {(one.code, one.step) for one in problems if not severities or one.severity in severities}


def found_in(plan: Blueprint, facts: Facts) -> list[Problem]:
    """The findings, asked for past the repairs."""
    return problems_of(plan, number_pattern=facts.number_pattern, outside=facts.outside)


def repair_all(plan: Blueprint, facts: Facts = FACTS) -> list[str]:
    """Judge everything offered, apply the first, and so on until nothing is offered; the codes repaired."""
    problems = found_in(plan, facts)
    offers = [(one, repair_of(plan, one, problems, facts)) for one in problems]
    for problem, offer in offers:
        assert offer == find(plan, problems, problem.code, problem.step, facts)
        if offer is not None:
            judge(problem, problems, found_in(offer.plan, facts))
    chosen = next(((one, offer) for one, offer in offers if offer is not None), None)
    return [chosen[0].code, *repair_all(chosen[1].plan, facts)] if chosen else []


def judge(problem: Problem, before: list[Problem], after: list[Problem]) -> None:
    """The finding is gone and no fault is new; faults, or else findings, have become fewer."""
    assert (problem.code, problem.step) not in pairs(after)
    assert pairs(after, ERROR) <= pairs(before, ERROR)
    sizes = [(len(pairs(one, ERROR)), len(pairs(one))) for one in (before, after)]
    assert sizes[1] < sizes[0]


# -- broken processes ----------------------------------------------------------------------------------------


def breaks(plan: Blueprint) -> Iterator[Blueprint]:
    """The plan with one thing gone or wrong: a transition, a start or an end, an outcome's step, a join."""
    for at in range(len(plan.flows)):
        yield replace(plan, flows=(*plan.flows[:at], *plan.flows[at + 1 :]))
    for step in plan.steps:
        if step.kind in ("start", "end", "terminate"):
            yield without(plan, step.key)
        if step.kind == "task":
            yield exchanged(plan, replace(step, team="", outcomes=step.outcomes[:1]))
        into = [one for one in plan.flows if one.target == step.key]
        if len(into) > 1:
            yield from wrongly_joined(plan, step)


def without(plan: Blueprint, key: str) -> Blueprint:
    return replace(
        plan,
        steps=tuple(one for one in plan.steps if one.key != key),
        flows=tuple(one for one in plan.flows if key not in (one.source, one.target)),
    )


def exchanged(plan: Blueprint, step: StepPlan) -> Blueprint:
    """The plan with the step instead, and only with transitions of outcomes it has."""
    known = {"", *(one.key for one in step.outcomes)}
    return replace(
        plan,
        steps=tuple(step if one.key == step.key else one for one in plan.steps),
        flows=tuple(one for one in plan.flows if one.source != step.key or one.outcome in known),
    )


def wrongly_joined(plan: Blueprint, step: StepPlan) -> Iterator[Blueprint]:
    """A join as a merge, a merge as a join, a join in front of anything else."""
    if step.kind in ("parallel", "inclusive"):
        yield exchanged(plan, replace(step, kind="exclusive"))
    elif step.kind == "exclusive":
        yield exchanged(plan, replace(step, kind="parallel"))
    else:
        flows = (replace(one, target="wrong") if one.target == step.key else one for one in plan.flows)
        yield replace(
            plan,
            steps=(*plan.steps, node("wrong", "parallel")),
            flows=(*flows, FlowPlan("wrong", step.key)),
        )


@st.composite
def broken_plans(draw: st.DrawFn) -> Blueprint:
    """A sound process of blocks with one or two things gone or wrong."""
    plan = Plan.of(draw(trees(2)), "part")
    for _ in range(draw(st.integers(1, 2))):
        plan = draw(st.sampled_from(list(breaks(plan))))
    return plan


def plan_of(net: Net) -> Blueprint:
    """A drawn net as a blueprint."""
    asked = {one.field: one.type for flow in net.flows.values() for one in flow.conditions}
    return Blueprint(
        fields=tuple(FieldPlan(key, key, type_) for key, type_ in asked.items()),
        steps=tuple(step_of(one) for one in net.nodes.values()),
        flows=tuple(
            FlowPlan(
                one.source,
                one.target,
                one.outcome or "",
                one.is_default,
                tuple(ConditionPlan(each.field, each.operator, each.value) for each in one.conditions),
            )
            for one in net.flows.values()
        ),
    )


def step_of(drawn: Node) -> StepPlan:
    outcomes = (
        OutcomePlan(
            one.key,
            one.key.title(),
            is_clock=one.is_clock,
            after={"basis": "step", "offset": "1d"} if one.is_clock else {},
            is_interrupting=one.interrupting,
            cancels=tuple(sorted(one.cancels)),
        )
        for one in drawn.outcomes
    )
    return replace(node(drawn.key, drawn.kind.value), team="service", outcomes=tuple(outcomes))


# -- properties ----------------------------------------------------------------------------------------------


@examples(60)
@given(broken_plans())
def test_repairs_of_broken_processes(plan: Blueprint):
    repair_all(plan)


@examples(80)
@given(bent_nets() | graphs() | asking_nets())
def test_repairs_of_any_net(net: Net):
    repair_all(plan_of(net))


@examples(30)
@given(trees(2, [one for one in LEAVES if one != "call"]))
def test_nothing_is_repaired_that_is_no_fault(tree):
    plan = Plan.of(tree)
    problems = found_in(plan, FACTS)
    assume(not pairs(problems, ERROR))
    repaired = {one.code for one in problems if repair_of(plan, one, problems, FACTS)}
    assert repaired <= {"end_reached_twice", "no_fallback_team"}


AROUND = Outside(
    names={one.key: one.head.name for one in library.templates()},
    called={
        one.key: called_of(one.plan, net_of(one.plan), key=one.key, name=one.head.name)
        for one in library.templates()
    },
)
EVERY = 9
"""Of the ways to break a template, every so many is tried: all of them take half a minute."""


@pytest.mark.parametrize("template", library.templates(), ids=lambda one: one.key)
def test_repairs_of_broken_templates(template: library.Template):
    facts = replace(FACTS, outside=AROUND)
    repaired = [repair_all(plan, facts) for plan in list(breaks(template.plan))[::EVERY]]
    assert any(repaired)


@pytest.mark.parametrize("template", library.templates(), ids=lambda one: one.key)
def test_a_template_needs_no_repair(template: library.Template):
    assert repair_all(template.plan, replace(FACTS, outside=AROUND)) == []


def test_the_page_about_the_check_says_of_every_repair_what_it_does():
    page = (Path(settings.BASE_DIR) / "docs" / "model-check.md").read_text(encoding="utf-8")
    repairs, others = page.split("## Repairs")[1].split("## How")[0].split("No repair:")
    decided = [
        {
            code
            for row in re.findall(r"^\| (`.*?) \|", part, re.MULTILINE)
            for code in re.findall("`(.*?)`", row)
        }
        for part in (repairs, others)
    ]
    assert decided[0] == set(MAKERS)
    assert not decided[0] & decided[1]
