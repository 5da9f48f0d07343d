"""By whose calendar a deadline is counted: that of when it began, whoever has the task later."""

import datetime as dt
from dataclasses import replace

import pytest

from people.models import CalendarDay, PersonCalendar
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.tests.builders import BERLIN, MONDAY, make_team, make_user, single
from tasks import deadlines
from tasks.clocks import recomputing
from tasks.models import Clock, Notification
from tasks.tests.clockwork import begin, calendar, case_of, due, on, why

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def works_until_wednesday(person):
    """The person's own calendar, of a part of the week."""
    own = calendar("person", last=2)
    PersonCalendar.objects.create(user=person, calendar=own, from_on=dt.date(2026, 1, 1))
    return own


def assigned(person, at, offset="5d"):
    """A task that is given to the person who starts the case."""
    plan = single(deadlines=(DeadlinePlan(offset=offset),))
    steps = (replace(one, assignment="starter") if one.kind == "task" else one for one in plan.steps)
    return begin(replace(plan, steps=tuple(steps)), person, at)


def moves_to_berlin_in_june(person):
    """Works in North Rhine-Westphalia, and from 1 June 2026 on in Berlin."""
    for region, day in (("DE-NW", dt.date(2026, 1, 1)), ("DE-BE", dt.date(2026, 6, 1))):
        own = calendar(region.lower(), region=region)
        PersonCalendar.objects.create(user=person, calendar=own, from_on=day)


def test_a_task_taken_over_keeps_its_deadline_and_the_account_of_it(anna):
    works_until_wednesday(anna)
    row = runtime.claim(begin(single(deadline="5d"), anna), by=anna, at=MONDAY)
    found = why(row, on(16, 11))
    assert due(row) == on(23)
    assert found.sentence.endswith("Mo 23.11. 10:00")


def test_a_calendar_that_has_not_changed_moves_nothing_after_taking_over(anna):
    works_until_wednesday(anna)
    runtime.claim(begin(single(deadline="5d"), anna), by=anna, at=MONDAY)
    assert recomputing.preview(at=MONDAY).moves == ()


def test_passing_a_task_on_to_another_team_leaves_its_deadline(anna, lea):
    evening = make_team("evening", calendar=calendar("evening", 18, 22))
    row = begin(single(deadline="5d"), anna)
    row = runtime.reassign(row, to=evening, by=lea, at=on(16, 11))
    assert recomputing.preview(at=on(16, 12)).moves == ()
    assert why(row, on(16, 12)).sentence.endswith("Mo 23.11. 10:00")


def test_a_change_of_the_calendar_it_is_counted_by_moves_it_after_taking_over_too(anna):
    company = calendar("company", is_default=True)
    works_until_wednesday(anna)
    row = runtime.claim(begin(single(deadline="5d"), anna), by=anna, at=MONDAY)
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=18, year=2026)
    assert runtime.recompute(Clock.objects.get(task=row).pk, by=SYSTEM, at=on(16, 12))
    assert due(row) == on(24)
    assert why(row, on(16, 12)).sentence.endswith("Di 24.11. 10:00")


def test_an_assigned_task_is_counted_by_the_calendar_of_its_person(anna):
    works_until_wednesday(anna)
    assert due(assigned(anna, MONDAY, "3d")) == on(23)


def test_a_person_changes_the_bundesland_in_the_middle_of_a_deadline(anna):
    moves_to_berlin_in_june(anna)
    row = assigned(anna, dt.datetime(2026, 5, 29, 10, tzinfo=BERLIN))
    assert due(row) == dt.datetime(2026, 6, 5, 10, tzinfo=BERLIN)
    assert why(row, dt.datetime(2026, 5, 29, 11, tzinfo=BERLIN)).sentence.endswith("Fr 05.06. 10:00")


def test_from_a_day_on_means_that_day_where_the_team_works(anna):
    moves_to_berlin_in_june(anna)
    row = assigned(anna, dt.datetime(2026, 5, 31, 22, 30, tzinfo=dt.UTC))
    assert due(row) == dt.datetime(2026, 6, 8, 9, tzinfo=BERLIN)


def test_a_holiday_of_the_bundesland_left_behind_still_counts_before_the_change(anna):
    moves_to_berlin_in_june(anna)
    row = assigned(anna, dt.datetime(2026, 5, 22, 10, tzinfo=BERLIN), "1d")
    assert due(row) == dt.datetime(2026, 5, 26, 10, tzinfo=BERLIN)


def test_a_pause_is_measured_by_the_calendar_the_deadline_is_counted_by(anna, lea):
    calendar("company", is_default=True)
    make_team("evening", calendar=calendar("evening", 18, 22))
    row = begin(single(team="evening", deadlines=(DeadlinePlan(offset="6h"),)), anna)
    assert due(row) == on(17, 20)
    runtime.suspend(case_of(row), by=lea, reason="x", at=on(16, 12))
    assert Clock.objects.get(task=row).remaining == 6 * 3600
    runtime.resume(case_of(row), by=lea, at=on(16, 16))
    assert due(row) == on(17, 20)
    assert recomputing.preview(at=on(16, 16)).moves == ()


# -- reaction times ------------------------------------------------------------------------------------------


def reacting(anna, offset="2h"):
    return begin(single(deadlines=(DeadlinePlan(offset=offset, kind="reaction"),)), anna)


def told(person):
    return Notification.objects.filter(recipient=person, kind="overdue").exists()


def test_the_reaction_time_runs_again_after_a_release(anna, lea):
    row = runtime.claim(reacting(anna), by=anna, at=on(16, 10, 30))
    runtime.release(row, by=anna, at=on(16, 11))
    deadlines.sweep(at=on(16, 11, 59))
    assert not told(lea)
    deadlines.sweep(at=on(16, 13))
    assert told(lea)


def test_the_reaction_time_runs_again_when_the_lead_puts_the_task_back(anna, lea):
    row = runtime.claim(reacting(anna), by=anna, at=on(16, 10, 30))
    runtime.reassign(row, to=make_team(), by=lea, at=on(16, 11))
    deadlines.sweep(at=on(16, 13))
    assert told(lea)


def test_a_task_passed_on_to_a_person_has_been_taken_over(anna, lea):
    row = runtime.reassign(reacting(anna), to=anna, by=lea, at=on(16, 11))
    assert Clock.objects.get(task=row).wake_at is None
    deadlines.sweep(at=on(16, 13))
    assert not told(lea)


def test_a_calendar_change_leaves_reactions_of_taken_tasks_alone_until_they_are_released(anna):
    company = calendar("company", is_default=True)
    row = runtime.claim(reacting(anna, "2d"), by=anna, at=on(16, 11))
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=17, year=2026)
    assert recomputing.preview(at=on(16, 12)).moves == ()
    assert not runtime.recompute(Clock.objects.get(task=row).pk, by=SYSTEM, at=on(16, 12))
    runtime.release(row, by=anna, at=on(16, 13))
    clock = Clock.objects.get(task=row)
    assert clock.due_at == clock.wake_at == on(19)
