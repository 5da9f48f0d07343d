"""What rests and what does not: pauses of cases and tasks, legal deadlines in them, and the account of it."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import timezone, translation

from processes import runtime
from processes.blueprint import DeadlinePlan, OutcomePlan
from processes.tests.builders import (
    MONDAY,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    single,
)
from tasks import deadlines, duemarks, duetime
from tasks.clocks import recomputing
from tasks.models import Clock, Notification, Task
from tasks.tests.clockwork import begin, case_of, due, on, page, why
from tasks.tests.offices import browser

pytestmark = pytest.mark.django_db
LONG_AGO = MONDAY.replace(year=2025)
NOTFRIST = DeadlinePlan(offset="1w", is_legal=True, is_final=True)


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def suspend(row, lea, at):
    runtime.suspend(case_of(row), by=lea, reason="ruht", at=at)


def waiting(anna, deadline="10h", until=27):
    """A task taken over on Monday at 10:00 that waits for somebody outside from 12:00 on."""
    row = runtime.claim(begin(single(deadline=deadline), anna), by=anna, at=MONDAY)
    return runtime.postpone(row, on(until, 9), by=anna, waits_for="third", at=on(16, 12))


# -- legal deadlines -----------------------------------------------------------------------------------------


def test_a_legal_deadline_is_watched_while_the_case_is_suspended(anna, lea):
    row = begin(single(deadlines=(NOTFRIST,)), anna)
    suspend(row, lea, on(17))
    deadlines.sweep(at=on(20))
    assert Notification.objects.filter(recipient=anna, kind="reminder").exists()
    deadlines.sweep(at=on(24))
    assert Notification.objects.filter(recipient=lea, kind="overdue").exists()
    assert Task.objects.get().overdue_at == on(24)


def test_a_legal_deadline_of_a_case_is_watched_while_it_is_suspended(anna, lea):
    rule = DeadlinePlan(basis="case", offset="1w", is_legal=True)
    plan = single()
    row = begin(type(plan)(steps=plan.steps, flows=plan.flows, deadlines=(rule,)), anna)
    suspend(row, lea, on(17))
    deadlines.sweep(at=on(24))
    assert Notification.objects.filter(recipient=lea, kind="overdue", task=None).exists()


LATE = OutcomePlan("late", "Zu spät", is_clock=True, after={"basis": "step", "offset": "90d"})


def ending_late(outcome, *rules):
    """One task with these deadlines, which this outcome of the clock ends."""
    plan = single(deadlines=rules)
    steps = [
        replace(one, outcomes=(*one.outcomes, outcome)) if one.key == "work" else one for one in plan.steps
    ]
    return replace(plan, steps=tuple(steps), flows=(*plan.flows, *flows("work.late>end")))


@pytest.mark.parametrize("is_suspended", [True, False])
def test_a_level_moves_no_token_while_its_case_or_task_stands_still(anna, lea, is_suspended):
    acts = [{"do": "outcome", "key": "late"}, {"do": "notify", "whom": ["lead"]}]
    plan = ending_late(LATE, NOTFRIST)
    version = make_version(plan, make_definition("fallible"), levels=[{"level": 1, "acts": acts}])
    row = runtime.start(version, by=anna, at=MONDAY).tasks.get()
    row = runtime.claim(row, by=anna, at=MONDAY)
    if is_suspended:
        suspend(row, lea, on(17))
    else:
        runtime.postpone(row, on(30, 9), by=anna, waits_for="customer", at=on(17))
    deadlines.sweep(at=on(24))
    assert Task.objects.get().is_open
    assert Notification.objects.filter(recipient=lea, kind="overdue").exists()


@pytest.mark.parametrize(("is_suspended", "is_open"), [(False, False), (True, True)])
def test_an_outcome_of_the_clock_does_not_rest_with_its_task_but_with_its_case(
    anna, lea, is_suspended, is_open
):
    """ "No answer after a working day" is meant for a task that waits for that answer."""
    silent = replace(LATE, after={"basis": "step", "offset": "8h"})
    row = runtime.claim(begin(ending_late(silent), anna), by=anna, at=MONDAY)
    runtime.postpone(row, on(27, 9), by=anna, waits_for="customer", at=on(16, 12))
    if is_suspended:
        suspend(row, lea, on(16, 13))
    deadlines.sweep(at=on(18, 12))
    assert Task.objects.get().is_open == is_open


def test_other_deadlines_of_a_suspended_case_tell_nobody(anna, lea):
    row = begin(single(deadline="8h"), anna)
    suspend(row, lea, on(16, 12))
    deadlines.sweep(at=on(24))
    assert not Notification.objects.filter(kind__in=("overdue", "reminder")).exists()


def test_resuming_leaves_a_legal_deadline_where_it_is(anna, lea):
    row = begin(single(deadlines=(NOTFRIST,)), anna)
    before = due(row)
    suspend(row, lea, on(17))
    runtime.resume(case_of(row), by=lea, at=on(20))
    assert due(row) == before
    assert Clock.objects.get(task=row).wake_at == on(20, 9)


def overdue(person):
    """Ids and headings in the list of what is overdue."""
    groups = browser(person).get("/tasks/", {"folder": "overdue"}).context["groups"]
    return [(row.id, group.key) for group in groups for row in group.rows]


@pytest.mark.parametrize(("rule", "is_shown"), [(NOTFRIST, True), (DeadlinePlan(offset="1d"), False)])
@pytest.mark.parametrize("is_suspended", [True, False])
def test_the_list_of_what_is_overdue_shows_legal_deadlines_whatever_rests(
    anna, lea, rule, is_shown, is_suspended
):
    row = runtime.claim(begin(single(deadlines=(rule,)), anna, LONG_AGO), by=anna, at=LONG_AGO)
    later = timezone.now() + dt.timedelta(days=9)
    if is_suspended:
        suspend(row, lea, LONG_AGO)
    else:
        runtime.postpone(row, later, by=anna, waits_for="third", at=LONG_AGO)
    if not is_shown:
        Task.objects.update(due_sort_at=LONG_AGO)
    assert overdue(anna) == [(row.pk, "overdue")] * is_shown
    assert browser(anna).get("/tasks/").context["counts"]["mine_overdue"] == is_shown
    assert overdue(lea) == [(row.pk, "overdue")] * is_shown


@pytest.mark.parametrize("still", [{"is_suspended": True}, {"rests": True}])
def test_a_legal_deadline_is_never_called_resting(still):
    with translation.override("de"):
        assert duetime.label(on(24), on(23), is_legal=True, **still).text == "morgen"


def test_the_account_says_that_a_legal_deadline_runs_on(anna, lea):
    row = begin(single(deadlines=(NOTFRIST,)), anna)
    suspend(row, lea, on(17))
    assert why(row, on(18), "en").notes == ["It runs on although the case is suspended."]
    found = page(row, on(18))
    assert not found.rests
    assert found.ahead
    assert not duemarks.marks([Task.objects.get()], on(18))[row.pk].rests


def test_the_account_says_that_a_legal_deadline_does_not_wait_with_its_task(anna):
    row = runtime.claim(begin(single(deadlines=(NOTFRIST,)), anna), by=anna, at=MONDAY)
    runtime.postpone(row, on(27, 9), by=anna, waits_for="third", at=on(16, 12))
    assert why(row, on(18), "en").notes == ["It runs on although the task waits for somebody."]


# -- legal deadlines beside others ---------------------------------------------------------------------------

BOTH = (DeadlinePlan(offset="3d"), NOTFRIST)
END = on(23, 23, 59) + dt.timedelta(seconds=59)


def both(anna, *rules):
    row = runtime.claim(begin(single(deadlines=rules or BOTH), anna), by=anna, at=MONDAY)
    assert due(row) == on(19)
    return runtime.postpone(row, on(30, 9), by=anna, waits_for="third", at=on(17))


def test_while_the_earlier_deadline_rests_the_legal_one_beside_it_counts(anna, lea):
    row = both(anna)
    clock = Clock.objects.get(task=row, kind="solution")
    assert (due(row), clock.is_legal, clock.is_final) == (END, True, True)
    assert clock.wake_at == on(20, 9)
    assert why(row, on(18), "en").notes[0].startswith("While the others rest, the legal deadline counts: ")
    assert recomputing.preview(at=on(18)).moves == ()
    deadlines.sweep(at=on(24))
    assert Notification.objects.filter(recipient=lea, kind="overdue").exists()


def test_after_a_short_rest_the_other_deadline_counts_again(anna):
    row = runtime.take_up(both(anna), by=anna, at=on(18))
    clock = Clock.objects.get(task=row, kind="solution")
    assert (due(row), clock.is_legal, clock.is_final) == (on(20), False, False)
    assert (clock.wake_at, clock.generation) == (on(20, 9), 1), "the early warning of the legal one"
    assert why(row, on(18)).sentence.endswith(": 8 h → Fr 20.11. 10:00")
    assert recomputing.preview(at=on(18)).moves == ()


def test_after_a_long_rest_the_legal_deadline_comes_first(anna):
    row = runtime.take_up(both(anna), by=anna, at=on(23))
    clock = Clock.objects.get(task=row, kind="solution")
    assert (due(row), clock.is_legal, clock.paused_at) == (END, True, None)


def test_a_deadline_missed_before_the_rest_stays_missed(anna):
    row = runtime.claim(begin(single(deadlines=BOTH), anna), by=anna, at=MONDAY)
    deadlines.sweep(at=on(19))
    runtime.postpone(row, on(30, 9), by=anna, waits_for="third", at=on(19, 12))
    found = Task.objects.get()
    assert (found.due_at, found.overdue_at) == (on(19), on(19))


def test_where_the_latest_counts_the_legal_one_does_not_take_its_place(anna):
    legal = DeadlinePlan(offset="1cd", is_legal=True, pick="latest")
    row = both(anna, DeadlinePlan(offset="3d", pick="latest"), legal)
    assert Clock.objects.get(task=row, kind="solution").wake_at is None


def test_a_notfrist_that_comes_second_is_not_lost_by_another_urgency(anna):
    rules = [replace(rule, urgency=2) for rule in BOTH]
    row = begin(single(deadlines=(*rules, DeadlinePlan(offset="30d"))), anna)
    runtime.set_urgency(row, 3, by=anna, at=on(16, 12))
    assert due(row) == on(19)


# -- pauses --------------------------------------------------------------------------------------------------


def test_a_follow_up_does_not_start_the_clock_of_a_suspended_case(anna, lea):
    row = waiting(anna, until=17)
    suspend(row, lea, on(16, 14))
    deadlines.sweep(at=on(17, 10))
    assert not Task.objects.get().is_hidden
    assert Clock.objects.get(task=row, kind="solution").wake_at is None
    runtime.resume(case_of(row), by=lea, at=on(18, 9))
    assert due(row) == on(18, 17)


def test_a_pause_before_a_deadline_was_moved_does_not_count(anna, lea):
    row = runtime.move_deadline(waiting(anna), on(20, 17), by=lea, reason="x", at=on(17, 9))
    assert Clock.objects.get(task=row, kind="solution").remaining == 4 * 8 * 3600
    runtime.take_up(row, by=anna, at=on(18, 9))
    assert due(row) == on(23, 17)


def test_a_pause_outside_working_time_leaves_a_deadline_by_the_calendar_alone(anna, lea):
    row = begin(single(deadline="5cd"), anna)
    suspend(row, lea, on(19, 18))
    runtime.resume(case_of(row), by=lea, at=on(20, 8))
    assert due(row) == on(21)


# -- the account ---------------------------------------------------------------------------------------------


def test_the_account_of_a_deadline_that_has_rested_ends_at_the_deadline(anna):
    row = runtime.take_up(waiting(anna), by=anna, at=on(17, 12))
    assert due(row) == on(18, 12)
    found = why(row, on(17, 12))
    assert found.sentence.endswith(": 8 h → Mi 18.11. 12:00")
    assert str(found.lines[-1]) == "fällig Mi 18.11. 12:00"
    assert "rested: 8 h" in [str(line) for line in why(row, on(17, 12), "en").lines]


def test_a_pause_after_the_deadline_was_missed_adds_nothing_to_it(anna, lea):
    row = begin(single(deadline="4h"), anna)
    suspend(row, lea, on(16, 16))
    runtime.resume(case_of(row), by=lea, at=on(18, 9))
    assert due(row) == on(16, 14)
    assert why(row, on(18, 9)).sentence.endswith("Mo 16.11. 14:00")
    assert recomputing.preview(at=on(18, 9)).moves == ()


def test_the_account_of_a_date_that_has_rested_ends_at_the_deadline(anna):
    row = runtime.claim(
        begin(single(deadlines=(DeadlinePlan(basis="date", on="2026-11-13", offset="5d"),)), anna),
        by=anna,
        at=MONDAY,
    )
    assert due(row) == on(20, 17)
    row = runtime.postpone(row, on(27, 9), by=anna, waits_for="third", at=on(16, 12))
    row = runtime.take_up(row, by=anna, at=on(17, 12))
    assert due(row) == on(23, 17)
    sentence = why(row, on(17, 12)).sentence
    assert sentence.startswith("Start Fr 13.11. 17:00; ")
    assert sentence.endswith(": 8 h → Mo 23.11. 17:00")


def test_the_account_follows_a_deadline_over_a_closing_time(anna, lea):
    row = begin(single(deadline="5cd"), anna)
    suspend(row, lea, on(20, 18))
    runtime.resume(case_of(row), by=lea, at=on(28))
    assert due(row) == on(30, 9)
    assert why(row, on(28)).sentence.endswith(": 40 h → Mo 30.11. 09:00")
