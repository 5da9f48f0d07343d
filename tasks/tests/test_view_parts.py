"""Activities with parts: ticked part by part, counted once, and in the way of an outcome."""

import pytest

from processes import runtime
from processes.blueprint import ItemPlan
from processes.errors import ChecklistOpen, HasParts
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks.tests.offices import browser

pytestmark = pytest.mark.django_db
CHECKLIST = (
    ItemPlan("papers", "Unterlagen vollständig", True),
    ItemPlan("order", "Bestellung", False, "papers"),
    ItemPlan("note", "Lieferschein", False, "papers"),
    ItemPlan("photo", "Foto"),
)


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


@pytest.fixture
def work(anna):
    case = runtime.start(make_version(single(checklist=CHECKLIST)), by=anna, at=MONDAY)
    return runtime.claim(case.tasks.get(), by=anna, at=MONDAY)


def tick(work, anna, *keys, checked=True, at=MONDAY):
    for key in keys:
        runtime.check_item(work, work.step.checklist.get(key=key).pk, checked=checked, by=anna, at=at)


def items(anna, work):
    page = browser(anna).get(f"/tasks/{work.pk}/")
    return {one.text: one for one in page.context["items"]}, page


def test_the_page_shows_parts_below_their_activity_and_counts_them_only(anna, work):
    found, page = items(anna, work)
    assert list(found) == ["Unterlagen vollständig", "Bestellung", "Lieferschein", "Foto"]
    assert [one.is_part for one in found.values()] == [False, True, True, False]
    assert (page.context["done_items"], page.context["all_items"]) == (0, 3)
    assert [one.text for one in page.context["open_items"]] == ["Bestellung", "Lieferschein"]
    heading = work.step.checklist.get(key="papers").pk
    assert f"/tasks/{work.pk}/check/{heading}/" not in page.content.decode()


def test_an_activity_is_done_when_all_its_parts_are(anna, work):
    tick(work, anna, "order")
    assert not items(anna, work)[0]["Unterlagen vollständig"].is_checked
    tick(work, anna, "note", at=MONDAY.replace(hour=11))
    found, page = items(anna, work)
    assert found["Unterlagen vollständig"].is_checked
    assert (found["Unterlagen vollständig"].who, found["Unterlagen vollständig"].when[-9:]) == (
        "Anna",
        "11:00 Uhr",
    )
    assert (page.context["done_items"], page.context["eighths"]) == (2, 5)
    tick(work, anna, "order", checked=False)
    assert not items(anna, work)[0]["Unterlagen vollständig"].is_checked


def test_an_activity_with_parts_cannot_be_ticked_itself(anna, work):
    with pytest.raises(HasParts):
        tick(work, anna, "papers")
    heading = work.step.checklist.get(key="papers").pk
    answer = browser(anna).post(f"/tasks/{work.pk}/check/{heading}/", {"checked": "1"})
    assert answer.status_code == 422
    assert work.checks.count() == 0


def test_parts_of_a_mandatory_activity_are_mandatory(anna, work):
    tick(work, anna, "order", "photo")
    with pytest.raises(ChecklistOpen):
        runtime.complete_task(work, outcome="done", by=anna)
    tick(work, anna, "note")
    assert runtime.complete_task(work, outcome="done", by=anna).task.state == "done"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_part_is_ticked_with_and_without_htmx(anna, work, headers):
    part = work.step.checklist.get(key="order").pk
    answer = browser(anna).post(f"/tasks/{work.pk}/check/{part}/", {"checked": "1"}, headers=headers)
    assert answer.status_code == (200 if headers else 302)
    assert work.checks.get().is_checked
    if headers:
        assert "1 von 3" in answer.content.decode()


def test_the_inbox_counts_parts_only(anna, work):
    tick(work, anna, "order")
    page = browser(anna).get("/tasks/")
    row = page.context["groups"][0].rows[0]
    assert (row.done_items, row.all_items) == (1, 3)
