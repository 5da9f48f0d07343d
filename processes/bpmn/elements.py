"""Which element of BPMN 2.0 becomes what; everything not named here is refused by name. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from processes.graph import Kind

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"

ACTIVITIES: Mapping[str, Kind] = {
    "task": Kind.TASK,
    "userTask": Kind.TASK,
    "manualTask": Kind.TASK,
    "receiveTask": Kind.TASK,
    "serviceTask": Kind.ACTION,
    "sendTask": Kind.ACTION,
    "scriptTask": Kind.ACTION,
    "businessRuleTask": Kind.ACTION,
    "callActivity": Kind.SUBPROCESS,
}
GATEWAYS: Mapping[str, Kind] = {
    "exclusiveGateway": Kind.EXCLUSIVE,
    "parallelGateway": Kind.PARALLEL,
    "inclusiveGateway": Kind.INCLUSIVE,
}
EVENT_GATEWAY = "eventBasedGateway"
EVENTS: Mapping[str, Mapping[str, Kind]] = {
    "startEvent": {
        "none": Kind.START,
        "message": Kind.START,
        "timer": Kind.START,
        "signal": Kind.START,
        "conditional": Kind.START,
    },
    "endEvent": {
        "none": Kind.END,
        "message": Kind.END,
        "signal": Kind.END,
        "escalation": Kind.END,
        "terminate": Kind.TERMINATE,
    },
    "intermediateThrowEvent": {
        "none": Kind.ACTION,
        "message": Kind.ACTION,
        "signal": Kind.ACTION,
        "link": Kind.EXCLUSIVE,
    },
    "intermediateCatchEvent": {
        "timer": Kind.TIMER,
        "message": Kind.TASK,
        "signal": Kind.TASK,
        "link": Kind.EXCLUSIVE,
    },
}
BOUNDARY = "boundaryEvent"
SUBPROCESS = "subProcess"
FLOW = "sequenceFlow"
HUMAN = frozenset({"task", "userTask", "manualTask"})

LOSSES: Mapping[str, str] = {
    "startEvent:message": "start_by_hand",
    "startEvent:timer": "start_by_hand",
    "startEvent:signal": "start_by_hand",
    "startEvent:conditional": "start_by_hand",
    "endEvent:message": "nothing_sent",
    "endEvent:signal": "nothing_sent",
    "endEvent:escalation": "nothing_sent",
    "intermediateThrowEvent:signal": "nothing_sent",
    "intermediateThrowEvent:none": "does_nothing",
    "intermediateCatchEvent:signal": "wait_by_hand",
    "intermediateCatchEvent:message": "wait_by_hand",
    "receiveTask": "wait_by_hand",
}
"""Elements that are taken over with a loss, and the note that says which."""

SILENT = frozenset(
    {
        "documentation",
        "extensionElements",
        "laneSet",
        "ioSpecification",
        "property",
        "dataObject",
        "dataObjectReference",
        "dataStoreReference",
        "dataInputAssociation",
        "dataOutputAssociation",
        "association",
        "textAnnotation",
        "group",
        "auditing",
        "monitoring",
        "supports",
        "correlationSubscription",
        "resourceRole",
        "performer",
        "humanPerformer",
        "potentialOwner",
        "incoming",
        "outgoing",
        "multiInstanceLoopCharacteristics",
        "standardLoopCharacteristics",
        "artifact",
    }
)
"""Parts of a process that are no step and no transition."""
