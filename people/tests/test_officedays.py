"""What people type about windows and days, and the calendar that is made of it."""

from __future__ import annotations

import datetime as dt

import pytest

from people import officedays
from people.durations import DurationError, IsoDuration, parse_iso_duration
from people.officedays import HoursError, Kind, OfficeDay, Overlap, WeekRow, build
from people.publicholidays import region_of
from people.workweek import MIDNIGHT, OFFICE

SIX, NINE, NOON, ONE, TWO, FIVE = (dt.time(hour) for hour in (6, 9, 12, 13, 14, 17))
TEN_PM = dt.time(22)
WEEK = (*[OFFICE] * 5, (), ())
MONDAY, SATURDAY, SUNDAY = 0, 5, 6


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Mo–Fr 09:00–12:00", (0, 4, (NINE, NOON))),
        ("mo-fr 9-12", (0, 4, (NINE, NOON))),
        ("Mo. bis Fr. 9 bis 12 Uhr", (0, 4, (NINE, NOON))),
        ("Montag – Freitag, 9:00 – 12:00", (0, 4, (NINE, NOON))),
        ("Mon-Fri 9:00 to 12:00", (0, 4, (NINE, NOON))),
        ("Sa 22:00–06:00", (5, 5, (TEN_PM, SIX))),
        ("Sonnabend: 9.00-12.00", (5, 5, (NINE, NOON))),
        ("Fr–Mo 22–24", (4, 0, (TEN_PM, MIDNIGHT))),
        ("So 00:00–24:00", (6, 6, (MIDNIGHT, MIDNIGHT))),
    ],
)
def test_rows_of_the_week_are_read_as_people_write_them(text: str, row: tuple) -> None:
    assert officedays.read_week_row(text) == row


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mo",
        "9-12",
        "Xx 9-12",
        "Mo-Xx 9-12",
        "Mo 9",
        "Mo 25-26",
        "Mo 9:60-12",
        "Mo 12-12",
        "Mo 24:00–06:00",
    ],
)
def test_other_rows_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        officedays.read_week_row(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("9-12, 13-17", "09:00–12:00, 13:00–17:00"),
        ("22–6", "22:00–06:00"),
        ("13-17; 9-12", "09:00–12:00, 13:00–17:00"),
        ("", ""),
    ],
)
def test_hours_of_a_day_are_sorted_and_shown_alike(text: str, shown: str) -> None:
    assert officedays.show_hours(officedays.read_hours(text)) == shown


def test_hours_of_a_day_may_not_overlap() -> None:
    with pytest.raises(Overlap) as caught:
        officedays.read_hours("9-13, 12-17")
    assert (caught.value.first, caught.value.second) == ((NINE, ONE), (NOON, FIVE))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("24.12.", (12, 24, None)),
        ("24.12", (12, 24, None)),
        ("24. 12. 2026", (12, 24, 2026)),
        ("2026-12-24", (12, 24, 2026)),
        ("29.2.", (2, 29, None)),
    ],
)
def test_days_are_read_as_people_write_them(text: str, found: tuple) -> None:
    assert officedays.read_day(text) == found
    assert officedays.read_day(officedays.show_day(*found)) == found


@pytest.mark.parametrize(
    "text", ["", "32.1.", "24.13.", "29.2.2026", "heute", "2026-13-01", "24.12.26", "0.1."]
)
def test_other_days_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        officedays.read_day(text)


def test_rows_make_a_week() -> None:
    rows = [WeekRow(0, 4, (ONE, FIVE)), WeekRow(0, 3, (NINE, NOON)), WeekRow(4, 0, (TEN_PM, SIX))]
    week = officedays.week_of(rows)
    assert week[MONDAY] == ((NINE, NOON), (ONE, FIVE), (TEN_PM, SIX))
    assert week[4] == ((ONE, FIVE), (TEN_PM, SIX))
    assert week[SATURDAY] == week[SUNDAY] == ((TEN_PM, SIX),)


@pytest.mark.parametrize(
    ("rows", "weekday"),
    [
        ([WeekRow(0, 4, (NINE, ONE)), WeekRow(2, 2, (NOON, FIVE))], 2),
        ([WeekRow(0, 4, (NINE, FIVE)), WeekRow(4, 4, (NINE, FIVE))], 4),
        ([WeekRow(6, 6, (TEN_PM, SIX)), WeekRow(0, 0, (dt.time(5), NOON))], 0),
        ([WeekRow(0, 0, (TEN_PM, SIX)), WeekRow(0, 0, (dt.time(23), MIDNIGHT))], 0),
    ],
)
def test_rows_that_overlap_are_named_with_their_day(rows: list[WeekRow], weekday: int) -> None:
    with pytest.raises(Overlap) as caught:
        officedays.week_of(rows)
    assert caught.value.weekday == weekday


HALF = OfficeDay(Kind.HALF, 12, 24, name="Heiligabend", windows=((NINE, NOON),))
COMPANY = build(
    WEEK,
    region=region_of("DE-NW"),
    days=[
        HALF,
        OfficeDay(Kind.OFF, 12, 31, name="Silvester"),
        OfficeDay(Kind.OFF, 5, 15, 2026, name="Brückentag"),
        OfficeDay(Kind.OPEN, 6, 6, 2026, name="Inventur", windows=((NINE, TWO),)),
        OfficeDay(Kind.OPEN, 6, 4, 2026, name="Notdienst"),
        OfficeDay(Kind.OPEN, 12, 31, 2027, name="Jahresabschluss"),
        OfficeDay(Kind.HALF, 12, 25, name="Weihnachten", windows=((NINE, NOON),)),
    ],
)


@pytest.mark.parametrize(
    ("day", "hours", "name"),
    [
        ("2026-12-24", "09:00–12:00", "Heiligabend"),
        ("2027-12-24", "09:00–12:00", "Heiligabend"),
        ("2028-12-24", "", "Heiligabend"),
        ("2026-12-25", "", "Erster Weihnachtstag (NW)"),
        ("2026-12-31", "", "Silvester"),
        ("2027-12-31", "09:00–17:00", "Jahresabschluss"),
        ("2026-05-15", "", "Brückentag"),
        ("2027-05-14", "09:00–17:00", ""),
        ("2026-06-06", "09:00–14:00", "Inventur"),
        ("2026-06-04", "09:00–17:00", "Fronleichnam (NW)"),
        ("2026-06-03", "09:00–17:00", ""),
    ],
)
def test_days_of_the_office(day: str, hours: str, name: str) -> None:
    date = dt.date.fromisoformat(day)
    assert officedays.show_hours(COMPANY.windows_on(date)) == hours
    assert COMPANY.name_of(date) == name


def test_days_of_the_office_are_no_statutory_holidays() -> None:
    assert COMPANY.public_holiday(dt.date(2026, 12, 31)) == ""
    assert not COMPANY.is_rest_day(dt.date(2026, 12, 31))
    assert COMPANY.is_rest_day(dt.date(2026, 12, 25))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("P1Y2M", IsoDuration(14, 0, 0)),
        ("P2W", IsoDuration(0, 14, 0)),
        ("P3DT4H5M6S", IsoDuration(0, 3, 4 * 3600 + 5 * 60 + 6)),
        ("PT90M", IsoDuration(0, 0, 5400)),
        ("P1M", IsoDuration(1, 0, 0)),
    ],
)
def test_iso_durations(text: str, found: IsoDuration) -> None:
    assert parse_iso_duration(text) == found


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "1D", "-P1D", "PT1.5H", "P1H", "R3/PT1H"])
def test_other_iso_durations_are_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse_iso_duration(text)
