"""The comparison with other libraries' vectors counts what agrees and names what doesn't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bench import corpus_calendar

WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def vector(op: str, expected: str = "", **more: Any) -> dict[str, Any]:
    common = {"op": op, "source": "ours", "tz": "Europe/Berlin", "calendar": WEEK, "holidays": []}
    return {"id": op, "direction": "after", "expected": expected, **common, **more}


def corpus(folder: Path, *vectors: dict[str, Any]) -> Path:
    (folder / "calendar").mkdir()
    (folder / corpus_calendar.VECTORS).write_text(json.dumps(vectors))
    return folder


def test_each_operation_is_computed_and_compared(tmp_path: Path) -> None:
    monday, tuesday = "2026-11-23 10:00:00", "2026-11-24 10:00:00"
    breaks = {"shifts": {"2026-11-24": [["08:00", "12:00"]]}, "breaks": {"2026-11-24": [["09:00", "10:30"]]}}
    folder = corpus(
        tmp_path,
        vector("add_working_time", tuesday, start=monday, seconds=28800),
        vector("add_working_time", monday, start=tuesday, seconds=28800, direction="before"),
        vector("add_working_time", monday, start=tuesday, seconds=-28800),
        vector(
            "add_working_time", "2026-11-25 10:00:00", start=monday, seconds=28800, holidays=["2026-11-24"]
        ),
        vector("add_working_time", amount_raw="1one", expect_error=True),
        vector("add_working_days", tuesday, start=monday, days=1),
        vector("add_working_days", monday, start=tuesday, days=1, direction="before"),
        vector("working_seconds_between", start=monday, end=tuesday, expected_seconds=28800),
        vector("working_seconds_between", start=tuesday, end=monday, expected_seconds=0),
        vector("is_working_time", start=tuesday, expected_bool=False, **breaks),
        vector("is_working_time", start="2026-11-24 08:30:00", expected_bool=True, **breaks),
        vector("add_iso_duration", "2026-12-25 11:00:00", start=monday, duration="P1M2DT1H"),
        vector("add_iso_duration", monday, start=monday, duration="P1D"),
    )
    found = {row["case"]: (row["ours"], row["limit"]) for row in corpus_calendar.section(folder)}
    assert found == {
        "ours add_working_time": (5, 5),
        "ours add_working_days": (2, 2),
        "ours working_seconds_between": (2, 2),
        "ours is_working_time": (2, 2),
        "ours add_iso_duration": (1, 2),
    }
    [deviation] = corpus_calendar.deviations(folder)
    assert deviation["id"] == "add_iso_duration"
    assert deviation["convention"] is None


def test_a_documented_deviation_is_told_apart(tmp_path: Path) -> None:
    thursday, closing = "2006-01-05 08:00:00", "2006-01-03 17:00:00"
    other = vector(
        "add_working_days", closing, start=thursday, days=1, direction="before", source="zendesk/biz"
    )
    folder = corpus(tmp_path, other)
    [row] = corpus_calendar.section(folder)
    assert (row["ours"], row["documented"]) == (0, 1)
    assert "opening" in corpus_calendar.deviations(folder)[0]["convention"]
