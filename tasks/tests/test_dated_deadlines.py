"""Deadlines counted from a date: the date is that day, however and whenever the office opens."""

import datetime as dt

import pytest
from django.utils import translation

from people.models import CalendarDay
from people.scope import SYSTEM
from processes import nets, runtime
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    flows,
    make_team,
    make_user,
    make_version,
    node,
    task,
)
from tasks import deadlines, history, verify
from tasks.models import NEVER, Clock, Notification, Task
from tasks.tests.clockwork import MAY, calendar, dated, due, on, page, why

pytestmark = pytest.mark.django_db


def due_in_berlin(rule, day):
    found = due(dated(rule, day))
    return found.astimezone(BERLIN)


@pytest.mark.parametrize(("day", "expected"), [("2026-05-23", 23), ("2026-05-25", 25)])
def test_a_legal_deadline_from_a_closed_day_begins_on_that_day(day, expected):
    calendar("company", region="DE-NW", is_default=True)
    rule = DeadlinePlan(basis="field", key="d", offset="1m", is_legal=True, shifts_to_working_day=False)
    assert due_in_berlin(rule, day).date() == dt.date(2026, 6, expected)


@pytest.mark.parametrize(("opens", "closes"), [(22, 6), (9, 0)])
def test_a_legal_deadline_does_not_ask_when_the_office_closes(opens, closes):
    calendar("company", opens, closes, is_default=True)
    rule = DeadlinePlan(basis="field", key="d", offset="1m", is_legal=True, shifts_to_working_day=False)
    assert due_in_berlin(rule, "2026-05-20").date() == dt.date(2026, 6, 20)


def test_the_account_names_the_date_itself_as_the_day_of_the_event():
    calendar("company", is_default=True)
    row = dated(DeadlinePlan(basis="field", key="d", offset="1m", is_legal=True), "2026-05-23")
    found = why(row, MAY)
    assert found.lines[0].when == "Sa 23.05."
    assert found.sentence.endswith("Di 23.06.")


@pytest.mark.parametrize(("offset", "expected"), [("", 23), ("3cd", 26)])
def test_a_deadline_on_a_closed_day_lasts_until_that_day_ends(offset, expected):
    calendar("company", is_default=True)
    found = due_in_berlin(DeadlinePlan(basis="field", key="d", offset=offset), "2026-05-23")
    assert found == dt.datetime(2026, 5, expected, 23, 59, 59, tzinfo=BERLIN)


def test_working_days_from_a_closed_day_count_from_the_next_opening():
    calendar("company", is_default=True)
    found = due_in_berlin(DeadlinePlan(basis="field", key="d", offset="1d"), "2026-05-23")
    assert found == dt.datetime(2026, 5, 26, 9, tzinfo=BERLIN)


def test_the_account_counts_from_the_end_of_the_closed_day():
    calendar("company", is_default=True)
    row = dated(DeadlinePlan(basis="field", key="d", offset="3cd"), "2026-05-23")
    assert why(row, MAY).sentence == "Start Sa 23.05. 23:59; 3 Tage → Di 26.05. 23:59"


@pytest.mark.parametrize(("opens", "closes"), [(22, 6), (9, 0)])
@pytest.mark.parametrize(("offset", "expected"), [("", 20), ("-1d", 19), ("2d", 22)])
def test_a_deadline_is_never_shown_on_the_day_after_its_date(opens, closes, offset, expected):
    calendar("company", opens, closes, is_default=True)
    found = due_in_berlin(DeadlinePlan(basis="field", key="d", offset=offset), "2026-05-20")
    assert found.date() == dt.date(2026, 5, expected)


def test_an_office_that_closes_in_the_evening_ends_a_date_at_its_closing_time():
    calendar("company", is_default=True)
    found = due_in_berlin(DeadlinePlan(basis="field", key="d"), "2026-05-20")
    assert found == dt.datetime(2026, 5, 20, 17, tzinfo=BERLIN)


# -- dates that are emptied ----------------------------------------------------------------------------------


def paying(*rules, whole=()):
    """A task with these deadlines besides one in which the date can be changed; the case as it begins."""
    may_change = (StepFieldPlan("d", "optional"),)
    plan = Blueprint(
        fields=(FieldPlan("d", "Datum", "date"),),
        steps=(
            StepPlan("start", "start", "Start", fields=may_change),
            node("split", "parallel"),
            task("work", fields=may_change, outcomes="done again"),
            task("pay", deadlines=rules),
            node("join", "parallel"),
            node("end", "end"),
        ),
        flows=flows(
            "start>split", "split>work", "split>pay", "work.done>join", "work.again>work", "pay.done>join",
            "join>end",
        ),
        deadlines=whole,
    )  # fmt: skip
    version = make_version(plan)
    return runtime.start(version, by=make_user("Anna", make_team()), at=MONDAY, data={"d": "2026-11-20"})


def change_date(case, text, at):
    row = case.tasks.open().get(step_key="work")
    runtime.claim(row, by=case.started_by, at=at)
    runtime.complete_task(row, outcome="again", by=case.started_by, data={"d": text}, at=at)


def pay(case):
    return case.tasks.get(step_key="pay")


DATED = DeadlinePlan(basis="field", key="d", offset="10d")


def test_a_date_that_is_emptied_takes_its_deadline_along():
    case = paying(DATED)
    deadlines.sweep(at=on(30, 8).replace(month=12))
    assert pay(case).overdue_at is not None
    change_date(case, "", on(16, 12))
    row = pay(case)
    assert (row.due_at, row.due_sort_at, row.overdue_at) == (None, NEVER, None)
    assert page(row, on(16, 12)).whys == []
    assert not list(verify.all_breaks())


def test_history_says_that_a_deadline_has_ended():
    case = paying(DATED)
    change_date(case, "", on(16, 12))
    with translation.override("en"):
        lines = history.of_instance(case, nets.compiled(case.version_id))
    assert any(line.text.startswith("Pay: no deadline any more (before: ") for line in lines)


def test_a_date_filled_in_again_begins_the_deadline_anew():
    case = paying(DATED)
    change_date(case, "", on(16, 12))
    change_date(case, "2026-11-23", on(16, 13))
    clock = Clock.objects.get(task=pay(case))
    assert (clock.generation, clock.due_at) == (2, dt.datetime(2026, 12, 7, 17, tzinfo=BERLIN))
    assert clock.wake_at == pay(case).due_at == clock.due_at
    deadlines.sweep(at=dt.datetime(2026, 12, 7, 17, tzinfo=BERLIN))
    assert pay(case).overdue_at is not None


def test_without_the_date_the_other_rules_count():
    legal = DeadlinePlan(basis="field", key="d", offset="1w", is_legal=True, is_final=True)
    case = paying(legal, DeadlinePlan(offset="20d"))
    assert Clock.objects.get(task=pay(case)).is_final
    change_date(case, "", on(16, 12))
    clock = Clock.objects.get(task=pay(case))
    assert (clock.is_legal, clock.is_final) == (False, False)
    assert clock.due_at == dt.datetime(2026, 12, 14, 10, tzinfo=BERLIN)


def test_a_deadline_that_has_ended_wakes_nobody_and_does_not_rest():
    case = paying(DATED)
    change_date(case, "", on(16, 12))
    runtime.suspend(case, by=make_user("Lea", make_team(), lead=True), reason="x", at=on(16, 13))
    case.refresh_from_db()
    runtime.resume(case, by=make_user("Lena", make_team(), lead=True), at=on(17))
    deadlines.sweep(at=on(30))
    assert Clock.objects.get(task=pay(case)).wake_at is None
    assert not Notification.objects.filter(kind="overdue").exists()
    assert Task.objects.get(step_key="pay").due_at is None


def test_the_deadline_of_a_case_ends_and_begins_with_its_date():
    case = paying(whole=(DATED,))
    change_date(case, "", on(16, 12))
    case.refresh_from_db()
    assert case.due_at is None
    change_date(case, "2026-11-23", on(16, 13))
    case.refresh_from_db()
    assert case.due_at == dt.datetime(2026, 12, 7, 17, tzinfo=BERLIN)


# -- dates that are changed ----------------------------------------------------------------------------------

DECEMBER_18, THE_21ST = "2026-12-18", on(21).replace(month=12)


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def told(person):
    return Notification.objects.filter(recipient=person, kind="overdue", channel="app").count()


def missed():
    """A task whose date, Friday the 20th, has passed; the lead has been told on Monday."""
    case = paying(DeadlinePlan(basis="field", key="d"))
    deadlines.sweep(at=on(23))
    return case


def test_a_date_moved_by_a_person_begins_a_new_generation(lea):
    case = missed()
    assert told(lea) == 1
    change_date(case, DECEMBER_18, on(23, 12))
    assert pay(case).overdue_at is None
    deadlines.sweep(at=THE_21ST)
    assert pay(case).overdue_at is not None
    assert told(lea) == 2
    assert not list(verify.all_breaks())


def test_a_date_moved_within_the_past_is_not_told_again(lea):
    case = missed()
    change_date(case, "2026-11-19", on(23, 12))
    deadlines.sweep(at=on(23, 13))
    assert (pay(case).overdue_at, told(lea)) == (on(23), 1)


def test_a_date_moved_into_the_past_is_told(lea):
    case = paying(DeadlinePlan(basis="field", key="d"))
    change_date(case, "2026-11-13", on(16, 12))
    deadlines.sweep(at=on(16, 13))
    assert (pay(case).overdue_at, told(lea)) == (on(16, 13), 1)


def test_a_badge_goes_with_the_deadline_that_lies_ahead_again(lea):
    case = missed()
    assert pay(case).escalation_level
    change_date(case, DECEMBER_18, on(23, 12))
    assert (pay(case).overdue_at, pay(case).escalation_level) == (None, 0)


def test_so_it_does_where_a_changed_calendar_moves_the_deadline(lea):
    company = calendar("company", is_default=True)
    case = paying(DeadlinePlan(offset="2d"))
    deadlines.sweep(at=on(18, 11))
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=18, year=2026)
    assert runtime.recompute(Clock.objects.get(task=pay(case)).pk, by=SYSTEM, at=on(18, 12))
    assert (pay(case).overdue_at, pay(case).escalation_level) == (None, 0)
