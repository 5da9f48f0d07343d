"""An escalation plan on a time line, drawn as SVG: classes and geometry, colours by the style sheet. Pure.

Moments stand below one another on a line; what lies further apart in time stands further apart, within
bounds, so that twenty levels stay readable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from itertools import pairwise

WIDTH = 720
LINE_AT = 170
"""Where the line stands; the moments are on its left, what happens on its right."""
TOP, BOTTOM = 24, 32
CLOSEST, FURTHEST = 46, 96
"""Pixels between two moments at the least and at the most."""
TEXT_APART, LINE_HEIGHT, RADIUS = 20, 17, 6
LONGEST = 64
"""Characters of a line of text; the rest is in its title, and in the list beside the drawing."""


class Look(StrEnum):
    """What a mark is."""

    START = "start"
    LEVEL = "level"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the line: its words, what it is called, and what happens then."""

    at: dt.datetime
    moment: str
    name: str
    about: str = ""
    look: Look = Look.LEVEL


def draw(marks: Sequence[Mark], title: str) -> str:
    """The drawing of these marks, in their order. Texts are escaped."""
    places = _places(marks)
    height = (places[-1] if places else TOP) + BOTTOM
    parts = [
        f'<svg class="planline" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        f' xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>',
        *(_stretch(marks, places)),
        *(_mark(one, y) for one, y in zip(marks, places, strict=True)),
        "</svg>",
    ]
    return "".join(parts)


def _places(marks: Sequence[Mark]) -> list[int]:
    """Heights on the line: as far apart as in time, between the least and the most."""
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(marks)]
    longest = max(gaps, default=0)
    places = [TOP] if marks else []
    for gap in gaps:
        share = gap / longest if longest else 0
        places.append(places[-1] + CLOSEST + round((FURTHEST - CLOSEST) * share))
    return places


def _stretch(marks: Sequence[Mark], places: Sequence[int]) -> list[str]:
    """The line: until the deadline, and behind it."""
    lines = []
    is_late = False
    for (one, upper), (_later, lower) in pairwise(zip(marks, places, strict=True)):
        is_late = is_late or one.look is Look.DUE
        kind = "planline-late" if is_late else "planline-time"
        lines.append(f'<line class="{kind}" x1="{LINE_AT}" y1="{upper}" x2="{LINE_AT}" y2="{lower}"/>')
    return lines


def _mark(one: Mark, y: int) -> str:
    left, right = LINE_AT - TEXT_APART, LINE_AT + TEXT_APART
    about = _text("planline-about", right, y + 5 + LINE_HEIGHT, one.about) if one.about else ""
    return (
        f'<g class="planline-mark planline-{one.look.value}">'
        f'<circle class="planline-dot" cx="{LINE_AT}" cy="{y}" r="{RADIUS}"/>'
        f"{_text('planline-moment', left, y + 5, one.moment)}{_text('planline-name', right, y + 5, one.name)}"
        f"{about}</g>"
    )


def _text(kind: str, x: int, y: int, text: str) -> str:
    shown = text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
    whole = f"<title>{escape(text)}</title>" if shown != text else ""
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(shown)}{whole}</text>'
