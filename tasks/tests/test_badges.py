"""The level a list names at a task: the highest that fired from its deadline on, or the lead called in."""

import pytest
from django.utils import translation

from people.models import CalendarDay
from people.scope import SYSTEM
from processes import runtime
from processes.tests.builders import MONDAY
from tasks import deadlines
from tasks.models import Clock, Task
from tasks.tests.clockwork import calendar, on, page
from tasks.tests.test_escalation import Office, act, notify

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(db):
    return Office()


def badge(at):
    with translation.override("de"):
        return page(Task.objects.get(), at).level


def test_a_level_that_acts_before_the_deadline_bears_none(office):
    row = office.start(act("reassign", to="pool", offset="50%")).tasks.get()
    runtime.claim(row, by=office.anna, at=MONDAY)
    deadlines.sweep(at=on(16, 15))
    assert (Task.objects.get().assignee, Task.objects.get().escalation_level) == (None, 0)
    assert badge(on(16, 15)) == ""


@pytest.mark.parametrize("offset", ["", "1h", "100%"])
def test_a_level_that_acts_from_the_deadline_on_bears_its_name(office, offset):
    office.start(act("reassign", to="lead", offset=offset, name="Stufe Leitung"))
    deadlines.sweep(at=on(17, 11))
    assert badge(on(17, 11)) == "Stufe Leitung"


def test_a_lead_called_in_by_hand_is_no_level_that_warned_before(office):
    row = office.start(notify("assignee", offset="50%", name="Vorwarnung")).tasks.get()
    row = runtime.claim(row, by=office.anna, at=MONDAY)
    deadlines.sweep(at=on(16, 15))
    runtime.escalate(row, by=office.anna, reason="Hilfe", at=on(16, 15))
    assert badge(on(17, 11)) == "Leitung eingeschaltet"


def test_a_level_that_fired_keeps_its_name_when_a_calendar_moves_its_deadline(office):
    company = calendar("company", is_default=True)
    office.start(notify("assignee", name="Stufe Team"))
    deadlines.sweep(at=on(17, 11))
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=17, year=2026)
    assert runtime.recompute(Clock.objects.get(kind="solution").pk, by=SYSTEM, at=on(17, 12))
    assert badge(on(17, 12)) in ("", "Stufe Team")
