"""What publishing finds about people: teams, persons, rules that point nowhere, four eyes, lists."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from processes import availability, publishing
from processes.blueprint import Blueprint, FieldPlan, OutcomePlan, StepFieldPlan, StepPlan
from processes.checking.checks import problems_of
from processes.checking.staffing import Staff, TeamStaff
from processes.models import Step
from processes.stepplans import Action, Do, Over, Quorum, Repeat, StepConfig
from processes.tests.builders import (
    attend,
    complaint,
    flows,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)

FIELDS = (FieldPlan("who", "Wer", "person"), FieldPlan("note", "Notiz", "text"))


def team(
    *members: int, leads: tuple[int, ...] = (1,), is_active: bool = True, name: str = "Service"
) -> TeamStaff:
    return TeamStaff(name, is_active, frozenset(members), frozenset(leads) & frozenset(members))


def staff(service: TeamStaff | None = None, **persons: int) -> Staff:
    """Service with three persons unless said otherwise; persons by the name in their e-mail."""
    emails = {f"{name}@example.org": number for name, number in persons.items()}
    return Staff({"service": service or team(1, 2, 3)}, emails)


def row(*tasks: StepPlan, start: StepPlan | None = None) -> Blueprint:
    """These tasks one after the other, by the outcome `done`."""
    keys = ["start", *(one.key for one in tasks), "end"]
    ways = [f"{a}{'.done' if a != 'start' else ''}>{b}" for a, b in pairwise(keys)]
    return Blueprint(
        fields=FIELDS, steps=(start or node("start", "start"), *tasks, node("end", "end")), flows=flows(*ways)
    )


def found(plan: Blueprint, people: Staff | None = None, *, severity: str = "") -> dict[str, str]:
    """Step by code of everything found, or of what has this severity; that the votes here have one answer is
    another matter."""
    problems = problems_of(plan, number_pattern="V-{seq}", staff=people)
    told = [one for one in problems if one.code != "no_choice"]
    return {one.code: one.step for one in told if severity in ("", one.severity)}


def sentence(plan: Blueprint, people: Staff, code: str) -> str:
    problems = problems_of(plan, number_pattern="V-{seq}", staff=people)
    with translation.override("en"):
        return next(str(one.message) for one in problems if one.code == code)


# -- teams and persons ---------------------------------------------------------------------------------------


def test_nothing_is_said_about_a_team_with_a_lead():
    assert found(single(), staff()) == {}


@pytest.mark.parametrize(
    ("service", "code", "severity"),
    [
        (team(), "team_empty", "error"),
        (team(1, is_active=False), "team_inactive", "error"),
        (team(2), "team_without_lead", "warning"),
    ],
)
def test_teams_that_cannot_work_are_found_once(service: TeamStaff, code: str, severity: str):
    plan = row(task("a"), task("b"))
    assert found(plan, staff(service), severity=severity) == {code: "a"}
    assert [one.code for one in problems_of(plan, number_pattern="V-{seq}", staff=staff(service))] == [code]
    assert "Service" in sentence(plan, staff(service), code)


def test_a_team_that_is_still_to_be_made_is_only_a_warning():
    assert found(single(team="new"), staff()) == {"team_new": "work"}
    assert found(single(team="new"), staff(), severity="error") == {}


def test_without_any_knowledge_of_people_nothing_is_said_about_them():
    assert found(row(task("a", apart_key="b"), task("b"))) == {}


def test_a_person_who_is_gone_is_found():
    plan = single(assignment="person", person="anna@example.org")
    assert found(plan, staff()) == {"person_gone": "work"}
    assert found(plan, staff(anna=1)) == {}


# -- rules that point elsewhere ------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["nowhere", "end", "b"])
def test_apart_from_no_other_task_is_a_fault(other: str):
    assert found(row(task("a"), task("b", apart_key=other))) == {"apart_unknown": "b"}


def test_the_same_person_and_somebody_else_at_once_is_a_fault():
    second = task("b", assignment="same_as", reference_key="a", apart_key="a")
    assert found(row(task("a"), second)) == {"same_and_apart": "b"}
    turned = (task("a", apart_key="b"), task("b", assignment="same_as", reference_key="a"))
    assert found(row(*turned)) == {"same_and_apart": "b"}


def test_the_person_of_a_step_that_may_not_have_been_done_is_a_warning():
    steps = (
        node("start", "start"),
        task("a", outcomes="done skip"),
        task("b"),
        task("c", assignment="same_as", reference_key="b"),
        node("end", "end"),
    )
    around = flows("start>a", "a.done>b", "a.skip>c", "b.done>c", "c.done>end")
    assert found(Blueprint(steps=steps, flows=around), severity="warning") == {"same_as_uncertain": "c"}
    straight = flows("start>a", "a.done>b", "a.skip>end", "b.done>c", "c.done>end")
    assert found(Blueprint(steps=steps, flows=straight)) == {}


@pytest.mark.parametrize(("key", "codes"), [("who", {"field_not_required"}), ("note", {"field_no_person"})])
def test_a_field_must_name_somebody_and_be_filled_in(key: str, codes: set[str]):
    by_field = task("b", assignment="from_field", field_key=key)
    assert set(found(row(task("a"), by_field))) == codes


def test_a_field_is_filled_by_a_form_a_task_or_an_action():
    by_field = task("b", assignment="from_field", field_key="who")
    required = (StepFieldPlan("who", "required"),)
    assert found(row(task("a", fields=required), by_field)) == {}
    start = StepPlan("start", "start", "Start", fields=required)
    assert found(row(task("a"), by_field, start=start)) == {}
    assert set(found(row(task("a"), replace(by_field, fields=required)))) == {"field_not_required"}
    config = StepConfig(action=Action(Do.SET, values=(("who", "7"),))).to_json()
    sets = StepPlan("sets", "action", "Setzen", config=config)
    plan = row(task("a"), by_field)
    plan = replace(
        plan,
        steps=(*plan.steps, sets),
        flows=flows("start>a", "a.done>sets", "sets>b", "b.done>end"),
    )
    assert "field_not_required" not in found(plan)


def test_too_many_visits_need_a_lead_and_at_least_one():
    assert found(single(max_visits=2), staff()) == {}
    assert "visits_without_lead" in found(single(max_visits=2), staff(team(2)), severity="warning")
    assert found(single(max_visits=0)) == {"visits_low": "work"}


# -- lists ---------------------------------------------------------------------------------------------------


def repeated(repeat: Repeat) -> Blueprint:
    outcomes = (OutcomePlan("done", "Ja"), OutcomePlan("none", "Keine Einigung", is_no_agreement=True))
    step = StepPlan(
        "vote",
        "task",
        "Abstimmen",
        team="service",
        outcomes=outcomes,
        config=StepConfig(repeat=repeat).to_json(),
    )
    return Blueprint(
        steps=(node("start", "start"), step, node("end", "end")),
        flows=flows("start>vote", "vote.done>end", "vote.none>end"),
    )


@pytest.mark.parametrize(("count", "codes"), [(1, set()), (3, set()), (4, {"list_short"})])
def test_a_quorum_larger_than_the_team_is_a_fault(count: int, codes: set[str]):
    by_team = repeated(Repeat(Over.TEAM, key="service", quorum=Quorum.COUNT, count=count))
    assert set(found(by_team, staff(), severity="error")) == codes
    persons = tuple(f"p{number}@example.org" for number in range(4))
    by_name = repeated(Repeat(Over.PERSONS, persons=persons, quorum=Quorum.COUNT, count=count))
    assert set(found(by_name, staff(p0=1, p1=2, p2=3), severity="error")) == codes


def test_a_list_of_people_who_are_all_gone_is_a_fault():
    assert (
        found(repeated(Repeat(Over.PERSONS, persons=("x@example.org",))), staff())["list_unattended"]
        == "vote"
    )
    assert found(repeated(Repeat(Over.TEAM, key="service")), staff(team())) == {"team_empty": "vote"}
    assert found(repeated(Repeat(Over.TEAM, key="new")), staff()) == {}


def test_a_list_of_persons_needs_no_team():
    plan = repeated(Repeat(Over.PERSONS, persons=("anna@example.org",)))
    without = replace(plan, steps=tuple(replace(one, team="") for one in plan.steps))
    assert set(found(without, staff(anna=1))) == {"no_fallback_team"}


# -- four eyes -----------------------------------------------------------------------------------------------


def test_two_persons_where_three_are_needed_is_a_fault_that_names_them_all():
    plan = row(task("a"), task("b", assignment="not_same_as", reference_key="a"), task("c", apart_key="a, b"))
    two = staff(team(1, 2))
    assert found(plan, two) == {"four_eyes_steps": "c"}
    words = sentence(plan, two, "four_eyes_steps")
    assert all(part in words for part in ("“C”", "“A”, “B”", "3", "“Service” has 2"))
    assert found(plan, staff(team(1, 2, 3))) == {}


def test_the_fallback_team_of_a_certain_person_counts():
    plan = row(task("a"), task("b", assignment="person", person="anna@example.org", apart_key="a"))
    assert found(plan, staff(team(1), anna=1)) == {"four_eyes_steps": "b"}
    assert found(plan, staff(team(1), anna=7)) == {}
    by_anna = row(task("a", assignment="person", person="anna@example.org"), task("b", apart_key="a"))
    assert found(by_anna, staff(team(1, 2), anna=1)) == {}


def test_what_depends_on_who_starts_or_on_repeats_is_a_warning():
    starter = row(task("a", assignment="starter"), task("b", apart_key="a"))
    assert found(starter, staff(team(1)), severity="warning") == {"four_eyes_outsider": "b"}
    loop = Blueprint(
        steps=(
            node("start", "start"),
            task("a", outcomes="done again"),
            task("b", apart_key="a"),
            node("end", "end"),
        ),
        flows=flows("start>a", "a.done>b", "a.again>a", "b.done>end"),
    )
    assert found(loop, staff(team(1, 2)), severity="warning") == {"four_eyes_repeats": "b"}
    few = replace(
        loop, steps=tuple(replace(one, max_visits=1) if one.key == "a" else one for one in loop.steps)
    )
    assert found(few, staff(team(1, 2))) == {}


def test_the_same_person_again_binds_nobody_else_and_a_circle_of_them_does_not_hang():
    same = task("b", assignment="same_as", reference_key="a")
    assert found(row(task("a"), same, task("c", apart_key="a,b")), staff(team(1, 2))) == {}
    circle = task("a", assignment="same_as", reference_key="b")
    assert "four_eyes_steps" not in found(row(circle, same, task("c", apart_key="a,b")), staff(team(1, 2)))


def test_a_vote_of_the_whole_team_leaves_nobody_of_it():
    vote = repeated(Repeat(Over.TEAM, key="service"))
    plan = replace(
        vote,
        steps=(*vote.steps, task("b", apart_key="vote")),
        flows=flows("start>vote", "vote.done>b", "vote.none>b", "b.done>end"),
    )
    assert found(plan, staff()) == {"four_eyes_steps": "b"}


# -- from the rows -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_publishing_reads_who_is_there():
    version = publishing.new_draft(make_version(complaint()), by=None)
    problems = publishing.problems(version)
    assert {(one.code, one.severity) for one in problems} == {("team_empty", "error")}
    assert len(problems) == 2
    with pytest.raises(publishing.NotPublishable):
        publishing.publish(version, by=None)
    assert {one.code for one in publishing.problems(version, are_coming=True)} == {"team_new"}
    attend("service", "quality")
    assert publishing.problems(version) == []
    anna = make_user("Anna", make_team("service"))
    Step.objects.filter(version=version, key="capture").update(assignment="person", person=anna)
    assert publishing.problems(version) == []
    anna.is_active = False
    anna.save()
    assert [one.code for one in publishing.problems(version)] == ["person_gone"]


@pytest.mark.django_db
def test_the_people_are_read_in_three_statements_however_many_there_are():
    for number in range(5):
        attend(f"team{number}")
    anna = make_user("Anna", make_team("team0"))
    first = task("a", "team0", assignment="person", person=anna.email)
    plan = row(first, *(task(f"s{number}", f"team{number}") for number in range(1, 5)))
    with CaptureQueriesContext(connection) as captured:
        people = availability.staff_of(plan)
    assert len(captured) == 3
    assert {key: len(one.members) for key, one in people.teams.items() if key != "team0"} == dict.fromkeys(
        ("team1", "team2", "team3", "team4"), 2
    )
    assert people.persons == {anna.email: anna.pk}
    assert {len(one.leads) for one in people.teams.values()} == {1}
