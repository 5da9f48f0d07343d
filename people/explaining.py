"""Explanations of deadlines in words: one sentence, or a table of lines, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from people.durations import Duration
from people.explain import Code, Explanation, Row
from people.legal import Extension, Target

SHORTEST_RUN = 3
"""Days alike that a sentence draws together."""
DAYS_NEARBY = 6
"""So many days from the start a weekday alone says which day is meant."""

END_OF_DAY = dt.time(23, 59, 59)
"""Of a day on which the office is closed; people read 23:59."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: when, what, how much."""

    when: str
    what: str
    amount: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.when, self.what, self.amount) if part)


def lines(explanation: Explanation) -> list[Line]:
    """Every row in words, closed weekends included."""
    words = _Words(explanation)
    return [words.line(row, day_text(row.day, words.year)) for row in explanation.rows]


def sentence(explanation: Explanation) -> str:
    """The explanation in one sentence: what was counted, what was left out though one might expect it."""
    words = _Words(explanation)
    told = [row for row in explanation.rows if row.code != Code.REST_DAY]
    parts = [words.part(run) for run in _runs(told[:-1])]
    return f"{'; '.join(parts)} → {words.due(told[-1])}"


def _runs(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows, with at least three working days alike in a row drawn together."""
    run: list[Row] = []
    for row in rows:
        if run and not _is_alike(run[-1], row):
            yield from _drawn_together(run)
            run = []
        run.append(row)
    yield from _drawn_together(run)


def _is_alike(one: Row, other: Row) -> bool:
    alike = (one.code, one.seconds, one.name) == (other.code, other.seconds, other.name)
    return alike and one.code in (Code.WORKED, Code.DAY)


def _drawn_together(run: list[Row]) -> Iterator[list[Row]]:
    if len(run) >= SHORTEST_RUN:
        yield run
    else:
        yield from ([row] for row in run)


class _Words:
    """The words of one explanation; days of another year than the start's are named with it."""

    def __init__(self, explanation: Explanation) -> None:
        self.first = explanation.start.day
        self.year = self.first.year

    def part(self, run: list[Row]) -> str:
        """A row, or a run of rows, as a part of the sentence."""
        if len(run) == 1:
            return str(self.line(run[0], self._when(run[0])))
        span = f"{day_text(run[0].day, self.year)}–{day_text(run[-1].day, self.year)}"
        if run[0].code == Code.WORKED:
            return f"{span} {len(run)} × {amount_text(run[0].seconds)}"
        first, last = run[0].amount, run[-1].amount
        text = _("after %(first)s to %(last)s working days")
        if first < 0:
            text = _("earlier by %(first)s to %(last)s working days")
        return f"{span} {text % {'first': abs(first), 'last': abs(last)}}"

    def _when(self, row: Row) -> str:
        if row.code == Code.WORKED and abs((row.day - self.first).days) <= DAYS_NEARBY:
            return date_format(row.day, "D")
        return day_text(row.day, self.year)

    def due(self, row: Row) -> str:
        """The deadline, with its time if it has one."""
        day = day_text(row.day, self.year)
        return f"{day} {clock(row.at)}" if row.at else day

    def line(self, row: Row, when: str) -> Line:
        """A row in words."""
        if row.code == Code.WORKED:
            return Line(when, row.name, amount_text(row.seconds))
        if row.code == Code.CALENDAR:
            return Line("", "", duration_text(row.duration))
        if row.code == Code.RESTED:
            return Line("", _("rested: %(time)s") % {"time": minutes_text(row.seconds)})
        if row.code == Code.START:
            return Line("", _("Start %(when)s") % {"when": self.due(row)})
        if row.code == Code.DUE:
            return Line("", _("due %(when)s") % {"when": self.due(row)})
        return Line(when, WORDS[row.code](row))


def _counts_from(row: Row) -> str:
    return _("%(time)s: counting begins") % {"time": clock(row.at)}


def _day(row: Row) -> str:
    number = abs(row.amount)
    text = ngettext("after %(number)s working day", "after %(number)s working days", number)
    if row.amount < 0:
        text = ngettext("earlier by %(number)s working day", "earlier by %(number)s working days", number)
    told = text % {"number": number}
    return f"{told} ({row.name})" if row.name else told


def _day_off(row: Row) -> str:
    return _("%(name)s, day off") % {"name": row.name} if row.name else _("day off")


def _rest_day(row: Row) -> str:
    no_work = _("no working day")
    return f"{row.name}, {no_work}" if row.name else no_work


def _last_day(row: Row) -> str:
    how_long = duration_text(row.duration)
    if row.amount:
        sign = "−" if row.amount < 0 else "+"
        how_long = f"{how_long} {sign} {duration_text(Duration(abs(row.amount), 'cd'))}"
    return _("%(duration)s counted (BGB § 188)") % {"duration": how_long}


def _before_end(row: Row) -> str:
    return _("%(duration)s back from there") % {"duration": duration_text(Duration(row.amount, "cd"))}


def _shifted(row: Row) -> str:
    return _("%(name)s: on to the next working day (BGB § 193)") % {"name": _rest(row)}


def _moved_up(row: Row) -> str:
    return _("%(name)s: moved to the working day before") % {"name": _rest(row)}


def _not_shifted(row: Row) -> str:
    return _("%(name)s: the end stays, BGB § 193 isn't applied") % {"name": _rest(row)}


def _rest(row: Row) -> str:
    return row.name or date_format(row.day, "l")


def _target(row: Row) -> str:
    if row.name == Target.EVENT:
        return _("event; its day isn't counted")
    return _("last day of the period")


def _former_end(row: Row) -> str:
    if row.name == Extension.PROCEDURAL:
        return _("former end; the extension is counted from here (ZPO § 224 III)")
    return _("former end; the extension is counted from here (BGB § 190)")


WORDS: Mapping[Code, Callable[[Row], str]] = {
    Code.COUNTS_FROM: _counts_from,
    Code.DAY: _day,
    Code.DAY_OFF: _day_off,
    Code.REST_DAY: _rest_day,
    Code.EVENT_DAY: lambda row: _("event; its day isn't counted (BGB § 187 I)"),
    Code.FIRST_DAY: lambda row: _("first day, it is counted (BGB § 187 II)"),
    Code.LAST_DAY: _last_day,
    Code.BEFORE_END: _before_end,
    Code.SHIFTED: _shifted,
    Code.MOVED_UP: _moved_up,
    Code.NOT_SHIFTED: _not_shifted,
    Code.TARGET: _target,
    Code.SET_DAY: lambda row: _("the last day, as it was set"),
    Code.FORMER_END: _former_end,
    Code.WARNING: lambda row: _("early warning"),
    Code.UNEXTENDABLE: lambda row: _("statutory deadline, it can't be extended"),
}


def day_text(day: dt.date, year: int) -> str:
    """A day with its weekday: Mo 25.05.; one of another year with that year."""
    if day.year == year:
        return date_format(day, pgettext("day of an explanation", "D j M"))
    return date_format(day, pgettext("day of an explanation with year", "D j M Y"))


def clock(at: dt.datetime | None) -> str:
    """A time of day, with seconds where there are any but those of a day's end."""
    if at is None:
        return ""
    has_seconds = at.second and at.time().replace(microsecond=0) != END_OF_DAY
    return f"{at:%H:%M:%S}" if has_seconds else f"{at:%H:%M}"


def amount_text(seconds: int) -> str:
    """Working time: 6 h, 1 h 30 min, −2 h, 45 s."""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number} {unit}" for number, unit in ((hours, "h"), (minutes, "min"), (rest, "s")) if number]
    return ("−" if seconds < 0 else "") + (" ".join(parts) or "0 h")


def minutes_text(seconds: int) -> str:
    """Working time to the full minute, where seconds would only distract."""
    return amount_text(seconds - seconds % 60)


def duration_text(duration: Duration | None) -> str:
    """A duration in words: 2 weeks, −1 month."""
    if duration is None:
        return ""
    amount = duration.amount
    words = {
        "min": ngettext("%(n)s minute", "%(n)s minutes", abs(amount)),
        "h": ngettext("%(n)s working hour", "%(n)s working hours", abs(amount)),
        "d": ngettext("%(n)s working day", "%(n)s working days", abs(amount)),
        "ch": ngettext("%(n)s hour around the clock", "%(n)s hours around the clock", abs(amount)),
        "cd": ngettext("%(n)s day", "%(n)s days", abs(amount)),
        "w": ngettext("%(n)s week", "%(n)s weeks", abs(amount)),
        "m": ngettext("%(n)s month", "%(n)s months", abs(amount)),
        "y": ngettext("%(n)s year", "%(n)s years", abs(amount)),
    }
    return words[duration.unit] % {"n": number_text(amount)}


def number_text(number: int) -> str:
    """A number with the minus sign of print."""
    return f"−{-number}" if number < 0 else str(number)
