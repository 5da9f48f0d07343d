"""The deadline of a whole case: moved and escalated by hand, given back the time of a standstill."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone

from people.models import Membership
from people.scope import scope_of
from processes import nets, runtime
from processes.blueprint import DeadlinePlan
from processes.errors import (
    CannotMove,
    FinalDeadline,
    NotAllowed,
    NotRunning,
    ReasonMissing,
    StaleError,
    TooEarly,
)
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from tasks import deadlines, history, standstillboard, verify
from tasks.clocks import standstills
from tasks.events import Kind, facts_of
from tasks.models import Clock, Incident, Notification, Standstill
from tasks.tests.offices import browser, staff
from tasks.tests.test_escalation import Office, notify, on, told

pytestmark = pytest.mark.django_db
TWO_DAYS = DeadlinePlan(basis="case", offset="2d")


@pytest.fixture
def office(db):
    return Office()


def whole(office, rule=TWO_DAYS, levels=(), **what):
    return office.start(*(levels or (notify("lead"),)), plan=replace(single(), deadlines=(rule,)), **what)


def move(case, by, until, reason="Kunde liefert später", at=None):
    return runtime.move_case_deadline(case, until, by=by, reason=reason, at=at or on(17))


# -- moved by hand -------------------------------------------------------------------------------------------


def test_whoever_manages_the_case_moves_its_deadline_and_its_levels_begin_anew(office):
    case = whole(office)
    deadlines.sweep(at=on(18))
    assert told(case) == ["Lea"]
    move(case, office.owner, on(20), at=on(18, 11))
    case.refresh_from_db()
    assert case.due_at == on(20)
    facts = facts_of(case.events.get(kind=Kind.DEADLINE))
    assert (facts["why"], facts["clock"], facts["step"]) == ("moved", "case", "")
    deadlines.sweep(at=on(19))
    assert told(case) == ["Lea"]
    deadlines.sweep(at=on(20))
    assert told(case) == ["Lea", "Lea"]
    assert not list(verify.all_breaks())


def test_the_same_once_more_changes_nothing(office):
    case = whole(office)
    for _ in range(2):
        move(case, office.lea, on(20))
    assert case.events.filter(kind=Kind.DEADLINE).count() == 1
    assert Clock.objects.get(instance=case, kind="case").generation == 2


@pytest.mark.parametrize(
    ("who", "until", "reason", "refusal"),
    [
        ("bela", on(20), "x", NotAllowed),
        ("lea", on(20), "  ", ReasonMissing),
        ("lea", on(17), "x", TooEarly),
    ],
)
def test_what_is_refused_changes_nothing(office, who, until, reason, refusal):
    case = whole(office)
    with pytest.raises(refusal):
        move(case, getattr(office, who), until, reason)
    case.refresh_from_db()
    assert case.due_at == on(18)


def test_a_notfrist_and_no_deadline_at_all_cannot_be_moved(office):
    legal = DeadlinePlan(basis="case", offset="2w", is_legal=True, is_final=True)
    with pytest.raises(FinalDeadline):
        move(whole(office, legal), office.lea, on(30))
    with pytest.raises(CannotMove):
        move(office.start(), office.lea, on(30))


# -- calling the lead in -------------------------------------------------------------------------------------


def test_the_lead_of_the_owning_team_is_called_in_for_the_whole_case(office):
    case = whole(office)
    runtime.escalate_case(case, by=office.anna, reason="Kunde droht", at=on(17))
    assert told(case) == ["Lea"]
    mail = Notification.objects.get(instance=case, channel="mail")
    assert (mail.kind, mail.task) == ("escalated", None)
    line = history.lines(case.events.filter(kind=Kind.ESCALATED), nets.of_case(case))[0]
    assert "Lea" in line.text and not line.text.startswith(":")


def test_the_lead_calls_above_and_lets_him_see_it(office):
    case = whole(office)
    runtime.escalate_case(case, by=office.lea, reason="Hilfe", at=on(17))
    assert told(case) == ["Hedda"]
    assert ProcessInstance.objects.visible_to(scope_of(office.head)).filter(pk=case.pk).exists()


def test_calling_nobody_is_an_incident(office):
    Membership.objects.filter(role="lead").delete()
    ProcessDefinition.objects.update(owner=None)
    office.definition.refresh_from_db()
    case = whole(office)
    runtime.escalate_case(case, by=office.anna, reason="Hilfe", at=on(17))
    assert Incident.objects.get(instance=case).code == "nobody_told"


def test_calling_needs_a_reason_a_running_case_and_a_page_that_is_true(office):
    case = whole(office)
    with pytest.raises(ReasonMissing):
        runtime.escalate_case(case, by=office.anna, reason=" ")
    with pytest.raises(StaleError):
        runtime.escalate_case(case, by=office.anna, reason="x", expected_seq=0)
    runtime.suspend(case, by=office.lea, reason="x")
    with pytest.raises(NotRunning):
        runtime.escalate_case(case, by=office.anna, reason="x")


# -- after a standstill --------------------------------------------------------------------------------------


@pytest.fixture
def still(db):
    """Tuesday 11:00 to 15:00: four working hours."""
    return Standstill.objects.create(from_at=on(17, 11), until_at=on(17, 15))


def extend(still, by):
    return runtime.extend_by_standstill(still, make_team(), by=by, reason="Uhr", at=on(17, 15))


def test_a_case_gets_its_time_back_once(office, still):
    case = whole(office)
    case.refresh_from_db()
    (row,) = standstillboard.boards(scope_of(office.lea), on(17, 15))[0].teams[0].rows
    assert row.url == f"/cases/{case.pk}/"
    assert [extend(still, office.lea), extend(still, office.lea)] == [1, 0]
    case.refresh_from_db()
    assert case.due_at == on(18, 14)
    assert not list(verify.all_breaks())


def test_so_does_the_time_to_take_a_task_over_while_it_is_free(office, still):
    rules = (DeadlinePlan(offset="12h", kind="reaction"), DeadlinePlan(offset="3d"))
    free, taken = (office.start(plan=single(deadlines=rules)) for _ in range(2))
    runtime.claim(taken.tasks.get(), by=office.bela, at=on(17, 12))
    assert extend(still, office.lea) == 3
    assert Clock.objects.get(instance=free, kind="reaction").due_at == on(18, 10)
    assert Clock.objects.get(instance=taken, kind="reaction").generation == 1
    assert free.tasks.get().overdue_at is None


def test_a_case_its_team_may_not_see_is_not_on_the_board(db, still):
    lea, anna = make_user("Lea", make_team("owners"), lead=True), make_user("Anna", make_team())
    definition = make_definition(owner_team=make_team("owners"), visibility="participants")
    version = make_version(replace(single(), deadlines=(TWO_DAYS,)), definition)
    runtime.start(version, by=anna, at=MONDAY)
    assert standstills.clocks_of(still, [make_team("owners").pk]) == []
    assert standstillboard.boards(scope_of(lea), on(17, 15)) == []


# -- the page ------------------------------------------------------------------------------------------------


@pytest.fixture
def people(db):
    return staff()


@pytest.fixture
def case(people):
    version = make_version(replace(single(), deadlines=(TWO_DAYS,)), make_definition("ticket"))
    return runtime.start(version, by=people["anna"])


@pytest.mark.parametrize("action", ["deadline", "escalate"])
def test_doors_refuse_get_and_outsiders(people, case, action):
    url = f"/cases/{case.pk}/{action}/"
    assert browser(people["anna"]).get(url).status_code == 405
    assert browser(people["oskar"]).post(url).status_code == 404


def test_the_deadline_is_moved_on_the_page_of_the_case(people, case):
    client, url = browser(people["lena"]), f"/cases/{case.pk}/"
    page = client.get(url).content.decode()
    assert 'id="move-deadline"' in page and 'id="escalate"' in page
    answer = client.post(f"{url}deadline/", {"date": "+14", "time": "10:30", "reason": "Kunde verreist"})
    assert answer.url == url
    case.refresh_from_db()
    assert case.due_at > timezone.now() + dt.timedelta(days=12)


@pytest.mark.parametrize(
    ("values", "bad"), [({"date": "31.2."}, "date"), ({"time": "25:00"}, "time"), ({"reason": ""}, "")]
)
def test_what_is_refused_comes_back_as_typed(people, case, values, bad):
    sent = {"date": "+14", "time": "10:30", "reason": "Kunde verreist", **values}
    answer = browser(people["lena"]).post(f"/cases/{case.pk}/deadline/", sent)
    assert answer.status_code == 422
    assert (answer.context["bad"], answer.context["entered"]) == (bad, sent)
    assert 'id="move-deadline" open' in answer.content.decode()


def test_who_does_not_manage_calls_the_lead_in_but_moves_nothing(people, case):
    client, url = browser(people["bert"]), f"/cases/{case.pk}/"
    page = client.get(url)
    assert 'id="escalate"' in page.content.decode() and 'id="move-deadline"' not in page.content.decode()
    assert client.post(f"{url}deadline/", {"date": "+14", "reason": "x"}).status_code == 422
    seen = {"reason": "Kunde droht", "seen": page.context["instance"].event_seq}
    assert client.post(f"{url}escalate/", seen).status_code == 302
    assert told(case) == ["Lena"]
    assert client.post(f"{url}escalate/", seen).status_code == 409
    assert told(case) == ["Lena"]
