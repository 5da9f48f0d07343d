"""Windows over midnight and over both changes of the clocks, and what a calendar refuses."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import worktime
from people.workweek import MIDNIGHT, STANDARD, Calendar, NeverOpen

BERLIN = ZoneInfo("Europe/Berlin")
SIX, NINE, FIVE, TEN_PM = dt.time(6), dt.time(9), dt.time(17), dt.time(22)
NIGHT = ((TEN_PM, SIX),)
NIGHTS = Calendar(windows=(*[NIGHT] * 5, (), ()))
ALWAYS = Calendar(windows=(((MIDNIGHT, MIDNIGHT),),) * 7)
LATE = Calendar(windows=(*[((dt.time(14), dt.time(23)),)] * 5, (), ()))


def berlin(text: str) -> dt.datetime:
    """A wall-clock time; a trailing ' means the second time the clocks show it."""
    moment = dt.datetime.fromisoformat(text.rstrip("'")).replace(tzinfo=BERLIN)
    return moment.replace(fold=1) if text.endswith("'") else moment


def week(*windows: tuple[dt.time, dt.time]) -> Calendar:
    return Calendar(windows=(windows,) * 7)


def window(text: str) -> tuple[dt.time, dt.time]:
    opens, closes = text.split("-")
    return dt.time.fromisoformat(opens), dt.time.fromisoformat(closes)


# -- night shifts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2026-11-23 21:00", "1h", "2026-11-23 23:00"),
        ("2026-11-23 23:00", "2h", "2026-11-24 01:00"),
        ("2026-11-23 22:00", "8h", "2026-11-24 06:00"),
        ("2026-11-24 03:00", "4h", "2026-11-24 23:00"),
        ("2026-11-28 03:00", "3h", "2026-11-28 06:00"),
        ("2026-11-28 03:00", "4h", "2026-11-30 23:00"),
        ("2026-11-24 03:00", "-4h", "2026-11-23 23:00"),
        ("2026-11-30 23:00", "-2h", "2026-11-28 05:00"),
        ("2026-11-23 23:00", "1d", "2026-11-24 23:00"),
        ("2026-11-24 03:00", "1d", "2026-11-25 03:00"),
        ("2026-11-28 03:00", "1d", "2026-12-01 03:00"),
        ("2026-12-01 03:00", "-1d", "2026-11-28 03:00"),
        ("2026-11-28 06:00", "1d", "2026-12-01 06:00"),
        ("2026-11-28 07:00", "1d", "2026-12-01 22:00"),
    ],
)
def test_a_night_shift_is_one_working_day_that_ends_in_the_morning(
    start: str, duration: str, due: str
) -> None:
    found = worktime.due(berlin(start), worktime.parse_signed_duration(duration), NIGHTS)
    assert found == berlin(due)


@pytest.mark.parametrize(
    ("at", "is_open", "opening"),
    [
        ("2026-11-23 21:59:59", False, "2026-11-23 22:00"),
        ("2026-11-24 05:59:59", True, "2026-11-24 05:59:59"),
        ("2026-11-24 06:00", False, "2026-11-24 22:00"),
        ("2026-11-28 05:00", True, "2026-11-28 05:00"),
        ("2026-11-29 05:00", False, "2026-11-30 22:00"),
    ],
)
def test_a_night_shift_is_open_after_midnight(at: str, is_open: bool, opening: str) -> None:
    assert worktime.is_open(berlin(at), NIGHTS) is is_open
    assert worktime.next_opening(berlin(at), NIGHTS) == berlin(opening)


def test_a_shift_begun_on_the_eve_of_a_holiday_lasts_until_the_morning() -> None:
    christmas = dt.date(2026, 12, 25)
    calendar = Calendar(windows=(NIGHT,) * 7, is_day_off=lambda day: day == christmas)
    assert worktime.add_seconds(berlin("2026-12-24 23:00"), 7 * 3600, calendar) == berlin("2026-12-25 06:00")
    assert worktime.add_seconds(berlin("2026-12-24 23:00"), 8 * 3600, calendar) == berlin("2026-12-26 23:00")


def test_a_special_day_begins_where_the_night_before_ends() -> None:
    tuesday = dt.date(2026, 11, 24)
    calendar = Calendar(windows=NIGHTS.windows, special={tuesday: ((dt.time(4), dt.time(8)),)})
    assert (
        worktime.seconds_between(berlin("2026-11-23 12:00"), berlin("2026-11-24 12:00"), calendar)
        == 10 * 3600
    )


# -- the clocks change ---------------------------------------------------------------------------------------
# Back on Sunday 25 October 2026, 03:00 CEST → 02:00 CET; forward on Sunday 28 March 2027, 02:00 → 03:00.


@pytest.mark.parametrize(
    ("hours", "night", "length"),
    [
        ("22:00-06:00", "2026-10-24", 9.0),
        ("22:00-06:00", "2027-03-27", 7.0),
        ("22:00-02:30", "2026-10-24", 4.5),
        ("22:00-02:30", "2027-03-27", 4.0),
        ("02:30-06:00", "2026-10-25", 4.5),
        ("02:30-06:00", "2027-03-28", 3.0),
        ("02:00-03:00", "2026-10-25", 2.0),
        ("02:00-03:00", "2027-03-28", 0.0),
        ("02:15-02:45", "2026-10-25", 0.5),
        ("02:15-02:45", "2027-03-28", 0.0),
        ("00:00-00:00", "2026-10-25", 25.0),
        ("00:00-00:00", "2027-03-28", 23.0),
        ("03:00-09:00", "2027-03-28", 6.0),
    ],
)
def test_a_window_over_the_change_lasts_as_long_as_it_really_does(
    hours: str, night: str, length: float
) -> None:
    day = dt.date.fromisoformat(night)
    spans = week(window(hours)).spans(day)
    assert sum((closes - opens).total_seconds() for opens, closes in spans) == length * 3600


def test_windows_that_meet_in_the_skipped_hour_do_not_overlap() -> None:
    calendar = week(window("01:00-02:30"), window("02:30-05:00"))
    spans = list(calendar.spans(dt.date(2027, 3, 28)))
    assert spans == [
        (berlin("2027-03-28 01:00"), berlin("2027-03-28 03:00")),
        (berlin("2027-03-28 03:00"), berlin("2027-03-28 05:00")),
    ]


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        ("2026-10-25 01:00", "3h", "2026-10-25 03:00"),
        ("2026-10-25 02:30", "1h", "2026-10-25 02:30'"),
        ("2026-10-25 02:30'", "1h", "2026-10-25 03:30"),
        ("2026-10-25 03:00", "-1h", "2026-10-25 02:00'"),
        ("2027-03-28 01:30", "1h", "2027-03-28 03:30"),
        ("2027-03-28 03:30", "-1h", "2027-03-28 01:30"),
        ("2026-10-24 02:30", "1d", "2026-10-25 02:30"),
        ("2026-10-25 02:30'", "0d", "2026-10-25 02:30'"),
        ("2026-10-25 02:30'", "1d", "2026-10-26 02:30"),
        ("2027-03-27 02:30", "1d", "2027-03-28 03:00"),
        ("2026-10-25 02:30'", "0cd", "2026-10-25 02:30'"),
        ("2026-10-24 02:30", "1cd", "2026-10-25 02:30"),
        ("2027-03-27 02:30", "1cd", "2027-03-28 03:30"),
        ("2027-03-21 02:30", "1w", "2027-03-28 03:30"),
        ("2026-12-31 23:30", "1h", "2027-01-01 00:30"),
        ("2028-02-28 12:00", "1d", "2028-02-29 12:00"),
        ("2028-02-29 12:00", "1d", "2028-03-01 12:00"),
        ("2028-02-29 12:00", "12m", "2029-02-28 12:00"),
    ],
)
def test_due_around_changes_of_the_clocks_year_ends_and_leap_days(
    start: str, duration: str, due: str
) -> None:
    found = worktime.due(berlin(start), worktime.parse_signed_duration(duration), ALWAYS)
    # Compared in UTC: two times of one zone are compared by the wall clock alone.
    assert found == berlin(due).astimezone(dt.UTC)


# -- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "windows",
    [
        ((TEN_PM, SIX), (dt.time(23), MIDNIGHT)),
        ((TEN_PM, MIDNIGHT), (dt.time(23), dt.time(23, 30))),
        ((MIDNIGHT, MIDNIGHT), (NINE, FIVE)),
    ],
)
def test_nothing_follows_a_window_that_reaches_midnight(windows: tuple[tuple[dt.time, dt.time], ...]) -> None:
    with pytest.raises(ValueError, match="out of order"):
        week(*windows)


def test_a_night_shift_must_end_before_the_next_day_begins() -> None:
    with pytest.raises(ValueError, match="reaches into"):
        week((dt.time(5), NINE), (TEN_PM, SIX))
    assert week((SIX, NINE), (TEN_PM, SIX)).is_overnight


def test_demand_opening_refuses_what_stays_closed() -> None:
    closed = Calendar(windows=STANDARD.windows, is_day_off=lambda day: day.year >= 2027)
    worktime.demand_opening(closed, dt.date(2026, 12, 31))
    with pytest.raises(NeverOpen):
        worktime.demand_opening(closed, dt.date(2027, 1, 1))


# -- properties ----------------------------------------------------------------------------------------------

CALENDARS = st.sampled_from([STANDARD, NIGHTS, ALWAYS, LATE, week((SIX, NINE), (TEN_PM, SIX))])
MOMENTS = st.integers(0, 2 * 365 * 24 * 3600).map(
    lambda seconds: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
)
AMOUNTS = st.integers(0, 60 * 3600)


@given(CALENDARS, MOMENTS, AMOUNTS)
def test_what_is_added_lies_between_also_over_nights(
    calendar: Calendar, start: dt.datetime, seconds: int
) -> None:
    due = worktime.add_seconds(start, seconds, calendar)
    assert worktime.seconds_between(start, due, calendar) == seconds
    back = worktime.subtract_seconds(start, seconds, calendar)
    assert worktime.seconds_between(back, start, calendar) == seconds


@given(CALENDARS, MOMENTS, AMOUNTS)
def test_a_deadline_is_never_in_closed_time(calendar: Calendar, start: dt.datetime, seconds: int) -> None:
    due = worktime.add_seconds(start, seconds, calendar)
    just_before = due - dt.timedelta(seconds=1)
    assert worktime.is_open(due, calendar) or worktime.is_open(just_before, calendar)


@given(CALENDARS, MOMENTS, MOMENTS, AMOUNTS)
def test_who_starts_later_is_due_no_earlier(
    calendar: Calendar, one: dt.datetime, other: dt.datetime, seconds: int
) -> None:
    early, late = sorted([one, other])
    assert worktime.add_seconds(early, seconds, calendar) <= worktime.add_seconds(late, seconds, calendar)


@given(CALENDARS, MOMENTS, st.integers(-40, 40))
def test_working_days_end_on_working_days(calendar: Calendar, start: dt.datetime, days: int) -> None:
    due = worktime.add_days(start, days, calendar)
    assert (due >= start) if days > 0 else (due <= start or not worktime.is_open(start, calendar))
    assert worktime.add_seconds(due - dt.timedelta(seconds=1), 1, calendar) == due or worktime.is_open(
        due, calendar
    )
