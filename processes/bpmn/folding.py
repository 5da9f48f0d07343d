"""Turns what a BPMN file draws into our words, pass by pass: sub-processes are set in, timers at a border
become outcomes of the clock, gateways that wait for events become waiting tasks, and a task followed by a
choice that only has names becomes a task with outcomes (design.md §3). Pure.
"""

from __future__ import annotations

from dataclasses import replace

from processes.bpmn import elements as bpmn
from processes.bpmn.graph import Boundary, Draft, fault_at
from processes.bpmn.model import BpmnFlow, BpmnNode, BpmnOutcome, Fault
from processes.graph import WAITING, Kind

DONE = "done"
"""The outcome of a step that just goes on."""
FAILED = "failed"
AFTER, CHOICE = "#end", "#choice"
"""Marks of gateways that the file does not have."""


def fold(draft: Draft) -> None:
    """All passes, in order."""
    _mark_defaults(draft)
    _check_flows(draft)
    for sub, start, inner in draft.subprocesses:
        _set_in(draft, draft.nodes[sub], start, inner)
    for boundary in draft.boundaries:
        _fold_boundary(draft, boundary)
    for id_ in draft.event_gateways:
        _fold_event_gateway(draft, draft.nodes[id_])
    for each in (_split_conditional, _name_outcome, _fold_choice, _judge_choice):
        for node in list(draft.nodes.values()):
            each(draft, node)


def _mark_defaults(draft: Draft) -> None:
    for source, id_ in draft.defaults.items():
        flow = draft.flows.get(id_)
        if flow is not None and flow.source == source:
            draft.change(flow, is_default=True)


def _check_flows(draft: Draft) -> None:
    """Leave out arrows that hang in the air; what they should lead to will be missed by the model check."""
    borders = {boundary.id for boundary in draft.boundaries}
    for flow in list(draft.flows.values()):
        if not {flow.source, flow.target} <= borders | set(draft.nodes) or flow.target in borders:
            draft.notes.append(Fault("flow_end_missing", flow.line, bpmn.FLOW, flow.id, flow.name))
            del draft.flows[flow.id]


def _set_in(draft: Draft, sub: BpmnNode, start: str, inner: list[str]) -> None:
    """Set a sub-process in: its own place is the way in; behind its ends a gateway waits for all that is
    still at work inside, as the sub-process would."""
    if any(boundary.host == sub.id for boundary in draft.boundaries):
        draft.faults.append(fault_at("subprocess_boundary", sub))
    after = BpmnNode(sub.id + AFTER, Kind.INCLUSIVE, sub.name, sub.element, sub.lane, sub.line)
    draft.nodes[after.id] = after
    for flow in draft.outgoing(sub.id):
        draft.change(flow, source=after.id)
    ends = [id_ for id_ in inner if draft.nodes[id_].kind is Kind.END]
    for flow in [flow for end in ends for flow in draft.incoming(end)]:
        draft.change(flow, target=after.id)
    draft.drop(ends)
    for id_ in inner:
        if id_ in draft.nodes and not draft.outgoing(id_):
            draft.connect(id_, after.id)
    draft.connect(sub.id, start)
    draft.nodes[sub.id] = replace(sub, kind=Kind.EXCLUSIVE)
    if draft.nodes[start].kind is Kind.START:
        draft.nodes[start] = replace(draft.nodes[start], kind=Kind.PARALLEL)


def _fold_boundary(draft: Draft, boundary: Boundary) -> None:
    """A timer at a step is an outcome of the clock; an error at an automatic step is its outcome "failed"."""
    host = draft.nodes.get(boundary.host)
    outcome = _border_outcome(boundary, host)
    if host is not None and outcome is not None:
        draft.nodes[host.id] = replace(host, outcomes=(*host.outcomes, outcome))
        for flow in draft.outgoing(boundary.id):
            draft.change(flow, source=host.id, outcome=outcome.key)
        return
    missing = host is None or host.kind not in WAITING
    code = "boundary_host" if missing and not _is_set_in(draft, boundary.host) else "unsupported"
    element = f"{bpmn.BOUNDARY}:{boundary.event}"
    draft.faults.append(Fault(code, boundary.line, element, boundary.id, boundary.name))
    for flow in draft.outgoing(boundary.id):
        del draft.flows[flow.id]


def _is_set_in(draft: Draft, id_: str) -> bool:
    return any(sub == id_ for sub, _start, _inner in draft.subprocesses)


def _border_outcome(boundary: Boundary, host: BpmnNode | None) -> BpmnOutcome | None:
    if host is None or host.kind not in WAITING:
        return None
    if boundary.event == "timer":
        return BpmnOutcome(boundary.id, boundary.name, True, boundary.is_interrupting, boundary.timer)
    if boundary.event == "error" and host.kind is Kind.ACTION:
        return BpmnOutcome(FAILED, boundary.name)
    return None


def _fold_event_gateway(draft: Draft, gateway: BpmnNode) -> None:
    """A gateway that waits for the first of several events is a task: a message is an outcome somebody
    chooses, a timer one of the clock."""
    flows = draft.outgoing(gateway.id)
    events = [draft.nodes[flow.target] for flow in flows]
    fits = len(flows) > 1 and all(
        _is_awaited(draft, event) and not flow.condition for flow, event in zip(flows, events, strict=True)
    )
    if not fits:
        draft.faults.append(fault_at("event_gateway", gateway))
        return
    outcomes = []
    for flow, event in zip(flows, events, strict=True):
        is_clock = event.kind is Kind.TIMER
        outcomes.append(BpmnOutcome(event.id, event.name, is_clock, True, event.timer))
        del draft.flows[flow.id]
        for onward in draft.outgoing(event.id):
            draft.change(onward, source=gateway.id, outcome=event.id)
    draft.drop(event.id for event in events)
    draft.nodes[gateway.id] = replace(gateway, is_waiting=True, outcomes=tuple(outcomes))


def _is_awaited(draft: Draft, event: BpmnNode) -> bool:
    is_event = event.is_waiting or event.kind is Kind.TIMER
    return is_event and not event.outcomes and len(draft.incoming(event.id)) == 1


def _split_conditional(draft: Draft, node: BpmnNode) -> None:
    """Arrows with conditions out of a step mean: every way whose condition holds."""
    if node.kind not in WAITING:
        return
    flows = [flow for flow in draft.outgoing(node.id) if not flow.outcome]
    if len(flows) > 1 and any(flow.condition or flow.is_default for flow in flows):
        gateway = BpmnNode(node.id + CHOICE, Kind.INCLUSIVE, "", node.element, node.lane, node.line)
        draft.nodes[gateway.id] = gateway
        for flow in flows:
            draft.change(flow, source=gateway.id)
        draft.connect(node.id, gateway.id)


def _name_outcome(draft: Draft, node: BpmnNode) -> None:
    """A task goes on by outcomes only, a called process by the ends it reaches."""
    flows = [flow for flow in draft.outgoing(node.id) if not flow.outcome]
    has_outcomes = any(not outcome.is_clock for outcome in node.outcomes)
    if node.kind not in (Kind.TASK, Kind.SUBPROCESS) or (has_outcomes and not flows):
        return
    draft.nodes[node.id] = replace(node, outcomes=(BpmnOutcome(DONE), *node.outcomes))
    for flow in flows:
        draft.change(flow, outcome=DONE)


def _fold_choice(draft: Draft, node: BpmnNode) -> None:
    """A person's task and the choice right behind it, whose ways carry names only, are one."""
    flows = [flow for flow in draft.outgoing(node.id) if flow.outcome == DONE]
    if node.element not in bpmn.HUMAN or node.loop or len(flows) != 1:
        return
    gateway = draft.nodes[flows[0].target]
    ways = draft.outgoing(gateway.id)
    is_choice = gateway.kind is Kind.EXCLUSIVE and gateway.element == "exclusiveGateway"
    if not is_choice or len(draft.incoming(gateway.id)) != 1 or not _are_names_only(ways):
        return
    del draft.flows[flows[0].id]
    draft.drop([gateway.id])
    outcomes = tuple(BpmnOutcome(way.id, way.name) for way in ways)
    clocks = tuple(outcome for outcome in node.outcomes if outcome.is_clock)
    draft.nodes[node.id] = replace(node, outcomes=(*outcomes, *clocks))
    for way in ways:
        draft.change(way, source=node.id, outcome=way.id, is_default=False)


def _are_names_only(ways: list[BpmnFlow]) -> bool:
    return len(ways) > 1 and all(way.name.strip() and not way.condition for way in ways)


def _judge_choice(draft: Draft, node: BpmnNode) -> None:
    """Note ways out of a choice of which it is not said when they are taken. Where that is so for all, the
    last one stands for "otherwise"."""
    ways = draft.outgoing(node.id)
    if node.kind not in (Kind.EXCLUSIVE, Kind.INCLUSIVE) or len(ways) < 2 or node.id.endswith(AFTER):
        return
    for way in ways:
        if not way.is_default:
            code = "condition_text" if way.condition else "condition_missing"
            draft.notes.append(Fault(code, way.line, bpmn.FLOW, way.id, way.name))
    if not any(way.condition or way.is_default for way in ways) and node.kind is Kind.EXCLUSIVE:
        draft.change(ways[-1], is_default=True)
