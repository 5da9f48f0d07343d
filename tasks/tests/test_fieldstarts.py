"""Cases that start at dates other cases carry: each once, moved with the date, only whose dates count."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer
from people.models import User
from processes import publishing, runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessDefinition, ProcessInstance, ScheduledCase, StartSchedule
from processes.tests.builders import (
    BERLIN,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from processes.tests.races import at_once
from tasks import starts, verify
from tasks.tests.offices import browser

pytestmark = pytest.mark.django_db
BEGUN = dt.datetime(2027, 1, 4, 9, tzinfo=BERLIN)


def at(month: int, day: int, hour: int = 8, minute: int = 0) -> dt.datetime:
    return dt.datetime(2027, month, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def anna() -> User:
    return make_user("Anna", make_team())


@pytest.fixture
def contracts() -> ProcessDefinition:
    """Own contracts: their end is asked at the start, and again in the only task."""
    plan = Blueprint(
        fields=(FieldPlan("end", "Vertragsende", "date", is_evaluated=True),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("end"),)),
            task("keep", fields=(StepFieldPlan("end"),)),
            node("done", "end"),
        ),
        flows=flows("start>keep", "keep.done>done"),
    )
    return make_version(plan, make_definition("contracts", name="Eigene Verträge")).definition


@pytest.fixture
def notice() -> ProcessDefinition:
    return make_version(single(), make_definition("notice", name="Kündigung prüfen")).definition


def contract(contracts: ProcessDefinition, by: User, end: str, **more: object) -> ProcessInstance:
    values = {"title": f"Miete bis {end}", "at": BEGUN, **more}
    case: ProcessInstance = runtime.start(contracts, by=by, data={"end": end}, **values)
    return case


def ninety_days(contracts: ProcessDefinition, notice: ProcessDefinition, **fields: object) -> StartSchedule:
    """90 calendar days before the end of each contract, at 8:00; looked at from 4 January 2027, 9:00, on."""
    values = {
        "title": "Kündigen?",
        "unit": "field",
        "source": contracts,
        "source_field": "end",
        "offset": "-90cd",
        "anchor_on": dt.date(2027, 1, 1),
        **fields,
    }
    row = StartSchedule(definition=notice, **values)
    starts.plan(row, after=BEGUN)
    row.save()
    return row


def look(row: StartSchedule, moment: dt.datetime) -> starts.Started:
    """A run of the clock at a moment at which it looks at this schedule."""
    StartSchedule.objects.filter(pk=row.pk).update(wake_at=moment)
    return starts.run(at=moment)


def begun(notice: ProcessDefinition) -> list[str]:
    return list(
        ProcessInstance.objects.filter(definition=notice).order_by("pk").values_list("title", flat=True)
    )


def test_each_case_starts_one_when_its_date_comes_and_once_only(anna, contracts, notice):
    """90 days before 30 June 2027 is 1 April."""
    customer = Customer.objects.create(number="K-1", name="Schmidt")
    origin = contract(contracts, anna, "30.06.2027", customer=customer)
    contract(contracts, anna, "01.07.2027")
    row = ninety_days(contracts, notice)
    assert look(row, at(4, 1, 7, 59)) == starts.Started()
    assert look(row, at(4, 1)).started == 1
    assert look(row, at(4, 1, 8, 30)) == starts.Started()
    (case,) = ProcessInstance.objects.filter(definition=notice)
    assert (case.title, case.customer) == ("Kündigen?: Miete bis 30.06.2027", customer)
    assert (case.scheduled.origin, case.started_at) == (origin, at(4, 1))
    assert look(row, at(4, 2)).started == 1
    assert not list(verify.all_breaks())


def test_the_clock_looks_at_the_time_of_day_and_every_hour(contracts, notice):
    row = ninety_days(contracts, notice)
    assert row.wake_at == at(1, 4, 10)
    starts.plan(row, after=at(1, 5, 7, 20))
    assert row.wake_at == at(1, 5)


def test_a_changed_date_moves_its_start_and_a_new_one_afterwards_starts_another(anna, contracts, notice):
    row = ninety_days(contracts, notice, origins="both")
    origin = contract(contracts, anna, "30.06.2027")
    change(origin, anna, "31.07.2027")
    assert look(row, at(4, 1)) == starts.Started()
    assert look(row, at(5, 2)).started == 1
    again = contract(contracts, anna, "31.08.2027", title="Strom")
    assert look(row, at(6, 2)).started == 1
    assert begun(notice) == ["Kündigen?: Miete bis 30.06.2027", "Kündigen?: Strom"]
    assert set(ScheduledCase.objects.values_list("origin", flat=True)) == {origin.pk, again.pk}


def change(origin: ProcessInstance, by: User, end: str) -> None:
    """Somebody writes another end while completing the task; the case is finished by that."""
    row = runtime.claim(origin.tasks.get(), by=by, at=BEGUN)
    runtime.complete_task(row, outcome="done", data={"end": end}, by=by, at=BEGUN)


@pytest.mark.parametrize(("origins", "started"), [("live", 1), ("ended", 1), ("both", 2)])
def test_running_or_finished_cases_count_as_chosen(anna, contracts, notice, origins: str, started: int):
    over = contract(contracts, anna, "30.06.2027")
    contract(contracts, anna, "30.06.2027")
    runtime.complete_task(
        runtime.claim(over.tasks.get(), by=anna, at=BEGUN), outcome="done", by=anna, at=BEGUN
    )
    row = ninety_days(contracts, notice, origins=origins)
    assert look(row, at(4, 1)).started == started


def test_a_date_that_was_entered_late_starts_with_the_next_look_and_one_before_the_first_never(
    anna, contracts, notice
):
    ninety_days(contracts, notice, anchor_on=dt.date(2027, 2, 1))
    contract(contracts, anna, "31.01.2027", title="zu früh")
    contract(contracts, anna, "15.02.2027", title="spät")
    assert starts.run(at=at(1, 4, 10)).started == 1
    assert begun(notice) == ["Kündigen?: spät"]


def test_cancelled_ones_trials_and_confidential_ones_start_nothing(anna, contracts, notice):
    lea = make_user("Lea", make_team(), lead=True)
    runtime.cancel(contract(contracts, anna, "30.06.2027"), by=lea, reason="x", at=BEGUN)
    ProcessInstance.objects.filter(pk=contract(contracts, anna, "30.06.2027").pk).update(is_confidential=True)
    pia = make_user("Pia", is_process_admin=True)
    runtime.start(contracts.published, by=pia, data={"end": "30.06.2027"}, trial=True, at=BEGUN)
    row = ninety_days(contracts, notice, origins="both")
    assert look(row, at(4, 1)) == starts.Started()
    ProcessDefinition.objects.filter(pk=notice.pk).update(is_confidential=True)
    assert look(row, at(4, 1)).started == 1


def test_a_failure_is_shown_does_not_stop_the_others_and_is_tried_again(anna, contracts, notice):
    row = ninety_days(contracts, notice)
    contract(contracts, anna, "30.06.2027"), contract(contracts, anna, "30.06.2027")
    publishing.retire(notice.published, by=None)
    assert look(row, at(4, 1)).failed == 2
    row.refresh_from_db()
    assert row.last_error and row.wake_at == at(4, 1, 9)
    make_version(single(), notice)
    assert look(row, at(4, 1, 8, 30)) == starts.Started()
    assert look(row, at(4, 1, 9)).started == 2
    row.refresh_from_db()
    assert row.last_error == ""


def test_the_database_keeps_a_date_from_starting_twice(anna, contracts, notice):
    row, origin = ninety_days(contracts, notice), contract(contracts, anna, "30.06.2027")
    look(row, at(4, 1))
    record = ScheduledCase.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        ScheduledCase.objects.create(schedule=row, origin=origin, date=record.date)
    ScheduledCase.objects.all().delete()
    look(row, at(4, 1, 9))
    assert len(begun(notice)) == 1


def test_a_look_at_nothing_costs_the_same_however_many_dates_lie_ahead(anna, contracts, notice):
    row = ninety_days(contracts, notice)

    def statements() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert look(row, at(2, 1)) == starts.Started()
        return len(caught)

    contract(contracts, anna, "30.06.2027")
    before = statements()
    for day in range(1, 6):
        contract(contracts, anna, f"0{day}.07.2027")
    assert statements() == before


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the plan is PostgreSQL's")
def test_dates_are_read_along_their_index(anna, contracts, notice):
    row = ninety_days(contracts, notice)
    contract(contracts, anna, "30.06.2027")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as caught:
        look(row, at(2, 1))
    (asked,) = (one["sql"] for one in caught if 'FROM "tasks_fieldvalue"' in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {asked}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "field_value_date" in plan


def test_the_new_case_leads_to_its_origin_for_whoever_may_see_it(anna, contracts, notice):
    row, origin = ninety_days(contracts, notice, started_by=anna), contract(contracts, anna, "30.06.2027")
    look(row, at(4, 1))
    case = ProcessInstance.objects.get(definition=notice)
    door = reverse("processes:instance", args=[case.pk])
    assert browser(anna).get(door).context["source_case"] == origin
    ProcessInstance.objects.filter(pk=case.pk).update(is_public=True)
    assert browser(make_user("Otto", make_team("other"))).get(door).context["source_case"] is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_many_ticks_at_once_start_each_case_once():
    anna = make_user("Anna", make_team())
    plan = Blueprint(
        fields=(FieldPlan("end", "Ende", "date", is_evaluated=True),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("end"),)),
            task("keep"),
            node("done", "end"),
        ),
        flows=flows("start>keep", "keep.done>done"),
    )
    source = make_version(plan, make_definition("contracts")).definition
    target = make_version(single(), make_definition("notice")).definition
    row = ninety_days(source, target)
    for _number in range(5):
        contract(source, anna, "30.06.2027")
    StartSchedule.objects.filter(pk=row.pk).update(wake_at=at(4, 1))
    results = at_once([lambda: starts.run(at=at(4, 1))] * 4)
    assert sum(one.started for one in results) == 5
    assert len(begun(target)) == 5
    assert not list(verify.all_breaks())
