"""Tasks and everything that hangs on them: checks, history, values, clocks, messages, work for workers."""

from tasks.models.clock import Clock, Heartbeat, LevelFired, Standstill, StandstillExtension
from tasks.models.files import CaseFile
from tasks.models.history import (
    AppendOnlyError,
    EventPayload,
    FieldValue,
    Participant,
    ProcessEvent,
)
from tasks.models.links import InteractionLink
from tasks.models.outbox import Incident, Job, Notification
from tasks.models.task import NEVER, Holder, Task, TaskCheck, TaskGroup, TaskQuerySet

__all__ = [
    "NEVER",
    "AppendOnlyError",
    "CaseFile",
    "Clock",
    "EventPayload",
    "FieldValue",
    "Heartbeat",
    "Holder",
    "Incident",
    "InteractionLink",
    "Job",
    "LevelFired",
    "Notification",
    "Participant",
    "ProcessEvent",
    "Standstill",
    "StandstillExtension",
    "Task",
    "TaskCheck",
    "TaskGroup",
    "TaskQuerySet",
]
