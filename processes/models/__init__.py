"""Definitions (what a process is) and instances (where a case stands)."""

from processes.models.deadline import DeadlineRule, EscalationLevel, EscalationPlan
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
from processes.models.draftvisit import DraftVisit
from processes.models.instance import (
    CaseAccess,
    NumberCounter,
    ProcessInstance,
    Urgency,
)
from processes.models.startschedule import StartSchedule

__all__ = [
    "CaseAccess",
    "ChecklistItem",
    "Condition",
    "DeadlineRule",
    "DraftVisit",
    "EscalationLevel",
    "EscalationPlan",
    "FormField",
    "NumberCounter",
    "Outcome",
    "ProcessDefinition",
    "ProcessInstance",
    "ProcessVersion",
    "PublishedVersionError",
    "StartSchedule",
    "Step",
    "StepField",
    "Transition",
    "Urgency",
]
