"""The course of a case in a real browser: texts fit their boxes, keys reach the steps, it can be printed."""

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from customers import records
from people.scope import SYSTEM
from processes import runtime
from processes.importing import import_yaml
from processes.models import ProcessDefinition
from processes.tests.builders import make_team, make_user
from tests.journeys.browsing import fits, log_in, violations

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]

OVERFLOWING = """
() => [...document.querySelectorAll(".diagram text")].flatMap((text) => {
  const frame = text.parentElement.querySelector(".d-frame, rect").getBBox(), inside = text.getBBox();
  const fits = inside.x >= frame.x && inside.x + inside.width <= frame.x + frame.width
    && inside.y >= frame.y - 1 && inside.y + inside.height <= frame.y + frame.height + 1;
  return fits ? [] : [text.textContent];
})
"""


@pytest.fixture
def case(settings):
    """A complaint of the library at its first step."""
    raw = (settings.BASE_DIR / "processes/library/reklamation.yaml").read_bytes()
    assert import_yaml(raw, publish=True, create_teams=True).is_publishable
    anna = make_user("Anna", make_team("kundenservice"))
    definition = ProcessDefinition.objects.get(key="reklamation")
    customer = records.create(by=SYSTEM, contacts=[], kind="organisation", name="Muster GmbH")
    data = {"artikel": "Glas", "mangel": "gesprungen", "zugang_am": "16.11.2026", "kanal": "telefon"}
    data["kunde"] = str(customer.pk)
    return runtime.start(definition.published, by=anna, data=data)


def steps_of(case):
    """Steps that stand in the list: not those where ways only meet or part."""
    ways = Counter(case.version.transitions.values_list("source__kind", "source_id"))
    passed = [
        one for one in ways.items() if one[0][0] == "parallel" or (one[0][0] == "exclusive" and one[1] == 1)
    ]
    return case.version.steps.count() - len(passed)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_course_fits_and_is_open_to_everybody(page, case, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    log_in(page, "anna")
    page.goto(f"/cases/{case.pk}/")
    if width < 640:
        expect(page.locator(".diagram-box"), "a phone shows the list").to_be_hidden()
        page.locator(".diagram-aspicture input").check()
    else:
        page.locator(".diagram-aslist input").check()
    assert page.evaluate(OVERFLOWING) == []
    expect(page.get_by_role("row")).to_have_count(steps_of(case) + 1)
    assert violations(page) == []
    assert fits(page)
    page.locator(".diagram-box").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.diagram a:focus-visible')")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tasks/\d+/"))


def test_on_paper_the_whole_picture_is_there(page, case):
    log_in(page, "anna")
    page.set_viewport_size({"width": 760, "height": 1075})
    page.goto(f"/cases/{case.pk}/")
    expect(page.locator("[data-print]")).to_be_visible()
    page.emulate_media(media="print")
    box, svg = page.locator(".diagram-box"), page.locator(".diagram")
    assert box.evaluate("one => one.scrollHeight === one.clientHeight && one.scrollWidth === one.clientWidth")
    assert svg.evaluate("one => one.getBoundingClientRect().width") <= 760
    expect(page.locator(".diagram-list")).to_be_visible()
    expect(page.locator("[data-print]")).to_be_hidden()


def test_a_step_ahead_leads_to_its_row_and_what_is_open_is_in_sight(page, case):
    log_in(page, "anna")
    page.set_viewport_size({"width": 1024, "height": 700})
    page.goto(f"/cases/{case.pk}/")
    current = page.locator(".d-current.d-box").first
    inside = (
        "one => { const [a, b] = [one, one.closest('.diagram-box')].map((x) => x.getBoundingClientRect());"
    )
    inside += " return a.top >= b.top && a.bottom <= b.bottom && a.left >= b.left && a.right <= b.right; }"
    assert current.evaluate(inside)
    expect(page.locator(".diagram-list")).to_be_hidden()
    link = page.locator('.diagram a[href^="#course-"]').first
    target = link.get_attribute("href")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(re.escape(target)))
    expect(page.locator(target)).to_be_visible()


def test_the_task_page_opens_the_course(page, case):
    log_in(page, "anna")
    task = case.tasks.open().get()
    page.goto(f"/tasks/{task.pk}/")
    expect(page.locator(".diagram")).to_have_count(0)
    page.locator("details.course summary").click()
    page.locator(".diagram .d-current").first.wait_for()
    expect(page.locator(".diagram-box")).to_be_visible()
    assert violations(page) == []
