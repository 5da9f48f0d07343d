"""Dates that come again: month ends, leap days, changes of the clocks, closed days."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import officedays
from people.durations import Duration, parse_signed_duration
from people.publicholidays import region_of
from people.recurrence import Occurrence, Rule, Shift, Unit, after, months_on, occurrences
from people.workweek import BERLIN, STANDARD, Calendar, NeverOpen

NRW = officedays.office_of(region_of("DE-NW"))
Day = dt.date


def first(rule: Rule, count: int = 4, from_on: Day | None = None) -> list[Occurrence]:
    return list(islice(occurrences(rule, from_on or rule.anchor_on, NRW), count))


def days(rule: Rule, count: int = 4, from_on: Day | None = None) -> list[str]:
    return [f"{one.on:%d.%m.%Y}" for one in first(rule, count, from_on)]


def test_the_first_of_every_month():
    rule = Rule(Unit.MONTHS, Day(2027, 1, 1))
    assert days(rule) == ["01.01.2027", "01.02.2027", "01.03.2027", "01.04.2027"]
    assert days(replace(rule, every=3)) == ["01.01.2027", "01.04.2027", "01.07.2027", "01.10.2027"]


def test_the_31st_comes_back_after_a_short_month():
    rule = Rule(Unit.MONTHS, Day(2027, 1, 31))
    assert days(rule) == ["31.01.2027", "28.02.2027", "31.03.2027", "30.04.2027"]
    assert days(rule, 2, Day(2028, 2, 1)) == ["29.02.2028", "31.03.2028"]


def test_a_leap_day_comes_every_year_and_as_itself_every_four():
    rule = Rule(Unit.YEARS, Day(2024, 2, 29))
    assert days(rule, 5) == ["29.02.2024", "28.02.2025", "28.02.2026", "28.02.2027", "29.02.2028"]


def test_every_other_monday():
    rule = Rule(Unit.WEEKS, Day(2026, 12, 28), every=2)
    assert days(rule, 3) == ["28.12.2026", "11.01.2027", "25.01.2027"]


def test_ninety_days_before_the_end_of_a_contract():
    rule = Rule(Unit.ONCE, Day(2027, 12, 31), offset=parse_signed_duration("-90cd"))
    assert days(rule, from_on=Day(2026, 1, 1)) == ["02.10.2027"]
    assert days(rule, from_on=Day(2027, 10, 3)) == []
    ten = replace(rule, offset=parse_signed_duration("-10d"))
    assert days(ten, from_on=Day(2026, 1, 1)) == ["17.12.2027"]


def test_closed_days_are_left_for_the_next_or_the_last_working_day():
    labour_day = Rule(Unit.YEARS, Day(2027, 5, 1), shift=Shift.NEXT)
    (found,) = first(labour_day, 1)
    assert (found.nominal_on, found.on, found.was_shifted) == (Day(2027, 5, 1), Day(2027, 5, 3), True)
    assert found.holiday
    assert days(replace(labour_day, shift=Shift.PREVIOUS), 1) == ["30.04.2027"]
    assert days(replace(labour_day, shift=Shift.NONE), 1) == ["01.05.2027"]


def test_daily_on_working_days_is_once_on_monday():
    rule = Rule(Unit.DAYS, Day(2026, 11, 19), shift=Shift.NEXT)
    assert days(rule, 5) == ["19.11.2026", "20.11.2026", "23.11.2026", "24.11.2026", "25.11.2026"]


def test_it_ends_with_its_last_date():
    rule = Rule(Unit.MONTHS, Day(2027, 1, 31), ends_on=Day(2027, 3, 30))
    assert days(rule) == ["31.01.2027", "28.02.2027"]


def test_the_time_is_that_of_the_wall():
    rule = Rule(Unit.DAYS, Day(2027, 3, 27), time=dt.time(8))
    found = first(rule, 3)
    assert [one.at.astimezone(BERLIN).hour for one in found] == [8, 8, 8]
    assert (found[1].at - found[0].at, found[2].at - found[1].at) == (dt.timedelta(hours=23), dt.timedelta(1))
    jumped = first(replace(rule, time=dt.time(2, 30)), 2)[1]
    assert jumped.at.astimezone(BERLIN).time() == dt.time(3, 30)
    back = first(Rule(Unit.DAYS, Day(2027, 10, 30), time=dt.time(2, 30)), 3)
    assert len({one.at for one in back}) == 3


def test_what_lies_behind_a_moment():
    rule = Rule(Unit.MONTHS, Day(2027, 1, 1), time=dt.time(8))
    eight = dt.datetime(2027, 2, 1, 8, tzinfo=BERLIN)
    assert next(after(rule, eight, NRW)).on == Day(2027, 3, 1)
    assert next(after(rule, eight - dt.timedelta(seconds=1), NRW)).on == Day(2027, 2, 1)


def test_an_office_that_never_opens_has_no_next_working_day():
    closed = replace(STANDARD, is_day_off=lambda day: True)
    with pytest.raises(NeverOpen):
        next(occurrences(Rule(Unit.DAYS, Day(2027, 1, 1), shift=Shift.NEXT), Day(2027, 1, 1), closed))


@given(
    st.sampled_from([Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS]),
    st.dates(Day(2000, 1, 1), Day(2060, 12, 31)),
    st.integers(1, 40),
    st.sampled_from(list(Shift)),
    st.integers(-500, 4000),
)
def test_dates_only_go_on_and_none_is_left_out(unit: Unit, anchor: Day, every: int, shift: Shift, far: int):
    rule = Rule(unit, anchor, every=every, shift=shift)
    from_on = anchor + dt.timedelta(days=far)
    found = list(islice(occurrences(rule, from_on, NRW), 4))
    assert all(earlier.at < later.at for earlier, later in pairwise(found))
    assert all(one.nominal_on >= max(from_on, anchor) for one in found)
    whole = list(islice(occurrences(rule, anchor, NRW), 5))
    assert list(islice(occurrences(rule, whole[0].nominal_on, NRW), 5)) == whole


@given(st.dates(Day(1990, 1, 1), Day(2100, 1, 1)), st.integers(0, 600))
def test_months_keep_their_number_or_take_the_last_day(day: Day, months: int):
    later = months_on(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + dt.timedelta(days=1)).day == 1)


THURSDAY, SATURDAY = dt.date(2026, 6, 18), dt.date(2026, 6, 20)


def beside(day, amount, calendar=STANDARD):
    rule = Rule(Unit.ONCE, day, offset=Duration(amount, "d"))
    return next(occurrences(rule, dt.date(2026, 1, 1), calendar)).on


@pytest.mark.parametrize(("opens", "closes"), [(13, 17), (7, 11), (22, 6), (9, 17)])
@pytest.mark.parametrize(("days", "expected"), [(-10, dt.date(2026, 6, 4)), (10, dt.date(2026, 7, 2))])
def test_working_days_beside_a_date_do_not_ask_for_hours(opens, closes, days, expected):
    week = (((dt.time(opens), dt.time(closes)),),) * 5 + ((), ())
    assert beside(THURSDAY, days, Calendar(windows=week)) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(-1, dt.date(2026, 6, 19)), (1, dt.date(2026, 6, 22)), (0, SATURDAY)]
)
def test_working_days_beside_a_day_off(days, expected):
    assert beside(SATURDAY, days) == expected


def test_working_days_of_an_office_that_never_opens():
    with pytest.raises(NeverOpen):
        beside(THURSDAY, 1, Calendar(windows=((),) * 7))
