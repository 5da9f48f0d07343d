"""Which deadlines are the law's: Notfristen in hours, for all urgencies, and by whose holidays they end."""

import datetime as dt

import pytest
from django.utils import translation

from people.models import PersonCalendar
from people.scope import scope_of
from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.errors import FinalDeadline
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    make_definition,
    make_team,
    make_user,
    make_version,
    single,
)
from tasks import deadlines, lawtoday
from tasks.models import Clock, Task
from tasks.tests.clockwork import begin, calendar, case_of, due, on, page, why

pytestmark = pytest.mark.django_db
HOURS = DeadlinePlan(offset="72ch", is_final=True)
"""72 hours from when it is known, at weekends too (Art. 33 DSGVO)."""
WEEK = DeadlinePlan(offset="1w", is_legal=True, is_final=True)


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


# -- in hours ------------------------------------------------------------------------------------------------


def test_a_notfrist_in_hours_does_not_rest_with_its_task(anna):
    row = runtime.claim(begin(single(deadlines=(HOURS,)), anna), by=anna, at=MONDAY)
    before = due(row)
    runtime.postpone(row, on(18, 9), by=anna, waits_for="third", at=on(16, 12))
    runtime.take_up(row, by=anna, at=on(17, 12))
    assert due(row) == before


def test_a_notfrist_in_hours_is_watched_while_the_case_is_suspended(anna, lea):
    row = begin(single(deadlines=(HOURS,)), anna)
    runtime.suspend(case_of(row), by=lea, reason="ruht", at=on(17))
    deadlines.sweep(at=on(20))
    assert Task.objects.get().overdue_at is not None


def test_a_notfrist_in_hours_is_called_one_and_stands_on_the_evening_list(anna):
    row = runtime.claim(begin(single(deadlines=(HOURS,)), anna), by=anna, at=MONDAY)
    with translation.override("de"):
        assert "Notfrist" in page(row, on(17)).law
    assert [one.title for one in lawtoday.board(scope_of(anna), on(19, 9)).open] == [row.title]


def test_a_notfrist_in_hours_counts_while_an_earlier_deadline_rests(anna):
    rules = (DeadlinePlan(offset="4h"), HOURS)
    row = runtime.claim(begin(single(deadlines=rules), anna), by=anna, at=MONDAY)
    runtime.postpone(row, on(30, 9), by=anna, waits_for="third", at=on(16, 11))
    clock = Clock.objects.get(task=row, kind="solution")
    assert (due(row), clock.is_legal, clock.is_final) == (on(19), True, True)


# -- for all urgencies ---------------------------------------------------------------------------------------

CRITICAL = DeadlinePlan(offset="4h", urgency=0)


def test_a_notfrist_for_all_holds_beside_the_rule_of_an_urgency(anna, lea):
    row = begin(single(deadlines=(WEEK, CRITICAL)), anna, urgency=0)
    assert due(row) == on(16, 14)
    with pytest.raises(FinalDeadline):
        runtime.move_deadline(row, on(30), by=lea, reason="später", at=on(16, 11))


def test_other_rules_for_all_do_not_hold_beside_it(anna):
    rules = (DeadlinePlan(offset="1h"), DeadlinePlan(offset="1cd", is_legal=True), CRITICAL)
    assert due(begin(single(deadlines=rules), anna, urgency=0)) == on(16, 14)


def test_where_the_latest_counts_a_notfrist_for_all_does_not_take_its_place(anna):
    rules = (WEEK, DeadlinePlan(offset="4h", urgency=0, pick="latest"))
    assert due(begin(single(deadlines=rules), anna, urgency=0)) == on(16, 14)


# -- the place of performance --------------------------------------------------------------------------------


def by_a_colleague_in_bavaria(rule, at):
    """A task of a company in North Rhine-Westphalia, given by rule to somebody who works in Bavaria."""
    calendar("company", region="DE-NW", is_default=True)
    anna = make_user("Anna", make_team())
    PersonCalendar.objects.create(
        user=anna, calendar=calendar("by", region="DE-BY"), from_on=dt.date(2025, 1, 1)
    )
    version = make_version(single(deadlines=(rule,), assignment="starter"), make_definition())
    return runtime.start(version, by=anna, at=at).tasks.get()


def test_a_legal_deadline_ends_by_the_holidays_of_the_place_not_of_the_clerk(db):
    """6 January is a holiday in Bavaria, not in North Rhine-Westphalia."""
    begun = dt.datetime(2025, 12, 30, 10, tzinfo=BERLIN)
    row = by_a_colleague_in_bavaria(WEEK, begun)
    assert due(row) == dt.datetime(2026, 1, 6, 23, 59, 59, tzinfo=BERLIN)
    assert why(row, begun).sentence.endswith("Di 06.01.2026")


def test_working_time_is_that_of_the_clerk(db):
    begun = dt.datetime(2026, 1, 5, 10, tzinfo=BERLIN)
    row = by_a_colleague_in_bavaria(DeadlinePlan(offset="1d"), begun)
    assert due(row) == dt.datetime(2026, 1, 7, 10, tzinfo=BERLIN)


def test_an_extension_is_counted_by_the_place_too(db):
    begun = dt.datetime(2025, 12, 23, 10, tzinfo=BERLIN)
    row = by_a_colleague_in_bavaria(DeadlinePlan(offset="1w", is_legal=True), begun)
    lea = make_user("Lea", make_team(), lead=True)
    runtime.extend_deadline(row, "1w", former=due(row), by=lea, reason="x", at=begun)
    assert due(row) == dt.datetime(2026, 1, 6, 23, 59, 59, tzinfo=BERLIN)
