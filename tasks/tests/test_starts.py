"""Cases that start by themselves: each date once, however many ticks; missed ones; failures that show."""

from __future__ import annotations

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection

from people.models import AdminEvent, User
from processes import publishing
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessDefinition, ProcessInstance, StartSchedule
from processes.tests.builders import BERLIN, flows, make_team, make_user, make_version, node, single, task
from processes.tests.races import at_once
from tasks import starts, verify

pytestmark = pytest.mark.django_db


def at(month: int, day: int, hour: int = 8, minute: int = 0, *, year: int = 2027) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def process() -> ProcessDefinition:
    return make_version(single()).definition


def monthly(process: ProcessDefinition, **fields: object) -> StartSchedule:
    """On the 1st of every month at 8:00, from January 2027 on."""
    values = {"title": "Monatsabschluss", "anchor_on": dt.date(2027, 1, 1), **fields}
    row = StartSchedule(definition=process, **values)
    starts.plan(row, after=at(12, 15, year=2026))
    row.save()
    return row


def begun() -> list[tuple[str, str | None]]:
    return list(ProcessInstance.objects.order_by("pk").values_list("title", "idempotency_key"))


def test_a_case_starts_when_its_date_has_come_and_once_only(process: ProcessDefinition):
    row = monthly(process)
    assert (row.next_on, row.wake_at) == (dt.date(2027, 1, 1), at(1, 1))
    assert starts.run(at=at(1, 1, 7, 59)) == starts.Started()
    assert starts.run(at=at(1, 1)).started == 1
    assert starts.run(at=at(1, 1)) == starts.run(at=at(1, 1, 8, 5)) == starts.Started()
    assert begun() == [("Monatsabschluss", f"schedule:{row.pk}:2027-01-01")]
    row.refresh_from_db()
    assert (row.last_started_on, row.next_on) == (dt.date(2027, 1, 1), dt.date(2027, 2, 1))
    case = ProcessInstance.objects.get()
    assert (case.started_by, case.started_at, case.tasks.count()) == (None, at(1, 1), 1)
    assert not list(verify.all_breaks())


def test_the_same_date_never_starts_twice_even_if_the_schedule_forgets(process: ProcessDefinition):
    row = monthly(process)
    starts.run(at=at(1, 1))
    StartSchedule.objects.filter(pk=row.pk).update(next_on=dt.date(2027, 1, 1), wake_at=at(1, 1))
    starts.run(at=at(1, 1, 9))
    assert len(begun()) == 1


def test_it_is_started_for_a_person_with_the_values_of_the_form():
    anna = make_user("Anna", make_team())
    form = StepPlan("start", "start", "Start", fields=(StepFieldPlan("sum", "required"),))
    plan = Blueprint(
        fields=(FieldPlan("sum", "Summe", "money"),),
        steps=(form, task("work"), node("end", "end")),
        flows=flows("start>work", "work.done>end"),
    )
    monthly(make_version(plan).definition, started_by=anna, urgency=1, data={"sum": "1.200,50"})
    assert starts.run(at=at(1, 1)).started == 1
    case = ProcessInstance.objects.get()
    assert (case.started_by, case.urgency) == (anna, 1)
    assert case.data == {"sum": {"amount": "1200.50", "currency": "EUR"}}


def test_of_missed_dates_the_last_is_caught_up_and_the_others_are_noted(process: ProcessDefinition):
    row = monthly(process)
    done = starts.run(at=at(4, 20))
    assert (done.started, done.left_out) == (1, 3)
    assert begun() == [("Monatsabschluss", f"schedule:{row.pk}:2027-04-01")]
    event = AdminEvent.objects.get(kind="schedule_missed")
    assert event.changes == {"left_out": [None, "01.01.2027, 01.02.2027, 01.03.2027"]}
    row.refresh_from_db()
    assert row.next_on == dt.date(2027, 5, 1)


def test_a_schedule_that_does_not_catch_up_waits_for_its_next_date(process: ProcessDefinition):
    row = monthly(process, catches_up=False)
    assert starts.run(at=at(1, 1, 8, 10)).started == 1
    done = starts.run(at=at(2, 1, 12))
    assert (done.started, done.left_out) == (0, 1)
    row.refresh_from_db()
    assert row.next_on == dt.date(2027, 3, 1)


def test_a_start_that_fails_shows_why_and_is_tried_again(process: ProcessDefinition):
    row = monthly(process, catches_up=False)
    publishing.retire(process.published, by=None)
    assert starts.run(at=at(1, 1)).failed == 1
    row.refresh_from_db()
    assert row.last_error
    assert (row.next_on, row.wake_at) == (dt.date(2027, 1, 1), at(1, 1, 9))
    assert starts.run(at=at(1, 1, 8, 30)) == starts.Started()
    make_version(single(), process)
    assert starts.run(at=at(1, 1, 9)).started == 1
    row.refresh_from_db()
    assert (row.last_error, row.last_started_on) == ("", dt.date(2027, 1, 1))


def test_faults_of_the_form_are_named(process: ProcessDefinition):
    form = StepPlan("start", "start", "Start", fields=(StepFieldPlan("sum", "required"),))
    plan = Blueprint(
        fields=(FieldPlan("sum", "Summe", "money"),),
        steps=(form, task("work"), node("end", "end")),
        flows=flows("start>work", "work.done>end"),
    )
    row = monthly(make_version(plan, process).definition)
    starts.run(at=at(1, 1))
    row.refresh_from_db()
    assert "sum:" in row.last_error
    assert begun() == []


def test_whoever_has_left_starts_nothing(process: ProcessDefinition):
    anna = make_user("Anna", make_team())
    row = monthly(process, started_by=anna)
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert starts.run(at=at(1, 1)).failed == 1
    row.refresh_from_db()
    assert row.last_error


def test_a_process_that_is_not_offered_any_more_is_not_started(process: ProcessDefinition):
    row = monthly(process)
    ProcessDefinition.objects.update(is_active=False)
    assert starts.run(at=at(1, 1)).failed == 1
    row.refresh_from_db()
    assert row.last_error


def test_one_that_breaks_does_not_stop_the_others(process: ProcessDefinition):
    broken = monthly(process, title="Kaputt")
    StartSchedule.objects.filter(pk=broken.pk).update(unit="nie")
    monthly(process)
    done = starts.run(at=at(1, 1))
    assert (done.started, done.failed) == (1, 1)
    assert [title for title, _key in begun()] == ["Monatsabschluss"]
    broken.refresh_from_db()
    assert broken.last_error and broken.wake_at == at(1, 1, 9)


def test_inactive_and_ended_ones_start_nothing(process: ProcessDefinition):
    monthly(process, is_active=False)
    ended = monthly(process, title="Ende", ends_on=dt.date(2027, 1, 15))
    assert starts.run(at=at(1, 1)).started == 1
    ended.refresh_from_db()
    assert (ended.next_on, ended.wake_at) == (None, None)


def test_the_tick_starts_them(process: ProcessDefinition):
    monthly(process)
    out = io.StringIO()
    call_command("tick", at=at(1, 1).isoformat(), stdout=out)
    assert json.loads(out.getvalue())["started"] == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_many_ticks_at_once_start_each_date_once():
    process = make_version(single()).definition
    for number in range(5):
        monthly(process, title=f"Plan {number}")
    results = at_once([lambda: starts.run(at=at(1, 1))] * 4)
    assert sum(one.started for one in results) == 5
    assert sum(one.failed for one in results) == 0
    assert sorted(title for title, _key in begun()) == [f"Plan {number}" for number in range(5)]
    assert not list(verify.all_breaks())
