"""A process administrator in a real browser: compares a draft, publishes it seeing whom that touches, and
corrects a text of the published version, which a running case's task shows at once."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from processes import publishing, runtime
from processes.blueprint import FlowPlan
from processes.models import ProcessVersion, TextRevision
from processes.tests.builders import attend, complaint, make_team, make_user, make_version, task
from tasks.models import Task
from tests.journeys.browsing import fits, log_in, violations

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
    assert violations(page, ".version-page") == []
    assert fits(page)


@SCREENS
def test_a_draft_is_compared_and_published_seeing_whom_it_touches(page, draft, width, scheme):
    see(page, width, scheme)
    page.goto(door(draft, "compare"))
    expect(page.locator(".version-picture .d-added .d-name", has_text="Ask")).to_be_visible()
    expect(page.locator("section[aria-labelledby=h-added] tbody th")).to_have_text(["Ask"])
    expect(page.locator("del")).to_have_text(["genau"])
    expect(page.locator("ins")).to_have_text(["kurz"])
    is_fine(page)
    page.goto(door(draft, "publish"))
    gained = page.locator("section[aria-labelledby=h-affected] tbody tr")
    expect(gained).to_have_count(1)
    expect(gained).to_contain_text("Quality")
    expect(gained).to_contain_text("Ask")
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
    expect(page.locator("del")).to_have_text("Fotos")
    expect(page.locator("ins")).to_have_text("Bilder")
    assert not TextRevision.objects.exists()
    is_fine(page)
    page.locator("[name=_save]").click()
    page.locator(".messagelist .success").wait_for()
    expect(page.locator("section[aria-labelledby=h-history]")).to_contain_text("Es sind nicht nur Fotos")
    is_fine(page)
    log_in(page, "anna")
    page.goto(reverse("tasks:detail", args=[running.pk]))
    expect(page.get_by_text(re.compile("die Bilder anhängen"))).to_be_visible()
