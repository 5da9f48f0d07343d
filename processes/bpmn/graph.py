"""The process being read: steps and transitions that later passes still change. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from processes.bpmn.model import BpmnFlow, BpmnNode, Fault, Timer


@dataclass(eq=False, slots=True)
class Boundary:
    """An event at the border of a step."""

    id: str
    host: str
    event: str
    name: str
    is_interrupting: bool
    timer: Timer
    line: int


@dataclass(eq=False, slots=True)
class Draft:
    """Everything of one process. `defaults` = transition for "otherwise" by step; `subprocesses` = those to
    be set in, inner ones first: id, id of the start, ids of all steps inside."""

    nodes: dict[str, BpmnNode] = field(default_factory=dict)
    flows: dict[str, BpmnFlow] = field(default_factory=dict)
    boundaries: list[Boundary] = field(default_factory=list)
    event_gateways: list[str] = field(default_factory=list)
    defaults: dict[str, str] = field(default_factory=dict)
    subprocesses: list[tuple[str, str, list[str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def outgoing(self, id_: str) -> list[BpmnFlow]:
        """Transitions that leave a step or a boundary event, in the order of the file."""
        return [flow for flow in self.flows.values() if flow.source == id_]

    def incoming(self, id_: str) -> list[BpmnFlow]:
        """Transitions that enter a step."""
        return [flow for flow in self.flows.values() if flow.target == id_]

    def change(self, flow: BpmnFlow, **values: str | bool) -> None:
        """Replace a transition by a changed one."""
        self.flows[flow.id] = replace(flow, **values)  # type: ignore[arg-type]

    def take(self, node: BpmnNode) -> None:
        """Add a step; a second one of the same id is a fault."""
        if node.id in self.nodes:
            self.faults.append(fault_at("id_twice", node))
        self.nodes[node.id] = node

    def connect(self, source: str, target: str) -> None:
        """Add a transition that the file does not have."""
        id_ = f"{source}>{target}"
        self.flows[id_] = BpmnFlow(id_, source, target)

    def drop(self, ids: Iterable[str]) -> None:
        """Take steps out, transitions untouched."""
        for id_ in ids:
            del self.nodes[id_]


def fault_at(code: str, node: BpmnNode) -> Fault:
    """A fault or note about a step."""
    return Fault(code, node.line, node.element, node.id, node.name)
