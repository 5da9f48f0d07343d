"""Why a deadline is when it is: rows of what was counted, what was left out and what was moved. Pure.

The rows come from the same functions that compute the deadline, so they can't tell another story. Their words
are made in `people.explaining`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from people import legal, worktime
from people.durations import WORKING_SECONDS, Duration
from people.workweek import ONE_DAY, Calendar


class Code(StrEnum):
    """What a row says."""

    START = "start"
    """From this moment (`at`)."""
    COUNTS_FROM = "counts_from"
    """The start lies outside working time: it counts from `at`."""
    WORKED = "worked"
    """`seconds` of working time on this day, until `at`; `name` says why its hours are not the usual ones."""
    DAY = "day"
    """Working day number `amount`; `name` says why its hours are others than usual."""
    DAY_OFF = "day_off"
    """Closed though the weekday is a working day; `name` says why if anything does."""
    REST_DAY = "rest_day"
    """Closed as on every such weekday."""
    CALENDAR = "calendar"
    """`duration` of calendar time."""
    EVENT_DAY = "event_day"
    """The day of the event isn't counted (BGB §187 I)."""
    FIRST_DAY = "first_day"
    """The first day is counted (BGB §187 II)."""
    LAST_DAY = "last_day"
    """The last day of the period (BGB §188)."""
    BEFORE_END = "before_end"
    """So many days (`amount`) before the end of the period."""
    SHIFTED = "shifted"
    """A day of rest, called `name`, from which the end moves to the next working day (BGB §193)."""
    MOVED_UP = "moved_up"
    """A day of rest, called `name`, from which the end moves to the working day before."""
    NOT_SHIFTED = "not_shifted"
    """A day of rest, called `name`, on which the end stays, for §193 isn't applied."""
    TARGET = "target"
    """What a notice must precede (`name`: `legal.Target`)."""
    SET_DAY = "set_day"
    """A day that was set as the last one, without a period."""
    FORMER_END = "former_end"
    """The end of the former period, from which its extension is counted (`name`: `legal.Extension`)."""
    WARNING = "warning"
    """Early warning (Vorfrist)."""
    RESTED = "rested"
    """`seconds` of working time in which it did not run."""
    UNEXTENDABLE = "unextendable"
    """A Notfrist."""
    DUE = "due"
    """The deadline (`at`, or all of `day`)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an explanation; amounts are negative where counted backwards."""

    code: Code
    day: dt.date
    at: dt.datetime | None = None
    seconds: int = 0
    amount: int = 0
    duration: Duration | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rows in the order of counting; `at` of START and DUE are on the calendar's wall clock.

    A legal deadline has no moment but a day.
    """

    rows: tuple[Row, ...]

    @property
    def start(self) -> Row:
        """Where counting begins."""
        return self.rows[0]

    @property
    def due(self) -> Row:
        """The deadline."""
        return self.rows[-1]


# -- working time and calendar durations ---------------------------------------------------------------------


def explain_due(start: dt.datetime, duration: Duration, calendar: Calendar) -> Explanation:
    """Why `worktime.due(start, duration, calendar)` is when it is. Raises NeverOpen."""
    local = calendar.local(start)
    due_at = calendar.local(worktime.due(start, duration, calendar))
    if duration.unit in WORKING_SECONDS:
        counted = _hours(start, duration.amount * WORKING_SECONDS[duration.unit], calendar)
    elif duration.unit == "d":
        counted = _days(start, duration.amount, calendar)
    else:
        counted = iter([Row(Code.CALENDAR, due_at.date(), duration=duration)])
    begin, end = Row(Code.START, local.date(), at=local), Row(Code.DUE, due_at.date(), at=due_at)
    return Explanation((begin, *counted, end))


def explain_date(moment: dt.datetime, calendar: Calendar) -> Explanation:
    """A moment nothing is counted from."""
    local = calendar.local(moment)
    rows = (Row(code, local.date(), at=local) for code in (Code.START, Code.DUE))
    return Explanation(tuple(rows))


def after_rest(found: Explanation, seconds: int, due_at: dt.datetime, calendar: Calendar) -> Explanation:
    """The same with working seconds in which it did not run, because of which it is due later."""
    local = calendar.local(due_at)
    rest, end = Row(Code.RESTED, local.date(), seconds=seconds), Row(Code.DUE, local.date(), at=local)
    return Explanation((*found.rows[:-1], rest, end))


def _hours(start: dt.datetime, seconds: int, calendar: Calendar) -> Iterator[Row]:
    """Rows of working seconds, those of one day together, and the closed days between."""
    sign = -1 if seconds < 0 else 1
    spent = worktime.spent_before if seconds < 0 else worktime.spent
    last: Row | None = None
    for day, (begin, end) in spent(start, abs(seconds), calendar):
        edge = calendar.local(end if sign > 0 else begin)
        amount = sign * int((end - begin).total_seconds())
        if last is None:
            yield from _waiting(start, begin if sign > 0 else end, calendar)
        elif last.day == day:
            amount += last.seconds
        else:
            yield from _counted(last)
            yield from _closed(last.day, day, sign, calendar)
        last = Row(Code.WORKED, day, at=edge, seconds=amount, name=_special_name(day, calendar))
    if last is not None:
        yield from _counted(last)


def _counted(row: Row) -> Iterator[Row]:
    if row.seconds:
        yield row


def _waiting(start: dt.datetime, begin: dt.datetime, calendar: Calendar) -> Iterator[Row]:
    """The start outside working time, and the closed days until it counts."""
    if begin != start:
        local = calendar.local(begin)
        yield from _closed(
            calendar.local(start).date(), local.date(), 1 if begin > start else -1, calendar, True
        )
        yield Row(Code.COUNTS_FROM, local.date(), at=local)


def _days(start: dt.datetime, days: int, calendar: Calendar) -> Iterator[Row]:
    """Rows of working days, and the closed days between."""
    step = -1 if days < 0 else 1
    first, begin = worktime.counted_from(start, backwards=days < 0, calendar=calendar)
    yield from _waiting(start, begin, calendar)
    last = first
    for passed, day in enumerate(worktime.open_days(first, step, calendar)):
        if passed:
            yield from _closed(last, day, step, calendar)
            yield Row(Code.DAY, day, amount=step * passed, name=_special_name(day, calendar))
        last = day
        if passed == abs(days):
            return


def _special_name(day: dt.date, calendar: Calendar) -> str:
    """Why the office has other hours on this day than on every such weekday; empty where it has not."""
    return calendar.name_of(day) if calendar.special.get(day) is not None else ""


def _closed(
    after: dt.date, before: dt.date, step: int, calendar: Calendar, is_from_first: bool = False
) -> Iterator[Row]:
    """The closed days between two days, both left out (the first one not, if asked so)."""
    day = after if is_from_first else after + step * ONE_DAY
    while (before - day).days * step > 0:
        if not calendar.windows_on(day):
            code = Code.DAY_OFF if calendar.is_usually_open(day) else Code.REST_DAY
            yield Row(code, day, name=calendar.name_of(day))
        day += step * ONE_DAY


# -- legal deadlines -----------------------------------------------------------------------------------------


def explain_legal(found: legal.LegalDeadline, calendar: Calendar) -> Explanation:
    """Why a legal deadline is when it is, paragraph by paragraph."""
    return Explanation(tuple(_legal(found, calendar)))


def _legal(found: legal.LegalDeadline, calendar: Calendar) -> Iterator[Row]:
    term, duration = found.term, found.term.duration
    yield _begin(found)
    if duration is not None:
        shown = -duration if term.is_backwards else duration
        extra = -term.extra_days if term.is_backwards else term.extra_days
        end = found.nominal_on + dt.timedelta(days=term.days_before_end)
        yield Row(Code.LAST_DAY, end, duration=shown, amount=extra)
    if term.days_before_end:
        yield Row(Code.BEFORE_END, found.nominal_on, amount=term.days_before_end)
    yield from _rest(found.nominal_on, found.due_on, calendar)
    if found.warn_on is not None:
        yield Row(Code.WARNING, found.warn_on)
    if term.is_unextendable:
        yield Row(Code.UNEXTENDABLE, found.due_on)
    yield Row(Code.DUE, found.due_on)


def _begin(found: legal.LegalDeadline) -> Row:
    """What is counted from, and whether its day counts."""
    if found.extension is not None:
        return Row(Code.FORMER_END, found.begins_on, name=str(found.extension))
    if found.term.duration is None:
        return Row(Code.SET_DAY, found.begins_on)
    if found.term.is_backwards:
        return Row(Code.TARGET, found.begins_on, name=str(legal.target_of(found.term)))
    is_event = found.term.counting == legal.Counting.EVENT
    return Row(Code.EVENT_DAY if is_event else Code.FIRST_DAY, found.begins_on)


def _rest(nominal: dt.date, due_on: dt.date, calendar: Calendar) -> Iterator[Row]:
    """Each day of rest the end was moved over, or the one it stays on."""
    if nominal == due_on and calendar.is_rest_day(nominal):
        yield Row(Code.NOT_SHIFTED, nominal, name=_lawful_name(nominal, calendar))
    code, step = (Code.SHIFTED, ONE_DAY) if due_on > nominal else (Code.MOVED_UP, -ONE_DAY)
    day = nominal
    while day != due_on:
        yield Row(code, day, name=_lawful_name(day, calendar))
        day += step


def _lawful_name(day: dt.date, calendar: Calendar) -> str:
    """What a day of rest is called: a holiday by its name. What the office does on it is no reason."""
    return calendar.name_of(day) if calendar.public_holiday(day) else ""
