"""Notifications and the search over everything visible."""

import pytest

from customers import records
from processes import runtime
from processes.tests.builders import MONDAY
from tasks.messages import mails
from tasks.models import Notification
from tasks.tests.offices import browser, open_task, staff, start
from tasks.views import messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return staff()


@pytest.fixture
def told(office):
    task = open_task(start(office, title="Mindermenge"))
    runtime.reassign(task, to=office["bert"], by=office["lena"], at=MONDAY)
    return Notification.objects.get(recipient=office["bert"], channel="app")


def test_notifications_show_new_ones_first_and_only_ones_own(office, told):
    page = browser(office["bert"]).get("/notifications/")
    assert [notice.id for notice in page.context["new"]] == [told.pk]
    assert browser(office["anna"]).get("/notifications/").context["new"] == []


def test_looking_marks_nothing_as_read(office, told):
    browser(office["bert"]).get("/notifications/")
    told.refresh_from_db()
    assert told.read_at is None


def test_reading_one_opens_its_task(office, told):
    client = browser(office["bert"])
    assert client.post(f"/notifications/{told.pk}/read/").url == f"/tasks/{told.task_id}/"
    told.refresh_from_db()
    assert told.read_at is not None
    assert client.get("/notifications/").context["new"] == []


def test_reading_somebody_elses_is_not_found(office, told):
    assert browser(office["anna"]).post(f"/notifications/{told.pk}/read/").status_code == 404
    assert browser(office["bert"]).get(f"/notifications/{told.pk}/read/").status_code == 405


def test_reading_all(office, told):
    assert browser(office["bert"]).post("/notifications/read/").url == "/notifications/"
    told.refresh_from_db()
    assert told.read_at is not None


@pytest.mark.parametrize("kind", sorted(mails.WORDS))
def test_every_message_has_words_of_its_own_on_the_page_and_in_mails(kind):
    assert set(mails.WORDS) == set(messages.WORDS)
    facts = dict.fromkeys(("task", "number", "process", "about", "tasks", "link"), "x")
    subject, body = mails.WORDS[kind]
    assert str(subject) % facts
    assert "x" in str(body) % facts
    assert str(messages.WORDS[kind][2]) % facts
    others = [str(words[0]) for other, words in mails.WORDS.items() if other != kind]
    assert str(subject) not in others


@pytest.mark.parametrize(
    ("row", "subject", "path"),
    [
        (Notification(kind="overdue", data={"clock": "reaction"}, task_id=7), "not_taken", "/tasks/7/"),
        (Notification(kind="reminder", data={"level": 90}, task_id=7), "warning", "/tasks/7/"),
        (Notification(kind="incident", instance_id=3), "incident", "/cases/3/"),
        (Notification(kind="standstill", data={"tasks": 2}), "standstill", "/standstills/"),
    ],
)
def test_what_is_told_and_where_it_leads(row, subject, path):
    assert (mails.subject_of(row), mails.path_of(row)) == (subject, path)


def test_search_finds_tasks_cases_and_customers(office):
    customer = records.create(by=office["anna"], kind="organisation", name="Bäckerei Hollerbach")
    case = start(office, title="Mindermenge", customer=customer)
    client = browser(office["bert"])
    found = client.get("/search/", {"q": "hollerbach"}).context
    assert [list(found["cases"]), list(found["customers"])] == [[case], [customer]]
    found = client.get("/search/", {"q": case.number}).context
    assert list(found["tasks"]) == [open_task(case)]


def test_search_shows_nothing_of_cases_one_may_not_see(office):
    start(office, title="Mindermenge")
    found = browser(office["oskar"]).get("/search/", {"q": "Mindermenge"}).context
    assert [list(found["cases"]), list(found["tasks"])] == [[], []]
    assert browser(office["pia"]).get("/search/", {"q": "x"}).status_code == 404


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "'\"\\", "a" * 5000, "²", "\u202e"])
def test_search_takes_any_text(office, text):
    assert browser(office["anna"]).get("/search/", {"q": text}).status_code == 200
