"""An administrator plays a shipped process through in a real browser, and none of it is left behind."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from processes.importing import import_yaml
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import make_user
from tests.journeys.test_complaint import log_in

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


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


def press(page, do):
    with page.expect_navigation():
        page.locator(f"button[name=do][value='{do}']:not(.enter)").click()


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
    assert page.input_value("#s_mangel") == "Glas zerbrochen"
    assert page.get_attribute("#at", "aria-invalid") == "true"
    page.fill("#at", "20.11.2026 15:00")
    press(page, "begin")
    assert focused(page) == "h-step-1"
    first = page.locator("article h3").inner_text()
    page.locator("article .outcomes button").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("article h3").inner_text() != first
    assert page.locator(".d-box.d-done").count() == 2
    assert page.locator(".d-box.d-current").count() == 1
    page.locator(".deadline summary").first.click()
    assert page.locator(".deadline table").first.is_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(page, "back:0")
    assert page.locator("article h3").inner_text() == first
    assert not ProcessInstance.objects.exists()


def test_it_works_without_script_to_the_end(page, browser, live_server, address):
    log_in(page, "adele")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(f"{live_server.url}{address}")
    plain.locator("button.main-button").click()
    while plain.locator("article .outcomes button").count():
        plain.locator("article .outcomes button").first.click()
    assert plain.locator(".over strong").inner_text()
    assert re.search(r"/simulate/$", plain.url)
    context.close()
