"""Tasks repeated over persons or values for one token: the frozen list, the votes, the decision.

BPMN 2.0 §13.3.6 (multi-instance activity); ends once, when an outcome has the quorum. An empty list, a tie or
a quorum out of reach take the outcome "no agreement" (semantics §1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from processes import assignment, engine
from processes.casework import taskrows
from processes.casework.change import Casework, Followup
from processes.compiledversion import StepInfo
from processes.errors import NoWayOn
from processes.stepplans import Repeat
from tasks import events
from tasks.models import Task, TaskGroup


def begin(work: Casework, step: StepInfo, token: engine.Token) -> list[Task]:
    """Freeze the list and make its tasks, all or the first. An empty list, and one too short for the quorum,
    are decided at once: nobody is asked in vain."""
    repeat = _repeat(step)
    items = assignment.people_for(repeat, work.version, step, work.instance)
    group = TaskGroup.objects.create(
        instance=work.instance, token_id=token.id, step_key=step.key, items=items
    )
    outcome = decision(repeat, {}, len(items), step)
    if outcome:
        _decide_later(work, step, group, {}, outcome)
        return []
    wanted = items[:1] if repeat.is_sequential else items
    return [
        taskrows.new_task(work, step, token, index=index, item=item) for index, item in enumerate(wanted, 1)
    ]


def after_vote(work: Casework, step: StepInfo, row: Task) -> list[Task]:
    """Judge the votes after one was given: the decision follows, or the next task of the list.

    Returns that task."""
    group = TaskGroup.objects.get(instance=work.instance, token_id=row.token_id)
    voted = Task.objects.filter(instance=work.instance, token_id=row.token_id, state=Task.State.DONE)
    votes = Counter(voted.values_list("outcome_key", flat=True))
    outcome = decision(_repeat(step), votes, len(group.items), step)
    if outcome:
        _decide_later(work, step, group, votes, outcome)
        return []
    return _next(work, step, group, row, sum(votes.values()))


def decision(repeat: Repeat, votes: Mapping[str, int], number: int, step: StepInfo) -> str:
    """The outcome these votes decide on, "" while it is open; of two with the quorum the step's first."""
    needed = repeat.needed(number)
    choosable = [one.key for one in step.outcomes if one.is_choosable]
    left = number - sum(votes.values())
    for key in choosable:
        if votes.get(key, 0) >= needed > 0:
            return key
    if any(votes.get(key, 0) + left >= needed for key in choosable) and left:
        return ""
    return _no_agreement(step)


def _next(work: Casework, step: StepInfo, group: TaskGroup, row: Task, done: int) -> list[Task]:
    """One after another: the task of the next item."""
    if not _repeat(step).is_sequential or done >= len(group.items):
        return []
    token = work.marking.token(row.token_id)
    task = taskrows.new_task(work, step, token, index=done + 1, item=group.items[done])
    taskrows.store_tasks(work, [task])
    return [task]


def _decide_later(
    work: Casework, step: StepInfo, group: TaskGroup, votes: Mapping[str, int], outcome: str
) -> None:
    """End the vote; the token moves right after what is being written now."""
    group.outcome_key, group.ended_at = outcome, work.at
    group.save(update_fields=["outcome_key", "ended_at"])
    skipped = taskrows.cancel_tasks(work, [group.token_id]) if votes else []
    facts: dict[str, Any] = {"step": step.key, "outcome": outcome, "votes": dict(votes)}
    if skipped:
        facts["gates_skipped"] = skipped
    work.family.followups.append(
        Followup(work, group.token_id, engine.Chosen(outcome), events.Kind.DECIDED, facts)
    )


def _repeat(step: StepInfo) -> Repeat:
    if step.config.repeat is None:
        raise NoWayOn(code="not_repeated")
    return step.config.repeat


def _no_agreement(step: StepInfo) -> str:
    for outcome in step.outcomes:
        if outcome.is_no_agreement:
            return outcome.key
    raise NoWayOn(code="no_agreement_missing")
