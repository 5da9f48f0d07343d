"""The one writer of running cases: every door that changes a case or a task goes through these functions.

Each opens one transaction, locks the root row first, re-reads, judges, writes, and appends its events in the
same transaction. `by` is a Principal (or a user), `at` a moment (default: the database's clock). All raise
subclasses of `ProcessError` and then have written nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, connection
from django.utils import timezone

from customers.models import Customer
from people.models import Team, User
from people.scope import Principal, principal
from processes import casework, engine, nets, numbers, policy
from processes.casework import Casework
from processes.errors import (
    AlreadyClaimed,
    ChecklistOpen,
    NotAllowed,
    NoteMissing,
    NotRunning,
    NotStartable,
    NotSuitable,
    NoWayOn,
    ProcessError,
    ReasonMissing,
    StaleError,
    UnknownItem,
    UnknownOutcome,
)
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion, Urgency
from processes.nets import ItemInfo, OutcomeInfo, StepInfo
from processes.retry import one_transaction
from tasks import events, schedule
from tasks.models import Participant, Task, TaskCheck

LONGEST_NOTE = 10_000
"""Characters of a comment, note or reason."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What completing a task led to."""

    task: Task
    instance: ProcessInstance
    new_tasks: tuple[Task, ...] = field(default_factory=tuple)
    is_repeat: bool = False


# -- cases ---------------------------------------------------------------------------------------------------


def start(
    process: ProcessDefinition | ProcessVersion,
    *,
    by: Principal | User,
    title: str = "",
    data: Mapping[str, Any] | None = None,
    customer: Customer | None = None,
    urgency: int = Urgency.NORMAL,
    key: str | None = None,
    at: dt.datetime | None = None,
) -> ProcessInstance:
    """Start a case and its first tasks.

    `data` = raw values of the start form. `key` = idempotency key: the same key gives the same case again.
    Raises NotStartable, NotAllowed, FieldMissing, NoWayOn.
    """
    who = principal(by)
    repeat = _started_before(key, who)
    if repeat is not None:
        return repeat
    try:
        return _start(process, who, title, data or {}, customer, urgency, key, at)
    except IntegrityError:
        repeat = _started_before(key, who)
        if repeat is None:
            raise
        return repeat


def _started_before(key: str | None, who: Principal) -> ProcessInstance | None:
    if not key:
        return None
    known = ProcessInstance.objects.filter(idempotency_key=key).first()
    if known is not None and who.user is not None and known.started_by_id != who.user.pk:
        raise StaleError
    return known


@one_transaction
def _start(
    process: ProcessDefinition | ProcessVersion,
    who: Principal,
    title: str,
    data: Mapping[str, Any],
    customer: Customer | None,
    urgency: int,
    key: str | None,
    at: dt.datetime | None,
) -> ProcessInstance:
    version = process if isinstance(process, ProcessVersion) else process.published
    definition = version.definition if version else process
    if version is None or version.state != ProcessVersion.State.PUBLISHED:
        raise NotStartable(process=definition)
    if who.user is not None and not policy.may_start(who.user, definition):
        raise NotAllowed
    work = _new_case(version, who, _clean(title)[:200], customer, urgency, key, at or database_now())
    step = work.version.start
    changes = work.take_values(step, data)
    try:
        moves = engine.begin(work.version.net, work.instance.data)
    except engine.EngineError as error:
        raise NoWayOn from error
    made = work.follow(moves)
    work.record(
        events.Kind.STARTED,
        facts={
            "version": version.pk,
            "customer": customer.pk if customer else None,
            "moves": casework.token_facts(moves, made),
        },
        personal={"title": work.instance.title, "values": {k: new for k, (_, new) in changes.items()}},
    )
    work.finish_if_over(moves)
    work.instance.number = numbers.take(definition.number_pattern, work.at)
    work.close()
    return work.instance


def _new_case(
    version: ProcessVersion,
    who: Principal,
    title: str,
    customer: Customer | None,
    urgency: int,
    key: str | None,
    at: dt.datetime,
) -> Casework:
    definition = version.definition
    instance = ProcessInstance.objects.create(
        number=casework.placeholder_number(),
        title=title,
        definition=definition,
        version=version,
        urgency=urgency,
        customer=customer,
        started_by=who.user,
        started_at=at,
        idempotency_key=key or None,
        is_public=definition.visibility == ProcessDefinition.Visibility.EVERYONE,
        is_confidential=definition.is_confidential,
    )
    instance.root = instance
    work = Casework(instance=instance, by=who, at=at, version=nets.compiled(version.pk))
    if definition.visibility == ProcessDefinition.Visibility.TEAM:
        work.grant(team_id=definition.owner_team_id)
    if who.user is not None:
        work.grant(user_id=who.user.pk)
    if definition.owner_id is not None:
        work.grant(user_id=definition.owner_id)
    if customer is not None:
        Participant.objects.create(instance=instance, customer=customer)
    return work


@one_transaction
def cancel(
    instance: ProcessInstance, *, by: Principal | User, reason: str, at: dt.datetime | None = None
) -> ProcessInstance:
    """Stop a case for good: all its tokens and open tasks go.

    Raises NotAllowed, ReasonMissing, NotRunning.
    """
    work = _manage(instance, by, reason, at)
    if not work.instance.is_live:
        raise NotRunning(number=work.instance.number)
    moves = engine.cancel_all(work.marking)
    work.follow(moves)
    work.instance.cancel(at=work.at)
    work.record(
        events.Kind.CANCELLED,
        facts={"moves": casework.token_facts(moves, [])},
        personal={"reason": _clean(reason)},
    )
    work.close()
    return work.instance


@one_transaction
def suspend(
    instance: ProcessInstance, *, by: Principal | User, reason: str, at: dt.datetime | None = None
) -> ProcessInstance:
    """Stop the case and its clocks until it is resumed. Raises NotAllowed, ReasonMissing, NotRunning."""
    work = _manage(instance, by, reason, at)
    work.demand_running()
    work.instance.suspend()
    schedule.pause(work.instance.pk, at=work.at)
    work.record(events.Kind.SUSPENDED, personal={"reason": _clean(reason)})
    work.close()
    return work.instance


@one_transaction
def resume(
    instance: ProcessInstance, *, by: Principal | User, at: dt.datetime | None = None
) -> ProcessInstance:
    """Go on with a suspended case; deadlines move by the working time they still had.

    Raises NotAllowed, StaleError.
    """
    work = _open(instance.pk, instance.root_id, by, at)
    _demand(work.scope is None or policy.may_manage(work.scope, work.instance))
    if work.instance.state != ProcessInstance.State.SUSPENDED:
        raise StaleError
    work.instance.resume()
    schedule.resume(work.instance.pk, at=work.at)
    work.record(events.Kind.RESUMED)
    work.close()
    return work.instance


def _manage(instance: ProcessInstance, by: Principal | User, reason: str, at: dt.datetime | None) -> Casework:
    work = _open(instance.pk, instance.root_id, by, at)
    _demand(work.scope is None or policy.may_manage(work.scope, work.instance))
    if not _clean(reason):
        raise ReasonMissing
    return work


@one_transaction
def comment(
    instance: ProcessInstance,
    text: str,
    *,
    by: Principal | User,
    task: Task | None = None,
    at: dt.datetime | None = None,
) -> None:
    """Add an internal comment to a case (also an ended one). Raises NotAllowed, NoteMissing."""
    work = _open(instance.pk, instance.root_id, by, at)
    _demand(work.scope is None or policy.may_comment(work.scope, work.instance))
    if task is not None and task.instance_id != instance.pk:
        raise NotAllowed
    if not _clean(text):
        raise NoteMissing
    work.record(events.Kind.COMMENTED, task=task, personal={"text": _clean(text)})
    work.close()


# -- tasks ---------------------------------------------------------------------------------------------------


@one_transaction
def claim(task: Task, *, by: Principal | User, at: dt.datetime | None = None) -> Task:
    """Take a task over from the team's inbox. Claiming one's own task again changes nothing.

    Raises AlreadyClaimed, TaskEnded, NotAllowed, FourEyes, NotRunning.
    """
    work, row = _open_task(task, by, at)
    scope = work.scope
    if scope is None:
        raise NotAllowed
    if row.assignee_id == scope.user_id:
        return row
    if row.assignee is not None:
        raise AlreadyClaimed(person=row.assignee)
    _demand(policy.may_claim(scope, row))
    work.demand_apart(row, work.by.person_ids)
    _assign(work, row, user_id=scope.user_id, reason={"code": "claimed"})
    row.claimed_at = work.at
    row.save(update_fields=[*ASSIGNMENT_FIELDS, "claimed_at"])
    work.record(events.Kind.CLAIMED, task=row, facts={"step": row.step_key})
    work.close()
    return row


@one_transaction
def release(task: Task, *, by: Principal | User, at: dt.datetime | None = None) -> Task:
    """Give a task back to its team's inbox. Raises NotAllowed, TaskEnded, NotRunning."""
    work, row = _open_task(task, by, at)
    _demand(work.scope is None or policy.may_release(work.scope, row))
    former = row.assignee_id
    _assign(
        work, row, user_id=None, reason={"code": "released", "by": work.by.user.pk if work.by.user else None}
    )
    row.claimed_at = None
    row.save(update_fields=[*ASSIGNMENT_FIELDS, "claimed_at"])
    work.record(events.Kind.RELEASED, task=row, facts={"step": row.step_key, "from": former})
    work.close()
    return row


@one_transaction
def reassign(
    task: Task,
    *,
    to: User | Team,
    by: Principal | User,
    note: str = "",
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Task:
    """Pass a task on to a person or to a team's inbox; the person is told.

    Raises NotAllowed, NotSuitable, FourEyes, StaleError, TaskEnded, NotRunning.
    """
    work, row = _open_task(task, by, at, expected_version)
    _demand(work.scope is None or policy.may_reassign(work.scope, row))
    former = row.assignee_id
    reason = {"code": "reassigned", "by": work.by.user.pk if work.by.user else None}
    if isinstance(to, Team):
        _demand_team(row, to)
        row.team = to
        _assign(work, row, user_id=None, reason=reason)
    else:
        if not policy.may_receive(to, row):
            raise NotSuitable(person=to)
        work.demand_apart(row, frozenset({to.pk}))
        _assign(work, row, user_id=to.pk, reason=reason)
    row.save(update_fields=ASSIGNMENT_FIELDS)
    work.record(
        events.Kind.REASSIGNED,
        task=row,
        facts={"step": row.step_key, "from": former, "to_user": row.assignee_id, "to_team": row.team_id},
        personal={"note": _clean(note)},
    )
    if row.assignee_id and (work.by.user is None or row.assignee_id != work.by.user.pk):
        work.tell("assigned", [row.assignee_id], task=row, key=f"assigned:{row.pk}:{row.lock_version}")
    work.close()
    return row


ASSIGNMENT_FIELDS = ["team", "assignee", "assignment_reason", "lock_version"]


def _assign(work: Casework, row: Task, *, user_id: int | None, reason: dict[str, Any]) -> None:
    row.assignee_id = user_id
    row.assignment_reason = reason
    row.lock_version += 1
    work.grant(user_id=user_id, team_id=row.team_id)


def _demand_team(row: Task, team: Team) -> None:
    if not team.is_active or (row.is_confidential and team.pk != row.team_id):
        raise NotSuitable(person=team)


@one_transaction
def set_urgency(task: Task, urgency: int, *, by: Principal | User, at: dt.datetime | None = None) -> Task:
    """Change how urgent a task is. Raises NotAllowed, TaskEnded, NotRunning, UnknownOutcome for no level."""
    work, row = _open_task(task, by, at)
    _demand(work.scope is None or policy.may_set_urgency(work.scope, row))
    if not casework.is_urgency(urgency):
        raise ProcessError
    old = row.urgency
    if old != urgency:
        row.urgency = urgency
        row.lock_version += 1
        row.save(update_fields=["urgency", "lock_version"])
        work.record(events.Kind.URGENCY, task=row, facts={"step": row.step_key, "old": old, "new": urgency})
        work.close()
    return row


@one_transaction
def check_item(
    task: Task, item_id: int, *, checked: bool, by: Principal | User, at: dt.datetime | None = None
) -> TaskCheck:
    """Tick or untick an activity. Raises UnknownItem, NotAllowed, TaskEnded, NotRunning."""
    work, row = _open_task(task, by, at)
    _demand(work.scope is None or policy.may_work(work.scope, row))
    item = _item(work.version.steps[row.step_key], item_id)
    check = TaskCheck.objects.filter(task=row, item_id=item.id).first()
    if check is not None and check.is_checked == checked:
        return check
    if check is None:
        check = TaskCheck(task=row, item_id=item.id)
    check.is_checked, check.changed_at, check.changed_by = checked, work.at, work.by.user
    check.save()
    work.record(
        events.Kind.CHECKED,
        task=row,
        facts={"step": row.step_key, "item": item.key, "is_checked": checked},
    )
    work.close()
    return check


def _item(step: StepInfo, item_id: int) -> ItemInfo:
    for item in step.checklist:
        if item.id == item_id:
            return item
    raise UnknownItem


@one_transaction
def save_draft(
    task: Task, data: Mapping[str, Any], *, by: Principal | User, at: dt.datetime | None = None
) -> Task:
    """Keep what was typed so far, valid or not; no event, no gate but whose task it is.

    Raises NotAllowed, TaskEnded, NotRunning.
    """
    work, row = _open_task(task, by, at)
    _demand(work.scope is None or policy.may_work(work.scope, row))
    writable = {use.spec.key for use in work.version.steps[row.step_key].fields if use.is_writable}
    typed = {k: _storable(v) for k, v in data.items() if k in writable}
    row.draft = {**row.draft, **typed}
    row.draft_saved_at = work.at
    row.save(update_fields=["draft", "draft_saved_at"])
    return row


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
    the lock: case running, task open and as shown, whose it is, four eyes, outcome, checklist, required
    fields, reason. Raises NotRunning, TaskEnded, StaleError, NotAllowed, FourEyes, UnknownOutcome,
    ChecklistOpen, FieldMissing, FieldChanged, NoteMissing, NoWayOn.
    """
    work = _open(task.instance_id, task.root_id, by, at)
    step = work.version.steps[task.step_key]
    row = casework.read_task(task.pk, step.mandatory_item_ids)
    if key and row.completion_key == key:
        return Completion(row, work.instance, is_repeat=True)
    casework.demand_open(row, expected_version)
    work.demand_running()
    chosen = _judge_completion(work, step, row, outcome, note)
    changes = work.take_values(step, {**row.draft, **(data or {})}, read=read)
    moves = work.fire(row, engine.Chosen(chosen.key))
    _end(work, row, chosen.key, key)
    made = work.follow(moves)
    work.record(
        events.Kind.COMPLETED,
        task=row,
        facts={
            "step": step.key,
            "outcome": chosen.key,
            "visit": row.visit,
            "fields": sorted(changes),
            "moves": casework.token_facts(moves, made),
        },
        personal={"note": _clean(note), "values": changes},
    )
    work.finish_if_over(moves)
    work.close()
    return Completion(row, work.instance, tuple(made))


def _judge_completion(work: Casework, step: StepInfo, row: Task, outcome_key: str, note: str) -> OutcomeInfo:
    if work.scope is not None:
        _demand(policy.may_work(work.scope, row))
        work.demand_apart(row, work.by.person_ids)
    chosen = step.outcome(outcome_key)
    if chosen is None or chosen.is_clock:
        raise UnknownOutcome
    if step.mandatory_item_ids and getattr(row, "ticked", 0) < len(step.mandatory_item_ids):
        raise ChecklistOpen(items=_unticked(step, row))
    if chosen.requires_note and not _clean(note):
        raise NoteMissing
    return chosen


def _unticked(step: StepInfo, row: Task) -> str:
    ticked = set(row.checks.filter(is_checked=True).values_list("item_id", flat=True))
    return ", ".join(item.text for item in step.checklist if item.is_mandatory and item.id not in ticked)


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
    if row.due_at is not None:
        schedule.stop([row.pk])


# -- common --------------------------------------------------------------------------------------------------


def database_now() -> dt.datetime:
    """The database's clock (one statement); the moment every change of this transaction carries."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


def _open(instance_id: int, root_id: int | None, by: Principal | User, at: dt.datetime | None) -> Casework:
    return casework.lock(instance_id, root_id or instance_id, by=principal(by), at=at)


def _open_task(
    task: Task, by: Principal | User, at: dt.datetime | None, expected_version: int | None = None
) -> tuple[Casework, Task]:
    work = _open(task.instance_id, task.root_id, by, at)
    row = casework.read_task(task.pk)
    casework.demand_open(row, expected_version)
    work.demand_running()
    return work, row


def _demand(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed


def _clean(text: str) -> str:
    """Trim a text, drop what no database or screen can hold, cut what no person typed."""
    printable = "".join(c for c in text if c in "\n\t" or (c >= " " and not "\ud800" <= c <= "\udfff"))
    return printable.strip()[:LONGEST_NOTE]


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list | tuple):
        return [_storable(part) for part in value]
    return value if isinstance(value, bool | int | type(None)) else _clean(str(value))
