"""Whoever leaves the page of a draft without saving finds again what was typed."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.journeys.browsing import go_on, log_in, violations
from tests.journeys.draft_page import LEAVING, opened, press, type_in

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]
VERSIONS = ".ed-tools a[href*='processdefinition']"
OFFER = "#ed-kept"
KEPT = "Object.keys(sessionStorage).filter(one => one.startsWith('draft:')).length"


def left_unsaved(page, draft):
    """Something was added and typed; then a link was followed."""
    opened(page, draft)
    press(page, "add:steps:task")
    type_in(page, "s6-name", "Ware prüfen")
    go_on(page, page.locator(VERSIONS))


def back(page, draft):
    page.goto(reverse("admin:processes_processversion_change", args=[draft.pk]))
    page.wait_for_load_state()


def test_what_was_typed_is_offered_on_return_and_brought_back_by_keys(page, draft):
    left_unsaved(page, draft)
    assert "processdefinition" in page.url
    back(page, draft)
    expect(page.locator(OFFER)).to_be_visible()
    expect(page.locator("#ed-kept-text")).to_have_text(re.compile(r"\d\d:\d\d"))
    expect(page.locator("#ed-live")).to_have_text(page.locator("#ed-kept-text").inner_text())
    assert violations(page, OFFER) == []
    page.locator("[data-bring-back]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[name=s6-name]")).to_have_value("Ware prüfen")
    expect(page.locator(OFFER)).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "H1"
    assert page.evaluate(LEAVING)
    page.keyboard.press("Control+s")
    expect(page.locator("#ed-state")).to_have_text("Der Entwurf ist gespeichert.")
    assert draft.steps.filter(name="Ware prüfen").exists()
    assert page.evaluate(KEPT) == 0


def test_what_was_brought_back_is_kept_again(page, draft):
    left_unsaved(page, draft)
    back(page, draft)
    page.click("[data-bring-back]")
    expect(page.locator("[name=s6-name]")).to_have_value("Ware prüfen")
    go_on(page, page.locator(VERSIONS))
    back(page, draft)
    expect(page.locator(OFFER)).to_be_visible()


def test_what_is_discarded_is_gone(page, draft):
    left_unsaved(page, draft)
    back(page, draft)
    page.click("[data-drop-kept]")
    expect(page.locator(OFFER)).to_be_hidden()
    back(page, draft)
    expect(page.locator(OFFER)).to_be_hidden()
    expect(page.locator("[name=s6-name]")).to_have_count(0)


def test_it_is_not_offered_for_another_state_of_the_draft(page, draft):
    left_unsaved(page, draft)
    draft.lock_version += 1
    draft.save()
    back(page, draft)
    expect(page.locator(OFFER)).to_be_hidden()
    assert page.evaluate(KEPT) == 0


def test_it_is_not_lost_when_bringing_it_back_fails(page, draft):
    left_unsaved(page, draft)
    back(page, draft)
    page.route("**/change/", lambda route: route.fulfill(status=503), times=1)
    page.click("[data-bring-back]")
    expect(page.locator("#ed-trouble")).to_be_visible()
    page.wait_for_timeout(500)
    page.click("[data-bring-back]")
    expect(page.locator("[name=s6-name]")).to_have_value("Ware prüfen")


def test_nothing_survives_the_log_out(page, draft):
    left_unsaved(page, draft)
    assert page.evaluate(KEPT) == 1
    go_on(page, page.locator("#logout-form button"))
    assert page.evaluate(KEPT) == 0
    log_in(page, "pia")
    back(page, draft)
    expect(page.locator(OFFER)).to_be_hidden()


@pytest.mark.parametrize("onward", ["simulate", "trial"])
def test_an_unsaved_page_is_saved_before_it_is_played_through(page, draft, onward):
    opened(page, draft)
    link, button = (
        page.locator(f".ed-tools a[href$='/{onward}/']"),
        page.locator(f".ed-tools [value={onward}]"),
    )
    expect(link).to_be_visible()
    expect(button).to_be_hidden()
    type_in(page, "s2-name", "Aufnehmen")
    expect(link).to_be_hidden()
    go_on(page, button)
    assert page.url.endswith(f"/{onward}/")
    assert draft.steps.filter(name="Aufnehmen").exists()
    assert page.evaluate(KEPT) == 0
