"""Waits, outcomes of the clock and scheduled starts after a change of calendars: found anew like deadlines,
never after they happened."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import translation

from people.models import AdminEvent, CalendarDay, User, WorkCalendar, WorkWindow
from people.scope import SYSTEM
from processes import nets, runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessDefinition, ProcessInstance, StartSchedule
from processes.tests.builders import (
    MONDAY,
    clock,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
    wait,
)
from tasks import deadlines, history, starts, verify
from tasks.clocks import recomputing
from tasks.models import Clock, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user("Anna", make_team())


@pytest.fixture
def company() -> WorkCalendar:
    made = WorkCalendar.objects.create(key="company", name="Firma", is_default=True)
    WorkWindow.objects.create(
        calendar=made, first_weekday=0, last_weekday=4, opens=dt.time(9), closes=dt.time(17)
    )
    return made


def on(day: int, hour: int) -> dt.datetime:
    return MONDAY.replace(day=day, hour=hour)


def started(anna: User) -> ProcessInstance:
    """A wait of three working days, one until the delivery, and a task the clock ends after three."""
    ask = task("ask")
    ask = replace(ask, outcomes=(*ask.outcomes, clock("silence", offset="3d")))
    plan = Blueprint(
        fields=(FieldPlan("delivery", "Lieferung", "date"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("delivery"),)),
            node("split", "parallel"),
            wait("pause", offset="3d"),
            wait("until", basis="field", key="delivery"),
            ask,
            node("end", "end"),
        ),
        flows=flows(
            *("split>pause", "split>until", "split>ask", "start>split"),
            *("pause>end", "until>end", "ask.done>end", "ask.silence>end"),
        ),
    )
    return runtime.start(make_version(plan), by=anna, data={"delivery": "18.11.2026"}, at=MONDAY)


def close_wednesday(company: WorkCalendar) -> None:
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=18, year=2026, name="Ausflug")


def recompute(company: WorkCalendar, at: dt.datetime) -> recomputing.Done:
    recomputing.ask(None, company)
    return recomputing.run(at=at)


def moments(case: ProcessInstance) -> list[tuple[str, dt.datetime]]:
    return sorted(Clock.objects.filter(instance=case).values_list("kind", "wake_at"))


@translation.override("en")
def test_waits_and_the_clock_are_previewed_and_moved(anna: User, company: WorkCalendar):
    case = started(anna)
    close_wednesday(company)
    found = sorted((one.kind, one.old, one.new) for one in recomputing.preview().moves)
    assert found == [
        ("Timeout", on(19, 10), on(20, 10)),
        ("Wait", on(18, 9), on(19, 9)),
        ("Wait", on(19, 10), on(20, 10)),
    ]
    old = [("timeout", on(19, 10)), ("wait", on(18, 9)), ("wait", on(19, 10))]
    new = [("timeout", on(20, 10)), ("wait", on(19, 9)), ("wait", on(20, 10))]
    assert moments(case) == old
    done = recompute(company, on(16, 12))
    assert (done.moved, done.finished) == (3, 1)
    assert moments(case) == new
    assert AdminEvent.objects.get(kind="deadlines_recomputed").changes == {"moved_deadlines": [None, 3]}
    assert not list(verify.all_breaks())
    assert deadlines.sweep(at=on(19, 10)).moved == 1
    assert deadlines.sweep(at=on(20, 10)).moved == 2
    case.refresh_from_db()
    assert case.state == ProcessInstance.State.FINISHED


@translation.override("en")
def test_history_tells_in_words_what_moved(anna: User, company: WorkCalendar):
    case = started(anna)
    close_wednesday(company)
    recompute(company, on(16, 12))
    version = nets.compiled(case.version_id, nets.AS_PUBLISHED)
    texts = [one.text for one in history.of_instance(case, version) if "before:" in one.text]
    assert sorted(text.split(" on ")[0].split(" until ")[0] for text in texts) == [
        "Ask: time is up", "Pause: waits", "Until: waits",
    ]  # fmt: skip


def test_what_the_clock_has_done_is_done(anna: User, company: WorkCalendar):
    case = started(anna)
    deadlines.sweep(at=on(19, 10))
    close_wednesday(company)
    assert recomputing.preview().moves == ()
    assert recompute(company, on(19, 11)).moved == 0
    case.refresh_from_db()
    assert case.state == ProcessInstance.State.FINISHED
    for row in Clock.objects.filter(instance=case):
        assert not runtime.recompute(row.pk, by=SYSTEM, at=on(19, 11))


def test_what_rests_keeps_the_time_it_has_rested(anna: User, company: WorkCalendar):
    case = started(anna)
    lead = make_user("Lea", make_team(), lead=True)
    runtime.suspend(case, by=lead, reason="Rückfrage", at=on(16, 11))
    runtime.resume(case, by=lead, at=on(16, 13))
    assert ("wait", on(19, 12)) in moments(case)
    close_wednesday(company)
    recompute(company, on(16, 14))
    assert moments(case) == [("timeout", on(20, 12)), ("wait", on(19, 9)), ("wait", on(20, 12))]
    runtime.suspend(case, by=lead, reason="Rückfrage", at=on(16, 15))
    CalendarDay.objects.all().delete()
    recompute(company, on(16, 16))
    assert {moment for _kind, moment in moments(case)} == {None}
    assert Task.objects.get().is_open


def planned(**fields: object) -> StartSchedule:
    """On the 18th of every month at 8:00, or the working day before."""
    definition = make_version(single(), make_definition("close", number_pattern="C-{seq}")).definition
    values = {"title": "Abschluss", "anchor_on": dt.date(2026, 11, 18), "shift": "previous", **fields}
    row = StartSchedule(definition=definition, **values)
    starts.plan(row, after=MONDAY)
    row.save()
    return row


@translation.override("en")
def test_a_scheduled_start_moves_with_its_calendar(company: WorkCalendar):
    row = planned()
    close_wednesday(company)
    (move,) = recomputing.preview(at=MONDAY).moves
    assert (move.team, move.kind, move.old, move.new) == ("Service", "Scheduled start", on(18, 8), on(17, 8))
    assert recompute(company, MONDAY).moved == 1
    row.refresh_from_db()
    assert (row.next_on, row.wake_at) == (dt.date(2026, 11, 18), on(17, 8))
    assert AdminEvent.objects.get(kind="schedule_moved").changes == {
        "wake_at": ["18.11.2026 08:00", "17.11.2026 08:00"]
    }
    assert AdminEvent.objects.get(kind="deadlines_recomputed").changes == {"moved_deadlines": [None, 1]}
    assert starts.run(at=on(17, 8)).started == 1
    assert starts.run(at=on(18, 8)) == starts.Started()
    assert ProcessInstance.objects.get().title == "Abschluss"


def test_a_start_that_has_come_or_failed_is_left_to_its_run(company: WorkCalendar):
    planned(last_error="Es fehlt etwas.")
    close_wednesday(company)
    assert recomputing.preview(at=MONDAY).moves == ()
    StartSchedule.objects.update(last_error="")
    assert recomputing.preview(at=on(18, 8)).moves == ()
    assert recomputing.preview(at=on(17, 12)).moves == ()
    assert len(recomputing.preview(at=on(17, 7)).moves) == 1


def test_a_confidential_start_moves_without_being_told(company: WorkCalendar):
    row = planned()
    ProcessDefinition.objects.filter(pk=row.definition_id).update(is_confidential=True)
    close_wednesday(company)
    found = recomputing.preview(at=MONDAY)
    assert (found.moves, found.moves_any) == ((), True)
    recompute(company, MONDAY)
    assert StartSchedule.objects.get().wake_at == on(17, 8)
    assert AdminEvent.objects.get(kind="deadlines_recomputed").changes == {"moved_deadlines": [None, 0]}
