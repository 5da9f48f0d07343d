"""Definitions (what a process is) and instances (where a case stands)."""

from processes.models.definition import (
    ChecklistItem,
    Condition,
    FormField,
    Outcome,
    ProcessDefinition,
    ProcessVersion,
    PublishedVersionError,
    Step,
    StepField,
    Transition,
)
from processes.models.instance import (
    CaseAccess,
    NumberCounter,
    ProcessInstance,
    Urgency,
)

__all__ = [
    "CaseAccess",
    "ChecklistItem",
    "Condition",
    "FormField",
    "NumberCounter",
    "Outcome",
    "ProcessDefinition",
    "ProcessInstance",
    "ProcessVersion",
    "PublishedVersionError",
    "Step",
    "StepField",
    "Transition",
    "Urgency",
]
