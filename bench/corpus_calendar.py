"""Working-time arithmetic against the corpus's vectors, which other libraries' authors wrote down as tests.

`python -m bench.corpus_calendar DIR` prints the table alone; DIR is the folder that holds `calendar/`.
A row counts how many vectors of one source and operation agree. Where the sources contradict each other, or a
vector contradicts our conventions (docs/deadlines.md), it is named in CONVENTIONS with the reason.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from people import worktime
from people.workweek import Calendar, Windows

VECTORS = Path("calendar/worktime_vectors.json")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FLOATING = "floating"
Vector = Mapping[str, Any]

COUNTED_FROM_OPENING = (
    "days counted back from outside working time begin at the opening of the last working day before, as in "
    "business_time, so that a reminder comes rather early than late; biz begins at its closing"
)
CONVENTIONS: Mapping[tuple[str, str, str], str] = {
    ("zendesk/biz", "add_working_days", "2006-01-05 08:00:00"): COUNTED_FROM_OPENING,
    ("zendesk/biz", "add_working_days", "2006-01-05 18:00:00"): COUNTED_FROM_OPENING,
}
"""Source, operation, start → why ours differs."""


def section(folder: Path) -> list[dict[str, Any]]:
    """One row for each source and operation: how many vectors agree (ours) of all (limit)."""
    by_kind: dict[tuple[str, str], list[Vector]] = defaultdict(list)
    for vector in _vectors(folder):
        by_kind[_kind(vector)].append(vector)
    return [_row(" ".join(kind), vectors) for kind, vectors in sorted(by_kind.items())]


def deviations(folder: Path) -> list[dict[str, Any]]:
    """The vectors that don't agree: what is expected, what we say, and the convention behind it, if any."""
    return [
        {
            "id": one["id"],
            "expected": str(_expected(one)),
            "ours": str(_ours(one)),
            "convention": _convention(one),
        }
        for one in _vectors(folder)
        if not _agrees(one)
    ]


def _vectors(folder: Path) -> list[Vector]:
    found: list[Vector] = json.loads((folder / VECTORS).read_text(encoding="utf-8"))
    return found


def _convention(vector: Vector) -> str | None:
    return CONVENTIONS.get((*_kind(vector), vector.get("start", "")))


def _row(case: str, vectors: list[Vector]) -> dict[str, Any]:
    agreeing = sum(map(_agrees, vectors))
    return {
        "case": case,
        "ours": agreeing,
        "limit": len(vectors),
        "ratio": agreeing / len(vectors),
        "unit": "vectors",
        "documented": sum(1 for one in vectors if not _agrees(one) and _convention(one)),
    }


def _kind(vector: Vector) -> tuple[str, str]:
    return vector["source"], vector["op"]


def _agrees(vector: Vector) -> bool:
    return bool(_ours(vector) == _expected(vector))


# -- one vector ----------------------------------------------------------------------------------------------


def _expected(vector: Vector) -> Any:
    if vector.get("expect_error"):
        return worktime.DurationError
    for name in ("expected_seconds", "expected_bool"):
        if name in vector:
            return vector[name]
    return _moment(vector["expected"], _zone(vector))


def _ours(vector: Vector) -> Any:
    if vector.get("expect_error"):
        return _refusal(vector["amount_raw"])
    return OPERATIONS[vector["op"]](vector, _moment(vector["start"], _zone(vector)))


def _refusal(amount: str) -> type[Exception] | None:
    try:
        worktime.parse_duration(f"{amount}h")
    except worktime.DurationError:
        return worktime.DurationError
    return None


def _add_time(vector: Vector, start: dt.datetime) -> dt.datetime:
    if vector["direction"] == "before" and vector["seconds"] >= 0:
        return worktime.subtract_seconds(start, vector["seconds"], calendar_of(vector))
    signed = -vector["seconds"] if vector["direction"] == "before" else vector["seconds"]
    return worktime.add_seconds(start, signed, calendar_of(vector))


def _add_days(vector: Vector, start: dt.datetime) -> dt.datetime:
    count = worktime.subtract_days if vector["direction"] == "before" else worktime.add_days
    return count(start, vector["days"], calendar_of(vector))


def _between(vector: Vector, start: dt.datetime) -> int:
    """Their span is never negative: an end before the start is none."""
    end = _moment(vector["end"], _zone(vector))
    return max(0, worktime.seconds_between(start, end, calendar_of(vector)))


def _is_open(vector: Vector, start: dt.datetime) -> bool:
    return worktime.is_open(start, calendar_of(vector))


def _add_iso(vector: Vector, start: dt.datetime) -> dt.datetime:
    clock = Calendar(windows=worktime.STANDARD.windows, zone=_zone(vector))
    return worktime.add_iso(start, worktime.parse_iso_duration(vector["duration"]), clock)


OPERATIONS: Mapping[str, Callable[[Vector, dt.datetime], Any]] = {
    "add_working_time": _add_time,
    "add_working_days": _add_days,
    "working_seconds_between": _between,
    "is_working_time": _is_open,
    "add_iso_duration": _add_iso,
}


# -- their calendars as ours ---------------------------------------------------------------------------------


def calendar_of(vector: Vector) -> Calendar:
    """Their weekly windows, days off, shifts (a day's own windows) and breaks (taken out of them)."""
    week = tuple(_windows(vector["calendar"].get(name, ())) for name in WEEKDAYS)
    off = {dt.date.fromisoformat(day) for day in vector["holidays"]}
    special = {dt.date.fromisoformat(day): _windows(hours) for day, hours in vector.get("shifts", {}).items()}
    for text, breaks in vector.get("breaks", {}).items():
        day = dt.date.fromisoformat(text)
        usual = () if day in off else week[day.weekday()]
        special[day] = _without(special.get(day, usual), _windows(breaks))
    return Calendar(windows=week, zone=_zone(vector), is_day_off=off.__contains__, special=special)


def _windows(hours: Iterable[Iterable[str]]) -> Windows:
    return tuple((_time(opens), _time(closes)) for opens, closes in hours)


def _time(text: str) -> dt.time:
    return worktime.MIDNIGHT if text == "24:00" else dt.time.fromisoformat(text)


def _without(windows: Windows, breaks: Windows) -> Windows:
    """The windows with the breaks taken out; none of them reaches midnight."""
    for begin, end in breaks:
        pieces = [((opens, min(closes, begin)), (max(opens, end), closes)) for opens, closes in windows]
        windows = tuple(piece for pair in pieces for piece in pair if piece[0] < piece[1])
    return windows


def _zone(vector: Vector) -> ZoneInfo:
    name = vector["tz"]
    return ZoneInfo("UTC" if name == FLOATING else name)


def _moment(text: str, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone)


def main() -> None:
    """Print the table, the deviations, and one JSON line."""
    folder = Path(sys.argv[1])
    rows = section(folder)
    for row in rows:
        sys.stdout.write(
            "{case:<48} {ours:>4} of {limit:>4} {unit}, {documented} documented otherwise\n".format(**row)
        )
    for one in deviations(folder):
        sys.stdout.write("{id}: expected {expected}, ours {ours} ({convention})\n".format(**one))
    sys.stdout.write(json.dumps({"bench": "corpus calendar", "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
