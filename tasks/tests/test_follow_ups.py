"""Wiedervorlage: put off, hidden, back at its time; deadlines rest only while somebody outside is awaited."""

import datetime as dt

import pytest

from people.scope import SYSTEM
from processes import runtime
from processes.errors import NotAllowed, StaleError, TooEarly
from processes.tests.builders import BERLIN, MONDAY, make_team, make_user, make_version, single
from tasks import deadlines, verify
from tasks.models import Notification, Task

pytestmark = pytest.mark.django_db


def on(day, hour=10):
    """A moment of November 2026; the 16th is a Monday."""
    return dt.datetime(2026, 11, day, hour, tzinfo=BERLIN)


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def task(anna):
    case = runtime.start(make_version(single(deadline="3d")), by=anna, at=MONDAY)
    return runtime.claim(case.tasks.get(), by=anna, at=MONDAY)


def test_it_is_hidden_until_its_moment_and_whoever_has_it_is_told(task, anna):
    runtime.postpone(task, on(18), by=anna, note="Rückruf", at=MONDAY)
    row = Task.objects.get()
    assert (row.is_hidden, row.follow_up_at, row.due_at) == (True, on(18), on(19))
    assert deadlines.sweep(at=on(18, 9)).moved == 0
    assert deadlines.sweep(at=on(18)).moved == 1
    row.refresh_from_db()
    assert (row.is_hidden, row.follow_up_at, row.waits_for) == (False, None, "")
    assert Notification.objects.filter(recipient=anna, kind="came_back").count() == 1
    assert not list(verify.all_breaks())


def test_a_day_off_means_the_next_opening(task, anna):
    runtime.postpone(task, on(21), by=anna, at=MONDAY)
    assert Task.objects.get().follow_up_at == on(23, 9)


def test_without_anybody_the_whole_team_is_told(task, anna):
    bela = make_user("Bela", make_team())
    runtime.release(task, by=anna, at=MONDAY)
    runtime.postpone(task, on(17), by=bela, at=MONDAY)
    deadlines.sweep(at=on(17))
    told = Notification.objects.filter(kind="came_back").values_list("recipient", flat=True)
    assert set(told) == {anna.pk, bela.pk}


def test_waiting_for_the_customer_stops_the_deadline_and_coming_back_lets_it_go_on(task, anna):
    runtime.postpone(task, on(23), by=anna, waits_for="customer", at=on(17))
    assert deadlines.sweep(at=on(20)).overdue == 0
    deadlines.sweep(at=on(23))
    assert Task.objects.get().due_at == on(25)


def test_the_customer_answers_earlier(task, anna):
    runtime.postpone(task, on(23), by=anna, waits_for="customer", at=on(17))
    runtime.take_up(task, by=anna, at=on(18))
    row = Task.objects.get()
    assert (row.is_hidden, row.due_at) == (False, on(20))
    with pytest.raises(StaleError):
        runtime.take_up(task, by=anna, at=on(18))


def test_a_case_that_is_suspended_and_resumed_leaves_a_waiting_task_waiting(task, anna):
    runtime.postpone(task, on(25), by=anna, waits_for="third", at=on(17))
    runtime.suspend(task.instance, by=SYSTEM, reason="Pause", at=on(17, 11))
    runtime.resume(task.instance, by=SYSTEM, at=on(18))
    assert deadlines.sweep(at=on(24)).overdue == 0
    deadlines.sweep(at=on(25))
    row = Task.objects.get()
    assert (row.is_hidden, row.due_at) == (False, on(27))


def test_ending_or_passing_on_the_task_ends_the_follow_up(task, anna):
    bela = make_user("Bela", make_team())
    runtime.postpone(task, on(23), by=anna, at=MONDAY)
    runtime.reassign(task, to=bela, by=anna, at=MONDAY)
    assert not Task.objects.get().is_hidden
    runtime.postpone(task, on(23), by=bela, at=MONDAY)
    runtime.complete_task(task, outcome="done", by=bela, at=on(17))
    assert deadlines.sweep(at=on(23)).moved == 0


def test_what_is_refused(task, anna):
    with pytest.raises(TooEarly):
        runtime.postpone(task, MONDAY, by=anna, at=MONDAY)
    with pytest.raises(NotAllowed):
        runtime.postpone(task, on(18), by=anna, waits_for="godot", at=MONDAY)
    with pytest.raises(NotAllowed):
        runtime.postpone(task, on(18), by=make_user("Fremd", make_team("other")), at=MONDAY)
