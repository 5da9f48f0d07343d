"""Fields, outcomes, votes, people and calls: small processes with one fault, and what repairs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, FlowPlan, OutcomePlan, StepPlan
from processes.checking.callchecks import Called, Outside, called_of
from processes.checking.checks import net_of
from processes.checking.staffing import Staff, TeamStaff
from processes.repairs import Facts
from processes.tests.builders import (
    call,
    clock,
    complaint,
    flows,
    node,
    repeated,
    single,
    stopping,
    task,
    wait,
)
from processes.tests.test_repairs import FACTS, is_left, lines, repaired

DAY = FieldPlan("day", "Tag", "date")
PERSON = FieldPlan("who", "Wer", "person")
TEXT = FieldPlan("text", "Text", "text")


def worked(step: StepPlan, *fields: FieldPlan) -> Blueprint:
    """start → the step, each outcome of it → end."""
    ways = [one.key for one in step.outcomes] if step.kind in ("task", "subprocess") else [""]
    return Blueprint(
        fields=fields,
        steps=(node("start", "start"), step, node("end", "end")),
        flows=(FlowPlan("start", step.key), *(FlowPlan(step.key, "end", one) for one in ways)),
    )


def middle(plan: Blueprint) -> StepPlan:
    """The step between start and end."""
    return plan.steps[1]


def given(step: StepPlan, *outcomes: OutcomePlan) -> StepPlan:
    """The step with these outcomes too."""
    return replace(step, outcomes=(*step.outcomes, *outcomes))


# -- fields --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "code", "kept"),
    [
        (replace(TEXT, choices=(("a", "A"),)), "choices_ignored", TEXT),
        (
            replace(TEXT, type="choice", choices=(("a", "A"), ("b", "B"), ("a", "A"))),
            "choice_twice",
            replace(TEXT, type="choice", choices=(("a", "A"), ("b", "B"))),
        ),
        (
            replace(TEXT, limits={"min": 3, "max_length": 9}),
            "limits_does_not_fit",
            replace(TEXT, limits={"max_length": 9}),
        ),
        (replace(TEXT, limits={"pattern": ""}), "limits_mask_empty", TEXT),
    ],
)
def test_what_a_field_says_to_nobody_goes(field: FieldPlan, code: str, kept: FieldPlan):
    assert repaired(replace(single(), fields=(DAY, field)), code)[1].fields == (DAY, kept)


def test_two_names_for_one_value_need_somebody_to_decide():
    field = replace(TEXT, type="choice", choices=(("a", "A"), ("a", "B")))
    assert is_left(replace(single(), fields=(field,)), "choice_twice")


def test_limits_that_let_nothing_through_need_somebody_to_decide():
    field = FieldPlan("n", "Zahl", "number", limits={"min": 9, "max": 3})
    assert is_left(replace(single(), fields=(field,)), "limits_crossed")


# -- outcomes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "code"), [("gone", "cancels_unknown"), ("work", "cancels_itself")])
def test_only_other_steps_that_exist_are_stopped(key: str, code: str):
    plan = worked(stopping(task("work"), done=f"start {key}"))
    assert middle(repaired(plan, code, "work")[1]).outcomes[0].cancels == ("start",)


def test_an_outcome_people_choose_ends_the_step():
    plan = worked(given(task("work"), OutcomePlan("more", "Mehr", is_interrupting=False)))
    assert middle(repaired(plan, "further_way", "work")[1]).outcomes[1].is_interrupting


def test_an_outcome_with_a_moment_may_be_the_clocks():
    late = replace(clock("late", offset="1d", interrupting=False), is_clock=False)
    assert is_left(worked(given(task("work"), late)), "further_way", "work")


def test_a_step_that_goes_on_by_itself_has_no_outcomes():
    plan = worked(given(wait("pause", offset="1d"), OutcomePlan("ok", "Ok")))
    plan = replace(plan, flows=flows("start>pause", "pause.ok>end"))
    fixed = repaired(plan, "outcome_misplaced", "pause")[1]
    assert (middle(fixed).outcomes, lines(fixed)) == ((), {"start>pause", "pause>end"})


def test_a_field_that_does_not_exist_is_not_approved():
    step = task("work", approves_fields=("gone", "day"))
    step = replace(step, outcomes=(replace(step.outcomes[0], is_approval=True),))
    fixed = repaired(worked(step, DAY), "approves_unknown", "work")[1]
    assert middle(fixed).approves_fields == ("day",)


def test_the_only_outcome_is_the_approval():
    fixed = repaired(worked(task("work", approves_fields=("day",)), DAY), "approval_missing", "work")[1]
    assert middle(fixed).outcomes[0].is_approval


def test_which_of_two_outcomes_is_the_approval_nobody_guesses():
    step = task("work", outcomes="yes no", approves_fields=("day",))
    assert is_left(worked(step, DAY), "approval_missing", "work")


# -- votes ---------------------------------------------------------------------------------------------------


def vote(**repeat: Any) -> StepPlan:
    return repeated(task("work", outcomes="yes no"), **{"over": "team", "key": "service", **repeat})


def test_the_outcome_called_no_agreement_is_taken_for_it():
    step = vote()
    unmarked = tuple(replace(one, is_no_agreement=False) for one in step.outcomes)
    fixed = repaired(worked(replace(step, outcomes=unmarked)), "no_agreement_missing", "work")[1]
    assert middle(fixed) == step


def test_no_other_outcome_is_taken_for_no_agreement():
    step = vote()
    assert is_left(worked(replace(step, outcomes=step.outcomes[:2])), "no_agreement_missing", "work")


def test_what_is_done_once_has_no_outcome_for_no_agreement():
    fixed = repaired(worked(replace(vote(), config={})), "no_agreement_alone", "work")[1]
    assert [one.key for one in middle(fixed).outcomes] == ["yes", "no"]


def test_only_a_task_is_repeated():
    step = replace(wait("pause", offset="1d"), config={**wait("pause", offset="1d").config, **vote().config})
    fixed = repaired(worked(step), "repeat_misplaced", "pause")[1]
    assert middle(fixed) == wait("pause", offset="1d")


def test_a_task_is_repeated_over_the_only_field_that_fits():
    plan = worked(vote(over="field", key="gone"), DAY, PERSON)
    assert middle(repaired(plan, "repeat_field", "work")[1]).config["repeat"]["key"] == "who"
    assert is_left(replace(plan, fields=(PERSON, replace(PERSON, key="other"))), "repeat_field", "work")


# -- dates and addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [
        wait("work", basis="field", key="text", offset="1d"),
        given(task("work"), clock("late", basis="field", key="text", offset="1d")),
        task("work", deadlines=(DeadlinePlan("field", "1d", "text"),)),
    ],
)
def test_what_counts_from_no_date_counts_from_the_only_date(step: StepPlan):
    fixed = repaired(worked(step, TEXT, DAY), "field_no_date", "work")[1]
    assert "'text'" not in str(middle(fixed))
    assert "'day'" in str(middle(fixed))


def test_the_case_counts_from_the_only_date():
    plan = replace(single(), fields=(TEXT, DAY), deadlines=(DeadlinePlan("field", "1d", "text"),))
    assert repaired(plan, "field_no_date")[1].deadlines[0].key == "day"


def test_a_service_is_called_safely():
    step = StepPlan(
        "work", "action", "Melden", config={"action": {"do": "webhook", "url": "http://a.example/x"}}
    )
    facts = replace(FACTS, outside=Outside(webhook_hosts=("a.example",)))
    fixed = repaired(worked(step), "url_unsafe", "work", facts)[1]
    assert middle(fixed).config["action"]["url"] == "https://a.example/x"


# -- people --------------------------------------------------------------------------------------------------


def test_a_step_nobody_is_responsible_for_goes_to_the_only_team():
    plan = complaint()
    bare = tuple(replace(one, team="") if one.key != "check" else one for one in plan.steps)
    label, fixed = repaired(replace(plan, steps=bare), "nobody_responsible", "capture")
    assert (fixed.steps[1].team, "quality" in label) == ("quality", True)


def test_where_no_step_has_a_team_it_is_the_owning_one():
    staff = Staff({"office": TeamStaff("Büro", members=frozenset({1}), leads=frozenset({1}))})
    facts = Facts("V-{seq}", owner_team="office", staff=staff)
    label, fixed = repaired(worked(task("work", team="")), "nobody_responsible", "work", facts)
    assert (middle(fixed).team, "Büro" in label) == ("office", True)


def test_of_two_teams_none_is_taken():
    plan = complaint()
    bare = tuple(replace(one, team="") if one.key == "capture" else one for one in plan.steps)
    assert is_left(replace(plan, steps=bare), "nobody_responsible", "capture")


def test_the_only_team_steps_in_for_a_person():
    plan = worked(task("work", team="", assignment="starter"))
    facts = replace(FACTS, owner_team="office")
    assert middle(repaired(plan, "no_fallback_team", "work", facts)[1]).team == "office"


@pytest.mark.parametrize(("key", "code"), [("", "reference_missing"), ("gone", "reference_unknown")])
def test_the_only_earlier_task_is_meant(key: str, code: str):
    last = task("last", assignment="same_as", reference_key=key)
    plan = Blueprint(
        steps=(node("start", "start"), task("first"), last, node("end", "end")),
        flows=flows("start>first", "first.done>last", "last.done>end"),
    )
    assert repaired(plan, code, "last")[1].steps[2].reference_key == "first"


def test_nobody_is_somebody_else_than_himself():
    plan = worked(task("work", apart_key="work"))
    assert middle(repaired(plan, "apart_unknown", "work")[1]).apart_key == ""
    assert is_left(worked(task("work", apart_key="gone")), "apart_unknown", "work")


def test_the_only_field_that_names_somebody_is_meant():
    plan = worked(task("work", assignment="from_field", field_key="day"), DAY, PERSON)
    assert middle(repaired(plan, "field_no_person", "work")[1]).field_key == "who"


# -- calls ---------------------------------------------------------------------------------------------------


def part() -> Called:
    """A process with the end `end`, that demands a day."""
    plan = single()
    start = replace(plan.steps[0], fields=())
    found = called_of(
        replace(plan, steps=(start, *plan.steps[1:]), fields=(DAY,)), net_of(plan), key="part", name="Teil"
    )
    return replace(found, demanded=frozenset({"day"}))


AROUND = replace(FACTS, outside=Outside(names={"part": "Teil"}, called={"part": part()}))


def calling(step: StepPlan, **changes: Any) -> Blueprint:
    """A process that calls `part` and knows a day."""
    config = {"call": {**step.config["call"], **changes}}
    return worked(replace(step, config=config), DAY)


@pytest.mark.parametrize("step", [call("work", "part"), call("work", "part", "done", end="ok")])
def test_the_only_outcome_no_end_means_stands_for_all_others(step: StepPlan):
    fixed = repaired(calling(step, otherwise=""), "otherwise_missing", "work", AROUND)[1]
    assert middle(fixed).config["call"]["otherwise"] == "done"


def test_an_end_is_named_once():
    plan = calling(call("work", "part"), ends=[["end", "done"], ["end", "done"]])
    assert middle(repaired(plan, "end_twice", "work", AROUND)[1]).config["call"]["ends"] == [["end", "done"]]


def test_an_end_with_two_meanings_needs_somebody_to_decide():
    plan = calling(call("work", "part", "done", end="ok"), ends=[["end", "ok"], ["end", "done"]])
    assert is_left(plan, "end_twice", "work", AROUND)


def test_an_end_that_does_not_exist_is_forgotten():
    plan = calling(call("work", "part"), ends=[["end", "done"], ["gone", "done"]])
    assert middle(repaired(plan, "end_unknown", "work", AROUND)[1]).config["call"]["ends"] == [
        ["end", "done"]
    ]


def test_an_end_that_may_have_another_name_by_now_is_not_forgotten():
    plan = calling(call("work", "part", "done", gone="ok"))
    assert is_left(plan, "end_unknown", "work", AROUND)


def test_a_field_of_the_same_name_is_handed_over():
    fixed = repaired(calling(call("work", "part")), "input_missing", "work", AROUND)[1]
    assert middle(fixed).config["call"]["inputs"] == [["day", "day"]]
    assert is_left(replace(calling(call("work", "part")), fields=()), "input_missing", "work", AROUND)
