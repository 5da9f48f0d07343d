"""Reads a BPMN 2.0 file: elements by namespace, whatever the prefix, whoever wrote it. Pure.

What cannot be taken over is named (type, id, name, line) and never ends in a crash. Embedded sub-processes
are set in where they stand; the passes of `folding` turn the rest into our words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from processes.bpmn import elements as bpmn
from processes.bpmn import folding
from processes.bpmn.graph import Boundary, Draft, fault_at
from processes.bpmn.model import BpmnFile, BpmnFlow, BpmnNode, BpmnProcess, Fault, Timer
from processes.bpmn.xmltree import Element, XmlError, parse
from processes.graph import Kind

DEFINITION = "EventDefinition"


def read(raw: bytes) -> BpmnFile:
    """Read a file. Never raises: what is wrong is in `faults`."""
    try:
        root = parse(raw)
    except XmlError as error:
        return BpmnFile(faults=(Fault(error.code, error.line),))
    if (root.uri, root.name) != (bpmn.MODEL, "definitions"):
        return BpmnFile(faults=(Fault("not_bpmn", root.line, root.name),))
    pools = dict(_pools(root))
    shared = {
        one.attributes.get("id", ""): one.name for one in root.children if one.name.endswith(DEFINITION)
    }
    processes = tuple(_Reading(one, shared).process(pools) for one in root.each("process"))
    faults = () if processes else (Fault("no_process", root.line),)
    return BpmnFile(processes, faults, tuple(_message_flows(root)))


def _pools(root: Element) -> Iterator[tuple[str, str]]:
    """Names of pools by the process they hold."""
    for collaboration in root.each("collaboration"):
        for pool in collaboration.each("participant"):
            if pool.attributes.get("processRef"):
                yield _local(pool.attributes["processRef"]), pool.attributes.get("name", "")


def _message_flows(root: Element) -> Iterator[Fault]:
    """One note for all messages between pools."""
    flows = [one for collaboration in root.each("collaboration") for one in collaboration.each("messageFlow")]
    if flows:
        yield Fault("message_flows", flows[0].line, "messageFlow", flows[0].attributes.get("id", ""))


def _local(reference: str) -> str:
    """An id out of a reference; some tools write a prefix before it."""
    return reference.rpartition(":")[2].strip()


class _Reading:
    """One process being read."""

    def __init__(self, element: Element, shared: Mapping[str, str]) -> None:
        self.element, self.shared = element, shared
        self.draft = Draft()
        self.lanes: dict[str, str] = {}
        self.unnamed = 0

    def process(self, pools: Mapping[str, str]) -> BpmnProcess:
        """Read it all, then fold it."""
        self._scope(self.element, "")
        folding.fold(self.draft)
        id_ = self._id(self.element)
        return BpmnProcess(
            id=id_,
            name=self.element.attributes.get("name", ""),
            pool=pools.get(id_, ""),
            line=self.element.line,
            nodes=tuple(self.draft.nodes.values()),
            flows=tuple(self.draft.flows.values()),
            faults=tuple(self.draft.faults),
            notes=tuple(self.draft.notes),
        )

    def _scope(self, scope: Element, lane: str) -> list[str]:
        """Read what stands directly in a process or sub-process; the ids of its steps."""
        self._read_lanes(scope)
        known = len(self.draft.nodes)
        for element in scope.children:
            if element.uri == bpmn.MODEL and element.name not in bpmn.SILENT:
                self._element(element, lane)
        ids = list(self.draft.nodes)[known:]
        self._join_links(scope, ids)
        return ids

    def _read_lanes(self, scope: Element) -> None:
        for lane_set in scope.each("laneSet", "childLaneSet"):
            for lane in lane_set.each("lane"):
                for reference in lane.each("flowNodeRef"):
                    self.lanes[_local(reference.text)] = lane.attributes.get("name", "")
                self._read_lanes(lane)

    def _element(self, element: Element, lane: str) -> None:
        name = element.name
        if name == bpmn.FLOW:
            self._flow(element)
        elif name in bpmn.ACTIVITIES:
            self._activity(element, bpmn.ACTIVITIES[name], lane)
        elif name in bpmn.GATEWAYS:
            self.draft.take(self._node(element, bpmn.GATEWAYS[name], lane))
        elif name == bpmn.EVENT_GATEWAY:
            self.draft.take(self._node(element, Kind.TASK, lane))
            self.draft.event_gateways.append(self._id(element))
        elif name in bpmn.EVENTS:
            self._event(element, lane)
        elif name == bpmn.BOUNDARY:
            self._boundary(element)
        elif name == bpmn.SUBPROCESS and element.attributes.get("triggeredByEvent") != "true":
            self._subprocess(element, lane)
        else:
            self._refuse(element, lane)

    def _refuse(self, element: Element, lane: str) -> None:
        """Name an element that cannot be taken over; it stays as a step, so that its neighbours fit."""
        node = self._node(element, Kind.ACTION, lane)
        self.draft.faults.append(fault_at("unsupported", node))
        if element.attributes.get("triggeredByEvent") != "true":
            self.draft.take(node)

    def _id(self, element: Element) -> str:
        if not element.attributes.get("id"):
            self.unnamed += 1
            element.attributes["id"] = f"{element.name}@{element.line}.{self.unnamed}"
        return element.attributes["id"]

    def _node(
        self, element: Element, kind: Kind, lane: str, type_: str = "", *, is_waiting: bool = False
    ) -> BpmnNode:
        id_ = self._id(element)
        documentation = element.first("documentation")
        if element.attributes.get("default"):
            self.draft.defaults[id_] = _local(element.attributes["default"])
        return BpmnNode(
            id=id_,
            kind=kind,
            name=element.attributes.get("name", ""),
            element=type_ or element.name,
            lane=self.lanes.get(id_, lane),
            line=element.line,
            text=documentation.text if documentation else "",
            loop=self._loop(element),
            called=_local(element.attributes.get("calledElement", "")),
            is_waiting=is_waiting,
            timer=_timer(element),
        )

    def _loop(self, element: Element) -> str:
        several = element.first("multiInstanceLoopCharacteristics")
        if several is None:
            return ""
        return "sequential" if several.attributes.get("isSequential") == "true" else "parallel"

    def _flow(self, element: Element) -> None:
        condition = element.first("conditionExpression")
        ends = (
            _local(element.attributes.get("sourceRef", "")),
            _local(element.attributes.get("targetRef", "")),
        )
        flow = BpmnFlow(
            self._id(element),
            *ends,
            name=element.attributes.get("name", ""),
            condition=(condition.text or "?") if condition is not None else "",
            line=element.line,
        )
        if flow.id in self.draft.flows:
            self.draft.faults.append(Fault("id_twice", flow.line, element.name, flow.id, flow.name))
        self.draft.flows[flow.id] = flow

    def _activity(self, element: Element, kind: Kind, lane: str) -> None:
        node = self._node(element, kind, lane, is_waiting=element.name == "receiveTask")
        self.draft.take(node)
        self._note_loss(node)
        if element.first("standardLoopCharacteristics") is not None:
            self.draft.faults.append(
                Fault("unsupported_loop", node.line, "standardLoopCharacteristics", node.id)
            )
        if element.attributes.get("isForCompensation") == "true":
            self.draft.faults.append(fault_at("unsupported_compensation", node))

    def _note_loss(self, node: BpmnNode) -> None:
        if node.element in bpmn.LOSSES:
            self.draft.notes.append(fault_at(bpmn.LOSSES[node.element], node))

    def _event_kinds(self, element: Element) -> list[str]:
        """What an event waits for or does: names of its definitions, `none` if there are none."""
        own = [
            one.name for one in element.children if one.uri == bpmn.MODEL and one.name.endswith(DEFINITION)
        ]
        named = [self.shared.get(_local(one.text), "ref") for one in element.each("eventDefinitionRef")]
        return [name.removesuffix(DEFINITION) for name in (*own, *named)] or ["none"]

    def _event(self, element: Element, lane: str) -> None:
        kinds = self._event_kinds(element)
        type_ = f"{element.name}:{kinds[0]}"
        kind = bpmn.EVENTS[element.name].get(kinds[0])
        is_waiting = kind is Kind.TASK
        node = self._node(element, kind or Kind.ACTION, lane, type_, is_waiting=is_waiting)
        self.draft.take(node)
        if kind is None or len(kinds) > 1:
            self.draft.faults.append(fault_at("unsupported" if kind is None else "several_events", node))
        self._note_loss(node)

    def _boundary(self, element: Element) -> None:
        kinds = self._event_kinds(element)
        event = kinds[0] if len(kinds) == 1 else "several"
        self.draft.boundaries.append(
            Boundary(
                self._id(element),
                _local(element.attributes.get("attachedToRef", "")),
                event,
                element.attributes.get("name", ""),
                element.attributes.get("cancelActivity") != "false",
                _timer(element),
                element.line,
            )
        )

    # -- links and sub-processes ---------------------------------------------------------------------------

    def _join_links(self, scope: Element, ids: list[str]) -> None:
        """Connect each throwing link with the one catching link of its name in the same scope."""
        thrown, caught = dict[str, str](), dict[str, list[str]]()
        for element in scope.each("intermediateThrowEvent", "intermediateCatchEvent"):
            link = element.first("linkEventDefinition")
            if link is not None and self._id(element) in ids:
                name = link.attributes.get("name") or element.attributes.get("name", "")
                if element.name == "intermediateThrowEvent":
                    thrown[self._id(element)] = name
                else:
                    caught.setdefault(name, []).append(self._id(element))
        for id_, name in thrown.items():
            if name and len(caught.get(name, ())) == 1:
                self.draft.connect(id_, caught[name][0])
        for id_, name in [*thrown.items(), *((one, name) for name, some in caught.items() for one in some)]:
            if not name or len(caught.get(name, ())) != 1 or name not in thrown.values():
                self.draft.faults.append(fault_at("link_missing", self.draft.nodes[id_]))

    def _subprocess(self, element: Element, lane: str) -> None:
        node = self._node(element, Kind.SUBPROCESS, lane)
        if not _has_content(element):
            self.draft.take(node)
            self.draft.notes.append(fault_at("empty_subprocess", node))
            self._refuse_loop(element, node)
            return
        self.draft.take(node)
        inner = self._scope(element, node.lane)
        starts = self._starts(inner)
        terminating = any(self.draft.nodes[id_].kind is Kind.TERMINATE for id_ in inner)
        self._refuse_loop(element, node)
        if len(starts) != 1:
            self.draft.faults.append(fault_at("subprocess_starts", node))
        elif terminating:
            self.draft.faults.append(fault_at("subprocess_terminate", node))
        else:
            self.draft.subprocesses.append((node.id, starts[0], inner))
            return
        self._forget(inner)

    def _starts(self, inner: list[str]) -> list[str]:
        """Where a sub-process begins: its start events or, without any, the steps nothing leads to."""
        nodes = [self.draft.nodes[id_] for id_ in inner]
        starts = [node.id for node in nodes if node.kind is Kind.START]
        entered = {flow.target for flow in self.draft.flows.values()}
        return starts or [node.id for node in nodes if node.id not in entered and node.kind is not Kind.END]

    def _refuse_loop(self, element: Element, node: BpmnNode) -> None:
        """A sub-process that is repeated or done several times cannot be set in."""
        for name in ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics"):
            if element.first(name) is not None:
                self.draft.faults.append(Fault("unsupported_loop", node.line, name, node.id, node.name))

    def _forget(self, ids: list[str]) -> None:
        """Leave out what stands in a refused sub-process; the sub-process itself is named."""
        gone = set(ids)
        self.draft.drop(gone & set(self.draft.nodes))
        for flow in list(self.draft.flows.values()):
            if flow.source in gone or flow.target in gone:
                del self.draft.flows[flow.id]
        self.draft.boundaries[:] = [one for one in self.draft.boundaries if one.host not in gone]
        self.draft.event_gateways[:] = [one for one in self.draft.event_gateways if one not in gone]
        self.draft.subprocesses[:] = [one for one in self.draft.subprocesses if one[0] not in gone]


def _has_content(scope: Element) -> bool:
    return any(one.uri == bpmn.MODEL and one.name not in bpmn.SILENT for one in scope.children)


def _timer(element: Element) -> Timer:
    timer = element.first("timerEventDefinition")
    for name, kind in (("timeDuration", "duration"), ("timeDate", "date"), ("timeCycle", "cycle")):
        told = timer.first(name) if timer is not None else None
        if told is not None:
            return Timer(kind, told.text)
    return Timer()
