"""Completing in the browser: the next page, refusals that keep what was typed, stale pages, double clicks."""

import re
import uuid

import pytest

from processes import runtime
from processes.blueprint import Blueprint
from processes.tests.builders import MONDAY, flows, make_version, node
from processes.tests.builders import task as task_step
from tasks.tests.offices import at_check, browser, kinds, open_task, staff, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return staff()


@pytest.fixture
def task(office):
    return at_check(office)


def form(page, **values):
    """What the browser would send: the hidden fields of the page and what was typed."""
    task, case = page.context["task"], page.context["instance"]
    hidden = {"lock_version": task.lock_version, "seen": case.event_seq, "key": page.context["key"]}
    shown = {f"version_{field.key}": field.version for field in page.context["fields"]}
    return {**hidden, **shown, **values}


def tick(task, by):
    runtime.check_item(task, task.step.checklist.get(key="seen").pk, checked=True, by=by, at=MONDAY)


def test_completing_goes_on_to_the_inbox_with_a_message(office, task):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    page = client.get(f"/tasks/{task.pk}/")
    answer = client.post(
        f"/tasks/{task.pk}/complete/", form(page, outcome="ok", field_cause="delay"), follow=True
    )
    assert answer.redirect_chain == [("/tasks/", 302)]
    (message,) = answer.context["messages"]
    assert "Approve" in str(message)
    assert kinds(task.instance)[-1] == "completed"
    assert open_task(task.instance, "approve").team.key == "service"


def test_completing_leads_back_to_the_list_it_was_opened_from(office, task):
    other = runtime.claim(open_task(start(office)), by=office["anna"], at=MONDAY)
    runtime.complete_task(other, outcome="complete", by=office["anna"], at=MONDAY)
    following = runtime.claim(open_task(other.instance, "check"), by=office["quirin"], at=MONDAY)
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    client.get("/tasks/?folder=team&q=Quirin")
    page = client.get(f"/tasks/{task.pk}/")
    assert page.context["last_list"].url == "/tasks/?folder=team"
    assert "Team-Eingang</a>" in page.content.decode()
    answer = client.post(f"/tasks/{task.pk}/complete/", form(page, outcome="ok", field_cause="delay"))
    assert answer.url == "/tasks/?folder=team"
    assert following.is_open


def test_completing_goes_on_with_the_case_where_its_next_task_is_mine(office):
    steps = (
        node("start", "start"),
        task_step("one"),
        task_step("two", assignment="starter"),
        node("end", "end"),
    )
    plan = Blueprint(steps=steps, flows=flows("start>one", "one.done>two", "two.done>end"))
    case = runtime.start(make_version(plan), by=office["anna"], at=MONDAY)
    first = runtime.claim(open_task(case, "one"), by=office["anna"], at=MONDAY)
    client = browser(office["anna"])
    page = client.get(f"/tasks/{first.pk}/")
    answer = client.post(f"/tasks/{first.pk}/complete/", form(page, outcome="done"))
    assert answer.url == f"/tasks/{open_task(case, 'two').pk}/"


@pytest.mark.parametrize("folder", ["led", "done"])
def test_a_list_that_cannot_be_gone_back_to_gives_way_to_the_own_tasks(office, task, folder):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    client.get(f"/tasks/?folder={folder}&urgency=0")
    page = client.get(f"/tasks/{task.pk}/")
    answer = client.post(f"/tasks/{task.pk}/complete/", form(page, outcome="ok", field_cause="delay"))
    assert answer.url == "/tasks/"


def test_missing_field_answers_422_and_keeps_what_was_typed(office, task):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    page = client.get(f"/tasks/{task.pk}/")
    answer = client.post(
        f"/tasks/{task.pk}/complete/", form(page, outcome="ok", field_cause="", field_report="getippt")
    )
    assert answer.status_code == 422
    fields = {field.key: field for field in answer.context["fields"]}
    assert (bool(fields["cause"].error), fields["report"].value) == (True, "getippt")
    assert "errsum" in answer.content.decode()
    assert kinds(task.instance)[-1] == "checked"


def test_open_checklist_answers_422_and_links_the_activity(office, task):
    client = browser(office["quirin"])
    page = client.get(f"/tasks/{task.pk}/")
    answer = client.post(f"/tasks/{task.pk}/complete/", form(page, outcome="ok", field_cause="delay"))
    assert answer.status_code == 422
    item = task.step.checklist.get(key="seen")
    assert f'href="#item-{item.pk}"' in answer.content.decode()


def test_all_that_is_missing_is_shown_at_once(office, task):
    client = browser(office["quirin"])
    page = client.get(f"/tasks/{task.pk}/")
    data = form(page, outcome="refuse", field_cause="", field_report="getippt", note_refuse=" ")
    answer = client.post(f"/tasks/{task.pk}/complete/", data)
    assert answer.status_code == 422
    links = re.findall(r'<li><a href="#([^"]+)"', answer.content.decode())
    assert links == [f"item-{task.step.checklist.get(key='seen').pk}", "field_cause", "note-refuse"]
    assert kinds(task.instance)[-1] == "claimed"
    values = {field.key: field.value for field in answer.context["fields"]}
    assert values["report"] == "getippt"


def test_an_open_mandatory_activity_says_so(office, task):
    page = browser(office["quirin"]).get(f"/tasks/{task.pk}/").content.decode()
    said = re.findall(
        r"<small>(.*?)</small>", page[page.index('id="checklist"') : page.index('id="h-fields"')]
    )
    assert said == ["Pflicht" if item.is_mandatory else "freiwillig" for item in task.step.checklist.all()]
    assert "Pflicht" in said


def test_outcome_without_its_reason_opens_the_panel_again(office, task):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    page = client.get(f"/tasks/{task.pk}/")
    data = form(page, outcome="refuse", field_cause="delay", note_ok="falsches Feld", note_refuse="  ")
    answer = client.post(f"/tasks/{task.pk}/complete/", data)
    assert answer.status_code == 422
    assert [button.key for button in answer.context["outcomes"] if button.is_open] == ["refuse"]


def test_reason_of_the_chosen_outcome_is_stored(office, task):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    page = client.get(f"/tasks/{task.pk}/")
    data = form(page, outcome="refuse", field_cause="delay", note_refuse=["", "verjährt"])
    assert client.post(f"/tasks/{task.pk}/complete/", data).status_code == 302
    event = task.instance.events.get(kind="completed", task=task)
    assert "verjährt" in event.payload.value


def test_twice_clicked_is_done_once(office, task):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    data = form(client.get(f"/tasks/{task.pk}/"), outcome="ok", field_cause="delay")
    first = client.post(f"/tasks/{task.pk}/complete/", data)
    second = client.post(f"/tasks/{task.pk}/complete/", data)
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.url == second.url
    assert kinds(task.instance).count("completed") == 2, "capture and check, once each"


def test_stale_page_answers_409_with_the_typed_text_and_who_was_quicker(office, task):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    data = form(client.get(f"/tasks/{task.pk}/"), outcome="ok", field_cause="delay", field_report="mein Text")
    runtime.complete_task(task, outcome="incomplete", by=office["quirin"], data={"cause": "damage"})
    answer = client.post(f"/tasks/{task.pk}/complete/", {**data, "key": uuid.uuid4().hex})
    assert answer.status_code == 409
    assert "mein Text" in answer.content.decode()
    assert [line.kind for line in answer.context["since"]] == ["completed"]
    assert answer.context["since"][0].who == "Quirin"


def test_stale_page_of_a_task_still_mine_can_be_sent_again(office, task):
    tick(task, office["quirin"])
    client = browser(office["quirin"])
    data = form(client.get(f"/tasks/{task.pk}/"), outcome="ok", field_cause="delay", field_report="mein Text")
    runtime.set_urgency(task, 0, by=office["quirin"], at=MONDAY)
    answer = client.post(f"/tasks/{task.pk}/complete/", data)
    assert answer.status_code == 409
    assert answer.context["is_mine"]
    again = form(answer, outcome="ok", field_cause="delay", field_report="mein Text")
    assert client.post(f"/tasks/{task.pk}/complete/", again).status_code == 302


def test_task_of_somebody_else_is_refused(office, task):
    client = browser(office["anna"])
    data = form(client.get(f"/tasks/{task.pk}/"), outcome="ok", field_cause="delay")
    assert client.post(f"/tasks/{task.pk}/complete/", data).status_code == 422
    assert kinds(task.instance)[-1] == "claimed"


def test_outsider_gets_404_and_get_405(office, task):
    assert browser(office["oskar"]).post(f"/tasks/{task.pk}/complete/").status_code == 404
    assert browser(office["quirin"]).get(f"/tasks/{task.pk}/complete/").status_code == 405


@pytest.mark.parametrize(
    "nonsense",
    [
        {"outcome": "nope"},
        {"outcome": ""},
        {"outcome": "ok", "lock_version": "²"},
        {"outcome": "ok", "lock_version": "9" * 5000, "seen": "9" * 5000},
        {"outcome": "ok", "key": "x" * 5000},
        {"outcome": "ok", "field_report": "a\x00b\x07", "field_cause": "delay"},
        {"outcome": "ok", "version_cause": "9" * 50, "field_cause": "nope"},
    ],
)
def test_nonsense_is_refused_not_a_server_error(office, task, nonsense):
    assert 400 <= browser(office["quirin"]).post(f"/tasks/{task.pk}/complete/", nonsense).status_code < 500
