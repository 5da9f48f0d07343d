"""Working time: adding it, subtracting it, measuring it. Pure; moments are aware, results are in UTC.

Conventions:
- An amount of working hours ends in the window it runs out in, so "exactly at closing time" means closing
  time, not the next opening.
- A working day is a day on which the calendar opens. "n working days" ends at the same wall-clock time n
  working days later (moved into the windows of that day); it is not 24 hours. A start outside working time
  counts from the next opening; counted backwards, from the opening of the last working day before it, so that
  a reminder comes rather early than late.
- Calendar durations keep the wall-clock time of the calendar's zone, also over a change of the clocks.
"""

from __future__ import annotations

import calendar as month_calendar
import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

Window = tuple[dt.time, dt.time]
ONE_DAY = dt.timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
DAYS_OF_A_WEEK = 7
MIDNIGHT = dt.time(0)
"""As the end of a window: the end of the day."""
CLOSED_DAYS = 3_700
"""Closed days in a row, a little over ten years, after which a calendar counts as never open."""


class NeverOpen(Exception):
    """The calendar has no working time."""


class DurationError(ValueError):
    """The text is no duration."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Windows per weekday (Monday = 0) in a time zone, the days off, and days with windows of their own.

    The windows of a day are in order and do not overlap; one may end at midnight. Raises ValueError.
    """

    windows: tuple[tuple[Window, ...], ...]
    zone: ZoneInfo = BERLIN
    is_day_off: Callable[[dt.date], bool] = lambda day: False
    special: Mapping[dt.date, tuple[Window, ...]] = field(default_factory=dict)
    """Half days and extra shifts; they win over days off."""

    def __post_init__(self) -> None:
        if len(self.windows) != DAYS_OF_A_WEEK:
            raise ValueError("windows for seven weekdays are needed")
        for windows in (*self.windows, *self.special.values()):
            _demand_order(windows)

    def windows_on(self, day: dt.date) -> tuple[Window, ...]:
        """The windows of one day; none on a day off."""
        if day in self.special:
            return self.special[day]
        return () if self.is_day_off(day) else self.windows[day.weekday()]

    def spans(self, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """The open spans of one day as moments in UTC."""
        for opens, closes in self.windows_on(day):
            yield self.moment(day, opens), self.closing(day, closes)

    def moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        """A wall-clock time of the calendar's zone as a moment in UTC."""
        return dt.datetime.combine(day, time, self.zone).astimezone(dt.UTC)

    def closing(self, day: dt.date, time: dt.time) -> dt.datetime:
        """The end of a window as a moment in UTC; midnight is that of the next day."""
        return self.moment(day + ONE_DAY if time == MIDNIGHT else day, time)

    def local(self, at: dt.datetime) -> dt.datetime:
        """A moment on the calendar's wall clock."""
        return at.astimezone(self.zone)


def _demand_order(windows: tuple[Window, ...]) -> None:
    after = None
    for opens, closes in windows:
        if (after is not None and (after == MIDNIGHT or opens < after)) or (opens >= closes != MIDNIGHT):
            raise ValueError(f"windows out of order: {windows}")
        after = closes


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


DURATION = re.compile(r"([0-9]{1,5})\s*(min|h|d|cd|w|m|y)")
LONGEST: Mapping[str, int] = {
    "min": 99_999,
    "h": 9_999,
    "d": 9_999,
    "cd": 36_500,
    "w": 5_200,
    "m": 1_200,
    "y": 100,
}
"""What can be asked for, by unit: a working life, so that no deadline leaves the calendar."""


def parse_duration(text: str) -> Duration:
    """Read `90min`, `8h`, `3d` (working time), `10cd`, `2w`, `1m`, `1y` (calendar). Raises DurationError."""
    match = DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) > LONGEST[match[2]]:
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
        return subtract_seconds(start, -seconds, calendar)
    moment, left = start.astimezone(dt.UTC), dt.timedelta(seconds=seconds)
    for opens, closes in _spans_after(moment, calendar):
        begin = max(opens, moment)
        if begin + left <= closes:
            return begin + left
        left -= closes - begin
    raise NeverOpen


def subtract_seconds(start: dt.datetime, seconds: float, calendar: Calendar = STANDARD) -> dt.datetime:
    """`seconds` of working time before `start`; none at all is the last moment of working time before it.

    Raises NeverOpen.
    """
    moment, left = start.astimezone(dt.UTC), dt.timedelta(seconds=seconds)
    for opens, closes in _spans_before(moment, calendar):
        end = min(closes, moment)
        if end - left >= opens:
            return end - left
        left -= end - opens
    raise NeverOpen


def _open_days(first: dt.date, step: int, calendar: Calendar) -> Iterator[dt.date]:
    """The days on which the calendar opens from `first` on, forwards or backwards, until it stays closed."""
    day, closed = first, 0
    while closed < CLOSED_DAYS:
        closed += 1
        if calendar.windows_on(day):
            closed = 0
            yield day
        day += step * ONE_DAY


def _spans_after(moment: dt.datetime, calendar: Calendar) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Open spans that end after a moment, in order."""
    for day in _open_days(calendar.local(moment).date(), 1, calendar):
        yield from (span for span in calendar.spans(day) if span[1] > moment)


def _spans_before(moment: dt.datetime, calendar: Calendar) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Open spans that begin before a moment, the last one first."""
    for day in _open_days(calendar.local(moment).date(), -1, calendar):
        yield from (span for span in reversed(list(calendar.spans(day))) if span[0] < moment)


def add_days(start: dt.datetime, days: int, calendar: Calendar = STANDARD) -> dt.datetime:
    """The same wall-clock time `days` working days later (earlier where negative), moved into that day's
    windows. Raises NeverOpen."""
    begin = calendar.local(_counted_from(start, backwards=days < 0, calendar=calendar))
    step = -1 if days < 0 else 1
    for passed, day in enumerate(_open_days(begin.date(), step, calendar)):
        if passed == abs(days):
            return _into_windows(day, begin.time(), calendar)
    raise NeverOpen


def _counted_from(start: dt.datetime, *, backwards: bool, calendar: Calendar) -> dt.datetime:
    """Where counting days begins: `start` itself in working time (its end included)."""
    moment = start.astimezone(dt.UTC)
    day = calendar.local(moment).date()
    if any(opens <= moment <= closes for opens, closes in calendar.spans(day)):
        return moment
    if not backwards:
        return next_opening(start, calendar)
    last, _closes = next(_spans_before(moment, calendar), (None, None))
    if last is None:
        raise NeverOpen
    return next(calendar.spans(calendar.local(last).date()))[0]


def _into_windows(day: dt.date, time: dt.time, calendar: Calendar) -> dt.datetime:
    windows = calendar.windows_on(day)
    for opens, closes in windows:
        if time <= closes or closes == MIDNIGHT:
            return calendar.moment(day, max(time, opens))
    return calendar.closing(day, windows[-1][1])


def next_opening(at: dt.datetime, calendar: Calendar = STANDARD) -> dt.datetime:
    """`at` itself if the calendar is open then, else its next opening. Raises NeverOpen."""
    moment = at.astimezone(dt.UTC)
    for opens, _closes in _spans_after(moment, calendar):
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
