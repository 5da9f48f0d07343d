"""Of a confidential case a process owner is told who sees it already; nobody is let in by being told."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Membership, User
from people.scope import scope_of
from processes import runtime
from processes.blueprint import Blueprint
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import MONDAY, flows, make_team, make_user, node, task
from tasks import deadlines, verify
from tasks.models import Incident
from tasks.tests.test_escalation import Office, act, notify, on, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(db: None) -> Office:
    office = Office()
    ProcessDefinition.objects.update(is_confidential=True)
    office.definition.refresh_from_db()
    return office


def succeed() -> User:
    """Another one becomes the process owner."""
    new = make_user("Neu", make_team("elsewhere"))
    ProcessDefinition.objects.update(owner=new)
    return new


def sees(user: User, case: ProcessInstance) -> bool:
    scope = scope_of(User.objects.get(pk=user.pk))
    return ProcessInstance.objects.visible_to(scope).filter(pk=case.pk).exists()


def codes(case: ProcessInstance) -> list[str]:
    return list(Incident.objects.filter(instance=case).values_list("code", flat=True))


@pytest.mark.parametrize("more", [(), ({"do": "comment", "text": "x"},)], ids=["tells", "tells and acts"])
@pytest.mark.parametrize("whom", ["owner", "leads_lead", "lead"])
def test_whoever_became_the_owner_later_is_not_let_in(office, whom, more):
    Membership.objects.filter(role="lead").delete()
    case = office.start({"acts": [*notify(whom)["acts"], *more]})
    new = succeed()
    deadlines.sweep(at=on(18))
    assert (told(case), codes(case)) == ([], ["nobody_told"])
    assert not sees(new, case)
    assert not list(verify.all_breaks())


def test_whoever_was_the_owner_at_the_start_is_told(office):
    case = office.start(notify("owner"))
    deadlines.sweep(at=on(18))
    assert (told(case), codes(case)) == (["Olga"], [])


def test_a_case_that_is_not_confidential_lets_its_new_owner_in(office):
    ProcessDefinition.objects.update(is_confidential=False)
    office.definition.refresh_from_db()
    case = office.start(notify("owner"))
    new = succeed()
    deadlines.sweep(at=on(18))
    assert told(case) == ["Neu"]
    assert sees(new, case)


def test_a_new_owner_is_neither_called_in_nor_given_a_task(office):
    Membership.objects.filter(role="lead").delete()
    case = office.start(act("reassign", to="lead"))
    new = succeed()
    runtime.escalate(case.tasks.get(), by=office.bela, reason="Hilfe", at=MONDAY)
    deadlines.sweep(at=on(18))
    assert sorted(codes(case)) == ["nobody_to_have_it", "nobody_told"]
    assert case.tasks.get().assignee is None
    assert not sees(new, case)


@pytest.mark.parametrize(("is_confidential", "expected"), [(True, ["Lea"]), (False, ["Neu"])])
def test_of_a_confidential_case_that_stands_still_a_lead_learns_who_sees_it(
    office, is_confidential: bool, expected: list[str]
):
    """The only outcome leads to a branch that leads nowhere."""
    ProcessDefinition.objects.update(is_confidential=is_confidential)
    office.definition.refresh_from_db()
    steps = (node("start", "start"), task("work"), node("gate", "exclusive"), node("end", "end"))
    case = office.start(plan=Blueprint(steps=steps, flows=flows("start>work", "work.done>gate")))
    new = succeed()
    row = runtime.claim(case.tasks.get(), by=office.bela, at=MONDAY)
    with pytest.raises(runtime.NoWayOn):
        runtime.complete_task(row, outcome="done", by=office.bela, at=MONDAY)
    assert (codes(case), told(case)) == (["no_branch"], expected)
    assert sees(new, case) is not is_confidential


def test_many_cases_of_a_new_owner_cost_a_sweep_no_statement_each(office):
    def statements(number: int) -> int:
        for _case in range(number):
            office.start(notify("lead", "owner"))
        with CaptureQueriesContext(connection) as caught:
            deadlines.sweep(at=on(18))
        return len(caught)

    succeed()
    assert statements(2) == statements(6)
