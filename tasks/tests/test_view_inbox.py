"""The inbox page: folders, filters, order, pages, and its number of statements."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers import records
from processes import runtime
from processes.models import ProcessDefinition
from processes.tests.builders import MONDAY, make_definition, make_version, single
from tasks import inbox
from tasks.models import Task
from tasks.tests.offices import browser, open_task, staff, start

pytestmark = pytest.mark.django_db
URL = "/tasks/"


@pytest.fixture
def office():
    return staff()


def rows(response):
    return [row.id for group in response.context["groups"] for row in group.rows]


def tickets(office, number, *, due=None, claimed_by=None):
    definition = ProcessDefinition.objects.filter(key="ticket").first()
    version = definition.published if definition else make_version(single(), make_definition("ticket"))
    made = []
    for _ in range(number):
        task = open_task(runtime.start(version, by=office["anna"], at=MONDAY), "work")
        if claimed_by:
            task = runtime.claim(task, by=office[claimed_by], at=MONDAY)
        if due:
            Task.objects.filter(pk=task.pk).update(due_at=due, due_sort_at=due)
        made.append(task)
    return made


def test_inbox_shows_pool_in_team_folder_and_own_in_mine(office):
    free, own = tickets(office, 1)[0], tickets(office, 1, claimed_by="bert")[0]
    client = browser(office["bert"])
    assert rows(client.get(URL)) == [own.pk]
    assert rows(client.get(URL, {"folder": "team"})) == [free.pk]
    assert client.get(URL).context["counts"]["team"] == 1


@pytest.mark.parametrize("name", ["oskar", "pia"])
def test_inbox_of_outsider_and_of_pure_administrator_is_empty(office, name):
    tickets(office, 1)
    for folder in inbox.FOLDERS:
        assert rows(browser(office[name]).get(URL, {"folder": folder})) == []


def test_inbox_asks_strangers_to_log_in(client):
    response = client.get(URL)
    assert (response.status_code, response.url) == (302, reverse("people:login") + "?next=/tasks/")


def test_inbox_refuses_post(office):
    assert browser(office["anna"]).post(URL).status_code == 405


def test_overdue_folder_has_mine_and_those_of_led_teams(office):
    past = timezone.now() - dt.timedelta(days=3)
    mine = tickets(office, 1, due=past, claimed_by="lena")[0]
    others = tickets(office, 1, due=past, claimed_by="bert")[0]
    pool = tickets(office, 1, due=past)[0]
    assert rows(browser(office["lena"]).get(URL, {"folder": "overdue"})) == [mine.pk, others.pk, pool.pk]
    assert rows(browser(office["bert"]).get(URL, {"folder": "overdue"})) == [others.pk]


def test_overdue_folder_leaves_out_suspended_cases(office):
    task = tickets(office, 1, due=timezone.now() - dt.timedelta(days=3), claimed_by="lena")[0]
    runtime.suspend(task.instance, by=office["lena"], reason="wartet", at=MONDAY)
    Task.objects.filter(pk=task.pk).update(due_sort_at=timezone.now() - dt.timedelta(days=3))
    assert rows(browser(office["lena"]).get(URL, {"folder": "overdue"})) == []
    assert browser(office["lena"]).get(URL).context["groups"][-1].key == "resting"


def test_led_folder_shows_all_open_tasks_of_the_team(office):
    made = [tickets(office, 1)[0].pk, tickets(office, 1, claimed_by="bert")[0].pk]
    assert rows(browser(office["lena"]).get(URL, {"folder": "led"})) == made
    assert rows(browser(office["bert"]).get(URL, {"folder": "led"})) == []


def test_done_folder_shows_newest_first(office):
    first, second = tickets(office, 2, claimed_by="bert")
    for hours, task in enumerate((first, second)):
        runtime.complete_task(task, outcome="done", by=office["bert"], at=MONDAY + dt.timedelta(hours=hours))
    assert rows(browser(office["bert"]).get(URL, {"folder": "done"})) == [second.pk, first.pk]


def put_off(task, by, days, **what):
    until = timezone.now() + dt.timedelta(days=days)
    return runtime.postpone(task, until, by=by, **what)


def test_put_off_tasks_stand_in_a_folder_of_their_own_by_the_day_they_come_back(office):
    past = timezone.now() - dt.timedelta(days=3)
    late, soon = tickets(office, 2, due=past, claimed_by="bert")
    free = tickets(office, 1, due=past)[0]
    put_off(late, office["bert"], 30)
    put_off(soon, office["bert"], 8, waits_for="customer")
    put_off(free, office["bert"], 20)
    client = browser(office["bert"])
    for folder in ("mine", "team", "overdue"):
        assert rows(client.get(URL, {"folder": folder})) == []
    page = client.get(URL, {"folder": "later"})
    assert rows(page) == [soon.pk, free.pk, late.pk]
    assert page.context["counts"]["later"] == 3
    assert [page.context["counts"][one] for one in ("mine", "team", "overdue")] == [0, 0, 0]
    (first, *_others) = page.context["groups"][0].rows
    assert first.back
    assert first.waiting


def test_put_off_tasks_of_colleagues_show_to_their_lead_only(office):
    task = tickets(office, 1, claimed_by="bert")[0]
    put_off(task, office["bert"], 8)
    assert rows(browser(office["anna"]).get(URL, {"folder": "later"})) == []
    assert rows(browser(office["lena"]).get(URL, {"folder": "later"})) == []
    page = browser(office["lena"]).get(URL, {"folder": "led"})
    assert [row.back != "" for group in page.context["groups"] for row in group.rows] == [True]
    assert rows(browser(office["lena"]).get(URL, {"folder": "overdue"})) == []


def test_pages_of_put_off_tasks_follow_each_other(office):
    made = tickets(office, 53, claimed_by="bert")
    for number, task in enumerate(made):
        put_off(task, office["bert"], 40 - number // 2)
    client = browser(office["bert"])
    first = client.get(URL, {"folder": "later"})
    second = client.get(URL + first.context["more_url"])
    shown = rows(first) + rows(second)
    assert len(rows(first)) == 50
    assert set(shown) == {task.pk for task in made}
    returns = Task.objects.in_bulk(shown)
    assert shown == sorted(shown, key=lambda pk: (returns[pk].follow_up_at, pk))


def test_groups_stand_in_the_order_of_urgency_of_the_deadline(office):
    now = timezone.now()
    tickets(office, 1, claimed_by="bert")
    tickets(office, 1, due=now + dt.timedelta(days=30), claimed_by="bert")
    tickets(office, 1, due=now - dt.timedelta(days=2), claimed_by="bert")
    groups = browser(office["bert"]).get(URL).context["groups"]
    assert [group.key for group in groups] == ["overdue", "later", "none"]


def test_search_finds_title_number_and_customer(office):
    customer = records.create(by=office["anna"], kind="organisation", name="Bäckerei Hollerbach")
    case = start(office, title="Mindermenge", customer=customer)
    client = browser(office["bert"])
    for text in ("Capt", case.number, "Mindermenge", "hollerbach", "Bäckerei"):
        assert rows(client.get(URL, {"folder": "team", "q": text})) == [open_task(case).pk], text
    assert rows(client.get(URL, {"folder": "team", "q": "Hohlerbach"})) == []


def test_filters_narrow_by_process_and_urgency(office):
    case = start(office, urgency=1)
    ticket = tickets(office, 1)[0]
    client = browser(office["bert"])
    by_process = {"folder": "team", "process": ticket.instance.definition_id}
    assert rows(client.get(URL, by_process)) == [ticket.pk]
    assert rows(client.get(URL, {"folder": "team", "urgency": 1})) == [open_task(case).pk]


def test_pages_follow_each_other_without_gap_or_repeat(office):
    due = timezone.now() + dt.timedelta(days=1)
    made = tickets(office, 30, due=due, claimed_by="bert") + tickets(office, 25, claimed_by="bert")
    client = browser(office["bert"])
    first = client.get(URL)
    second = client.get(URL + first.context["more_url"])
    assert rows(first) + rows(second) == [task.pk for task in made]
    assert second.context["groups"][0].heading == "", "the heading stands on the page before"
    assert second.context["more_url"] == ""


@pytest.mark.parametrize(
    "query",
    [
        "folder=nonsense",
        "process=²&folder=mine",
        "process=99999999999999999999",
        "urgency=-1",
        "after=²_²_²",
        "after=2026-99-99T00:00:00_1_1",
        "after=9999-12-31T00:00:00%2B00:00_2_99999999999999999999",
        "folder=done&after=x_²",
        "q=%ED%A0%80%F0%9F%92%A9",
        "q=%25%27%22%5C",
    ],
)
def test_inbox_takes_any_query_string(office, query):
    assert browser(office["anna"]).get(f"{URL}?{query}").status_code in (200, 404)


def test_inbox_refuses_nul_characters(office):
    assert browser(office["anna"]).get(URL, {"q": "a\0b"}).status_code == 400


@pytest.mark.parametrize("folder", ["mine", "team", "overdue", "later", "led", "done"])
def test_number_of_statements_is_the_same_for_10_and_60_rows(office, folder):
    due = timezone.now() - dt.timedelta(days=3)
    claimed_by = None if folder == "team" else "lena"

    def add(number):
        for task in tickets(office, number, due=due, claimed_by=claimed_by):
            if folder == "later":
                runtime.postpone(task, timezone.now() + dt.timedelta(days=4), by=office["lena"])
            if folder == "done":
                runtime.complete_task(task, outcome="done", by=office["lena"], at=MONDAY)

    def statements():
        client.get(URL, {"folder": folder})
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(URL, {"folder": folder})
        return len(captured)

    client = browser(office["lena"])
    add(10)
    few = statements()
    add(50)
    assert statements() == few <= 14


def test_the_head_counts_what_stands_in_its_folder(office):
    late = timezone.now() - dt.timedelta(days=3)
    tickets(office, 1, due=late, claimed_by="lena")
    tickets(office, 2, due=late, claimed_by="bert")
    client = browser(office["lena"])
    pages = {
        folder: client.get(URL, {"folder": folder}).context for folder in ("mine", "overdue", "led", "later")
    }
    assert {folder: page["here_overdue"] for folder, page in pages.items()} == {
        "mine": "1",
        "overdue": "3",
        "led": "3",
        "later": "",
    }
    assert {page["counts"]["mine_overdue"] for page in pages.values()} == {1}
