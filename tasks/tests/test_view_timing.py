"""Putting off, bringing back, moving a deadline and calling the lead in, in the browser."""

import datetime as dt

import pytest
from django.utils import timezone

from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.tests.builders import make_definition, make_version, single
from tasks.models import Clock, Notification, Task
from tasks.tests.offices import browser, kinds, staff

pytestmark = pytest.mark.django_db
ACTIONS = ("postpone", "take-up", "deadline", "escalate")


@pytest.fixture
def office():
    return staff()


def ticket(office, *rules, claimed_by="bert"):
    version = make_version(single(deadlines=rules or (DeadlinePlan(offset="3d"),)), make_definition("ticket"))
    task = runtime.start(version, by=office["anna"]).tasks.get()
    return runtime.claim(task, by=office[claimed_by]) if claimed_by else task


@pytest.fixture
def task(office):
    return ticket(office)


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_refuse_get_and_outsiders(office, task, action):
    url = f"/tasks/{task.pk}/{action}/"
    assert browser(office["bert"]).get(url).status_code == 405
    for name in ("oskar", "pia"):
        assert browser(office[name]).post(url).status_code == 404
    assert kinds(task.instance) == ["started", "claimed"]


# -- putting off ---------------------------------------------------------------------------------------------


def later(**values):
    return {"date": "+7", "time": "10:30", "waits_for": "later", "note": "Rückruf", **values}


def test_put_off_until_a_day_and_time_and_the_toast_says_what_becomes_of_the_deadline(office, task):
    client = browser(office["bert"])
    answer = client.post(f"/tasks/{task.pk}/postpone/", later())
    assert answer.url == "/tasks/"
    row = Task.objects.get()
    assert (row.is_hidden, row.waits_for) == (True, "later")
    assert row.follow_up_at >= timezone.now() + dt.timedelta(days=6)
    (toast,) = client.get("/tasks/").context["messages"]
    assert "Work" in str(toast)
    assert Clock.objects.get(kind="solution").paused_at is None
    page = client.get(f"/tasks/{task.pk}/")
    assert page.context["comes_back"]
    assert [choice.value for choice in page.context["waits_for_choices"]] == ["later", "customer", "third"]


def test_waiting_for_the_customer_stops_the_deadline_but_not_a_legal_one(office):
    plain = ticket(office)
    browser(office["bert"]).post(f"/tasks/{plain.pk}/postpone/", later(waits_for="customer"))
    assert Clock.objects.get(task=plain, kind="solution").paused_at is not None
    version = make_version(
        single(deadlines=(DeadlinePlan(offset="1m", is_legal=True),)), make_definition("appeal")
    )
    legal = runtime.start(version, by=office["anna"]).tasks.get()
    client = browser(office["bert"])
    client.post(f"/tasks/{legal.pk}/postpone/", later(waits_for="customer"))
    assert Task.objects.get(pk=legal.pk).is_hidden
    assert Clock.objects.get(task=legal, kind="solution").wake_at is not None
    assert not client.get(f"/tasks/{legal.pk}/").context["deadlines"].rests


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"date": ""}, "date"),
        ({"date": "31.2."}, "date"),
        ({"date": "irgendwann"}, "date"),
        ({"date": "+9999"}, "date"),
        ({"date": "1.1.2190"}, "date"),
        ({"time": "25:00"}, "time"),
        ({"time": "10:75"}, "time"),
        ({"time": "früh"}, "time"),
        ({"date": "gestern"}, ""),
        ({"waits_for": "godot"}, ""),
    ],
)
def test_what_cannot_be_read_or_lies_behind_is_refused_with_everything_typed(office, task, values, field):
    sent = later(**values)
    answer = browser(office["bert"]).post(f"/tasks/{task.pk}/postpone/", sent)
    assert answer.status_code == 422
    assert (answer.context["refusal"].field, answer.context["refusal"].entered) == (field, sent)
    assert 'id="postpone" open' in answer.content.decode()
    assert not Task.objects.get().is_hidden


def test_twice_is_once_and_a_stale_page_is_told(office, task):
    client = browser(office["bert"])
    version = client.get(f"/tasks/{task.pk}/").context["task"].lock_version
    sent = later(lock_version=version)
    assert [client.post(f"/tasks/{task.pk}/postpone/", sent).status_code for _ in range(2)] == [302, 302]
    assert kinds(task.instance).count("postponed") == 1
    other = client.post(f"/tasks/{task.pk}/postpone/", later(lock_version=version, date="+20"))
    assert (other.status_code, other.context["refusal"].entered["note"]) == (409, "Rückruf")


def test_who_only_sees_the_task_may_not_put_it_off(office, task):
    assert browser(office["anna"]).post(f"/tasks/{task.pk}/postpone/", later()).status_code == 422
    assert "postpone" not in browser(office["anna"]).get(f"/tasks/{task.pk}/").content.decode()


def test_bring_back(office, task):
    client = browser(office["bert"])
    assert "take-up" not in client.get(f"/tasks/{task.pk}/").content.decode()
    client.post(f"/tasks/{task.pk}/postpone/", later(waits_for="third"))
    assert "take-up" in client.get(f"/tasks/{task.pk}/").content.decode()
    assert client.post(f"/tasks/{task.pk}/take-up/").url == f"/tasks/{task.pk}/"
    assert not Task.objects.get().is_hidden
    assert Clock.objects.get(kind="solution").paused_at is None
    assert client.post(f"/tasks/{task.pk}/take-up/").status_code == 409


# -- moving a deadline ---------------------------------------------------------------------------------------


def moved(**values):
    return {"date": "+14", "time": "", "reason": "Kunde im Urlaub", **values}


def test_the_lead_moves_a_deadline_and_the_page_says_who_and_why(office, task):
    client = browser(office["lena"])
    assert client.post(f"/tasks/{task.pk}/deadline/", moved(time="12")).url == f"/tasks/{task.pk}/"
    due_at = timezone.localtime(Task.objects.get().due_at)
    assert (due_at.hour, due_at.date()) == (12, timezone.localdate() + dt.timedelta(days=14))
    (why,) = client.get(f"/tasks/{task.pk}/").context["deadlines"].whys
    assert "Lena" in why.notes[0]
    assert "Kunde im Urlaub" in why.notes[0]


def test_without_a_time_it_ends_when_the_office_closes(office, task):
    monday = timezone.localdate() + dt.timedelta(days=7 + (7 - timezone.localdate().weekday()) % 7)
    browser(office["lena"]).post(f"/tasks/{task.pk}/deadline/", moved(date=f"{monday:%d.%m.%Y}"))
    due_at = timezone.localtime(Task.objects.get().due_at)
    assert (due_at.hour, due_at.date()) == (17, monday)


def test_moving_it_needs_a_lead_a_reason_and_a_day_to_come(office, task):
    assert browser(office["bert"]).post(f"/tasks/{task.pk}/deadline/", moved()).status_code == 422
    client = browser(office["lena"])
    for values in ({"reason": " "}, {"date": "gestern"}, {"date": ""}):
        answer = client.post(f"/tasks/{task.pk}/deadline/", moved(**values))
        assert answer.status_code == 422
        assert answer.context["refusal"].entered == moved(**values)
    assert kinds(task.instance) == ["started", "claimed"]


def test_moving_it_twice_is_once_and_a_stale_page_is_told(office, task):
    client = browser(office["lena"])
    version = client.get(f"/tasks/{task.pk}/").context["task"].lock_version
    sent = moved(time="12:00", lock_version=version)
    assert [client.post(f"/tasks/{task.pk}/deadline/", sent).status_code for _ in range(2)] == [302, 302]
    assert kinds(task.instance).count("deadline") == 1
    sent = moved(date="+20", lock_version=version)
    assert client.post(f"/tasks/{task.pk}/deadline/", sent).status_code == 409


def test_a_notfrist_is_refused_with_a_sentence(office):
    task = ticket(office, DeadlinePlan(offset="1m", is_legal=True, is_final=True))
    client = browser(office["lena"])
    page = client.get(f"/tasks/{task.pk}/")
    assert page.context["deadlines"].is_final
    assert "Notfrist" in page.content.decode()
    answer = client.post(f"/tasks/{task.pk}/deadline/", moved())
    assert answer.status_code == 422
    assert "Notfrist" in answer.context["refusal"].problem


# -- calling the lead in -------------------------------------------------------------------------------------


def test_the_lead_is_called_in_once(office, task):
    client = browser(office["bert"])
    version = client.get(f"/tasks/{task.pk}/").context["task"].lock_version
    sent = {"reason": "Kunde droht", "lock_version": version}
    assert client.post(f"/tasks/{task.pk}/escalate/", sent).url == f"/tasks/{task.pk}/"
    assert client.post(f"/tasks/{task.pk}/escalate/", sent).status_code == 409
    assert Notification.objects.filter(recipient=office["lena"], kind="escalated", channel="app").count() == 1
    assert client.get(f"/tasks/{task.pk}/").context["deadlines"].level


def test_calling_in_needs_a_reason_and_the_right(office, task):
    answer = browser(office["bert"]).post(f"/tasks/{task.pk}/escalate/", {"reason": ""})
    assert (answer.status_code, answer.context["refusal"].action) == (422, "escalate")
    refused = browser(office["anna"]).post(f"/tasks/{task.pk}/escalate/", {"reason": "Kunde droht"})
    assert refused.status_code == 422
    assert not Notification.objects.filter(kind="escalated").exists()
