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
from textwrap import wrap

TOP, BOTTOM = 24, 16
CLOSEST, FURTHEST = 46, 96
"""Pixels between two moments at the least and at the most, unless the texts need more."""
TEXT_APART, LINE_HEIGHT, RADIUS, BETWEEN = 20, 17, 6, 14
"""From line to text, from line of text to line of text, of a dot, from text to the next mark."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How wide the drawing is, where its line stands, and how many characters of a name and of a text fit
    into one line. Moments stand on the left of the line, or above the names where there is no room."""

    kind: str
    width: int
    line_at: int
    name: int
    about: int
    has_moments_above: bool = False


WIDE = Layout("wide", 720, 170, name=62, about=76)
NARROW = Layout("narrow", 320, 12, name=33, about=40, has_moments_above=True)


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


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of text beside a mark."""

    kind: str
    text: str


def draw(marks: Sequence[Mark], title: str, layout: Layout = WIDE) -> str:
    """The drawing of these marks, in their order. Texts are escaped, and wrapped where they are long."""
    texts = [_lines(one, layout) for one in marks]
    places = _places(marks, texts)
    height = (places[-1] + _below(texts[-1]) if marks else TOP) + BOTTOM
    parts = [
        f'<svg class="planline planline-{layout.kind}" viewBox="0 0 {layout.width} {height}"'
        f' width="{layout.width}" height="{height}" role="img"'
        f' xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}</title>',
        *_stretch(marks, places, layout.line_at),
        *(_mark(one, y, lines, layout) for one, y, lines in zip(marks, places, texts, strict=True)),
        "</svg>",
    ]
    return "".join(parts)


def _lines(one: Mark, layout: Layout) -> list[_Line]:
    """What stands on the right of the line, from top to bottom."""
    above = [_Line("planline-moment", one.moment)] if layout.has_moments_above else []
    names = [_Line("planline-name", text) for text in wrap(one.name, layout.name)]
    return [*above, *names, *(_Line("planline-about", text) for text in wrap(one.about, layout.about))]


def _below(lines: Sequence[_Line]) -> int:
    """How far the texts of a mark reach below it."""
    return max(1, len(lines)) * LINE_HEIGHT - RADIUS


def _places(marks: Sequence[Mark], texts: Sequence[Sequence[_Line]]) -> list[int]:
    """Heights on the line: as far apart as in time, between the least and the most, but never over a text."""
    gaps = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(marks)]
    longest = max(gaps, default=0)
    places = [TOP] if marks else []
    for gap, lines in zip(gaps, texts, strict=False):
        share = gap / longest if longest else 0
        apart = CLOSEST + round((FURTHEST - CLOSEST) * share)
        places.append(places[-1] + max(apart, _below(lines) + BETWEEN))
    return places


def _stretch(marks: Sequence[Mark], places: Sequence[int], x: int) -> list[str]:
    """The line: until the deadline, and behind it."""
    lines = []
    is_late = False
    for (one, upper), (_later, lower) in pairwise(zip(marks, places, strict=True)):
        is_late = is_late or one.look is Look.DUE
        kind = "planline-late" if is_late else "planline-time"
        lines.append(f'<line class="{kind}" x1="{x}" y1="{upper}" x2="{x}" y2="{lower}"/>')
    return lines


def _mark(one: Mark, y: int, lines: Sequence[_Line], layout: Layout) -> str:
    left, right = layout.line_at - TEXT_APART, layout.line_at + TEXT_APART
    beside = "" if layout.has_moments_above else _text("planline-moment", left, y + 5, one.moment)
    texts = [_text(line.kind, right, y + 5 + LINE_HEIGHT * n, line.text) for n, line in enumerate(lines)]
    return (
        f'<g class="planline-mark planline-{one.look.value}">'
        f'<circle class="planline-dot" cx="{layout.line_at}" cy="{y}" r="{RADIUS}"/>'
        f"{beside}{''.join(texts)}</g>"
    )


def _text(kind: str, x: int, y: int, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'
