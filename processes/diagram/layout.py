"""A picture laid out: where boxes, tags and lines are. Depends on texts and ways only, not on states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from processes.diagram import measuring, routing
from processes.diagram.layering import layers
from processes.diagram.measuring import Size, Tag
from processes.diagram.model import BARS, Arrow, Box, Mark, Picture, State
from processes.diagram.ordering import order
from processes.diagram.placing import leaving, place
from processes.diagram.straightening import straighten

MARGIN = 16
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle, by its left upper corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box with its broken text; `rank` is its layer. The small line is broken when it is drawn."""

    area: Area
    lines: tuple[str, ...]
    rank: int


@dataclass(frozen=True, slots=True)
class PlacedArrow:
    """The corners of a line, and its tag (None where it has no label)."""

    points: tuple[Point, ...]
    tag: Area | None
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes and arrows in the order of the picture."""

    width: int
    height: int
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]


def lay_out(picture: Picture) -> Layout:
    """The layout of a picture; remembered for its shape, so that all cases of a version share it."""
    boxes = tuple(
        replace(box, sub="·" if box.sub else "", state=State.PLAIN, mark=Mark.NONE, note="", href="")
        for box in picture.boxes
    )
    arrows = tuple(replace(arrow, state=State.PLAIN, mark=Mark.NONE) for arrow in picture.arrows)
    return _lay_out(boxes, arrows)


def forget() -> None:
    """Empty the memory (for measuring)."""
    _lay_out.cache_clear()


@lru_cache(maxsize=256)
def _lay_out(boxes: tuple[Box, ...], arrows: tuple[Arrow, ...]) -> Layout:
    number = {box.key: place for place, box in enumerate(boxes)}
    pairs = [(number[arrow.source], number[arrow.target]) for arrow in arrows]
    apart = frozenset(number[box.key] for box in boxes if box.shape in BARS)
    tags = [measuring.tag(arrow.label) for arrow in arrows]
    made = layers(len(boxes), pairs, apart)
    order(made)
    lines = leaving(made)
    sizes = [
        measuring.size(
            box, [tags[one] for one in lines.get(step, ())], sum(target == step for _source, target in pairs)
        )
        for step, box in enumerate(boxes)
    ]
    found = place(made, sizes, tags, apart)
    straighten(made, tags, apart, found)
    pieces = routing.joints(made, found, apart)
    gaps = routing.nets(pieces, len(made.rows) + 1)
    high = routing.heights(made, sizes, tags, gaps, MARGIN)
    left = min((x - reach for x, reach in zip(found.x, found.left, strict=True)), default=0.0)
    right = max((x + reach for x, reach in zip(found.x, found.right, strict=True)), default=0.0)
    shift = MARGIN - left
    placed = [
        _box(size, found.x[one] + shift, found.width[one], high, made.layer[one])
        for one, size in enumerate(sizes)
    ]
    arrived = []
    for one, way in enumerate(made.ways):
        source, target = placed[way.source].area, placed[way.target].area
        corners = routing.points(pieces[one], gaps, high, source.y + source.height, target.y)
        arrived.append(_arrow(tags[one], corners, shift))
    return Layout(round(right + shift) + MARGIN, round(high.total) + MARGIN, tuple(placed), tuple(arrived))


def _box(size: Size, middle: float, width: float, high: routing.Heights, layer: int) -> PlacedBox:
    y = high.bands[layer] + (high.thick[layer] - size.height) / 2
    area = Area(round(middle - width / 2), round(y), round(width), size.height)
    return PlacedBox(area, size.lines, layer)


def _arrow(tag: Tag, corners: list[routing.Point], shift: float) -> PlacedArrow:
    points = [(round(x + shift), round(y)) for x, y in corners]
    kept = [
        point
        for place, point in enumerate(points)
        if not 0 < place < len(points) - 1 or not _is_between(points[place - 1], point, points[place + 1])
    ]
    if not tag.lines:
        return PlacedArrow(tuple(kept), None, ())
    x, y = points[0]
    area = Area(round(x - tag.width / 2), y + routing.BELOW_BOX, round(tag.width), tag.height)
    return PlacedArrow(tuple(kept), area, tag.lines)


def _is_between(before: Point, point: Point, after: Point) -> bool:
    """Whether a corner is none: the line comes and goes in one direction."""
    return before[0] == point[0] == after[0] or before[1] == point[1] == after[1]
