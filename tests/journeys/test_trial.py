"""An administrator tries a draft out in a real browser: started, worked, put forward, removed."""

import re

import pytest
from django.urls import reverse

from processes import blueprint
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import attend, complaint, make_definition, make_user
from tasks.models import Notification
from tests.journeys.browsing import log_in
from tests.journeys.test_plans import SCREENS, set_screen

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]


@pytest.fixture
def draft():
    attend("service", "quality")
    make_user("Pia", is_process_admin=True)
    made = ProcessVersion.objects.create(definition=make_definition(), number=1)
    blueprint.write(made, complaint())
    return made


def choose(page, outcome):
    for toast in page.locator("#toasts button").all():
        toast.click()
    sheet = page.locator("[popovertarget=outcomes]")
    if sheet.is_visible():
        sheet.click()
    page.get_by_role("button", name=re.compile(f"^{outcome}")).click()
    page.wait_for_load_state()


@SCREENS
def test_a_draft_is_tried_out_and_removed(page, draft, width, scheme):
    set_screen(page, width, scheme)
    log_in(page, "pia")
    page.goto(reverse("admin:processes_processversion_trial", args=[draft.pk]))
    page.get_by_role("button", name="Probelauf starten").click()
    page.locator("[name=title]").fill("Vase zerbrochen")
    page.get_by_role("button", name="Probelauf starten").click()
    page.get_by_text("für niemanden sonst sichtbar, es wird nichts gesendet").wait_for()
    page.get_by_text("Im echten Vorgang: Team-Eingang Service").wait_for()
    choose(page, "Complete")
    page.get_by_text("Im echten Vorgang: Team-Eingang Quality").wait_for()
    page.goto(reverse("tasks:inbox"))
    page.locator("tr", has_text="Check").get_by_text("Probelauf", exact=True).wait_for()
    case = ProcessInstance.objects.get()
    page.goto(reverse("processes:instance", args=[case.pk]))
    page.get_by_role("button", name="Uhr vorstellen bis zur nächsten Frist").click()
    page.get_by_text("Im Probelauf nicht gesendet: E-Mail an").first.wait_for()
    assert not Notification.objects.exists()
    page.locator("summary", has_text="Probelauf entfernen").click()
    page.get_by_role("button", name="Endgültig entfernen").click()
    page.wait_for_url(re.compile(r"/trial/"))
    assert not ProcessInstance.objects.exists()
    assert not ProcessVersion.everything.filter(state="trial").exists()
