"""Questions about the ways through a net that need no run: what lies before, beside or beyond a step. Pure.

Conditions are free choices and cancel regions are left out of account, so that every answer "possible" may be
one too many, but hardly one too few.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from processes.graph import Flow, Kind, Net


def beyond(net: Net, origin: Iterable[Flow], avoiding: str = "") -> frozenset[str]:
    """Steps that can be reached along these transitions; `avoiding` itself is reached, but not passed."""
    found: set[str] = set()
    waiting = deque(flow.target for flow in origin)
    while waiting:
        key = waiting.popleft()
        if key in found:
            continue
        found.add(key)
        if key != avoiding:
            waiting.extend(flow.target for flow in net.outgoing(key))
    return frozenset(found)


def can_skip(net: Net, target: str, steps: Collection[str]) -> bool:
    """Whether a case can come to `target` although nobody has done any of these steps.

    Where ways wait for each other, all of them must come; a step that the clock ended was done by nobody.
    """
    taken: set[str] = set()
    entered: set[str] = set()
    waiting = deque([net.start] if net.start else [])
    while waiting:
        key = waiting.popleft()
        if key in entered or not _can_enter(net, key, taken):
            continue
        entered.add(key)
        ways = [flow for flow in net.outgoing(key) if key not in steps or _is_clock(net, flow)]
        taken |= {flow.id for flow in ways}
        waiting.extend(flow.target for flow in ways)
    return target in entered


def _can_enter(net: Net, key: str, taken: set[str]) -> bool:
    if net.nodes[key].kind is not Kind.PARALLEL:
        return True
    return all(flow.id in taken for flow in net.incoming(key))


def _is_clock(net: Net, flow: Flow) -> bool:
    return any(one.is_clock for one in net.nodes[flow.source].outcomes if one.key == flow.outcome)


Branches = tuple[tuple[frozenset[str], frozenset[str]], ...]
"""Pairs of branches that run at the same time, each as the steps that can be reached in it."""


def branches(net: Net) -> Branches:
    """Every two branches into which a case may part."""
    return tuple(pair for key in net.nodes for pair in _branches_of(net, key))


def _branches_of(net: Net, key: str) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    ways = net.outgoing(key)
    reached = {flow.id: beyond(net, (flow,), key) for flow in ways} if len(ways) > 1 else {}
    if net.nodes[key].kind is not Kind.EXCLUSIVE:
        for position, one in enumerate(ways):
            for other in ways[position + 1 :]:
                if one.outcome == other.outcome:
                    yield reached[one.id], reached[other.id]
    for one in besides(net, key):
        rest = (flow for flow in ways if flow.outcome != one.outcome)
        yield beyond(net, (one,), key), beyond(net, rest, key) | {key}


def besides(net: Net, key: str) -> tuple[Flow, ...]:
    """Transitions that the clock takes while the step stays open."""
    outcomes = {one.key for one in net.nodes[key].outcomes if one.is_clock and not one.interrupting}
    return tuple(flow for flow in net.outgoing(key) if flow.outcome in outcomes)


def at_once(pairs: Branches, one: str, other: str) -> bool:
    """Whether two steps may be open at the same moment: they lie in two branches, at least one of them before
    the branches come together again."""
    return any(_parted(left, right, one, other) or _parted(right, left, one, other) for left, right in pairs)


def _parted(left: frozenset[str], right: frozenset[str], one: str, other: str) -> bool:
    return one in left and other in right and (one not in right or other not in left)
