"""Working time: hours, days, calendar time, over nights, weekends, days off and changes of the clocks."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from people import worktime
from people.worktime import MIDNIGHT, STANDARD, Calendar, DurationError, NeverOpen

BERLIN = ZoneInfo("Europe/Berlin")
NINE, NOON, ONE, FIVE = dt.time(9), dt.time(12), dt.time(13), dt.time(17)
LUNCH = ((NINE, NOON), (ONE, FIVE))
CLOSED = ()


def berlin(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def week(*days, **more):
    return Calendar(windows=(*days, *([CLOSED] * (7 - len(days)))), **more)


def holidays(*texts):
    return frozenset(dt.date.fromisoformat(text) for text in texts)


OFFICE_WITH_LUNCH = week(*[LUNCH] * 5)
CHRISTMAS = week(
    *[worktime.OFFICE] * 5,
    is_day_off=holidays("2026-12-25").__contains__,
    special={dt.date(2026, 12, 24): ((NINE, NOON),)},
)
NIGHT = Calendar(windows=(((dt.time(0), dt.time(6)), (dt.time(22), MIDNIGHT)),) * 7)
ROUND_THE_CLOCK = Calendar(windows=(((MIDNIGHT, MIDNIGHT),),) * 7)


@pytest.mark.parametrize(
    ("calendar", "start", "duration", "due"),
    [
        (STANDARD, "2026-11-23 10:00", "2h", "2026-11-23 12:00"),
        (STANDARD, "2026-11-23 10:00:30", "90min", "2026-11-23 11:30:30"),
        (STANDARD, "2026-11-23 09:00", "8h", "2026-11-23 17:00"),
        (STANDARD, "2026-11-23 16:00", "2h", "2026-11-24 10:00"),
        (STANDARD, "2026-11-27 16:00", "2h", "2026-11-30 10:00"),
        (STANDARD, "2026-11-28 12:00", "1h", "2026-11-30 10:00"),
        (STANDARD, "2026-11-23 17:00", "1h", "2026-11-24 10:00"),
        (STANDARD, "2026-11-23 10:00", "40h", "2026-11-30 10:00"),
        (STANDARD, "2026-11-23 20:00", "0h", "2026-11-24 09:00"),
        (STANDARD, "2026-11-23 10:00", "1d", "2026-11-24 10:00"),
        (STANDARD, "2026-11-27 10:00", "1d", "2026-11-30 10:00"),
        (STANDARD, "2026-11-23 08:00", "1d", "2026-11-24 09:00"),
        (STANDARD, "2026-11-23 20:00", "1d", "2026-11-25 09:00"),
        (STANDARD, "2026-11-23 17:00", "1d", "2026-11-24 17:00"),
        (STANDARD, "2026-11-28 12:00", "3d", "2026-12-03 09:00"),
        (STANDARD, "2026-11-28 12:00", "0d", "2026-11-30 09:00"),
        (STANDARD, "2026-11-23 10:00", "10cd", "2026-12-03 10:00"),
        (STANDARD, "2026-11-23 10:00", "2w", "2026-12-07 10:00"),
        (STANDARD, "2027-01-31 10:00", "1m", "2027-02-28 10:00"),
        (STANDARD, "2026-11-30 10:00", "3m", "2027-02-28 10:00"),
        (STANDARD, "2028-02-29 10:00", "1y", "2029-02-28 10:00"),
        (OFFICE_WITH_LUNCH, "2026-11-23 11:00", "1h", "2026-11-23 12:00"),
        (OFFICE_WITH_LUNCH, "2026-11-23 11:00", "2h", "2026-11-23 14:00"),
        (OFFICE_WITH_LUNCH, "2026-11-23 12:30", "1d", "2026-11-24 13:00"),
        (CHRISTMAS, "2026-12-23 16:00", "2h", "2026-12-24 10:00"),
        (CHRISTMAS, "2026-12-23 16:00", "5h", "2026-12-28 10:00"),
        (CHRISTMAS, "2026-12-23 15:00", "1d", "2026-12-24 12:00"),
        (CHRISTMAS, "2026-12-23 15:00", "2d", "2026-12-28 15:00"),
        (NIGHT, "2026-11-23 23:00", "2h", "2026-11-24 01:00"),
        (NIGHT, "2026-11-23 12:00", "2h", "2026-11-24 00:00"),
        (NIGHT, "2026-11-23 23:30", "1d", "2026-11-24 23:30"),
    ],
)
def test_due_counts_working_time_and_calendar_time(calendar, start, duration, due):
    found = worktime.due(berlin(start), worktime.parse_duration(duration), calendar)
    assert found == berlin(due)
    assert found.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("start", "duration", "due"),
    [
        # Clocks go back on 25 October 2026 and forward on 28 March 2027.
        ("2026-10-23 16:00", "2h", "2026-10-26 10:00"),
        ("2026-10-24 10:00", "1cd", "2026-10-25 10:00"),
        ("2027-03-26 10:00", "1d", "2027-03-29 10:00"),
        ("2027-03-27 02:30", "1cd", "2027-03-28 03:30"),
    ],
)
def test_due_keeps_the_wall_clock_when_the_clocks_change(start, duration, due):
    assert worktime.due(berlin(start), worktime.parse_duration(duration)) == berlin(due)


def test_a_night_shift_is_an_hour_longer_or_shorter_when_the_clocks_change():
    def night(first, last):
        return worktime.seconds_between(berlin(first), berlin(last), NIGHT)

    assert night("2026-10-23 22:00", "2026-10-24 06:00") == 8 * 3600
    assert night("2026-10-24 22:00", "2026-10-25 06:00") == 9 * 3600
    assert night("2027-03-27 22:00", "2027-03-28 06:00") == 7 * 3600


def test_a_calendar_counts_in_its_own_zone():
    new_york = Calendar(windows=STANDARD.windows, zone=ZoneInfo("America/New_York"))
    due = worktime.add_seconds(berlin("2026-11-23 10:00"), 3600, new_york)
    assert due == berlin("2026-11-23 16:00")


@pytest.mark.parametrize(
    ("start", "seconds", "found"),
    [
        ("2026-11-24 10:00", 2 * 3600, "2026-11-23 16:00"),
        ("2026-11-24 10:00", 3600, "2026-11-24 09:00"),
        ("2026-11-30 08:00", 3600, "2026-11-27 16:00"),
        ("2026-11-28 12:00", 0, "2026-11-27 17:00"),
        ("2026-11-24 10:00", 0, "2026-11-24 10:00"),
    ],
)
def test_subtract_seconds_goes_back_through_working_time(start, seconds, found):
    assert worktime.subtract_seconds(berlin(start), seconds) == berlin(found)


@pytest.mark.parametrize(
    ("start", "days", "found"),
    [
        ("2026-11-24 10:00", -1, "2026-11-23 10:00"),
        ("2026-11-30 10:00", -5, "2026-11-23 10:00"),
        ("2026-11-28 11:00", -1, "2026-11-26 09:00"),
        ("2026-11-24 08:00", -1, "2026-11-20 09:00"),
    ],
)
def test_add_days_counts_back_too(start, days, found):
    assert worktime.add_days(berlin(start), days) == berlin(found)


@pytest.mark.parametrize(
    ("at", "is_open", "opening"),
    [
        ("2026-11-23 09:00", True, "2026-11-23 09:00"),
        ("2026-11-23 16:59:59", True, "2026-11-23 16:59:59"),
        ("2026-11-23 17:00", False, "2026-11-24 09:00"),
        ("2026-11-23 08:59", False, "2026-11-23 09:00"),
        ("2026-11-28 12:00", False, "2026-11-30 09:00"),
    ],
)
def test_is_open_and_next_opening(at, is_open, opening):
    assert worktime.is_open(berlin(at)) is is_open
    assert worktime.next_opening(berlin(at)) == berlin(opening)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-23 10:00", "2026-11-23 12:00", 2),
        ("2026-11-23 08:00", "2026-11-23 20:00", 8),
        ("2026-11-27 16:00", "2026-11-30 10:00", 2),
        ("2026-11-28 10:00", "2026-11-29 10:00", 0),
        ("2026-11-24 10:00", "2026-11-23 16:00", -2),
    ],
)
def test_seconds_between_counts_working_time_only(start, end, hours):
    assert worktime.seconds_between(berlin(start), berlin(end)) == hours * 3600


@pytest.mark.parametrize(
    ("due", "at", "days"),
    [
        ("2026-11-27 12:00", "2026-11-27 16:00", 0),
        ("2026-11-27 12:00", "2026-11-29 16:00", 0),
        ("2026-11-27 12:00", "2026-11-30 08:00", 1),
        ("2026-11-27 12:00", "2026-12-01 08:00", 2),
        ("2026-11-27 12:00", "2026-11-20 08:00", 0),
    ],
)
def test_days_overdue_counts_working_days_begun_since(due, at, days):
    assert worktime.days_overdue(berlin(due), berlin(at)) == days


@pytest.mark.parametrize(
    "text", ["", "8", "h", "-1h", "8 hours", "1.5h", "٣d", "100000min", "9999w", "101y", "3d 4h", "²d"]
)
def test_parse_duration_refuses_what_is_none(text):
    with pytest.raises(DurationError):
        worktime.parse_duration(text)


@pytest.mark.parametrize(
    "text", ["90min", "8h", "3d", "99999ch", "10cd", "2w", "1m", "1y", "9999h", "9999d", "100y"]
)
def test_parse_duration_reads_every_unit_and_due_can_bear_the_longest(text):
    duration = worktime.parse_duration(f" {text} ")
    assert str(duration) == text
    assert worktime.due(berlin("2026-11-23 10:00"), duration) > berlin("2026-11-23 10:00")


@pytest.mark.parametrize(
    "ask",
    [
        lambda at, calendar: worktime.add_seconds(at, 1, calendar),
        lambda at, calendar: worktime.subtract_seconds(at, 1, calendar),
        lambda at, calendar: worktime.add_days(at, 1, calendar),
        lambda at, calendar: worktime.add_days(at, -1, calendar),
        lambda at, calendar: worktime.next_opening(at, calendar),
    ],
)
@pytest.mark.parametrize(
    "calendar", [week(), week(*[worktime.OFFICE] * 5, is_day_off=lambda day: True)], ids=["empty", "all off"]
)
def test_a_calendar_that_never_opens_is_refused(ask, calendar):
    with pytest.raises(NeverOpen):
        ask(berlin("2026-11-23 10:00"), calendar)


def test_a_calendar_that_stops_opening_ends_the_search():
    until = week(*[worktime.OFFICE] * 5, is_day_off=lambda day: day > dt.date(2026, 11, 24))
    with pytest.raises(NeverOpen):
        worktime.add_seconds(berlin("2026-11-23 10:00"), 40 * 3600, until)


@pytest.mark.parametrize(
    "windows",
    [
        ((NINE, NINE),),
        ((ONE, FIVE), (NINE, NOON)),
        ((NINE, ONE), (NOON, FIVE)),
        ((NINE, MIDNIGHT), (ONE, FIVE)),
    ],
)
def test_a_calendar_with_disordered_windows_is_refused(windows):
    with pytest.raises(ValueError, match="out of order"):
        week(windows)
    with pytest.raises(ValueError, match="out of order"):
        week(worktime.OFFICE, special={dt.date(2026, 12, 24): windows})


def test_a_calendar_needs_seven_weekdays():
    with pytest.raises(ValueError, match="seven"):
        Calendar(windows=(worktime.OFFICE,))


CALENDARS = st.sampled_from([STANDARD, OFFICE_WITH_LUNCH, CHRISTMAS, NIGHT, ROUND_THE_CLOCK])
MOMENTS = st.integers(0, 2 * 365 * 24 * 3600).map(
    lambda seconds: dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=seconds)
)
AMOUNTS = st.integers(0, 60 * 3600)


@given(CALENDARS, MOMENTS, AMOUNTS)
def test_what_is_added_lies_between(calendar, start, seconds):
    due = worktime.add_seconds(start, seconds, calendar)
    assert due >= start
    assert worktime.seconds_between(start, due, calendar) == seconds


@given(CALENDARS, MOMENTS, AMOUNTS)
def test_subtracting_undoes_adding_within_working_time(calendar, start, seconds):
    opening = worktime.next_opening(start, calendar)
    due = worktime.add_seconds(opening, seconds, calendar)
    back = worktime.subtract_seconds(due, seconds, calendar)
    assert worktime.seconds_between(back, opening, calendar) == 0


@given(CALENDARS, MOMENTS, AMOUNTS, AMOUNTS)
def test_adding_in_two_parts_is_adding_at_once(calendar, start, first, second):
    in_parts = worktime.add_seconds(worktime.add_seconds(start, first, calendar), second, calendar)
    at_once = worktime.add_seconds(start, first + second, calendar)
    assert worktime.seconds_between(in_parts, at_once, calendar) == 0


@given(CALENDARS, MOMENTS, MOMENTS, st.integers(0, 20))
def test_who_starts_later_is_due_no_earlier(calendar, one, other, days):
    early, late = sorted([one, other])
    assert worktime.add_days(early, days, calendar) <= worktime.add_days(late, days, calendar)
