"""Deadlines extended by a time in which nobody looked at the clock (semantics §3)."""

from __future__ import annotations

import datetime as dt

from people.models import Team, User
from people.scope import Principal, principal
from processes import policy
from processes.errors import NotAllowed, ReasonMissing
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.opening import clean, database_now, demand, open_case
from processes.runtime.timing import deadline_facts
from tasks import events, schedule, standstills
from tasks.models import Clock, Standstill, StandstillExtension


def extend_by_standstill(
    standstill: Standstill,
    team: Team,
    *,
    by: Principal | User,
    reason: str,
    at: dt.datetime | None = None,
) -> int:
    """Give the team's open tasks and cases back the working time of a standstill; returns how many deadlines
    moved.

    For leads of the team. A transaction per case, so that what is interrupted in the middle is finished by
    doing it again; what has been extended is not extended twice. Legal deadlines, Notfristen and deadlines
    somebody has moved stay. Raises NotAllowed, ReasonMissing.
    """
    who = principal(by)
    scope = policy.scope_of_principal(who)
    if who.user is None or scope is None or not policy.may_act_for(who):
        raise NotAllowed
    demand(policy.may_extend(scope, team.pk))
    if not clean(reason):
        raise ReasonMissing
    moment = at or database_now()
    StandstillExtension.objects.get_or_create(
        standstill=standstill, team=team, defaults={"by": who.user, "at": moment, "reason": clean(reason)}
    )
    cases = dict.fromkeys(clock.instance_id for clock in standstills.extensible(standstill, [team.pk]))
    return sum(_extend_case(case, standstill, team, who, clean(reason), at) for case in cases)


@one_transaction
def _extend_case(
    instance_id: int,
    standstill: Standstill,
    team: Team,
    by: Principal,
    reason: str,
    at: dt.datetime | None,
) -> int:
    root_id = ProcessInstance.objects.only("root_id").get(pk=instance_id).root_id
    work = open_case(instance_id, root_id, by, at)
    found = standstills.extensible(standstill, [team.pk], instance=work.instance)
    for clock, seconds in found.items():
        old, clock.instance = clock.due_at, work.instance
        step_key = clock.task.step_key if clock.task else ""
        schedule.extend(clock, work.version, seconds, at=work.at)
        _show(clock, work.at)
        facts = deadline_facts(step_key, clock, old, clock.due_at, "standstill")
        facts["standstill"] = standstill.pk
        work.record(events.Kind.DEADLINE, task=clock.task, facts=facts, personal={"reason": reason})
    if found:
        work.close()
    return len(found)


def _show(clock: Clock, at: dt.datetime) -> None:
    """What is no longer late is not marked as late; what is late all the same stays so."""
    row = clock.task
    if row is None or clock.kind != Clock.Kind.SOLUTION:
        return
    if clock.due_at > at:
        row.overdue_at, row.escalation_level = None, 0
    else:
        row.overdue_at = row.overdue_at or at
    row.lock_version += 1
    row.save(update_fields=["overdue_at", "escalation_level", "lock_version"])
