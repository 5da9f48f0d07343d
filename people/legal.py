"""Legal deadlines (Rechtsfristen): calendar arithmetic after BGB §§187–193. Pure; dates in, dates out.

Never mixed with working time: the only thing a calendar says here is which days are Saturdays, Sundays and
statutory holidays at the place where the act is due (§193), and on which days the office can be reminded.
What is law and what is custom stands at each function; docs/deadlines.md has the sources.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum

from people.durations import CALENDAR_UNITS, Duration, DurationError, parse_duration
from people.worktime import add_to_date, months_later
from people.workweek import ONE_DAY, Calendar


class CannotExtend(Exception):
    """A Notfrist is never extended (ZPO §224 II); it can only be marked done. Nor is the day of a notice:
    it would shorten a period that protects the other side."""


class Counting(StrEnum):
    """What begins the period."""

    EVENT = "event"
    """An event or a time during a day: that day isn't counted (BGB §187 I)."""
    START_OF_DAY = "start_of_day"
    """The beginning of a day, also the day of birth: that day is counted (BGB §187 II). Backwards: the end
    of that day, which is the period's last one."""


@dataclass(frozen=True, slots=True)
class Term:
    """One type of legal deadline. Raises DurationError for working time or an amount below one.

    `duration` None: the date itself is the last day, set by a court or an authority.
    `extra_days` are counted last: "one month and a half" is one month and 15 days (BGB §189 II).
    `days_before_end` are counted back from that end: "six months less 14 days", a demand of the house.
    `is_shifted` False keeps an end on a day of rest: notice periods (BGH NJW 2005, 1354).
    `early_warning` None takes the usual one, Duration(0, "cd") none at all.
    `is_backwards`: the last day on which a notice still has the whole period before the date; a day of rest
    is moved to the working day before, if at all.
    """

    duration: Duration | None
    counting: Counting = Counting.EVENT
    extra_days: int = 0
    days_before_end: int = 0
    is_shifted: bool = True
    early_warning: Duration | None = None
    is_unextendable: bool = False
    is_backwards: bool = False

    def __post_init__(self) -> None:
        if self.duration is None:
            if self.extra_days or self.days_before_end or self.is_backwards:
                raise DurationError("")
        elif self.duration.unit not in CALENDAR_UNITS or self.duration.amount < 1 or self.extra_days < 0:
            raise DurationError(str(self.duration))
        elif self.days_before_end and (self.is_backwards or not self._lasts_longer(self.duration)):
            raise DurationError(str(self.days_before_end))

    def _lasts_longer(self, duration: Duration) -> bool:
        """Whether a day of the period is left before the days counted back: a month has 28 at least."""
        shortest = duration.amount * {"cd": 1, "w": 7, "m": 28, "y": 365}[duration.unit]
        return 0 <= self.days_before_end < shortest + self.extra_days

    @property
    def is_extendable(self) -> bool:
        """Whether anybody may extend it: not a Notfrist, and not the day of a notice."""
        return not (self.is_unextendable or self.is_backwards)


class Extension(StrEnum):
    """The law a period was extended by."""

    CIVIL = "civil"
    """BGB §190: counted from the end of the former period, unshifted."""
    PROCEDURAL = "procedural"
    """ZPO §224 III: counted from the working day the former end was moved to."""


@dataclass(frozen=True, slots=True)
class LegalDeadline:
    """A deadline and how it came about; it ends with the expiry of `due_on` (BGB §188 I)."""

    term: Term
    begins_on: dt.date
    """The day of the event, or the day with whose beginning the period begins; of an extension the end it
    is counted from; backwards the date it leads up to; without a period the day that was set."""
    nominal_on: dt.date
    """The last day before any shift."""
    due_on: dt.date
    warn_on: dt.date | None
    """The Vorfrist: when to begin at the latest, always a working day of the office."""
    extension: Extension | None = None
    """Set where the period was extended."""

    @property
    def first_day(self) -> dt.date:
        """The first day that is counted."""
        return self.begins_on + ONE_DAY if self.term.counting == Counting.EVENT else self.begins_on

    @property
    def was_shifted(self) -> bool:
        """Whether §193 moved the end."""
        return self.due_on != self.nominal_on


HALF_YEAR = Duration(6, "m")
QUARTER = Duration(3, "m")
HALF_MONTH = Duration(15, "cd")
"""BGB §189 I: half a year is six months, a quarter three, half a month fifteen days."""


def deadline(term: Term, begins_on: dt.date, calendar: Calendar) -> LegalDeadline:
    """When a period that begins on this day ends, shifted as its type says, and when to warn."""
    nominal = last_day(term, begins_on)
    due_on = _moved(nominal, term, calendar)
    return LegalDeadline(term, begins_on, nominal, due_on, warn_on(term, begins_on, due_on, calendar))


def _moved(day: dt.date, term: Term, calendar: Calendar) -> dt.date:
    if not term.is_shifted:
        return day
    return previous_working_day(day, calendar) if term.is_backwards else next_working_day(day, calendar)


def last_day(term: Term, begins_on: dt.date) -> dt.date:
    """The last day of the period, before any shift (BGB §187, §188, §189 II)."""
    if term.duration is None:
        return begins_on
    if term.is_backwards:
        return latest_before(begins_on, term.duration, target=target_of(term), extra_days=term.extra_days)
    more = dt.timedelta(days=term.extra_days - term.days_before_end)
    if term.counting == Counting.EVENT:
        return add_to_date(begins_on, term.duration) + more
    return _last_counted_day(begins_on, term.duration) + more


def _last_counted_day(first: dt.date, duration: Duration) -> dt.date:
    """The day before the one that corresponds to the first (BGB §188 II), or the month's last day if that
    number is missing in it (§188 III): from 31 January, one month lasts until 28 February, not the 27th."""
    if duration.unit in ("cd", "w") or first.day == 1:
        return add_to_date(first, duration) - ONE_DAY
    return _numbered(add_to_date(first.replace(day=1), duration), first.day - 1)


def _numbered(month: dt.date, number: int) -> dt.date:
    """The day of that number in the month that begins on `month`, or its last one."""
    last = months_later(month, 1) - ONE_DAY
    return month.replace(day=min(number, last.day))


def next_working_day(day: dt.date, calendar: Calendar) -> dt.date:
    """The day, or the next one that is no Saturday, Sunday or holiday there (BGB §193, ZPO §222 II)."""
    while calendar.is_rest_day(day):
        day += ONE_DAY
    return day


def previous_working_day(day: dt.date, calendar: Calendar) -> dt.date:
    """The day itself, or the last one before it that is no Saturday, Sunday or holiday there."""
    while calendar.is_rest_day(day):
        day -= ONE_DAY
    return day


# -- early warning (custom of law offices, no law) -----------------------------------------------------------


def usual_warning(duration: Duration) -> Duration | None:
    """How long before the end to begin: a week for months and years, three days for weeks, none for days."""
    return {"m": Duration(1, "w"), "y": Duration(1, "w"), "w": Duration(3, "cd")}.get(duration.unit)


NO_WARNING = "0"
"""Written for a type of deadline without an early warning."""


def read_warning(text: str) -> Duration | None:
    """How long before the end to warn, as it is stored: empty = the usual time (None), `0` = not at all.

    Raises DurationError for working time.
    """
    if not text:
        return None
    found = Duration(0, "cd") if text == NO_WARNING else parse_duration(text)
    if found.unit not in CALENDAR_UNITS:
        raise DurationError(text)
    return found


def warn_on(term: Term, begins_on: dt.date, due_on: dt.date, calendar: Calendar) -> dt.date | None:
    """The early warning of a deadline that ends on `due_on`, moved to the office's working day before; None
    if it would not lie in the period."""
    ahead = term.early_warning or (usual_warning(term.duration) if term.duration else None)
    if ahead is None or not ahead.amount:
        return None
    wanted = add_to_date(due_on, -ahead)
    is_open = term.is_backwards or term.duration is None
    since = wanted - LONGEST_CLOSED if is_open else begins_on
    day = _office_day_before(wanted, since, calendar)
    return day if day > since else None


LONGEST_CLOSED = dt.timedelta(days=366)
"""So far back a working day of the office is looked for where no period has begun before."""


def _office_day_before(day: dt.date, until: dt.date, calendar: Calendar) -> dt.date:
    while day > until and not calendar.windows_on(day):
        day -= ONE_DAY
    return day


# -- extension -----------------------------------------------------------------------------------------------


def extended(
    found: LegalDeadline, by: Duration, calendar: Calendar, *, is_procedural: bool = False
) -> LegalDeadline:
    """The deadline after an extension, counted from the end of the former period (BGB §190).

    Old and new period are one, so a former end on a Sunday stays there for the counting; a period of the code
    of procedure goes on from the working day it was moved to (ZPO §224 III, BGH NJW-RR 2010, 211).
    Raises CannotExtend for a Notfrist and the day of a notice, DurationError for working time.
    """
    if not found.term.is_extendable:
        raise CannotExtend
    start = found.due_on if is_procedural else found.nominal_on
    law = Extension.PROCEDURAL if is_procedural else Extension.CIVIL
    return continued(found.term, start, by, calendar, law)


def continued(
    term: Term, former_end: dt.date, by: Duration, calendar: Calendar, law: Extension
) -> LegalDeadline:
    """A deadline of this type whose extension is counted from `former_end`. Raises DurationError."""
    longer = replace(term, duration=by, counting=Counting.EVENT, extra_days=0, days_before_end=0)
    return replace(deadline(longer, former_end, calendar), extension=law)


# -- counted backwards ---------------------------------------------------------------------------------------


class Target(StrEnum):
    """What a period counted backwards leads up to."""

    EVENT = "event"
    """Something during the day (a meeting, a hearing): the whole period must lie before that day."""
    END_OF_DAY = "end_of_day"
    """The end of that day (notice to the end of a month): it is the period's last one."""


def target_of(term: Term) -> Target:
    """What a type of deadline that is counted backwards leads up to."""
    return Target.EVENT if term.counting == Counting.EVENT else Target.END_OF_DAY


def latest_before(
    target_on: dt.date, duration: Duration, *, target: Target = Target.EVENT, extra_days: int = 0
) -> dt.date:
    """The latest day on which a notice still has the full period before `target_on`.

    BGB §§187, 188 read backwards: the notice's day isn't counted, so it is the latest day from which the
    period ends in time; a week before a meeting on Thursday 18th is Wednesday 10th. A month's missing day
    counts for it: a month to the end of February can be given until 31 January (§188 III).
    A period that protects the other side is never shortened, so a day of rest is not moved to the next
    working day (BGH NJW 2005, 1354). Raises DurationError.
    """
    term = Term(duration, extra_days=extra_days)
    ends_on = target_on - ONE_DAY if target == Target.EVENT else target_on
    day = add_to_date(ends_on - dt.timedelta(days=extra_days), -duration)
    while last_day(term, day + ONE_DAY) <= ends_on:
        day += ONE_DAY
    while last_day(term, day) > ends_on:
        day -= ONE_DAY
    return day


# -- moments -------------------------------------------------------------------------------------------------


def last_moment(day: dt.date, calendar: Calendar) -> dt.datetime:
    """The last full second of a day there, in UTC; the period ends with the day's expiry (BGB §188 I)."""
    return calendar.last_second(day)


def named_day(month: dt.date, part: str) -> dt.date:
    """The "beginning", "middle" or "end" of a month: 1st, 15th and last day (BGB §192). Raises KeyError."""
    first = month.replace(day=1)
    return {"beginning": first, "middle": first.replace(day=15), "end": months_later(first, 1) - ONE_DAY}[
        part
    ]


def days_of(duration: Duration) -> int:
    """How many days a period has that need not run on end: a month 30, a year 365 (BGB §191)."""
    return duration.amount * {"cd": 1, "w": 7, "m": 30, "y": 365}[duration.unit]
