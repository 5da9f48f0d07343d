"""Keeps clocks in step with cases: started, stopped, paused, resumed, moved, found anew.

All functions run inside the transaction of the change, under the lock of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from people import calendars, worktime
from people.calendars import Calendars
from processes import escalation
from processes.escalation import Act, Do, Level, Snapshot, Whom
from processes.models import DeadlineRule, ProcessInstance
from processes.moments import NAMED
from processes.nets import CompiledVersion, DeadlineInfo, StepInfo
from tasks import dues, tokenclocks
from tasks.dues import Due
from tasks.models import NEVER, Clock, LevelFired, Task

WARNING = 90
"""Number of the level that says when a legal deadline has to be begun with (Vorfrist)."""


def due_of_task(
    version: CompiledVersion, step: StepInfo, task: Task, kind: str, *, known: Calendars | None = None
) -> Due | None:
    """The deadline of a task by its step's rules, counted from its start; None if it has none."""
    rules = [rule for rule in step.deadlines if rule.kind == kind]
    if not rules:
        return None
    anchors = dues.anchors_of(task.instance, [rule.moment for rule in rules], step_at=task.created_at)
    return dues.find(rules, anchors, _calendar(task, known), kind=kind, urgency=task.urgency)


def _calendar(task: Task, known: Calendars | None) -> worktime.Calendar:
    team_id, user_id = task.meant_for
    return dues.calendar_of(task.instance, team_id=team_id, user_id=user_id, at=task.created_at, known=known)


# -- starting and stopping -----------------------------------------------------------------------------------


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
    step = version.steps[task.step_key]
    due = due_of_task(version, step, task, DeadlineRule.Kind.SOLUTION, known=known)
    if due is not None:
        task.due_at = task.due_sort_at = due.at
        yield _task_clock(version, step, task, Clock.Kind.SOLUTION, due, known)
    reaction = due_of_task(version, step, task, DeadlineRule.Kind.REACTION, known=known)
    if reaction is not None and task.meant_for.assignee_id is None:
        yield _task_clock(version, step, task, Clock.Kind.REACTION, reaction, known)


def start(clocks: list[Clock]) -> None:
    """Write the clocks of tasks that are stored now, in one statement."""
    for clock in clocks:
        clock.task = clock.task
    if clocks:
        Clock.objects.bulk_create(clocks)


def _task_clock(
    version: CompiledVersion, step: StepInfo, task: Task, kind: Clock.Kind, due: Due, known: Calendars
) -> Clock:
    levels = version.plan(step, task.urgency)
    plan = snapshot(levels, task.created_at, due.at, due.warn_at, _calendar(task, known))
    return Clock(
        instance_id=task.instance_id,
        root_id=task.root_id,
        task=task,
        kind=kind,
        started_at=task.created_at,
        due_at=due.at,
        is_legal=due.rule.term is not None,
        is_final=due.rule.is_final,
        plan=plan,
        wake_at=escalation.wake_at(plan, 0),
    )


def snapshot(
    levels: Iterable[Level],
    started_at: dt.datetime,
    due_at: dt.datetime,
    warn_at: dt.datetime | None,
    calendar: worktime.Calendar,
) -> Snapshot:
    """The plan a clock holds: its levels, the mark of the deadline, and for a legal one when to begin.

    Raises LevelError, NeverOpen.
    """
    plan = escalation.snapshot(levels, started_at, due_at, calendar)
    if warn_at is not None and warn_at < due_at:
        act = Act(Do.NOTIFY, (Whom.ASSIGNEE, Whom.TEAM))
        timed = escalation.Timed(Level(WARNING, "Vorfrist", acts=(act,)), max(warn_at, started_at))
        plan = sorted([*plan, timed.to_json()], key=lambda row: (row["at"], row["level"]))
    return plan


def start_case(version: CompiledVersion, instance: ProcessInstance, *, at: dt.datetime) -> None:
    """Write the clock of the whole case, if its version has a deadline for it and there is none yet."""
    due = _due_of_case(version, instance) if instance.due_at is None else None
    if due is None:
        return
    calendar = dues.calendar_of(instance, at=at)
    levels = version.plan(None, instance.urgency)
    plan = snapshot(levels, instance.started_at, due.at, due.warn_at, calendar)
    instance.due_at = due.at
    Clock.objects.create(
        instance=instance,
        root_id=instance.root_id or instance.pk,
        kind=Clock.Kind.CASE,
        started_at=instance.started_at,
        due_at=due.at,
        is_legal=due.rule.term is not None,
        is_final=due.rule.is_final,
        plan=plan,
        wake_at=escalation.wake_at(plan, 0),
    )


def _due_of_case(version: CompiledVersion, instance: ProcessInstance) -> Due | None:
    if not version.deadlines:
        return None
    moments = [rule.moment for rule in version.deadlines]
    anchors = dues.anchors_of(instance, moments, step_at=instance.started_at)
    calendar = dues.calendar_of(instance, at=instance.started_at)
    return dues.find(version.deadlines, anchors, calendar, urgency=instance.urgency)


def stop(task_ids: Iterable[int]) -> None:
    """The tasks are over: their clocks have nothing more to do (one statement)."""
    Clock.objects.filter(task_id__in=list(task_ids)).update(wake_at=None)


def stop_reaction(task: Task) -> None:
    """Somebody has taken the task over (one statement)."""
    Clock.objects.filter(task=task, kind=Clock.Kind.REACTION).update(wake_at=None)


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


# -- pausing and resuming ------------------------------------------------------------------------------------


def pause(instance: ProcessInstance, *, at: dt.datetime) -> None:
    """The case is suspended: its clocks keep the working seconds they still have, and fire nothing."""
    _pause(_open_clocks(instance), instance, at)


def pause_task(task: Task, *, at: dt.datetime) -> None:
    """The task waits for somebody outside: its deadlines rest; legal ones and clock outcomes do not."""
    rows = Clock.objects.filter(task=task, is_legal=False).exclude(kind=Clock.Kind.FOLLOW_UP)
    _pause(list(rows), task.instance, at)


def _pause(clocks: list[Clock], instance: ProcessInstance, at: dt.datetime) -> None:
    calendar = dues.calendar_of(instance, at=at)
    clocks = [clock for clock in clocks if clock.paused_at is None]
    for clock in clocks:
        far = clock.due_at == NEVER
        clock.remaining = None if far else worktime.seconds_between(at, clock.due_at, calendar)
        clock.paused_at = at
        clock.wake_at = None
    Clock.objects.bulk_update(clocks, ["remaining", "paused_at", "wake_at"])


def resume(instance: ProcessInstance, *, at: dt.datetime) -> None:
    """The case goes on: what had not happened yet is as far away, in working time, as when it was paused.

    That holds for deadlines and for escalation levels alike. A deadline missed before the pause stays missed;
    what hangs on a date, and legal deadlines, stay where they are. Tasks that wait for somebody outside rest
    on.
    """
    _resume(
        [clock for clock in _open_clocks(instance) if not (clock.task and clock.task.is_paused)], instance, at
    )


def resume_task(task: Task, *, at: dt.datetime) -> None:
    """What the task waited for has come: its deadlines go on."""
    _resume(list(Clock.objects.filter(task=task).select_related("task")), task.instance, at)


def _resume(clocks: list[Clock], instance: ProcessInstance, at: dt.datetime) -> None:
    calendar = dues.calendar_of(instance, at=at)
    clocks = [clock for clock in clocks if clock.paused_at is not None]
    for clock in clocks:
        clock.instance = instance
        _continue(clock, at, calendar)
    fields = ["due_at", "plan", "wake_at", "remaining", "paused_at", "paused_seconds"]
    Clock.objects.bulk_update(clocks, fields)
    _write_due(clock for clock in clocks)


def _continue(clock: Clock, at: dt.datetime, calendar: worktime.Calendar) -> None:
    paused_at = clock.paused_at or at
    stays = clock.is_legal or clock.rule.get("basis") in tokenclocks.DATED

    def later(moment: dt.datetime) -> dt.datetime:
        if stays or moment <= paused_at or moment == NEVER:
            return moment
        return worktime.add_seconds(at, worktime.seconds_between(paused_at, moment, calendar), calendar)

    clock.due_at = later(clock.due_at)
    clock.paused_seconds += max(0, worktime.seconds_between(paused_at, at, calendar))
    if clock.kind in MOVING:
        clock.wake_at = None if clock.due_at == NEVER or clock.next_level else clock.due_at
    else:
        clock.plan = escalation.moved(clock.plan, clock.next_level, later)
        clock.wake_at = escalation.wake_at(clock.plan, clock.next_level)
    clock.remaining = clock.paused_at = None


MOVING = tokenclocks.KINDS | {Clock.Kind.FOLLOW_UP}
"""Kinds of clocks without a plan."""


def _open_clocks(instance: ProcessInstance) -> list[Clock]:
    of_tasks = Q(task__state=Task.State.OPEN) & ~Q(kind=Clock.Kind.FOLLOW_UP)
    rows = Clock.objects.filter(of_tasks | Q(kind=Clock.Kind.CASE), instance=instance)
    return [*rows.select_related("task").order_by("pk"), *tokenclocks.of(instance)]


def _write_due(clocks: Iterable[Clock]) -> None:
    """Copy new deadlines to the rows that lists sort by."""
    tasks: list[Task] = []
    for clock in clocks:
        if clock.kind == Clock.Kind.CASE:
            clock.instance.due_at = clock.due_at
            ProcessInstance.objects.filter(pk=clock.instance_id).update(due_at=clock.due_at)
        elif clock.task is not None and clock.kind == Clock.Kind.SOLUTION:
            clock.task.due_at = clock.task.due_sort_at = clock.due_at
            tasks.append(clock.task)
    Task.objects.bulk_update(tasks, ["due_at", "due_sort_at"])


# -- moving and finding anew ---------------------------------------------------------------------------------


def move(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    *,
    warn_at: dt.datetime | None = None,
    at: dt.datetime,
) -> None:
    """Somebody entitled has set another deadline: a new generation, whose levels begin after `at`."""
    clock.is_moved = True
    _renew(clock, version, due_at, warn_at=warn_at, skips=lambda moment: moment <= at)


def extend(clock: Clock, version: CompiledVersion, seconds: int, *, at: dt.datetime) -> None:
    """Give a deadline back working seconds it has lost: a new generation, whose levels begin after `at`.

    They count like those of a pause, so that the deadline can still be found anew.
    """
    calendar = calendar_of_clock(clock)
    due_at = worktime.add_seconds(clock.due_at, seconds, calendar)
    clock.paused_seconds += seconds
    _renew(clock, version, due_at, skips=lambda moment: moment <= at)


def _renew(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    *,
    warn_at: dt.datetime | None = None,
    skips: Callable[[dt.datetime], bool],
) -> None:
    """Begin a new generation with another deadline; levels at moments it skips count as over."""
    clock.plan = _plan_of(clock, version, due_at, warn_at)
    clock.due_at = due_at
    clock.generation += 1
    clock.next_level = sum(skips(one.at) for one in escalation.timed_levels(clock.plan))
    clock.wake_at = None if clock.paused_at else escalation.wake_at(clock.plan, clock.next_level)
    if clock.paused_at is not None:
        clock.remaining = worktime.seconds_between(clock.paused_at, due_at, calendar_of_clock(clock))
    clock.save()
    _write_due([clock])


def _plan_of(
    clock: Clock, version: CompiledVersion, due_at: dt.datetime, warn_at: dt.datetime | None
) -> Snapshot:
    task, instance = clock.task, clock.instance
    step = version.steps[task.step_key] if task else None
    levels = version.plan(step, task.urgency if task else instance.urgency)
    started_at = clock.started_at or instance.started_at
    return snapshot(levels, started_at, due_at, warn_at, calendar_of_clock(clock))


def warned_at(clock: Clock) -> dt.datetime | None:
    """When a legal deadline has to be begun with, as its clock will say or has said."""
    rows = (dt.datetime.fromisoformat(row["at"]) for row in clock.plan if row["level"] == WARNING)
    return next(rows, None)


def calendar_of_clock(clock: Clock, *, known: Calendars | None = None) -> worktime.Calendar:
    """The calendar the deadline of a task or of a case is counted by."""
    task, instance = clock.task, clock.instance
    if task is None:
        return dues.calendar_of(instance, at=instance.started_at, known=known)
    team_id, user_id = task.meant_for
    return dues.calendar_of(instance, team_id=team_id, user_id=user_id, at=task.created_at, known=known)


@dataclass(frozen=True, slots=True)
class Change:
    """A deadline found anew that differs."""

    clock: Clock
    old: dt.datetime
    new: dt.datetime
    warn_at: dt.datetime | None = None


def found_anew(clock: Clock, version: CompiledVersion, *, known: Calendars | None = None) -> Change | None:
    """Where a deadline, a wait or an outcome of the clock would be by the rules and calendars of now; None
    where it stays. Writes nothing."""
    if clock.kind in tokenclocks.KINDS:
        moment = tokenclocks.moment_of(clock, version, known=known)
        return None if moment in (None, clock.due_at) else Change(clock, clock.due_at, moment)
    due = due_of_clock(clock, version, known=known)
    if clock.is_moved or due is None or due.at == clock.due_at:
        return None
    return Change(clock, clock.due_at, due.at, due.warn_at)


def due_of_clock(clock: Clock, version: CompiledVersion, *, known: Calendars | None = None) -> Due | None:
    """What the rules give for a deadline, with the time it has rested added; legal ones do not rest."""
    task = clock.task
    if task is not None:
        due = due_of_task(version, version.steps[task.step_key], task, str(clock.kind), known=known)
    else:
        due = _due_of_case(version, clock.instance)
    if due is None or clock.is_legal or not clock.paused_seconds:
        return due
    calendar = calendar_of_clock(clock, known=known)
    return replace(due, at=worktime.add_seconds(due.at, clock.paused_seconds, calendar))


def apply(change: Change, version: CompiledVersion, *, at: dt.datetime) -> None:
    """Write a deadline found anew; levels that have fired stay fired (`LevelFired` knows them)."""
    clock = change.clock
    if clock.kind in tokenclocks.KINDS:
        clock.due_at, clock.wake_at = change.new, None if clock.paused_at else change.new
        clock.save(update_fields=["due_at", "wake_at"])
        return
    clock.plan = _plan_of(clock, version, change.new, change.warn_at)
    clock.due_at, clock.next_level = change.new, 0
    clock.wake_at = None if clock.paused_at else escalation.wake_at(clock.plan, 0)
    clock.save(update_fields=["plan", "due_at", "next_level", "wake_at"])
    if change.old <= at < change.new:
        _take_mark_back(clock)
    _write_due([clock])


def _take_mark_back(clock: Clock) -> None:
    """The deadline lies ahead again and is marked when it passes once more; its levels tell nobody twice."""
    fired = LevelFired.objects.filter(clock=clock, generation=clock.generation)
    fired.filter(level=escalation.MARK.number).delete()
    if clock.task is not None and clock.kind == Clock.Kind.SOLUTION:
        clock.task.overdue_at = None
        clock.task.save(update_fields=["overdue_at"])


def judge_anew(
    version: CompiledVersion,
    instance: ProcessInstance,
    task: Task | None,
    was: int,
    *,
    at: dt.datetime,
) -> list[Change]:
    """The urgency of a task (or of the case) is no longer `was`: deadlines whose rules or plan depend on it
    begin anew, with levels from the deadline on that have passed already still to fire. Returns moved ones.
    """
    changes = []
    for kind in _kinds_judged(version, instance, task, was):
        clock = Clock.objects.filter(instance=instance, task=task, kind=kind).first()
        if clock is None:
            _begin_late(version, instance, task, kind, at)
            continue
        clock.instance, clock.task = instance, task
        change = _judge_clock(clock, version, at)
        if change.old != change.new:
            changes.append(change)
    return changes


def _kinds_judged(
    version: CompiledVersion, instance: ProcessInstance, task: Task | None, was: int
) -> list[Clock.Kind]:
    """Kinds of deadlines that differ between the urgency of before and now."""
    step = version.steps[task.step_key] if task else None
    rules, now = (step.deadlines, task.urgency) if step and task else (version.deadlines, instance.urgency)
    kinds = [(Clock.Kind.CASE, DeadlineRule.Kind.SOLUTION)]
    if task is not None:
        kinds = [(Clock.Kind.SOLUTION, DeadlineRule.Kind.SOLUTION)]
        kinds += [(Clock.Kind.REACTION, DeadlineRule.Kind.REACTION)] if task.assignee_id is None else []
    has_other_plan = version.plan(step, was) != version.plan(step, now)
    return [
        clock
        for clock, rule in kinds
        if has_other_plan or dues.applicable(rules, rule, was) != dues.applicable(rules, rule, now)
    ]


def _begin_late(
    version: CompiledVersion, instance: ProcessInstance, task: Task | None, kind: Clock.Kind, at: dt.datetime
) -> None:
    """What had no deadline of this kind gets the one for its urgency, if there is one."""
    if task is None:
        start_case(version, instance, at=at)
        return
    step, known = version.steps[task.step_key], calendars.current()
    due = due_of_task(version, step, task, str(kind), known=known)
    if due is None:
        return
    start([_task_clock(version, step, task, kind, due, known)])
    if kind == Clock.Kind.SOLUTION:
        task.due_at = task.due_sort_at = due.at
        task.save(update_fields=["due_at", "due_sort_at"])


def _judge_clock(clock: Clock, version: CompiledVersion, at: dt.datetime) -> Change:
    due = None if clock.is_moved else due_of_clock(clock, version)
    old, new = clock.due_at, due.at if due else clock.due_at
    if due is not None:
        clock.is_legal, clock.is_final = due.rule.term is not None, due.rule.is_final
    warn_at = due.warn_at if due else warned_at(clock)
    _renew(clock, version, new, warn_at=warn_at, skips=lambda moment: moment < min(new, at))
    if clock.task is not None and clock.kind == Clock.Kind.SOLUTION and new > at:
        clock.task.overdue_at, clock.task.escalation_level = None, 0
        clock.task.save(update_fields=["overdue_at", "escalation_level"])
    return Change(clock, old, new, warn_at)


def redate(
    instance: ProcessInstance, version: CompiledVersion, keys: Iterable[str], *, at: dt.datetime
) -> list[Change]:
    """Dates of the case have changed, or steps have ended (`keys`): find the moments that hang on them anew.

    Returns moved deadlines.
    """
    tokenclocks.redate(instance, version, keys, at=at)
    rows = Clock.objects.filter(
        Q(task__state=Task.State.OPEN) | Q(kind=Clock.Kind.CASE),
        instance=instance,
        kind__in=(Clock.Kind.SOLUTION, Clock.Kind.REACTION, Clock.Kind.CASE),
    )
    clocks, changes = list(rows.select_related("task")), []
    for clock in clocks:
        clock.instance = instance
        if clock.task is not None:
            clock.task.instance = instance
        change = found_anew(clock, version)
        if change is not None:
            apply(change, version, at=at)
            changes.append(change)
    _date_undated(instance, version, {(clock.task_id, clock.kind) for clock in clocks}, at)
    return changes


def _date_undated(
    instance: ProcessInstance, version: CompiledVersion, known: Collection[Any], at: dt.datetime
) -> None:
    """Deadlines of the case and of open tasks that could not be known so far; `known` = those there are."""
    start_case(version, instance, at=at)
    dated = [step.key for step in version.steps.values() if any(_is_named(rule) for rule in step.deadlines)]
    tasks = list(Task.objects.open().filter(instance=instance, step_key__in=dated)) if dated else []
    for task in tasks:
        task.instance = instance
    clocks = [one for one in date_tasks(version, tasks) if one.task and (one.task.pk, one.kind) not in known]
    due = [one.task for one in clocks if one.task and one.kind == Clock.Kind.SOLUTION]
    Task.objects.bulk_update(due, ["due_at", "due_sort_at"])
    start(clocks)


def _is_named(rule: DeadlineInfo) -> bool:
    return rule.moment.basis in NAMED
