"""Judges conditions: a field's canonical value against the value of a condition row. Pure, and never raises:
what cannot be compared does not hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field's canonical value; `type` is the field's type."""

    field: str
    operator: str
    value: Any = None
    type: str = "text"


def holds(condition: Condition, data: Mapping[str, Any]) -> bool:
    """Judge one comparison. With an empty field everything is false, except "is empty" (semantics §5)."""
    value = data.get(condition.field)
    is_empty = value is None or value == "" or value == []
    if condition.operator in EMPTINESS:
        return is_empty == (condition.operator == "is_empty")
    if is_empty:
        return False
    if condition.operator in TRUTH:
        return value is (condition.operator == "is_true")
    try:
        return _compare(condition, value)
    except (TypeError, ValueError, KeyError, InvalidOperation):
        return False


EMPTINESS = frozenset({"is_empty", "is_not_empty"})
TRUTH = frozenset({"is_true", "is_false"})


def _compare(condition: Condition, value: Any) -> bool:
    if condition.type == "money" and _currencies(condition.value) != _currencies(value):
        return False
    if condition.operator in LISTED:
        return LISTED[condition.operator](condition, value)
    left, right = comparable(condition.type, value), comparable(condition.type, condition.value)
    return bool(ORDERED[condition.operator](left, right)) if condition.operator in ORDERED else False


ORDERED: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "starts": lambda left, right: str(left).startswith(str(right)) if right else False,
}


def _contains(condition: Condition, value: Any) -> bool:
    """Part of a text, or one of the choices made."""
    if isinstance(value, list):
        return condition.value in value
    part = comparable("text", condition.value)
    return bool(part) and part in comparable("text", value)


def _in(condition: Condition, value: Any) -> bool:
    """One of several values; of choices made, at least one of them."""
    if isinstance(value, list):
        return any(one in value for one in condition.value)
    wanted = condition.value if isinstance(condition.value, list | tuple) else [condition.value]
    return comparable(condition.type, value) in [comparable(condition.type, one) for one in wanted]


def _between(condition: Condition, value: Any) -> bool:
    """From the first to the second value, both included."""
    low, high = (comparable(condition.type, one) for one in condition.value)
    return bool(low <= comparable(condition.type, value) <= high)


LISTED: Mapping[str, Callable[[Condition, Any], bool]] = {
    "contains": _contains,
    "in": _in,
    "between": _between,
}


def comparable(type_: str, value: Any) -> Any:
    """A canonical value in the form in which values of its type are ordered.

    Raises TypeError, ValueError, KeyError or InvalidOperation where it is no value of that type.
    """
    if value is None:
        raise TypeError(type_)
    if type_ == "money":
        return _finite(value["amount"] if isinstance(value, Mapping) else value)
    if type_ == "number":
        return _finite(value)
    if type_ == "date":
        return dt.date.fromisoformat(str(value)[:10])
    if type_ == "datetime":
        return dt.datetime.fromisoformat(value)
    if type_ in ("text", "longtext"):
        return str(value).casefold()
    if type_ == "multichoice":
        return sorted(value)
    return value


def _currencies(value: Any) -> set[str]:
    """Currencies of an amount or of a list of amounts; a bare number counts as euros."""
    amounts = value if isinstance(value, list | tuple) else [value]
    return {one["currency"] if isinstance(one, Mapping) else "EUR" for one in amounts}


def _finite(value: Any) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError(value)
    return number
