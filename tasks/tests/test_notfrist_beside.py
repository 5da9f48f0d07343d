"""A Notfrist beside an earlier rule: nothing that moves the earlier deadline gets behind it."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import translation

from people.scope import SYSTEM, scope_of
from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.errors import FinalDeadline
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_team, make_user, single
from tasks import deadlines, standstillboard, verify
from tasks.clocks import recomputing
from tasks.models import Clock, Notification, Standstill, Task
from tasks.tests.clockwork import begin, calendar, case_of, due, on, why
from tasks.tests.test_dated_deadlines import change_date, pay, paying

pytestmark = pytest.mark.django_db
NOTFRIST = DeadlinePlan(offset="1w", is_legal=True, is_final=True)
END = on(23, 23, 59) + dt.timedelta(seconds=59)
FAR = MONDAY + dt.timedelta(days=60)


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def beside(anna, *rules):
    return begin(single(deadlines=rules), anna)


def clock_of(row):
    return Clock.objects.get(task=row, kind="solution")


# -- moved and extended --------------------------------------------------------------------------------------


def test_a_deadline_is_moved_up_to_the_notfrist_beside_it_and_no_further(anna, lea):
    row = beside(anna, DeadlinePlan(offset="3d"), NOTFRIST)
    with pytest.raises(FinalDeadline):
        runtime.move_deadline(row, FAR, by=lea, reason="x", at=MONDAY)
    assert due(row) == on(19)
    runtime.move_deadline(row, on(23, 17), by=lea, reason="x", at=MONDAY)
    with pytest.raises(FinalDeadline):
        runtime.move_deadline(row, on(24), by=lea, reason="x", at=on(20))
    assert due(row) == on(23, 17)


def test_so_is_the_deadline_of_a_whole_case(anna, lea):
    rules = (DeadlinePlan("case", "3d"), replace(NOTFRIST, basis="case"))
    case = case_of(begin(replace(single(), deadlines=rules), anna))
    with pytest.raises(FinalDeadline):
        runtime.move_case_deadline(case, FAR, by=lea, reason="x", at=MONDAY)
    runtime.move_case_deadline(case, on(20), by=lea, reason="x", at=MONDAY)
    assert ProcessInstance.objects.get().due_at == on(20)


def test_a_legal_deadline_is_extended_up_to_the_notfrist_beside_it(anna, lea):
    row = beside(anna, DeadlinePlan(offset="3cd", is_legal=True), NOTFRIST)
    former = due(row)
    with pytest.raises(FinalDeadline):
        runtime.extend_deadline(row, "3m", former=former, by=lea, reason="x", at=MONDAY)
    assert due(row) == former
    runtime.extend_deadline(row, "1cd", former=former, by=lea, reason="x", at=MONDAY)
    assert due(row) == former + dt.timedelta(days=1)


def test_where_the_latest_counts_a_notfrist_before_it_forbids_nothing(anna, lea):
    row = beside(anna, DeadlinePlan(offset="10d", pick="latest"), replace(NOTFRIST, pick="latest"))
    runtime.move_deadline(row, FAR, by=lea, reason="x", at=MONDAY)
    assert due(row) == FAR


# -- after a standstill --------------------------------------------------------------------------------------


def extend(lea, from_at, until_at):
    still = Standstill.objects.create(from_at=from_at, until_at=until_at)
    return runtime.extend_by_standstill(still, make_team(), by=lea, reason="x", at=until_at)


def test_a_standstill_extends_up_to_the_notfrist_which_counts_then(anna, lea):
    row = beside(anna, DeadlinePlan(offset="4d"), replace(NOTFRIST, offset="4cd"))
    assert extend(lea, on(16, 11), on(19)) == 1
    clock, end = clock_of(row), on(20, 23, 59) + dt.timedelta(seconds=59)
    assert (due(row), clock.is_legal, clock.is_final, clock.is_moved) == (end, True, True, False)
    assert recomputing.preview(at=on(19)).moves == ()
    deadlines.sweep(at=on(21))
    assert Notification.objects.filter(recipient=lea, kind="overdue").exists()
    assert not list(verify.all_breaks())


def test_a_notfrist_that_passed_in_the_standstill_is_told(anna, lea):
    row = beside(anna, DeadlinePlan(offset="4h"), replace(NOTFRIST, offset="1cd"))
    assert extend(lea, on(16, 11), on(18)) == 1
    assert Task.objects.get().overdue_at == on(18)
    deadlines.sweep(at=on(18, 10, 1))
    assert (due(row).day, clock_of(row).is_final) == (17, True)
    assert Notification.objects.filter(recipient=lea, kind="overdue").exists()


def test_the_board_previews_where_the_extension_ends(anna, lea):
    beside(anna, DeadlinePlan(offset="4d"), replace(NOTFRIST, offset="4cd"))
    Standstill.objects.create(from_at=on(16, 11), until_at=on(19))
    with translation.override("en"):
        (board,) = standstillboard.boards(scope_of(lea), on(19))
    (row,) = board.teams[0].rows
    assert row.new == "Fri, 20 Nov, 23:59"
    assert row.why.endswith(", no later than the legal deadline")


# -- a Notfrist that comes later than the move ---------------------------------------------------------------

LATER = DeadlinePlan(basis="field", key="d", offset="1w", is_legal=True, is_final=True)


@pytest.fixture
def moved(lea):
    """A case whose task somebody has moved far away while the Notfrist had no date."""
    case = paying(DeadlinePlan(offset="10d"), LATER)
    change_date(case, "", MONDAY)
    runtime.move_deadline(pay(case), FAR, by=lea, reason="x", at=MONDAY)
    return case


def test_a_notfrist_that_gets_its_date_takes_the_place_of_a_moved_deadline(moved, lea):
    change_date(moved, "2026-11-20", on(17))
    clock = clock_of(pay(moved))
    assert (clock.due_at.day, clock.is_legal, clock.is_final) == (27, True, True)
    assert why(pay(moved), on(17)).sentence.endswith("Fr 27.11.")
    assert recomputing.preview(at=on(17)).moves == ()
    with pytest.raises(FinalDeadline):
        runtime.move_deadline(pay(moved), on(26), by=lea, reason="x", at=on(18))
    deadlines.sweep(at=on(28))
    assert pay(moved).overdue_at == on(28)
    assert not list(verify.all_breaks())


def test_it_follows_the_date_from_then_on_and_the_rules_when_that_is_emptied(moved):
    change_date(moved, "2026-11-20", on(17))
    change_date(moved, "2026-11-23", on(18))
    assert clock_of(pay(moved)).due_at.day == 30
    change_date(moved, "", on(18, 12))
    clock = clock_of(pay(moved))
    assert (clock.due_at, clock.is_final, clock.is_moved) == (on(30), False, False)


def test_a_later_notfrist_leaves_a_moved_deadline_alone(moved):
    change_date(moved, "2027-01-20", on(17))
    clock = clock_of(pay(moved))
    assert (clock.due_at, clock.is_final, clock.is_moved) == (FAR, False, True)


def test_a_changed_calendar_moves_the_notfrist_that_took_the_place(moved):
    """18 November, Buß- und Bettag, is a holiday in Saxony alone."""
    company = calendar("company", region="DE-SN", is_default=True)
    change_date(moved, "2026-11-11", on(16, 12))
    assert clock_of(pay(moved)).due_at.day == 19
    company.region = ""
    company.save()
    (move,) = recomputing.preview(at=on(16, 13)).moves
    assert (move.old.day, move.new.day) == (19, 18)
    assert runtime.recompute(clock_of(pay(moved)).pk, by=SYSTEM, at=on(16, 13))
    assert clock_of(pay(moved)).due_at.day == 18


@pytest.mark.parametrize(("urgency", "expected"), [(0, END), (3, on(20))])
def test_another_urgency_brings_its_notfrist_to_a_moved_deadline(anna, lea, urgency, expected):
    row = beside(anna, DeadlinePlan(offset="3d"), replace(NOTFRIST, urgency=0))
    until = FAR if urgency == 0 else on(20)
    runtime.move_deadline(row, until, by=lea, reason="x", at=MONDAY)
    runtime.set_urgency(Task.objects.get(), urgency, by=anna, at=on(16, 12))
    assert (due(row), clock_of(row).is_final) == (expected, urgency == 0)


def test_while_a_moved_deadline_rests_the_notfrist_beside_it_counts(anna, lea):
    row = runtime.claim(beside(anna, DeadlinePlan(offset="3d"), NOTFRIST), by=anna, at=MONDAY)
    row = runtime.move_deadline(row, on(20), by=lea, reason="x", at=MONDAY)
    runtime.postpone(row, on(30, 9), by=anna, waits_for="third", at=on(17))
    assert (due(row), clock_of(row).is_final) == (END, True)
    deadlines.sweep(at=on(24))
    assert Notification.objects.filter(recipient=lea, kind="overdue").exists()
