"""What is typed into an editing page as a blueprint: which gateways are written, and that nets are sound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan, StepPlan
from processes.checking import soundness
from processes.checking.checks import net_of
from processes.editing.folding import fold, ways_of
from processes.editing.sheet import After, Branch, Gather, Merge, Row, Sheet, Wait, Way
from processes.editing.unfolding import describe_gateway, unfold
from processes.tests.builders import flows, node, parallel, stopping, task, wait

URGENT = (ConditionPlan("urgent", "is_true"),)


def row(step: StepPlan, *ways: Way | str, waits: Wait | None = None) -> Row:
    """A row with what follows each outcome in turn: a way, or the one step it leads to."""
    found = [Way(branches=(Branch(one),)) if isinstance(one, str) else one for one in ways]
    return Row(step, dict(zip(ways_of(step), found, strict=True)), waits)


def at_once(*targets: str, **more: str) -> Way:
    return Way(After.ALL, tuple(Branch(one) for one in targets), **more)


def by_data(*targets: str, **more: str) -> Way:
    """The first under a condition, the last otherwise."""
    *asked, last = targets
    branches = (*(Branch(one, URGENT) for one in asked), Branch(last, is_default=True))
    return Way(After.DATA, branches, **more)


def page(*rows: Row) -> Sheet:
    """Rows between start and end; the start leads to the first."""
    begin = row(node("start", "start"), rows[0].step.key)
    return Sheet((begin, *rows, row(node("end", "end"))), fields=(FieldPlan("urgent", "Eilig", "yesno"),))


def lines(plan: Blueprint) -> set[str]:
    """Transitions as `builders.flows` writes them, `?` for those under a condition."""
    return {_line(one) for one in plan.flows}


def _line(flow: FlowPlan) -> str:
    source = f"{flow.source}.{flow.outcome}" if flow.outcome else flow.source
    return f"{source}>{flow.target}{'*' if flow.is_default else '?' if flow.conditions else ''}"


def kinds(plan: Blueprint) -> list[str]:
    return [
        f"{one.key}:{one.kind}" for one in plan.steps if one.kind in ("exclusive", "parallel", "inclusive")
    ]


def is_sound(plan: Blueprint) -> bool:
    return soundness.check(net_of(plan)).is_sound


ALL_OF_TWO = Wait(Gather.ALL, ("left", "right"))
TOGETHER = page(
    row(task("order"), at_once("left", "right")),
    row(task("left"), "pay"),
    row(task("right"), "pay"),
    row(task("pay"), "end", waits=ALL_OF_TWO),
)


def test_several_at_once_and_a_step_that_waits_for_them():
    plan = unfold(TOGETHER)
    assert [one.key for one in plan.steps] == ["start", "order", "left", "right", "vor_pay", "pay", "end"]
    assert kinds(plan) == ["vor_pay:parallel"]
    assert lines(plan) == {
        "start>order",
        "order.done>left",
        "order.done>right",
        "left.done>vor_pay",
        "right.done>vor_pay",
        "vor_pay>pay",
        "pay.done>end",
    }
    assert is_sound(plan)


def test_a_page_that_was_stored_shows_the_same_with_the_keys_of_its_gateways():
    (*before, pay, end) = TOGETHER.rows
    stored = replace(pay, wait=replace(ALL_OF_TWO, gateway="vor_pay"))
    assert fold(unfold(TOGETHER)) == replace(TOGETHER, rows=(*before, stored, end))


def test_two_outcomes_that_lead_to_a_step_which_waits_for_all_meet_before_it():
    check = task("left", outcomes="fine minor")
    sheet = page(
        row(task("order"), at_once("left", "right")),
        row(check, "pay", "pay"),
        row(task("right"), "pay"),
        row(task("pay"), "end", waits=ALL_OF_TWO),
    )
    plan = unfold(sheet)
    assert kinds(plan) == ["nach_left:exclusive", "vor_pay:parallel"]
    assert {
        "left.fine>nach_left",
        "left.minor>nach_left",
        "nach_left>vor_pay",
        "right.done>vor_pay",
    } <= lines(plan)
    assert is_sound(plan)
    assert fold(plan).rows[4].wait == replace(
        ALL_OF_TWO, gateway="vor_pay", merges=(Merge("left", "nach_left"),)
    )


def test_who_waits_for_those_that_have_begun_needs_nothing_in_between():
    begun = Wait(Gather.BEGUN, ("left", "right"))
    some = Way(After.SEVERAL, (Branch("left", URGENT), Branch("right", is_default=True)), question="Wer?")
    sheet = page(
        row(task("order"), some),
        row(task("left", outcomes="fine minor"), "pay", "pay"),
        row(task("right"), "pay"),
        row(task("pay"), "end", waits=begun),
    )
    plan = unfold(sheet)
    assert kinds(plan) == ["nach_order:inclusive", "vor_pay:inclusive"]
    assert {"left.fine>vor_pay", "left.minor>vor_pay", "nach_order>left?", "nach_order>right*"} <= lines(plan)
    assert is_sound(plan)


@pytest.mark.parametrize(
    ("choice", "into"),
    [
        (by_data("more", "pay"), {"nach_left>vor_pay*"}),
        (by_data("pay", "pay"), {"nach_left>nach_left_2?", "nach_left>nach_left_2*", "nach_left_2>vor_pay"}),
    ],
)
def test_branches_of_a_choice_lead_to_a_step_that_waits(choice, into):
    sheet = page(
        row(task("order"), at_once("left", "right")),
        row(task("left"), choice),
        row(task("more"), "end"),
        row(task("right"), "pay"),
        row(task("pay"), "end", waits=ALL_OF_TWO),
    )
    plan = unfold(sheet)
    assert into <= lines(plan)
    assert fold(plan).rows[2].ways["done"].branches == choice.branches


def test_a_branch_into_a_join_beside_one_with_a_step_more():
    sheet = page(
        row(task("order"), at_once("left", "right")),
        row(task("left"), by_data("more", "pay")),
        row(task("more"), "pay"),
        row(task("right"), "pay"),
        row(task("pay"), "end", waits=Wait(Gather.BEGUN, ("left", "more", "right"))),
    )
    plan = unfold(sheet)
    assert {"nach_left>more?", "nach_left>vor_pay*", "more.done>vor_pay"} <= lines(plan)
    assert is_sound(plan)
    assert fold(plan).rows[5].wait == Wait(Gather.BEGUN, ("left", "more", "right"), "vor_pay")


FIRST = page(
    row(task("order"), at_once("phone", "letter", "look")),
    row(task("phone"), "register"),
    row(task("letter"), "post"),
    row(wait("post", offset="2d"), at_once("read", "file")),
    row(task("read"), "answer"),
    row(task("file"), "answer"),
    row(task("answer"), "register", waits=Wait(Gather.ALL, ("read", "file"))),
    row(task("look", outcomes="found nothing"), "register", "end"),
    row(task("register"), "end", waits=Wait(Gather.FIRST, ("phone", "answer", "look"))),
)


def test_the_first_stops_all_of_the_other_branches_with_the_joins_in_them():
    plan = unfold(FIRST)
    regions = {step.key: [one.cancels for one in step.outcomes] for step in plan.steps if step.outcomes}
    letter = ("letter", "post", "read", "file", "vor_answer", "answer")
    assert regions["phone"] == [(*letter, "look")]
    assert regions["answer"] == [("phone", "look")]
    assert regions["look"] == [("phone", *letter), ()]
    assert regions["read"] == [()]
    assert is_sound(plan)
    assert fold(plan).rows[9] == FIRST.rows[9]


def test_a_way_back_from_the_step_that_waits_stops_nothing_more_or_less():
    (*before, register, end) = FIRST.rows
    again = row(task("register", outcomes="done again"), "end", "phone", waits=register.wait)
    plan = unfold(replace(FIRST, rows=(*before, again, end)))
    (phone,) = (step for step in plan.steps if step.key == "phone")
    assert phone.outcomes[0].cancels == ("letter", "post", "read", "file", "vor_answer", "answer", "look")


def test_what_an_outcome_stops_already_it_still_stops():
    rows = tuple(
        replace(one, step=stopping(one.step, done="file")) if one.step.key == "phone" else one
        for one in FIRST.rows
    )
    (phone,) = (step for step in unfold(replace(FIRST, rows=rows)).steps if step.key == "phone")
    assert phone.outcomes[0].cancels == ("file", "letter", "post", "read", "vor_answer", "answer", "look")


def test_steps_that_do_not_lead_there_are_not_waited_for():
    waits = Wait(Gather.ALL, ("left", "order", "nobody", "right"), "join", "Alles da")
    (*before, pay, end) = TOGETHER.rows
    plan = unfold(replace(TOGETHER, rows=(*before, replace(pay, wait=waits), end)))
    assert {one for one in lines(plan) if one.endswith(">join")} == {"left.done>join", "right.done>join"}
    assert StepPlan("join", "parallel", "Alles da") in plan.steps


@pytest.mark.parametrize(("gather", "join"), [*((one, "") for one in Gather), (Gather.FIRST, "join")])
def test_who_waits_for_one_only_just_begins(gather, join):
    waits = Wait(gather, ("order", "gone"), join, merges=(Merge("order", "meeting"),))
    plan = unfold(page(row(task("order"), "pay"), row(task("pay"), "end", waits=waits)))
    assert kinds(plan) == []
    assert plan.flows == flows("start>order", "order.done>pay", "pay.done>end")


@pytest.mark.parametrize("gather", [Gather.ALL, Gather.BEGUN])
def test_a_join_outlives_that_one_way_only_leads_there(gather):
    waits = Wait(gather, ("order", "gone"), "vor_pay")
    plan = unfold(page(row(task("order"), "pay"), row(task("pay"), "end", waits=waits)))
    assert lines(plan) == {"start>order", "order.done>vor_pay", "vor_pay>pay", "pay.done>end"}
    assert is_sound(plan)
    assert fold(plan).rows[2].wait == Wait(gather, ("order",), "vor_pay")


def test_a_part_at_once_that_has_one_branch_yet_is_no_join():
    sheet = page(row(task("order"), at_once("pay", question="Was noch?")), row(task("pay"), "end"))
    plan = unfold(sheet)
    assert kinds(plan) == ["nach_order:parallel"]
    assert fold(plan).rows[2].wait is None


def test_a_gateway_keeps_its_key_when_it_becomes_another():
    sheet = page(
        row(task("a"), by_data("b", "c", gateway="split")), row(task("b"), "end"), row(task("c"), "end")
    )
    assert kinds(unfold(sheet)) == ["split:exclusive"]
    only = page(row(task("a"), Way(branches=(Branch("b"),), gateway="split")), row(task("b"), "end"))
    assert kinds(unfold(only)) == []


def test_a_key_that_a_step_has_taken_is_given_to_no_gateway():
    sheet = page(
        row(task("a"), by_data("nach_a", "c", gateway="c")), row(task("nach_a"), "end"), row(task("c"), "end")
    )
    assert kinds(unfold(sheet)) == ["nach_a_2:exclusive"]


def test_several_at_once_need_a_gateway_for_a_question_and_behind_a_choice():
    asked = page(
        row(task("a"), at_once("b", "c", question="Wer?")), row(task("b"), "end"), row(task("c"), "end")
    )
    assert StepPlan("nach_a", "parallel", "Wer?") in unfold(asked).steps
    behind = page(
        row(node("a", "exclusive"), at_once("b", "c")), row(task("b"), "end"), row(task("c"), "end")
    )
    assert {"a>nach_a", "nach_a>b", "nach_a>c"} <= lines(unfold(behind))


def test_regions_that_name_a_join_keep_working():
    steps = tuple(stopping(one, done="join") if one.key == "left" else one for one in parallel().steps)
    plan = unfold(fold(replace(parallel(), steps=steps)))
    (left,) = (one for one in plan.steps if one.key == "left")
    assert left.outcomes[0].cancels == ("join",)
    assert "join>pay" in lines(plan)


def test_a_gateway_is_found_on_its_page():
    sheet = page(
        row(task("order"), at_once("left", "right")),
        row(task("left", outcomes="fine minor no"), "pay", "pay", by_data("order", "end", gateway="again")),
        row(task("right"), "pay"),
        row(task("pay"), "end", waits=replace(ALL_OF_TWO, gateway="join")),
    )
    assert describe_gateway(sheet, "again") == ("left", "no")
    assert describe_gateway(sheet, "join") == ("pay", "")
    assert describe_gateway(sheet, "nach_left") == ("pay", "")
    assert describe_gateway(sheet, "left") is None
    assert describe_gateway(sheet, "unknown") is None
