"""Deadlines moved, given back, judged by another urgency or found anew, in the transaction of the change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from copy import copy
from typing import Any

from django.db.models import Q

from people import worktime
from people.calendars import Calendars
from processes import escalation
from processes.compiledversion import CompiledVersion, DeadlineInfo
from processes.escalation import Timed
from processes.models import DeadlineRule, ProcessInstance
from processes.moments import NAMED
from tasks.clocks import clockrows, clockrules, dues, rests, schedule, tokenclocks
from tasks.messages import toldlevels
from tasks.models import NEVER, Clock, Task


def move(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    *,
    warn_at: dt.datetime | None = None,
    at: dt.datetime,
) -> None:
    """Somebody entitled has set another deadline: a new generation, whose levels begin after `at`. It is
    meant as it was set: of a pause only what comes after `at` is added to it."""
    clock.is_moved = True
    if clock.paused_at is not None:
        clock.paused_at = at
    _renew(clock, version, due_at, warn_at=warn_at, is_over=lambda one: one.at <= at)


def extend(clock: Clock, version: CompiledVersion, seconds: int, *, at: dt.datetime) -> None:
    """Give a deadline back working seconds it has lost: a new generation, whose levels begin after `at`, or
    after the begin of its rest.

    They count like those of a pause, so that the deadline can still be found anew. No further than a legal
    deadline beside it, which counts then; what of it has passed already is still to fire.
    """
    due_at, law = extended(clock, version, seconds)
    clock.paused_seconds += seconds
    if law is None:
        since = clock.paused_at or at
        _renew(clock, version, due_at, is_over=lambda one: one.at <= since)
        return
    clockrows.take_over_law(clock, law)
    _renew(clock, version, due_at, warn_at=law.warn_at, is_over=lambda one: one.at < min(due_at, at))


def extended(
    clock: Clock, version: CompiledVersion, seconds: int, *, known: Calendars | None = None
) -> tuple[dt.datetime, dues.Due | None]:
    """Where a deadline lies with so many working seconds more, and the legal deadline among its rules that
    keeps it from lying further. What keeps to a date is put off no further than that. Writes nothing."""
    due_at = worktime.add_seconds(clock.due_at, seconds, dues.calendar_of_clock(clock, known=known))
    if all(rule.rests for rule in clockrules.rules_of_clock(clock, version)):
        return due_at, None
    later = copy(clock)
    later.paused_seconds += seconds
    due = clockrules.due_of_clock(later, version, known=known)
    if due is None or due.at >= due_at or due.rule.rests:
        return due_at, None
    return due.at, due if due.is_legal else None


def _renew(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    *,
    warn_at: dt.datetime | None = None,
    is_over: Callable[[Timed], bool],
) -> None:
    """Begin a new generation with another deadline; levels that are over never come."""
    plan = clockrules.plan_of(clock, version, due_at, warn_at)
    levels = sorted(escalation.timed_levels(plan), key=lambda one: not is_over(one))
    clock.plan = [one.to_json() for one in levels]
    clock.due_at = due_at
    clock.generation += 1
    clock.next_level = sum(is_over(one) for one in levels)
    clockrows.wake(clock)
    clockrows.keep_remaining(clock)
    clock.save()
    clockrows.write_due([clock])


def judge_anew(
    version: CompiledVersion,
    instance: ProcessInstance,
    task: Task | None,
    was: int,
    *,
    at: dt.datetime,
    firing: Clock | None = None,
) -> list[clockrules.Change]:
    """The urgency of a task (or of the case) is no longer `was`: deadlines whose rules or plan depend on it
    are counted anew. Returns moved ones.

    Where somebody has changed it they begin anew. Levels from the deadline on that have passed already fire
    then, where that makes it more urgent than when they fired before. Where a level has changed it, that of
    the clock `firing`, their generation goes on: what is over is over.
    """
    changes = []
    for kind in _kinds_judged(version, instance, task, was):
        clock = Clock.objects.filter(instance=instance, task=task, kind=kind).first()
        if clock is None:
            _begin_late(version, instance, task, kind, at)
            continue
        clock = firing if firing is not None and firing.pk == clock.pk else clock
        clock.instance, clock.task = instance, task
        change = _judged(clock, version)
        if change.new == NEVER:
            continue
        if firing is None:
            _renew_judged(change, version, was, at)
        else:
            clockrows.apply(change, version, at=at, keeps=clock.next_level + (clock is firing))
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
    """What had no deadline of this kind gets the one for its urgency, if there is one; warnings whose moment
    has passed are left out."""
    clock = _begun_late(version, instance, task, kind, at)
    if clock is None:
        return
    over = min(clock.due_at, at)
    clock.next_level = sum(one.at < over for one in escalation.timed_levels(clock.plan))
    clockrows.rest_or_run(clock, at)
    clock.save()
    clockrows.write_due([clock])


def _begun_late(
    version: CompiledVersion, instance: ProcessInstance, task: Task | None, kind: Clock.Kind, at: dt.datetime
) -> Clock | None:
    """A deadline that begins after its task or case has, with the time these have rested since; not stored.
    None while its rules give none."""
    clock = schedule.new_clock(instance, task, kind)
    clock.due_at = NEVER
    rested = rests.of(clock)
    clock.paused_at = next((begin for begin, end in rested if end == NEVER), None)
    began, until = clock.started_at or at, clock.paused_at or at
    calendar = dues.calendar_of_clock(clock)
    clock.paused_seconds = rests.seconds(rested, began, until, calendar)
    return schedule.begun(clock, version)


def _judged(clock: Clock, version: CompiledVersion) -> clockrules.Change:
    """What the rules of the urgency of now make of a deadline. One they have nothing for stays, and a
    Notfrist unless they give another that comes no later."""
    if clock.is_moved:
        return _judged_moved(clock, version)
    former, standing = clock.for_urgency, clockrules.notfrist(clock, version)
    clock.for_urgency = clockrules.urgency_of(clock.instance, clock.task)
    due, other = clockrules.due_of_clock(clock, version), clockrules.notfrist(clock, version)
    keeps = standing is None or (other is not None and other.at <= standing.at)
    if due is not None and keeps and (due.rule.is_final or not clock.is_final):
        return clockrules.Change(clock, clock.due_at, due.at, due)
    clock.for_urgency = former
    return clockrules.Change(clock, clock.due_at, clock.due_at, clockrules.due_of_clock(clock, version))


def _judged_moved(clock: Clock, version: CompiledVersion) -> clockrules.Change:
    """A deadline somebody has moved stays, unless the urgency of now brings a Notfrist that comes first."""
    former = clock.for_urgency
    clock.for_urgency = clockrules.urgency_of(clock.instance, clock.task)
    law = clockrules.notfrist(clock, version)
    if law is not None and law.at < clock.due_at:
        return clockrules.Change(clock, clock.due_at, law.at, law)
    clock.for_urgency = former
    return clockrules.Change(clock, clock.due_at, clock.due_at)


def _renew_judged(change: clockrules.Change, version: CompiledVersion, was: int, at: dt.datetime) -> None:
    clock, new = change.clock, change.new
    is_told = _told(change, version, was)
    clockrows.take_over_law(clock, change.due)

    def is_over(one: Timed) -> bool:
        return one.at < min(new, at) or (one.at <= at and is_told(one))

    _renew(clock, version, new, warn_at=change.warn_at, is_over=is_over)
    if new > at:
        clockrows.clear_marks(clock)


def _told(change: clockrules.Change, version: CompiledVersion, was: int) -> Callable[[Timed], bool]:
    """Which levels are not to be repeated once they have passed: what has fired since then while it was as
    urgent as now, and, unless it is more urgent now, all that are over. The mark stays where it is set."""
    clock, task = change.clock, change.clock.task
    step = version.steps[task.step_key] if task else None
    now = clockrules.urgency_of(clock.instance, task)
    fired = toldlevels.told(clock, lambda urgency: version.plan(step, urgency), was)
    is_same = change.old == change.new and version.plan(step, was) == version.plan(step, now)
    over = {row["level"] for row in clock.plan[: clock.next_level]} if now > was or is_same else set()

    def is_told(one: Timed) -> bool:
        if one.level == escalation.MARK and task is not None and clock.kind == Clock.Kind.SOLUTION:
            return task.overdue_at is not None
        number = one.level.number
        return number in over or (number in fired and fired[number] >= one.at)

    return is_told


def follow_holder(task: Task, version: CompiledVersion, *, at: dt.datetime) -> None:
    """Somebody has the task now, or nobody any more: its reaction time is over, or goes on as if it had never
    stopped; what it passed meanwhile is said at the next tick. It is that of the urgency of now, and begins
    where somebody had the task from its start. None or a few statements."""
    if not version.steps[task.step_key].has_reaction_time:
        return
    clocks = Clock.objects.filter(task=task, kind=Clock.Kind.REACTION)
    if task.assignee_id is not None:
        clocks.update(wake_at=None)
        return
    clock = clocks.first() or _begun_late(version, task.instance, task, Clock.Kind.REACTION, at)
    if clock is not None:
        clock.instance, clock.task = task.instance, task
        _go_on(clock, task, version, at)


def _go_on(clock: Clock, task: Task, version: CompiledVersion, at: dt.datetime) -> None:
    """A reaction time of a task that nobody has any more."""
    was = clock.for_urgency
    if was is not None and clock.kind in _kinds_judged(version, task.instance, task, was):
        change = _judged(clock, version)
        if change.new != NEVER:
            _renew_judged(change, version, was, at)
            return
    found = clockrules.found_anew(clock, version)
    if found is not None:
        clockrows.apply(found, version, at=at)
    clockrows.rest_or_run(clock, at)
    clock.save()


def redate(
    instance: ProcessInstance, version: CompiledVersion, keys: Iterable[str], *, at: dt.datetime
) -> list[clockrules.Change]:
    """Dates of the case have changed, or steps have ended (`keys`): find the moments that hang on them anew.

    Returns moved deadlines.
    """
    tokenclocks.redate(instance, version, keys, at=at)
    kinds = (Clock.Kind.SOLUTION, Clock.Kind.REACTION, Clock.Kind.CASE)
    rows = Clock.objects.filter(Q(task__state=Task.State.OPEN) | Q(kind=Clock.Kind.CASE), kind__in=kinds)
    clocks = clockrows.with_case(instance, list(rows.filter(instance=instance).select_related("task")))
    changes = []
    for clock in clocks:
        is_needed = clock.task is None or clockrows.is_in_use(clock)
        change = clockrules.found_anew(clock, version) if is_needed else None
        if change is not None:
            _redate(change, version, set(keys), at)
        if change is not None and change.old != change.new:
            changes.append(change)
    _date_undated(instance, version, {(clock.task_id, clock.kind) for clock in clocks}, at)
    return changes


def _redate(
    change: clockrules.Change, version: CompiledVersion, keys: Collection[str], at: dt.datetime
) -> None:
    """Write a deadline whose date somebody has changed: a new generation, like any that a person moves. What
    has fired and lies ahead again comes again; what has fired and has passed by the new date does not."""
    clock = change.clock
    counted = (rule.moment for rule in clockrules.rules_of_clock(clock, version))
    if NEVER in (change.old, change.new) or not any(
        one.basis in NAMED and one.key in keys for one in counted
    ):
        clockrows.apply(change, version, at=at)
        return
    over = {row["level"] for row in clock.plan[: clock.next_level]}
    clockrows.take_over_law(clock, change.due)
    _renew(
        clock,
        version,
        change.new,
        warn_at=change.warn_at,
        is_over=lambda one: one.at <= at and one.level.number in over,
    )
    if change.old <= at < change.new:
        clockrows.clear_marks(clock)


def _date_undated(
    instance: ProcessInstance, version: CompiledVersion, known: Collection[Any], at: dt.datetime
) -> None:
    """Deadlines of the case and of open tasks that could not be known so far; `known` = those there are."""
    if (None, Clock.Kind.CASE) not in known:
        schedule.start_case(version, instance)
    dated = [step.key for step in version.steps.values() if any(_is_named(rule) for rule in step.deadlines)]
    tasks = list(Task.objects.open().filter(instance=instance, step_key__in=dated)) if dated else []
    for task in tasks:
        task.instance = instance
    clocks = [
        one
        for one in schedule.date_tasks(version, tasks)
        if one.task and (one.task.pk, one.kind) not in known
    ]
    for clock in clocks:
        clockrows.rest_or_run(clock, at)
    due = [one.task for one in clocks if one.task and one.kind == Clock.Kind.SOLUTION]
    Task.objects.bulk_update(due, ["due_at", "due_sort_at"])
    schedule.start(clocks)


def _is_named(rule: DeadlineInfo) -> bool:
    return rule.moment.basis in NAMED
