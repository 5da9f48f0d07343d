"""Deadlines of new tasks, and how the clocks of a case stop, pause and go on."""

import datetime as dt

import pytest

from people.scope import SYSTEM
from processes import escalation, runtime
from processes.escalation import Act, Do, Level, Timed
from processes.tests.builders import BERLIN, MONDAY, make_team, make_user, make_version, single
from tasks.models import NEVER, Clock, Task

pytestmark = pytest.mark.django_db


def on(day, hour=10, minute=0):
    """A moment of November 2026; the 16th is a Monday."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


def start(deadline, at=MONDAY):
    version = make_version(single(deadline=deadline))
    case = runtime.start(version, by=make_user("Anna", make_team()), at=at)
    return case, Task.objects.get(instance=case)


@pytest.mark.parametrize(
    ("deadline", "begin", "due"),
    [
        ("4h", on(16), on(16, 14)),
        ("8h", on(16), on(17)),
        ("1h", on(20, 16, 30), on(23, 9, 30)),
        ("3d", on(16), on(19)),
        ("1d", on(20), on(23)),
        ("10cd", on(16), on(26)),
        ("90min", on(21, 12), on(23, 10, 30)),
    ],
)
def test_the_short_form_counts_from_the_start_of_the_task(deadline, begin, due):
    assert start(deadline, begin)[1].due_at == due


def test_a_task_with_a_deadline_gets_one_clock_that_wakes_at_it():
    case, task = start("8h")
    clock = Clock.objects.get(task=task)
    assert (task.due_at, task.due_sort_at) == (on(17), on(17))
    assert (clock.due_at, clock.wake_at, clock.next_level, clock.generation) == (on(17), on(17), 0, 1)
    assert (clock.instance_id, clock.root_id, clock.kind) == (case.pk, case.pk, "solution")
    assert [one.level.number for one in escalation.timed_levels(clock.plan)] == [0, 2]


def test_a_task_without_deadline_has_no_clock_and_sorts_last():
    _, task = start("")
    assert (task.due_at, task.due_sort_at) == (None, NEVER)
    assert not Clock.objects.exists()


def test_completing_stops_the_clock():
    case, task = start("8h")
    anna = case.started_by
    runtime.complete_task(runtime.claim(task, by=anna, at=MONDAY), outcome="done", by=anna, at=MONDAY)
    assert Clock.objects.get(task=task).wake_at is None


def test_cancelling_stops_the_clock():
    case, task = start("8h")
    runtime.cancel(case, by=SYSTEM, reason="Irrtum", at=MONDAY)
    assert Clock.objects.get(task=task).wake_at is None


def test_suspending_keeps_the_remaining_working_seconds():
    case, task = start("8h")
    runtime.suspend(case, by=SYSTEM, reason="Rückfrage", at=on(16, 12))
    clock = Clock.objects.get(task=task)
    assert (clock.remaining, clock.paused_at, clock.wake_at) == (6 * 3600, on(16, 12), None)


def test_resuming_moves_deadline_and_levels_by_working_time():
    case, task = start("8h")
    runtime.suspend(case, by=SYSTEM, reason="Rückfrage", at=on(16, 12))
    runtime.resume(case, by=SYSTEM, at=on(20, 15))
    task.refresh_from_db()
    clock = Clock.objects.get(task=task)
    assert task.due_at == task.due_sort_at == clock.due_at == clock.wake_at == on(23, 13)
    assert {one.at for one in escalation.timed_levels(clock.plan)} == {on(23, 13)}
    assert (clock.remaining, clock.paused_at, clock.generation) == (None, None, 1)


def test_resuming_after_the_deadline_was_missed_leaves_it_missed_and_keeps_later_levels_away():
    case, task = start("4h")
    Clock.objects.update(plan=plan_with_a_level_one_day_later(on(16, 14)), next_level=1, wake_at=on(17, 14))
    runtime.suspend(case, by=SYSTEM, reason="Rückfrage", at=on(16, 16))
    runtime.resume(case, by=SYSTEM, at=on(18, 9))
    task.refresh_from_db()
    clock = Clock.objects.get(task=task)
    assert task.due_at == clock.due_at == on(16, 14)
    assert clock.wake_at == on(18, 15)
    assert escalation.timed_levels(clock.plan)[0].at == on(16, 14)


def plan_with_a_level_one_day_later(due_at):
    second = Level(2, offset="1d", acts=(Act(Do.NOTIFY, ("lead",)),))
    levels = (Timed(escalation.MARK, due_at), Timed(second, due_at + dt.timedelta(days=1)))
    return [one.to_json() for one in levels]


def test_resuming_on_a_weekend_a_deadline_that_fell_on_one_is_not_missed_at_once():
    case, task = start("5cd")
    assert task.due_at == on(21)
    runtime.suspend(case, by=SYSTEM, reason="Rückfrage", at=on(20, 18))
    runtime.resume(case, by=SYSTEM, at=on(28))
    task.refresh_from_db()
    assert task.due_at == on(30, 9)


def test_suspending_twice_counts_each_pause_once():
    case, task = start("8h")
    for day in (16, 17):
        runtime.suspend(case, by=SYSTEM, reason="Rückfrage", at=on(day, 11))
        runtime.resume(case, by=SYSTEM, at=on(day, 13))
    task.refresh_from_db()
    assert task.due_at == on(17, 14)
