"""Changes of a task short of its end: whose it is, what is ticked, what is typed so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from people.models import Team, User
from people.scope import Principal
from processes import policy
from processes.casework import Casework, taskrows
from processes.compiledversion import ItemInfo, StepInfo
from processes.errors import AlreadyClaimed, HasParts, NotAllowed, NotSuitable, UnknownItem
from processes.retry import one_transaction
from processes.runtime.opening import clean, demand, open_task, storable
from processes.runtime.timing import bring_back
from tasks import events
from tasks.models import Task, TaskCheck

ASSIGNMENT_FIELDS = ["team", "assignee", "assignment_reason", "lock_version"]


@one_transaction
def claim(task: Task, *, by: Principal | User, at: dt.datetime | None = None) -> Task:
    """Take a task over from the team's inbox. Claiming one's own task again changes nothing.

    Raises AlreadyClaimed, TaskEnded, NotAllowed, FourEyes, NotRunning.
    """
    work, row = open_task(task, by, at)
    scope = work.scope
    if scope is None:
        raise NotAllowed
    if row.assignee_id == scope.user_id:
        return row
    if row.assignee is not None:
        raise AlreadyClaimed(person=row.assignee)
    demand(policy.may_claim(scope, row))
    work.demand_apart(row, work.by.person_ids)
    _assign(work, row, user_id=scope.user_id, reason={"code": "claimed"})
    row.claimed_at = work.at
    row.save(update_fields=[*ASSIGNMENT_FIELDS, "claimed_at"])
    taskrows.note_holder(work, row)
    work.record(events.Kind.CLAIMED, task=row, facts={"step": row.step_key})
    work.close()
    return row


@one_transaction
def release(task: Task, *, by: Principal | User, at: dt.datetime | None = None) -> Task:
    """Give a task back to its team's inbox. Raises NotAllowed, TaskEnded, NotRunning."""
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_release(work.scope, row))
    former = row.assignee_id
    _assign(
        work, row, user_id=None, reason={"code": "released", "by": work.by.user.pk if work.by.user else None}
    )
    row.claimed_at = None
    row.save(update_fields=[*ASSIGNMENT_FIELDS, "claimed_at"])
    taskrows.note_holder(work, row)
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
    work, row = open_task(task, by, at, expected_version)
    demand(work.scope is None or policy.may_reassign(work.scope, row))
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
    taskrows.note_holder(work, row)
    if row.is_hidden:
        bring_back(work, row)
    work.record(
        events.Kind.REASSIGNED,
        task=row,
        facts={"step": row.step_key, "from": former, "to_user": row.assignee_id, "to_team": row.team_id},
        personal={"note": clean(note)},
    )
    if row.assignee_id and (work.by.user is None or row.assignee_id != work.by.user.pk):
        work.tell("assigned", [row.assignee_id], task=row, key=f"assigned:{row.pk}:{row.lock_version}")
    work.close()
    return row


def _assign(work: Casework, row: Task, *, user_id: int | None, reason: dict[str, Any]) -> None:
    row.assignee_id = user_id
    row.assignment_reason = reason
    row.lock_version += 1
    work.grant(user_id=user_id, team_id=row.team_id)


def _demand_team(row: Task, team: Team) -> None:
    if not team.is_active or (row.is_confidential and team.pk != row.team_id):
        raise NotSuitable(person=team)


@one_transaction
def check_item(
    task: Task, item_id: int, *, checked: bool, by: Principal | User, at: dt.datetime | None = None
) -> TaskCheck:
    """Tick or untick an activity; one with parts is ticked by ticking these.

    Raises UnknownItem, HasParts, NotAllowed, TaskEnded, NotRunning.
    """
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_work(work.scope, row))
    item = _item(work.version.steps[row.step_key], item_id)
    if item.has_parts:
        raise HasParts(item=item.text)
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
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_work(work.scope, row))
    writable = {use.spec.key for use in work.version.steps[row.step_key].fields if use.is_writable}
    typed = {k: storable(v) for k, v in data.items() if k in writable}
    row.draft = {**row.draft, **typed}
    row.draft_saved_at = work.at
    row.save(update_fields=["draft", "draft_saved_at"])
    return row
