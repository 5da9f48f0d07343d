"""Drafts and editing pages of any shape: gateways anywhere, keys doubled, ways from and to nowhere."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from hypothesis import strategies as st

from processes.blueprint import Blueprint, ConditionPlan, FlowPlan, OutcomePlan, StepPlan
from processes.editing.folding import ways_of
from processes.editing.graph import AFTER
from processes.editing.sheet import After, Branch, Gather, Merge, Row, Sheet, Wait, Way

KEYS = tuple("abcdefgh")
KINDS = ("task", "task", "task", "task", "timer", "action", "subprocess", "start", "end")
ASKED = (ConditionPlan("flag", "is_true"),)


@st.composite
def steps(draw: st.DrawFn, key: str, kinds: tuple[str, ...]) -> StepPlan:
    """A step with up to two outcomes; one in a few gateways carries more than its name."""
    kind = draw(st.sampled_from(kinds))
    if kind in AFTER:
        text = draw(st.sampled_from(("", "", "", "", "", "", "Hinweis")))
        return StepPlan(key, kind, key.title(), instructions=text)
    names = draw(st.sampled_from((("x",), ("x",), ("x", "y"), ("x", "x"), ())))
    regions = st.one_of(st.just(()), st.just(()), st.lists(st.sampled_from(KEYS), max_size=2).map(tuple))
    return StepPlan(
        key, kind, key.title(), outcomes=tuple(OutcomePlan(one, one, cancels=draw(regions)) for one in names)
    )


@st.composite
def some_steps(draw: st.DrawFn, kinds: tuple[str, ...]) -> tuple[StepPlan, ...]:
    """Up to eight steps; in one draft of a few some have the same key."""
    is_unique = draw(st.sampled_from((True, True, True, False)))
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=4, max_size=8, unique=is_unique))
    return tuple(draw(steps(key, kinds)) for key in keys)


@st.composite
def drafts(draw: st.DrawFn) -> Blueprint:
    """Steps, and transitions that mostly are possible, in any order."""
    found = draw(some_steps((*KINDS, *AFTER, *AFTER, *AFTER)))
    targets = st.sampled_from([one.key for one in found])
    flows = []
    for step in found:
        counts = (1, 1, 2, 3, 0) if step.kind in AFTER else (1, 1, 1, 1, 2, 0)
        for outcome in ways_of(step):
            for _ in range(draw(st.sampled_from(counts))):
                flow = FlowPlan(step.key, draw(targets), outcome)
                flows.append(draw(bent(flow, step.kind in AFTER)))
    return Blueprint(steps=found, flows=tuple(draw(st.permutations(flows))))


@st.composite
def bent(draw: st.DrawFn, flow: FlowPlan, is_gateway: bool) -> FlowPlan:
    """The transition, under a condition where it leaves a gateway; one of many is wrong."""
    if is_gateway and draw(st.booleans()):
        return replace(flow, conditions=ASKED, is_default=draw(st.booleans()))
    wrong = (
        replace(flow, source="nowhere"),
        replace(flow, target="nowhere"),
        replace(flow, outcome="z"),
        replace(flow, conditions=ASKED),
    )
    return draw(st.sampled_from((*[flow] * 40, *wrong)))


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    """Pages on which anything was typed: ways and waits that fit or contradict each other."""
    found = draw(some_steps((*KINDS, *KINDS, *AFTER)))
    return Sheet(tuple(Row(one, draw(ways(one)), draw(st.none() | waits())) for one in found))


GATEWAY_KEYS = st.sampled_from(("", "", "g1", "g2", "g3", "a", "nach_a"))


@st.composite
def ways(draw: st.DrawFn, step: StepPlan) -> dict[str, Way]:
    """What follows each outcome; few targets, so that ways meet."""
    branch = st.builds(
        Branch,
        st.sampled_from("aaabbcdefg"),
        st.sampled_from(((), (), ASKED)),
        st.sampled_from((False, True)),
    )
    branches = st.lists(branch, max_size=3).map(tuple)
    way = st.builds(Way, st.sampled_from(After), branches, GATEWAY_KEYS, st.sampled_from(("", "Was?")))
    one = st.sampled_from("aaabbcdefg").map(lambda target: Way(branches=(Branch(target),)))
    return {key: draw(one | way) for key in ways_of(step)}


def waits() -> st.SearchStrategy[Wait]:
    """A wait for any steps, with gateways it had before."""
    keys = st.lists(st.sampled_from(KEYS), max_size=4, unique=True).map(tuple)
    merges = st.lists(
        st.sampled_from([Merge(source, key) for source, key in product("abc", ("m1", "m2", "b"))]), max_size=2
    )
    return st.builds(Wait, st.sampled_from(Gather), keys, GATEWAY_KEYS, st.just("Alle"), merges.map(tuple))
