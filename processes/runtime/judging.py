"""How urgent a task or a case is; deadlines and escalation that depend on it begin anew."""

from __future__ import annotations

import datetime as dt

from people.models import User
from people.scope import Principal
from processes import casework, policy
from processes.casework import Casework
from processes.errors import ProcessError
from processes.models import ProcessInstance, Urgency
from processes.retry import one_transaction
from processes.runtime.opening import demand, open_case, open_task
from processes.runtime.timing import deadline_facts
from processes.urgency import Judgement
from tasks import events
from tasks.clocks import rescheduling
from tasks.models import Clock, Task


@one_transaction
def set_urgency(
    task: Task,
    urgency: int | Judgement,
    *,
    by: Principal | User,
    at: dt.datetime | None = None,
) -> Task:
    """Change how urgent a task is, by a level or a judgement it is computed from.

    Raises NotAllowed, TaskEnded, NotRunning, ProcessError for no level.
    """
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_set_urgency(work.scope, row))
    row.instance = work.instance
    if _judge_task(work, row, urgency):
        work.close()
    return row


@one_transaction
def set_case_urgency(
    instance: ProcessInstance,
    urgency: int | Judgement,
    *,
    by: Principal | User,
    at: dt.datetime | None = None,
) -> ProcessInstance:
    """Change how urgent a case is: its deadline, its tasks to come, and open ones that were as urgent as it.

    Raises NotAllowed, NotRunning, ProcessError for no level.
    """
    work = open_case(instance.pk, instance.root_id, by, at)
    demand(work.scope is None or policy.may_manage(work.scope, work.instance))
    work.demand_running()
    if work.instance.urgency != _level(urgency):
        _judge_case(work, urgency)
        work.close()
    return work.instance


def _judge_case(work: Casework, urgency: int | Judgement, firing: Clock | None = None) -> None:
    old, work.instance.urgency = work.instance.urgency, _level(urgency)
    _record(work, None, old, urgency, firing)
    for row in Task.objects.open().filter(instance=work.instance, urgency=old).order_by("pk"):
        row.instance = work.instance
        _judge_task(work, row, urgency, firing)


def _level(urgency: int | Judgement) -> int:
    level = urgency.level if isinstance(urgency, Judgement) else urgency
    if not casework.is_urgency(level):
        raise ProcessError
    return level


def _judge_task(work: Casework, row: Task, urgency: int | Judgement, firing: Clock | None = None) -> bool:
    """Write the urgency of one task and what follows from it; whether it has changed at all."""
    old, new = row.urgency, _level(urgency)
    if old == new:
        return False
    row.urgency = new
    row.lock_version += 1
    row.save(update_fields=["urgency", "lock_version"])
    _record(work, row, old, urgency, firing)
    return True


def raise_by_one(work: Casework, firing: Clock) -> bool:
    """A level of this clock makes its task, or its case, one level more urgent; critical stays critical.
    Whether it has changed."""
    row = firing.task
    old = work.instance.urgency if row is None else row.urgency
    if old == Urgency.CRITICAL:
        return False
    if row is None:
        _judge_case(work, old - 1, firing)
    else:
        _judge_task(work, row, old - 1, firing)
    return True


def _record(
    work: Casework, row: Task | None, old: int, urgency: int | Judgement, firing: Clock | None
) -> None:
    step_key = row.step_key if row else ""
    reasons = urgency.facts if isinstance(urgency, Judgement) else {}
    facts = {"step": step_key, "old": old, "new": _level(urgency), **reasons}
    work.record(events.Kind.URGENCY, task=row, facts=facts)
    changes = rescheduling.judge_anew(work.version, work.instance, row, old, at=work.at, firing=firing)
    for change in changes:
        facts = deadline_facts(step_key, change.clock, change.old, change.new, "urgency")
        work.record(events.Kind.DEADLINE, task=row, facts=facts)
