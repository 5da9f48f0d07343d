"""Deadlines extended: legal ones one by one (BGB §190), those of a team by a time in which nobody looked at
the clock (semantics §3)."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from people import legal
from people.durations import DurationError, parse_duration
from people.models import Team, User
from people.scope import Principal, principal
from processes import policy
from processes.errors import CannotMove, NotAllowed, ReasonMissing, StaleError, TooLongAgo, Unreadable
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.opening import clean, database_now, demand, open_case, open_task
from processes.runtime.timing import deadline_facts, movable_clock, set_deadline
from tasks import events, timingforms
from tasks.clocks import clockrows, dues, extensions, rescheduling, standstills
from tasks.models import Clock, ProcessEvent, Standstill, StandstillExtension, Task


@one_transaction
def extend_deadline(
    task: Task,
    by_time: str,
    *,
    former: dt.datetime,
    by: Principal | User,
    reason: str,
    is_procedural: bool = False,
    at: dt.datetime | None = None,
) -> Task:
    """Extend a legal deadline by `1m`, `2w`, `10cd`: counted from its former end (BGB §190), or from the
    working day that had been moved to (`is_procedural`, ZPO §224 III).

    `former` is the deadline one has seen; the same once more changes nothing. For leads of the team and
    whoever manages the case. Raises NotAllowed, ReasonMissing, CannotMove (a Notfrist, a notice, no legal
    deadline), Unreadable (`by_time`, or an end further away than a day may be typed), StaleError, TooEarly,
    TaskEnded, NotRunning.
    """
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_move_deadline(work.scope, row))
    if not clean(reason):
        raise ReasonMissing
    clock = movable_clock(work, row)
    change = extensions.last_change(clock)
    if _is_done(change, former, by_time):
        return row
    if clock.due_at != former:
        raise StaleError
    standing = extensions.standing(clock, work.version, change)
    if standing is None:
        raise CannotMove(task=row.title)
    calendar = dues.place_of_clock(clock)
    try:
        length = parse_duration(by_time)
        found = legal.extended(standing, length, calendar, is_procedural=is_procedural)
    except (DurationError, OverflowError) as error:
        raise Unreadable("amount", _("Please enter a number from 1.")) from error
    due_at = legal.last_moment(found.due_on, calendar)
    if due_at - work.at > timingforms.FURTHEST:
        raise Unreadable("amount", _("This date is too far away."))
    facts = {"why": extensions.EXTENDED, **extensions.facts_of(found, length)}
    warn_at = dues.warn_at(found.warn_on, calendar)
    set_deadline(work, clock, due_at, warn_at, facts, reason)
    return row


def _is_done(change: ProcessEvent | None, former: dt.datetime, by_time: str) -> bool:
    """Whether the last change was this extension already."""
    facts = events.facts_of(change) if change else {}
    return (facts.get("old"), facts.get("length")) == (events.instant(former), by_time)


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
    somebody has moved stay. Raises NotAllowed, ReasonMissing, TooLongAgo.
    """
    who = principal(by)
    scope = policy.scope_of_principal(who)
    if who.user is None or scope is None or not policy.may_act_for(who):
        raise NotAllowed
    demand(policy.may_extend(scope, team.pk))
    if not clean(reason):
        raise ReasonMissing
    moment = at or database_now()
    if moment - standstill.until_at > standstills.ASKED_FOR:
        raise TooLongAgo(days=standstills.ASKED_FOR.days)
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
        rescheduling.extend(clock, work.version, seconds, at=work.at)
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
    if clockrows.has_passed(clock, at):
        row.overdue_at = row.overdue_at or at
    else:
        row.overdue_at, row.escalation_level = None, 0
    row.lock_version += 1
    row.save(update_fields=["overdue_at", "escalation_level", "lock_version"])
