"""Which ways a case has taken, found again from its history. Pure.

History keeps for each event the step, its outcome and the tokens it led to, not the ways in between. These
follow: from the outcome through every step that needs nobody, to where the new tokens rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from processes.graph import ENDS, ON_FLOW, WAITING, Flow, Kind, Net


@dataclass(frozen=True, slots=True)
class Move:
    """What one event did: the step that was left, by which outcome, and where new tokens came to rest."""

    step: str
    outcome: str | None
    places: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trail:
    """Steps that were passed and ways (ids) that were taken."""

    steps: frozenset[str]
    flows: frozenset[str]


def trail(net: Net, moves: Iterable[Move], *, end: str = "") -> Trail:
    """The trail of these events. `end` is the end the case reached, if it is over.

    Where several ways lead to the same place the first is taken for the one that was gone. Moves that do not
    fit the net are passed over.
    """
    walk = _Walk(net, end)
    for move in dict.fromkeys(moves):
        if move.step in net.nodes:
            walk.follow(move)
    return Trail(frozenset(walk.steps), frozenset(walk.flows))


class _Walk:
    def __init__(self, net: Net, end: str) -> None:
        self.net, self.end = net, end
        self.steps: set[str] = set()
        self.flows: set[str] = set()
        self._rests: dict[str, frozenset[str]] = {}

    def follow(self, move: Move) -> None:
        """Take every way of the outcome, and on from there."""
        self.steps.add(move.step)
        waiting = [flow for flow in self.net.outgoing(move.step) if flow.outcome == move.outcome]
        seen: set[str] = set()
        while waiting:
            flow = waiting.pop(0)
            if flow.id not in seen:
                seen.add(flow.id)
                self.flows.add(flow.id)
                waiting.extend(self._onward(flow, move.places))

    def _onward(self, flow: Flow, places: frozenset[str]) -> tuple[Flow, ...]:
        node = self.net.nodes[flow.target]
        if node.kind in WAITING or (self.net.is_join(node.key) and f"{ON_FLOW}{flow.id}" in places):
            return ()
        self.steps.add(node.key)
        if node.kind in ENDS:
            return ()
        leaving = self.net.outgoing(node.key)
        if node.kind is Kind.INCLUSIVE:
            return self._leading(leaving, places) or self._ending(leaving)[:1]
        if node.kind is Kind.EXCLUSIVE:
            return (self._leading(leaving, places) or self._ending(leaving))[:1]
        return leaving

    def _leading(self, flows: tuple[Flow, ...], places: frozenset[str]) -> tuple[Flow, ...]:
        return tuple(flow for flow in flows if self._rest(flow) & places)

    def _ending(self, flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
        """Ways to an end, those to the end of the case first."""
        ends = {node.key for node in self.net.nodes.values() if node.kind in ENDS}
        found = [flow for flow in flows if self._rest(flow) & ends]
        return tuple(sorted(found, key=lambda flow: self.end not in self._rest(flow)))

    def _rest(self, flow: Flow) -> frozenset[str]:
        """Where a token that takes this way can come to rest without anybody doing anything."""
        if flow.id not in self._rests:
            found: set[str] = set()
            waiting, seen = [flow], {flow.id}
            while waiting:
                one = waiting.pop()
                found |= self._stops(one)
                new = [after for after in self._behind(one) if after.id not in seen]
                seen.update(after.id for after in new)
                waiting.extend(new)
            self._rests[flow.id] = frozenset(found)
        return self._rests[flow.id]

    def _stops(self, flow: Flow) -> set[str]:
        node = self.net.nodes[flow.target]
        if node.kind in WAITING or node.kind in ENDS:
            return {node.key}
        return {f"{ON_FLOW}{flow.id}"} if self.net.is_join(node.key) else set()

    def _behind(self, flow: Flow) -> tuple[Flow, ...]:
        kind = self.net.nodes[flow.target].kind
        return () if kind in WAITING or kind in ENDS else self.net.outgoing(flow.target)


def reachable(net: Net, steps: Iterable[str]) -> frozenset[str]:
    """Steps a case can still come to from these, themselves left out unless a way leads back."""
    found: set[str] = set()
    waiting = list(steps)
    while waiting:
        for flow in net.outgoing(waiting.pop()):
            if flow.target not in found:
                found.add(flow.target)
                waiting.append(flow.target)
    return frozenset(found)
