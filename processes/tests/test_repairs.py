"""Small processes with one fault, and what repairs it: structure, choices and joins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan, StepFieldPlan, StepPlan
from processes.repairs import Facts, find
from processes.tests.builders import (
    clock,
    complaint,
    flows,
    node,
    only_if,
    parallel,
    repeated,
    single,
    stopping,
    task,
)

FACTS = Facts("V-{seq}")
URGENT = FieldPlan("urgent", "Eilig", "yesno")


def drawn(*lines: str, **kinds: str) -> Blueprint:
    """The process of these transitions (see `builders.flows`). Steps whose kind is not given are tasks with
    the outcomes they are left by; `start` and `end` are what they are called."""
    found = flows(*lines)
    kinds = {"start": "start", "end": "end", **kinds}
    keys = dict.fromkeys(key for one in found for key in (one.source, one.target))
    steps = []
    for key in keys:
        outcomes = dict.fromkeys(one.outcome for one in found if one.source == key and one.outcome)
        steps.append(node(key, kinds[key]) if key in kinds else task(key, outcomes=" ".join(outcomes)))
    return Blueprint(steps=tuple(steps), flows=found)


def repaired(plan: Blueprint, code: str, step: str = "", facts: Facts = FACTS) -> tuple[str, Blueprint]:
    """The label of the repair and the plan after it, which lacks the finding."""
    found = find(plan, facts.problems(plan), code, step, facts)
    assert found is not None, [(one.code, one.step) for one in facts.problems(plan)]
    assert (code, step) not in {(one.code, one.step) for one in facts.problems(found.plan)}
    return str(found.label), found.plan


def is_left(plan: Blueprint, code: str, step: str = "", facts: Facts = FACTS) -> bool:
    """Whether there is such a finding, and no repair."""
    problems = facts.problems(plan)
    assert (code, step) in {(one.code, one.step) for one in problems}
    return find(plan, problems, code, step, facts) is None


def lines(plan: Blueprint) -> set[str]:
    """The transitions in the words of `builders.flows`."""
    return {
        f"{one.source}{'.' if one.outcome else ''}{one.outcome}>{one.target}{'*' if one.is_default else ''}"
        for one in plan.flows
    }


def kind(plan: Blueprint, key: str) -> str:
    return next(one.kind for one in plan.steps if one.key == key)


def without(plan: Blueprint, *gone: str) -> Blueprint:
    """The plan without these transitions."""
    return replace(plan, flows=tuple(one for one in plan.flows if one not in flows(*gone)))


# -- starts and ends -----------------------------------------------------------------------------------------


def test_a_start_leads_to_the_only_step_nothing_leads_to():
    _label, plan = repaired(drawn("a.ok>b", "b.ok>end"), "no_start")
    assert (lines(plan) - {"a.ok>b", "b.ok>end"}, kind(plan, "start")) == ({"start>a"}, "start")


def test_of_two_steps_nothing_leads_to_no_one_is_taken_for_the_first():
    assert is_left(drawn("a.ok>end", "b.ok>end"), "no_start")


def test_a_second_start_goes_if_it_says_nothing_of_its_own():
    plan = drawn("start>a", "again>a", "a.ok>end", again="start")
    assert lines(repaired(plan, "second_start", "again")[1]) == {"start>a", "a.ok>end"}


@pytest.mark.parametrize("other", ["b", "a"])
def test_a_second_start_stays_that_leads_elsewhere_or_asks_for_values(other: str):
    plan = drawn("start>a", f"again>{other}", "a.ok>b", "b.ok>end", again="start")
    if other == "a":
        asked = replace(plan.steps[2], fields=(StepFieldPlan("urgent"),))
        plan = replace(plan, steps=(*plan.steps[:2], asked, *plan.steps[3:]), fields=(URGENT,))
    assert is_left(plan, "second_start", "again")


def test_what_leads_back_to_the_start_leads_to_what_follows_it():
    _label, plan = repaired(drawn("start>a", "a.ok>end", "a.no>start"), "start_entered", "start")
    assert lines(plan) == {"start>a", "a.ok>end", "a.no>a"}


def test_everything_that_leads_nowhere_leads_to_the_end_that_was_missing():
    plan = replace(drawn("start>a", "a.ok>b", "a.no>end", "b.ok>end"), flows=flows("start>a", "a.ok>b"))
    plan = replace(plan, steps=tuple(one for one in plan.steps if one.kind != "end"))
    for code, step in (("no_end", ""), ("outcome_without_target", "a")):
        fixed = find(plan, FACTS.problems(plan), code, step, FACTS)
        assert fixed is not None
        end = fixed.plan.steps[-1]
        assert end.kind == "end"
        assert lines(fixed.plan) == {"start>a", "a.ok>b", f"a.no>{end.key}", f"b.ok>{end.key}"}


def test_a_circle_needs_somebody_to_say_where_it_ends():
    assert is_left(drawn("start>a", "a.ok>a"), "no_end")


def test_nothing_follows_an_end():
    plan = drawn("start>a", "a.ok>end", "a.no>b", "b.ok>end", "end>b")
    assert "end>b" not in lines(repaired(plan, "end_goes_on", "end")[1])


def test_work_behind_an_end_is_not_thrown_away():
    assert is_left(drawn("start>a", "a.ok>end", "end>b", "b.ok>end"), "end_goes_on", "end")


# -- ways that lead nowhere ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "step"), [("outcome_without_target", "check"), ("unreachable", "approve")])
def test_the_only_loose_outcome_leads_to_the_only_step_nothing_leads_to(code: str, step: str):
    label, plan = repaired(without(complaint(), "check.ok>approve"), code, step)
    assert lines(plan) == lines(complaint())
    assert all(word in label for word in ("Ok", "Check", "Approve"))


def test_of_two_loose_outcomes_none_is_led_to_the_step_nothing_leads_to():
    plan = without(complaint(), "check.ok>approve", "check.refuse>end")
    assert is_left(plan, "outcome_without_target", "check")
    assert is_left(plan, "unreachable", "approve")


def test_the_last_step_of_a_process_leads_to_its_only_end():
    plan = without(complaint(), "approve.yes>end", "approve.no>check")
    assert {"approve.yes>end", "approve.no>end"} <= lines(
        repaired(plan, "outcome_without_target", "approve")[1]
    )


def test_an_outcome_beside_others_that_go_on_does_not_lead_to_the_end():
    assert is_left(without(complaint(), "check.incomplete>capture"), "outcome_without_target", "check")


def test_a_branch_does_not_lead_to_the_end_past_the_join():
    plan = without(parallel(), "left.done>join")
    assert is_left(plan, "outcome_without_target", "left")


@pytest.mark.parametrize("late", [clock("late", offset="1d"), clock("late", offset="1d", interrupting=False)])
def test_what_the_clock_chooses_does_not_lead_to_the_end(late):
    plan = single()
    work = replace(plan.steps[1], outcomes=(*plan.steps[1].outcomes, late))
    plan = replace(plan, steps=(plan.steps[0], work, plan.steps[2]))
    assert is_left(plan, "outcome_without_target", "work")


def test_a_step_without_a_way_on_leads_to_the_only_step_nothing_leads_to():
    plan = without(parallel(), "join>pay")
    for code, step in (("no_way_on", "join"), ("unreachable", "pay")):
        assert lines(repaired(plan, code, step)[1]) == lines(parallel())


@pytest.mark.parametrize(("lost", "kept"), [("end2", "end"), ("gate", "exclusive")])
def test_an_end_or_a_choice_nothing_leads_to_goes(lost: str, kept: str):
    plan = drawn("start>a", "a.ok>end", f"{lost}>end" if lost == "gate" else "a.no>end", **{lost: kept})
    if lost == "end2":
        plan = replace(plan, steps=(*plan.steps, node(lost, kept)))
    assert lost not in {one.key for one in repaired(plan, "unreachable", lost)[1].steps}


def test_a_task_nothing_leads_to_is_not_thrown_away():
    assert is_left(drawn("start>a", "a.ok>end", "b.ok>end"), "unreachable", "b")


def test_a_gateway_another_step_names_is_not_thrown_away():
    plan = drawn("start>a", "a.ok>end", "gate>end", gate="exclusive")
    plan = replace(plan, steps=(plan.steps[0], stopping(plan.steps[1], ok="gate"), *plan.steps[2:]))
    assert is_left(plan, "unreachable", "gate")


# -- outcomes and conditions ---------------------------------------------------------------------------------


def test_an_automatic_way_behind_a_task_is_the_way_of_its_open_outcomes():
    plan = replace(single(), flows=flows("start>work", "work>end"))
    assert lines(repaired(plan, "way_without_outcome", "work")[1]) == {"start>work", "work.done>end"}


def test_an_automatic_way_goes_where_all_outcomes_lead_somewhere():
    plan = replace(single(), flows=flows("start>work", "work.done>end", "work>work"))
    assert lines(repaired(plan, "way_without_outcome", "work")[1]) == {"start>work", "work.done>end"}


@pytest.mark.parametrize("automatic", [True, False])
def test_a_task_without_outcomes_gets_one(automatic: bool):
    plan = drawn("start>work", "work>end")
    plan = plan if automatic else without(plan, "work>end")
    label, plan = repaired(plan, "no_outcome", "work")
    assert lines(plan) == {"start>work", "work.done>end"}
    assert plan.steps[1].outcomes[0].label in label


def choice(*conditions: ConditionPlan, field: FieldPlan = URGENT) -> Blueprint:
    """start (field) → gate → a task for each condition → end."""
    names = ("a", "b", "c")[: len(conditions)]
    start = StepPlan("start", "start", "Start", fields=(StepFieldPlan(field.key, "required"),))
    return Blueprint(
        fields=(field,),
        steps=(start, node("gate", "exclusive"), *map(task, names), node("end", "end")),
        flows=(
            *flows("start>gate", *(f"{name}.done>end" for name in names)),
            *(FlowPlan("gate", name, conditions=(one,)) for name, one in zip(names, conditions, strict=True)),
        ),
    )


COLOURS = FieldPlan("colour", "Farbe", "choice", choices=(("r", "Rot"), ("g", "Grün"), ("b", "Blau")))


def asked(field: str, *pairs: tuple[str, object]) -> list[ConditionPlan]:
    return [ConditionPlan(field, operator, value) for operator, value in pairs]


@pytest.mark.parametrize(
    ("plan", "otherwise"),
    [
        (choice(*asked("urgent", ("is_true", None), ("is_false", None))), "b"),
        (choice(*asked("urgent", ("is_false", None), ("is_true", None))), "a"),
        (
            choice(*asked("size", ("lt", "5"), ("ge", "5")), field=FieldPlan("size", "Größe", "number")),
            "b",
        ),
        (choice(*asked("colour", ("eq", "r"), ("eq", "g"), ("eq", "b")), field=COLOURS), "c"),
    ],
)
def test_of_conditions_that_leave_nothing_open_one_is_otherwise(plan: Blueprint, otherwise: str):
    assert f"gate>{otherwise}*" in lines(repaired(plan, "no_default", "gate")[1])


@pytest.mark.parametrize(
    "plan",
    [
        choice(*asked("urgent", ("is_true", None))),
        choice(*asked("colour", ("eq", "r"), ("eq", "g")), field=COLOURS),
        choice(*asked("size", ("lt", "5"), ("ge", "9")), field=FieldPlan("size", "Größe", "number")),
    ],
)
def test_where_conditions_leave_something_open_nobody_guesses(plan: Blueprint):
    assert is_left(plan, "no_default", "gate")


def test_otherwise_leads_to_the_only_step_nothing_leads_to():
    plan = choice(*asked("urgent", ("is_true", None), ("is_true", None)))
    plan = replace(plan, flows=tuple(one for one in plan.flows if one.target != "b"))
    for code, step in (("no_default", "gate"), ("unreachable", "b")):
        assert "gate>b*" in lines(repaired(plan, code, step)[1])


def test_a_condition_on_the_only_way_goes():
    plan = replace(
        single(), fields=(URGENT,), flows=(*flows("work.done>end"), only_if("start>work", "urgent is yes"))
    )
    assert all(not one.conditions for one in repaired(plan, "condition_ignored", "start")[1].flows)


def test_conditions_on_several_ways_stay_for_somebody_to_decide():
    plan = replace(parallel(), fields=(URGENT,))
    asked_one = only_if("split>left", "urgent is yes")
    plan = replace(plan, flows=tuple(asked_one if one.target == "left" else one for one in plan.flows))
    assert is_left(plan, "condition_ignored", "split")


def test_the_outcome_of_a_vote_that_fails_is_not_led_to_the_end():
    work = repeated(task("work"), over="team", key="service")
    plan = replace(single(), steps=(node("start", "start"), work, node("end", "end")))
    assert is_left(plan, "outcome_without_target", "work")
