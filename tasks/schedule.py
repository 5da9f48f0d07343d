"""When a task is due and when its clock next has something to do; keeps `Clock` in step with tasks.

All functions run inside the transaction of the change, under the lock of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from people import worktime
from processes.marking import Token
from processes.models import ProcessInstance
from processes.moments import Anchors, Basis, Moment, resolve
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


def start_token_clocks(
    instance: ProcessInstance, step: StepInfo, token: Token, *, at: dt.datetime
) -> list[Clock]:
    """Write what the clock does at a token: the end of a wait, and outcomes of the clock.

    A clock whose date is not filled in yet sleeps until it is (`redate`).
    """
    wanted = [(Clock.Kind.WAIT, "", step.config.wait)] if step.config.wait else []
    wanted += [(Clock.Kind.TIMEOUT, one.key, one.after) for one in step.timed_outcomes if one.after]
    anchors = _anchors(instance, [moment for _kind, _key, moment in wanted], at)
    rows = [_token_clock(instance, token, kind, key, moment, anchors) for kind, key, moment in wanted]
    Clock.objects.bulk_create(rows)
    return rows


def _token_clock(
    instance: ProcessInstance, token: Token, kind: Clock.Kind, key: str, moment: Moment, anchors: Anchors
) -> Clock:
    due_at = resolve(moment, anchors, at_closing=kind == Clock.Kind.TIMEOUT)
    return Clock(
        instance=instance,
        root_id=instance.root_id or instance.pk,
        token_id=token.id,
        kind=kind,
        key=key,
        rule=moment.to_json(),
        due_at=due_at or NEVER,
        wake_at=due_at,
    )


def _anchors(instance: ProcessInstance, moments: Iterable[Moment], at: dt.datetime) -> Anchors:
    """What moments are counted from; ends of earlier steps are read only where one asks for them."""
    keys = [moment.key for moment in moments if moment.basis is Basis.AFTER]
    ended: dict[str, dt.datetime] = {}
    if keys:
        done = Task.objects.filter(instance=instance, step_key__in=keys, state=Task.State.DONE)
        rows = done.order_by("ended_at").values_list("step_key", "ended_at")
        ended = {key: moment for key, moment in rows if moment is not None}
    return Anchors(step_at=at, case_at=instance.started_at, ended_at=ended, data=instance.data)


def redate(instance: ProcessInstance, field_keys: Iterable[str], *, at: dt.datetime) -> None:
    """Dates of the case have changed: find the moments of its waiting clocks anew (one statement a clock)."""
    rows = _token_clocks(instance).filter(rule__basis=str(Basis.FIELD), rule__key__in=list(field_keys))
    anchors = _anchors(instance, [], at)
    for clock in rows:
        moment = Moment.from_json(clock.rule)
        due_at = resolve(moment, anchors, at_closing=clock.kind == Clock.Kind.TIMEOUT)
        clock.due_at = due_at or NEVER
        clock.wake_at = None if clock.paused_at else due_at
        clock.generation += 1
        clock.save(update_fields=["due_at", "wake_at", "generation"])
        if due_at is not None:
            clock.incidents.filter(resolved_at__isnull=True).update(resolved_at=at)


def _token_clocks(instance: ProcessInstance) -> QuerySet[Clock]:
    """Waits and outcomes of the clock at tokens that are still there and have not fired."""
    tokens = [row[0] for row in instance.marking.get("tokens", ())]
    return Clock.objects.filter(instance=instance, task__isnull=True, token_id__in=tokens, next_level=0)


def stop_tokens(instance: ProcessInstance, token_ids: Iterable[int]) -> None:
    """The tokens are gone: their clocks have nothing more to do, paused ones included (one statement)."""
    rows = Clock.objects.filter(instance=instance, task__isnull=True, token_id__in=list(token_ids))
    rows.update(wake_at=None, paused_at=None, remaining=None)


def dateless_waits(instance: ProcessInstance) -> list[Clock]:
    """Waits whose date is not known: nothing would ever end them."""
    waits = [clock for clock in _token_clocks(instance) if clock.kind == Clock.Kind.WAIT]
    return [clock for clock in waits if clock.due_at == NEVER and clock.wake_at is None]


def stop(task_ids: Iterable[int]) -> None:
    """The tasks are over: their clocks have nothing more to do (one statement)."""
    Clock.objects.filter(task_id__in=list(task_ids)).update(wake_at=None)


def pause(instance: ProcessInstance, *, at: dt.datetime) -> None:
    """The case is suspended: its clocks keep the working seconds they still have, and fire nothing."""
    clocks = [clock for clock in _open_clocks(instance) if clock.paused_at is None]
    for clock in clocks:
        clock.remaining = None if clock.due_at == NEVER else worktime.seconds_between(at, clock.due_at)
        clock.paused_at = at
        clock.wake_at = None
    Clock.objects.bulk_update(clocks, ["remaining", "paused_at", "wake_at"])


def resume(instance: ProcessInstance, *, at: dt.datetime) -> None:
    """The case goes on: what had not happened yet is as far away, in working time, as when it was paused.

    That holds for deadlines and for escalation levels alike. A deadline missed before the pause stays missed;
    what hangs on a date stays on that date.
    """
    clocks = [clock for clock in _open_clocks(instance) if clock.paused_at is not None]
    for clock in clocks:
        _continue(clock, at)
    Clock.objects.bulk_update(clocks, ["due_at", "plan", "wake_at", "remaining", "paused_at"])
    moved = [clock.task for clock in clocks if clock.task and clock.kind == Clock.Kind.SOLUTION]
    Task.objects.bulk_update(moved, ["due_at", "due_sort_at"])


def _continue(clock: Clock, at: dt.datetime) -> None:
    paused_at = clock.paused_at or at

    def later(moment: dt.datetime) -> dt.datetime:
        if moment <= paused_at or moment == NEVER or clock.rule.get("basis") in DATED:
            return moment
        return worktime.add_seconds(at, worktime.seconds_between(paused_at, moment))

    clock.due_at = later(clock.due_at)
    if clock.task_id is None:
        clock.wake_at = None if clock.due_at == NEVER else clock.due_at
    else:
        clock.plan = plans.retimed(clock.plan, clock.next_level, later)
        clock.wake_at = plans.wake_at(clock.plan, clock.next_level)
    clock.remaining = clock.paused_at = None
    if clock.task and clock.kind == Clock.Kind.SOLUTION:
        clock.task.due_at = clock.task.due_sort_at = clock.due_at


DATED = frozenset({str(Basis.FIELD), str(Basis.DATE)})
"""Bases that a pause does not move."""


def _open_clocks(instance: ProcessInstance) -> list[Clock]:
    of_tasks = Clock.objects.filter(instance=instance, task__state=Task.State.OPEN).select_related("task")
    return [*of_tasks.order_by("pk"), *_token_clocks(instance).order_by("pk")]
