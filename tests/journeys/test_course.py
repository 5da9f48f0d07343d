"""The course of a case in a real browser: texts fit their boxes, keys reach every step, nothing bars anybody."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from processes import runtime
from processes.importing import import_yaml
from processes.models import ProcessDefinition
from processes.tests.builders import make_team, make_user
from tests.journeys.test_complaint import log_in

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
    """A complaint of the library, two steps done."""
    raw = (settings.BASE_DIR / "processes/library/reklamation.yaml").read_bytes()
    assert import_yaml(raw, publish=True, create_teams=True).is_publishable
    anna = make_user("Anna", make_team("kundenservice"))
    definition = ProcessDefinition.objects.get(key="reklamation")
    needed = {"artikel": "Glas", "mangel": "gesprungen", "eingang": "heute", "weg": "telefon"}
    fields = {use.spec.key for use in _start(definition).fields if use.is_required}
    found = runtime.start(definition.published, by=anna, data={key: needed.get(key, "1") for key in fields})
    task = runtime.claim(found.tasks.get(), by=anna)
    for item in task.step.checklist.all():
        runtime.check_item(task, item.pk, checked=True, by=anna)
    return found


def _start(definition):
    from processes import nets

    return nets.compiled(definition.published.pk).start


def violations(page):
    found = Axe().run(page).response["violations"]
    return [(one["id"], [node["html"][:100] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_course_fits_and_is_open_to_everybody(page, case, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    log_in(page, "anna")
    page.goto(f"/cases/{case.pk}/")
    assert page.evaluate(OVERFLOWING) == []
    page.get_by_text("Als Liste anzeigen").click()
    assert page.get_by_role("row").count() == page.locator(".d-box").count() + 1
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    current = page.locator(".diagram a").first
    current.focus()
    assert current.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tasks/\d+/"))


def test_on_paper_the_whole_picture_is_there(page, case):
    log_in(page, "anna")
    page.set_viewport_size({"width": 760, "height": 1075})
    page.goto(f"/cases/{case.pk}/")
    page.emulate_media(media="print")
    size = page.evaluate(
        "(() => { const box = document.querySelector('.diagram-box'), svg = box.querySelector('svg');"
        " return [box.clientWidth, svg.getBoundingClientRect().width, box.clientHeight, box.scrollHeight]; })()"
    )
    assert size[1] <= size[0] and size[2] == size[3], json.dumps(size)
