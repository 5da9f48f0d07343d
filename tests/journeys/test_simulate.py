"""An administrator plays a shipped process through in a real browser, and none of it is left behind."""

import re

import pytest
from playwright.sync_api import expect

from processes.importing import import_yaml
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import make_user
from tests.journeys.browsing import fits, go_on, log_in, violations

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]


@pytest.fixture
def address(settings):
    """The page of the complaint of the library, as a draft."""
    raw = (settings.BASE_DIR / "processes/library/reklamation.yaml").read_bytes()
    assert import_yaml(raw, create_teams=True).is_publishable
    make_user("Adele", is_process_admin=True)
    draft = ProcessDefinition.objects.get(key="reklamation").versions.get()
    return f"/admin/processes/processversion/{draft.pk}/simulate/"


def press(page, do):
    go_on(page, page.locator(f"button[name=do][value='{do}']:not(.enter)"))


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.className")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1024, "dark"), (390, "light")])
def test_the_way_is_played_and_taken_back(page, address, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    log_in(page, "adele")
    page.goto(address)
    assert violations(page) == []
    page.fill("#at", "bald")
    page.fill("#s_mangel", "Glas zerbrochen")
    press(page, "begin")
    assert "faults" in focused(page)
    expect(page.locator("#s_mangel")).to_have_value("Glas zerbrochen")
    assert page.get_attribute("#at", "aria-invalid") == "true"
    page.fill("#at", "20.11.2026 15:00")
    press(page, "begin")
    assert focused(page) == "h-step-1"
    first = page.locator("article h3").inner_text()
    page.locator("article .outcomes button").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("article h3").inner_text() != first
    expect(page.locator(".d-box.d-done")).to_have_count(2)
    expect(page.locator(".d-box.d-current")).to_have_count(1)
    page.locator(".deadline summary").first.click()
    expect(page.locator(".deadline table").first).to_be_visible()
    assert violations(page) == []
    assert fits(page)
    press(page, "back:0")
    expect(page.locator("article h3")).to_have_text(first)
    assert not ProcessInstance.objects.exists()


def test_the_back_button_leads_to_the_turn_before(page, address):
    log_in(page, "adele")
    page.goto(address)
    press(page, "begin")
    title = page.locator("article h3")
    seen = [title.first.inner_text()]
    for _turn in range(2):
        go_on(page, page.locator("article .outcomes button").first)
        seen.append(title.first.inner_text())
    assert len(set(seen)) == 3
    for former in seen[-2::-1]:
        page.go_back()
        expect(title.first).to_have_text(former)
    page.go_back()
    expect(page.locator("#h-start")).to_be_visible()
    page.go_forward()
    expect(title.first).to_have_text(seen[0])
    go_on(page, page.locator("article .outcomes button").first)
    expect(title.first).to_have_text(seen[1])


def test_a_large_picture_shown_whole_can_still_be_read(page, address):
    log_in(page, "adele")
    page.goto(address)
    page.check(".diagram-whole input")
    scale = page.locator("svg.diagram").evaluate(
        "svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width"
    )
    assert scale > 0.7
    assert fits(page)


def test_it_works_without_script_to_the_end(page, browser, live_server, address):
    log_in(page, "adele")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{live_server.url}{address}")
    go_on(plain, plain.locator("button.main-button"))
    outcomes = plain.locator("article .outcomes button")
    while outcomes.count():
        go_on(plain, outcomes.first)
    expect(plain.locator(".over strong")).not_to_be_empty()
    assert re.search(r"/simulate/$", plain.url)
    context.close()
