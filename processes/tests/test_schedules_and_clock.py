"""Schedules saved beside the clock: dates already started, other starters, a row read before a start."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from processes.adminpages import schedules
from processes.adminpages.scheduleforms import ScheduleForm
from processes.models import ProcessDefinition, StartSchedule
from processes.tests.builders import make_team, make_user
from processes.tests.test_missed_schedules import this_morning
from processes.tests.test_scheduleadmin import client, door, form, process
from tasks import starts

__all__ = ["client", "process"]

pytestmark = pytest.mark.django_db


def saved(client: Client, row: StartSchedule, **fields: str | None) -> None:
    day = {"anchor_on": timezone.localdate().isoformat(), "at_time": "00:00"}
    assert client.post(door(row), form(row.definition, **{**day, **fields})).status_code == 302


def test_another_starter_and_a_later_hour_of_a_day_that_was_started_fail_for_nobody(
    client: Client, process: ProcessDefinition
):
    anna, bela = make_user("Anna", make_team()), make_user("Bela", make_team())
    today = timezone.localdate()
    client.post(door(), form(process, anchor_on=today.isoformat(), at_time="00:00", started_by=str(anna.pk)))
    StartSchedule.objects.update(next_on=today, wake_at=this_morning())
    assert starts.run(at=this_morning()).started == 1
    row = StartSchedule.objects.get()
    saved(client, row, started_by=str(bela.pk), at_time="23:59")
    late = this_morning() + dt.timedelta(hours=23, minutes=59)
    if row.wake_at and timezone.now() < late:
        done = starts.run(at=late)
        row.refresh_from_db()
        assert (done.failed, row.last_error) == (0, "")


def test_a_form_saved_beside_the_clock_takes_nothing_back(client: Client, process: ProcessDefinition):
    today = timezone.localdate()
    client.post(door(), form(process, anchor_on=today.isoformat(), at_time="00:00"))
    StartSchedule.objects.update(next_on=today, wake_at=this_morning())
    read = StartSchedule.objects.get()
    assert starts.run(at=timezone.now()).started == 1
    typed = ScheduleForm(
        form(process, anchor_on=today.isoformat(), at_time="00:00", title="Neu"), instance=read
    )
    assert typed.is_valid(), typed.errors
    schedules.save(read, typed, {"data": {}, "customer": "", "source": ""}, by=make_user("Ada"))
    row = StartSchedule.objects.get()
    assert (row.title, row.last_started_on, row.next_on != today) == ("Neu", today, True)
