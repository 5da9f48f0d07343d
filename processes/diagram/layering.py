"""Which layer each step stands in, which ways lead back, and the lines that pass through layers on their way.

Lines that lead to the same step run together in one *trunk* as soon as they have to pass a layer: a step that
ten outcomes return to is reached by one line, not by ten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow in numbers. `chain` holds the source, the trunk places it passes, and the target.

    The chain of a way back begins beside its source and ends beside its target: it leaves below, turns,
    climbs past both, and comes in from above.
    """

    source: int
    target: int
    is_back: bool
    chain: tuple[int, ...]


@dataclass(slots=True)
class Layers:
    """Places by number: first the steps, then those of trunks. `trunk` says which trunk a place is of."""

    layer: list[int]
    ways: list[Way]
    trunk: dict[int, tuple[object, ...]] = field(default_factory=dict)
    rows: list[list[int]] = field(default_factory=list)


def layers(count: int, pairs: Sequence[Pair], apart: frozenset[int]) -> Layers:
    """Layers of `count` steps joined by pairs (source, target). Lines into `apart` share no trunk."""
    back = _backward(count, pairs)
    made = Layers(_longest_paths(count, pairs, back), [])
    places: dict[tuple[object, ...], int] = {}
    for number, (source, target) in enumerate(pairs):
        is_back = number in back
        bundle = (target, is_back, number if target in apart else -1)
        passed = _passed(made.layer[source], made.layer[target], is_back)
        chain = [_place(made, places, bundle, layer) for layer in passed]
        made.ways.append(Way(source, target, is_back, (source, *chain, target)))
    made.rows = [[] for _ in range(max(made.layer, default=-1) + 1)]
    for place, layer in enumerate(made.layer):
        made.rows[layer].append(place)
    return made


def _passed(source: int, target: int, is_back: bool) -> range:
    return range(source, target - 1, -1) if is_back else range(source + 1, target)


def _place(
    made: Layers, places: dict[tuple[object, ...], int], bundle: tuple[object, ...], layer: int
) -> int:
    key = (*bundle, layer)
    if key not in places:
        places[key] = len(made.layer)
        made.trunk[len(made.layer)] = bundle
        made.layer.append(layer)
    return places[key]


def _backward(count: int, pairs: Sequence[Pair]) -> frozenset[int]:
    """Ways that close a circle: as few as possible of those met by walking, and of those against the order.

    Walking from the first step finds the few when the order of the steps says little; the order of the steps
    says best which of two steps comes first when walking finds a shortcut before the main line.
    """
    walked = _closing_a_walk(count, pairs)
    if not walked:
        return walked
    against = _against_the_order(count, pairs)
    return against if len(against) <= len(walked) else walked


def _closing_a_walk(count: int, pairs: Sequence[Pair]) -> frozenset[int]:
    """Ways that lead to a step still being walked from (depth first)."""
    leaving: list[list[int]] = [[] for _ in range(count)]
    for number, (source, _target) in enumerate(pairs):
        leaving[source].append(number)
    unseen, walking, done = 0, 1, 2
    state, found = [unseen] * count, set()
    for origin in range(count):
        if state[origin] != unseen:
            continue
        state[origin] = walking
        stack = [(origin, iter(leaving[origin]))]
        while stack:
            step, rest = stack[-1]
            onward = next(rest, None)
            if onward is None:
                state[step] = done
                stack.pop()
                continue
            target = pairs[onward][1]
            if state[target] == walking:
                found.add(onward)
            elif state[target] == unseen:
                state[target] = walking
                stack.append((target, iter(leaving[target])))
    return frozenset(found)


def _against_the_order(count: int, pairs: Sequence[Pair]) -> frozenset[int]:
    """Ways within a circle that lead to the step itself or an earlier one."""
    circle = _circles(count, pairs)
    return frozenset(
        number
        for number, (source, target) in enumerate(pairs)
        if circle[source] == circle[target] and target <= source
    )


def _circles(count: int, pairs: Sequence[Pair]) -> list[int]:
    """A number for each step, the same for steps that can reach each other."""
    onward, reached_from = [0] * count, [0] * count
    for step in range(count):
        onward[step] = reached_from[step] = 1 << step
    _saturate(onward, pairs)
    _saturate(reached_from, [(target, source) for source, target in pairs])
    return [(both & -both).bit_length() for both in map(int.__and__, onward, reached_from)]


def _saturate(reached: list[int], pairs: Sequence[Pair]) -> None:
    """Add to the set (of bits) of each source what its targets reach, until nothing is new."""
    ordered = sorted(set(pairs), reverse=True)
    is_new = True
    while is_new:
        is_new = False
        for source, target in ordered:
            more = reached[source] | reached[target]
            if more != reached[source]:
                reached[source], is_new = more, True


def _longest_paths(count: int, pairs: Sequence[Pair], back: frozenset[int]) -> list[int]:
    """The layer of each step: behind all steps that lead to it, ways back left out."""
    forward = [pair for number, pair in enumerate(pairs) if number not in back]
    waiting = [0] * count
    onward: list[list[int]] = [[] for _ in range(count)]
    for source, target in forward:
        waiting[target] += 1
        onward[source].append(target)
    layer = [0] * count
    ready = [step for step in range(count) if not waiting[step]]
    for step in ready:
        for target in onward[step]:
            layer[target] = max(layer[target], layer[step] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return layer
