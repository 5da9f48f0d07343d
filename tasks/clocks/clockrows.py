"""One clock as it is written: whether it rests, when it is looked at next, what lists sort by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q

from people import worktime
from people.calendars import Calendars
from processes import escalation
from processes.compiledversion import CompiledVersion
from processes.escalation import Snapshot
from processes.models import ProcessInstance
from tasks.clocks import clockrules, dues, laws, tokenclocks
from tasks.clocks.dues import Due
from tasks.models import NEVER, Clock, LevelFired, Task

MOVING = tokenclocks.KINDS | {Clock.Kind.FOLLOW_UP}
"""Kinds of clocks without a plan."""
IN_USE = (
    Q(task__state=Task.State.OPEN, kind=Clock.Kind.SOLUTION)
    | Q(task__state=Task.State.OPEN, kind=Clock.Kind.REACTION, task__assignee__isnull=True)
    | Q(task__state=Task.State.OPEN, kind=Clock.Kind.REACTION, task__is_trial=True)
    | Q(kind=Clock.Kind.CASE)
)
"""Deadlines that still mean something; the reaction time of a task somebody has does not. (In a trial every
task is its starter's.)"""


def is_in_use(clock: Clock) -> bool:
    """As `IN_USE`, of one deadline of a task."""
    task = clock.task
    if task is None or not task.is_open:
        return False
    return clock.kind != Clock.Kind.REACTION or task.is_trial or task.assignee_id is None


def with_case(instance: ProcessInstance, clocks: list[Clock]) -> list[Clock]:
    """These clocks of a case with the one row of it that is being changed."""
    for clock in clocks:
        clock.instance = instance
        if clock.task is not None:
            clock.task.instance = instance
    return clocks


def rests(clock: Clock) -> bool:
    """Whether it does not run; a legal one does also while its case or task stands still."""
    return clock.paused_at is not None and not clock.is_legal


def is_ahead_in_rest(clock: Clock) -> bool:
    """Whether it rests and had not passed before: then it has not passed, whatever moment is written."""
    return clock.paused_at is not None and rests(clock) and clock.due_at > clock.paused_at


def has_passed(clock: Clock, at: dt.datetime) -> bool:
    """Whether a deadline has passed at a moment."""
    return clock.due_at <= at and not is_ahead_in_rest(clock)


def wake(clock: Clock) -> None:
    """When the clock is to be looked at next; not while it rests, but for legal deadlines behind one that was
    missed before."""
    if clock.kind not in MOVING:
        clock.plan = escalation.unparked(clock.plan, clock.next_level)
    if rests(clock) or clock.due_at == NEVER:
        clock.wake_at = None
        _watch_law(clock)
    elif clock.kind in MOVING:
        clock.wake_at = None if clock.next_level else clock.due_at
    else:
        clock.wake_at = escalation.wake_at(clock.plan, clock.next_level)


def _watch_law(clock: Clock) -> None:
    """While it rests, legal deadlines behind it are still watched; its other levels are out of the way.
    (Where it has not been missed, such a one counts in its place meanwhile.)"""
    ahead = clock.plan[clock.next_level :]
    if rests(clock) and any(row["level"] >= laws.WARNED for row in ahead):
        clock.plan = escalation.parked(clock.plan, clock.next_level, stays=laws.is_of_law)
        clock.wake_at = escalation.wake_at(clock.plan, clock.next_level)


def keep_remaining(clock: Clock, known: Calendars | None = None) -> None:
    """While it rests: the working seconds left from then on."""
    clock.remaining = None
    if clock.paused_at is not None and rests(clock) and clock.due_at != NEVER:
        calendar = dues.calendar_of_clock(clock, known=known)
        clock.remaining = worktime.seconds_between(clock.paused_at, clock.due_at, calendar)


def rest_or_run(clock: Clock, at: dt.datetime) -> None:
    """A deadline stands still with its case or task."""
    task = clock.task
    is_still = clock.instance.state == ProcessInstance.State.SUSPENDED or (task and task.is_paused)
    clock.paused_at = (clock.paused_at or at) if is_still else None
    keep_remaining(clock)
    wake(clock)


def write_due(clocks: Iterable[Clock]) -> None:
    """Copy new deadlines to the rows that lists sort by."""
    tasks: list[Task] = []
    for clock in clocks:
        due_at = None if clock.due_at == NEVER else clock.due_at
        if clock.kind == Clock.Kind.CASE:
            clock.instance.due_at = due_at
            ProcessInstance.objects.filter(pk=clock.instance_id).update(due_at=due_at)
        elif clock.task is not None and clock.kind == Clock.Kind.SOLUTION:
            clock.task.due_at, clock.task.due_sort_at = due_at, clock.due_at
            tasks.append(clock.task)
    Task.objects.bulk_update(tasks, ["due_at", "due_sort_at"])


def apply(
    change: clockrules.Change, version: CompiledVersion, *, at: dt.datetime, keeps: int | None = None
) -> None:
    """Write a deadline found anew, in the same generation: the first `keeps` levels (all before the next one)
    are over, whether they fired or were passed by, and never come again. What waits since a standstill of the
    clock waits on."""
    clock = change.clock
    clock.due_at = change.new
    if clock.kind in tokenclocks.KINDS:
        wake(clock)
        keep_remaining(clock)
        clock.save(update_fields=["due_at", "wake_at", "remaining"])
        return
    if change.new == NEVER:
        _end(clock)
        return
    take_over_law(clock, change.due)
    first = clock.next_level if keeps is None else keeps
    over, rest = clock.plan[:first], escalation.unparked(clock.plan, first)[first:]
    if change.old <= at < change.new:
        _take_mark_back(clock)
        kept = [row for row in over if row["level"] != escalation.MARK.number]
        clock.next_level -= len(over) - len(kept)
        over = kept
    plan = over + _not_among(over, clockrules.plan_of(clock, version, change.new, change.warn_at))
    clock.plan = escalation.still_held(plan, len(over), rest)
    rest_or_run(clock, at)
    clock.save()
    write_due([clock])


def take_over_law(clock: Clock, due: Due | None) -> None:
    """Whether the law counts it is said by its rule, where one has given it. What somebody set by hand is
    over where a rule that gives no Notfrist counts again."""
    if due is not None:
        clock.is_legal, clock.is_final = due.is_legal, due.rule.is_final
        clock.is_moved = clock.is_moved and due.rule.is_final


def _not_among(over: Snapshot, plan: Snapshot) -> Snapshot:
    numbers = {row["level"] for row in over}
    return [row for row in plan if row["level"] not in numbers]


def _end(clock: Clock) -> None:
    """No rule gives the deadline any more: it is over until one does, which then is another one."""
    clock.due_at, clock.plan, clock.next_level = NEVER, [], 0
    clock.generation += 1
    clock.is_legal = clock.is_final = clock.is_moved = False
    clock.wake_at = clock.paused_at = clock.remaining = None
    clock.save()
    clear_marks(clock)
    write_due([clock])


def _take_mark_back(clock: Clock) -> None:
    """The deadline lies ahead again and is marked when it passes once more; its levels tell nobody twice."""
    fired = LevelFired.objects.filter(clock=clock, generation=clock.generation)
    fired.filter(level=escalation.MARK.number).delete()
    clear_marks(clock)


def clear_marks(clock: Clock) -> None:
    """A task whose deadline lies ahead, or is gone, is not overdue and bears no badge of what came after."""
    task = clock.task
    if task is not None and clock.kind == Clock.Kind.SOLUTION:
        task.overdue_at, task.escalation_level = None, 0
        task.save(update_fields=["overdue_at", "escalation_level"])
