"""Working time: adding it, subtracting it, measuring it. Pure; moments are aware, results are in UTC.

Conventions (docs/deadlines.md gives reasons and sources):
- An amount of working hours ends in the window it runs out in, so "exactly at closing time" means closing
  time, not the next opening.
- A working day is a day on which the calendar opens. "n working days" ends at the same wall-clock time n
  working days later (moved into the windows of that day); it is not 24 hours. A start outside working time
  counts from the next opening; counted backwards, from the opening of the last working day before it, so that
  a reminder comes rather early than late. A night shift is one working day: that of its beginning.
- Calendar durations keep the wall-clock time of the calendar's zone, also over a change of the clocks.
"""

from __future__ import annotations

import calendar as month_calendar
import datetime as dt
from collections import deque
from collections.abc import Iterator

from people.durations import (
    CALENDAR_UNITS,
    PASSING_SECONDS,
    WORKING_SECONDS,
    Duration,
    DurationError,
    IsoDuration,
    parse_duration,
    parse_iso_duration,
    parse_signed_duration,
)
from people.workweek import (
    BERLIN,
    CLOSED_DAYS,
    MIDNIGHT,
    OFFICE,
    ONE_DAY,
    STANDARD,
    Calendar,
    NeverOpen,
    Window,
    Windows,
)

__all__ = [
    "BERLIN",
    "CALENDAR_UNITS",
    "MIDNIGHT",
    "OFFICE",
    "PASSING_SECONDS",
    "STANDARD",
    "WORKING_SECONDS",
    "Calendar",
    "Duration",
    "DurationError",
    "IsoDuration",
    "NeverOpen",
    "Window",
    "Windows",
    "parse_duration",
    "parse_iso_duration",
    "parse_signed_duration",
]

Span = tuple[dt.datetime, dt.datetime]
"""From one moment in UTC to a later one."""


def due(start: dt.datetime, duration: Duration, calendar: Calendar = STANDARD) -> dt.datetime:
    """The deadline `duration` after `start` (before it where negative). Raises NeverOpen."""
    if duration.unit in WORKING_SECONDS:
        return add_seconds(start, duration.amount * WORKING_SECONDS[duration.unit], calendar)
    if duration.unit in PASSING_SECONDS:
        return start.astimezone(dt.UTC) + dt.timedelta(
            seconds=duration.amount * PASSING_SECONDS[duration.unit]
        )
    if duration.unit == "d":
        return add_days(start, duration.amount, calendar)
    return add_calendar(start, duration, calendar)


# -- seconds -------------------------------------------------------------------------------------------------


def add_seconds(start: dt.datetime, seconds: float, calendar: Calendar = STANDARD) -> dt.datetime:
    """`seconds` of working time after `start` (before it where negative). Raises NeverOpen."""
    if seconds < 0:
        return subtract_seconds(start, -seconds, calendar)
    _day, (_begin, end) = deque(spent(start, seconds, calendar), maxlen=1).pop()
    return end


def subtract_seconds(start: dt.datetime, seconds: float, calendar: Calendar = STANDARD) -> dt.datetime:
    """`seconds` of working time before `start`; none at all is the last moment of working time before it.

    Raises NeverOpen.
    """
    _day, (begin, _end) = deque(spent_before(start, seconds, calendar), maxlen=1).pop()
    return begin


def spent(start: dt.datetime, seconds: float, calendar: Calendar) -> Iterator[tuple[dt.date, Span]]:
    """The spans that make up `seconds` of working time after `start`, each with its working day, in order.

    The last ends when the amount has run out. Raises NeverOpen.
    """
    moment, left = start.astimezone(dt.UTC), dt.timedelta(seconds=seconds)
    for day, (opens, closes) in _spans_after(moment, calendar):
        begin = max(opens, moment)
        if begin + left <= closes:
            yield day, (begin, begin + left)
            return
        yield day, (begin, closes)
        left -= closes - begin
    raise NeverOpen


def spent_before(start: dt.datetime, seconds: float, calendar: Calendar) -> Iterator[tuple[dt.date, Span]]:
    """The same backwards: the last span begins where the amount has run out. Raises NeverOpen."""
    moment, left = start.astimezone(dt.UTC), dt.timedelta(seconds=seconds)
    for day, (opens, closes) in _spans_before(moment, calendar):
        end = min(closes, moment)
        if end - left >= opens:
            yield day, (end - left, end)
            return
        yield day, (opens, end)
        left -= end - opens
    raise NeverOpen


def open_days(first: dt.date, step: int, calendar: Calendar) -> Iterator[dt.date]:
    """The days on which the calendar opens from `first` on, forwards (1) or backwards (-1).

    Ends when the calendar stays closed for ten years.
    """
    day, closed = first, 0
    while closed < CLOSED_DAYS:
        closed += 1
        if calendar.windows_on(day):
            closed = 0
            yield day
        day += step * ONE_DAY


def _spans_after(moment: dt.datetime, calendar: Calendar) -> Iterator[tuple[dt.date, Span]]:
    """Open spans that end after a moment, in order, each with the day it begins on."""
    for day in open_days(_shift_day(moment, calendar), 1, calendar):
        yield from ((day, span) for span in calendar.spans(day) if span[1] > moment)


def _spans_before(moment: dt.datetime, calendar: Calendar) -> Iterator[tuple[dt.date, Span]]:
    """Open spans that begin before a moment, the last one first."""
    for day in open_days(calendar.local(moment).date(), -1, calendar):
        yield from ((day, span) for span in reversed(list(calendar.spans(day))) if span[0] < moment)


def _shift_day(moment: dt.datetime, calendar: Calendar) -> dt.date:
    """The first day on which a span may begin that reaches to this moment."""
    day = calendar.local(moment).date()
    return day - ONE_DAY if calendar.is_overnight else day


def seconds_between(start: dt.datetime, end: dt.datetime, calendar: Calendar = STANDARD) -> int:
    """Working seconds from `start` to `end`; negative when `end` is earlier."""
    if end < start:
        return -seconds_between(end, start, calendar)
    total = dt.timedelta()
    day, last = _shift_day(start, calendar), calendar.local(end).date()
    while day <= last:
        for opens, closes in calendar.spans(day):
            total += max(dt.timedelta(), min(closes, end) - max(opens, start))
        day += ONE_DAY
    return int(total.total_seconds())


# -- days ----------------------------------------------------------------------------------------------------


def add_days(start: dt.datetime, days: int, calendar: Calendar = STANDARD) -> dt.datetime:
    """The same wall-clock time `days` working days later (earlier where negative), moved into that day's
    windows. Raises NeverOpen."""
    return _days_on(start, abs(days), -1 if days < 0 else 1, calendar)


def subtract_days(start: dt.datetime, days: int, calendar: Calendar = STANDARD) -> dt.datetime:
    """The same backwards; no day at all is `start` itself, or the opening of the last working day before it.

    Raises NeverOpen.
    """
    return _days_on(start, abs(days), 1 if days < 0 else -1, calendar)


def _days_on(start: dt.datetime, days: int, step: int, calendar: Calendar) -> dt.datetime:
    first, begin = counted_from(start, backwards=step < 0, calendar=calendar)
    if not days:
        return begin
    for passed, day in enumerate(open_days(first, step, calendar)):
        if passed == days:
            return _into_windows(
                day, calendar.local(begin).replace(tzinfo=None, fold=0) + (day - first), calendar
            )
    raise NeverOpen


def counted_from(start: dt.datetime, *, backwards: bool, calendar: Calendar) -> tuple[dt.date, dt.datetime]:
    """The working day and moment from which days are counted: `start` itself in working time, end included.

    Raises NeverOpen.
    """
    moment = start.astimezone(dt.UTC)
    today = calendar.local(moment).date()
    for day in (today, today - ONE_DAY):
        if any(opens <= moment <= closes for opens, closes in calendar.spans(day)):
            return day, moment
    if not backwards:
        for day, (opens, _closes) in _spans_after(moment, calendar):
            return day, opens
    for day, _span in _spans_before(moment, calendar):
        return day, next(calendar.spans(day))[0]
    raise NeverOpen


def _into_windows(day: dt.date, wall: dt.datetime, calendar: Calendar) -> dt.datetime:
    """A wall-clock time, moved into the windows that begin on that day."""
    windows = calendar.windows_on(day)
    for opens, closes in windows:
        ends = dt.datetime.combine(day + ONE_DAY if closes <= opens else day, closes)
        if wall <= ends:
            inside = max(wall, dt.datetime.combine(day, opens))
            return calendar.edge(inside.date(), inside.time())
    return calendar.closing(day, windows[-1])


def next_opening(at: dt.datetime, calendar: Calendar = STANDARD) -> dt.datetime:
    """`at` itself if the calendar is open then, else its next opening. Raises NeverOpen."""
    moment = at.astimezone(dt.UTC)
    for _day, (opens, _closes) in _spans_after(moment, calendar):
        return max(opens, moment)
    raise NeverOpen


def is_open(at: dt.datetime, calendar: Calendar = STANDARD) -> bool:
    """Whether it is working time; the closing moment itself is not."""
    today = calendar.local(at).date()
    days = (today - ONE_DAY, today) if calendar.is_overnight else (today,)
    return any(opens <= at < closes for day in days for opens, closes in calendar.spans(day))


def demand_opening(calendar: Calendar, day: dt.date) -> None:
    """Refuse a calendar that never opens from that day on. Raises NeverOpen."""
    if next(open_days(day, 1, calendar), None) is None:
        raise NeverOpen


def days_between(first: dt.date, last: dt.date, calendar: Calendar = STANDARD) -> int:
    """How many working days there are after `first`, up to and including `last`; 0 where it is earlier."""
    return sum(
        bool(calendar.windows_on(first + ahead * ONE_DAY)) for ahead in range(1, (last - first).days + 1)
    )


def days_overdue(due_at: dt.datetime, at: dt.datetime, calendar: Calendar = STANDARD) -> int:
    """How many working days have begun after the day of the deadline, up to and including `at`'s day."""
    return days_between(calendar.local(due_at).date(), calendar.local(at).date(), calendar)


# -- calendar time -------------------------------------------------------------------------------------------


def add_calendar(start: dt.datetime, duration: Duration, calendar: Calendar = STANDARD) -> dt.datetime:
    """Calendar days, weeks, months, years later at the same wall-clock time; a month's missing day is its
    last one (BGB §188 III)."""
    if not duration.amount:
        return start.astimezone(dt.UTC)
    local = calendar.local(start)
    return calendar.moment(add_to_date(local.date(), duration), local.time())


def add_to_date(day: dt.date, duration: Duration) -> dt.date:
    """The day so many calendar days, weeks, months or years later; a month's missing day is its last one."""
    if duration.unit in ("cd", "w"):
        return day + dt.timedelta(days=duration.amount * (7 if duration.unit == "w" else 1))
    return months_later(day, duration.amount * (12 if duration.unit == "y" else 1))


def add_iso(start: dt.datetime, duration: IsoDuration, calendar: Calendar = STANDARD) -> dt.datetime:
    """A duration of ISO 8601 later: first months, then days by the wall clock, then the seconds that pass."""
    moment = add_calendar(start, Duration(duration.months, "m"), calendar)
    moment = add_calendar(moment, Duration(duration.days, "cd"), calendar)
    return moment + dt.timedelta(seconds=duration.seconds)


def months_later(day: dt.date, months: int) -> dt.date:
    """The day of the same number so many months later, or that month's last day.

    Raises OverflowError where no calendar reaches, as adding days does.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise OverflowError(f"year {year} is out of range")
    last = month_calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))
