"""Where things stand from left to right: near what they are joined to, nothing on top of anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processes.diagram import measuring
from processes.diagram.layering import Layers
from processes.diagram.measuring import PORT_APART, Size, Tag

ROUNDS = 12
STEP_GAP, LINE_GAP, TRUNK_GAP = 28, 16, 12
"""Between two steps, a step and a line that passes it, two such lines."""
TRUNK_WEIGHT, STEP_WEIGHT, MIXED_WEIGHT, BESIDE_WEIGHT = 6.0, 3.0, 2.0, 0.5


@dataclass(slots=True)
class Places:
    """Middles of all places, how far they reach to both sides, the widths of steps, and where lines leave and
    arrive (from the middle of their step)."""

    x: list[float]
    width: list[float]
    left: list[float]
    right: list[float]
    leaves: list[float]
    arrives: list[float]


Link = tuple[int, float, float]
"""Another place, how far right of it this one would like to stand, and how much."""


def place(made: Layers, sizes: Sequence[Size], tags: Sequence[Tag], apart: frozenset[int]) -> Places:
    """Positions for ordered layers, lines not yet straightened."""
    found = _ports(made, sizes, tags, apart)
    offsets = _first_guess(made, found)
    wishes = links(made, found)
    downwards = list(zip(made.rows, offsets, strict=True))
    for turn in range(ROUNDS):
        for row, its in downwards if turn % 2 == 0 else reversed(downwards):
            _settle(row, its, wishes, found)
    return found


def _ports(made: Layers, sizes: Sequence[Size], tags: Sequence[Tag], apart: frozenset[int]) -> Places:
    reach = [size.width / 2 for size in sizes] + [0.0] * len(made.trunk)
    found = Places(
        [0.0] * len(reach),
        [size.width for size in sizes],
        reach,
        reach[:],
        [0.0] * len(tags),
        [0.0] * len(tags),
    )
    for step, numbers in leaving(made).items():
        _spread_out(step, numbers, tags, found)
    for step, numbers in _sorted_lines(made, leaves=False).items():
        if step in apart:
            for place, number in enumerate(numbers):
                found.arrives[number] = (place - (len(numbers) - 1) / 2) * PORT_APART
    return found


def leaving(made: Layers) -> dict[int, list[int]]:
    """The lines that leave each step of ordered layers, from left to right."""
    return _sorted_lines(made, leaves=True)


def _sorted_lines(made: Layers, *, leaves: bool) -> dict[int, list[int]]:
    position = {one: place for row in made.rows for place, one in enumerate(row)}
    lines: dict[int, list[int]] = {}
    for number, way in enumerate(made.ways):
        lines.setdefault(way.source if leaves else way.target, []).append(number)
    for step, numbers in lines.items():
        others = {number: made.ways[number].chain[1 if leaves else -2] for number in numbers}
        numbers.sort(key=lambda number: _turn(made, position, number, step, others[number]))
    return lines


def _turn(made: Layers, position: dict[int, int], number: int, step: int, other: int) -> tuple[int, int, int]:
    """Sorts the lines of a step: ways back outside, the nearest outermost, so that they do not cross."""
    if not made.ways[number].is_back:
        return 0, position[other], number
    side = 1 if position[other] > position[step] else -1
    return side, -position[other], number


def _spread_out(step: int, numbers: Sequence[int], tags: Sequence[Tag], found: Places) -> None:
    ordered = [tags[number] for number in numbers]
    at = -measuring.spread(ordered) / 2
    for place, number in enumerate(numbers):
        if place:
            at += measuring.apart(ordered[place - 1], ordered[place])
        found.leaves[number] = at
        found.left[step] = max(found.left[step], ordered[place].width / 2 - at)
        found.right[step] = max(found.right[step], ordered[place].width / 2 + at)


def gap(made: Layers, one: int, other: int) -> int:
    """Between the edges of two neighbours of a row."""
    lines = (one in made.trunk) + (other in made.trunk)
    return (STEP_GAP, LINE_GAP, TRUNK_GAP)[lines]


def between(made: Layers, found: Places, one: int, other: int) -> float:
    """The least distance of the middles of two neighbours of a row."""
    return found.right[one] + gap(made, one, other) + found.left[other]


def _first_guess(made: Layers, found: Places) -> list[list[float]]:
    """Rows as close as they can be, middle below middle; and how far each place is from its row's first."""
    all_offsets = []
    for row in made.rows:
        offsets = [0.0]
        for one, other in pairwise(row):
            offsets.append(offsets[-1] + between(made, found, one, other))
        for one, offset in zip(row, offsets, strict=False):
            found.x[one] = offset - offsets[-1] / 2
        all_offsets.append(offsets)
    return all_offsets


def links(made: Layers, found: Places) -> list[list[Link]]:
    """Who would like to stand where beside whom, in numbers of places."""
    wanted: dict[tuple[int, int, float], float] = {}
    for number, way in enumerate(made.ways):
        for one, other in pairwise(way.chain):
            leaves = found.leaves[number] if one == way.source else 0.0
            arrives = found.arrives[number] if other == way.target else 0.0
            shift, weight = leaves - arrives, _weight(made, one, other)
            if made.layer[one] == made.layer[other]:
                shift, weight = _beside(made, found, one, other), BESIDE_WEIGHT
            wanted[one, other, shift] = max(weight, wanted.get((one, other, shift), 0.0))
    found_links: list[list[Link]] = [[] for _ in found.x]
    for (one, other, shift), weight in wanted.items():
        found_links[other].append((one, shift, weight))
        found_links[one].append((other, -shift, weight))
    return found_links


def _weight(made: Layers, one: int, other: int) -> float:
    return (STEP_WEIGHT, MIXED_WEIGHT, TRUNK_WEIGHT)[(one in made.trunk) + (other in made.trunk)]


def _beside(made: Layers, found: Places, one: int, other: int) -> float:
    row = made.rows[made.layer[one]]
    if row.index(one) < row.index(other):
        return found.right[one] + LINE_GAP + found.left[other]
    return -(found.left[one] + LINE_GAP + found.right[other])


def _settle(
    row: Sequence[int], offsets: Sequence[float], wishes: Sequence[Sequence[Link]], found: Places
) -> None:
    """Put a row as near to its wishes as its order allows (pooled adjacent blocks, least squares)."""
    blocks: list[list[float]] = []
    for one, offset in zip(row, offsets, strict=True):
        wish, weight = _wish(one, wishes, found)
        blocks.append([(wish - offset) * weight, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] > blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            for part in range(3):
                blocks[-1][part] += last[part]
    place = 0
    for total, weight, length in blocks:
        for one in row[place : place + int(length)]:
            found.x[one] = total / weight + offsets[place]
            place += 1


def _wish(one: int, wishes: Sequence[Sequence[Link]], found: Places) -> tuple[float, float]:
    total = weight = 0.0
    for other, shift, much in wishes[one]:
        total += (found.x[other] + shift) * much
        weight += much
    return (total / weight, weight) if weight else (found.x[one], 0.1)
