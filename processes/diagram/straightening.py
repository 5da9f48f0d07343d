"""Makes lines straight: columns in line, bars as wide as what they join, ends of lines off the middle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from processes.diagram import measuring
from processes.diagram.layering import Layers
from processes.diagram.measuring import PORT_INSET, Tag
from processes.diagram.placing import Link, Places, between, gap, links

NEARLY = 16
"""Bends smaller than this are taken out."""
NEAR_MIDDLE = 30
"""How far from the middle of a step a line may arrive to be straight when others arrive there too."""


def straighten(made: Layers, tags: Sequence[Tag], apart: frozenset[int], found: Places) -> None:
    """Move places and ends of lines, keeping their order and distances."""
    _straighten_columns(made, links(made, found), found)
    for row in made.rows:
        for position, one in enumerate(row):
            if one in apart:
                _stretch(made, tags, row, position, found)
    _straighten_ends(made, tags, apart, found)


@dataclass(slots=True)
class Column:
    """Places exactly below each other but for a shift; `x` is where the first would like to stand."""

    places: list[tuple[int, float]]
    x: float = 0.0


def _straighten_columns(made: Layers, wishes: Sequence[Sequence[Link]], found: Places) -> None:
    """Put what is nearly below each other, and every trunk, exactly in line.

    Columns that do not cross can always be moved apart until none touches another: to the right by the first
    walk, to the left by the second. What lies between two solutions of such inequalities is one as well.
    """
    columns = _columns(made, wishes, found)
    of = {one: (number, shift) for number, column in enumerate(columns) for one, shift in column.places}
    distances = _distances(made, found, of)
    ahead = [column.x for column in columns]
    behind = ahead[:]
    walk = _from_left(len(columns), distances)
    for number in walk:
        for other, least in distances[number]:
            ahead[other] = max(ahead[other], ahead[number] + least)
    for number in reversed(walk):
        for other, least in distances[number]:
            behind[number] = min(behind[number], behind[other] - least)
    for number, column in enumerate(columns):
        for one, shift in column.places:
            found.x[one] = (ahead[number] + behind[number]) / 2 + shift


def _columns(made: Layers, wishes: Sequence[Sequence[Link]], found: Places) -> list[Column]:
    under = _straight_links(made, wishes, found)
    taken = {below for below, _shift in under.values()}
    columns = []
    for top in (one for row in made.rows for one in row if one not in taken):
        places, shift = [(top, 0.0)], 0.0
        while places[-1][0] in under:
            below, more = under[places[-1][0]]
            shift += more
            places.append((below, shift))
        columns.append(Column(places, sum(found.x[one] - shift for one, shift in places) / len(places)))
    return columns


def _straight_links(
    made: Layers, wishes: Sequence[Sequence[Link]], found: Places
) -> dict[int, tuple[int, float]]:
    """For places the one that shall stand exactly below, and its shift. No two of them cross; the longest
    trunks choose first, then steps that are nearly in line."""
    length = Counter(made.trunk.values())
    position = {one: place for row in made.rows for place, one in enumerate(row)}
    choices = []
    for one in range(len(found.x)):
        for other, shift, _weight in wishes[one]:
            if made.layer[other] >= made.layer[one]:
                continue
            is_trunk = one in made.trunk and other in made.trunk
            bend = abs(found.x[other] + shift - found.x[one])
            if is_trunk or bend < NEARLY:
                choices.append((-length[made.trunk[one]] if is_trunk else 0, bend, other, one, shift))
    under: dict[int, tuple[int, float]] = {}
    drawn: dict[int, list[tuple[int, int]]] = {}
    taken: set[int] = set()
    for _length, _bend, upper, lower, shift in sorted(choices):
        beside = drawn.setdefault(made.layer[upper], [])
        ends = position[upper], position[lower]
        is_free = upper not in under and lower not in taken
        if is_free and all((ends[0] - top) * (ends[1] - low) > 0 for top, low in beside):
            under[upper] = (lower, shift)
            taken.add(lower)
            beside.append(ends)
    return under


def _distances(
    made: Layers, found: Places, of: dict[int, tuple[int, float]]
) -> list[list[tuple[int, float]]]:
    """For each column those right beside it, and how far away their first places have to be."""
    distances: list[list[tuple[int, float]]] = [[] for _ in range(len(of))]
    for row in made.rows:
        for one, other in pairwise(row):
            (left, left_shift), (right, right_shift) = of[one], of[other]
            least = left_shift + between(made, found, one, other) - right_shift
            distances[left].append((right, least))
    return distances


def _from_left(count: int, distances: Sequence[Sequence[tuple[int, float]]]) -> list[int]:
    """Columns in an order in which each comes after all that stand left of it."""
    waiting = [0] * count
    for beside in distances:
        for other, _least in beside:
            waiting[other] += 1
    ready = [number for number in range(count) if not waiting[number]]
    for number in ready:
        for other, _least in distances[number]:
            waiting[other] -= 1
            if not waiting[other]:
                ready.append(other)
    return ready


def _stretch(made: Layers, tags: Sequence[Tag], row: Sequence[int], position: int, found: Places) -> None:
    """Make a bar as wide as what it joins, where there is room, so that its lines are straight."""
    bar = row[position]
    low, high = float("-inf"), float("inf")
    if position:
        before = row[position - 1]
        low = found.x[before] + found.right[before] + gap(made, before, bar)
    if position + 1 < len(row):
        after = row[position + 1]
        high = found.x[after] - found.left[after] - gap(made, bar, after)
    leaving = _ports_of(made, bar, found, leaves=True)
    arriving = _ports_of(made, bar, found, leaves=False)
    plain = [Tag()] * len(arriving)
    ends = [
        *_spread_under([wish for _number, wish in arriving], plain, low, high),
        *_spread_under(
            [wish for _number, wish in leaving], [tags[number] for number, _wish in leaving], low, high
        ),
    ]
    numbers = [number for number, _wish in (*arriving, *leaving)]
    _widen(bar, ends, len(arriving), numbers, tags, found)


def _ports_of(made: Layers, bar: int, found: Places, *, leaves: bool) -> list[tuple[int, float]]:
    """Lines at one side of a bar from left to right, and where each would be straight."""
    at = found.leaves if leaves else found.arrives
    numbers = [n for n, way in enumerate(made.ways) if (way.source if leaves else way.target) == bar]
    ports = []
    for number in sorted(numbers, key=lambda number: at[number]):
        way = made.ways[number]
        other = way.chain[1] if leaves else way.chain[-2]
        far = found.arrives if leaves else found.leaves
        is_end = other == (way.target if leaves else way.source)
        wish = found.x[bar] + at[number] if way.is_back else found.x[other] + (far[number] if is_end else 0)
        ports.append((number, wish))
    return ports


def _spread_under(wishes: Sequence[float], tags: Sequence[Tag], low: float, high: float) -> list[float]:
    """Positions near the wishes, in order, apart from each other, within bounds that are wide enough."""
    found: list[float] = []
    for place, (wish, tag) in enumerate(zip(wishes, tags, strict=True)):
        least = low + max(PORT_INSET, tag.width / 2)
        if place:
            least = max(least, found[-1] + measuring.apart(tags[place - 1], tag))
        found.append(max(wish, least))
    for place in reversed(range(len(found))):
        most = high - max(PORT_INSET, tags[place].width / 2)
        if place + 1 < len(found):
            most = min(most, found[place + 1] - measuring.apart(tags[place], tags[place + 1]))
        found[place] = min(found[place], most)
    return found


def _widen(
    bar: int, ends: Sequence[float], arriving: int, numbers: Sequence[int], tags: Sequence[Tag], found: Places
) -> None:
    half = found.width[bar] / 2
    left = min([found.x[bar] - half, *(end - PORT_INSET for end in ends)])
    right = max([found.x[bar] + half, *(end + PORT_INSET for end in ends)])
    found.x[bar], found.width[bar] = (left + right) / 2, right - left
    found.left[bar] = found.right[bar] = found.width[bar] / 2
    for place, (number, end) in enumerate(zip(numbers, ends, strict=True)):
        at = end - found.x[bar]
        if place < arriving:
            found.arrives[number] = at
            continue
        found.leaves[number] = at
        found.left[bar] = max(found.left[bar], tags[number].width / 2 - at)
        found.right[bar] = max(found.right[bar], tags[number].width / 2 + at)


def _straighten_ends(made: Layers, tags: Sequence[Tag], apart: frozenset[int], found: Places) -> None:
    """Let lines arrive, and single ones leave, off the middle of a step where that makes them straight."""
    arriving: dict[int, list[int]] = {}
    leaving: dict[int, list[int]] = {}
    for number, way in enumerate(made.ways):
        arriving.setdefault(way.target, []).append(number)
        leaving.setdefault(way.source, []).append(number)
    for step, numbers in arriving.items():
        if step not in apart:
            _straighten_arrival(made, step, numbers, found)
    for step, numbers in leaving.items():
        if len(numbers) == 1 and step not in apart:
            _straighten_leaving(made, step, numbers[0], tags, found)


def _straighten_arrival(made: Layers, step: int, numbers: Sequence[int], found: Places) -> None:
    origins = set()
    for number in numbers:
        before = made.ways[number].chain[-2]
        leaves = found.leaves[number] if before == made.ways[number].source else 0.0
        origins.add(found.x[before] + leaves - found.x[step])
    nearest = min(origins, key=lambda shift: (abs(shift), shift))
    limit = found.width[step] / 2 - PORT_INSET
    if abs(nearest) <= (limit if len(origins) == 1 else min(limit, NEAR_MIDDLE)):
        for number in numbers:
            found.arrives[number] = nearest


def _straighten_leaving(made: Layers, step: int, number: int, tags: Sequence[Tag], found: Places) -> None:
    way = made.ways[number]
    if way.is_back:
        return
    arrives = found.arrives[number] if way.chain[1] == way.target else 0.0
    shift = found.x[way.chain[1]] + arrives - found.x[step]
    if abs(shift) <= found.width[step] / 2 - max(PORT_INSET, tags[number].width / 2):
        found.leaves[number] = shift
