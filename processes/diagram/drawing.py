"""A picture as SVG. Shapes carry classes; colours and fonts stand in `static/css/diagram.css` alone.

What a state or a mark says is never said by colour alone: each has a symbol, a kind of line, and words that
screen readers and the pointer find.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from processes.diagram import measuring, symbols
from processes.diagram.layout import Area, Layout, PlacedArrow, PlacedBox, lay_out
from processes.diagram.measuring import LABEL_LINE, POINT, POINT_ACROSS, SMALL_LINE, TEXT_LEFT
from processes.diagram.model import (
    BARS,
    CHOICES,
    CORNER,
    STEPS,
    Arrow,
    Box,
    Mark,
    Picture,
    Shape,
    State,
    Words,
)

RADIUS = 8
ARROW = 8
"""Length of an arrow's head."""
UNFIT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML does not know."""
LAST = (State.SKIPPED, State.PLAIN, State.OPEN, State.DONE, State.CURRENT)
"""What is drawn on top of what."""


def draw(
    picture: Picture, words: Words, *, name: str = "diagram", style: str = "", across: bool = False
) -> str:
    """The SVG element, downwards or from left to right. `name` makes its ids unique on a page; `style` is
    embedded (in files only)."""
    layout = lay_out(picture, across=across)
    has_links = any(box.href for box in picture.boxes)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" width="{layout.width}" '
        f'height="{layout.height}" viewBox="0 0 {layout.width} {layout.height}" '
        f'role="{"group" if has_links else "img"}" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{_text(picture.title)}</title>'
        f'<desc id="{name}-desc">{_text(picture.description)}</desc>'
    )
    parts = [head]
    if style:
        parts.append(f"<style>{_text(style)}</style>")
    parts += _ways(picture, layout, words)
    parts += _tags(picture, layout)
    parts += (
        _box(box, place, words, across=across) for box, place in zip(picture.boxes, layout.boxes, strict=True)
    )
    return "".join([*parts, "</svg>"])


def _text(text: str) -> str:
    """A text as it stands in a picture or, between double quotes, in an attribute."""
    return escape(UNFIT.sub("", text))


# -- lines -----------------------------------------------------------------------------------------------


def _ways(picture: Picture, layout: Layout, words: Words) -> Iterator[str]:
    """Lines to the same step together: a rim first, to set them off from what they cross."""
    groups: dict[str, list[int]] = {}
    for number, arrow in enumerate(picture.arrows):
        groups.setdefault(arrow.target, []).append(number)
    labels = {box.key: box.label for box in picture.boxes}
    for numbers in sorted(groups.values(), key=lambda one: max(_height(picture.arrows[n]) for n in one)):
        numbers.sort(key=lambda number: _height(picture.arrows[number]))
        paths = {number: _path(layout.arrows[number], across=layout.is_across) for number in numbers}
        yield "".join(f'<path class="d-rim" d="{path}"/>' for path in paths.values())
        for number, path in paths.items():
            head = _head(layout.arrows[number], across=layout.is_across)
            yield (
                f'<g class="{_classes("d-way", picture.arrows[number])}">'
                f"<title>{_text(_said(picture.arrows[number], labels, words))}</title>"
                f'<path class="d-line" d="{path}"/><path class="d-head" d="{head}"/></g>'
            )


def _height(arrow: Arrow) -> tuple[bool, int]:
    return arrow.mark is not Mark.NONE, LAST.index(arrow.state)


def _said(arrow: Arrow, labels: dict[str, str], words: Words) -> str:
    way = words.way % {"source": labels[arrow.source], "target": labels[arrow.target]}
    said = [
        way,
        arrow.label,
        arrow.clock,
        arrow.stops,
        words.states.get(arrow.state, ""),
        words.marks.get(arrow.mark, ""),
    ]
    return ", ".join(filter(None, said))


def _path(arrow: PlacedArrow, *, across: bool) -> str:
    """A line with rounded corners that ends inside its arrow's head."""
    *inner, (x, y) = arrow.points
    points = [*inner, (x - ARROW + 2, y) if across else (x, y - ARROW + 2)]
    path = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(RADIUS, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _toward(corner, before, radius), _toward(corner, after, radius)
        path.append(f"L{start}Q{corner[0]} {corner[1]} {end}")
    return f"{''.join(path)}L{points[-1][0]} {points[-1][1]}"


def _length(one: tuple[int, int], other: tuple[int, int]) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _toward(origin: tuple[int, int], goal: tuple[int, int], distance: float) -> str:
    whole = _length(origin, goal) or 1
    x, y = (start + (end - start) / whole * distance for start, end in zip(origin, goal, strict=True))
    return f"{x:g} {y:g}"


def _head(arrow: PlacedArrow, *, across: bool) -> str:
    x, y = arrow.points[-1]
    return f"M{x} {y}l-{ARROW} -4.5v9z" if across else f"M{x} {y}l-4.5 -{ARROW}h9z"


def _tags(picture: Picture, layout: Layout) -> Iterator[str]:
    for arrow, place in zip(picture.arrows, layout.arrows, strict=True):
        if place.tag is None:
            continue
        area, signs = place.tag, _signs(arrow, place.tag)
        room = measuring.TAG_SIGN * len(signs)
        middle, first = area.x + (area.width + room) / 2, area.y + 13
        lines = _spans(middle, first, SMALL_LINE, place.lines)
        title = _text(", ".join(filter(None, (arrow.label, arrow.clock, arrow.stops))))
        yield (
            f'<g class="{_classes("d-tag", arrow)}" aria-hidden="true"><title>{title}</title>'
            f'{_rectangle(area, 9)}{"".join(signs)}<text text-anchor="middle">{lines}</text></g>'
        )


def _signs(arrow: Arrow, area: Area) -> list[str]:
    """What is special about an outcome, from the left of its tag on."""
    wanted = [(arrow.clock, symbols.of_clock), (arrow.stops, symbols.of_stop)]
    found = [sign for said, sign in wanted if said]
    middle = area.y + area.height / 2
    return [sign(area.x + 12 + measuring.TAG_SIGN * place, middle) for place, sign in enumerate(found)]


# -- boxes -----------------------------------------------------------------------------------------------


def _box(box: Box, place: PlacedBox, words: Words, *, across: bool) -> str:
    said, area = _text(_about(box, words)), place.area
    signs = f"{_symbol(box, area, across=across)}{_words_of(box, place, across=across)}{_badge(box, area)}"
    inside = f"<title>{said}</title>{_frame(box, area, across=across)}{signs}"
    group = f'<g class="{_classes(f"d-box d-{box.shape.value}", box)}">{inside}</g>'
    if box.href:
        return f'<a href="{_text(box.href)}" aria-label="{said}">{group}</a>'
    return f'<g role="img" aria-label="{said}">{group}</g>'


def _classes(first: str, one: Box | Arrow) -> str:
    return " ".join([first, f"d-{one.state.value}", *([f"d-{one.mark.value}"] if one.mark else [])])


def _about(box: Box, words: Words) -> str:
    """A box in words: name, who, what kind (where it is no task), state, mark."""
    shape = "" if box.shape is Shape.TASK else words.shapes.get(box.shape, "")
    kind = "" if shape in (box.label, box.sub) else shape
    parts = [
        box.label,
        box.sub,
        kind,
        words.states.get(box.state, ""),
        words.marks.get(box.mark, ""),
        box.note,
    ]
    return ", ".join(filter(None, parts))


def _rectangle(area: Area, radius: int, kind: str = "") -> str:
    named = f'class="{kind}" ' if kind else ""
    return (
        f'<rect {named}x="{area.x}" y="{area.y}" width="{area.width}" height="{area.height}" rx="{radius}"/>'
    )


def _frame(box: Box, area: Area, *, across: bool) -> str:
    if box.shape in CHOICES:
        return _choice(box, area, across=across)
    if box.shape in BARS:
        return _rectangle(area, 6, "d-frame")
    if box.shape in STEPS:
        outer = _rectangle(area, 10, "d-frame")
        return outer + (_inner(area, 7) if box.shape is Shape.SUBPROCESS else "")
    outer = _rectangle(area, area.height // 2, "d-frame")
    is_end = box.shape in (Shape.END, Shape.TERMINATE)
    return outer + (_inner(area, area.height // 2 - 3) if is_end else "")


def _inner(area: Area, radius: int) -> str:
    """A second, inner rim."""
    inside = Area(area.x + 3, area.y + 3, area.width - 6, area.height - 6)
    return _rectangle(inside, radius, "d-inner")


def _choice(box: Box, area: Area, *, across: bool) -> str:
    """A box with points where no lines leave: a flat rhombus; with a second rim where several ways can be
    taken."""
    rhombus, point = (_high_rhombus, POINT_ACROSS) if across else (_rhombus, POINT)
    outline = f'<path class="d-frame" d="{rhombus(area, point)}"/>'
    if box.shape is Shape.INCLUSIVE:
        inside = Area(area.x + 4, area.y + 3, area.width - 8, area.height - 6)
        outline += f'<path class="d-inner" d="{rhombus(inside, point - 2)}"/>'
    return outline


def _rhombus(area: Area, point: int) -> str:
    half, level = area.height / 2, area.width - 2 * point
    right, left = f"l{point} {half:g}l-{point} {half:g}", f"l-{point} -{half:g}z"
    return f"M{area.x + point} {area.y}h{level}{right}h-{level}{left}"


def _high_rhombus(area: Area, point: int) -> str:
    half, level = area.width / 2, area.height - 2 * point
    down, up = f"l{half:g} {point}v{level}", f"l-{half:g} {point}l-{half:g} -{point}v-{level}z"
    return f"M{area.x + half:g} {area.y}{down}{up}"


def _symbol(box: Box, area: Area, *, across: bool) -> str:
    """The state's symbol at the left; in a picture without a case the kind's. A kind of its own also has its
    symbol in the corner."""
    if box.shape in BARS:
        return ""
    inset = POINT if box.shape in CHOICES and not across else 0
    x, y = area.x + inset + 21, area.y + area.height // 2
    if box.shape not in STEPS | CHOICES:
        return symbols.of_shape(box.shape, area.x + 18, y)
    if box.state is State.PLAIN:
        return symbols.of_shape(box.shape, x, y)
    corner = box.shape in CORNER
    extra = symbols.of_shape(box.shape, area.x + area.width - inset - 15, area.y + 15) if corner else ""
    return symbols.of_state(box.state, x, y) + extra


def _words_of(box: Box, place: PlacedBox, *, across: bool) -> str:
    area, lines = place.area, place.lines
    if box.shape in BARS:
        return _bar_text(area, lines, across=across)
    if box.shape not in STEPS | CHOICES:
        return _pill_text(area.x + 34, area, lines, "")
    left = area.x + TEXT_LEFT + (POINT if box.shape in CHOICES and not across else 0)
    subs = measuring.small_lines(box, area.width, across=across)
    high = LABEL_LINE * len(lines) + SMALL_LINE * len(subs)
    first = area.y + (area.height - high) / 2 + 13.5
    under = first + LABEL_LINE * len(lines) - 1
    text = f'<text class="d-name">{_spans(left, first, LABEL_LINE, lines)}</text>'
    return text + (f'<text class="d-sub">{_spans(left, under, SMALL_LINE, subs)}</text>' if subs else "")


def _spans(x: float, first: float, apart: int, lines: Sequence[str]) -> str:
    return "".join(
        f'<tspan x="{x:g}" y="{first + apart * row:g}">{_text(line)}</tspan>'
        for row, line in enumerate(lines)
    )


def _bar_text(area: Area, lines: tuple[str, ...], *, across: bool) -> str:
    """Along the bar: read from below in a picture from left to right."""
    middle = area.x + area.width / 2
    if not across:
        return _pill_text(middle, area, lines, ' text-anchor="middle"')
    turn = f' text-anchor="middle" transform="rotate(-90 {middle:g} {area.y + area.height / 2:g})"'
    return _pill_text(middle, area, lines, turn)


def _pill_text(x: float, area: Area, lines: tuple[str, ...], more: str) -> str:
    first = area.y + (area.height - SMALL_LINE * len(lines)) / 2 + 12.5
    return f'<text class="d-small"{more}>{_spans(x, first, SMALL_LINE, lines)}</text>'


def _badge(box: Box, area: Area) -> str:
    if box.mark in (Mark.NONE, Mark.EXAMPLE):
        return ""
    return symbols.of_mark(box.mark, area.x + area.width - 3, area.y + 2)
