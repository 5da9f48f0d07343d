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
from processes.models.startschedule import ScheduledCase, StartSchedule
from processes.models.textrevision import AppendOnlyError, TextRevision

__all__ = [
    "AppendOnlyError",
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
    "ScheduledCase",
    "StartSchedule",
    "Step",
    "StepField",
    "TextRevision",
    "Transition",
    "Urgency",
]
