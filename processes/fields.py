"""The value types of a case: reading what people type, canonical storage, showing, indexing. Pure.

Canonical values (semantics §5): text = str, number = decimal string, money = {"amount": "1284.60",
"currency": "EUR"}, date = ISO date, yes/no = bool, choice = its value, person/team/customer = id,
empty = None.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

LONGEST = {"text": 500, "longtext": 20_000}
MOST_DIGITS = 15
REFERENCES = frozenset({"person", "team", "customer"})
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a version, compiled."""

    key: str
    label: str
    type: str = "text"
    help_text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    is_indexed: bool = False

    @property
    def is_reference(self) -> bool:
        """Whether its value is the id of a person, team or customer."""
        return self.type in REFERENCES


class FieldError(Exception):
    """A value can't be taken; `code` and `params` become a sentence where it is shown."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class IndexValue:
    """What goes into the indexed columns of a FieldValue row."""

    text: str = ""
    number: Decimal | None = None
    date: dt.datetime | None = None
    ref: int | None = None


def parse(spec: FieldSpec, raw: Any) -> Any:
    """Read typed or canonical input into the canonical value; None if it is empty. Raises FieldError."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    return PARSERS[spec.type](spec, raw)


def _text(spec: FieldSpec, raw: Any) -> str:
    text = str(raw).replace("\r\n", "\n").strip()
    if UNPRINTABLE.search(text):
        raise FieldError("unprintable")
    limit = LONGEST.get(spec.type, 500)
    if len(text) > limit:
        raise FieldError("too_long", limit=limit)
    return text


def decimal_of(raw: Any) -> Decimal:
    """Read a number as typed in German (1.284,60) or canonical (1284.60). Raises FieldError."""
    text = str(raw).strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "").removesuffix("€")
    if "," in text:
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+", text):
        text = text.replace(".", "")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise FieldError("not_a_number") from None
    if not value.is_finite() or abs(value) >= Decimal(10) ** MOST_DIGITS or len(text) > 40:
        raise FieldError("number_out_of_range")
    return value


def _number(spec: FieldSpec, raw: Any) -> str:
    return format(decimal_of(raw).normalize(), "f")


def _money(spec: FieldSpec, raw: Any) -> dict[str, str]:
    currency = "EUR"
    if isinstance(raw, Mapping):
        raw, currency = raw.get("amount", ""), str(raw.get("currency", "EUR"))
    value = decimal_of(raw)
    if -value.as_tuple().exponent > 2:  # type: ignore[operator]
        raise FieldError("too_many_decimals")
    return {"amount": f"{value:.2f}", "currency": currency}


def _date(spec: FieldSpec, raw: Any) -> str:
    if isinstance(raw, dt.datetime):
        raw = raw.date()
    value = raw if isinstance(raw, dt.date) else _typed_date(str(raw).strip())
    if not EARLIEST <= value <= LATEST:
        raise FieldError("date_out_of_range")
    return value.isoformat()


def _typed_date(text: str) -> dt.date:
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text)
    try:
        if german:
            day, month, year = map(int, german.groups())
            return dt.date(year, month, day)
        return dt.date.fromisoformat(text)
    except ValueError:
        raise FieldError("not_a_date") from None


def _choice(spec: FieldSpec, raw: Any) -> str:
    if str(raw) not in {value for value, _ in spec.choices}:
        raise FieldError("not_a_choice")
    return str(raw)


YES, NO = frozenset({"yes", "ja", "true", "1", "on"}), frozenset({"no", "nein", "false", "0"})


def _yesno(spec: FieldSpec, raw: Any) -> bool:
    word = str(raw).strip().lower()
    if word not in YES | NO:
        raise FieldError("not_yes_or_no")
    return word in YES


def _reference(spec: FieldSpec, raw: Any) -> int:
    text = str(raw).strip()
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise FieldError("not_a_reference")
    return int(text)


PARSERS = {
    "text": _text,
    "longtext": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "choice": _choice,
    "yesno": _yesno,
    "person": _reference,
    "team": _reference,
    "customer": _reference,
}


def display(spec: FieldSpec, value: Any, language: str = "de") -> str:
    """Show a canonical value: 1.284,60 €, 23.11.2026, a label; the caller names references."""
    if value is None:
        return ""
    if spec.type == "money":
        return money_text(value, language)
    if spec.type == "number":
        return number_text(Decimal(value), language)
    if spec.type == "date":
        day = dt.date.fromisoformat(value)
        return f"{day:%d.%m.%Y}" if language == "de" else f"{day:%-d %b %Y}"
    if spec.type == "choice":
        return dict(spec.choices).get(value, str(value))
    if spec.type == "yesno":
        return {"de": ("Nein", "Ja")}.get(language, ("No", "Yes"))[bool(value)]
    return str(value)


def number_text(value: Decimal, language: str) -> str:
    """Thousands and decimals in the reader's way (G26)."""
    text = f"{value:,f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def money_text(value: Mapping[str, str], language: str) -> str:
    """An amount with its currency."""
    amount = number_text(Decimal(value["amount"]), language)
    sign = "€" if value["currency"] == "EUR" else value["currency"]
    return f"{amount}\u00a0{sign}" if language == "de" else f"{sign}{amount}"


def index_value(spec: FieldSpec, value: Any) -> IndexValue:
    """What a FieldValue row stores of a canonical value."""
    if value is None:
        return IndexValue()
    if spec.type == "money":
        return IndexValue(text=value["currency"], number=Decimal(value["amount"]))
    if spec.type == "number":
        return IndexValue(number=Decimal(value))
    if spec.type == "date":
        return IndexValue(date=dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC))
    if spec.is_reference:
        return IndexValue(ref=value)
    return IndexValue(text=str(value))
