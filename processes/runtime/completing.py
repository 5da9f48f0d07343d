"""Ending a task: the gates a person passes, and what the outcome leads to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from people.models import User
from people.scope import Principal
from processes import casework, engine, policy
from processes.casework import Casework, approvals, moving, repeated, values
from processes.compiledversion import OutcomeInfo, StepInfo
from processes.errors import ChecklistOpen, FieldMissing, NoteMissing, ProcessError, UnknownOutcome
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.opening import clean, demand, open_case
from processes.runtime.standstill import reports_refusals
from tasks import events
from tasks.clocks import schedule
from tasks.models import Task


@dataclass(frozen=True, slots=True)
class Completion:
    """What completing a task led to."""

    task: Task
    instance: ProcessInstance
    new_tasks: tuple[Task, ...] = field(default_factory=tuple)
    is_repeat: bool = False


@reports_refusals
@one_transaction
def complete_task(
    task: Task,
    *,
    outcome: str,
    by: Principal | User,
    data: Mapping[str, Any] | None = None,
    read: Mapping[str, int] | None = None,
    note: str = "",
    expected_version: int | None = None,
    key: str = "",
    at: dt.datetime | None = None,
) -> Completion:
    """End a task with an outcome; the outcome decides which tasks come next.

    `data` = raw values of the form (what is not in it comes from the draft), `read` = the versions of the
    fields as shown, `key` = idempotency key: the same key gives the same completion again. Gates judged under
    the lock: case running, task open and as shown, whose it is, four eyes, outcome, checklist, reason, void
    approvals, required fields. A task of a vote moves on when its vote decides. Raises NotRunning, TaskEnded,
    StaleError, NotAllowed, FourEyes, AlreadyVoted, UnknownOutcome, ChecklistOpen, ApprovalVoid, FieldMissing,
    FieldChanged, NoteMissing, NoWayOn; of checklist, reason and fields the first, with the others in `also`.
    """
    work = open_case(task.instance_id, task.root_id, by, at)
    step = work.version.steps[task.step_key]
    row = casework.read_task(task.pk, step.mandatory_item_ids)
    if key and row.completion_key == key:
        return Completion(row, work.instance, is_repeat=True)
    casework.demand_open(row, expected_version)
    work.demand_running()
    chosen, entered = _choose(work, step, row, outcome), {**row.draft, **(data or {})}
    _demand_complete(work, step, row, chosen, note, entered, read)
    if work.scope is not None:
        approvals.demand_valid(work, step, chosen.key)
    changes = values.take_values(work, step, entered, read=read)
    _end(work, row, chosen.key, key)
    if chosen.is_approval:
        approvals.settle(work, step.key)
    facts = {"step": step.key, "outcome": chosen.key, "visit": row.visit, "fields": sorted(changes)}
    made = _move_on(work, step, row, facts, {"note": clean(note), "values": changes})
    work.close()
    return Completion(row, work.instance, tuple(made))


def _move_on(
    work: Casework, step: StepInfo, row: Task, facts: dict[str, Any], personal: dict[str, Any]
) -> list[Task]:
    """The outcome moves the token; a vote moves it only if it decides."""
    if step.config.repeat is None:
        event = engine.Chosen(row.outcome_key)
        return moving.advance(
            work, row.token_id, event, events.Kind.COMPLETED, task=row, facts=facts, personal=personal
        )
    work.record(events.Kind.COMPLETED, task=row, facts={**facts, "voice": row.mi_index}, personal=personal)
    made = repeated.after_vote(work, step, row)
    moving.settle(work)
    return made


def _choose(work: Casework, step: StepInfo, row: Task, outcome_key: str) -> OutcomeInfo:
    if work.scope is not None:
        demand(policy.may_work(work.scope, row))
        work.demand_apart(row, work.by.person_ids)
    chosen = step.outcome(outcome_key)
    if chosen is None or not chosen.is_choosable:
        raise UnknownOutcome
    return chosen


def _demand_complete(
    work: Casework,
    step: StepInfo,
    row: Task,
    chosen: OutcomeInfo,
    note: str,
    entered: Mapping[str, Any],
    read: Mapping[str, int] | None,
) -> None:
    """Refuse a task whose checklist or reason is missing, and say what its fields lack as well."""
    gaps: list[ProcessError] = []
    if step.mandatory_item_ids and getattr(row, "ticked", 0) < len(step.mandatory_item_ids):
        gaps.append(ChecklistOpen(items=_unticked(step, row)))
    if chosen.requires_note and not clean(note):
        gaps.append(NoteMissing())
    if not gaps:
        return
    try:
        values.read_values(work, step, entered, read=read)
    except FieldMissing as error:
        gaps.append(error)
    first, *others = gaps
    first.also = tuple(others)
    raise first


def _unticked(step: StepInfo, row: Task) -> str:
    ticked = set(row.checks.filter(is_checked=True).values_list("item_id", flat=True))
    wanted = set(step.mandatory_item_ids) - ticked
    return ", ".join(item.text for item in step.checklist if item.id in wanted)


def _end(work: Casework, row: Task, outcome_key: str, key: str) -> None:
    row.complete(outcome=outcome_key, by=work.by.user, acting_for=work.by.acting_for, at=work.at)
    row.completion_key = key
    row.draft = {}
    row.wake_at = None
    row.lock_version += 1
    row.save(
        update_fields=[
            "state",
            "outcome_key",
            "completed_by",
            "completed_for",
            "ended_at",
            "completion_key",
            "draft",
            "wake_at",
            "lock_version",
        ]
    )
    if work.version.steps[row.step_key].deadlines or row.follow_up_at is not None:
        schedule.stop([row.pk])
