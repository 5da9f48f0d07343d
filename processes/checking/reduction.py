"""A smaller net for the model check that is sound exactly if the whole one is. Pure.

A block is one step: fork and join, choice and merge, a loop, a chain. It is not looked for as a whole. Small
rules, each of which keeps the verdict, are applied until none fits any more, and every well-formed block
melts down to one step, from the inside out:

* a gateway with one way out is no step (`_skip_gateway`), a step that only leads on to another one takes no
  time (`_skip_step`);
* branches of one fork that come together in one join say the same (`_fuse_together`), and so do
  alternatives that come together again (`_fuse_alternatives`): one of them stays;
* what leads back to where it came from can be left out, if there is another way (`_drop_way_back`,
  `_unroll`);
* a choice right behind a task is a choice of the task (`_fold_choice`);
* what ends on its own, or ends everything, can be left out outside of loops (`_drop_loose_end`,
  `_drop_terminate`).

One step always stays, so that too many tokens at once are still seen. Steps named in a cancel region keep
their place, ways that cancel something stay, and so do gateways and steps that followed conditions concern.
Nets in which some transition can plainly never be taken stay whole, so that it is found: a step nothing leads
to may be what a join waits for in vain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


def most_at_once(net: Net) -> Mapping[str, int]:
    """How many tokens may rest at each step, each having come along another transition."""
    return {key: max(1, len(net.incoming(key))) for key in net.nodes}


def reduced(net: Net, following: Following, places: Mapping[str, int]) -> Reduced | None:
    """The smaller net; None if there is nothing to leave out. `places` as `most_at_once` has them."""
    draft = _Draft.of(net, following, places)
    if draft is None:
        return None
    while _change(draft):
        draft.is_changed = True
    return draft.result() if draft.is_changed else None


def _change(draft: _Draft) -> bool:
    """Apply the rules at each step until none fits there; whether any did something."""
    is_changed = False
    for knot in draft.all():
        while knot.key in draft.knots and any(rule(draft, knot) for rule in RULES):
            is_changed = True
    return is_changed


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


# -- the net, open to change ---------------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class _Edge:
    """A transition. `flow` is the one of the net, for gateways whose conditions are kept."""

    source: _Knot
    target: _Knot
    flow: Flow
    when: str = ALWAYS


@dataclass(eq=False, slots=True)
class _Way:
    """One answer of a step, one alternative of a gateway, or all that a fork does."""

    edges: list[_Edge]
    is_extra: bool = False
    cancels: frozenset[str] = frozenset()

    @property
    def only(self) -> _Edge | None:
        """Its one transition, if the step is left by it and nothing is cancelled."""
        return self.edges[0] if len(self.edges) == 1 and not self.is_extra and not self.cancels else None


@dataclass(eq=False, slots=True)
class _Knot:
    """A step; `kind` TASK stands for everything that waits. `most` tokens may rest there."""

    key: str
    kind: Kind
    node: Node
    most: int
    is_fixed: bool
    is_named: bool
    ways: list[_Way] = field(default_factory=list)
    incoming: list[_Edge] = field(default_factory=list)

    @property
    def is_join(self) -> bool:
        return self.kind in JOINING and len(self.incoming) > 1

    def outgoing(self) -> list[_Edge]:
        return [edge for way in self.ways for edge in way.edges]

    def only_edge(self) -> _Edge | None:
        """The one transition this step always goes on by."""
        return self.ways[0].only if len(self.ways) == 1 else None


class _Draft:
    """A net in the making."""

    def __init__(self, net: Net, following: Following, places: Mapping[str, int]) -> None:
        self.net = net
        outcomes = [outcome for node in net.nodes.values() for outcome in node.outcomes]
        named = frozenset[str]().union(*(outcome.cancels for outcome in outcomes))
        self.has_cancels = bool(named)
        self.is_changed = False
        self.knots = {
            node.key: _Knot(
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
    def of(cls, net: Net, following: Following, places: Mapping[str, int]) -> _Draft | None:
        """None where some transition can plainly never be taken, or nothing comes next somewhere."""
        if net.start is None or len(net.reachable(net.start)) < len(net.nodes):
            return None
        draft = cls(net, following, places)
        for knot in draft.knots.values():
            ways = _ways(net, knot.node, following)
            if ways is None or (knot.kind is Kind.START and net.incoming(knot.key)):
                return None
            for flows, is_extra, cancels in ways:
                edges = [
                    _Edge(knot, draft.knots[flow.target], flow, _when(knot.kind, flow)) for flow in flows
                ]
                knot.ways.append(_Way(edges, is_extra, cancels))
                for edge in edges:
                    edge.target.incoming.append(edge)
        return None if _can_end_in_a_fork(draft) else draft

    def all(self) -> list[_Knot]:
        """Every step, safe to change while going through them."""
        return list(self.knots.values())

    def lead(self, edges: Iterable[_Edge], target: _Knot) -> None:
        """Let transitions lead to another step."""
        for edge in list(edges):
            edge.target.incoming.remove(edge)
            edge.target = target
            target.incoming.append(edge)

    def drop_way(self, knot: _Knot, way: _Way) -> None:
        """Take a way out, and the steps that only it led to."""
        knot.ways.remove(way)
        for edge in way.edges:
            self.cut(edge)

    def drop_edge(self, way: _Way, edge: _Edge) -> None:
        """Take one transition of several out of a way."""
        way.edges.remove(edge)
        self.cut(edge)

    def cut(self, edge: _Edge) -> None:
        """Take a transition off its target; a step nothing leads to any more goes with it."""
        edge.target.incoming.remove(edge)
        if not edge.target.incoming:
            self.remove(edge.target)

    def remove(self, knot: _Knot) -> None:
        """Take a step out with what leaves it."""
        del self.knots[knot.key]
        for edge in knot.outgoing():
            self.cut(edge)

    def is_in_loop(self, knot: _Knot) -> bool:
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


def _can_end_in_a_fork(draft: _Draft) -> bool:
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


def _node(knot: _Knot, writes: frozenset[str]) -> Node:
    outcomes: tuple[Outcome, ...] = ()
    if knot.kind is Kind.TASK:
        outcomes = tuple(
            Outcome(str(number), is_clock=way.is_extra, interrupting=not way.is_extra, cancels=way.cancels)
            for number, way in enumerate(knot.ways)
        )
    return Node(knot.key, knot.kind, outcomes, knot.node.position, writes)


def _flows(knot: _Knot) -> Iterator[Flow]:
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


# -- the rules: each changes the draft around one step, and says whether it did ------------------------------

Rule = Callable[[_Draft, _Knot], bool]
RULES: list[Rule] = []


def _rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


HOLDING_NONE = frozenset({Kind.TASK, Kind.EXCLUSIVE, *ENDS})
"""Steps in front of which no token ever waits."""


@_rule
def _skip_gateway(draft: _Draft, knot: _Knot) -> bool:
    """A gateway with one way out. A merge hands its ways on, if that makes no join of what comes next."""
    edges = knot.outgoing()
    if knot.kind not in GATEWAYS or knot.is_fixed or len(edges) != 1 or not knot.incoming:
        return False
    (edge,) = edges
    is_merge = knot.kind is Kind.EXCLUSIVE and edge.target.kind in HOLDING_NONE
    if edge.target is knot or not (len(knot.incoming) == 1 or is_merge):
        return False
    draft.lead(knot.incoming, edge.target)
    draft.remove(knot)
    return True


@_rule
def _skip_step(draft: _Draft, knot: _Knot) -> bool:
    """A step that only leads on to one other: whoever stands here will stand there and nowhere else.

    That one must not hold more tokens than this one, so that too many here are seen there.
    """
    edge = knot.only_edge()
    if knot.kind is not Kind.TASK or knot.is_fixed or knot.is_named or edge is None or not knot.incoming:
        return False
    target = edge.target
    if target.kind is not Kind.TASK or target.is_named or target is knot:
        return False
    if target.most > knot.most and len(target.incoming) > 1:
        return False
    target.most = min(target.most, knot.most)
    draft.lead(knot.incoming, target)
    draft.remove(knot)
    return True


@dataclass(eq=False, slots=True)
class _Branch:
    """A transition to where it comes together with others: at once, or through one step."""

    edge: _Edge
    step: _Knot | None
    target: _Knot


def _branch(edge: _Edge) -> _Branch:
    step = edge.target
    onward = step.only_edge()
    is_plain = step.kind is Kind.TASK and not step.is_fixed and not step.is_named
    if is_plain and onward is not None and len(step.incoming) == 1 and onward.target is not step:
        return _Branch(edge, step, onward.target)
    return _Branch(edge, None, step)


def _pair(edges: Iterable[_Edge], fits: Callable[[_Knot], bool]) -> tuple[_Branch, _Branch] | None:
    """Two branches that come together in a fitting step; the one to keep first, through a step if any is."""
    known: dict[str, _Branch] = {}
    for edge in edges:
        branch = _branch(edge)
        other = known.setdefault(branch.target.key, branch)
        if other is not branch and fits(branch.target):
            return (other, branch) if other.step else (branch, other)
    return None


@_rule
def _fuse_together(draft: _Draft, knot: _Knot) -> bool:
    """Two branches of one fork into one join: each waits for the other, so one of them is enough."""
    if knot.kind is Kind.INCLUSIVE and knot.is_fixed:
        return False
    for way in knot.ways:
        together = [edge for edge in way.edges if edge.when != ELSE]
        pair = _pair(together, lambda target: _brings_together(target, knot.kind)) if way.edges[1:] else None
        if pair:
            kept, dropped = pair
            if kept.step:
                kept.step.most = 1
            if ALWAYS in (kept.edge.when, dropped.edge.when):
                kept.edge.when = ALWAYS
            draft.drop_edge(way, dropped.edge)
            return True
    return False


def _brings_together(target: _Knot, forked_by: Kind) -> bool:
    fitting = target.kind is Kind.INCLUSIVE or forked_by is not Kind.INCLUSIVE
    return target.is_join and fitting and not target.is_named


@_rule
def _as_exclusive(draft: _Draft, knot: _Knot) -> bool:
    """An inclusive fork with one condition and "otherwise" takes exactly one of two ways."""
    edges = knot.outgoing()
    is_free = knot.kind is Kind.INCLUSIVE and not knot.is_fixed and len(knot.incoming) == 1
    if not is_free or sorted(edge.when for edge in edges) != [ELSE, IF]:
        return False
    knot.kind = Kind.EXCLUSIVE
    knot.ways = [_Way([edge]) for edge in edges]
    return True


@_rule
def _fuse_alternatives(draft: _Draft, knot: _Knot) -> bool:
    """Two alternatives that lead to the same step; the one with a step of its own stays."""
    if knot.kind not in (Kind.TASK, Kind.EXCLUSIVE) or (knot.is_fixed and knot.kind is Kind.EXCLUSIVE):
        return False
    ways = {way.only: way for way in knot.ways if way.only}
    pair = _pair(ways, lambda target: _takes_alternatives(target, [_branch(edge) for edge in ways]))
    if pair is None:
        return False
    kept, dropped = pair
    if kept.step and dropped.step:
        kept.step.most = min(kept.step.most, dropped.step.most)
    draft.drop_way(knot, ways[dropped.edge])
    return True


def _takes_alternatives(target: _Knot, branches: list[_Branch]) -> bool:
    """Not a parallel join; an inclusive one only if nothing else leads to it."""
    if not target.is_join:
        return True
    own = sum(branch.target is target for branch in branches)
    return target.kind is Kind.INCLUSIVE and own == len(target.incoming) and not target.is_named


@_rule
def _drop_way_back(draft: _Draft, knot: _Knot) -> bool:
    """A way back to the same step, if there is another; extra paths could start once more."""
    if knot.kind is not Kind.TASK or any(way.is_extra for way in knot.ways) or len(knot.ways) == 1:
        return False
    for way in knot.ways:
        if way.only and way.only.target is knot:
            draft.drop_way(knot, way)
            return True
    return False


@_rule
def _fold_choice(draft: _Draft, knot: _Knot) -> bool:
    """A choice right behind a step or another choice becomes its own."""
    if knot.kind not in (Kind.TASK, Kind.EXCLUSIVE) or (knot.is_fixed and knot.kind is Kind.EXCLUSIVE):
        return False
    for place, way in enumerate(knot.ways):
        gateway = way.only.target if way.only else knot
        is_choice = gateway.kind is Kind.EXCLUSIVE and not gateway.is_fixed and gateway is not knot
        if is_choice and len(gateway.incoming) == 1:
            for edge in gateway.outgoing():
                edge.source = knot
            knot.ways[place : place + 1] = gateway.ways
            del draft.knots[gateway.key]
            return True
    return False


@_rule
def _unroll(draft: _Draft, knot: _Knot) -> bool:
    """A choice with a way through one step back to it: the step comes first, once, then the choice."""
    if knot.kind is not Kind.EXCLUSIVE or knot.is_fixed or len(knot.ways) == 1:
        return False
    for way in knot.ways:
        step = _branch(way.edges[0]).step
        onward = step.only_edge() if step else None
        if step and onward and onward.target is knot:
            entries = [edge for edge in knot.incoming if edge is not onward]
            if entries:
                draft.lead(entries, step)
                draft.drop_way(knot, way)
                return True
    return False


@_rule
def _drop_loose_end(draft: _Draft, knot: _Knot) -> bool:
    """A branch that comes to an end on its own. What it could do twice, a step beside it does twice too."""
    if draft.has_cancels or knot.kind not in (Kind.TASK, Kind.PARALLEL, Kind.START):
        return False
    for way in knot.ways:
        for edge in way.edges:
            branch = _branch(edge)
            if branch.target.kind is Kind.END and _is_seen_beside(draft, knot, way, branch):
                if len(way.edges) == 1:
                    draft.drop_way(knot, way)
                else:
                    draft.drop_edge(way, edge)
                return True
    return False


def _is_seen_beside(draft: _Draft, knot: _Knot, way: _Way, branch: _Branch) -> bool:
    """Whether something stays beside a branch, and, if that is a step, holds one token and is in no loop."""
    if way.is_extra and len(way.edges) == 1:
        return branch.step is None or (knot.most == 1 and not draft.is_in_loop(knot))
    beside = [edge.target for edge in way.edges if edge is not branch.edge]
    if branch.step is None:
        return bool(beside)
    is_seen = any(one.kind is Kind.TASK and one.most == 1 and len(one.incoming) == 1 for one in beside)
    return is_seen and not draft.is_in_loop(knot)


@_rule
def _drop_terminate(draft: _Draft, knot: _Knot) -> bool:
    """A way that ends everything leaves nothing over; in a loop it may be the only way out."""
    if knot.kind not in (Kind.TASK, Kind.EXCLUSIVE) or (knot.is_fixed and knot.kind is Kind.EXCLUSIVE):
        return False
    going_on = [way for way in knot.ways if not way.is_extra]
    for way in going_on[:] if len(going_on) > 1 else ():
        if way.only and way.only.target.kind is Kind.TERMINATE and not draft.is_in_loop(knot):
            draft.drop_way(knot, way)
            return True
    return False
