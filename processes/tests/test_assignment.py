"""Each rule finds whom it means, says why, and leaves the task to the inbox when it cannot."""

from __future__ import annotations

import pytest

from people.models import Membership
from processes.blueprint import FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessVersion
from processes.tests.builders import (
    Blueprint,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from processes.tests.handouts import after_first, choose, given, pair, why
from tasks.models import Task

pytestmark = pytest.mark.django_db


# -- a certain person, the starter, the same person ----------------------------------------------------------


def test_a_certain_person_gets_it_and_the_inbox_once_the_person_is_gone():
    anna, bert = make_user("Anna", make_team("quality")), make_user("Bert", make_team())
    version = make_version(single(assignment="person", person=anna.email))
    row = given(version, bert)
    assert (row.assignee, row.team, row.assignment_reason) == (anna, make_team(), {"code": "person"})
    anna.is_active = False
    anna.save()
    row = given(version, bert)
    assert (row.assignee, row.assignment_reason) == (None, {"code": "fallback", "rule": "person"})
    assert "not available" in why(row)


def test_a_person_without_an_active_team_gets_nothing():
    anna = make_user("Anna", make_team("old", is_active=False))
    version = make_version(single(assignment="person", person=anna.email))
    assert given(version, make_user("Bert", make_team())).assignee is None


def test_the_starter_and_whoever_did_a_step_get_theirs():
    anna = make_user("Anna", make_team())
    make_user("Bert", make_team())
    same = make_version(pair({"assignment": "starter"}, assignment="same_as", reference_key="first"))
    row = after_first(same, anna)
    assert (row.assignee, row.assignment_reason) == (anna, {"code": "same_as", "step": "first"})
    assert "First" in why(row)
    first = row.instance.tasks.get(step_key="first")
    assert (first.assignee, first.assignment_reason) == (anna, {"code": "starter"})


# -- the starter's lead --------------------------------------------------------------------------------------


@pytest.fixture
def lead_version() -> ProcessVersion:
    """A step of service for the starter's lead; board owns the process and Olga answers for it."""
    owner = make_user("Olga", make_team("board"))
    definition = make_definition(owner_team=make_team("board"), owner=owner)
    return make_version(single(assignment="starter_lead"), definition)


def test_the_lead_of_the_steps_team_comes_before_the_owning_team_and_others(lead_version: ProcessVersion):
    others = (make_team("service"), make_team("board"), make_team("archive"))
    leads = [make_user(f"Lead{team.key}", team, lead=True) for team in others]
    anna = make_user("Anna", *others)
    for lead in leads:
        row = given(lead_version, anna)
        assert (row.assignee, row.team.key) == (lead, "service")
        assert row.assignment_reason == {"code": "starter_lead", "who": "lead"}
        lead.is_active = False
        lead.save()
    row = given(lead_version, anna)
    assert (str(row.assignee), row.assignment_reason["code"]) == ("Olga", "stand_in")


def test_a_leads_own_request_goes_to_the_process_owner_and_not_to_the_other_lead(
    lead_version: ProcessVersion,
):
    head = make_user("Head", make_team(), lead=True)
    make_user("Second", make_team(), lead=True)
    row = given(lead_version, head)
    assert row.assignee == lead_version.definition.owner
    assert "process owner" in why(row)


def test_the_owners_own_request_is_never_his_own(lead_version: ProcessVersion):
    owner = lead_version.definition.owner
    Membership.objects.create(user=owner, team=make_team(), role="lead")
    second = make_user("Second", make_team())
    row = given(lead_version, owner)
    assert (row.assignee, row.assignment_reason["code"]) == (None, "fallback")
    second.is_active = False
    second.save()
    row = given(lead_version, owner)
    assert (row.assignee, row.assignment_reason["code"]) == (None, "nobody")


# -- turns and loads -----------------------------------------------------------------------------------------


def test_turns_go_round_and_newcomers_and_leavers_leave_the_order_alone():
    team = make_team()
    anna, bert, cleo = (make_user(name, team) for name in ("Anna", "Bert", "Cleo"))
    version = make_version(single(assignment="round_robin"))
    assert [given(version).assignee for _ in range(4)] == [anna, bert, cleo, anna]
    dora = make_user("Dora", team)
    assert [given(version).assignee for _ in range(2)] == [dora, bert]
    cleo.is_active = False
    cleo.save()
    assert [given(version).assignee for _ in range(4)] == [anna, dora, bert, anna]
    assert "turns" in why(given(version))


def test_turns_are_kept_per_step_and_over_versions():
    team = make_team()
    anna, bert = make_user("Anna", team), make_user("Bert", team)
    version = make_version(single(assignment="round_robin"))
    assert given(version).assignee == anna
    other = make_version(
        single(assignment="round_robin"), make_definition("ticket", number_pattern="T-{seq}")
    )
    assert given(other).assignee == anna
    newer = make_version(single(assignment="round_robin"), version.definition)
    assert given(newer).assignee == bert


def test_whoever_is_left_out_by_four_eyes_is_next_the_next_time():
    team = make_team()
    anna, bert = make_user("Anna", team), make_user("Bert", team)
    version = make_version(pair(assignment="round_robin", apart_key="first"))
    assert [after_first(version, by).assignee for by in (anna, anna, bert, bert)] == [bert, bert, anna, anna]


def test_the_least_loaded_gets_it_and_tasks_of_the_same_change_count():
    team = make_team()
    anna, bert = make_user("Anna", team), make_user("Bert", team)
    version = make_version(single(assignment="fewest_open"))
    first, second = given(version), given(version)
    assert [first.assignee, second.assignee] == [anna, bert]
    unsaved = Task(step_key="work", assignee=anna)
    assert choose(second, beside=(unsaved,)).assignee_id == bert.pk


def test_two_steps_kept_apart_and_begun_at_once_go_to_two_persons():
    team = make_team()
    anna, bert = make_user("Anna", team), make_user("Bert", team)
    plan = pair({"assignment": "person", "person": anna.email}, assignment="fewest_open", apart_key="first")
    row = after_first(make_version(plan), anna)
    beside = (Task(step_key="first", assignee=bert),)
    assert choose(row).assignee_id == bert.pk
    assert choose(row, beside=beside).is_nobody


# -- from a field --------------------------------------------------------------------------------------------


def from_field(kind: str) -> ProcessVersion:
    """One step for whoever the field `who` names; service stands by."""
    start = StepPlan("start", "start", "Start", fields=(StepFieldPlan("who", "optional"),))
    plan = Blueprint(
        fields=(FieldPlan("who", "Zuständig", kind),),
        steps=(start, task("work", assignment="from_field", field_key="who"), node("end", "end")),
        flows=flows("start>work", "work.done>end"),
    )
    return make_version(plan)


def test_the_person_in_a_field_gets_it_and_the_inbox_if_the_field_is_empty():
    anna, bert = make_user("Anna", make_team("quality")), make_user("Bert", make_team())
    version = from_field("person")
    row = given(version, bert, data={"who": anna.pk})
    assert (row.assignee, row.assignment_reason) == (anna, {"code": "from_field", "field": "who"})
    assert "Zuständig" in why(row)
    assert given(version, bert).assignment_reason == {"code": "fallback", "rule": "from_field"}


@pytest.mark.parametrize(("members", "expected"), [(1, "quality"), (0, "service")])
def test_the_team_in_a_field_has_it_in_its_inbox_if_anybody_is_there(members: int, expected: str):
    bert, quality = make_user("Bert", make_team()), make_team("quality")
    for _ in range(members):
        make_user("", quality)
    row = given(from_field("team"), bert, data={"who": quality.pk})
    assert (row.team.key, row.assignee) == (expected, None)
