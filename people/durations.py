"""Amounts of time as people and process files write them: `8h`, `3d`, `2w`, `P1M`. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


class DurationError(ValueError):
    """The text is no duration."""


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount and its unit: h and min (working hours, minutes), d (working days), ch (hours that pass,
    day and night), cd w m y (calendar)."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    def __neg__(self) -> Duration:
        return Duration(-self.amount, self.unit)


DURATION = re.compile(r"([0-9]{1,5})\s*(min|h|d|ch|cd|w|m|y)")
WORKING_SECONDS: Mapping[str, int] = {"min": 60, "h": 3600}
"""Units counted in seconds of working time."""
PASSING_SECONDS: Mapping[str, int] = {"ch": 3600}
"""Units counted in seconds as they pass, whatever the calendar says."""
CALENDAR_UNITS = ("cd", "w", "m", "y")
LONGEST: Mapping[str, int] = {
    "min": 99_999,
    "h": 9_999,
    "d": 9_999,
    "ch": 99_999,
    "cd": 36_500,
    "w": 5_200,
    "m": 1_200,
    "y": 100,
}
"""What can be asked for, by unit: a working life, so that no deadline leaves the calendar."""


def parse_duration(text: str) -> Duration:
    """Read `90min`, `8h`, `3d` (working time), `72ch` (as they pass), `10cd`, `2w`, `1m`, `1y` (calendar).

    Raises DurationError.
    """
    match = DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) > LONGEST[match[2]]:
        raise DurationError(text)
    return Duration(int(match[1]), match[2])


def parse_signed_duration(text: str) -> Duration:
    """The same with a sign: `-3d` is three working days earlier. Raises DurationError."""
    stripped = text.strip()
    if stripped[:1] in ("-", "−"):
        return -parse_duration(stripped[1:])
    return parse_duration(stripped.removeprefix("+"))


@dataclass(frozen=True, slots=True)
class IsoDuration:
    """A duration of ISO 8601, in calendar time: months and days by the wall clock, seconds as they pass."""

    months: int
    days: int
    seconds: int


ISO_DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,7})H)?(?:([0-9]{1,8})M)?(?:([0-9]{1,9})S)?)?"
)


def parse_iso_duration(text: str) -> IsoDuration:
    """Read `P1Y5M21DT19H47M55S`, `P2W`, `PT90M`; whole numbers only. Raises DurationError."""
    match = ISO_DURATION.fullmatch(text.strip())
    if match is None:
        raise DurationError(text)
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return IsoDuration(years * 12 + months, weeks * 7 + days, (hours * 60 + minutes) * 60 + seconds)
