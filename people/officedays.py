"""An office's calendar put together: weekly windows, a region's holidays, and the office's own days. Pure.

Also reads and writes what people type about them: "Mo–Fr 09:00–12:00", "24.12.", "09:00–12:00, 13:00–15:00".
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from people.publicholidays import Region
from people.workweek import BERLIN, DAYS_OF_A_WEEK, MIDNIGHT, OFFICE, Calendar, Window, Windows, reaches_over


class HoursError(ValueError):
    """The text names no hours, weekdays or day."""


class Overlap(ValueError):
    """Two windows lie over each other; knows the weekday (None: within one day's hours) and both windows."""

    def __init__(self, first: Window, second: Window, weekday: int | None = None) -> None:
        super().__init__(f"{show_window(first)} / {show_window(second)}")
        self.first, self.second, self.weekday = first, second, weekday


# -- what people type ----------------------------------------------------------------------------------------

WEEKDAY_NAMES = (
    ("mo", "mon", "montag", "monday"),
    ("di", "tue", "dienstag", "tuesday"),
    ("mi", "wed", "mittwoch", "wednesday"),
    ("do", "thu", "donnerstag", "thursday"),
    ("fr", "fri", "freitag", "friday"),
    ("sa", "sat", "samstag", "sonnabend", "saturday"),
    ("so", "sun", "sonntag", "sunday"),
)
WEEKDAYS: Mapping[str, int] = {name: day for day, names in enumerate(WEEKDAY_NAMES) for name in names}
DASH = r"\s*(?:[-–—]|bis|to)\s*"
TIME = r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(?:\s*(?:Uhr|h))?"
HOURS = re.compile(TIME + DASH + TIME, re.IGNORECASE)
WEEK_ROW = re.compile(rf"([a-zA-Z]+)\.?(?:{DASH}([a-zA-Z]+)\.?)?\s*[,:]?\s+([0-9].*)", re.IGNORECASE)
GERMAN_DAY = re.compile(r"([0-9]{1,2})\.\s*([0-9]{1,2})\.?\s*([0-9]{4})?")
ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
LEAP_YEAR = 2000
"""A year that has all days; for judging a day of every year."""


def read_window(text: str) -> Window:
    """Read `09:00–12:00`, `9-12`, `22:00–06:00` (into the next day), `13–24`. Raises HoursError."""
    match = HOURS.fullmatch(text.strip())
    if match is None:
        raise HoursError(text)
    opens, closes = _time(match[1], match[2], text), _time(match[3], match[4], text)
    if opens is None or (opens == closes and closes != MIDNIGHT):
        raise HoursError(text)
    return opens, closes or MIDNIGHT


def _time(hour: str, minute: str | None, text: str) -> dt.time | None:
    """A time of day; None for 24:00."""
    if (int(hour), int(minute or 0)) == (24, 0):
        return None
    try:
        return dt.time(int(hour), int(minute or 0))
    except ValueError as error:
        raise HoursError(text) from error


def read_hours(text: str) -> Windows:
    """Read several windows of one day, separated by commas. Raises HoursError, Overlap."""
    windows = sorted(read_window(part) for part in re.split(r"[,;]", text) if part.strip())
    for first, second in pairwise(windows):
        if overlap(first, second):
            raise Overlap(first, second)
    return tuple(windows)


def read_week_row(text: str) -> tuple[int, int, Window]:
    """Read `Mo–Fr 09:00–12:00`, `Sa 10–14`: first, last weekday (Monday = 0), window. Raises HoursError."""
    match = WEEK_ROW.fullmatch(text.strip())
    if match is None:
        raise HoursError(text)
    first, last = match[1].lower(), (match[2] or match[1]).lower()
    if first not in WEEKDAYS or last not in WEEKDAYS:
        raise HoursError(text)
    return WEEKDAYS[first], WEEKDAYS[last], read_window(match[3])


def read_day(text: str) -> tuple[int, int, int | None]:
    """Read `24.12.` (every year), `24.12.2026` or `2026-12-24`: month, day, year. Raises HoursError."""
    stripped = text.strip()
    german, iso = GERMAN_DAY.fullmatch(stripped), ISO_DAY.fullmatch(stripped)
    if german is not None:
        day, month, year = int(german[1]), int(german[2]), int(german[3]) if german[3] else None
    elif iso is not None:
        year, month, day = (int(part) for part in iso.groups())
    else:
        raise HoursError(text)
    try:
        dt.date(LEAP_YEAR if year is None else year, month, day)
    except ValueError as error:
        raise HoursError(text) from error
    return month, day, year


def show_window(window: Window) -> str:
    """A window as it is typed; its end at midnight reads 24:00."""
    closes = "24:00" if window[1] == MIDNIGHT else f"{window[1]:%H:%M}"
    return f"{window[0]:%H:%M}–{closes}"


def show_hours(windows: Windows) -> str:
    """Several windows of one day as they are typed."""
    return ", ".join(show_window(window) for window in windows)


def show_day(month: int, day: int, year: int | None) -> str:
    """A day as it is typed: 24.12. for every year, 24.12.2026 for one."""
    return f"{day:02}.{month:02}.{year or ''}"


# -- the week ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One window on a run of weekdays; Friday to Monday runs over the Sunday."""

    first: int
    last: int
    window: Window

    @property
    def weekdays(self) -> tuple[int, ...]:
        """The weekdays it is on, Monday = 0."""
        length = (self.last - self.first) % DAYS_OF_A_WEEK + 1
        return tuple((self.first + ahead) % DAYS_OF_A_WEEK for ahead in range(length))


def overlap(first: Window, second: Window) -> bool:
    """Whether two windows of the same day, the earlier one first, lie over each other."""
    return first[1] <= first[0] or second[0] < first[1]


def week_of(rows: Iterable[WeekRow]) -> tuple[Windows, ...]:
    """The windows of the seven weekdays. Raises Overlap."""
    days: list[list[Window]] = [[] for _ in range(DAYS_OF_A_WEEK)]
    for row in rows:
        for weekday in row.weekdays:
            days[weekday].append(row.window)
    week = tuple(tuple(sorted(windows)) for windows in days)
    for weekday, windows in enumerate(week):
        _demand_apart(weekday, windows, week[(weekday + 1) % DAYS_OF_A_WEEK])
    return week


def _demand_apart(weekday: int, windows: Windows, following: Windows) -> None:
    for first, second in pairwise(windows):
        if overlap(first, second):
            raise Overlap(first, second, weekday)
    if windows and following and reaches_over(windows[-1]) and following[0][0] < windows[-1][1]:
        raise Overlap(windows[-1], following[0], (weekday + 1) % DAYS_OF_A_WEEK)


# -- the office's own days -----------------------------------------------------------------------------------


class Kind(StrEnum):
    """What a day of the office is."""

    OFF = "off"
    """Closed: a day off of the office, a bridge day."""
    HALF = "half"
    """If it would be open at all, then only in the hours given: Christmas Eve until noon."""
    OPEN = "open"
    """Open although it would be closed: a Saturday of stocktaking; without hours, as on any such weekday."""


@dataclass(frozen=True, slots=True)
class OfficeDay:
    """One day, or one of every year (no year), that is different."""

    kind: Kind
    month: int
    day: int
    year: int | None = None
    name: str = ""
    windows: Windows = ()


@dataclass(frozen=True, slots=True)
class OfficeDays:
    """What is different from the plain week (a Calendar's `special`). A dated day wins over a yearly one."""

    week: tuple[Windows, ...]
    region: Region | None
    by_date: Mapping[tuple[int, int, int | None], OfficeDay] = field(default_factory=dict)

    def get(self, day: dt.date, /) -> Windows | None:
        """The windows of a half or extra day; None where week and holidays decide."""
        found = self.on(day)
        if found is None or found.kind == Kind.OFF:
            return None
        usual = self.week[day.weekday()]
        if found.kind == Kind.OPEN:
            return found.windows or usual
        return found.windows if usual and not self.holiday(day) else None

    def values(self) -> Iterable[Windows]:
        """All hours of single days."""
        return [day.windows for day in self.by_date.values()]

    def on(self, day: dt.date) -> OfficeDay | None:
        """What the office says about a day."""
        dated = self.by_date.get((day.month, day.day, day.year))
        return dated or self.by_date.get((day.month, day.day, None))

    def holiday(self, day: dt.date) -> str:
        """The statutory holiday, without the region."""
        return self.region.holiday(day) if self.region else ""

    def is_off(self, day: dt.date) -> bool:
        """Holidays, and days the office closes."""
        found = self.on(day)
        return bool(self.holiday(day)) or (found is not None and found.kind == Kind.OFF)

    def name(self, day: dt.date) -> str:
        """What a day is called: the holiday with its region, else as the office calls it."""
        holiday, found = self.holiday(day), self.on(day)
        if holiday and self.region:
            return f"{holiday} ({self.region.short})"
        return found.name if found else ""


def build(
    week: tuple[Windows, ...],
    zone: ZoneInfo = BERLIN,
    region: Region | None = None,
    days: Sequence[OfficeDay] = (),
) -> Calendar:
    """The calendar of an office. Raises ValueError for windows that overlap."""
    own = OfficeDays(week, region, {(day.month, day.day, day.year): day for day in days})
    return Calendar(
        windows=week,
        zone=zone,
        is_day_off=own.is_off,
        special=own,
        name_of=own.name,
        public_holiday=own.holiday,
    )


def office_of(region: Region) -> Calendar:
    """Monday to Friday 9 to 17 with the holidays of the region, in its time zone."""
    return build((*[OFFICE] * 5, (), ()), region.zone, region)
