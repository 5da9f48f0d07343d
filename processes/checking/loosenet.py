"""A net opened up for the model check: steps with ways that rules may change, and back to a net. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from processes import engine
from processes.checking.following import CHOOSING, Following, written_fields
from processes.comparisons import Condition
from processes.graph import ENDS, JOINING, WAITING, Flow, Kind, Net, Node, Outcome

IF, ALWAYS, ELSE = "if", "always", "else"
"""When a way out of an inclusive gateway is taken."""
GATEWAYS = frozenset({Kind.EXCLUSIVE, Kind.PARALLEL, Kind.INCLUSIVE})


@dataclass(frozen=True)
class Reduced:
    """The smaller net, and how many tokens may rest at each of its places (one where nothing is said)."""

    net: Net
    most_at_once: Mapping[str, int]


def answers(node: Node) -> Iterator[tuple[str, engine.Event]]:
    """Everything a step can be answered with, by the key of its outcome (empty: it just goes on)."""
    if node.kind in (Kind.TIMER, Kind.ACTION):
        yield "", engine.JobDone()
    if node.kind is Kind.SUBPROCESS and not node.outcomes:
        yield "", engine.SubEnded("")
    for outcome in node.outcomes:
        if outcome.is_clock:
            yield outcome.key, engine.Clock(outcome.key)
        elif node.kind is Kind.TASK:
            yield outcome.key, engine.Chosen(outcome.key)
        elif node.kind is Kind.SUBPROCESS:
            yield outcome.key, engine.SubEnded(outcome.key)
        elif node.kind is Kind.ACTION and outcome.key == engine.FAILED:
            yield outcome.key, engine.JobFailed()


@dataclass(eq=False, slots=True)
class Edge:
    """A transition. `flow` is the one of the net, for gateways whose conditions are kept."""

    source: Knot
    target: Knot
    flow: Flow
    when: str = ALWAYS


@dataclass(eq=False, slots=True)
class Way:
    """One answer of a step, one alternative of a gateway, or all that a fork does."""

    edges: list[Edge]
    is_extra: bool = False
    cancels: frozenset[str] = frozenset()

    @property
    def only(self) -> Edge | None:
        """Its one transition, if the step is left by it and nothing is cancelled."""
        return self.edges[0] if len(self.edges) == 1 and not self.is_extra and not self.cancels else None


@dataclass(eq=False, slots=True)
class Knot:
    """A step; `kind` TASK stands for everything that waits. `most` tokens may rest there."""

    key: str
    kind: Kind
    node: Node
    most: int
    is_fixed: bool
    is_named: bool
    ways: list[Way] = field(default_factory=list)
    incoming: list[Edge] = field(default_factory=list)

    @property
    def is_join(self) -> bool:
        """Whether tokens wait for each other here."""
        return self.kind in JOINING and len(self.incoming) > 1

    def outgoing(self) -> list[Edge]:
        """The transitions of all its ways."""
        return [edge for way in self.ways for edge in way.edges]

    def only_edge(self) -> Edge | None:
        """The one transition this step always goes on by."""
        return self.ways[0].only if len(self.ways) == 1 else None


class Draft:
    """A net in the making."""

    def __init__(self, net: Net, following: Following, places: Mapping[str, int]) -> None:
        self.net = net
        outcomes = [outcome for node in net.nodes.values() for outcome in node.outcomes]
        named = frozenset[str]().union(*(outcome.cancels for outcome in outcomes))
        self.has_cancels = bool(named)
        self.is_changed = False
        self.knots = {
            node.key: Knot(
                node.key,
                Kind.TASK if node.kind in WAITING else node.kind,
                node,
                places[node.key],
                _is_fixed(net, node, following),
                node.key in named,
            )
            for node in net.nodes.values()
        }

    @classmethod
    def of(cls, net: Net, following: Following, places: Mapping[str, int]) -> Draft | None:
        """None where some transition can plainly never be taken, or nothing comes next somewhere."""
        if net.start is None or len(net.reachable(net.start)) < len(net.nodes):
            return None
        draft = cls(net, following, places)
        for knot in draft.knots.values():
            ways = _ways(net, knot.node, following)
            if ways is None or (knot.kind is Kind.START and net.incoming(knot.key)):
                return None
            for flows, is_extra, cancels in ways:
                edges = [Edge(knot, draft.knots[flow.target], flow, _when(knot.kind, flow)) for flow in flows]
                knot.ways.append(Way(edges, is_extra, cancels))
                for edge in edges:
                    edge.target.incoming.append(edge)
        return None if _can_end_in_a_fork(draft) else draft

    def all(self) -> list[Knot]:
        """Every step, safe to change while going through them."""
        return list(self.knots.values())

    def lead(self, edges: Iterable[Edge], target: Knot) -> None:
        """Let transitions lead to another step."""
        for edge in list(edges):
            edge.target.incoming.remove(edge)
            edge.target = target
            target.incoming.append(edge)

    def drop_way(self, knot: Knot, way: Way) -> None:
        """Take a way out, and the steps that only it led to."""
        knot.ways.remove(way)
        for edge in way.edges:
            self.cut(edge)

    def drop_edge(self, way: Way, edge: Edge) -> None:
        """Take one transition of several out of a way."""
        way.edges.remove(edge)
        self.cut(edge)

    def cut(self, edge: Edge) -> None:
        """Take a transition off its target; a step nothing leads to any more goes with it."""
        edge.target.incoming.remove(edge)
        if not edge.target.incoming:
            self.remove(edge.target)

    def remove(self, knot: Knot) -> None:
        """Take a step out with what leaves it."""
        del self.knots[knot.key]
        for edge in knot.outgoing():
            self.cut(edge)

    def is_in_loop(self, knot: Knot) -> bool:
        """Whether a case can come back to a step."""
        seen: set[str] = set()
        waiting = [knot]
        while waiting:
            for edge in waiting.pop().outgoing():
                if edge.target is knot:
                    return True
                if edge.target.key not in seen:
                    seen.add(edge.target.key)
                    waiting.append(edge.target)
        return False

    def result(self) -> Reduced:
        """The net this has become."""
        nodes: list[Node] = []
        flows: list[Flow] = []
        written = written_fields(self.net)
        for knot in self.knots.values():
            # What a step left out wrote is still known to have a writer.
            nodes.append(_node(knot, written if knot.kind is Kind.START else knot.node.writes))
            flows.extend(_flows(knot))
        numbered = [
            Flow(
                str(number),
                flow.source,
                flow.target,
                flow.outcome,
                flow.conditions,
                flow.is_default,
                number,
            )
            for number, flow in enumerate(flows)
        ]
        places = {knot.key: knot.most for knot in self.knots.values()}
        return Reduced(Net.build(nodes, numbered), places)


def _is_fixed(net: Net, node: Node, following: Following) -> bool:
    """Whether followed conditions concern a step: it writes what is remembered, asks for it, or asks for
    several fields at once."""
    if following.writes[node.key]:
        return True
    flows = [flow for flow in net.outgoing(node.key) if flow.id in following.parts]
    asked = [following.parts[flow.id].kinds for flow in flows]
    if node.kind is Kind.EXCLUSIVE:
        return any(len(kinds) > 1 or kinds[0][0] in following.lasting for kinds in asked)
    return bool(flows)


def _can_end_in_a_fork(draft: Draft) -> bool:
    """Whether terminate can stop a branch in the very move in which it began: whether its steps are reached
    then depends on the order of transitions, which the rules do not keep."""
    at_once: set[str] = set()
    waiting = [knot for knot in draft.all() if knot.kind is Kind.TERMINATE]
    while waiting:
        knot = waiting.pop()
        if knot.key not in at_once:
            at_once.add(knot.key)
            waiting.extend(edge.source for edge in knot.incoming if edge.source.kind is not Kind.TASK)
    forks = [way.edges for knot in draft.all() for way in knot.ways if way.edges[1:]]
    return any(edge.target.key in at_once for edges in forks for edge in edges)


Answer = tuple[tuple[Flow, ...], bool, frozenset[str]]
"""Transitions of one way, whether it starts an extra path, and what it cancels."""


def _ways(net: Net, node: Node, following: Following) -> list[Answer] | None:
    """The ways of a step; None if one leads nowhere or is never taken."""
    outgoing = net.outgoing(node.key)
    if node.kind in ENDS:
        return None if outgoing else []
    if node.kind in WAITING:
        return _ways_of_answers(node, outgoing)
    if node.kind in CHOOSING and not _are_all_possible(node, outgoing, following):
        return None
    if not outgoing or (node.kind is Kind.START and any(flow.outcome for flow in outgoing)):
        return None
    if node.kind is Kind.EXCLUSIVE:
        return [((flow,), False, frozenset()) for flow in outgoing]
    return [(outgoing, False, frozenset())]


def _ways_of_answers(node: Node, outgoing: tuple[Flow, ...]) -> list[Answer] | None:
    found: list[Answer] = []
    outcomes = {outcome.key: outcome for outcome in node.outcomes}
    for key, _event in answers(node):
        outcome = outcomes.get(key, Outcome(key))
        flows = tuple(flow for flow in outgoing if flow.outcome == (key or None))
        found.append((flows, outcome.is_clock and not outcome.interrupting, outcome.cancels))
    complete = found and all(flows for flows, _, _ in found)
    return found if complete and sum(len(flows) for flows, _, _ in found) == len(outgoing) else None


def _are_all_possible(node: Node, outgoing: tuple[Flow, ...], following: Following) -> bool:
    """Whether each way out of a choosing gateway can be taken as far as the gateway itself says, and one
    always is."""
    defaults = [flow for flow in outgoing if flow.is_default]
    always = [flow for flow in outgoing if not flow.is_default and not flow.conditions]
    if len(defaults) + min(1, len(always)) != 1:
        return False
    if node.kind is Kind.INCLUSIVE:
        return True
    if always and (len(always) > 1 or outgoing[-1] is not always[0]):
        return False
    return _leaves_each_something(outgoing, following)


def _leaves_each_something(outgoing: tuple[Flow, ...], following: Following) -> bool:
    """Whether the first transitions of an exclusive gateway leave followed values over for the later ones."""
    left = dict(following.everything)
    for flow in sorted(outgoing, key=lambda flow: flow.is_default):
        part = following.parts.get(flow.id)
        kinds = () if part is None or flow.is_default else part.kinds
        if not all(left.values()) or not all(left[name] & bits for name, bits in kinds):
            return False
        if part is not None and len(kinds) == 1 and not part.is_free:
            name, bits = kinds[0]
            left[name] &= ~bits
    return True


def _when(kind: Kind, flow: Flow) -> str:
    if kind is not Kind.INCLUSIVE:
        return ALWAYS
    if flow.is_default:
        return ELSE
    return IF if flow.conditions else ALWAYS


# -- back to a net -------------------------------------------------------------------------------------------

FREE = (Condition("", "is_true"),)
"""A condition that is a free choice: the field has no writer."""


def _node(knot: Knot, writes: frozenset[str]) -> Node:
    outcomes: tuple[Outcome, ...] = ()
    if knot.kind is Kind.TASK:
        outcomes = tuple(
            Outcome(str(number), is_clock=way.is_extra, interrupting=not way.is_extra, cancels=way.cancels)
            for number, way in enumerate(knot.ways)
        )
    return Node(knot.key, knot.kind, outcomes, knot.node.position, writes)


def _flows(knot: Knot) -> Iterator[Flow]:
    last = len(knot.ways) - 1
    for number, way in enumerate(knot.ways):
        for edge in way.edges:
            ends = (edge.flow.id, knot.key, edge.target.key)
            if knot.kind is Kind.TASK:
                yield Flow(*ends, outcome=str(number))
            elif knot.is_fixed:
                yield Flow(*ends, conditions=edge.flow.conditions, is_default=edge.flow.is_default)
            elif knot.kind is Kind.EXCLUSIVE:
                yield Flow(*ends, conditions=FREE if number < last else (), is_default=number == last)
            else:
                is_if = edge.when == IF
                yield Flow(*ends, conditions=FREE if is_if else (), is_default=edge.when == ELSE)
