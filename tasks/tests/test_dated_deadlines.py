"""Deadlines counted from a date: the date is that day, however and whenever the office opens."""

import datetime as dt

import pytest

from processes.blueprint import DeadlinePlan
from processes.tests.builders import BERLIN
from tasks.tests.clockwork import MAY, calendar, dated, due, why

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
