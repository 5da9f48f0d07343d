"""Drafts of any shape for tests: gateways anywhere, keys doubled, transitions from and to nowhere."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from processes.blueprint import Blueprint, ConditionPlan, FlowPlan, OutcomePlan, StepPlan

KEYS = tuple("abcdefgh")
KINDS = ("task", "task", "task", "timer", "action", "subprocess", "start", "end")
GATEWAYS = ("exclusive", "parallel", "inclusive")
ASKED = (ConditionPlan("flag", "is_true"),)


@st.composite
def steps(draw: st.DrawFn, key: str) -> StepPlan:
    """A step with up to two outcomes; one in a few gateways carries more than its name."""
    kind = draw(st.sampled_from((*KINDS, *GATEWAYS, *GATEWAYS, *GATEWAYS)))
    if kind in GATEWAYS:
        text = draw(st.sampled_from(("", "", "", "", "Hinweis")))
        return StepPlan(key, kind, key.title(), instructions=text)
    names = draw(st.sampled_from(((), ("x",), ("x", "y"), ("x", "x"))))
    regions = st.lists(st.sampled_from(KEYS), max_size=2).map(tuple)
    outcomes = tuple(OutcomePlan(one, one, cancels=draw(st.just(()) | regions)) for one in names)
    return StepPlan(key, kind, key.title(), outcomes=outcomes)


@st.composite
def drafts(draw: st.DrawFn) -> Blueprint:
    """Up to eight steps, mostly with keys of their own, and transitions that mostly are possible."""
    keys = draw(
        st.lists(
            st.sampled_from(KEYS), min_size=1, max_size=8, unique=draw(st.sampled_from((True, True, False)))
        )
    )
    found = tuple(draw(steps(key)) for key in keys)
    flows = [draw(flows_of(found)) for _ in range(draw(st.integers(0, 14)))]
    return Blueprint(steps=found, flows=tuple(flows))


@st.composite
def flows_of(draw: st.DrawFn, found: tuple[StepPlan, ...]) -> FlowPlan:
    """A transition that mostly leaves a step by what it has."""
    step = draw(st.sampled_from(found))
    outcomes = [one.key for one in step.outcomes] if step.kind == "task" and step.outcomes else [""]
    flow = FlowPlan(step.key, draw(st.sampled_from(found)).key, draw(st.sampled_from(outcomes)))
    if step.kind in GATEWAYS:
        flow = replace(
            flow,
            conditions=draw(st.sampled_from(((), (), ASKED))),
            is_default=draw(st.sampled_from((False, False, True))),
        )
    bend = draw(st.integers(0, 40))
    bent = (
        replace(flow, source="nowhere"),
        replace(flow, target="nowhere"),
        replace(flow, outcome="z"),
        replace(flow, conditions=ASKED),
    )
    return bent[bend] if bend < len(bent) else flow
