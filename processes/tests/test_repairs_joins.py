"""Ways that meet: joins that wait for what never comes, and places where nobody waits; and drafts as rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processes import blueprint, publishing
from processes.blueprint import Blueprint
from processes.models import ProcessVersion
from processes.repairs import find
from processes.tests.builders import (
    attend,
    flows,
    make_definition,
    make_version,
    node,
    parallel,
    single,
)
from processes.tests.test_repairs import drawn, is_left, kind, lines, repaired


def test_a_join_of_alternatives_waits_only_for_what_has_begun():
    plan = drawn("start>a", "a.ok>join", "a.no>join", "join>b", "b.ok>end", join="parallel")
    assert kind(repaired(plan, "join_of_alternatives", "join")[1], "join") == "inclusive"


def test_a_join_behind_a_choice_waits_only_for_what_has_begun():
    plan = drawn("start>a", "a.x>b", "a.y>c", "b.ok>join", "c.ok>join", "join>d", "d.ok>end", join="parallel")
    assert kind(repaired(plan, "join_cannot_complete", "join")[1], "join") == "inclusive"


def test_a_join_does_not_go_on_without_a_branch_that_ended_with_a_refusal():
    plan = drawn(
        *(
            "start>split",
            "split>a",
            "split>b",
            "a.ok>join",
            "b.ok>join",
            "b.no>end",
            "join>pay",
            "pay.ok>end",
        ),
        split="parallel",
        join="parallel",
    )
    assert is_left(plan, "work_left_over", "join")


def test_what_waits_at_the_join_is_stopped_with_the_branch_it_came_from():
    plan = drawn(
        *(
            "start>split",
            "split>a",
            "split>b",
            "a.ok>join",
            "b.ok>join",
            "b.no>end",
            "join>pay",
            "pay.ok>end",
        ),
        split="parallel",
        join="parallel",
    )
    steps = [
        replace(
            one,
            outcomes=tuple(replace(out, cancels=("a",) if out.key == "no" else ()) for out in one.outcomes),
        )
        if one.key == "b"
        else one
        for one in plan.steps
    ]
    label, mended = repaired(replace(plan, steps=tuple(steps)), "work_left_over", "join")
    refusal = next(out for one in mended.steps if one.key == "b" for out in one.outcomes if out.key == "no")
    assert refusal.cancels == ("a", "join")
    assert "Pay" in str(label)


def test_work_that_is_left_over_since_branches_were_merged_too_early():
    plan = drawn(
        *("start>fork", "fork>split", "fork>c", "split>a", "split>b", "a.ok>merge", "b.ok>merge"),
        *("merge>join", "c.ok>join", "join>d", "d.ok>end"),
        **dict.fromkeys(("fork", "split", "join"), "parallel"),
        merge="exclusive",
    )
    assert kind(repaired(plan, "work_left_over", "join")[1], "merge") == "parallel"


def test_a_merge_of_branches_that_run_together_waits_for_all():
    plan = replace(
        parallel(),
        steps=tuple(node("join", "exclusive") if one.key == "join" else one for one in parallel().steps),
    )
    assert repaired(plan, "two_tokens_on_transition", "pay")[1] == parallel()


def test_a_merge_of_branches_that_may_run_together_waits_for_what_has_begun():
    plan = drawn(
        *("start>a", "a.one>b", "a.both>b", "a.both>c", "b.ok>merge", "c.ok>merge", "merge>d", "d.ok>end"),
        merge="exclusive",
    )
    assert kind(repaired(plan, "two_tokens_on_transition", "d")[1], "merge") == "inclusive"


def test_two_faults_at_once_are_repaired_one_after_the_other():
    plan = drawn(
        *("start>a", "a.x>b", "a.y>split", "b.x>join", "b.y>c", "c.ok>join", "join>g", "g.ok>end"),
        *("split>d", "split>e", "d.ok>merge", "e.ok>merge", "merge>f", "f.ok>end"),
        join="parallel",
        split="parallel",
        merge="exclusive",
    )
    plan = repaired(plan, "deadlock", "join")[1]
    plan = repaired(plan, "two_tokens_on_transition", "f")[1]
    assert (kind(plan, "join"), kind(plan, "merge")) == ("inclusive", "parallel")


def test_a_repair_that_would_bring_another_fault_to_light_is_not_offered():
    plan = drawn(
        *("start>a", "a.x>b", "a.y>c", "b.ok>join", "c.ok>join", "join>split"),
        *("split>d", "split>e", "d.ok>merge", "e.ok>merge", "merge>f", "f.ok>end"),
        join="parallel",
        split="parallel",
        merge="exclusive",
    )
    assert is_left(plan, "join_cannot_complete", "join")


def test_the_only_end_waits_for_what_is_still_open():
    plan = drawn("start>split", "split>a", "split>b", "a.ok>end", "b.ok>end", split="parallel")
    fixed = repaired(plan, "end_reached_twice", "end")[1]
    (join,) = [one for one in fixed.steps if one.kind == "parallel" and one.key != "split"]
    assert {f"a.ok>{join.key}", f"b.ok>{join.key}", f"{join.key}>end"} <= lines(fixed)


def test_an_end_does_not_wait_where_another_may_be_the_result():
    plan = drawn(
        *("start>split", "split>a", "split>b", "a.ok>end", "b.ok>end", "b.no>other"),
        split="parallel",
        other="end",
    )
    assert is_left(plan, "end_reached_twice", "end")


def test_where_a_case_goes_round_for_ever_nobody_guesses():
    plan = drawn("start>a", "a.ok>b", "a.no>end", "b.ok>c", "c.ok>b")
    assert is_left(plan, "no_way_to_an_end", "b")


def test_gateways_in_a_circle_are_left_alone():
    plan = drawn("start>one", "one>two", "two>one", "two>end*", one="exclusive", two="exclusive")
    assert is_left(plan, "endless", "one")


def test_a_join_is_named_in_what_the_button_says():
    plan = drawn("start>a", "a.ok>join", "a.no>join", "join>b", "b.ok>end", join="parallel")
    for name, shown in (("Alles beisammen", "Alles beisammen"), ("", "B")):
        named = replace(plan.steps[2], name=name)
        asked = replace(plan, steps=(*plan.steps[:2], named, *plan.steps[3:]))
        assert shown in repaired(asked, "join_of_alternatives", "join")[0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("plan", "code", "step"),
    [
        (drawn("a.ok>b", "b.ok>end"), "no_start", ""),
        (replace(drawn("start>a", "a.ok>a"), flows=flows("start>a")), "no_end", ""),
        (
            drawn("start>split", "split>a", "split>b", "a.ok>end", "b.ok>end", split="parallel"),
            "end_reached_twice",
            "end",
        ),
    ],
)
def test_what_a_repair_adds_can_be_stored(plan: Blueprint, code: str, step: str):
    fixed = repaired(plan, code, step)[1]
    stored = blueprint.read(make_version(fixed))
    assert (stored.steps, stored.flows) == (fixed.steps, fixed.flows)


@pytest.mark.django_db
def test_a_draft_is_repaired_with_the_facts_it_is_published_with():
    attend("service")
    draft = ProcessVersion.objects.create(definition=make_definition(), number=1)
    blueprint.write(draft, single(team="", assignment="starter"))
    plan = blueprint.read(draft)
    facts = publishing.facts(draft, plan)
    offer = find(plan, publishing.problems(draft), "no_fallback_team", "work", facts)
    assert offer is not None
    assert offer.plan.steps[1].team == "service"
    assert "Service" in str(offer.label)
