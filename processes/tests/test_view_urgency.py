"""Urgency by hand or computed: on the start form, at a task, at a case."""

import pytest

from processes import runtime
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, by_amount, complaint, make_definition, make_user, make_version
from tasks.events import facts_of
from tasks.models import Task
from tasks.tests.offices import browser, open_task, staff, start

pytestmark = pytest.mark.django_db
START = "/processes/complaint/start/"


@pytest.fixture
def office():
    return staff()


def test_the_three_selects_show_the_level_that_follows(office):
    client = browser(office["anna"])
    page = client.get("/processes/urgency/", {"impact": "house", "pressure": "urgent", "urgency": "2"})
    assert page.context["judging"].judgement.level == 0
    assert 'id="urgency"' not in page.content.decode(), "a computed level is not chosen by hand"
    for query in ({"impact": "house"}, {"impact": "x", "pressure": "y", "urgency": "9"}, {}):
        by_hand = client.get("/processes/urgency/", query)
        assert (by_hand.status_code, by_hand.context["judging"].level) == (200, "")
    assert browser(make_user("Ulla", is_user_admin=True)).get("/processes/urgency/").status_code == 404


@pytest.mark.parametrize(
    ("sent", "urgency", "impact"),
    [
        ({"urgency": "3"}, 3, None),
        ({"urgency": "3", "impact": "teams", "pressure": "stands_still"}, 0, "teams"),
        ({"urgency": "1", "impact": "teams"}, 1, None),
        ({}, 2, None),
    ],
)
def test_a_case_starts_as_urgent_as_chosen_or_computed(office, sent, urgency, impact):
    make_version(complaint())
    browser(office["anna"]).post(START, {"title": "Bruch", **sent})
    case = ProcessInstance.objects.get()
    assert (case.urgency, open_task(case).urgency) == (urgency, urgency)
    assert facts_of(case.events.get(kind="started")).get("impact") == impact


def test_a_refused_start_keeps_what_was_chosen(office):
    make_version(by_amount(), make_definition("invoice"))
    sent = {"title": "x", "impact": "team", "pressure": "urgent"}
    answer = browser(office["anna"]).post("/processes/invoice/start/", sent)
    assert answer.status_code == 422
    assert answer.context["entered"].judging.judgement.level == 1


def test_a_task_is_judged_by_those_entitled(office):
    task = open_task(start(office))
    url = f"/tasks/{task.pk}/urgency/"
    assert browser(office["bert"]).post(url, {"impact": "house", "pressure": "urgent"}).status_code == 302
    assert Task.objects.get().urgency == 0
    assert browser(office["oskar"]).post(url, {"urgency": "1"}).status_code == 404


def test_a_case_is_judged_by_those_who_manage_it(office):
    case = start(office)
    url = f"/cases/{case.pk}/urgency/"
    assert browser(office["lena"]).post(url, {"urgency": "1"}).url == f"/cases/{case.pk}/"
    case.refresh_from_db()
    assert (case.urgency, open_task(case).urgency) == (1, 1)
    assert browser(office["bert"]).post(url, {"urgency": "0"}).status_code == 422
    assert browser(office["lena"]).post(url, {"urgency": "x"}).status_code == 422
    assert browser(office["lena"]).get(url).status_code == 405
    assert browser(office["oskar"]).post(url, {"urgency": "0"}).status_code == 404
    assert case.events.filter(kind="urgency").count() == 2


def test_a_suspended_case_is_not_judged(office):
    case = start(office)
    runtime.suspend(case, by=office["lena"], reason="wartet", at=MONDAY)
    lena = browser(office["lena"])
    assert lena.post(f"/cases/{case.pk}/urgency/", {"urgency": "1"}).status_code == 422
    assert f"/cases/{case.pk}/urgency/" not in lena.get(f"/cases/{case.pk}/").content.decode()
