"""The time line of an escalation plan: order, distances, long and foreign texts, well-formed SVG."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from processes.planline import CLOSEST, FURTHEST, NARROW, WIDE, Layout, Look, Mark, draw

MONDAY = dt.datetime(2026, 11, 16, 10, tzinfo=dt.UTC)
SVG = "{http://www.w3.org/2000/svg}"


def mark(hours: float, name: str = "Stufe", look: Look = Look.LEVEL, about: str = "") -> Mark:
    return Mark(MONDAY + dt.timedelta(hours=hours), f"in {hours} h", name, about, look)


def drawn(*marks: Mark) -> ElementTree.Element:
    return ElementTree.fromstring(draw(marks, "Zeitleiste"))


def heights(svg: ElementTree.Element) -> list[int]:
    return [int(one.get("cy", "0")) for one in svg.iter(f"{SVG}circle")]


def test_distances_follow_time_within_bounds():
    svg = drawn(mark(0, look=Look.START), mark(1), mark(101, look=Look.DUE), mark(101), mark(151))
    gaps = [lower - upper for upper, lower in pairwise(heights(svg))]
    assert gaps[1] == FURTHEST
    assert gaps[2] == CLOSEST
    assert CLOSEST <= gaps[0] < gaps[3] < FURTHEST
    assert heights(svg)[-1] < int(svg.get("height", "0"))


def test_the_line_is_late_behind_the_deadline():
    svg = drawn(mark(0, look=Look.START), mark(8, look=Look.DUE), mark(9))
    assert [one.get("class") for one in svg.iter(f"{SVG}line")] == ["planline-time", "planline-late"]


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_long_texts_are_escaped_and_wrapped_and_nothing_is_lost(layout: Layout):
    evil = "<script>& benachrichtigt: " + "die Leitung des Teams, " * 12
    text = draw([mark(0, "Stufe", about=evil), mark(1)], "Zeitleiste", layout)
    svg = ElementTree.fromstring(text)
    lines = [one for one in svg.iter(f"{SVG}text") if one.get("class") == "planline-about"]
    assert " ".join(one.text or "" for one in lines) == evil.strip()
    assert all(len(one.text or "") <= layout.about for one in lines)
    assert "style=" not in text
    assert heights(svg)[1] > int(lines[-1].get("y", "0"))


def test_a_narrow_drawing_has_the_moments_above_the_names():
    svg = ElementTree.fromstring(draw([mark(0)], "Zeitleiste", NARROW))
    kinds = [one.get("class") for one in svg.iter(f"{SVG}text")]
    assert kinds == ["planline-moment", "planline-name"]
    assert int(svg.get("width", "0")) <= 320


def test_nothing_is_drawn_without_marks_and_one_mark_needs_no_line():
    assert heights(drawn()) == []
    assert list(drawn(mark(0)).iter(f"{SVG}line")) == []


def test_twenty_levels_stay_apart():
    svg = drawn(*(mark(number) for number in range(20)))
    assert all(lower - upper >= CLOSEST for upper, lower in pairwise(heights(svg)))
