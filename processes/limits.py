"""Limits of a field: which values are too small, too long, or of the wrong form. Pure.

`limits` of a field is a mapping of
* `min`, `max` (number, money, date): a number (5, "5.00", "5,00", also {"amount": …}) or a date: ISO, or seen
  from the day of typing: `today`, `+3`, `-1` (days),
* `min_length`, `max_length` (text): characters,
* `pattern` (text of one line): a mask, see `masks`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from processes import masks

FITTING: Mapping[str, frozenset[str]] = {
    "text": frozenset({"min_length", "max_length", "pattern"}),
    "longtext": frozenset({"min_length", "max_length"}),
    "number": frozenset({"min", "max"}),
    "money": frozenset({"min", "max"}),
    "date": frozenset({"min", "max"}),
}
"""Which limits fit which type; other types have none."""
RELATIVE_DAY = re.compile(r"today|[+-][0-9]{1,4}")
LONGEST_NUMBER = 40
Fault = tuple[str, dict[str, Any]]


def broken(type_: str, limits: Mapping[str, Any], value: Any, today: dt.date | None) -> Fault | None:
    """Which limit a canonical value breaks: code and params of a FieldError, or None.

    Days seen from `today` are left out where it is not known. Limits that can't be read bind nobody;
    publishing refuses them.
    """
    for name, limit in limits.items():
        if name in FITTING.get(type_, ()):
            try:
                fault = CHECKS[name](type_, value, limit, today)
            except (ValueError, InvalidOperation, OverflowError):
                continue
            if fault is not None:
                return fault
    return None


def _least(type_: str, value: Any, limit: Any, today: dt.date | None) -> Fault | None:
    least = bound(type_, limit, today)
    if least is None or _ordered(type_, value) >= least:
        return None
    return ("too_early" if type_ == "date" else "too_small", {"limit": least, "type": type_})


def _most(type_: str, value: Any, limit: Any, today: dt.date | None) -> Fault | None:
    most = bound(type_, limit, today)
    if most is None or _ordered(type_, value) <= most:
        return None
    return ("too_late" if type_ == "date" else "too_large", {"limit": most, "type": type_})


def _min_length(type_: str, value: Any, limit: Any, today: dt.date | None) -> Fault | None:
    return ("too_short", {"limit": _length(limit)}) if len(value) < _length(limit) else None


def _max_length(type_: str, value: Any, limit: Any, today: dt.date | None) -> Fault | None:
    return ("too_long", {"limit": _length(limit)}) if len(value) > _length(limit) else None


def _pattern(type_: str, value: Any, limit: Any, today: dt.date | None) -> Fault | None:
    mask = str(limit)
    return None if masks.fits(mask, value) else ("not_in_form", {"example": masks.example(mask)})


CHECKS = {
    "min": _least,
    "max": _most,
    "min_length": _min_length,
    "max_length": _max_length,
    "pattern": _pattern,
}


def bound(type_: str, limit: Any, today: dt.date | None) -> Any:
    """A limit as a number or date; None for one seen from a day that is not known. Raises ValueError."""
    if type_ != "date":
        return _number(limit)
    text = str(limit).strip()
    if not RELATIVE_DAY.fullmatch(text):
        return dt.date.fromisoformat(text)
    if today is None:
        return None
    return today if text == "today" else today + dt.timedelta(days=int(text))


def _number(limit: Any) -> Decimal:
    """A number as written by people (1.284,60) or programs (1284.60)."""
    raw = limit.get("amount") if isinstance(limit, Mapping) else limit
    text = str(raw).strip()
    if isinstance(raw, bool) or len(text) > LONGEST_NUMBER:
        raise ValueError(text)
    if "," in text:
        text = text.replace(".", "").replace(",", ".")
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return number


def _ordered(type_: str, value: Any) -> Any:
    if type_ == "date":
        return dt.date.fromisoformat(value)
    return Decimal(value["amount"] if type_ == "money" else value)


def _length(limit: Any) -> int:
    text = str(limit).strip()
    if isinstance(limit, bool) or not re.fullmatch("[0-9]{1,6}", text):
        raise ValueError(text)
    return int(text)


# -- before publishing ---------------------------------------------------------------------------------------


def faults(type_: str, limits: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong: `does_not_fit`, `unreadable`, `crossed`, or `mask_` and the code of a MaskError."""
    if set(limits) - FITTING.get(type_, frozenset()):
        yield "does_not_fit"
        return
    try:
        yield from _mask_faults(limits)
        if _is_crossed(type_, limits):
            yield "crossed"
    except (ValueError, InvalidOperation, OverflowError):
        yield "unreadable"


def _mask_faults(limits: Mapping[str, Any]) -> Iterator[str]:
    if "pattern" in limits:
        try:
            masks.read(str(limits["pattern"]))
        except masks.MaskError as error:
            yield f"mask_{error.code}"


def _is_crossed(type_: str, limits: Mapping[str, Any]) -> bool:
    """Whether nothing lies between the limits. A fixed date and one seen from today can't be compared."""
    shortest, longest = _length(limits.get("min_length", 0)), _length(limits.get("max_length", 999_999))
    if max(shortest, 1) > longest:
        return True
    ends = [limits[name] for name in ("min", "max") if name in limits]
    bounds = [bound(type_, end, dt.date(2000, 1, 1)) for end in ends]
    are_relative = {type_ == "date" and bool(RELATIVE_DAY.fullmatch(str(end).strip())) for end in ends}
    return len(ends) == 2 and len(are_relative) == 1 and bool(bounds[0] > bounds[1])
