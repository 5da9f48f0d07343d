"""How large boxes and the labels under them are. All lengths are pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processes.diagram import texts
from processes.diagram.model import BARS, CHOICES, CORNER, STEPS, Box, Shape

LABEL_FONT, SMALL_FONT = 14.0, 12.5
LABEL_LINE, SMALL_LINE = 18, 16
STEP_WIDTH, WIDEST_STEP, WIDER = 208, 272, 16
"""A step's least and greatest width, and by how much it grows."""
ACROSS_WIDTH, ACROSS_WORD = 168, 208
"""The same in a picture from left to right; and up to which width a long word may push it."""
NAME_LINES, SUB_LINES = 3, 2
"""Lines of a step's name and of the small text under it, before it grows wider."""
NAME_MOST, SUB_MOST = 5, 3
"""The same where it can grow no wider."""
TEXT_LEFT, TEXT_RIGHT = 40, 12
"""Room at the sides of a step's text; on the left stands its symbol."""
CORNER_SIGN = 16
"""Room for the sign in the right upper corner."""
POINT, POINT_ACROSS = 14, 9
"""How far the points of a choice stick out: at its sides; above and below in a picture from left to right."""
PILL_TEXT = 190
"""Widest line of text in a start or an end."""
TAG_TEXT, TAG_TEXT_ACROSS, TAG_LINES, TAG_PADDING = 148, 120, 3, 6
"""Widest line and most lines of an outcome, and the room at its sides."""
TAG_SIGN = 18
"""Room for a sign of an outcome: that the clock chooses it, that it stops other steps."""
TAG_APART = 8
PORT_APART, PORT_INSET = 24, 18
BAR_HEIGHT = 26


@dataclass(frozen=True, slots=True)
class Tag:
    """An outcome or condition as it stands under its step. From left to right, `width` is its height."""

    lines: tuple[str, ...] = ()
    width: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Size:
    """A box with its broken text. From left to right, `width` is its height and `height` its width."""

    width: float
    height: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """What a step needs for its texts: width, and lines of small text."""

    width: float = 0
    subs: int = 0


def tag(label: str, *, signs: int = 0, across: bool = False) -> Tag:
    """The tag of a label; nothing for none."""
    lines = texts.wrap(label, SMALL_FONT, TAG_TEXT_ACROSS if across else TAG_TEXT, TAG_LINES)
    if not lines:
        return Tag()
    wide = max(texts.width(line, SMALL_FONT) for line in lines) + 2 * TAG_PADDING
    wide += TAG_SIGN * signs
    high = SMALL_LINE * len(lines) + 2
    return Tag(lines, high, wide) if across else Tag(lines, wide, high)


def need(box: Box, *, across: bool = False) -> Need:
    """The least width at which name and small text have few lines; nothing for what is no step."""
    if box.shape not in STEPS and box.shape not in CHOICES:
        return Need()
    sides = _sides(box.shape, across=across)
    longest = max((texts.width(word, LABEL_FONT) for word in box.label.split()), default=0) + sides
    least, word = (ACROSS_WIDTH, ACROSS_WORD) if across else (STEP_WIDTH, WIDEST_STEP)
    wide = max(least, min(longest, word))
    while wide < WIDEST_STEP and not _fits(box, wide - sides):
        wide = min(wide + WIDER, WIDEST_STEP)
    return Need(wide, len(small_lines(box, wide, across=across)))


def _fits(box: Box, room: float) -> bool:
    name = texts.wrap(box.label, LABEL_FONT, room, NAME_LINES + 1)
    sub = texts.wrap(box.sub, SMALL_FONT, room, SUB_LINES + 1)
    return len(name) <= NAME_LINES and len(sub) <= SUB_LINES


def size(box: Box, needed: Need, tags: Sequence[Tag], arriving: int, *, across: bool = False) -> Size:
    """The size of a box from whose lower (or right) edge lines with these tags leave."""
    least = spread(tags) + 2 * PORT_INSET
    if box.shape in BARS:
        return _bar(box, max(least, (arriving - 1) * PORT_APART + 2 * PORT_INSET))
    is_step = box.shape in STEPS or box.shape in CHOICES
    wide, high, lines = (_step if is_step else _pill)(box, needed, 0 if across else least, across=across)
    return Size(max(high, least), wide, lines) if across else Size(wide, high, lines)


def spread(tags: Sequence[Tag]) -> float:
    """From the first line that leaves to the last."""
    return sum(apart(one, other) for one, other in pairwise(tags))


def apart(one: Tag, other: Tag) -> float:
    """Between two lines that leave next to each other, so that their tags do not touch."""
    return max(PORT_APART, (one.width + other.width) / 2 + TAG_APART)


Measured = tuple[float, float, tuple[str, ...]]
"""Width, height, lines of text."""


def _step(box: Box, needed: Need, least: float, *, across: bool) -> Measured:
    wide = max(needed.width, least)
    lines = texts.wrap(box.label, LABEL_FONT, wide - _sides(box.shape, across=across), NAME_MOST)
    high = max(44, 22 + LABEL_LINE * len(lines) + SMALL_LINE * needed.subs)
    points = 2 * POINT_ACROSS if across and box.shape in CHOICES else 0
    return wide, high + points, lines


def _sides(shape: Shape, *, across: bool) -> int:
    """What of a step's width is not for its text."""
    points = 2 * POINT if shape in CHOICES and not across else 0
    return TEXT_LEFT + TEXT_RIGHT + points + (CORNER_SIGN if shape in CORNER else 0)


def small_lines(box: Box, width: float, *, across: bool = False) -> tuple[str, ...]:
    """The small text of a step in a box of this width."""
    return texts.wrap(box.sub, SMALL_FONT, width - _sides(box.shape, across=across), SUB_MOST)


def _bar(box: Box, least: float) -> Size:
    lines = texts.wrap(box.label, SMALL_FONT, max(2 * STEP_WIDTH, least) - 32, 1)
    needed = max((texts.width(line, SMALL_FONT) for line in lines), default=0) + 32
    return Size(max(120, needed, least), BAR_HEIGHT, lines)


def _pill(box: Box, needed: Need, least: float, *, across: bool) -> Measured:
    lines = texts.wrap(box.label, SMALL_FONT, PILL_TEXT, NAME_LINES)
    widest = max((texts.width(line, SMALL_FONT) for line in lines), default=0)
    floor = 44 if box.shape is Shape.NOWHERE else 64
    return max(floor, widest + 50, least), 16 + SMALL_LINE * max(1, len(lines)), lines
