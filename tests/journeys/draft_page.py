"""The editing page of a draft as a person uses it in a browser."""

from django.urls import reverse
from playwright.sync_api import expect

from tests.journeys.browsing import fits, log_in, violations

LEAVING = """() => {
    const leaving = new Event("beforeunload", {cancelable: true});
    window.dispatchEvent(leaving);
    return leaving.defaultPrevented;
}"""
"""Whether the browser would ask before it leaves the page."""


def is_fine(page):
    """Nothing sticks out, and everybody can use it."""
    assert violations(page, "#editor") == []
    assert fits(page)


def redrawn(page, act):
    """Do something after which the page is drawn anew."""
    with page.expect_response(lambda answer: _is_redrawing(answer.request)):
        act()
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def _is_redrawing(request):
    return request.method == "POST" and "do=preview" not in (request.post_data or "")


def choose(page, name, value):
    redrawn(page, lambda: page.locator(f"select[name='{name}']").select_option(value))


def press(page, do):
    redrawn(page, lambda: page.locator(f"button[name=do][value='{do}']").first.click())


def type_in(page, name, text):
    page.fill(f"[name='{name}']", text)


def row_of(page, key):
    """The row of a step: a repair numbers them anew."""
    found = "key => [...document.querySelectorAll('[name$=\"-key\"]')].find(one => one.value === key).name"
    return page.evaluate(found, key).removesuffix("-key")


def new_task(page, way, name):
    """Choose “new step” as the target of a way and name it; answers its row."""
    choose(page, f"{way}-w1-target" if "-w" not in way else f"{way}-target", "+")
    row = page.evaluate("document.activeElement.name").removesuffix("-name")
    page.keyboard.type(name)
    page.locator(f"select[name='{row}-team']").select_option("office")
    type_in(page, f"{row}-due-amount", "3")
    return row


def opened(page, draft):
    log_in(page, "pia")
    page.goto(reverse("admin:processes_processversion_change", args=[draft.pk]))
