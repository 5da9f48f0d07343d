"""Working windows of a week, days off and special days, laid over a time zone. Pure.

Conventions:
- A window that ends at or before the time it begins reaches into the next day (22:00–06:00); it belongs whole
  to the day it begins on, so a night shift begun on the eve of a holiday lasts until the morning.
- Edges of windows are wall-clock times. One that the clocks jump over means the moment of the jump, one that
  they show twice means the first time. So windows never overlap, and the night of a change is an hour longer
  or shorter, as it is for who works in it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zoneinfo import ZoneInfo

Window = tuple[dt.time, dt.time]
Windows = tuple[Window, ...]
ONE_DAY = dt.timedelta(days=1)
ONE_SECOND = dt.timedelta(seconds=1)
BERLIN = ZoneInfo("Europe/Berlin")
DAYS_OF_A_WEEK = 7
SATURDAY = 5
MIDNIGHT = dt.time(0)
"""As the end of a window: the end of the day."""
CLOSED_DAYS = 3_700
"""Closed days in a row, a little over ten years, after which a calendar counts as never open."""


class NeverOpen(Exception):
    """The calendar has no working time."""


class SpecialDays(Protocol):
    """Days with windows of their own; a dict of days is one."""

    def get(self, day: dt.date, /) -> Windows | None:
        """The windows of that day (none: closed), or None where the week decides."""

    def values(self) -> Iterable[Windows]:
        """All windows that may be handed out."""


def _no_name(day: dt.date) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """Windows per weekday (Monday = 0) in a time zone, the days off, and days with windows of their own.

    The windows of a day are in order and do not overlap, nor do those of neighbouring weekdays.
    Raises ValueError.
    """

    windows: tuple[Windows, ...]
    zone: ZoneInfo = BERLIN
    is_day_off: Callable[[dt.date], bool] = lambda day: False
    special: SpecialDays = field(default_factory=dict[dt.date, Windows])
    """Half days and extra shifts; they win over days off."""
    name_of: Callable[[dt.date], str] = _no_name
    """What a day off or special day is called, for explanations; empty for others."""
    public_holiday: Callable[[dt.date], str] = _no_name
    """The name of a statutory holiday at this place; the office's own days off are none (BGB §193)."""
    week_on: Callable[[dt.date], tuple[Windows, ...]] | None = None
    """The plain week that holds on a day, where it is not always the same one."""
    is_overnight: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        if len(self.windows) != DAYS_OF_A_WEEK:
            raise ValueError("windows for seven weekdays are needed")
        for windows in (*self.windows, *self.special.values()):
            _demand_order(windows)
        for weekday, windows in enumerate(self.windows):
            _demand_rest(windows, self.windows[(weekday + 1) % DAYS_OF_A_WEEK])
        nights = (reaches_over(window) for day in (*self.windows, *self.special.values()) for window in day)
        object.__setattr__(self, "is_overnight", any(nights))

    def windows_on(self, day: dt.date) -> Windows:
        """The windows that begin on one day; none on a day off."""
        found = self.special.get(day)
        if found is not None:
            return found
        return () if self.is_day_off(day) else self.windows[day.weekday()]

    def is_usually_open(self, day: dt.date) -> bool:
        """Whether the office is open on this weekday, in the week that holds then."""
        week = self.week_on(day) if self.week_on else self.windows
        return bool(week[day.weekday()])

    def spans(self, day: dt.date) -> Iterator[tuple[dt.datetime, dt.datetime]]:
        """The open spans that begin on one day as moments in UTC.

        A span begins where the night shift of the day before ends, should a special day overlap with it.
        """
        earliest = self._night_ends(day - ONE_DAY) if self.is_overnight else None
        for opens, closes in self.windows_on(day):
            begin, end = self.edge(day, opens), self.closing(day, (opens, closes))
            if earliest is not None:
                begin = max(begin, earliest)
            if begin < end:
                yield begin, end

    def _night_ends(self, day: dt.date) -> dt.datetime | None:
        """When the shift that begins on this day and reaches into the next ends; None without one."""
        windows = self.windows_on(day)
        return self.closing(day, windows[-1]) if windows and reaches_over(windows[-1]) else None

    def closing(self, day: dt.date, window: Window) -> dt.datetime:
        """The end of a window that begins on that day, as a moment in UTC."""
        return self.edge(day + ONE_DAY if window[1] <= window[0] else day, window[1])

    def edge(self, day: dt.date, time: dt.time) -> dt.datetime:
        """A wall-clock time as the edge of working time, in UTC (see the module's conventions)."""
        wall = dt.datetime.combine(day, time.replace(fold=0), self.zone)
        later = wall.replace(fold=1)
        if wall.utcoffset() == later.utcoffset() or not self._is_skipped(wall):
            return wall.astimezone(dt.UTC)
        return self._jump(later.astimezone(dt.UTC), wall.astimezone(dt.UTC))

    def _is_skipped(self, wall: dt.datetime) -> bool:
        shown = wall.astimezone(dt.UTC).astimezone(self.zone)
        return shown.replace(tzinfo=None) != wall.replace(tzinfo=None)

    def _jump(self, before: dt.datetime, after: dt.datetime) -> dt.datetime:
        """The moment between two at which the clocks change, found by halving."""
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > ONE_SECOND:
            middle = (before + (after - before) / 2).replace(microsecond=0)
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after

    def moment(self, day: dt.date, time: dt.time) -> dt.datetime:
        """A wall-clock time of the calendar's zone in UTC; one that is jumped over comes as much later."""
        return dt.datetime.combine(day, time.replace(fold=0), self.zone).astimezone(dt.UTC)

    def last_second(self, day: dt.date) -> dt.datetime:
        """The last full second of a day of the calendar's zone, in UTC."""
        return self.moment(day + ONE_DAY, MIDNIGHT) - ONE_SECOND

    def local(self, at: dt.datetime) -> dt.datetime:
        """A moment on the calendar's wall clock."""
        return at.astimezone(self.zone)

    def is_rest_day(self, day: dt.date) -> bool:
        """Saturday, Sunday or statutory holiday: no Werktag by BGB §193, whatever the office does."""
        return day.weekday() >= SATURDAY or bool(self.public_holiday(day))


@dataclass(frozen=True, slots=True)
class _InTurn:
    """Calendars that hold one after another: which one on a day, and the windows it then has."""

    first: Calendar
    later: tuple[tuple[dt.date, Calendar], ...]

    def on(self, day: dt.date) -> Calendar:
        found = self.first
        for from_on, calendar in self.later:
            if from_on <= day:
                found = calendar
        return found

    def get(self, day: dt.date) -> Windows | None:
        return self.on(day).windows_on(day)

    def values(self) -> Iterable[Windows]:
        for calendar in (self.first, *(one for _from_on, one in self.later)):
            yield from calendar.windows
            yield from calendar.special.values()


def in_turn(first: Calendar, later: Sequence[tuple[dt.date, Calendar]]) -> Calendar:
    """One calendar, and from certain days on (in order) others, as one. Its time zone is the first one's."""
    if all(calendar is first for _from_on, calendar in later):
        return first
    days = _InTurn(first, tuple(later))
    return Calendar(
        windows=first.windows,
        zone=first.zone,
        special=days,
        name_of=lambda day: days.on(day).name_of(day),
        public_holiday=lambda day: days.on(day).public_holiday(day),
        week_on=lambda day: days.on(day).windows,
    )


def reaches_over(window: Window) -> bool:
    """Whether a window ends on the next day, later than at its midnight."""
    return MIDNIGHT != window[1] < window[0]


def _demand_order(windows: Windows) -> None:
    after: dt.time | None = None
    for opens, closes in windows:
        is_whole_day = opens == closes == MIDNIGHT
        if (opens == closes and not is_whole_day) or (after is not None and opens < after):
            raise ValueError(f"windows out of order: {windows}")
        # What reaches midnight or beyond must be the last of its day.
        after = dt.time.max if closes <= opens else closes


def _demand_rest(windows: Windows, following: Windows) -> None:
    if windows and following and reaches_over(windows[-1]) and following[0][0] < windows[-1][1]:
        raise ValueError(f"windows out of order: {windows[-1]} reaches into {following[0]}")


OFFICE: Windows = ((dt.time(9), dt.time(17)),)
STANDARD = Calendar(windows=(OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ()))
"""Monday to Friday 9 to 17, Europe/Berlin, without holidays."""
