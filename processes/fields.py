"""The value types of a case: reading what people type, canonical storage, showing, indexing. Pure.

Canonical values (semantics §5): text = str (NFC), number = decimal string, money = {"amount": "1284.60",
"currency": "EUR"}, date = ISO date, datetime = ISO moment in UTC, yes/no = bool, choice = its value,
multichoice = list of values in the order of the field, person/team/customer/file = id, empty = None.
`parse` accepts canonical values again and gives them back unchanged.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from processes import limits

LONGEST = {"text": 500, "longtext": 20_000}
LONGEST_OTHER = 100
"""Characters of a typed number, date or reference; more is refused before it is looked at."""
MOST_DIGITS = 15
MOST_DECIMALS = 6
"""Of a number; the index column holds no more."""
REFERENCES = frozenset({"person", "team", "customer", "file"})
EARLIEST, LATEST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
HOME = ZoneInfo("Europe/Berlin")
"""Zone of times typed without one."""
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What no database, no XML and no screen can hold."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field of a version, compiled."""

    key: str
    label: str
    type: str = "text"
    help_text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    is_indexed: bool = False
    is_searchable: bool = False

    @property
    def is_reference(self) -> bool:
        """Whether its value is the id of a person, team, customer or file."""
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


def parse(spec: FieldSpec, raw: Any, *, today: dt.date | None = None) -> Any:
    """Read typed or canonical input into the canonical value; None if it is empty.

    `today` (the reader's date) lets dates be typed as `heute`, `+3`, `5.3.` or `5.3.26`. Raises FieldError,
    also where a limit of the field is broken.
    """
    value = read(spec, raw, today=today)
    demand_limits(spec, value, today=today)
    return value


def demand_limits(spec: FieldSpec, value: Any, *, today: dt.date | None = None) -> None:
    """Raise FieldError where a canonical value breaks a limit of its field; an empty one breaks none."""
    fault = None if value is None else limits.broken(spec.type, spec.limits, value, today)
    if fault is not None:
        code, params = fault
        raise FieldError(code, **params)


def read(spec: FieldSpec, raw: Any, *, today: dt.date | None = None) -> Any:
    """As `parse`, without the limits: a value that was taken once stays one, whatever the day."""
    if raw is None or raw == [] or raw == () or (isinstance(raw, str) and not raw.strip()):
        return None
    if spec.type in DATE_PARSERS:
        return DATE_PARSERS[spec.type](raw, today)
    return PARSERS[spec.type](spec, raw)


# -- text ----------------------------------------------------------------------------------------------------


def _text(spec: FieldSpec, raw: Any) -> str | None:
    if not isinstance(raw, str):
        raise FieldError("not_a_text")
    text = raw.replace("\r\n", "\n").replace("\r", "\n").strip()
    if UNPRINTABLE.search(text):
        raise FieldError("unprintable")
    if spec.type == "text":
        text = " ".join(text.split("\n"))
    limit = LONGEST[spec.type]
    if len(text) > limit:
        raise FieldError("too_long", limit=limit)
    return unicodedata.normalize("NFC", text)[:limit] or None


def _word(raw: Any) -> str:
    """A short typed value, trimmed; "" for what is no text or number at all."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        return ""
    text = str(raw) if not isinstance(raw, int) or abs(raw) < 10**LONGEST_OTHER else ""
    return text.strip() if len(text) <= LONGEST_OTHER else ""


# -- numbers -------------------------------------------------------------------------------------------------

CANONICAL_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
GERMAN_NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?")


def decimal_of(raw: Any) -> Decimal:
    """Read a number as typed in German (1.284,60; 1.284 is a thousand) or canonical (1284.60).

    Numbers that are no text are taken as they are. Raises FieldError.
    """
    text = re.sub("[ \u00a0\u202f]", "", _word(raw)).replace("\u2212", "-")
    text = text.removesuffix("€").removesuffix("EUR")
    if isinstance(raw, str) and GERMAN_NUMBER.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif isinstance(raw, float | Decimal):
        text = _unscientific(raw)
    if not CANONICAL_NUMBER.fullmatch(text):
        raise FieldError("not_a_number")
    value = Decimal(text)
    if abs(value) >= Decimal(10) ** MOST_DIGITS:
        raise FieldError("number_out_of_range")
    _demand_decimals(value, MOST_DECIMALS)
    return abs(value) if value.is_zero() else value


def _demand_decimals(value: Decimal, limit: int) -> None:
    if value != round(value, limit):
        raise FieldError("too_many_decimals", limit=limit)


def _unscientific(raw: float | Decimal) -> str:
    value = Decimal(str(raw))
    return f"{value:f}" if value.is_finite() and abs(value.adjusted()) <= LONGEST_OTHER else ""


def _number(spec: FieldSpec, raw: Any) -> str:
    text = f"{decimal_of(raw):f}"
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    # 1.234 would be read as a thousand the next time, 1.2340 is not.
    return f"{text}0" if "." in text and GERMAN_NUMBER.fullmatch(text) else text


def _money(spec: FieldSpec, raw: Any) -> dict[str, str]:
    currency = "EUR"
    if isinstance(raw, Mapping):
        raw, currency = raw.get("amount", ""), raw.get("currency", "EUR")
        if isinstance(raw, str) and CANONICAL_NUMBER.fullmatch(raw):
            raw = Decimal(raw)
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise FieldError("not_a_currency")
    value = decimal_of(raw)
    _demand_decimals(value, 2)
    return {"amount": f"{value:.2f}", "currency": currency}


# -- dates ---------------------------------------------------------------------------------------------------

GERMAN_DATE = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})\.(?: ?([0-9]{4}|[0-9]{2}))?")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DAYS_AHEAD = re.compile(r"[+-][0-9]{1,4}")
NAMED_DAYS = {"heute": 0, "today": 0, "morgen": 1, "tomorrow": 1, "gestern": -1, "yesterday": -1}


def _date(raw: Any, today: dt.date | None) -> str:
    if isinstance(raw, dt.datetime):
        raw = raw.astimezone(HOME).date()
    return _in_range(raw if isinstance(raw, dt.date) else _typed_date(_word(raw), today)).isoformat()


def _in_range(day: dt.date) -> dt.date:
    if not EARLIEST <= day <= LATEST:
        raise FieldError("date_out_of_range")
    return day


def _typed_date(text: str, today: dt.date | None) -> dt.date:
    try:
        found = _written_date(text, today) or _relative_date(text.lower(), today)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise FieldError("not_a_date")
    return found


def _written_date(text: str, today: dt.date | None) -> dt.date | None:
    if ISO_DATE.fullmatch(text):
        return dt.date.fromisoformat(text)
    german = GERMAN_DATE.fullmatch(text)
    if german is None:
        return None
    day, month, year = int(german[1]), int(german[2]), german[3] or ""
    if len(year) == 4:
        return dt.date(int(year), month, day)
    if today is None:
        return None
    return _in_century(day, month, int(year), today) if year else _nearest(day, month, today)


def _in_century(day: int, month: int, year: int, today: dt.date) -> dt.date:
    """Two digits mean a year from 79 years ago to 20 years ahead: birthdays as well as contracts."""
    full = today.year - today.year % 100 + year
    full -= 100 * (full > today.year + 20)
    full += 100 * (full < today.year - 79)
    return dt.date(full, month, day)


def _nearest(day: int, month: int, today: dt.date) -> dt.date:
    """Without a year the date nearest to today is meant: 5.3. typed in November is next year's."""
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        try:
            found.append(dt.date(year, month, day))
        except ValueError:  # 29 February
            continue
    return min(found, key=lambda one: abs(one - today))


def _relative_date(text: str, today: dt.date | None) -> dt.date | None:
    if today is None:
        return None
    if text in NAMED_DAYS:
        return today + dt.timedelta(days=NAMED_DAYS[text])
    return today + dt.timedelta(days=int(text)) if DAYS_AHEAD.fullmatch(text) else None


def _datetime(raw: Any, today: dt.date | None) -> str:
    moment = raw if isinstance(raw, dt.datetime) else _typed_datetime(_word(raw), today)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=HOME)
    _in_range(moment.date())
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")


def _typed_datetime(text: str, today: dt.date | None) -> dt.datetime:
    day, _, time = text.rpartition(" ")
    try:
        if ISO_DATE.match(text):
            return dt.datetime.fromisoformat(text)
        clock = dt.datetime.strptime(time, "%H:%M").time()  # noqa: DTZ007 - a wall-clock time alone
    except ValueError:
        raise FieldError("not_a_time") from None
    return dt.datetime.combine(_typed_date(day.strip().rstrip(","), today), clock)


# -- choices and references ----------------------------------------------------------------------------------


def _choice(spec: FieldSpec, raw: Any) -> str:
    word = _word(raw)
    if word not in {value for value, _ in spec.choices}:
        raise FieldError("not_a_choice")
    return word


def _multichoice(spec: FieldSpec, raw: Any) -> list[str]:
    wanted = {_choice(spec, one) for one in (raw if isinstance(raw, list | tuple) else [raw])}
    return [value for value, _ in spec.choices if value in wanted]


YES, NO = frozenset({"yes", "ja", "true", "1", "on"}), frozenset({"no", "nein", "false", "0", "off"})


def _yesno(spec: FieldSpec, raw: Any) -> bool:
    word = str(raw).lower() if isinstance(raw, bool) else _word(raw).lower()
    if word not in YES | NO:
        raise FieldError("not_yes_or_no")
    return word in YES


def _reference(spec: FieldSpec, raw: Any) -> int:
    word = _word(raw)
    if not re.fullmatch(r"[0-9]{1,18}", word):
        raise FieldError("not_a_reference")
    return int(word)


def reference_id(value: Any) -> int:
    """The id a value stands for, stored or as a form says it; 0, which no row has, for anything else."""
    word = _word(value)
    return int(word) if re.fullmatch(r"[0-9]{1,18}", word) else 0


DATE_PARSERS: Mapping[str, Callable[[Any, dt.date | None], str]] = {"date": _date, "datetime": _datetime}
PARSERS: Mapping[str, Callable[[FieldSpec, Any], Any]] = {
    "text": _text,
    "longtext": _text,
    "number": _number,
    "money": _money,
    "choice": _choice,
    "multichoice": _multichoice,
    "yesno": _yesno,
    "person": _reference,
    "team": _reference,
    "customer": _reference,
    "file": _reference,
}


# -- showing and indexing ------------------------------------------------------------------------------------


def display(spec: FieldSpec, value: Any, language: str = "de") -> str:
    """Show a canonical value: 1.284,60 €, 23.11.2026, a label; the caller names references."""
    if value is None:
        return ""
    if spec.type == "money":
        return money_text(value, language)
    if spec.type == "number":
        return number_text(Decimal(value).normalize(), language)
    if spec.type == "date":
        return date_text(dt.date.fromisoformat(value), language)
    if spec.type == "datetime":
        local = dt.datetime.fromisoformat(value).astimezone(HOME)
        return f"{date_text(local.date(), language)}, {local:%H:%M}"
    if spec.type in ("choice", "multichoice"):
        labels = dict(spec.choices)
        return ", ".join(labels.get(one, str(one)) for one in (value if isinstance(value, list) else [value]))
    if spec.type == "yesno":
        return {"de": ("Nein", "Ja")}.get(language, ("No", "Yes"))[bool(value)]
    return str(value)


def date_text(day: dt.date, language: str) -> str:
    """A date in the reader's way: 23.11.2026 or 23 Nov 2026."""
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day.day} {day:%b %Y}"


def number_text(value: Decimal, language: str) -> str:
    """Thousands and decimals in the reader's way (G26)."""
    text = f"{value:,f}"
    return text.translate(str.maketrans(",.", ".,")) if language == "de" else text


def money_text(value: Mapping[str, str], language: str) -> str:
    """An amount with its currency: 1.284,60 € or €1,284.60."""
    amount = Decimal(value["amount"])
    sign = "€" if value["currency"] == "EUR" else value["currency"]
    if language == "de":
        return f"{number_text(amount, language)}\u00a0{sign}"
    gap = "" if sign == "€" else "\u00a0"
    return f"{'-' if amount < 0 else ''}{sign}{gap}{number_text(abs(amount), language)}"


def search_text(spec: FieldSpec, value: Any) -> str:
    """A value as people would search for it: as shown, and as stored where that differs.

    References have none: a name can change, and stands in a table of its own.
    """
    if value is None or spec.is_reference or spec.type == "yesno":
        return ""
    shown = display(spec, value)
    stored = value["amount"] if spec.type == "money" else value
    return shown if spec.type in ("text", "longtext") or isinstance(value, list) else f"{shown} {stored}"


def index_value(spec: FieldSpec, value: Any) -> IndexValue:
    """What a FieldValue row stores of a canonical value; a date stands at midnight UTC."""
    if value is None:
        return IndexValue()
    if spec.type == "money":
        return IndexValue(text=value["currency"], number=Decimal(value["amount"]))
    if spec.type == "number":
        return IndexValue(number=Decimal(value))
    if spec.type in ("date", "datetime"):
        moment = dt.datetime.fromisoformat(value)
        return IndexValue(date=moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
    if spec.is_reference:
        return IndexValue(ref=value)
    return IndexValue(text=", ".join(value) if isinstance(value, list) else str(value))
