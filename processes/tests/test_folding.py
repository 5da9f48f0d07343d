"""A blueprint as its editing page: what is folded into which step, and what stays a step of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processes import library
from processes.blueprint import Blueprint, ConditionPlan, FlowPlan, OutcomePlan, StepPlan
from processes.editing.folding import fold
from processes.editing.sheet import After, Branch, Gather, Merge, Row, Sheet, Wait, Way
from processes.tests.builders import by_amount, flows, node, only_if, parallel, stopping, task, wait
from processes.tests.patterns.test_wcp29_cancelling_discriminator import PLAN as FIRST_OF_THREE

URGENT = (ConditionPlan("urgent", "is_true"),)


def rows(sheet: Sheet) -> dict[str, Row]:
    return {row.step.key: row for row in sheet.rows}


def to(*targets: str) -> tuple[Branch, ...]:
    return tuple(Branch(one) for one in targets)


def plan_of(*parts: StepPlan, ways: tuple[FlowPlan, ...]) -> Blueprint:
    """A draft between start and end."""
    return Blueprint(steps=(node("start", "start"), *parts, node("end", "end")), flows=ways)


def test_a_choice_belongs_to_the_step_before_it():
    sheet = fold(by_amount("5000.00"))
    (asked,) = by_amount("5000.00").flows[-1].conditions
    assert list(rows(sheet)) == ["start", "board", "clerk", "end"]
    branches = (Branch("clerk", is_default=True), Branch("board", (asked,)))
    assert rows(sheet)["start"].ways == {"": Way(After.DATA, branches, "gate", "Gate")}


def test_a_part_that_runs_at_once_belongs_to_the_steps_around_it():
    found = rows(fold(parallel()))
    assert list(found) == ["start", "left", "right", "pay", "end"]
    assert found["start"].ways == {"": Way(After.ALL, to("left", "right"), "split", "Split")}
    assert found["left"].ways == found["right"].ways == {"done": Way(branches=to("pay"))}
    assert found["pay"].wait == Wait(Gather.ALL, ("left", "right"), "join", "Join")
    assert found["end"] == Row(node("end", "end"))


def test_an_outcome_that_leads_to_several_steps_needs_no_gateway():
    plan = plan_of(task("a"), task("b"), task("c"), ways=flows("start>a", "a.done>b", "a.done>c"))
    found = rows(fold(plan))
    assert found["a"].ways == {"done": Way(After.ALL, to("b", "c"))}
    assert found["b"].ways == {"done": Way()}


def test_of_the_shipped_templates_five_gateways_stay_because_several_ways_lead_to_them():
    left = [
        row.step.key
        for one in library.templates()
        for row in fold(one.plan).rows
        if row.step.kind in ("exclusive", "parallel", "inclusive")
    ]
    assert sorted(left) == ["angekuendigt", "bonitaet_klar", "ist_neu", "loesungsweg", "person_klar"]


def test_outcomes_of_one_step_that_meet_before_a_join():
    template = library.template("angebotsanfrage")
    assert template is not None
    found = rows(fold(template.plan))
    merge = Merge("machbarkeit", "machbarkeit_klar", "Machbarkeit geklärt")
    sources = ("machbarkeit", "kalkulation")
    assert found["angebot"].wait == Wait(Gather.ALL, sources, "geprueft", "Beides liegt vor", (merge,))
    ways = found["machbarkeit"].ways
    assert ways["machbar"] == ways["mit_aenderung"] == Way(branches=to("angebot"))
    (impossible,) = (one for one in found["machbarkeit"].step.outcomes if one.key == "nicht_machbar")
    assert impossible.cancels == ("kalkulation", "geprueft")


def test_a_branch_of_a_choice_that_leads_to_a_join():
    ways = (
        *flows(
            "start>a", "start>b", "a.done>gate", "gate>join*", "b.done>join", "join>pay", "more.done>join"
        ),
        only_if("gate>more", "urgent is yes"),
    )
    parts = (task("a"), node("gate", "exclusive"), task("more"), task("b"), node("join", "inclusive"))
    found = rows(fold(plan_of(*parts, task("pay"), ways=ways)))
    assert found["a"].ways["done"].branches == (Branch("pay", is_default=True), Branch("more", URGENT))
    assert found["pay"].wait == Wait(Gather.BEGUN, ("a", "more", "b"), "join", "Join")


def test_the_first_of_several_stops_what_the_others_have_to_themselves():
    found = rows(fold(FIRST_OF_THREE))
    assert found["register"].wait == Wait(Gather.FIRST, ("phone", "answer", "visit"))
    assert all(not one.cancels for key in ("phone", "answer", "visit") for one in found[key].step.outcomes)


def test_a_step_that_leads_to_itself_is_none_of_those_it_begins_with():
    again = stopping(task("c", outcomes="done again"), again="a")
    plan = plan_of(
        stopping(task("a"), done="b"),
        stopping(task("b"), done="a"),
        again,
        ways=flows("start>a", "start>b", "a.done>c", "b.done>c", "c.done>end", "c.again>c"),
    )
    found = rows(fold(plan))
    assert found["c"] == Row(again, found["c"].ways, Wait(Gather.FIRST, ("a", "b")))


def test_who_stops_more_or_less_than_the_others_says_so_in_the_outcome():
    steps = tuple(
        stopping(step, done="letter post answer") if step.key == "phone" else step
        for step in FIRST_OF_THREE.steps
    )
    found = rows(fold(replace(FIRST_OF_THREE, steps=steps)))
    assert found["register"].wait is None
    assert found["phone"].step.outcomes[0].cancels == ("letter", "post", "answer")
    assert found["visit"].step.outcomes[0].cancels == ("phone", "letter", "post", "answer")


def test_a_wait_that_is_over_stops_nobody():
    plan = plan_of(
        stopping(task("a"), done="b"),
        wait("b", offset="2d"),
        task("c"),
        ways=flows("start>a", "start>b", "a.done>c", "b>c", "c.done>end"),
    )
    found = rows(fold(plan))
    assert found["c"].wait is None
    assert found["a"].step.outcomes[0].cancels == ("b",)


JOINED = ("start>a", "start>b", "join>pay", "pay.done>end")
INTO = ("a.done>join", "b.done>join")


@pytest.mark.parametrize(
    "more",
    [
        pytest.param((*INTO, "a.no>pay"), id="a source also leads there directly"),
        pytest.param((*INTO, "a.no>join"), id="two outcomes of one step, of which never both come"),
        pytest.param((*INTO, "a.no>second", "c.done>second", "second>pay"), id="two joins before one step"),
        pytest.param((*INTO, "join>end"), id="it also divides"),
        pytest.param(("a.done>join", "a.no>join"), id="only one step leads to it"),
        pytest.param((*INTO, "second>join", "c.done>second", "a.no>second"), id="a join leads to it"),
    ],
)
def test_a_join_that_would_become_ambiguous_stays(more):
    parts = (task("a", outcomes="done no"), task("b"), task("c"), node("second", "parallel"))
    plan = plan_of(*parts, node("join", "parallel"), task("pay"), ways=flows(*JOINED, *more))
    found = rows(fold(plan))
    assert found["join"].step.kind == "parallel"
    assert found["a"].ways["done"].branches == to("join")
    assert found["pay"].wait is None


def test_a_gateway_that_several_ways_lead_to_stays_and_divides_by_itself():
    ways = (*flows("start>a", "a.done>gate", "a.no>gate", "gate>b*"), only_if("gate>c", "urgent is yes"))
    parts = (task("a", outcomes="done no"), node("gate", "exclusive"), task("b"), task("c"))
    found = rows(fold(plan_of(*parts, ways=ways)))
    assert found["gate"].ways == {"": Way(After.DATA, (Branch("b", is_default=True), Branch("c", URGENT)))}


def test_a_gateway_with_more_than_a_name_stays():
    steps = tuple(
        replace(one, instructions="Zu zweit.") if one.key in ("split", "join") else one
        for one in parallel().steps
    )
    assert {"split", "join"} <= rows(fold(replace(parallel(), steps=steps))).keys()


def test_a_gateway_with_ways_by_outcome_stays():
    ways = flows("start>a", "a.done>gate", "gate.odd>b", "b.done>end")
    found = rows(fold(plan_of(task("a"), node("gate", "exclusive"), task("b"), ways=ways)))
    assert found["gate"].ways == {"": Way(), "odd": Way(branches=to("b"))}


def test_a_join_stays_that_one_step_leads_to_both_through_a_merge_and_around_it():
    ways = flows(*JOINED, "a.done>merge", "a.no>merge", "merge>join", "a.late>join", "b.done>join")
    parts = (task("a", outcomes="done no late"), task("b"), node("merge", "exclusive"))
    found = rows(fold(plan_of(*parts, node("join", "inclusive"), task("pay"), ways=ways)))
    assert {"merge", "join"} <= found.keys()
    assert found["pay"].wait is None


def test_of_two_choices_in_a_row_the_second_stays():
    ways = (*flows("start>a", "a.done>one", "one>two*", "two>b*", "b.done>end"),)
    parts = (task("a"), node("one", "exclusive"), node("two", "inclusive"), task("b"))
    found = rows(fold(plan_of(*parts, ways=ways)))
    assert found["a"].ways["done"] == Way(After.DATA, (Branch("two", is_default=True),), "one", "One")
    assert found["two"].ways == {"": Way(After.SEVERAL, (Branch("b", is_default=True),))}


def test_a_draft_with_every_fault_keeps_what_exists():
    plan = Blueprint(
        steps=(task("a"), task("a"), StepPlan("b", "task", "B", outcomes=(OutcomePlan("x", "X"),))),
        flows=flows("a.done>b", "a.done>nowhere", "nowhere>b", "b.z>a"),
    )
    first, second, other = fold(plan).rows
    assert first.ways == {"done": Way(branches=to("b"))}
    assert second.ways == {"done": Way()}
    assert other.ways == {"x": Way(), "z": Way(branches=to("a"))}
