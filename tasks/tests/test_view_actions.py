"""Claiming, passing on, ticking, drafting, commenting in the browser: page, fragment, refusal, outsider."""

import pytest

from people.models import Team
from processes import runtime
from processes.tests.builders import MONDAY
from tasks.models import TaskCheck
from tasks.tests.offices import at_check, browser, kinds, open_task, staff, start

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ACTIONS = ("claim", "release", "reassign", "urgency", "comment", "draft", "complete", "check/1")


@pytest.fixture
def office():
    return staff()


@pytest.fixture
def free(office):
    return open_task(start(office))


@pytest.mark.parametrize("action", ACTIONS)
def test_actions_refuse_get_and_outsiders(office, free, action):
    url = f"/tasks/{free.pk}/{action}/"
    assert browser(office["bert"]).get(url).status_code == 405
    for name in ("oskar", "pia"):
        assert browser(office[name]).post(url).status_code == 404
    assert kinds(free.instance) == ["started"]


def test_claim_opens_the_task(office, free):
    answer = browser(office["bert"]).post(f"/tasks/{free.pk}/claim/")
    assert answer.url == f"/tasks/{free.pk}/"
    free.refresh_from_db()
    assert free.assignee == office["bert"]
    assert kinds(free.instance) == ["started", "claimed"]


def test_claim_from_the_list_answers_the_row_and_a_message(office, free):
    answer = browser(office["bert"]).post(f"/tasks/{free.pk}/claim/", headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith(f'<tr role="row" id="task-{free.pk}"')
    assert "toast" in answer["HX-Trigger"]


def test_claim_twice_by_the_same_person_is_done_once(office, free):
    client = browser(office["bert"])
    assert [client.post(f"/tasks/{free.pk}/claim/").status_code for _ in range(2)] == [302, 302]
    assert kinds(free.instance) == ["started", "claimed"]


def test_claim_answers_409_when_somebody_was_quicker(office, free):
    client = browser(office["bert"])
    seen = client.get(f"/tasks/{free.pk}/").context["instance"].event_seq
    runtime.claim(free, by=office["anna"], at=MONDAY)
    page = client.post(f"/tasks/{free.pk}/claim/", {"seen": seen})
    row = client.post(f"/tasks/{free.pk}/claim/", headers=HTMX)
    assert (page.status_code, row.status_code) == (409, 409)
    assert page.context["since"][0].who == "Anna"
    assert "Anna" in row.content.decode()


def test_release_gives_the_task_back(office, free):
    runtime.claim(free, by=office["bert"], at=MONDAY)
    answer = browser(office["bert"]).post(f"/tasks/{free.pk}/release/")
    assert answer.status_code == 302
    free.refresh_from_db()
    assert free.assignee is None
    assert browser(office["bert"]).post(f"/tasks/{free.pk}/release/").status_code == 422


def test_lead_passes_a_task_on_to_a_person(office, free):
    url = f"/tasks/{free.pk}/reassign/"
    answer = browser(office["lena"]).post(url, {"to": f"user-{office['bert'].pk}", "note": "bitte heute"})
    assert answer.url == "/tasks/"
    free.refresh_from_db()
    assert free.assignee == office["bert"]
    assert "bitte heute" in free.events.get(kind="reassigned").payload.value


def test_passing_on_to_a_team_puts_it_into_its_inbox(office, free):
    quality = Team.objects.get(key="quality")
    browser(office["bert"]).post(f"/tasks/{free.pk}/reassign/", {"to": f"team-{quality.pk}"})
    free.refresh_from_db()
    assert (free.team, free.assignee) == (quality, None)


@pytest.mark.parametrize("to", ["", "user-", "user-²", "team-99999999999999999999", "group-1", "user-987654"])
def test_passing_on_to_nobody_is_refused_and_keeps_the_note(office, free, to):
    answer = browser(office["bert"]).post(f"/tasks/{free.pk}/reassign/", {"to": to, "note": "meine Notiz"})
    assert answer.status_code == 422
    assert "meine Notiz" in answer.content.decode()


def test_passing_on_is_refused_to_those_who_only_see_the_task(office):
    task = at_check(office)
    answer = browser(office["bert"]).post(f"/tasks/{task.pk}/reassign/", {"to": f"user-{office['anna'].pk}"})
    assert answer.status_code == 422
    task.refresh_from_db()
    assert task.assignee == office["quirin"]


def test_passing_on_a_stale_page_answers_409(office, free):
    client = browser(office["lena"])
    version = client.get(f"/tasks/{free.pk}/").context["task"].lock_version
    runtime.claim(free, by=office["bert"], at=MONDAY)
    data = {"to": f"user-{office['anna'].pk}", "lock_version": version}
    assert client.post(f"/tasks/{free.pk}/reassign/", data).status_code == 409


def test_urgency_is_changed_by_those_entitled_only(office):
    task = at_check(office)
    assert browser(office["lena"]).post(f"/tasks/{task.pk}/urgency/", {"urgency": "0"}).status_code == 302
    task.refresh_from_db()
    assert task.urgency == 0
    assert browser(office["bert"]).post(f"/tasks/{task.pk}/urgency/", {"urgency": "1"}).status_code == 422


@pytest.mark.parametrize("urgency", ["", "4", "-1", "²", "99999999999999999999"])
def test_unknown_urgency_is_refused(office, urgency):
    task = at_check(office)
    answer = browser(office["quirin"]).post(f"/tasks/{task.pk}/urgency/", {"urgency": urgency})
    assert answer.status_code == 422


def test_ticking_answers_the_checklist_and_unticking_takes_it_back(office):
    task = at_check(office)
    item = task.step.checklist.get(key="seen")
    client = browser(office["quirin"])
    url = f"/tasks/{task.pk}/check/{item.pk}/"
    answer = client.post(url, {"checked": "1"}, headers=HTMX)
    assert answer.content.decode().strip().startswith('<section aria-labelledby="h-check" id="checklist">')
    assert answer.context["done_items"] == 1
    assert client.post(url).url == f"/tasks/{task.pk}/#checklist"
    assert TaskCheck.objects.get(task=task).is_checked is False
    assert kinds(task.instance)[-2:] == ["checked", "checked"]


def test_ticking_somebody_elses_task_or_an_unknown_item_is_refused(office):
    task = at_check(office)
    item = task.step.checklist.get(key="seen")
    data = {"checked": "1"}
    assert browser(office["anna"]).post(f"/tasks/{task.pk}/check/{item.pk}/", data).status_code == 422
    unknown = browser(office["quirin"]).post(f"/tasks/{task.pk}/check/987654/", data, headers=HTMX)
    assert unknown.status_code == 422
    assert not TaskCheck.objects.exists()


def test_draft_answers_when_it_was_saved_and_writes_no_event(office):
    task = at_check(office)
    before = kinds(task.instance)
    answer = browser(office["quirin"]).post(
        f"/tasks/{task.pk}/draft/", {"field_report": "halb", "field_foreign": "x"}, headers=HTMX
    )
    assert answer.status_code == 200
    task.refresh_from_db()
    assert task.draft == {"report": "halb"}
    assert kinds(task.instance) == before


def test_draft_of_an_ended_task_answers_409(office):
    task = at_check(office)
    runtime.cancel(task.instance, by=office["lena"], reason="Dublette", at=MONDAY)
    url = f"/tasks/{task.pk}/draft/"
    client = browser(office["quirin"])
    assert client.post(url, {"field_report": "x"}, headers=HTMX).status_code == 409
    assert client.post(url, {"field_report": "mein Text"}).status_code == 409


def test_comment_appears_and_an_empty_one_is_refused(office, free):
    client = browser(office["bert"])
    url = f"/tasks/{free.pk}/comment/"
    assert client.post(url, {"text": "Rückruf erbeten"}).url == f"/tasks/{free.pk}/#comments"
    fragment = client.post(url, {"text": "noch einer"}, headers=HTMX)
    assert [line.note for line in fragment.context["comments"]] == ["Rückruf erbeten", "noch einer"]
    assert client.post(url, {"text": " \x00 "}).status_code == 422
    assert client.post(url, {"text": ""}, headers=HTMX).status_code == 422
    assert kinds(free.instance) == ["started", "commented", "commented"]
