"""What is wrong with deadlines and escalation plans is found before a version is published."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation

from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, OutcomePlan, StepFieldPlan
from processes.checking.callchecks import Outside
from processes.checking.checks import net_of
from processes.checking.deadlinechecks import problems, undated
from processes.comparisons import Condition
from processes.escalation import Act, Do, Level
from processes.tests.builders import clock, flows, node, task

FIELDS = (FieldPlan("day", "Tag", "date"), FieldPlan("sum", "Summe", "money"))
SILENT = OutcomePlan("silent", "Keine Antwort", is_clock=True, after={"offset": "5d"})
TELL = Level(1, "Leitung", "1d", (Act(Do.NOTIFY, ("lead",)),))


def plan_of(
    *rules: DeadlinePlan, of_case: tuple[DeadlinePlan, ...] = (), day: str = "required", **second: object
) -> Blueprint:
    """start → one → two → end, the rules at two; `day` = how the start asks for the date."""
    start = replace(node("start", "start"), fields=(StepFieldPlan("day", day),))
    return Blueprint(
        fields=FIELDS,
        steps=(
            start,
            task("one"),
            task("two", deadlines=rules, **second),
            node("end", "end"),
        ),
        flows=flows("start>one", "one.done>two", "two.done>end"),
        deadlines=of_case,
    )


def codes(plan: Blueprint, **plans: tuple[Level, ...]) -> list[tuple[str, str]]:
    named = {"" if key == "standard" else key: levels for key, levels in plans.items()}
    found = list(problems(plan, net_of(plan), Outside(plans=named, plan_people=frozenset({"a@example.org"}))))
    assert all(str(one.message) for one in found)
    return [(one.code, one.severity) for one in found]


def test_a_reaction_time_of_the_whole_case_is_refused():
    rule = DeadlinePlan(basis="case", offset="4h", kind="reaction")
    assert codes(plan_of(of_case=(rule,))) == [("case_reaction", "error")]
    assert codes(plan_of(DeadlinePlan(offset="4h", kind="reaction"))) == []
    assert codes(plan_of(of_case=(DeadlinePlan(basis="case", offset="4h"),))) == []


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (DeadlinePlan(offset="3x"), "deadline"),
        (DeadlinePlan("field", "-4d"), "deadline"),
        (DeadlinePlan(offset="-3d"), "deadline_senseless"),
        (DeadlinePlan("field", "-4d", "nix"), "field_unknown"),
        (DeadlinePlan("field", "-4d", "sum"), "field_no_date"),
        (DeadlinePlan("after", "2d", "nix"), "step_not_before"),
        (DeadlinePlan("after", "2d", "two"), "step_not_before"),
        (DeadlinePlan("after", "2d", "start"), "step_not_before"),
        (DeadlinePlan("field", "3d", "day", is_legal=True), "legal_working_time"),
        (DeadlinePlan("field", "-3d", "day", is_legal=True), "legal_working_time"),
        (DeadlinePlan("field", "0m", "day", is_legal=True), "legal_working_time"),
        (DeadlinePlan("after", "", "one", is_legal=True), "legal_without_date"),
        (DeadlinePlan("after", "-1w", "one", is_legal=True), "legal_without_date"),
        (DeadlinePlan("case", "-1m", is_legal=True), "legal_without_date"),
        (DeadlinePlan("field", "2w", "day", is_legal=True, adds_half_month=True), "half_month"),
        (DeadlinePlan("field", "", "day", is_legal=True, adds_half_month=True), "half_month"),
        (DeadlinePlan("field", "1m", "day", is_legal=True, early_warning="3d"), "early_warning"),
        (DeadlinePlan("field", "2w", "day", is_legal=True, days_before_end=14), "days_before_end"),
        (DeadlinePlan("field", "-2m", "day", is_legal=True, days_before_end=1), "days_before_end"),
        (DeadlinePlan("field", "", "day", is_legal=True, days_before_end=1), "days_before_end"),
    ],
)
def test_a_rule_that_cannot_hold_is_an_error(rule: DeadlinePlan, code: str):
    assert codes(plan_of(rule)) == [(code, "error")]


def test_a_step_that_comes_later_is_none_to_count_from():
    plan = plan_of()
    steps = tuple(
        replace(one, deadlines=(DeadlinePlan("after", "2d", "two"),)) if one.key == "one" else one
        for one in plan.steps
    )
    assert codes(replace(plan, steps=steps)) == [("step_not_before", "error")]


def test_rules_that_hold_say_nothing():
    rules = (
        DeadlinePlan(offset="3d"),
        DeadlinePlan("field", "-4d", "day"),
        DeadlinePlan("after", "2d", "one"),
        DeadlinePlan("date", "", "", "2026-12-31"),
        DeadlinePlan("field", "1m", "day", is_legal=True, adds_half_month=True, early_warning="0"),
        DeadlinePlan("field", "6m", "day", is_legal=True, days_before_end=14),
        DeadlinePlan("field", "-1m", "day", is_legal=True, early_warning="2w"),
        DeadlinePlan("field", "", "day", is_legal=True),
        DeadlinePlan("date", "", "", "2026-12-31", is_legal=True, is_final=True),
    )
    assert codes(plan_of(*rules), standard=(TELL,)) == []


def test_the_case_is_dated_by_what_is_known_at_its_start():
    of_case = (DeadlinePlan("after", "2d", "one"), DeadlinePlan("field", "1m", "day", is_legal=True))
    assert codes(plan_of(of_case=of_case, day="optional")) == [
        ("case_after_step", "error"),
        ("date_may_be_empty", "warning"),
    ]


def test_a_date_filled_in_later_is_no_remark_where_another_rule_holds_from_the_start():
    later = DeadlinePlan("field", "3m", "day", is_legal=True, pick="latest")
    assert codes(plan_of(of_case=(later, DeadlinePlan("case", "15d")), day="optional")) == []


def test_a_task_whose_only_date_may_stay_empty_is_told():
    dated = DeadlinePlan("field", "-2d", "day")
    told = [("date_may_be_empty", "warning")]
    assert codes(plan_of(dated, day="optional")) == told
    assert codes(plan_of(dated, DeadlinePlan(offset="1h", kind="reaction"), day="optional")) == told
    assert codes(plan_of(dated)) == []
    assert codes(plan_of(dated, DeadlinePlan(offset="3d"), day="optional")) == []
    assert codes(plan_of(dated, day="optional", deadline="3d")) == []
    assert codes(plan_of(replace(dated, kind="reaction"), DeadlinePlan(offset="3d"), day="optional")) == []


def test_a_date_that_counts_with_one_urgency_alone_is_told_unless_another_rule_holds_then():
    critical = DeadlinePlan("field", "-2d", "day", urgency=0)
    told = [("date_may_be_empty", "warning")]
    assert codes(plan_of(critical, DeadlinePlan(offset="3d"), day="optional")) == told
    assert codes(plan_of(critical, DeadlinePlan(offset="4h", urgency=0), day="optional")) == []
    whole = (replace(critical, offset="2d"), DeadlinePlan("case", "9d"))
    assert codes(plan_of(of_case=whole, day="optional")) == told


def test_a_date_that_an_earlier_step_demands_is_there():
    plan = plan_of(DeadlinePlan("field", "-2d", "day"), day="optional")
    asks = tuple(
        replace(one, fields=(StepFieldPlan("day", "required"),)) if one.key == "one" else one
        for one in plan.steps
    )
    assert codes(replace(plan, steps=asks)) == []


def test_a_plan_must_exist():
    plan = plan_of(DeadlinePlan(offset="3d"), plan_keys={"": "fast"})
    assert codes(plan, standard=(TELL,)) == [("unknown_plan", "error")]
    assert codes(plan, fast=(TELL,)) == []
    assert codes(replace(plan_of(), plan_keys={"0": "nix"})) == [("unknown_plan", "error")]


LEVELS = {
    "plan_outcome": Level(1, acts=(Act(Do.OUTCOME, key="done"),)),
    "plan_person": Level(1, acts=(Act(Do.REASSIGN, to="person:gone@example.org"),)),
    "plan_address": Level(1, acts=(Act(Do.NOTIFY, ("lead", "no @ address")),)),
    "plan_field": Level(1, acts=TELL.acts, condition=Condition("sum", "gt", "5", "number")),
}


@pytest.mark.parametrize("code", sorted(LEVELS))
def test_a_level_that_does_not_fit_is_an_error_of_the_own_plan_and_a_hint_of_another(code: str):
    rule, levels = DeadlinePlan(offset="3d"), (LEVELS[code],)
    assert codes(plan_of(rule, plan_keys={"": "fast"}), fast=levels) == [(code, "error")]
    assert codes(replace(plan_of(rule), plan_keys={"": "fast"}), fast=levels) == [(code, "warning")]
    assert codes(plan_of(rule), standard=levels) == [(code, "warning")]
    assert codes(plan_of(), standard=levels) == []


def test_what_a_common_plan_lacks_at_many_steps_is_one_hint_with_their_names():
    rule = DeadlinePlan(offset="3d")
    steps = [task(key, deadlines=(rule,)) for key in ("ask", "buy", "count", "drop", "earn")]
    steps[0] = replace(steps[0], outcomes=(*steps[0].outcomes, OutcomePlan("silent", "Schweigt")))
    steps[1] = replace(steps[1], outcomes=(*steps[1].outcomes, SILENT))
    plan = Blueprint(steps=tuple(steps), plan_keys={"": "fast"})
    levels = (Level(1, acts=(Act(Do.OUTCOME, key="silent"),)), Level(2, acts=LEVELS["plan_person"].acts))
    outside = Outside(plans={"fast": levels})
    with translation.override("en"):
        outcome, person = problems(plan, net_of(plan), outside)
        assert outcome.sentence.startswith("“Ask, Count, Drop, 1 more”: level “1”")
        assert "Keine Antwort" in outcome.sentence and "Schweigt" not in outcome.sentence
        assert person.sentence.startswith("“Ask, Buy, Count, 2 more”: level “2”")
    assert (outcome.step, outcome.path) == ("", ("escalation",))


def test_levels_that_fit_say_nothing():
    plan = plan_of(DeadlinePlan(offset="3d"), plan_keys={"": "fast"})
    steps = [replace(one, outcomes=(*one.outcomes, clock("late", offset="5d"))) for one in plan.steps[2:3]]
    levels = (
        Level(1, acts=(Act(Do.OUTCOME, key="late"), Act(Do.REASSIGN, to="person:a@example.org"))),
        Level(2, acts=TELL.acts, condition=Condition("sum", "gt", None, "money")),
    )
    assert codes(replace(plan, steps=(*plan.steps[:2], *steps, plan.steps[3])), fast=levels) == []


def test_tasks_without_a_deadline_are_one_hint():
    (hint,) = undated(plan_of(DeadlinePlan(offset="3d")))
    assert (hint.code, hint.severity) == ("no_deadline", "warning")
    assert "One" in str(hint.message) and "Two" not in str(hint.message)
    assert not list(undated(Blueprint(steps=(task("one", deadline="3d"),))))


def told(*rules: DeadlinePlan, **second: object) -> str:
    """What the hint says of the task “Two” besides “One”, which has no deadline at all."""
    (hint,) = undated(plan_of(*rules, **second))
    return str(hint.message.facts["steps"]).removeprefix("One")


def test_a_task_with_a_reaction_time_alone_has_no_deadline():
    assert told(DeadlinePlan(offset="4h", kind="reaction")) == ", Two"
    assert told(DeadlinePlan(offset="4h", kind="reaction"), deadline="3d") == ""


def test_a_task_with_a_deadline_for_one_urgency_alone_has_none_with_the_others():
    critical = DeadlinePlan(offset="4h", urgency=0)
    with translation.override("en"):
        assert told(critical) == ", Two (with the urgency High/Normal/Low)"
        assert told(DeadlinePlan(offset="4h", urgency=0, kind="reaction")) == ", Two"
    assert told(critical, deadline="3d") == ""
    assert told(*(DeadlinePlan(offset="4h", urgency=one) for one in range(4))) == ""


def test_the_plan_of_the_whole_case_is_judged_for_the_case_alone():
    levels = (LEVELS["plan_outcome"],)
    plan = replace(plan_of(DeadlinePlan(offset="3d")), plan_keys={"case": "fast"})
    assert codes(plan, fast=levels) == []
    assert codes(replace(plan, deadlines=(DeadlinePlan("case", "9d"),)), fast=levels) == [
        ("plan_outcome", "error")
    ]
    assert codes(replace(plan, plan_keys={"case": "nix"})) == [("unknown_plan", "error")]


def test_a_whole_case_cannot_be_passed_on():
    plan = plan_of(of_case=(DeadlinePlan("case", "9d"),))
    levels = (Level(1, acts=(Act(Do.REASSIGN, to="lead"),)),)
    own = replace(plan, plan_keys={"case": "fast"})
    assert codes(own, fast=levels) == [("plan_passes_case_on", "error")]
    assert codes(plan, standard=levels) == [("plan_passes_case_on", "warning")]
