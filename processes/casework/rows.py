"""What a token at rest needs: a task or a vote, clocks, a job, a called case; and its end with the token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from processes import engine
from processes.casework import calling, repeated, taskrows
from processes.casework.change import Casework
from processes.compiledversion import StepInfo
from processes.models import ProcessInstance, Step
from tasks import events, incidents
from tasks.clocks import schedule, tokenclocks
from tasks.models import Clock, Incident, Job, Task


@dataclass
class Made:
    """Rows written for tokens that were entered."""

    tasks: list[Task] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    children: list[ProcessInstance] = field(default_factory=list)


def make(work: Casework, tokens: Iterable[engine.Token]) -> Made:
    """Write what tokens need that have come to rest at steps."""
    made = Made()
    entered = [(work.version.steps[token.at], token) for token in tokens]
    for step, token in entered:
        if step.kind == Step.Kind.TASK:
            made.tasks += _tasks(work, step, token, made.tasks)
        elif step.kind == Step.Kind.ACTION:
            made.jobs.append(_job(work, step, token))
    taskrows.store_tasks(work, made.tasks)
    if made.jobs:
        Job.objects.bulk_create(made.jobs)
    for step, token in entered:
        if step.has_token_clocks:
            _start_clocks(work, step, token)
        if step.kind == Step.Kind.SUBPROCESS:
            made.children += calling.call(work, step, token)
    return made


def _tasks(work: Casework, step: StepInfo, token: engine.Token, beside: Sequence[Task]) -> list[Task]:
    if step.config.repeat is not None:
        return repeated.begin(work, step, token)
    return [taskrows.new_task(work, step, token, beside=beside)]


def _start_clocks(work: Casework, step: StepInfo, token: engine.Token) -> None:
    """Waits and outcomes of the clock; a wait whose date is not known stands still visibly."""
    for clock in tokenclocks.start(work.instance, step, token, at=work.at):
        if clock.kind == Clock.Kind.WAIT and clock.wake_at is None:
            incidents.open_incident(
                work.instance, "date_missing", at=work.at, token_id=token.id, step_key=step.key, clock=clock
            )


def _job(work: Casework, step: StepInfo, token: engine.Token) -> Job:
    # The clock of a trial may stand ahead of the workers'.
    available_at = work.instance.started_at if work.instance.is_trial else work.at
    return Job(
        instance=work.instance,
        root_id=work.instance.root_id or work.instance.pk,
        token_id=token.id,
        step_key=step.key,
        created_at=work.at,
        available_at=available_at,
    )


def drop(work: Casework, tokens: Iterable[engine.Token]) -> list[str]:
    """End what hangs on cancelled tokens: tasks, votes, clocks, jobs, called cases (recursively).

    Returns the steps whose people had not passed their gates.
    """
    tokens = list(tokens)
    at_steps = {token.id: work.version.steps[token.at] for token in tokens if token.at in work.version.steps}
    if not at_steps:
        return []
    kinds = {step.kind for step in at_steps.values()}
    skipped = taskrows.cancel_tasks(work, at_steps) if Step.Kind.TASK in kinds else []
    tokenclocks.stop(work.instance, at_steps)
    if Step.Kind.ACTION in kinds:
        open_jobs = Job.objects.filter(
            instance=work.instance, token_id__in=at_steps, state__in=Job.OPEN_STATES
        )
        open_jobs.update(state=Job.State.CANCELLED, ended_at=work.at, lease_id="", locked_until=None)
    if Step.Kind.SUBPROCESS in kinds:
        drop_called(work, at_steps)
    close_incidents(work, at_steps)
    return skipped


def drop_called(work: Casework, token_ids: Iterable[int]) -> None:
    """Cancel the running cases that these tokens have called, and what they have called."""
    for child in calling.live_children(work, token_ids):
        give_up(child)
        child.instance.cancel(at=work.at)


def give_up(work: Casework, *, personal: Mapping[str, Any] | None = None) -> None:
    """Take every token of a case away with all that hangs on them, and record that it was cancelled."""
    schedule.stop_case(work.instance)
    moves = engine.cancel_all(work.marking)
    work.instance.marking = moves.marking.to_json()
    skipped = drop(work, moves.cancelled)
    facts = moved_facts(moves, Made())
    if skipped:
        facts["gates_skipped"] = skipped
    work.record(events.Kind.CANCELLED, facts=facts, personal=personal)


def moved_facts(moves: engine.Moves, made: Made) -> dict[str, Any]:
    """What a token-moving event keeps for recall and for rebuilding the state (semantics §4)."""
    moved: dict[str, Any] = {
        "consumed": [[t.id, t.at, t.visit] for t in moves.consumed],
        "produced": [[t.id, t.at, t.visit] for t in moves.produced],
        "cancelled": [[t.id, t.at, t.visit] for t in moves.cancelled],
        "tasks": [[task.pk, task.token_id, task.step_key] for task in made.tasks],
    }
    if made.jobs:
        moved["jobs"] = [[job.pk, job.token_id] for job in made.jobs]
    if made.children:
        moved["children"] = [[child.pk, child.parent_token] for child in made.children]
    return {"moves": moved}


def end_clocks(work: Casework, tokens: Iterable[engine.Token]) -> None:
    """The clocks of consumed tokens have nothing more to do."""
    ids = [
        token.id
        for token in tokens
        if token.at in work.version.steps and work.version.steps[token.at].has_token_clocks
    ]
    if ids:
        tokenclocks.stop(work.instance, ids)


def close_incidents(work: Casework, token_ids: Iterable[int] | None = None) -> None:
    """What stood still is over: incidents of these tokens, or of the whole case, end by its course."""
    open_ones = Incident.objects.filter(instance=work.instance, resolved_at__isnull=True)
    if token_ids is not None:
        open_ones = open_ones.filter(token_id__in=list(token_ids))
    open_ones.update(resolved_at=work.at)
