"""A picture laid out: where boxes, tags and lines are. Depends on texts and ways only, not on states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from processes.diagram import measuring, routing
from processes.diagram.layering import Layers, layers
from processes.diagram.measuring import Need, Size, Tag
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
    """A box with its broken text. The small text is broken when it is drawn."""

    area: Area
    lines: tuple[str, ...]


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
    is_across: bool = False
    """From left to right instead of downwards."""


def lay_out(picture: Picture, *, across: bool = False) -> Layout:
    """The layout of a picture, downwards or from left to right; remembered for its shape, so that cases of a
    version share it (unless somebody's name needs another line)."""
    needs = tuple(measuring.need(box, across=across) for box in picture.boxes)
    boxes = tuple(
        replace(box, sub="", state=State.PLAIN, mark=Mark.NONE, note="", href="") for box in picture.boxes
    )
    arrows = tuple(
        replace(
            arrow,
            state=State.PLAIN,
            mark=Mark.NONE,
            stops="·" if arrow.stops else "",
            clock="·" if arrow.clock else "",
        )
        for arrow in picture.arrows
    )
    return _lay_out(boxes, needs, arrows, across)


def ranks(picture: Picture) -> list[int]:
    """The layer of each box, in the order of the picture; the same in both directions."""
    return _layers(picture.boxes, picture.arrows).layer[: len(picture.boxes)]


def _layers(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Layers:
    number = {box.key: place for place, box in enumerate(boxes)}
    pairs = [(number[arrow.source], number[arrow.target]) for arrow in arrows]
    return layers(len(boxes), pairs, _bars(boxes))


def _bars(boxes: Sequence[Box]) -> frozenset[int]:
    return frozenset(place for place, box in enumerate(boxes) if box.shape in BARS)


def forget() -> None:
    """Empty the memory (for measuring)."""
    _lay_out.cache_clear()


@lru_cache(maxsize=256)
def _lay_out(
    boxes: tuple[Box, ...], needs: tuple[Need, ...], arrows: tuple[Arrow, ...], across: bool
) -> Layout:
    """Laid out downwards; from left to right, with heights for widths, and turned in the end."""
    made, apart = _layers(boxes, arrows), _bars(boxes)
    tags = [
        measuring.tag(one.label, signs=bool(one.clock) + bool(one.stops), across=across) for one in arrows
    ]
    arriving = Counter(way.target for way in made.ways)
    order(made)
    lines = leaving(made)
    sizes = [
        measuring.size(
            box, needs[step], [tags[one] for one in lines.get(step, ())], arriving[step], across=across
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
    whole = Layout(round(right + shift) + MARGIN, round(high.total) + MARGIN, tuple(placed), tuple(arrived))
    return _turned(whole) if across else whole


def _turned(one: Layout) -> Layout:
    """Left and up exchanged."""
    boxes = tuple(replace(box, area=_turned_area(box.area)) for box in one.boxes)
    arrows = tuple(
        replace(
            arrow,
            points=tuple((x, y) for y, x in arrow.points),
            tag=_turned_area(arrow.tag) if arrow.tag else None,
        )
        for arrow in one.arrows
    )
    return Layout(one.height, one.width, boxes, arrows, is_across=True)


def _turned_area(area: Area) -> Area:
    return Area(area.y, area.x, area.height, area.width)


def _box(size: Size, middle: float, width: float, high: routing.Heights, layer: int) -> PlacedBox:
    y = high.bands[layer] + (high.thick[layer] - size.height) / 2
    area = Area(round(middle - width / 2), round(y), round(width), round(size.height))
    return PlacedBox(area, size.lines)


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
    area = Area(round(x - tag.width / 2), y + routing.BELOW_BOX, round(tag.width), round(tag.height))
    return PlacedArrow(tuple(kept), area, tag.lines)


def _is_between(before: Point, point: Point, after: Point) -> bool:
    """Whether a corner is none: the line comes and goes in one direction."""
    return before[0] == point[0] == after[0] or before[1] == point[1] == after[1]
