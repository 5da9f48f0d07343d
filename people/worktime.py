"""Working time: adding it, subtracting it, measuring it. Pure; moments are aware, results are in UTC.

Conventions: an amount of working hours ends in the window it runs out in, so "exactly at closing time" means
closing time, not the next opening. A working day is a day on which the calendar opens; "n working days" ends
at the same wall-clock time n working days later (moved into the windows of that day), it is not 24 hours.
Calendar durations keep the wall-clock time of the calendar's zone, also over a change of the clocks.
"""

from __future__ import annotations

import calendar as month_calendar
import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

Window = tuple[dt.time, dt.time]
OPEN_DAYS_SEARCHED = 3_700
"""Days looked ahead for an opening, a little over ten years; a calendar that stays closed is refused."""


class NeverOpen(Exception):
    """The calendar has no working time."""


class DurationError(ValueError):
    """The text is no duration."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Windows per weekday (Monday = 0) in a time zone, and the days off."""

    windows: tuple[tuple[Window, ...], ...]
    zone: ZoneInfo = ZoneInfo("Europe/Berlin")
    is_day_off: Callable[[dt.date], bool] = lambda day: False

    def windows_on(self, day: dt.date) -> tuple[Window, ...]:
        """The windows of one day; none on a day off."""
        return () if self.is_day_off(day) else self.windows[day.weekday()]

    def spans(self, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """The open spans of one day as moments in UTC."""
        for opens, closes in self.windows_on(day):
            yield self.moment(day, opens), self.moment(day, closes)

    def moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        """A wall-clock time of the calendar's zone as a moment in UTC."""
        return dt.datetime.combine(day, time, self.zone).astimezone(dt.UTC)

    def local(self, at: dt.datetime) -> dt.datetime:
        """A moment on the calendar's wall clock."""
        return at.astimezone(self.zone)


OFFICE: tuple[Window, ...] = ((dt.time(9), dt.time(17)),)
STANDARD = Calendar(windows=(OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()))
"""Monday to Friday 9 to 17, Europe/Berlin, without holidays."""


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount and its unit: h and min (working hours, minutes), d (working days), cd w m y (calendar)."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"


DURATION = re.compile(r"(\d{1,5})\s*(min|h|d|cd|w|m|y)")


def parse_duration(text: str) -> Duration:
    """Read `90min`, `8h`, `3d` (working time), `10cd`, `2w`, `1m`, `1y` (calendar). Raises DurationError."""
    match = DURATION.fullmatch(text.strip())
    if match is None:
        raise DurationError(text)
    return Duration(int(match[1]), match[2])


def due(start: dt.datetime, duration: Duration, calendar: Calendar = STANDARD) -> dt.datetime:
    """The deadline `duration` after `start`. Raises NeverOpen."""
    if duration.unit in ("h", "min"):
        return add_seconds(start, duration.amount * (3600 if duration.unit == "h" else 60), calendar)
    if duration.unit == "d":
        return add_days(start, duration.amount, calendar)
    return add_calendar(start, duration, calendar)


def add_seconds(start: dt.datetime, seconds: float, calendar: Calendar = STANDARD) -> dt.datetime:
    """`seconds` of working time after `start` (before it where negative). Raises NeverOpen."""
    if seconds < 0:
        return _subtract_seconds(start, -seconds, calendar)
    left = dt.timedelta(seconds=seconds)
    for opens, closes in _spans_from(start, calendar):
        begin = max(opens, start.astimezone(dt.UTC))
        if closes <= begin and left:
            continue
        if begin + left <= closes:
            return begin + left
        left -= closes - begin
    raise NeverOpen


def _subtract_seconds(start: dt.datetime, seconds: float, calendar: Calendar) -> dt.datetime:
    left = dt.timedelta(seconds=seconds)
    day = calendar.local(start).date()
    for back in range(OPEN_DAYS_SEARCHED):
        for opens, closes in reversed(list(calendar.spans(day - dt.timedelta(days=back)))):
            end = min(closes, start.astimezone(dt.UTC))
            if end <= opens:
                continue
            if end - left >= opens:
                return end - left
            left -= end - opens
    raise NeverOpen


def _spans_from(start: dt.datetime, calendar: Calendar) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    day = calendar.local(start).date()
    moment = start.astimezone(dt.UTC)
    for ahead in range(OPEN_DAYS_SEARCHED):
        for opens, closes in calendar.spans(day + dt.timedelta(days=ahead)):
            if closes > moment:
                yield opens, closes


def add_days(start: dt.datetime, days: int, calendar: Calendar = STANDARD) -> dt.datetime:
    """The same wall-clock time `days` working days later, moved into that day's windows.

    A start outside working time counts from the next opening. Raises NeverOpen.
    """
    begin = calendar.local(next_opening(start, calendar))
    day, left = begin.date(), days
    for _ in range(OPEN_DAYS_SEARCHED):
        if left == 0:
            return _into_windows(day, begin.time(), calendar)
        day += dt.timedelta(days=1)
        left -= bool(calendar.windows_on(day))
    raise NeverOpen


def _into_windows(day: dt.date, time: dt.time, calendar: Calendar) -> dt.datetime:
    windows = calendar.windows_on(day)
    for opens, closes in windows:
        if time <= closes:
            return calendar.moment(day, max(time, opens))
    return calendar.moment(day, windows[-1][1])


def next_opening(at: dt.datetime, calendar: Calendar = STANDARD) -> dt.datetime:
    """`at` itself if the calendar is open then, else its next opening. Raises NeverOpen."""
    moment = at.astimezone(dt.UTC)
    for opens, _closes in _spans_from(at, calendar):
        return max(opens, moment)
    raise NeverOpen


def is_open(at: dt.datetime, calendar: Calendar = STANDARD) -> bool:
    """Whether it is working time; the closing moment itself is not."""
    return any(opens <= at < closes for opens, closes in calendar.spans(calendar.local(at).date()))


def seconds_between(start: dt.datetime, end: dt.datetime, calendar: Calendar = STANDARD) -> int:
    """Working seconds from `start` to `end`; negative when `end` is earlier."""
    if end < start:
        return -seconds_between(end, start, calendar)
    total = dt.timedelta()
    day, last = calendar.local(start).date(), calendar.local(end).date()
    while day <= last:
        for opens, closes in calendar.spans(day):
            total += max(dt.timedelta(), min(closes, end) - max(opens, start))
        day += dt.timedelta(days=1)
    return int(total.total_seconds())


def days_overdue(due_at: dt.datetime, at: dt.datetime, calendar: Calendar = STANDARD) -> int:
    """How many working days have begun after the day of the deadline, up to and including `at`'s day."""
    day, last = calendar.local(due_at).date(), calendar.local(at).date()
    return sum(
        bool(calendar.windows_on(day + dt.timedelta(days=ahead))) for ahead in range(1, (last - day).days + 1)
    )


def add_calendar(start: dt.datetime, duration: Duration, calendar: Calendar = STANDARD) -> dt.datetime:
    """Calendar days, weeks, months, years later at the same wall-clock time; a month's missing day is its
    last one (BGB §188 III)."""
    local = calendar.local(start)
    if duration.unit in ("cd", "w"):
        day = local.date() + dt.timedelta(days=duration.amount * (7 if duration.unit == "w" else 1))
    else:
        day = _months_later(local.date(), duration.amount * (12 if duration.unit == "y" else 1))
    return calendar.moment(day, local.time())


def _months_later(day: dt.date, months: int) -> dt.date:
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    last = month_calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
