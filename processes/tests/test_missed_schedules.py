"""Scheduled starts whose date has come and went by: they failed, nobody looked, or a calendar moved them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from people.models import CalendarDay, WorkCalendar, WorkWindow
from processes.models import ProcessDefinition, ProcessInstance, StartSchedule
from processes.tests.builders import BERLIN, make_version, single
from processes.tests.test_scheduleadmin import client, door, form, process
from tasks import starts

__all__ = ["client", "process"]

pytestmark = pytest.mark.django_db


def this_morning() -> dt.datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def missed(client: Client, process: ProcessDefinition) -> StartSchedule:
    """A schedule of every month whose date of today has come."""
    today = timezone.localdate()
    client.post(door(), form(process, anchor_on=today.isoformat(), at_time="00:00"))
    StartSchedule.objects.update(next_on=today, wake_at=this_morning())
    return StartSchedule.objects.get()


def saved(client: Client, row: StartSchedule, **fields: str | None) -> None:
    day = {"anchor_on": timezone.localdate().isoformat(), "at_time": "00:00"}
    assert client.post(door(row), form(row.definition, **{**day, **fields})).status_code == 302


def test_a_failed_start_is_made_up_for_once_the_schedule_is_mended(client: Client, missed: StartSchedule):
    StartSchedule.objects.update(data={})
    assert starts.run(at=timezone.now()).failed == 1
    saved(client, missed)
    assert starts.run(at=timezone.now()).started == 1
    missed.refresh_from_db()
    assert not missed.last_error and missed.next_on and missed.next_on > timezone.localdate()


def test_a_missed_date_survives_a_new_title(client: Client, missed: StartSchedule):
    saved(client, missed, title="Neu")
    starts.run(at=timezone.now())
    assert ProcessInstance.objects.count() == 1


@pytest.mark.parametrize("changed", [{"at_time": "00:30"}, {"every": "2"}])
def test_another_rule_begins_anew(client: Client, missed: StartSchedule, changed: dict[str, str]):
    saved(client, missed, **changed)
    missed.refresh_from_db()
    assert missed.next_on and missed.next_on > timezone.localdate()


def test_what_was_missed_while_switched_off_is_not_made_up_for(client: Client, missed: StartSchedule):
    saved(client, missed, is_active=None)
    StartSchedule.objects.update(next_on=timezone.localdate(), wake_at=this_morning())
    saved(client, missed)
    assert starts.run(at=timezone.now()).started == 0


def test_a_calendar_in_use_stays_chosen_though_it_is_inactive(client: Client, process: ProcessDefinition):
    former = WorkCalendar.objects.create(key="alt", name="Alt")
    office_hours(former)
    client.post(door(), form(process, calendar=former.pk))
    WorkCalendar.objects.update(is_active=False)
    row = StartSchedule.objects.get()
    chosen = str(client.get(door(row)).context["form"]["calendar"])
    assert f'<option value="{former.pk}" selected' in chosen


def office_hours(calendar: WorkCalendar) -> None:
    WorkWindow.objects.create(
        calendar=calendar, first_weekday=0, last_weekday=4, opens=dt.time(9), closes=dt.time(17)
    )


@pytest.fixture
def contract() -> StartSchedule:
    """Once, ten working days before the end of a contract on Thursday, 31 December 2026; then
    Christmas Eve is closed."""
    company = WorkCalendar.objects.create(key="company", name="Firma", is_default=True)
    office_hours(company)
    row = StartSchedule(
        definition=make_version(single()).definition,
        title="Vertrag",
        unit="once",
        anchor_on=dt.date(2026, 12, 31),
        offset="-10d",
        catches_up=False,
    )
    starts.plan(row, after=dt.datetime(2026, 11, 16, 10, tzinfo=BERLIN))
    row.save()
    assert row.next_on == dt.date(2026, 12, 17)
    CalendarDay.objects.create(calendar=company, kind="off", month=12, day=24, name="Heiligabend")
    return row


def test_a_single_start_moves_up_with_a_day_off(contract: StartSchedule):
    found = starts.found_anew(contract, at=dt.datetime(2026, 11, 17, tzinfo=BERLIN))
    assert found is not None and found.nominal_on == dt.date(2026, 12, 16)


def test_a_single_start_is_not_lost_where_nobody_moved_it(contract: StartSchedule):
    starts.run(at=dt.datetime(2026, 12, 16, 12, tzinfo=BERLIN))
    assert ProcessInstance.objects.count() == 0
    for day in (17, 18, 28):
        starts.run(at=dt.datetime(2026, 12, day, 8, 1, tzinfo=BERLIN))
    contract.refresh_from_db()
    assert (ProcessInstance.objects.count(), contract.wake_at) == (1, None)
