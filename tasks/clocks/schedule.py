"""Keeps clocks in step with cases: started, stopped, paused, resumed.

All functions run inside the transaction of the change, under the lock of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db.models import Q

from people import calendars, worktime
from people.calendars import Calendars
from processes import escalation
from processes.compiledversion import CompiledVersion, DeadlineInfo
from processes.models import ProcessInstance
from processes.moments import Basis
from tasks.clocks import clockrows, clockrules, dues, laws, tokenclocks
from tasks.models import NEVER, Clock, Task


def date_tasks(
    version: CompiledVersion, tasks: Iterable[Task], *, stamp: Any = calendars.UNREAD
) -> list[Clock]:
    """Set the deadlines of tasks not yet stored; returns their clocks: until when they are done, and taken
    over. One statement if any of them has a deadline; none if the `stamp` of calendars was read before."""
    dated = [task for task in tasks if version.steps[task.step_key].deadlines]
    if not dated:
        return []
    known = calendars.current(stamp)
    return [clock for task in dated for clock in _task_clocks(version, task, known)]


def _task_clocks(version: CompiledVersion, task: Task, known: Calendars) -> Iterator[Clock]:
    solution = begun(new_clock(task.instance, task, Clock.Kind.SOLUTION), version, known)
    if solution is not None:
        task.due_at = task.due_sort_at = solution.due_at
        yield solution
    if task.meant_for.assignee_id is None:
        reaction = begun(new_clock(task.instance, task, Clock.Kind.REACTION), version, known)
        if reaction is not None:
            yield reaction


def new_clock(instance: ProcessInstance, task: Task | None, kind: Clock.Kind) -> Clock:
    """A clock that begins with its task or case; whose calendar counts is settled with it."""
    team_id, user_id = task.meant_for if task else (None, None)
    return Clock(
        instance=instance,
        root_id=instance.root_id or instance.pk,
        task=task,
        kind=kind,
        started_at=task.created_at if task else instance.started_at,
        for_team_id=team_id or instance.definition.owner_team_id,
        for_user_id=user_id,
        for_urgency=clockrules.urgency_of(instance, task),
    )


def begun(clock: Clock, version: CompiledVersion, known: Calendars | None = None) -> Clock | None:
    """A new clock with its deadline and plan; None while its rules give none. Writes nothing."""
    due = clockrules.due_of_clock(clock, version, known=known)
    if due is None:
        return None
    clock.due_at, clock.is_legal, clock.is_final = due.at, due.is_legal, due.rule.is_final
    clock.plan = clockrules.plan_of(clock, version, due.at, due.warn_at, known=known)
    clockrows.wake(clock)
    return clock


def start(clocks: list[Clock]) -> None:
    """Write the clocks of tasks that are stored now, in one statement."""
    for clock in clocks:
        clock.task = clock.task
    if clocks:
        Clock.objects.bulk_create(clocks)


def start_case(version: CompiledVersion, instance: ProcessInstance) -> None:
    """Write the clock of the whole case, if its version has a deadline for it and there is none yet."""
    if not version.deadlines or instance.due_at is not None:
        return
    clock = begun(new_clock(instance, None, Clock.Kind.CASE), version, calendars.current())
    if clock is not None:
        instance.due_at = clock.due_at
        clock.save()


def stop(task_ids: Iterable[int]) -> None:
    """The tasks are over: their clocks have nothing more to do (one statement)."""
    Clock.objects.filter(task_id__in=list(task_ids)).update(wake_at=None)


def follow_up(task: Task, moment: dt.datetime) -> None:
    """Write when a task that is put off comes back (one statement)."""
    Clock.objects.update_or_create(
        task=task,
        kind=Clock.Kind.FOLLOW_UP,
        defaults={
            "instance_id": task.instance_id,
            "root_id": task.root_id,
            "due_at": moment,
            "wake_at": moment,
        },
    )


def stop_case(instance: ProcessInstance) -> None:
    """The case is over (one statement, if it has a deadline)."""
    if instance.due_at is None:
        return
    Clock.objects.filter(instance=instance, kind=Clock.Kind.CASE).update(wake_at=None)


def pause(instance: ProcessInstance, version: CompiledVersion, *, at: dt.datetime) -> None:
    """The case is suspended: its clocks keep the working seconds they still have, and fire nothing. Legal
    deadlines run on, as the law does not wait; where another rule of the same task gave an earlier one, the
    legal one counts now."""
    _pause(_open_clocks(instance), version, at)


def pause_task(task: Task, version: CompiledVersion, *, at: dt.datetime) -> None:
    """The task waits for somebody outside: its deadlines rest. Legal ones do not, nor do outcomes of the
    clock at its token, which often stand for that waiting itself ("no answer after five days")."""
    _pause(_clocks_of(task), version, at)


def _clocks_of(task: Task) -> list[Clock]:
    rows = list(Clock.objects.filter(task=task).exclude(kind=Clock.Kind.FOLLOW_UP))
    for clock in rows:
        clock.instance, clock.task = task.instance, task
    return rows


def _pause(clocks: list[Clock], version: CompiledVersion, at: dt.datetime) -> None:
    clocks = [clock for clock in clocks if clock.paused_at is None]
    known = calendars.current() if clocks else None
    for clock in clocks:
        clock.paused_at = at
        clockrows.wake(clock)
        clockrows.keep_remaining(clock, known)
    Clock.objects.bulk_update(clocks, ["remaining", "paused_at", "plan", "wake_at"])
    _weigh(clocks, version, at, _mixes_law)


def _weigh(
    clocks: Iterable[Clock],
    version: CompiledVersion,
    at: dt.datetime,
    is_open: Callable[[list[DeadlineInfo]], bool],
) -> None:
    """A rest has begun or ended: of several rules another one may count now, where `is_open` says so."""
    for clock in clocks:
        if clock.kind not in clockrows.MOVING and clock.due_at > at:
            may_change = is_open(clockrules.rules_of_clock(clock, version))
            change = clockrules.found_anew(clock, version) if may_change else None
            if change is not None:
                clockrows.apply(change, version, at=at)


def _mixes_law(rules: list[DeadlineInfo]) -> bool:
    """Whether some of the rules are the law's and some are not."""
    return len({rule.is_legal for rule in rules}) > 1


def _rests_in_part(rules: list[DeadlineInfo]) -> bool:
    """Whether not all of them have rested, or one may not have all the while: what is counted from a date or
    a step has not before that."""
    is_mixed = len({rule.rests for rule in rules}) > 1
    return is_mixed or any(rule.rests and rule.moment.basis not in (Basis.STEP, Basis.CASE) for rule in rules)


def resume(instance: ProcessInstance, version: CompiledVersion, *, at: dt.datetime) -> None:
    """The case goes on: what had not happened yet is as far away, in working time, as when it was paused.

    That holds for deadlines and for escalation levels alike. A deadline missed before the pause stays missed;
    what hangs on a date stays where it is. Tasks that wait for somebody outside rest on.
    """
    clocks = [clock for clock in _open_clocks(instance) if not (clock.task and clock.task.is_paused)]
    _resume(clocks, version, at)


def resume_task(task: Task, version: CompiledVersion, *, at: dt.datetime) -> None:
    """What the task waited for has come: its deadlines go on, while its case is suspended with that."""
    if task.instance.state != ProcessInstance.State.SUSPENDED:
        _resume(_clocks_of(task), version, at)


def _resume(clocks: list[Clock], version: CompiledVersion, at: dt.datetime) -> None:
    clocks = [clock for clock in clocks if clock.paused_at is not None]
    known = calendars.current() if clocks else None
    for clock in clocks:
        stays = clockrules.stays(clock, version)
        _continue(clock, at, dues.calendar_of_clock(clock, known=known), stays=stays)
    fields = ["due_at", "plan", "wake_at", "remaining", "paused_at", "paused_seconds"]
    Clock.objects.bulk_update(clocks, fields)
    clockrows.write_due(clocks)
    _weigh(clocks, version, at, _rests_in_part)


def _continue(clock: Clock, at: dt.datetime, calendar: worktime.Calendar, *, stays: bool) -> None:
    paused_at = clock.paused_at or at
    clock.plan = escalation.unparked(clock.plan, clock.next_level)
    seconds = max(0, worktime.seconds_between(paused_at, at, calendar))

    def later(moment: dt.datetime) -> dt.datetime:
        if stays or moment <= paused_at or moment == NEVER:
            return moment
        found = worktime.add_seconds(moment, seconds, calendar) if seconds else moment
        # At a closing time before it goes on there is as much left as at the next opening.
        return found if found > at else worktime.next_opening(at, calendar)

    if clock.due_at > paused_at:
        clock.paused_seconds += seconds
    clock.due_at = later(clock.due_at)
    clock.remaining = clock.paused_at = None
    if clock.kind not in clockrows.MOVING:
        clock.plan = escalation.moved(clock.plan, clock.next_level, later, stays=laws.is_of_law)
    clockrows.wake(clock)


def _open_clocks(instance: ProcessInstance) -> list[Clock]:
    """Those of the case and its open tasks, waits and outcomes of the clock among them; no follow-ups."""
    of_tasks = Q(task__state=Task.State.OPEN) & ~Q(kind=Clock.Kind.FOLLOW_UP)
    rows = Clock.objects.filter(of_tasks | Q(kind=Clock.Kind.CASE), instance=instance)
    return clockrows.with_case(
        instance, [*rows.select_related("task").order_by("pk"), *tokenclocks.of(instance)]
    )
