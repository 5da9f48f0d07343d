"""When a task is due and when its clock next has something to do; keeps `Clock` in step with tasks.

All functions run inside the transaction of the change, under the lock of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from people import worktime
from processes.nets import StepInfo
from tasks import plans
from tasks.models import NEVER, Clock, Task


def due_for(step: StepInfo, *, at: dt.datetime) -> dt.datetime | None:
    """The deadline of a task of this step that starts now; None if the step has none."""
    if not step.deadline:
        return None
    return worktime.due(at, worktime.parse_duration(step.deadline))


def start(tasks: Sequence[Task], *, at: dt.datetime) -> None:
    """Write the clocks of new tasks that have a deadline, in one statement."""
    rows = [_solution_clock(task) for task in tasks if task.due_at is not None]
    if rows:
        Clock.objects.bulk_create(rows)


def _solution_clock(task: Task) -> Clock:
    due_at = task.due_at or NEVER
    plan = plans.snapshot(due_at)
    return Clock(
        instance_id=task.instance_id,
        root_id=task.root_id,
        task=task,
        kind=Clock.Kind.SOLUTION,
        due_at=due_at,
        plan=plan,
        wake_at=plans.wake_at(plan, 0),
    )


def stop(task_ids: Iterable[int]) -> None:
    """The tasks are over: their clocks have nothing more to do (one statement)."""
    Clock.objects.filter(task_id__in=list(task_ids)).update(wake_at=None)


def pause(instance_id: int, *, at: dt.datetime) -> None:
    """The case is suspended: its clocks keep the working seconds they still have, and fire nothing."""
    clocks = list(_open_clocks(instance_id).filter(paused_at__isnull=True))
    for clock in clocks:
        clock.remaining = worktime.seconds_between(at, clock.due_at)
        clock.paused_at = at
        clock.wake_at = None
    Clock.objects.bulk_update(clocks, ["remaining", "paused_at", "wake_at"])


def resume(instance_id: int, *, at: dt.datetime) -> None:
    """The case goes on: what had not happened yet is as far away, in working time, as when it was paused.

    That holds for deadlines and for escalation levels alike. A deadline missed before the pause stays missed.
    """
    clocks = list(_open_clocks(instance_id).filter(paused_at__isnull=False).select_related("task"))
    for clock in clocks:
        _continue(clock, at)
    Clock.objects.bulk_update(clocks, ["due_at", "plan", "wake_at", "remaining", "paused_at"])
    moved = [clock.task for clock in clocks if clock.task and clock.kind == Clock.Kind.SOLUTION]
    Task.objects.bulk_update(moved, ["due_at", "due_sort_at"])


def _continue(clock: Clock, at: dt.datetime) -> None:
    paused_at = clock.paused_at or at

    def later(moment: dt.datetime) -> dt.datetime:
        if moment <= paused_at:
            return moment
        return worktime.add_seconds(at, worktime.seconds_between(paused_at, moment))

    clock.due_at = later(clock.due_at)
    clock.plan = plans.retimed(clock.plan, clock.next_level, later)
    clock.wake_at = plans.wake_at(clock.plan, clock.next_level)
    clock.remaining = clock.paused_at = None
    if clock.task and clock.kind == Clock.Kind.SOLUTION:
        clock.task.due_at = clock.task.due_sort_at = clock.due_at


def _open_clocks(instance_id: int) -> QuerySet[Clock]:
    return Clock.objects.filter(instance_id=instance_id, task__state=Task.State.OPEN).order_by("pk")
