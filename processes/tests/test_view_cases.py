"""The list of cases and the page of one case, with what those entitled do there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import records
from processes import runtime
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_definition, make_version, single
from tasks.tests.offices import at_check, browser, kinds, open_task, staff, start

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def office():
    return staff()


@pytest.fixture
def case(office):
    return start(office, title="Mindermenge")


def ids(response):
    return [row.id for row in response.context["rows"]]


def test_list_shows_running_cases_newest_first(office, case):
    newer = start(office)
    ended = start(office)
    runtime.cancel(ended, by=office["lena"], reason="Dublette", at=MONDAY)
    client = browser(office["bert"])
    assert ids(client.get("/cases/")) == [newer.pk, case.pk]
    assert ids(client.get("/cases/", {"state": "cancelled"})) == [ended.pk]
    assert ids(client.get("/cases/", {"state": "all"})) == [ended.pk, newer.pk, case.pk]


def test_list_shows_outsiders_nothing_not_even_the_process(office, case):
    for name in ("oskar", "pia"):
        page = browser(office[name]).get("/cases/", {"state": "all"})
        assert (ids(page), list(page.context["processes"])) == ([], [])


def test_list_finds_number_title_and_customer(office, case):
    customer = records.create(by=office["anna"], kind="organisation", name="Bäckerei Hollerbach")
    other = start(office, customer=customer)
    client = browser(office["bert"])
    assert ids(client.get("/cases/", {"q": "mindermenge"})) == [case.pk]
    assert ids(client.get("/cases/", {"q": other.number})) == [other.pk]
    assert ids(client.get("/cases/", {"q": "hollerbach baeckerei"})) == [other.pk]


def test_list_pages_follow_each_other(office):
    version = make_version(single(), make_definition("ticket"))
    made = [runtime.start(version, by=office["anna"], at=MONDAY).pk for _ in range(55)]
    client = browser(office["anna"])
    first = client.get("/cases/")
    second = client.get("/cases/" + first.context["more_url"])
    assert ids(first) + ids(second) == made[::-1]


def test_list_has_as_many_statements_for_10_as_for_60_cases(office):
    version = make_version(single(), make_definition("ticket"))

    def statements(number):
        for _ in range(number):
            runtime.start(version, by=office["anna"], at=MONDAY)
        client.get("/cases/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/cases/")
        return len(captured)

    client = browser(office["anna"])
    assert statements(10) == statements(50) <= 12


@pytest.mark.parametrize("query", ["state=x", "process=²", "after=²", "after=99999999999999999999", "q=%25"])
def test_list_takes_any_query_string(office, query):
    assert browser(office["anna"]).get(f"/cases/?{query}").status_code in (200, 404)


def test_page_shows_open_tasks_data_and_history(office):
    task = at_check(office)
    page = browser(office["bert"]).get(f"/cases/{task.instance_id}/")
    assert [shown.pk for shown, *_rest in page.context["now"]] == [task.pk]
    assert [line.kind for line in page.context["lines"]] == ["claimed", "completed", "claimed", "started"]


def test_page_leaves_ticks_and_comments_to_the_full_history(office, case):
    runtime.comment(case, "Rückruf erbeten", by=office["bert"], at=MONDAY)
    client = browser(office["bert"])
    assert [line.kind for line in client.get(f"/cases/{case.pk}/").context["lines"]] == ["started"]
    everything = client.get(f"/cases/{case.pk}/", {"history": "all", "before": "99"})
    assert [line.kind for line in everything.context["lines"]] == ["commented", "started"]


def test_page_is_not_found_for_outsiders(office, case):
    for name in ("oskar", "pia"):
        assert browser(office[name]).get(f"/cases/{case.pk}/").status_code == 404
    assert browser(office["anna"]).get("/cases/99999999999999999999/").status_code == 404


def test_page_shows_values_in_words(office):
    case = start(office, data={"amount": "1.284,60"})
    page = browser(office["bert"]).get(f"/cases/{case.pk}/")
    assert [(one.label, one.text) for one in page.context["data"]] == [("Betrag", "1.284,60\u00a0€")]


@pytest.mark.parametrize("action", ["cancel", "suspend", "resume", "comment"])
def test_actions_refuse_get_and_outsiders(office, case, action):
    url = f"/cases/{case.pk}/{action}/"
    assert browser(office["lena"]).get(url).status_code == 405
    assert browser(office["oskar"]).post(url, {"reason": "x"}).status_code == 404
    assert kinds(case) == ["started"]


@pytest.mark.parametrize("action", ["cancel", "suspend"])
def test_managing_is_refused_to_members(office, case, action):
    answer = browser(office["bert"]).post(f"/cases/{case.pk}/{action}/", {"reason": "weil"})
    assert answer.status_code == 422
    assert kinds(case) == ["started"]
    assert not browser(office["bert"]).get(f"/cases/{case.pk}/").context["may_manage"]


def test_cancelling_needs_a_reason_and_ends_the_case(office, case):
    client = browser(office["lena"])
    url = f"/cases/{case.pk}/cancel/"
    assert client.post(url, {"reason": "  "}).status_code == 422
    assert client.post(url, {"reason": "Dublette"}).url == f"/cases/{case.pk}/"
    assert ProcessInstance.objects.get().state == "cancelled"
    assert client.post(url, {"reason": "noch einmal"}).status_code == 422
    assert kinds(case) == ["started", "cancelled"]


def test_suspending_and_resuming(office, case):
    client = browser(office["lena"])
    assert client.post(f"/cases/{case.pk}/suspend/", {"reason": "wartet"}).status_code == 302
    assert client.get(f"/cases/{case.pk}/").context["now"][0][1].mark == ""
    assert client.post(f"/cases/{case.pk}/resume/").status_code == 302
    assert client.post(f"/cases/{case.pk}/resume/").status_code == 409
    assert kinds(case) == ["started", "suspended", "resumed"]


def test_comment_on_a_case(office, case):
    client = browser(office["bert"])
    url = f"/cases/{case.pk}/comment/"
    assert client.post(url, {"text": "Rückruf erbeten"}).url == f"/cases/{case.pk}/#comments"
    fragment = client.post(url, {"text": "zweiter"}, headers=HTMX)
    assert [line.note for line in fragment.context["comments"]] == ["Rückruf erbeten", "zweiter"]
    assert client.post(url, {"text": " "}).status_code == 422
    assert client.post(url, {"text": " "}, headers=HTMX).status_code == 422


def test_comments_are_shown_on_the_task_too(office, case):
    runtime.comment(case, "Rückruf erbeten", by=office["bert"], at=MONDAY)
    page = browser(office["bert"]).get(f"/tasks/{open_task(case).pk}/")
    assert [line.note for line in page.context["comments"]] == ["Rückruf erbeten"]
