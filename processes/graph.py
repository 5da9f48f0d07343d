"""The graph of a version: steps, transitions, and the paths inclusive joins ask for. Pure and immutable."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from processes.comparisons import Condition

ON_FLOW = "flow:"
"""Prefix of the place of a token that waits on a transition, in front of a join."""


class EngineError(Exception):
    """The net has no answer to an event; `code` is for programs."""

    code = "engine_error"


class NetError(EngineError):
    """The rows make no graph."""

    code = "no_graph"


class UnknownOutcome(EngineError):
    """The step has no such outcome, or not for this kind of event."""

    code = "unknown_outcome"


class Kind(StrEnum):
    """Node kinds (design.md §3)."""

    START = "start"
    TASK = "task"
    EXCLUSIVE = "exclusive"
    PARALLEL = "parallel"
    INCLUSIVE = "inclusive"
    TIMER = "timer"
    ACTION = "action"
    SUBPROCESS = "subprocess"
    END = "end"
    TERMINATE = "terminate"


WAITING = frozenset({Kind.TASK, Kind.TIMER, Kind.ACTION, Kind.SUBPROCESS})
ENDS = frozenset({Kind.END, Kind.TERMINATE})
JOINING = frozenset({Kind.PARALLEL, Kind.INCLUSIVE})


@dataclass(frozen=True, slots=True)
class Flow:
    """A transition; of a task it belongs to an outcome."""

    id: str
    source: str
    target: str
    outcome: str | None = None
    conditions: tuple[Condition, ...] = ()
    is_default: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task can end with; `cancels` names the steps of its cancel region."""

    key: str
    is_clock: bool = False
    interrupting: bool = True
    cancels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Node:
    """A step. `writes` names the fields it can change; of a field no step names, the writers are unknown."""

    key: str
    kind: Kind
    outcomes: tuple[Outcome, ...] = ()
    position: int = 0
    writes: frozenset[str] = frozenset()


class Net:
    """A compiled graph: nodes, transitions in order, and the paths inclusive joins need."""

    def __init__(self, nodes: Mapping[str, Node], flows: Mapping[str, Flow]) -> None:
        self.nodes = nodes
        self.flows = flows
        self._outgoing: dict[str, tuple[Flow, ...]] = dict.fromkeys(nodes, ())
        self._incoming: dict[str, tuple[Flow, ...]] = dict.fromkeys(nodes, ())
        for flow in flows.values():
            self._outgoing[flow.source] += (flow,)
            self._incoming[flow.target] += (flow,)
        self.start = next((node.key for node in nodes.values() if node.kind is Kind.START), None)
        self.joins = frozenset(
            node.key for node in nodes.values() if node.kind in JOINING and len(self._incoming[node.key]) > 1
        )
        self.inclusive_joins = tuple(
            node.key
            for node in sorted(nodes.values(), key=lambda node: node.position)
            if node.kind is Kind.INCLUSIVE and node.key in self.joins
        )
        self._sources = {
            flow.id: self._nodes_leading_to(flow)
            for key in self.inclusive_joins
            for flow in self._incoming[key]
        }

    @classmethod
    def build(cls, nodes: Iterable[Node], flows: Iterable[Flow]) -> Net:
        """Compile rows. Raises NetError for doubled keys and for transitions from or to nowhere."""
        by_key: dict[str, Node] = {}
        for node in nodes:
            if node.key in by_key:
                raise NetError(f"step {node.key} twice")
            by_key[node.key] = node
        by_id: dict[str, Flow] = {}
        for flow in sorted(flows, key=lambda flow: flow.position):
            if flow.id in by_id or flow.source not in by_key or flow.target not in by_key:
                raise NetError(f"transition {flow.id} from {flow.source} to {flow.target}")
            by_id[flow.id] = flow
        return cls(by_key, by_id)

    def outgoing(self, key: str) -> tuple[Flow, ...]:
        """Transitions that leave a step, in order."""
        return self._outgoing[key]

    def incoming(self, key: str) -> tuple[Flow, ...]:
        """Transitions that enter a step, in order."""
        return self._incoming[key]

    def reachable(self, origin: str, *, without: str = "") -> frozenset[str]:
        """Steps some way leads to from a step, itself included; `without` = a step that is not passed."""
        found: set[str] = set()
        queue = [origin]
        while queue:
            key = queue.pop()
            if key not in found and key != without:
                found.add(key)
                queue.extend(flow.target for flow in self._outgoing[key])
        return frozenset(found)

    def is_join(self, key: str) -> bool:
        """Whether tokens wait in front of this step for each other."""
        return key in self.joins

    def outcome(self, key: str, outcome: str) -> Outcome:
        """An outcome of a step. Raises UnknownOutcome."""
        for candidate in self.nodes[key].outcomes:
            if candidate.key == outcome:
                return candidate
        raise UnknownOutcome(f"{key}: {outcome}")

    def step_at(self, place: str) -> str:
        """The step a token stands at or, on a transition, in front of. Raises NetError if there is none."""
        if place.startswith(ON_FLOW):
            flow = self.flows.get(place.removeprefix(ON_FLOW))
            if flow is not None:
                return flow.target
        elif place in self.nodes:
            return place
        raise NetError(f"no place {place}")

    def leads_to(self, step: str, flow: Flow) -> bool:
        """Whether a token at or in front of a step can still come along a transition into an inclusive join
        without passing that join."""
        return step in self._sources[flow.id]

    def _nodes_leading_to(self, flow: Flow) -> frozenset[str]:
        found: set[str] = set()
        queue = deque([flow.source])
        while queue:
            key = queue.popleft()
            if key in found or key == flow.target:
                continue
            found.add(key)
            queue.extend(before.source for before in self._incoming[key])
        return frozenset(found)
