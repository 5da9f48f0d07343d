"""Dates that come again: every so many days to years, or one date before or after another. Pure.

Every date is counted from the first one, never from the one before, so that the 31st comes back after a
short month (BGB §188 III), and 29 February every four years.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, islice

from people import worktime
from people.durations import Duration
from people.workweek import ONE_DAY, STANDARD, Calendar, NeverOpen

FURTHEST = 400
"""Days a date is moved at most to find a working day; a calendar closed for longer never opens."""
LAST_YEAR = 9000
"""Beyond it no date is counted; nobody plans so far."""


class Unit(StrEnum):
    """How often."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"
    ONCE = "once"


class Shift(StrEnum):
    """What becomes of a date on which the office is closed."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Rule:
    """Every `every` units from `anchor_on`; or once, `offset` before or after it.

    `ends_on` = the last date that may come, as it is before a shift.
    """

    unit: Unit
    anchor_on: dt.date
    every: int = 1
    offset: Duration | None = None
    shift: Shift = Shift.NONE
    time: dt.time = dt.time(8)
    ends_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One date: as the rule says it, where it was moved to, the moment in UTC, and why it was moved."""

    nominal_on: dt.date
    on: dt.date
    at: dt.datetime
    holiday: str = ""
    """Name of the day off it was moved from, if it has one."""

    @property
    def was_shifted(self) -> bool:
        """Whether the office is closed on the date itself."""
        return self.on != self.nominal_on


def occurrences(rule: Rule, from_on: dt.date, calendar: Calendar = STANDARD) -> Iterator[Occurrence]:
    """The dates from `from_on` on, in order, without end unless the rule has one. Raises NeverOpen.

    Dates that are moved to the same day are one: daily on working days is once on Monday.
    """
    former = None
    for nominal in _nominal(rule, from_on, calendar):
        if rule.ends_on is not None and nominal > rule.ends_on:
            return
        if nominal.year > LAST_YEAR:
            return
        found = _occurrence(rule, nominal, calendar)
        if found.on != former:
            yield found
        former = found.on


def after(rule: Rule, moment: dt.datetime, calendar: Calendar = STANDARD) -> Iterator[Occurrence]:
    """The dates whose moment lies behind `moment`. Raises NeverOpen."""
    first = calendar.local(moment).date() - FURTHEST * ONE_DAY
    return (one for one in occurrences(rule, first, calendar) if one.at > moment)


def _nominal(rule: Rule, from_on: dt.date, calendar: Calendar) -> Iterator[dt.date]:
    if rule.unit is Unit.ONCE:
        day = _beside(rule, calendar)
        if day >= from_on:
            yield day
        return
    for number in count(_first(rule, from_on)):
        day = _numbered(rule, number)
        if day >= from_on:
            yield day


def _beside(rule: Rule, calendar: Calendar) -> dt.date:
    """The anchor, or the day before or after it; a date has no hours, so working days are counted as days:
    one before a Saturday is Friday, one after it Monday. Raises NeverOpen."""
    if rule.offset is None:
        return rule.anchor_on
    if rule.offset.unit == "d":
        return _working_days_on(rule.anchor_on, rule.offset.amount, calendar)
    if rule.offset.unit in worktime.CALENDAR_UNITS:
        return worktime.add_to_date(rule.anchor_on, rule.offset)
    noon = calendar.moment(rule.anchor_on, dt.time(12))
    return calendar.local(worktime.due(noon, rule.offset, calendar)).date()


def _working_days_on(day: dt.date, days: int, calendar: Calendar) -> dt.date:
    """The day so many working days later (earlier where negative)."""
    if not days:
        return day
    step = -1 if days < 0 else 1
    found = next(islice(worktime.open_days(day + step * ONE_DAY, step, calendar), abs(days) - 1, None), None)
    if found is None:
        raise NeverOpen
    return found


def _first(rule: Rule, from_on: dt.date) -> int:
    """Number of a date at or shortly before `from_on`; the dates before the anchor do not count."""
    days = (from_on - rule.anchor_on).days
    longest = {Unit.DAYS: 1, Unit.WEEKS: 7, Unit.MONTHS: 31, Unit.YEARS: 366}[rule.unit]
    return max(0, days // (longest * rule.every) - 1)


def _numbered(rule: Rule, number: int) -> dt.date:
    steps = number * rule.every
    if rule.unit is Unit.DAYS:
        return rule.anchor_on + steps * ONE_DAY
    if rule.unit is Unit.WEEKS:
        return rule.anchor_on + 7 * steps * ONE_DAY
    return months_on(rule.anchor_on, steps * (12 if rule.unit is Unit.YEARS else 1))


def months_on(day: dt.date, months: int) -> dt.date:
    """The same number so many months later, or that month's last day."""
    index = day.year * 12 + day.month - 1 + months
    first = dt.date(index // 12, index % 12 + 1, 1)
    following = dt.date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - ONE_DAY).day))


def _occurrence(rule: Rule, nominal: dt.date, calendar: Calendar) -> Occurrence:
    day = nominal
    if rule.shift is not Shift.NONE:
        step = ONE_DAY if rule.shift is Shift.NEXT else -ONE_DAY
        day = _working_day(nominal, step, calendar)
    holiday = calendar.name_of(nominal) if day != nominal else ""
    return Occurrence(nominal, day, calendar.moment(day, rule.time), holiday)


def _working_day(day: dt.date, step: dt.timedelta, calendar: Calendar) -> dt.date:
    for _attempt in range(FURTHEST):
        if calendar.windows_on(day):
            return day
        day += step
    raise NeverOpen
