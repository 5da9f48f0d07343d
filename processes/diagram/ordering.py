"""In which order things stand within their layers, so that few lines cross."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import pairwise

from processes.diagram.layering import Layers

SWEEPS = 12
BESIDE = 0.6
"""How far right of its step a way back would like to climb, in places."""


def order(made: Layers) -> None:
    """Sort the rows: the mean of the neighbours above, then below, several times; the best order is kept."""
    joints = _joints(made)
    above, below = _neighbours(len(made.layer), joints)
    beside = _beside(made)
    position = [0] * len(made.layer)
    _number(made.rows, position)
    best, fewest = [row[:] for row in made.rows], _badness(joints, made, position)
    for sweep in range(SWEEPS):
        is_down = sweep % 2 == 0
        for row in made.rows if is_down else reversed(made.rows):
            _sort(row, above if is_down else below, beside, position)
        badness = _badness(joints, made, position)
        if badness < fewest:
            best, fewest = [row[:] for row in made.rows], badness
    made.rows = best
    _swap_neighbours(made.rows, above, below, beside)


def _joints(made: Layers) -> list[tuple[int, int]]:
    """Pieces of lines between neighbouring layers, upper end first."""
    found: dict[tuple[int, int], None] = {}
    for way in made.ways:
        for one, other in pairwise(way.chain):
            if made.layer[one] < made.layer[other]:
                found[one, other] = None
            elif made.layer[one] > made.layer[other]:
                found[other, one] = None
    return list(found)


def _neighbours(count: int, joints: Sequence[tuple[int, int]]) -> tuple[list[list[int]], list[list[int]]]:
    above: list[list[int]] = [[] for _ in range(count)]
    below: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in joints:
        above[lower].append(upper)
        below[upper].append(lower)
    return above, below


def _beside(made: Layers) -> dict[int, list[int]]:
    """For the places where ways back turn, the steps they should stay close to."""
    found: dict[int, list[int]] = {}
    for way in made.ways:
        if way.is_back:
            found.setdefault(way.chain[1], []).append(way.source)
            found.setdefault(way.chain[-2], []).append(way.target)
    return found


def _number(rows: Sequence[Sequence[int]], position: list[int]) -> None:
    for row in rows:
        for place, one in enumerate(row):
            position[one] = place


def _sort(
    row: list[int], neighbours: Sequence[Sequence[int]], beside: dict[int, list[int]], position: list[int]
) -> None:
    wish: dict[int, float] = {}
    for one in row:
        places: list[float] = [position[other] for other in neighbours[one]]
        places += [position[other] + BESIDE for other in beside.get(one, ())]
        wish[one] = sum(places) / len(places) if places else position[one]
    row.sort(key=lambda one: wish[one])
    for place, one in enumerate(row):
        position[one] = place


def _badness(joints: Sequence[tuple[int, int]], made: Layers, position: Sequence[int]) -> float:
    """Crossings; among equals, short lines win."""
    by_layer: list[list[tuple[int, int]]] = [[] for _ in made.rows]
    reach = 0
    for upper, lower in joints:
        by_layer[made.layer[upper]].append((position[upper], position[lower]))
        reach += abs(position[upper] - position[lower])
    return sum(_crossings(ends) for ends in by_layer) + reach / 100


def _crossings(ends: list[tuple[int, int]]) -> int:
    """Pairs of lines whose ends stand in opposite orders."""
    ends.sort()
    seen: list[int] = []
    found = 0
    for _upper, lower in ends:
        found += len(seen) - bisect_left(seen, lower + 1)
        insort(seen, lower)
    return found


def _swap_neighbours(
    rows: list[list[int]],
    above: Sequence[Sequence[int]],
    below: Sequence[Sequence[int]],
    beside: dict[int, list[int]],
) -> None:
    """Exchange two that stand next to each other wherever that takes a crossing away."""
    position = [0] * len(above)
    _number(rows, position)
    for row in rows:
        for place in range(len(row) - 1):
            left, right = row[place], row[place + 1]
            if left in beside or right in beside:
                continue
            now = _between(above, left, right, position) + _between(below, left, right, position)
            then = _between(above, right, left, position) + _between(below, right, left, position)
            if then < now:
                row[place], row[place + 1] = right, left
                position[left], position[right] = place + 1, place


def _between(neighbours: Sequence[Sequence[int]], left: int, right: int, position: Sequence[int]) -> int:
    """Crossings between the lines of two neighbours of a row, on one side."""
    return sum(position[one] > position[other] for one in neighbours[left] for other in neighbours[right])
