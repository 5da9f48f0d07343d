"""The engine's net of a BPMN process, for the model check. Pure.

What a condition says is only text in such a file; every condition is a free choice here. A way without one
out of a choice is a free choice too, unless it is the default.
"""

from __future__ import annotations

from processes.bpmn.folding import AFTER
from processes.bpmn.model import BpmnFlow, BpmnNode, BpmnProcess
from processes.comparisons import Condition
from processes.graph import Flow, Kind, Net, Node, Outcome

CHOOSING = frozenset({Kind.EXCLUSIVE, Kind.INCLUSIVE})


def to_net(process: BpmnProcess) -> Net:
    """The net; complete as far as the process is (`is_complete`). Raises NetError if an id stands twice."""
    kinds = {node.id: node.kind for node in process.nodes}
    ways: dict[str, int] = {}
    for flow in process.flows:
        ways[flow.source] = ways.get(flow.source, 0) + 1
    nodes = [_node(node, place) for place, node in enumerate(process.nodes)]
    flows = [
        _flow(flow, place, kinds[flow.source] in CHOOSING and ways[flow.source] > 1)
        for place, flow in enumerate(process.flows)
    ]
    return Net.build(nodes, flows)


def _node(node: BpmnNode, position: int) -> Node:
    outcomes = tuple(
        Outcome(one.key, is_clock=one.is_clock, interrupting=one.is_interrupting) for one in node.outcomes
    )
    return Node(node.id, node.kind, outcomes, position)


def _flow(flow: BpmnFlow, position: int, is_choice: bool) -> Flow:
    asks = is_choice and not flow.is_default and not flow.source.endswith(AFTER)
    return Flow(
        id=flow.id,
        source=flow.source,
        target=flow.target,
        outcome=flow.outcome or None,
        conditions=(Condition(flow.id, "is_true"),) if asks else (),
        is_default=flow.is_default,
        position=position,
    )
