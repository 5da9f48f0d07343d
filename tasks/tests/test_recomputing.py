"""Open deadlines after a change of calendars: what would move, and moving it portion by portion."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection, transaction

from people.models import AdminEvent, CalendarDay, PersonCalendar, Setting, User, WorkCalendar, WorkWindow
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan
from processes.models import ProcessInstance
from processes.runtime import timing
from processes.tests.builders import MONDAY, flows, make_team, make_user, make_version, node, single, task
from tasks import deadlines, verify
from tasks.clocks import recomputing
from tasks.events import Kind, facts_of, instant
from tasks.models import Clock, LevelFired, Notification, ProcessEvent, Task

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


def on(day: int, hour: int, minute: int = 0, *, month: int = 11) -> dt.datetime:
    return MONDAY.replace(month=month, day=day, hour=hour, minute=minute)


def office(anna: User, count: int = 3, *rules: DeadlinePlan) -> list[Task]:
    """Cases whose one task is due in three working days: Thursday, 19 November, 10:00."""
    work = task("work", deadlines=rules or (DeadlinePlan(offset="3d"),))
    plan = Blueprint(
        steps=(node("start", "start"), work, node("end", "end")), flows=flows("start>work", "work.done>end")
    )
    version = make_version(plan)
    cases = [runtime.start(version, by=anna, at=MONDAY) for _ in range(count)]
    return list(Task.objects.filter(instance__in=cases).order_by("pk"))


def close_wednesday(company: WorkCalendar) -> None:
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=18, year=2026, name="Ausflug")


def due(tasks: list[Task]) -> list[dt.datetime | None]:
    return [Task.objects.get(pk=one.pk).due_at for one in tasks]


def test_a_preview_tells_old_and_new_and_writes_nothing(anna: User, company: WorkCalendar):
    tasks = office(anna, 2)
    assert recomputing.preview().moves == ()
    close_wednesday(company)
    found = recomputing.preview()
    assert [(one.team, one.old, one.new, one.days) for one in found.moves] == [
        ("Service", on(19, 10), on(20, 10), 1)
    ] * 2
    assert found.by_team() == [("Service", 1, 2, 0)]
    assert due(tasks) == [on(19, 10)] * 2


def test_legal_deadlines_stand_first_and_move_by_holidays_alone(anna: User, company: WorkCalendar):
    legal = DeadlinePlan(offset="2d", kind="reaction"), DeadlinePlan(offset="2w", is_legal=True)
    office(anna, 1, *legal)
    close_wednesday(company)
    assert [one.is_legal for one in recomputing.preview().moves] == [False]
    company.region = "DE-NW"
    company.save()
    CalendarDay.objects.all().delete()
    (case,) = ProcessInstance.objects.all()
    Clock.objects.filter(instance=case).update(started_at=on(11, 10, month=12))
    moves = recomputing.preview().moves
    assert moves[0].is_legal
    assert moves[0].new == dt.datetime(2026, 12, 28, 23, 59, 59, tzinfo=MONDAY.tzinfo)


def test_deadlines_move_portion_by_portion_and_are_counted_once(anna: User, company: WorkCalendar):
    tasks = office(anna, 5)
    close_wednesday(company)
    recomputing.ask(anna, company, at=MONDAY)
    first = recomputing.run(at=on(16, 12), most=2)
    assert (first.judged, first.moved, first.finished) == (2, 2, 0)
    assert due(tasks) == [on(20, 10)] * 2 + [on(19, 10)] * 3
    rest = recomputing.run(at=on(16, 12))
    assert (rest.moved, rest.finished) == (3, 1)
    assert due(tasks) == [on(20, 10)] * 5
    event = AdminEvent.objects.get(kind="deadlines_recomputed")
    assert (event.by, event.object_label, event.changes) == (anna, "Firma", {"moved_deadlines": [None, 5]})
    assert ProcessEvent.objects.filter(kind=Kind.DEADLINE).count() == 5
    assert not Setting.objects.filter(key__startswith=recomputing.MARKER).exists()
    assert recomputing.run(at=on(16, 13)) == recomputing.Done()
    assert not list(verify.all_breaks())


@contextmanager
def holding(case_id: int) -> Iterator[None]:
    """Somebody else changes this case meanwhile, on a connection of its own."""
    has_locked, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            list(ProcessInstance.objects.select_for_update(no_key=True).filter(pk=case_id))
            has_locked.set()
            may_end.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    has_locked.wait(30)
    yield
    may_end.set()
    thread.join(30)


class Killed(BaseException):
    """The process ends in the middle."""


def test_a_kill_in_the_middle_loses_and_repeats_nothing(
    anna: User, company: WorkCalendar, monkeypatch: pytest.MonkeyPatch
):
    tasks = office(anna, 4)
    close_wednesday(company)
    recomputing.ask(anna, company, at=MONDAY)
    whole, moved = timing.recompute, []

    def dying(clock_id: int, **how: object) -> bool:
        if len(moved) == 2:
            raise Killed
        moved.append(clock_id)
        return whole(clock_id, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(runtime, "recompute", dying)
    with pytest.raises(Killed):
        recomputing.run(at=on(16, 12))
    assert due(tasks) == [on(20, 10)] * 2 + [on(19, 10)] * 2
    monkeypatch.undo()
    done = recomputing.run(at=on(16, 12))
    assert (done.moved, done.finished) == (2, 1)
    assert due(tasks) == [on(20, 10)] * 4
    assert AdminEvent.objects.get(kind="deadlines_recomputed").changes == {"moved_deadlines": [None, 4]}
    assert ProcessEvent.objects.filter(kind=Kind.DEADLINE).count() == 4


def test_levels_that_fired_never_fire_again(anna: User, company: WorkCalendar):
    tasks = office(anna, 2)
    deadlines.sweep(at=on(19, 10))
    fired = LevelFired.objects.count()
    assert fired > 0
    close_wednesday(company)
    recomputing.ask(anna, company)
    recomputing.run(at=on(19, 11))
    deadlines.sweep(at=on(20, 16))
    assert LevelFired.objects.count() == fired
    assert due(tasks) == [on(20, 10)] * 2


def test_a_deadline_that_lies_ahead_again_is_marked_when_it_passes_and_tells_nobody_twice(
    anna: User, company: WorkCalendar
):
    make_user("Lea", make_team(), lead=True)
    office(anna, 1, DeadlinePlan(offset="3d"), DeadlinePlan(offset="3d", kind="reaction"))
    deadlines.sweep(at=on(19, 10))
    told = Notification.objects.count()
    assert told > 0
    close_wednesday(company)
    recomputing.ask(anna, company)
    recomputing.run(at=on(19, 11))
    assert Task.objects.get().overdue_at is None
    assert deadlines.sweep(at=on(20, 9)).overdue == 0
    assert deadlines.sweep(at=on(20, 10)).overdue == 1
    assert Task.objects.get().overdue_at == on(20, 10)
    assert Notification.objects.count() == told
    marks = [facts_of(one) for one in ProcessEvent.objects.filter(kind=Kind.OVERDUE)]
    assert [one["clock"] for one in marks] == ["solution", "reaction"] * 2
    assert marks[2]["due_at"] == instant(on(20, 10))
    assert deadlines.sweep(at=on(21, 10)).overdue == 0
    assert not list(verify.all_breaks())


def test_a_deadline_that_stays_past_stays_marked(anna: User, company: WorkCalendar):
    office(anna, 1)
    deadlines.sweep(at=on(19, 10))
    close_wednesday(company)
    recomputing.ask(anna, company)
    assert recomputing.run(at=on(20, 11)).moved == 1
    assert Task.objects.get().overdue_at == on(19, 10)
    deadlines.sweep(at=on(20, 12))
    assert ProcessEvent.objects.filter(kind=Kind.OVERDUE).count() == 1


def test_a_case_that_is_due_later_is_marked_anew_in_its_history(anna: User, company: WorkCalendar):
    plan = replace(single(), deadlines=(DeadlinePlan(basis="case", offset="3d"),))
    case = runtime.start(make_version(plan), by=anna, at=MONDAY)
    deadlines.sweep(at=on(19, 10))
    close_wednesday(company)
    recomputing.ask(anna, company)
    recomputing.run(at=on(19, 11))
    deadlines.sweep(at=on(20, 10))
    marks = [facts_of(one) for one in case.events.filter(kind=Kind.OVERDUE).order_by("seq")]
    assert [one["due_at"] for one in marks] == [instant(on(19, 10)), instant(on(20, 10))]


def test_what_is_over_or_was_moved_by_hand_stays(anna: User, company: WorkCalendar):
    done, by_hand, waiting = office(anna, 3)
    runtime.complete_task(runtime.claim(done, by=anna, at=MONDAY), outcome="done", by=anna, at=MONDAY)
    lead = make_user("Lea", make_team(), lead=True)
    runtime.move_deadline(by_hand, on(25, 12), by=lead, reason="Wunsch", at=MONDAY)
    close_wednesday(company)
    recomputing.ask(None, company)
    assert recomputing.run(at=on(16, 12)).moved == 1
    assert due([done, by_hand, waiting]) == [on(19, 10), on(25, 12), on(20, 10)]


def test_the_calendar_of_a_person_moves_what_the_person_has(anna: User, company: WorkCalendar):
    mine, others = office(anna, 2)
    Clock.objects.filter(task=mine).update(for_user=anna)
    early = WorkCalendar.objects.create(key="early", name="Früh")
    WorkWindow.objects.create(
        calendar=early, first_weekday=0, last_weekday=1, opens=dt.time(9), closes=dt.time(17)
    )
    PersonCalendar.objects.create(user=anna, calendar=early, from_on=dt.date(2026, 1, 1))
    recomputing.ask(anna, anna)
    assert recomputing.run(at=on(16, 12)).moved == 1
    assert due([mine, others]) == [on(24, 10), on(19, 10)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL locks single rows")
def test_a_case_somebody_holds_comes_later(anna: User, company: WorkCalendar):
    tasks = office(anna, 2)
    close_wednesday(company)
    recomputing.ask(anna, company)
    with holding(tasks[0].instance_id):
        held = recomputing.run(at=on(16, 12))
    assert (held.moved, held.finished) == (1, 0)
    assert due(tasks) == [on(19, 10), on(20, 10)]
    again = recomputing.run(at=on(16, 12))
    assert (again.moved, again.finished) == (1, 1)
    assert due(tasks) == [on(20, 10)] * 2


def test_an_uncommitted_change_leaves_no_trace(anna: User, company: WorkCalendar):
    office(anna, 1)
    with transaction.atomic():
        close_wednesday(company)
        assert len(recomputing.preview().moves) == 1
        transaction.set_rollback(True)
    assert recomputing.preview().moves == ()
    assert Clock.objects.get().due_at == on(19, 10)
