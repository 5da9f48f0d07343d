"""A smaller net for the model check, with the same faults. Pure.

A step that can only lead on to one other step adds nothing but a moment in between: whoever stands there will
stand at the next one and nowhere else, and whether a join may open is the same for both. Such steps become
gateways with one way out, in which nobody waits.
"""

from __future__ import annotations

from collections.abc import Mapping

from processes.engine import WAITING, Flow, Kind, Net, Node


def most_at_once(net: Net) -> Mapping[str, int]:
    """How many tokens may rest at each step, each having come along another transition."""
    return {key: max(1, len(net.incoming(key))) for key in net.nodes}


def shortened(net: Net) -> Net | None:
    """The net with every step left out that only leads on to one other; None if there is none.

    Nets whose outcomes cancel steps stay whole: there it matters at which step a token stands.
    """
    if any(outcome.cancels for node in net.nodes.values() for outcome in node.outcomes):
        return None
    places, smaller = most_at_once(net), net
    for key in net.nodes:
        flow = _only_way(smaller, key, places)
        if flow is not None:
            smaller = _without_wait(smaller, key, flow)
    return None if smaller is net else smaller


def _only_way(net: Net, key: str, places: Mapping[str, int]) -> Flow | None:
    """A transition to the one step a step leads on to. That one must not hold more tokens than this one, so
    that too many here are seen there."""
    node = net.nodes[key]
    flows = net.outgoing(key)
    if node.kind not in WAITING or not flows or not _goes_on_once(node, flows):
        return None
    targets = {_next_wait(net, flow) for flow in flows}
    target = targets.pop()
    if targets or target is None or target == key or places[target] > places[key]:
        return None
    return flows[0]


def _goes_on_once(node: Node, flows: tuple[Flow, ...]) -> bool:
    """Whether every answer ends the step and takes exactly one transition."""
    answers: list[str | None] = [outcome.key for outcome in node.outcomes]
    if node.kind in (Kind.TIMER, Kind.ACTION) or not answers:
        answers.append(None)
    taken = [flow.outcome for flow in flows]
    return sorted(map(str, taken)) == sorted(map(str, answers)) and all(
        outcome.interrupting or not outcome.is_clock for outcome in node.outcomes
    )


def _next_wait(net: Net, flow: Flow) -> str | None:
    """The waiting step a transition leads to, gateways with one way out looked through."""
    seen: set[str] = set()
    while flow.target not in seen:
        seen.add(flow.target)
        node, onward = net.nodes[flow.target], net.outgoing(flow.target)
        if node.kind in WAITING:
            return node.key
        if node.kind is not Kind.EXCLUSIVE or len(onward) != 1 or onward[0].conditions:
            return None
        flow = onward[0]
    return None


def _without_wait(net: Net, key: str, flow: Flow) -> Net:
    nodes = {**net.nodes, key: Node(key, Kind.EXCLUSIVE, (), net.nodes[key].position)}
    flows = {one.id: one for one in net.flows.values() if one.source != key or one.id == flow.id}
    flows[flow.id] = Flow(flow.id, key, flow.target, position=flow.position)
    return Net(nodes, flows)
