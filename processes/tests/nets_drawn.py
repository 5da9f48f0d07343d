"""Pictures for tests: random ones of any shape, and what may not touch in a layout."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations, pairwise

from hypothesis import strategies as st

from processes.diagram.layout import Area, Layout
from processes.diagram.model import Arrow, Box, Mark, Picture, Shape, State

GERMAN = (
    "Rechtsschutzversicherungsgesellschaften",
    "Kraftfahrzeughaftpflichtversicherung",
    "Gewährleistung",
    "Rückfrage",
    "prüfen",
    "oder",
    "ja",
)
labels = st.one_of(
    st.just(""),
    st.lists(st.sampled_from(GERMAN), min_size=1, max_size=9).map(" ".join),
    st.text(max_size=60),
)


@st.composite
def pictures(draw, most: int = 60) -> Picture:
    """1 to `most` boxes of all kinds, joined anyhow: circles, self-loops, doubled ways, parts apart."""
    count = draw(st.integers(1, most))
    shapes, states, marks = (st.sampled_from(list(kind)) for kind in (Shape, State, Mark))
    links = st.sampled_from(["", '/tasks/1/?a=1&b="2"'])
    boxes = [
        Box(
            f"s{number}",
            draw(shapes),
            draw(labels),
            draw(labels),
            draw(states),
            draw(marks),
            href=draw(links),
        )
        for number in range(count)
    ]
    keys = st.sampled_from([box.key for box in boxes])
    arrow = st.builds(Arrow, keys, keys, labels, states, marks)
    arrows = draw(st.lists(arrow, max_size=draw(st.sampled_from([count, 2 * count]))))
    return Picture(draw(labels), tuple(boxes), tuple(arrows))


def wide_split(ways: int) -> Picture:
    """start → bar → so many tasks → bar → end."""
    tasks = [Box(f"t{number}", Shape.TASK, f"Aufgabe {number}", "Team") for number in range(ways)]
    boxes = [
        Box("start", Shape.START, "Start"),
        Box("fork", Shape.PARALLEL, "ab hier gleichzeitig"),
        *tasks,
        Box("join", Shape.PARALLEL, "wartet auf alle"),
        Box("end", Shape.END, "Ende"),
    ]
    arrows = [Arrow("start", "fork"), Arrow("join", "end")]
    arrows += [Arrow("fork", one.key) for one in tasks] + [
        Arrow(one.key, "join", "erledigt") for one in tasks
    ]
    return Picture("Breit", tuple(boxes), tuple(arrows))


def collisions(layout: Layout) -> Iterator[str]:
    """Everything in a layout that touches what it must not touch."""
    boxes = [box.area for box in layout.boxes]
    tags = [(number, arrow.tag) for number, arrow in enumerate(layout.arrows) if arrow.tag]
    for one, other in combinations(range(len(boxes)), 2):
        if _overlap(boxes[one], boxes[other]):
            yield f"box {one} on box {other}"
    for (one, area), (other, second) in combinations(tags, 2):
        if _overlap(area, second):
            yield f"tag {one} on tag {other}"
    for one, area in tags:
        yield from (f"tag {one} on box {other}" for other, box in enumerate(boxes) if _overlap(area, box))
    for number, arrow in enumerate(layout.arrows):
        for piece in pairwise(arrow.points):
            yield from (
                f"line {number} in box {other}" for other, box in enumerate(boxes) if _hits(piece, box)
            )
            yield from (
                f"line {number} in tag {other}"
                for other, tag in tags
                if other != number and _hits(piece, tag)
            )


def _overlap(one: Area, other: Area) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _hits(piece: tuple[tuple[int, int], tuple[int, int]], area: Area) -> bool:
    """Whether a piece of a line goes through the inside of an area."""
    (x1, y1), (x2, y2) = piece
    return (
        max(x1, x2) > area.x
        and min(x1, x2) < area.x + area.width
        and max(y1, y2) > area.y
        and min(y1, y2) < area.y + area.height
    )


def hidden(picture: Picture, layout: Layout) -> Iterator[str]:
    """Pieces of lines to different steps that lie on top of each other."""
    pieces = [
        (number, piece) for number, arrow in enumerate(layout.arrows) for piece in pairwise(arrow.points)
    ]
    for (one, first), (other, second) in combinations(pieces, 2):
        if picture.arrows[one].target != picture.arrows[other].target and _share(first, second):
            yield f"line {one} on line {other}: {first} {second}"


def _share(first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...]) -> bool:
    for fixed, free in ((0, 1), (1, 0)):
        is_along = first[0][fixed] == first[1][fixed] and second[0][fixed] == second[1][fixed]
        if is_along and abs(first[0][fixed] - second[0][fixed]) < 3:
            start = max(min(point[free] for point in first), min(point[free] for point in second))
            end = min(max(point[free] for point in first), max(point[free] for point in second))
            if end - start > 3:
                return True
    return False


WORDS = [
    "Antrag",
    "Angaben",
    "Unterlagen",
    "Rechnung",
    "Vertrag",
    "Gutschrift",
    "prüfen",
    "erfassen",
    "freigeben",
    "nachfordern",
]
LABELS = ("ja", "nein", "berechtigt", "nicht berechtigt", "Rückfrage", "Gewährleistung oder Garantie", "")


def random_process(steps: int, seed: int) -> Picture:
    """A main line of so many tasks with shortcuts and ways back, the same for the same seed."""
    chance = random.Random(seed)
    keys = ["start", *(f"s{number}" for number in range(steps)), "end"]
    shapes = {"start": Shape.START, "end": Shape.END}
    boxes = [Box(key, shapes.get(key, Shape.TASK), " ".join(chance.sample(WORDS, 2)), "Team") for key in keys]
    arrows = [Arrow(one, other, chance.choice(LABELS)) for one, other in pairwise(keys)]
    for _ in range(chance.randint(0, steps // 2 + 1)):
        arrows.append(Arrow(chance.choice(keys[1:-1]), chance.choice(keys[1:]), chance.choice(LABELS)))
    return Picture("Zufall", tuple(boxes), tuple(arrows))
