"""The page of a draft by keys and for screen readers: a task where one is, a removal taken back."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.journeys.browsing import go_on, log_in
from tests.journeys.draft_page import is_fine, opened, press, redrawn

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]
HERE = "document.activeElement.name"


def names(page):
    inputs = page.locator(".ed-steps > li .ed-name input").all()
    return [one.input_value() for one in inputs]


def test_a_key_inserts_a_task_after_the_step_one_is_in(page, draft):
    opened(page, draft)
    expect(page.locator(".ed-keys kbd").first).to_be_visible()
    page.focus("[name=s2-name]")
    page.keyboard.press("Alt+Shift+KeyN")
    page.keyboard.type("Nachmessen")
    expect(page.locator("[name=s6-name]")).to_have_value("Nachmessen")
    assert page.evaluate(HERE) == "s6-name"
    assert names(page) == ["Start", "Capture", "Nachmessen", "Check", "Approve", "End"]
    page.focus("[name=version-note]")
    redrawn(page, lambda: page.keyboard.press("Alt+Shift+KeyN"))
    assert page.evaluate(HERE) == "s7-name"
    assert names(page)[-2:] == ["", "End"]


def test_the_button_of_a_row_inserts_behind_it(page, draft):
    opened(page, draft)
    button = page.locator("#step-s1 [data-insert]")
    assert button.get_attribute("title")
    press(page, "insert:s1")
    assert page.evaluate(HERE) == "s6-name"
    expect(page.locator("#step-s1 .ed-outs [data-name-of=s6]")).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_a_removed_step_comes_back_at_its_place(page, draft, width, scheme):
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme=scheme)
    opened(page, draft)
    press(page, "open:s3")
    page.fill("[name=s3-instructions]", "Genau hinsehen")
    assert page.locator("[name=f1-label]").bounding_box()["width"] > 200
    before = names(page)
    press(page, "remove:s3")
    line = page.locator(".ed-removed")
    expect(line).to_be_in_viewport()
    expect(line).to_contain_text("Check")
    expect(page.locator("#ed-live[role=status]")).to_contain_text("Check")
    is_fine(page)
    with page.expect_request(lambda request: "do=preview" in (request.post_data or "")) as preview:
        page.fill("[name=s2-name]", "Aufnehmen")
    assert "removed=" not in preview.value.post_data
    press(page, "undo")
    expect(line).to_be_hidden()
    expect(page.locator("#ed-live")).to_contain_text("Check")
    assert names(page) == [before[0], "Aufnehmen", *before[2:]]
    expect(page.locator("[name=s3-instructions]")).to_have_value("Genau hinsehen")
    is_fine(page)


def test_removals_come_back_by_key_the_last_first(page, draft):
    opened(page, draft)
    press(page, "open:s3")
    press(page, "remove:s3-o2")
    press(page, "remove:f1")
    redrawn(page, lambda: page.keyboard.press("Alt+Shift+KeyR"))
    expect(page.locator("[name=f1-label]")).to_be_focused()
    redrawn(page, lambda: page.keyboard.press("Alt+Shift+KeyR"))
    expect(page.locator("[name=s3-o2-label]")).to_be_focused()
    page.keyboard.press("Alt+Shift+KeyR")
    expect(page.locator(".ed-removed")).to_be_hidden()


def test_a_removal_is_taken_back_without_script(page, browser, live_server, draft):
    log_in(page, "pia")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(live_server.url + reverse("admin:processes_processversion_change", args=[draft.pk]))
    plain.click("button[value='open:s3']")
    plain.click("button[value='remove:s3']")
    expect(plain.locator(".ed-removed[role=status]")).to_contain_text("Check")
    go_on(plain, plain.locator("button[value='undo']"))
    go_on(plain, plain.locator("button[value=save]").first)
    assert draft.steps.filter(key="check").exists()
    expect(plain.locator(".ed-keys")).to_be_hidden()
    context.close()
