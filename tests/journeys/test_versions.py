"""A process administrator in a real browser: compares a draft, publishes it seeing whom that touches, and
corrects a text of the published version, which a running case's task shows at once."""

import re
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from processes import publishing, runtime
from processes.blueprint import FlowPlan
from processes.models import ProcessVersion, TextRevision
from processes.tests.builders import attend, complaint, make_team, make_user, make_version, task
from tasks.models import Task
from tests.journeys.test_complaint import log_in

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]
SCREENS = pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
TEXT = "Bitte die Unterlagen lesen, den Mangel genau beschreiben und die Fotos anhängen."


@pytest.fixture
def draft():
    """A draft in which the quality team asks back before it checks, beside a published version."""
    attend("service", "quality")
    make_user("Anna", make_team())
    make_user("Pia", is_process_admin=True)
    plan = complaint()
    told = replace(plan.steps[1], instructions=TEXT)
    former = make_version(replace(plan, steps=(plan.steps[0], told, *plan.steps[2:])))
    short = replace(told, instructions=TEXT.replace("genau", "kurz"))
    ways = (replace(one, target="ask") if one.outcome == "complete" else one for one in plan.flows)
    new = replace(
        plan,
        steps=(plan.steps[0], short, *plan.steps[2:], task("ask", "quality")),
        flows=(*ways, FlowPlan("ask", "check", "done")),
    )
    return publishing.draft_from(new, former.definition, by=None)


def see(page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    log_in(page, "pia")


def door(version, name):
    return reverse(f"admin:processes_processversion_{name}", args=[version.pk])


def is_fine(page):
    """Nothing sticks out, and everybody can use it."""
    found = Axe().run(page, context=".version-page", options={"preload": False}).response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@SCREENS
def test_a_draft_is_compared_and_published_seeing_whom_it_touches(page, draft, width, scheme):
    see(page, width, scheme)
    page.goto(door(draft, "compare"))
    assert page.locator(".version-picture .d-added .d-name", has_text="Ask").is_visible()
    assert page.locator("section[aria-labelledby=h-added] tbody th").all_inner_texts() == ["Ask"]
    assert page.locator("del").all_inner_texts() == ["genau"]
    assert page.locator("ins").all_inner_texts() == ["kurz"]
    is_fine(page)
    page.goto(door(draft, "publish"))
    gained = page.locator("section[aria-labelledby=h-affected] tbody tr")
    assert gained.count() == 1
    assert "Quality" in gained.inner_text() and "Ask" in gained.inner_text()
    is_fine(page)
    page.locator(".submit-row button.default").click()
    page.locator(".messagelist .success").wait_for()
    assert ProcessVersion.objects.get(pk=draft.pk).state == "published"


@SCREENS
def test_a_corrected_text_stands_on_the_task_of_a_running_case(page, draft, width, scheme):
    version = draft.definition.published
    runtime.start(version, by=make_user("Bert", make_team()), title="Vase")
    running = Task.objects.get()
    see(page, width, scheme)
    page.goto(door(version, "revise"))
    page.locator("summary", has_text="Capture").click()
    page.locator("[name='text:steps.capture.instructions']").fill(TEXT.replace("Fotos", "Bilder"))
    is_fine(page)
    page.locator(".submit-row button.default").click()
    page.locator("#refusal").wait_for()
    assert page.locator("#refusal").evaluate("node => node === document.activeElement")
    is_fine(page)
    page.locator("[name=reason]").fill("Es sind nicht nur Fotos")
    page.locator(".submit-row button.default").click()
    page.locator("[name=_save]").wait_for()
    assert page.locator("del").inner_text() == "Fotos"
    assert page.locator("ins").inner_text() == "Bilder"
    assert not TextRevision.objects.exists()
    is_fine(page)
    page.locator("[name=_save]").click()
    page.locator(".messagelist .success").wait_for()
    assert "Es sind nicht nur Fotos" in page.locator("section[aria-labelledby=h-history]").inner_text()
    is_fine(page)
    log_in(page, "anna")
    page.goto(reverse("tasks:detail", args=[running.pk]))
    assert page.get_by_text(re.compile("die Bilder anhängen")).is_visible()
