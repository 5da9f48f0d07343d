"""The lead's board after a standstill of the clock, its action, and the ways there."""

import datetime as dt

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from processes import runtime
from processes.tests.builders import make_definition, make_version, single
from tasks.messages import outbox
from tasks.models import Clock, Notification, Standstill, StandstillExtension, Task
from tasks.tests.offices import browser, staff

pytestmark = pytest.mark.django_db
URL = "/standstills/"


@pytest.fixture
def office():
    return staff()


@pytest.fixture
def still(office):
    """Three days that ended an hour ago: whenever this runs there was working time in it, or a weekend."""
    now = timezone.now()
    return Standstill.objects.create(from_at=now - dt.timedelta(days=5), until_at=now - dt.timedelta(hours=1))


@pytest.fixture
def task(office, still):
    """A task whose deadline passed in the middle of the standstill."""
    return late_task(office, still, make_version(single(deadline="3d"), make_definition("ticket")))


def late_task(office, still, version):
    begun = still.from_at - dt.timedelta(days=7)
    task = runtime.start(version, by=office["anna"], at=begun).tasks.get()
    due_at = still.from_at + dt.timedelta(hours=30)
    Clock.objects.filter(task=task).update(due_at=due_at, paused_seconds=3600)
    Task.objects.filter(pk=task.pk).update(due_at=due_at, due_sort_at=due_at)
    return task


def address(still, office):
    return f"/standstills/{still.pk}/teams/{service(office).pk}/"


def service(office):
    return office["lena"].memberships.get().team


def test_the_lead_sees_what_passed_and_extends_it(office, still, task):
    client = browser(office["lena"])
    inbox = client.get("/tasks/", {"folder": "led"})
    assert inbox.context["passed"] == 1
    assert URL in inbox.content.decode()
    (board,) = client.get(URL).context["boards"]
    assert [row.url for row in board.teams[0].rows] == [f"/tasks/{task.pk}/"]
    before = Task.objects.get().due_at
    assert client.post(address(still, office), {"reason": "Server stand"}).url == URL
    assert Task.objects.get().due_at > before
    (after,) = client.get(URL).context["boards"]
    assert "Server stand" in after.teams[0].done
    assert after.teams[0].rows == []


def test_twice_is_once_and_without_a_reason_nothing_happens(office, still, task):
    client = browser(office["lena"])
    refused = client.post(address(still, office), {"reason": " "})
    assert refused.status_code == 422
    assert not StandstillExtension.objects.exists()
    for _ in range(2):
        assert client.post(address(still, office), {"reason": "Server stand"}).status_code == 302
    assert task.instance.events.filter(kind="deadline").count() == 1


def test_a_page_left_open_for_a_week_extends_nothing_any_more(office, still, task):
    still.until_at = timezone.now() - dt.timedelta(days=7, minutes=1)
    still.save(update_fields=["until_at"])
    before = Task.objects.get().due_at
    refused = browser(office["lena"]).post(address(still, office), {"reason": "Server stand"})
    assert (refused.status_code, refused.context["boards"]) == (409, [])
    assert "7" in refused.context["problem"]
    assert Task.objects.get().due_at == before
    assert not StandstillExtension.objects.exists()


def test_others_have_no_board_and_no_action(office, still, task):
    page = browser(office["bert"]).get(URL)
    assert (page.status_code, page.context["boards"]) == (200, [])
    for name in ("bert", "oskar", "pia"):
        answer = browser(office[name]).post(address(still, office), {"reason": "Server stand"})
        assert answer.status_code == 404
    lena = browser(office["lena"])
    assert lena.post("/standstills/99999999/teams/1/", {"reason": "x"}).status_code == 404
    assert lena.get(address(still, office)).status_code == 405
    assert browser(office["pia"]).get(URL).status_code == 404


def test_the_notification_and_its_mail_lead_to_the_board(office, still, task):
    rows = outbox.notice(
        "standstill",
        recipients=[office["lena"].pk],
        key=f"standstill:{still.pk}",
        at=timezone.now(),
        data={"standstill": still.pk},
    )
    outbox.put(rows)
    client = browser(office["lena"])
    (notice,) = client.get("/notifications/").context["new"]
    assert "stillstand" in notice.text
    assert client.post(f"/notifications/{notice.id}/read/").url == URL
    outbox.deliver()
    (sent,) = mail.outbox
    assert sent.body.strip().endswith(URL)
    assert "stand still" in sent.subject
    assert Notification.objects.filter(state="pending").count() == 0


def test_number_of_statements_does_not_grow_with_the_tasks(office, still, task):
    client = browser(office["lena"])

    def statements():
        client.get(URL)
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        return len(captured)

    few = statements()
    for _ in range(20):
        late_task(office, still, task.instance.version)
    assert statements() == few
