"""Administrators in a real browser: a changed calendar first shows what it moves; a level of an escalation
plan is changed and seen on the time line before it is saved."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from people.models import CalendarDay, WorkCalendar, WorkWindow
from processes import runtime
from processes.models import EscalationPlan
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks.clocks import recomputing
from tasks.models import Task
from tests.journeys.browsing import log_in

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]
SCREENS = pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
THURSDAY, FRIDAY = (MONDAY.replace(day=day) for day in (19, 20))


@pytest.fixture
def company():
    made = WorkCalendar.objects.create(key="company", name="Firma", is_default=True)
    WorkWindow.objects.create(
        calendar=made, first_weekday=0, last_weekday=4, opens=dt.time(9), closes=dt.time(17)
    )
    return made


def set_screen(page, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


@SCREENS
def test_a_day_off_shows_which_deadlines_move_before_they_do(page, company, width, scheme):
    anna = make_user("Anna", make_team())
    make_user("Uta", is_user_admin=True)
    case = runtime.start(make_version(single(deadline="3d")), by=anna, title="Vase", at=MONDAY)
    set_screen(page, width, scheme)
    log_in(page, "uta")
    page.goto(reverse("admin:people_workcalendar_change", args=[company.pk]))
    page.locator("#days-group .add-row a").click()
    page.locator("[name=days-0-when]").fill("18.11.2026")
    page.locator("[name=days-0-kind]").select_option("off")
    page.locator("[name=days-0-name]").fill("Ausflug")
    page.locator("[name=_save]").click()
    preview = page.locator(".moved-deadlines")
    expect(preview).to_contain_text("Noch ist nichts gespeichert")
    expect(preview).to_contain_text("Do., 19.11.2026 10:00")
    expect(preview).to_contain_text("Fr., 20.11.2026 10:00")
    expect(preview).not_to_contain_text("Vase")
    assert not CalendarDay.objects.exists()
    page.locator(".moved-back").click()
    expect(page.locator("[name=days-0-when]")).to_have_value("18.11.2026")
    expect(page.locator("[name=days-0-name]")).to_have_value("Ausflug")
    page.locator("[name=_save]").click()
    page.get_by_role("button", name="Speichern und Fristen verschieben").click()
    page.locator(".messagelist .success").wait_for()
    assert Task.objects.get().due_at == THURSDAY
    recomputing.run()
    assert Task.objects.get(instance=case).due_at == FRIDAY


@SCREENS
def test_a_level_is_changed_and_seen_on_the_time_line_before_it_is_saved(page, width, scheme):
    make_user("Pia", is_process_admin=True)
    plan = EscalationPlan.objects.get(is_default=True)
    set_screen(page, width, scheme)
    log_in(page, "pia")
    page.goto(reverse("admin:processes_escalationplan_change", args=[plan.pk]))
    for when, shows_amount, shows_unit in (
        ("share", True, False),
        ("due", False, False),
        ("after", True, True),
    ):
        page.locator("[name=levels-2-when]").select_option(when)
        assert page.locator("[name=levels-2-amount]").is_visible() is shows_amount
        assert page.locator("[name=levels-2-unit]").is_visible() is shows_unit
    page.locator("[name=levels-2-amount]").fill("0")
    page.get_by_role("button", name="Vorschau zeigen").click()
    page.locator(".errorlist").first.wait_for()
    expect(page.locator("#preview")).to_be_focused()
    page.locator("#preview .errornote a").click()
    expect(page.locator("#level-3")).to_be_in_viewport()
    page.locator("[name=levels-2-amount]").fill("2")
    page.get_by_role("button", name="Vorschau zeigen").click()
    page.locator(".plan-shown table").get_by_text("2 Arbeitstage nach der Frist").wait_for()
    expect(page.locator(".plan-shown svg").locator("visible=true")).to_have_count(1)
    expect(page.locator(".plan-shown svg").locator("visible=true")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("[name=levels-2-person]")).to_be_hidden()
    page.locator("[name=levels-2-passes_to]").select_option("person")
    expect(page.locator("[name=levels-2-person]")).to_be_visible()
    page.locator("[name=levels-2-passes_to]").select_option("")
    assert plan.levels() == EscalationPlan.objects.get(pk=plan.pk).levels()
    page.locator(".submit-row [name=_save]").click()
    page.locator(".messagelist .success").wait_for()
    assert EscalationPlan.objects.get(pk=plan.pk).levels()[2].offset == "2d"


def leave(page, place):
    """Go elsewhere, answering what the browser asks with staying; whether it asked."""
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.locator(place).first.click(no_wait_after=True)
    page.wait_for_timeout(500)
    if not asked:
        page.remove_listener("dialog", stay)
    return asked == ["beforeunload"]


@pytest.mark.parametrize("page_of", ["plan", "calendar"])
def test_the_browser_asks_before_what_was_typed_is_lost(page, company, page_of):
    make_user("Pia", is_process_admin=True, is_user_admin=True)
    plan = EscalationPlan.objects.get(is_default=True)
    doors = {
        "plan": reverse("admin:processes_escalationplan_change", args=[plan.pk]),
        "calendar": reverse("admin:people_workcalendar_change", args=[company.pk]),
    }
    log_in(page, "pia")
    page.goto(doors[page_of])
    page.locator("[name=name]").fill("Geändert")
    assert leave(page, ".breadcrumbs a")
    expect(page.locator("[name=name]")).to_have_value("Geändert")
    page.locator(".submit-row [name=_save]").click()
    page.locator(".messagelist .success").wait_for()
    page.goto(doors[page_of])
    assert not leave(page, ".breadcrumbs a")
    expect(page).to_have_url(re.compile(re.escape(reverse("admin:index")) + "$"))


def test_the_browser_asks_on_a_page_that_came_back_with_what_was_typed(page):
    make_user("Pia", is_process_admin=True)
    log_in(page, "pia")
    page.goto(reverse("admin:processes_escalationplan_add"))
    page.locator("[name=name]").fill("Eilig")
    page.get_by_role("button", name="Stufe hinzufügen").click()
    page.locator("#level-2").wait_for()
    assert leave(page, ".breadcrumbs a")
