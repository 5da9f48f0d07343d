"""BPMN 2.0 files: what they say in our words, and what of it cannot be taken over. Pure."""

from processes.bpmn.model import BpmnFile, BpmnFlow, BpmnNode, BpmnOutcome, BpmnProcess, Fault, Timer
from processes.bpmn.nets import to_net
from processes.bpmn.reading import read
from processes.bpmn.reasons import REASONS

__all__ = [
    "REASONS",
    "BpmnFile",
    "BpmnFlow",
    "BpmnNode",
    "BpmnOutcome",
    "BpmnProcess",
    "Fault",
    "Timer",
    "read",
    "to_net",
]
