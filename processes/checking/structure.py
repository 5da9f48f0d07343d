"""Faults of a graph that need no run to be seen: what cannot be reached, leads nowhere, does not go on. Pure.

Whether tokens can be left over is another question, answered by exploring markings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from processes.engine import ENDS, WAITING, Flow, Kind, Net, Node


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its code, the step (empty: the whole graph) and the outcome, if it is about one."""

    code: str
    step: str = ""
    outcome: str = ""


def check(net: Net) -> tuple[Finding, ...]:
    """All findings, in the order of the steps."""
    found = [*_starts_and_ends(net), *_paths(net)]
    for node in net.nodes.values():
        found.extend(_ways_on(net, node))
    return tuple(found)


def _starts_and_ends(net: Net) -> Iterator[Finding]:
    starts = [node for node in net.nodes.values() if node.kind is Kind.START]
    if not starts:
        yield Finding("no_start")
    for node in starts[1:]:
        yield Finding("second_start", node.key)
    for node in starts:
        if net.incoming(node.key):
            yield Finding("start_entered", node.key)
    if not any(node.kind in ENDS for node in net.nodes.values()):
        yield Finding("no_end")


def _paths(net: Net) -> Iterator[Finding]:
    """Steps nothing leads to, and steps that lead to no end."""
    reached = _spread([net.start] if net.start else [], lambda key: (one.target for one in net.outgoing(key)))
    ends = [node.key for node in net.nodes.values() if node.kind in ENDS]
    leading = _spread(ends, lambda key: (one.source for one in net.incoming(key)))
    for node in net.nodes.values():
        if node.kind is not Kind.START and node.key not in reached:
            yield Finding("unreachable", node.key)
        elif node.key not in leading and ends:
            yield Finding("no_way_to_an_end", node.key)


def _spread(origin: Iterable[str], neighbours: Callable[[str], Iterable[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(origin)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting.extend(neighbours(key))
    return found


def _ways_on(net: Net, node: Node) -> Iterator[Finding]:
    flows = net.outgoing(node.key)
    if node.kind in ENDS:
        if flows:
            yield Finding("end_goes_on", node.key)
    elif node.kind is Kind.TASK:
        yield from _of_outcomes(node, flows)
    else:
        yield from _of_automatic(net, node, flows)


def _of_outcomes(node: Node, flows: tuple[Flow, ...]) -> Iterator[Finding]:
    taken = {flow.outcome for flow in flows}
    for outcome in node.outcomes:
        if outcome.key not in taken:
            yield Finding("outcome_without_target", node.key, outcome.key)
    if None in taken:
        yield Finding("way_without_outcome", node.key)
    if any(flow.conditions for flow in flows):
        yield Finding("condition_ignored", node.key)


def _of_automatic(net: Net, node: Node, flows: tuple[Flow, ...]) -> Iterator[Finding]:
    if not flows:
        yield Finding("no_way_on", node.key)
    if node.kind in CONDITIONAL and flows and not any(_always(flow) for flow in flows):
        yield Finding("no_default", node.key)
    if node.kind is Kind.PARALLEL and _waits_for_alternatives(net, node.key):
        yield Finding("join_of_alternatives", node.key)
    if node.kind not in CONDITIONAL and any(flow.conditions for flow in flows):
        yield Finding("condition_ignored", node.key)
    if node.kind in GUARDED and _returns_without_waiting(net, node.key):
        yield Finding("endless", node.key)


CONDITIONAL = frozenset({Kind.EXCLUSIVE, Kind.INCLUSIVE})
GUARDED = frozenset({Kind.EXCLUSIVE, Kind.PARALLEL, Kind.INCLUSIVE})


def _waits_for_alternatives(net: Net, key: str) -> bool:
    """Whether two outcomes of one task, or two branches of one choice, both lead into this join."""
    sources = [flow.source for flow in net.incoming(key)]
    return any(sources.count(one) > 1 and net.nodes[one].kind in CHOOSING for one in sources)


CHOOSING = frozenset({Kind.TASK, Kind.EXCLUSIVE})


def _always(flow: Flow) -> bool:
    return flow.is_default or not flow.conditions


def _returns_without_waiting(net: Net, origin: str) -> bool:
    """Whether a gateway can be reached again from itself through gateways only: a loop that nobody stops."""

    def onward(key: str) -> Iterable[str]:
        targets = [flow.target for flow in net.outgoing(key)]
        return [target for target in targets if net.nodes[target].kind not in WAITING]

    return origin in _spread(onward(origin), onward)
