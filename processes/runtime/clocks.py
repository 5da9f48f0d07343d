"""What the clock does to tokens: waits that are over, outcomes of the clock. Bound by no gate of people."""

from __future__ import annotations

import datetime as dt
from typing import Any

from people.scope import SYSTEM
from processes import casework, engine
from processes.casework import Casework, moving, rows, taskrows
from processes.compiledversion import OutcomeInfo, StepInfo
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.timing import come_back
from tasks import events
from tasks.clocks import schedule
from tasks.models import Clock, Task, TaskGroup


@one_transaction
def reach_moment(clock_id: int, *, at: dt.datetime) -> bool:
    """Let a wait end or an outcome of the clock happen, if its moment has come at `at`; whether it did.

    Never waits for somebody else's change (raises casework.Busy). Raises NoWayOn.
    """
    found = Clock.objects.only("instance_id", "root_id", "kind").get(pk=clock_id)
    if found.kind == Clock.Kind.FOLLOW_UP:
        return come_back(clock_id, at=at)
    work = casework.lock(found.instance_id, found.root_id, by=SYSTEM, at=at, skip_locked=True)
    clock = Clock.objects.get(pk=clock_id)
    if clock.wake_at is None or clock.wake_at > at:
        return False
    token = next((one for one in work.marking.tokens if one.id == clock.token_id), None)
    has_fired = token is not None and work.instance.state == ProcessInstance.State.RUNNING
    clock.wake_at = None
    if token is not None and has_fired:
        clock.next_level = 1
        _fire(work, clock, work.version.steps[token.at], token.id)
    clock.save(update_fields=["wake_at", "next_level"])
    work.close()
    return has_fired


def _fire(work: Casework, clock: Clock, step: StepInfo, token_id: int) -> None:
    if clock.kind == Clock.Kind.WAIT:
        moving.advance(work, token_id, engine.JobDone(), events.Kind.TIMED, facts={"step": step.key})
        return
    outcome = step.outcome(clock.key)
    if outcome is None:
        return
    facts: dict[str, Any] = {"step": step.key, "outcome": outcome.key}
    task = end_activity(work, step, token_id, outcome, facts) if outcome.is_interrupting else None
    event = engine.Clock(outcome.key)
    moving.advance(work, token_id, event, events.Kind.TIMED, task=task, facts=facts)


def end_activity(
    work: Casework, step: StepInfo, token_id: int, outcome: OutcomeInfo, facts: dict[str, Any]
) -> Task | None:
    """The clock ends what people had not: a task with its outcome, a vote or a called case by cancelling.

    Returns the task; adds to `facts` whose gates were skipped."""
    if step.config.call is not None:
        rows.drop_called(work, [token_id])
        return None
    if step.config.repeat is not None:
        group = TaskGroup.objects.filter(instance=work.instance, token_id=token_id)
        group.update(outcome_key=outcome.key, ended_at=work.at)
        _note_skipped(facts, taskrows.cancel_tasks(work, [token_id]))
        return None
    return _end_task(work, token_id, outcome, facts)


def _end_task(work: Casework, token_id: int, outcome: OutcomeInfo, facts: dict[str, Any]) -> Task | None:
    task = Task.objects.open().filter(instance=work.instance, token_id=token_id).first()
    if task is None:
        return None
    _note_skipped(facts, taskrows.skipped_gates(work, [task]))
    task.complete(outcome=outcome.key, by=None, acting_for=None, at=work.at)
    task.lock_version += 1
    task.wake_at = None
    task.save(update_fields=["state", "outcome_key", "ended_at", "lock_version", "wake_at"])
    schedule.stop([task.pk])
    return task


def _note_skipped(facts: dict[str, Any], steps: list[str]) -> None:
    if steps:
        facts["gates_skipped"] = steps
