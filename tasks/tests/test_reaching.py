"""Whom escalation reaches: who is told may see the case; where nobody can be reached something says so."""

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override

from people.models import Membership, Team, User
from people.scope import scope_of
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan
from processes.models import CaseAccess, ProcessDefinition, ProcessInstance
from processes.tests.builders import (
    MONDAY,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from tasks import deadlines, verify
from tasks.models import Incident, Notification
from tasks.tests.test_escalation import Office, act, notify, on, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(db):
    return Office()


def claimed(office, case):
    return runtime.claim(case.tasks.get(), by=office.bela, at=MONDAY)


def sees(user, case):
    fresh = User.objects.get(pk=user.pk)
    return ProcessInstance.objects.visible_to(scope_of(fresh)).filter(pk=case.pk).exists()


def codes(case):
    return list(Incident.objects.filter(instance=case, resolved_at=None).values_list("code", flat=True))


# -- whoever is told may see it ------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [(), ({"do": "comment", "text": "x"},)], ids=["tells", "tells and acts"])
def test_whoever_a_level_tells_may_see_the_case(office, more):
    case = office.start({"acts": [*notify("leads_lead")["acts"], *more]})
    assert not sees(office.head, case)
    deadlines.sweep(at=on(18))
    assert told(case) == ["Hedda"]
    assert sees(office.head, case)
    browser = Client()
    browser.force_login(office.head)
    assert browser.get(reverse("tasks:detail", args=[case.tasks.get().pk])).status_code == 200
    assert case.number in browser.get(reverse("tasks:notifications")).content.decode()
    assert not list(verify.all_breaks())


def test_the_counter_counts_what_the_list_shows(office):
    case = office.start(notify("leads_lead"))
    deadlines.sweep(at=on(18))
    browser = Client()
    browser.force_login(office.head)
    assert browser.get(reverse("tasks:notifications")).context["unread"] == 1
    CaseAccess.objects.filter(instance=case, user=office.head).delete()
    assert browser.get(reverse("tasks:notifications")).context["unread"] == 0


def test_whoever_sees_it_anyway_gets_no_grant_of_his_own(office):
    case = office.start(notify("team", "lead"))
    before = CaseAccess.objects.filter(instance=case).count()
    deadlines.sweep(at=on(18))
    assert CaseAccess.objects.filter(instance=case).count() == before


def test_a_plan_lets_nobody_into_a_confidential_case(office):
    ProcessDefinition.objects.update(is_confidential=True)
    office.definition.refresh_from_db()
    case = office.start(notify("leads_lead"))
    deadlines.sweep(at=on(18))
    assert told(case) == ["Olga"]
    assert not sees(office.head, case)


def test_of_a_confidential_case_leads_above_are_told_where_they_see_it(office):
    ProcessDefinition.objects.update(is_confidential=True)
    office.definition.refresh_from_db()
    case = office.start(notify("leads_lead"))
    CaseAccess.objects.create(instance=case, user=office.head)
    case.granted["user"].append(office.head.pk)
    case.save(update_fields=["granted"])
    deadlines.sweep(at=on(18))
    assert told(case) == ["Hedda"]


def test_the_deadline_of_a_case_is_no_news_for_a_team_that_may_not_see_it(db):
    make_user("Lea", make_team("owners"), lead=True)
    make_user("Otto", make_team("owners"))
    owner = make_user("Olga", make_team("elsewhere"))
    anna = make_user("Anna", make_team())
    definition = make_definition(owner=owner, owner_team=make_team("owners"), visibility="participants")
    plan = replace(single(), deadlines=(DeadlinePlan(basis="case", offset="8h"),))
    case = runtime.start(make_version(plan, definition, levels=[notify("team", level=1)]), by=anna, at=MONDAY)
    deadlines.sweep(at=on(18))
    assert told(case) == ["Olga"]


# -- passing a task on ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["lead", "person:hedda@example.org", "fewest_open", "pool"])
def test_a_task_passed_on_by_a_level_is_back_on_the_list(office, to):
    case = office.start(act("reassign", to=to))
    runtime.postpone(claimed(office, case), on(30, 9), by=office.bela, at=on(16, 12))
    deadlines.sweep(at=on(17))
    row = case.tasks.get()
    assert row.assignee_id != office.bela.pk
    assert (row.is_hidden, row.follow_up_at) == (False, None)
    assert not list(verify.all_breaks())


def four_eyes_case(*leads):
    later = task("second", assignment="not_same_as", reference_key="first", deadline="8h")
    plan = Blueprint(
        steps=(node("start", "start"), task("first"), later, node("end", "end")),
        flows=flows("start>first", "first.done>second", "second.done>end"),
    )
    version = make_version(plan, levels=[{"level": 1, **act("reassign", to="lead")}])
    case = runtime.start(version, by=leads[0], at=MONDAY)
    row = runtime.claim(case.tasks.get(), by=leads[0], at=MONDAY)
    runtime.complete_task(row, outcome="done", by=leads[0], at=MONDAY)
    deadlines.sweep(at=on(18))
    return case


def test_the_second_lead_gets_what_the_first_may_not_have(db):
    team = make_team()
    first, second = make_user("Erster", team, lead=True), make_user("Zweite", team, lead=True)
    case = four_eyes_case(first, second)
    assert case.tasks.open().get().assignee == second
    assert codes(case) == []


def test_it_stays_where_it_is_and_an_incident_says_so_if_no_lead_may_have_it(db):
    lead = make_user("Erster", make_team(), lead=True)
    make_user("Anna", make_team())
    case = four_eyes_case(lead)
    assert case.tasks.open().get().assignee is None
    assert codes(case) == ["nobody_to_have_it"]


def test_the_owner_gets_what_was_meant_for_somebody_who_has_left(office):
    case = office.start(act("reassign", to="person:weg@example.org"))
    deadlines.sweep(at=on(18))
    assert case.tasks.get().assignee == office.owner
    assert codes(case) == ["nobody_to_have_it"]
    runtime.reassign(case.tasks.get(), to=office.bela, by=office.lea, at=on(18, 11))
    assert codes(case) == []


def test_without_any_lead_the_owner_gets_it_and_an_incident_says_so(office):
    Membership.objects.filter(role="lead").delete()
    case = office.start(act("reassign", to="lead"))
    deadlines.sweep(at=on(18))
    assert case.tasks.get().assignee == office.owner
    assert codes(case) == ["nobody_to_have_it"]


def test_a_lead_who_has_it_keeps_it(office):
    make_user("Abel", office.lea.memberships.get().team, lead=True)
    case = office.start(act("reassign", to="lead"))
    runtime.claim(case.tasks.get(), by=office.lea, at=MONDAY)
    deadlines.sweep(at=on(18))
    assert case.tasks.get().assignee == office.lea
    assert codes(case) == []


# -- calling for help ----------------------------------------------------------------------------------------


def call(case, by):
    runtime.escalate(case.tasks.get(), by=by, reason="Hilfe", at=on(16, 12))


def test_calling_the_lead_where_there_is_none_is_an_incident(office):
    Membership.objects.filter(role="lead").delete()
    ProcessDefinition.objects.update(owner=None)
    office.definition.refresh_from_db()
    case = office.start(notify("lead"))
    claimed(office, case)
    browser = Client()
    browser.force_login(office.bela)
    row = case.tasks.get()
    url = reverse("tasks:escalate", args=[row.pk])
    answer = browser.post(url, {"reason": "Hilfe"}, follow=True)
    assert (told(case), codes(case)) == ([], ["nobody_told"])
    with override("de"):
        success = gettext("The lead has been called in for “%(task)s”.") % {"task": row.title}
    assert row.title in answer.content.decode()
    assert success not in answer.content.decode()


def test_a_lead_calls_the_lead_above(office):
    case = office.start(notify("lead"))
    runtime.claim(case.tasks.get(), by=office.lea, at=MONDAY)
    call(case, office.lea)
    assert told(case) == ["Hedda"]
    assert sees(office.head, case)


def test_a_lead_without_one_above_calls_the_owner(office):
    Team.objects.update(parent=None)
    case = office.start(notify("lead"))
    runtime.claim(case.tasks.get(), by=office.lea, at=MONDAY)
    call(case, office.lea)
    assert told(case) == ["Olga"]
    assert Notification.objects.filter(instance=case, channel="mail", recipient=office.owner).exists()


def test_an_owner_who_leads_calls_the_other_lead(office):
    Team.objects.update(parent=None)
    ProcessDefinition.objects.update(owner=office.lea)
    office.definition.refresh_from_db()
    make_user("Abel", office.lea.memberships.get().team, lead=True)
    case = office.start(notify("lead"))
    runtime.claim(case.tasks.get(), by=office.lea, at=MONDAY)
    call(case, office.lea)
    assert told(case) == ["Abel"]
