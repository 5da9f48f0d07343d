"""Deadlines extended by a standstill of the clock: which, by how much, once, finished when interrupted."""

import datetime as dt

import pytest
from django.db import OperationalError, connection

from people.scope import SYSTEM, scope_of
from processes import nets, runtime
from processes.blueprint import DeadlinePlan
from processes.errors import NotAllowed, ReasonMissing
from processes.models import ProcessDefinition
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    make_definition,
    make_team,
    make_user,
    make_version,
    single,
)
from tasks import deadlines, standstillboard, verify
from tasks.clocks import clockrules, standstills
from tasks.events import Kind, facts_of
from tasks.models import Clock, Notification, ProcessEvent, Standstill, StandstillExtension, Task

pytestmark = pytest.mark.django_db


def on(day, hour=10, minute=0):
    """A moment of November 2026; the 16th is a Monday."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


@pytest.fixture
def still(db):
    """Tuesday 11:00 to 15:00: four working hours."""
    return Standstill.objects.create(from_at=on(17, 11), until_at=on(17, 15))


def ticket(anna, *rules, at=MONDAY, team="service"):
    key = f"ticket{ProcessDefinition.objects.count()}"
    version = make_version(single(deadlines=rules, team=team), make_definition(key))
    return runtime.start(version, by=anna, at=at).tasks.get()


def extend(still, lea, at, reason="Uhr stand still"):
    return runtime.extend_by_standstill(still, make_team(), by=lea, reason=reason, at=at)


def due(task):
    return Task.objects.get(pk=task.pk).due_at


def test_running_deadlines_get_back_the_working_time_they_lost(anna, lea, still):
    passed = ticket(anna, DeadlinePlan(offset="10h"))
    ahead = ticket(anna, DeadlinePlan(offset="3d"))
    begun_in_it = ticket(anna, DeadlinePlan(offset="1d"), at=on(17, 14))
    over_before = ticket(anna, DeadlinePlan(offset="2h"))
    begun_after = ticket(anna, DeadlinePlan(offset="1d"), at=on(17, 16))
    deadlines.sweep(at=on(17, 15))
    assert Task.objects.get(pk=passed.pk).overdue_at is not None
    assert extend(still, lea, on(17, 15)) == 3
    assert (due(passed), due(ahead), due(begun_in_it)) == (on(17, 16), on(19, 14), on(18, 15))
    assert (due(over_before), due(begun_after)) == (on(16, 12), on(18, 16))
    row = Task.objects.get(pk=passed.pk)
    assert (row.overdue_at, row.escalation_level) == (None, 0)
    assert not list(verify.all_breaks())


def test_levels_begin_anew_and_the_deadline_is_watched_again(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="10h"))
    deadlines.sweep(at=on(17, 15))
    before = Notification.objects.filter(recipient=lea).count()
    extend(still, lea, on(17, 15))
    assert deadlines.sweep(at=on(17, 15, 59)).overdue == 0
    assert deadlines.sweep(at=on(17, 16)).overdue == 1
    assert Notification.objects.filter(recipient=lea).count() > before
    assert Clock.objects.get(task=task).generation == 2


def test_what_stays_late_all_the_same_stays_marked_and_is_told_nothing_new(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="10h"))
    deadlines.sweep(at=on(19))
    before = Notification.objects.count()
    assert extend(still, lea, on(19)) == 1
    row = Task.objects.get(pk=task.pk)
    assert (row.due_at, row.overdue_at is not None) == (on(17, 16), True)
    assert deadlines.sweep(at=on(19, 11)).notices == 0
    assert Notification.objects.count() == before


def test_legal_final_moved_and_ended_ones_stay(anna, lea, still):
    legal = ticket(anna, DeadlinePlan(offset="1w", is_legal=True))
    moved = ticket(anna, DeadlinePlan(offset="3d"))
    runtime.move_deadline(moved, on(20), by=lea, reason="Wunsch", at=on(16, 11))
    done = runtime.claim(ticket(anna, DeadlinePlan(offset="3d")), by=anna, at=MONDAY)
    runtime.complete_task(done, outcome="done", by=anna, at=on(16, 12))
    foreign = ticket(anna, DeadlinePlan(offset="3d"), team="other")
    before = [due(task) for task in (legal, moved, done, foreign)]
    assert extend(still, lea, on(17, 15)) == 0
    assert [due(task) for task in (legal, moved, done, foreign)] == before


def test_a_task_that_waited_for_the_customer_lost_only_the_time_before(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="3d"))
    runtime.postpone(task, on(18), by=anna, waits_for="customer", at=on(17, 12))
    assert extend(still, lea, on(17, 15)) == 1
    runtime.take_up(task, by=anna, at=on(18, 12))
    assert due(task) == on(20, 11)


@pytest.mark.parametrize(
    ("rest", "lost"),
    [
        ((9, 15), 0),  # all through the standstill
        ((9, 12), 3),
        ((12, 14), 2),
        ((14, 16), 3),
        ((9, 10), 4),
    ],
)
def test_a_rest_that_is_over_is_not_given_back_a_second_time(anna, lea, still, rest, lost):
    task = ticket(anna, DeadlinePlan(offset="4d"))
    runtime.suspend(task.instance, by=lea, reason="ruht", at=on(17, rest[0]))
    runtime.resume(task.instance, by=lea, at=on(17, rest[1]))
    found = standstills.extensible(still, [make_team().pk])
    assert list(found.values()) == [lost * 3600] * bool(lost)


def test_rests_of_task_and_case_that_overlap_count_once(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="4d"))
    runtime.postpone(task, on(18), by=anna, waits_for="customer", at=on(17, 10))
    runtime.suspend(task.instance, by=lea, reason="ruht", at=on(17, 12))
    task.refresh_from_db()
    runtime.resume(task.instance, by=lea, at=on(17, 13))
    runtime.postpone(task, on(19), by=anna, waits_for="later", at=on(17, 14))
    runtime.take_up(task, by=anna, at=on(17, 16))
    assert list(standstills.extensible(still, [make_team().pk]).values()) == [3600]


def test_a_deadline_extended_in_its_rest_is_watched_in_full_afterwards(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="10h"))  # due at 12:00
    runtime.postpone(task, on(27), by=anna, waits_for="customer", at=on(17, 11, 30))
    (board,) = standstillboard.boards(scope_of(lea), on(18))
    (part,) = board.teams
    (row,) = part.rows
    assert (part.passed, part.staying, row.is_late) == (0, [], False)
    assert standstillboard.passed_in_standstill(scope_of(lea), on(18)) == 0
    assert extend(still, lea, on(18)) == 1
    assert Task.objects.get().overdue_at is None
    runtime.take_up(Task.objects.get(), by=anna, at=on(18))
    assert due(task) == on(18, 11)
    deadlines.sweep(at=on(18, 11))
    assert Task.objects.get().overdue_at == on(18, 11)
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1


def test_what_passed_before_its_rest_has_passed(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="10h"))
    runtime.postpone(task, on(27), by=anna, waits_for="customer", at=on(17, 14))
    assert standstillboard.passed_in_standstill(scope_of(lea), on(18)) == 1
    assert extend(still, lea, on(18)) == 1
    assert Task.objects.get().overdue_at is None


def test_once_a_team_however_often_it_is_asked_for(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="3d"))
    assert [extend(still, lea, on(17, 15), reason) for reason in ("erst", "nochmal")] == [1, 0]
    assert due(task) == on(19, 14)
    assert StandstillExtension.objects.get().reason == "erst"
    facts = facts_of(ProcessEvent.objects.get(kind=Kind.DEADLINE))
    assert (facts["why"], facts["standstill"]) == ("standstill", still.pk)


def test_a_second_standstill_adds_its_own_time(anna, lea, still):
    task = ticket(anna, DeadlinePlan(offset="3d"))
    again = Standstill.objects.create(from_at=on(18, 9), until_at=on(18, 11))
    assert (extend(still, lea, on(18, 12)), extend(again, lea, on(18, 12))) == (1, 1)
    assert due(task) == on(19, 16)
    clock = Clock.objects.get(task=task)
    assert clockrules.found_anew(clock, nets.compiled(task.instance.version_id)) is None


def test_what_was_interrupted_in_the_middle_is_finished_by_asking_again(anna, lea, still):
    tasks = [ticket(anna, DeadlinePlan(offset="3d")) for _ in range(3)]
    seen = []

    def cut(execute, sql, *args):
        """The connection is lost when the second case is about to be written."""
        is_event = sql.startswith('INSERT INTO "tasks_processevent"')
        seen.append(is_event)
        if is_event and sum(seen) == 2:
            raise OperationalError("connection lost")
        return execute(sql, *args)

    with connection.execute_wrapper(cut), pytest.raises(OperationalError):
        extend(still, lea, on(17, 15))
    assert [due(task) == on(19, 14) for task in tasks].count(True) == 1
    assert extend(still, lea, on(17, 15)) == 2
    assert [due(task) for task in tasks] == [on(19, 14)] * 3
    assert not list(verify.all_breaks())


def test_only_leads_of_the_team_and_only_with_a_reason(anna, lea, still):
    ticket(anna, DeadlinePlan(offset="3d"))
    for by in (anna, make_user("Olga", make_team("other"), lead=True), SYSTEM):
        with pytest.raises(NotAllowed):
            extend(still, by, on(17, 15))
    with pytest.raises(ReasonMissing):
        extend(still, lea, on(17, 15), " ")
    assert not StandstillExtension.objects.exists()


def test_the_board_lists_legal_ones_first_and_shows_old_and_new(anna, lea, still):
    ticket(anna, DeadlinePlan(offset="10h"))
    legal = ticket(anna, DeadlinePlan(offset="3d"))
    Clock.objects.filter(task=legal).update(is_legal=True, is_final=True, due_at=on(17, 12))
    (board,) = standstillboard.boards(scope_of(lea), on(17, 16))
    (part,) = board.teams
    assert [row.url for row in part.legal] == [f"/tasks/{legal.pk}/"]
    assert [(row.old[-9:], row.new[-9:]) for row in part.rows] == [("12:00 Uhr", "16:00 Uhr")]
    assert standstillboard.passed_in_standstill(scope_of(lea), on(17, 16)) == 2
    assert standstillboard.boards(scope_of(anna), on(17, 16)) == []
    assert standstillboard.boards(scope_of(lea), on(25)) == []
