"""The rules that make a net smaller: each changes it around one step, and says whether it did. Pure.

`processes.checking.reduction` tells how they work together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from processes.checking.loosenet import ALWAYS, ELSE, GATEWAYS, IF, Draft, Edge, Knot, Way
from processes.graph import ENDS, Kind

Rule = Callable[[Draft, Knot], bool]
RULES: list[Rule] = []


def _rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


HOLDING_NONE = frozenset({Kind.TASK, Kind.EXCLUSIVE, *ENDS})
"""Steps in front of which no token ever waits."""


@_rule
def _skip_gateway(draft: Draft, knot: Knot) -> bool:
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
def _skip_step(draft: Draft, knot: Knot) -> bool:
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

    edge: Edge
    step: Knot | None
    target: Knot


def _branch(edge: Edge) -> _Branch:
    step = edge.target
    onward = step.only_edge()
    is_plain = step.kind is Kind.TASK and not step.is_fixed and not step.is_named
    if is_plain and onward is not None and len(step.incoming) == 1 and onward.target is not step:
        return _Branch(edge, step, onward.target)
    return _Branch(edge, None, step)


def _pair(edges: Iterable[Edge], fits: Callable[[Knot], bool]) -> tuple[_Branch, _Branch] | None:
    """Two branches that come together in a fitting step; the one to keep first, through a step if any is."""
    known: dict[str, _Branch] = {}
    for edge in edges:
        branch = _branch(edge)
        other = known.setdefault(branch.target.key, branch)
        if other is not branch and fits(branch.target):
            return (other, branch) if other.step else (branch, other)
    return None


@_rule
def _fuse_together(draft: Draft, knot: Knot) -> bool:
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


def _brings_together(target: Knot, forked_by: Kind) -> bool:
    fitting = target.kind is Kind.INCLUSIVE or forked_by is not Kind.INCLUSIVE
    return target.is_join and fitting and not target.is_named


@_rule
def _as_exclusive(draft: Draft, knot: Knot) -> bool:
    """An inclusive fork with one condition and "otherwise" takes exactly one of two ways."""
    edges = knot.outgoing()
    is_free = knot.kind is Kind.INCLUSIVE and not knot.is_fixed and len(knot.incoming) == 1
    if not is_free or sorted(edge.when for edge in edges) != [ELSE, IF]:
        return False
    knot.kind = Kind.EXCLUSIVE
    knot.ways = [Way([edge]) for edge in edges]
    return True


@_rule
def _fuse_alternatives(draft: Draft, knot: Knot) -> bool:
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


def _takes_alternatives(target: Knot, branches: list[_Branch]) -> bool:
    """Not a parallel join; an inclusive one only if nothing else leads to it."""
    if not target.is_join:
        return True
    own = sum(branch.target is target for branch in branches)
    return target.kind is Kind.INCLUSIVE and own == len(target.incoming) and not target.is_named


@_rule
def _drop_way_back(draft: Draft, knot: Knot) -> bool:
    """A way back to the same step, if there is another; extra paths could start once more."""
    if knot.kind is not Kind.TASK or any(way.is_extra for way in knot.ways) or len(knot.ways) == 1:
        return False
    for way in knot.ways:
        if way.only and way.only.target is knot:
            draft.drop_way(knot, way)
            return True
    return False


@_rule
def _fold_choice(draft: Draft, knot: Knot) -> bool:
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
def _unroll(draft: Draft, knot: Knot) -> bool:
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
def _drop_loose_end(draft: Draft, knot: Knot) -> bool:
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


def _is_seen_beside(draft: Draft, knot: Knot, way: Way, branch: _Branch) -> bool:
    """Whether something stays beside a branch, and, if that is a step, holds one token and is in no loop."""
    if way.is_extra and len(way.edges) == 1:
        return branch.step is None or (knot.most == 1 and not draft.is_in_loop(knot))
    beside = [edge.target for edge in way.edges if edge is not branch.edge]
    if branch.step is None:
        return bool(beside)
    is_seen = any(one.kind is Kind.TASK and one.most == 1 and len(one.incoming) == 1 for one in beside)
    return is_seen and not draft.is_in_loop(knot)


@_rule
def _drop_terminate(draft: Draft, knot: Knot) -> bool:
    """A way that ends everything leaves nothing over; in a loop it may be the only way out."""
    if knot.kind not in (Kind.TASK, Kind.EXCLUSIVE) or (knot.is_fixed and knot.kind is Kind.EXCLUSIVE):
        return False
    going_on = [way for way in knot.ways if not way.is_extra]
    for way in going_on[:] if len(going_on) > 1 else ():
        if way.only and way.only.target.kind is Kind.TERMINATE and not draft.is_in_loop(knot):
            draft.drop_way(knot, way)
            return True
    return False
