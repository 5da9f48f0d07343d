"""How large boxes and the labels under them are. All lengths are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processes.diagram import texts
from processes.diagram.model import BARS, CHOICES, STEPS, Box, Shape

LABEL_FONT, SMALL_FONT = 14.0, 12.5
LABEL_LINE, SMALL_LINE = 18, 16
STEP_WIDTH, WIDEST_STEP = 208, 272
TEXT_LEFT, TEXT_RIGHT = 40, 12
"""Room at the sides of a step's text; on the left stands its symbol."""
POINT = 14
"""How far the points of a choice stick out."""
PILL_TEXT = 190
"""Widest line of text in a start or an end."""
TAG_TEXT, TAG_LINES, TAG_PADDING = 148, 3, 6
"""Widest line and most lines of an outcome, and the room at its sides."""
TAG_APART = 8
PORT_APART, PORT_INSET = 24, 18
BAR_HEIGHT = 26


@dataclass(frozen=True, slots=True)
class Tag:
    """An outcome or condition as it stands under its step."""

    lines: tuple[str, ...] = ()
    width: float = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Size:
    """A box with its broken text."""

    width: float
    height: int
    lines: tuple[str, ...]


def tag(label: str) -> Tag:
    """The tag of a label; nothing for none."""
    lines = texts.wrap(label, SMALL_FONT, TAG_TEXT, TAG_LINES)
    if not lines:
        return Tag()
    widest = max(texts.width(line, SMALL_FONT) for line in lines)
    return Tag(lines, widest + 2 * TAG_PADDING, SMALL_LINE * len(lines) + 2)


def size(box: Box, tags: Sequence[Tag], arriving: int) -> Size:
    """The size of a box from whose lower edge lines with these tags leave."""
    least = spread(tags) + 2 * PORT_INSET
    if box.shape in BARS:
        return _bar(box, max(least, (arriving - 1) * PORT_APART + 2 * PORT_INSET))
    if box.shape in STEPS or box.shape in CHOICES:
        return _step(box, least)
    return _pill(box, least)


def spread(tags: Sequence[Tag]) -> float:
    """From the first line that leaves to the last."""
    return sum(apart(one, other) for one, other in pairwise(tags))


def apart(one: Tag, other: Tag) -> float:
    """Between two lines that leave next to each other, so that their tags do not touch."""
    return max(PORT_APART, (one.width + other.width) / 2 + TAG_APART)


def _step(box: Box, least: float) -> Size:
    sides = _sides(box.shape)
    longest = max((texts.width(word, LABEL_FONT) for word in box.label.split()), default=0)
    wide = max(STEP_WIDTH, min(longest + sides, WIDEST_STEP), least)
    lines = texts.wrap(box.label, LABEL_FONT, wide - sides, 3)
    height = 22 + LABEL_LINE * len(lines) + (SMALL_LINE if box.sub else 0)
    return Size(wide, max(44, height), lines)


def _sides(shape: Shape) -> int:
    return TEXT_LEFT + TEXT_RIGHT + (2 * POINT if shape in CHOICES else 0)


def small_line(text: str, shape: Shape, width: float) -> str:
    """The small second line of a step, shortened to its box."""
    return "".join(texts.wrap(text, SMALL_FONT, width - _sides(shape), 1))


def _bar(box: Box, least: float) -> Size:
    lines = texts.wrap(box.label, SMALL_FONT, max(2 * STEP_WIDTH, least) - 32, 1)
    needed = max((texts.width(line, SMALL_FONT) for line in lines), default=0) + 32
    return Size(max(120, needed, least), BAR_HEIGHT, lines)


def _pill(box: Box, least: float) -> Size:
    lines = texts.wrap(box.label, SMALL_FONT, PILL_TEXT, 2)
    widest = max((texts.width(line, SMALL_FONT) for line in lines), default=0)
    floor = 44 if box.shape is Shape.NOWHERE else 64
    return Size(max(floor, widest + 50, least), 16 + SMALL_LINE * max(1, len(lines)), lines)
