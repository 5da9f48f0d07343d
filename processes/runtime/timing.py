"""What happens to deadlines: moved, escalated by hand, put off, come back, found anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from people import calendars, worktime
from people.models import User
from people.scope import SYSTEM, Principal, principal
from processes import casework, policy
from processes.casework import Casework
from processes.errors import (
    CannotMove,
    FinalDeadline,
    NotAllowed,
    NoticeDay,
    ReasonMissing,
    StaleError,
    TooEarly,
)
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.opening import clean, demand, open_case, open_task
from tasks import events, incidents
from tasks.clocks import clockrows, clockrules, dues, extensions, rescheduling, schedule, tokenclocks
from tasks.messages import outbox, recipients
from tasks.messages.recipients import read_staff
from tasks.models import NEVER, Clock, Task


@one_transaction
def move_deadline(
    task: Task,
    due_at: dt.datetime,
    *,
    by: Principal | User,
    reason: str,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Task:
    """Set another deadline: a new generation of its clock, whose levels begin anew. The same one again
    changes nothing.

    For leads of the team and whoever manages the case. Raises NotAllowed, ReasonMissing, CannotMove (a
    Notfrist, or no deadline), TooEarly, StaleError, TaskEnded, NotRunning.
    """
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_move_deadline(work.scope, row))
    if not clean(reason):
        raise ReasonMissing
    clock = movable_clock(work, row)
    if clock.is_moved and clock.due_at == due_at:
        return row
    casework.demand_open(row, expected_version)
    warn_at = extensions.warn_at(clock, work.version, due_at)
    set_deadline(work, clock, due_at, warn_at, {"why": "moved"}, reason)
    return row


@one_transaction
def move_case_deadline(
    instance: ProcessInstance,
    due_at: dt.datetime,
    *,
    by: Principal | User,
    reason: str,
    at: dt.datetime | None = None,
) -> ProcessInstance:
    """Set another deadline for the whole case, as for a task. For whoever manages the case.

    Raises NotAllowed, ReasonMissing, CannotMove, FinalDeadline, TooEarly, NotRunning.
    """
    work = open_case(instance.pk, instance.root_id, by, at)
    demand(work.scope is None or policy.may_manage(work.scope, work.instance))
    work.demand_running()
    if not clean(reason):
        raise ReasonMissing
    found = Clock.objects.filter(instance=work.instance, kind=Clock.Kind.CASE).first()
    clock = _demand_movable(found, work.instance.number)
    clock.instance = work.instance
    if not (clock.is_moved and clock.due_at == due_at):
        warn_at = extensions.warn_at(clock, work.version, due_at)
        set_deadline(work, clock, due_at, warn_at, {"why": "moved"}, reason)
    return work.instance


def movable_clock(work: Casework, row: Task) -> Clock:
    """What watches the deadline of a task. Raises CannotMove where there is none, FinalDeadline."""
    found = Clock.objects.filter(task=row, kind=Clock.Kind.SOLUTION).select_related("task").first()
    clock = _demand_movable(found, row.title)
    clock.instance, clock.task = work.instance, row
    return clock


def _demand_movable(clock: Clock | None, title: str) -> Clock:
    if clock is None or clock.due_at == NEVER:
        raise CannotMove(task=title)
    if clock.is_final:
        raise FinalDeadline(task=title)
    return clock


def set_deadline(
    work: Casework,
    clock: Clock,
    due_at: dt.datetime,
    warn_at: dt.datetime | None,
    facts: Mapping[str, Any],
    reason: str,
) -> None:
    """Write another deadline of a task or case, with its reason; `facts` say why. Raises TooEarly, and
    FinalDeadline where a Notfrist beside it, or the day of a notice, would come first."""
    if due_at <= work.at:
        raise TooEarly
    row, old = clock.task, clock.due_at
    law, title = clockrules.limit(clock, work.version), row.title if row else work.instance.number
    if law is not None and due_at > law.at:
        raise FinalDeadline(task=title) if law.rule.is_final else NoticeDay(task=title)
    rescheduling.move(clock, work.version, due_at, warn_at=warn_at, at=work.at)
    if row is not None:
        row.overdue_at, row.escalation_level = None, 0
        row.lock_version += 1
        row.save(update_fields=["due_at", "due_sort_at", "overdue_at", "escalation_level", "lock_version"])
    known = deadline_facts(row.step_key if row else "", clock, old, due_at, facts["why"])
    work.record(events.Kind.DEADLINE, task=row, facts={**known, **facts}, personal={"reason": clean(reason)})
    work.close()


def deadline_facts(
    step_key: str, clock: Clock, old: dt.datetime, new: dt.datetime, why: str
) -> dict[str, Any]:
    """What history keeps of a deadline that has changed."""
    return {
        "step": step_key,
        "clock": str(clock.kind),
        "old": events.instant(old),
        "new": events.instant(new),
        "why": why,
    }


@one_transaction
def escalate(
    task: Task,
    *,
    by: Principal | User,
    reason: str,
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Task:
    """Call the lead in by hand; a lead calls the one above. For whoever may handle the task. Where nobody is
    there to be called, an incident says so.

    Raises NotAllowed, ReasonMissing, StaleError, TaskEnded, NotRunning.
    """
    work, row = open_task(task, by, at, expected_version)
    demand(work.scope is None or policy.may_handle(work.scope, row))
    if not clean(reason):
        raise ReasonMissing
    row.escalation_level = max(row.escalation_level, 1)
    row.lock_version += 1
    row.save(update_fields=["escalation_level", "lock_version"])
    _call_in(work, row, reason)
    work.close()
    return row


@one_transaction
def escalate_case(
    instance: ProcessInstance,
    *,
    by: Principal | User,
    reason: str,
    expected_seq: int | None = None,
    at: dt.datetime | None = None,
) -> ProcessInstance:
    """Call in who leads the owning team for the whole case, as for a task. For everybody who works on it.

    `expected_seq` = the last event the page showed. Raises NotAllowed, ReasonMissing, StaleError, NotRunning.
    """
    work = open_case(instance.pk, instance.root_id, by, at)
    demand(work.scope is None or policy.may_call_in(work.scope, work.instance))
    work.demand_running()
    if not clean(reason):
        raise ReasonMissing
    if expected_seq is not None and expected_seq != work.instance.event_seq:
        raise StaleError
    _call_in(work, None, reason)
    work.close()
    return work.instance


def _call_in(work: Casework, row: Task | None, reason: str) -> None:
    """Tell whoever is to help, at any hour, and let them see the case."""
    staff, instance = read_staff(), work.instance
    holder = row.meant_for if row is not None else None
    people = recipients.called_in(holder, instance, staff, work.by.person_ids)
    step_key, token_id = (row.step_key, row.token_id) if row is not None else ("", 0)
    facts = {"step": step_key, "recipients": people, "by_hand": True}
    work.record(events.Kind.ESCALATED, task=row, facts=facts, personal={"note": clean(reason)})
    about = row.pk if row is not None else f"case:{instance.pk}"
    key = f"escalated:{about}:{instance.event_seq}"
    work.notices += outbox.notice(
        "escalated", recipients=people, key=key, at=work.at, instance=instance, task=row
    )
    for user_id in recipients.blind(people, instance, staff):
        work.grant(user_id=user_id)
    if not people and not instance.is_trial:
        incidents.open_incident(instance, "nobody_told", at=work.at, token_id=token_id, step_key=step_key)


@one_transaction
def postpone(
    task: Task,
    until: dt.datetime,
    *,
    by: Principal | User,
    waits_for: str = Task.WaitsFor.LATER,
    note: str = "",
    expected_version: int | None = None,
    at: dt.datetime | None = None,
) -> Task:
    """Put a task off (Wiedervorlage): hidden until a moment, moved to the next opening of the office.

    Its deadlines rest only while it waits for the customer or somebody else outside (G13); legal ones never.
    The same once more changes nothing. Raises NotAllowed, TooEarly, StaleError, TaskEnded, NotRunning.
    """
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_postpone(work.scope, row))
    if until <= work.at:
        raise TooEarly
    if waits_for not in Task.WaitsFor.values:
        raise NotAllowed
    team_id, user_id = row.meant_for
    calendar = dues.calendar_of(work.instance, team_id=team_id, user_id=user_id, at=work.at)
    moment = worktime.next_opening(until, calendar)
    if (row.follow_up_at, row.waits_for) == (moment, waits_for):
        return row
    casework.demand_open(row, expected_version)
    was_paused = row.is_paused
    row.follow_up_at, row.is_hidden, row.waits_for = moment, True, waits_for
    if row.is_paused and not was_paused:
        schedule.pause_task(row, work.version, at=work.at)
    elif was_paused and not row.is_paused:
        schedule.resume_task(row, work.version, at=work.at)
    row.lock_version += 1
    row.save(update_fields=["follow_up_at", "is_hidden", "waits_for", "lock_version"])
    schedule.follow_up(row, moment)
    facts = {"step": row.step_key, "until": events.instant(moment), "waits_for": waits_for}
    work.record(events.Kind.POSTPONED, task=row, facts=facts, personal={"note": clean(note)})
    work.close()
    return row


@one_transaction
def take_up(task: Task, *, by: Principal | User, at: dt.datetime | None = None) -> Task:
    """Bring a task back before its time. Raises NotAllowed, StaleError (it is not put off), TaskEnded,
    NotRunning."""
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_postpone(work.scope, row))
    if not row.is_hidden:
        raise StaleError
    bring_back(work, row)
    work.close()
    return row


def bring_back(work: Casework, row: Task) -> None:
    """Show a task that was put off again; its deadlines go on."""
    was_paused = row.is_paused
    row.follow_up_at, row.is_hidden, row.waits_for = None, False, ""
    if was_paused:
        schedule.resume_task(row, work.version, at=work.at)
    row.lock_version += 1
    row.save(update_fields=["follow_up_at", "is_hidden", "waits_for", "lock_version"])
    Clock.objects.filter(task=row, kind=Clock.Kind.FOLLOW_UP).update(wake_at=None)
    work.record(events.Kind.CAME_BACK, task=row, facts={"step": row.step_key})


@one_transaction
def come_back(clock_id: int, *, at: dt.datetime) -> bool:
    """The moment of a follow-up: the task stands in its list again, and whoever has it is told; without
    anybody the whole team. Raises casework.Busy."""
    found = Clock.objects.only("instance_id", "root_id").get(pk=clock_id)
    work = casework.lock(found.instance_id, found.root_id, by=SYSTEM, at=at, skip_locked=True)
    clock = Clock.objects.select_related("task").get(pk=clock_id)
    row = clock.task
    if clock.wake_at is None or clock.wake_at > at or row is None:
        return False
    if not row.is_open or not row.is_hidden:
        Clock.objects.filter(pk=clock.pk).update(wake_at=None)
        return False
    row.instance = work.instance
    bring_back(work, row)
    staff = read_staff()
    team_id, user_id = row.meant_for
    people = [user_id] if user_id else staff.members.get(team_id or 0, [])
    work.tell("came_back", people, task=row, key=f"back:{row.pk}:{row.lock_version}")
    work.close()
    return True


@one_transaction
def recompute(clock_id: int, *, by: Principal | User, at: dt.datetime | None = None) -> bool:
    """Find one open deadline, wait or outcome of the clock anew by the rules and calendars of now (G10);
    whether it moved.

    What has fired stays fired. Never waits for somebody else's change (raises casework.Busy).
    """
    found = Clock.objects.only("instance_id", "root_id").get(pk=clock_id)
    work = casework.lock(found.instance_id, found.root_id, by=principal(by), at=at, skip_locked=True)
    clock = Clock.objects.select_related("task").get(pk=clock_id)
    clock.instance = work.instance
    if clock.task is not None:
        clock.task.instance = work.instance
    change = None
    if _is_open(clock, work):
        change = clockrules.found_anew(clock, work.version, known=calendars.current())
    if change is None:
        return False
    step = tokenclocks.step_of(clock, work.version)
    step_key = clock.task.step_key if clock.task else step.key if step else ""
    clockrows.apply(change, work.version, at=work.at)
    if change.old == change.new:
        return False
    facts = deadline_facts(step_key, clock, change.old, change.new, "rules")
    work.record(events.Kind.DEADLINE, task=clock.task, facts=facts)
    work.close()
    return True


def _is_open(clock: Clock, work: Casework) -> bool:
    """Whether there is still something to be done in time."""
    if clock.task is not None:
        return clockrows.is_in_use(clock)
    if clock.kind in tokenclocks.KINDS:
        return tokenclocks.is_ahead(clock) and tokenclocks.step_of(clock, work.version) is not None
    return work.instance.is_live
