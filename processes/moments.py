"""When something is due, as a definition says it: a row of plain values, no formula. Pure.

A moment is a basis (the start of the step or of the case, the end of an earlier step, a date field, a fixed
date) and an offset before or after it. Offsets are durations of `people.worktime`, with a minus for "before".
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from people import worktime
from people.durations import Duration, DurationError, parse_signed_duration
from processes.fields import EARLIEST, LATEST


class Basis(StrEnum):
    """What a moment is counted from."""

    STEP = "step"
    CASE = "case"
    AFTER = "after"
    FIELD = "field"
    DATE = "date"


NAMED = {Basis.AFTER: "step", Basis.FIELD: "field"}
"""Bases that name something else of the definition."""


class MomentError(ValueError):
    """The values make no moment."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An offset from a basis; `key` names the field or the earlier step, `on` is the fixed date (ISO)."""

    basis: Basis = Basis.STEP
    offset: str = ""
    key: str = ""
    on: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain values, without empty ones."""
        found = {"basis": str(self.basis), "offset": self.offset, "key": self.key, "on": self.on}
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Moment:
        """Read what `to_json` wrote. Raises MomentError."""
        try:
            moment = cls(
                Basis(value.get("basis", "step")),
                str(value.get("offset", "")),
                str(value.get("key", "")),
                str(value.get("on", "")),
            )
        except ValueError as error:
            raise MomentError(str(error)) from error
        moment.demand_sense()
        return moment

    @property
    def keeps_to_date(self) -> bool:
        """Whether it is a date or lies before one: that comes when it comes, whoever waits. What is counted
        on from a date is time for work like any other. Raises MomentError."""
        is_later = bool(self.offset) and signed(self.offset).amount > 0
        return self.basis in (Basis.FIELD, Basis.DATE) and not is_later

    @property
    def is_backwards(self) -> bool:
        """Whether it lies before what it is counted from. Raises MomentError."""
        return bool(self.offset) and signed(self.offset).amount < 0

    def demand_sense(self) -> None:
        """Raise MomentError unless basis, offset, name and date fit together."""
        if self.offset:
            signed(self.offset)
        if bool(self.key) != (self.basis in NAMED):
            raise MomentError("key")
        if self.basis is Basis.DATE:
            _day(self.on)
        elif self.on or (self.basis in (Basis.STEP, Basis.CASE) and not self.offset):
            raise MomentError("offset")


def signed(text: str) -> Duration:
    """A duration with an optional minus; its amount is negative then. Raises MomentError."""
    try:
        return parse_signed_duration(text)
    except DurationError as error:
        raise MomentError(text) from error


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text[:10])
    except ValueError as error:
        raise MomentError(text) from error
    if not EARLIEST <= day <= LATEST:
        raise MomentError(text)
    return day


@dataclass(frozen=True, slots=True)
class Anchors:
    """What moments of one step are counted from: starts, ends of earlier steps, the values of the case."""

    step_at: dt.datetime
    case_at: dt.datetime
    ended_at: Mapping[str, dt.datetime]
    data: Mapping[str, Any]


def resolve(
    moment: Moment,
    anchors: Anchors,
    *,
    at_closing: bool,
    calendar: worktime.Calendar = worktime.STANDARD,
) -> dt.datetime | None:
    """The moment in UTC; None while its date is not filled in or its step not ended.

    A date stands for the end of that day (`at_closing`: deadlines), which is when the office closes and its
    last second at the latest, or for its opening (waits), on a closed day the next one. Raises NeverOpen.
    """
    base = _base(moment, anchors)
    if base is None:
        return None
    start = base if isinstance(base, dt.datetime) else _edge(base, at_closing, calendar)
    return worktime.due(start, signed(moment.offset), calendar) if moment.offset else start


def day_of(moment: Moment, anchors: Anchors, calendar: worktime.Calendar) -> dt.date | None:
    """The day a moment is counted from, whatever its offset: a date is that day however the office opens,
    anything else falls on a day of the calendar's zone. None as in `resolve`."""
    base = _base(moment, anchors)
    return calendar.local(base).date() if isinstance(base, dt.datetime) else base


def _base(moment: Moment, anchors: Anchors) -> dt.datetime | dt.date | None:
    """What the offset is counted from: a moment, or a whole day."""
    if moment.basis is Basis.STEP:
        return anchors.step_at
    if moment.basis is Basis.CASE:
        return anchors.case_at
    if moment.basis is Basis.AFTER:
        return anchors.ended_at.get(moment.key)
    text = moment.on if moment.basis is Basis.DATE else anchors.data.get(moment.key)
    if not isinstance(text, str) or not text:
        return None
    return dt.datetime.fromisoformat(text) if len(text) > len("2026-11-23") else _day(text)


def _edge(day: dt.date, at_closing: bool, calendar: worktime.Calendar) -> dt.datetime:
    if not at_closing:
        return worktime.next_opening(calendar.moment(day, dt.time(0)), calendar)
    # A day that is closed, or whose office closes at midnight or later, must not be shown as the next one.
    closings = [closes for _opens, closes in calendar.spans(day)]
    return min([*closings[-1:], calendar.last_second(day)])
