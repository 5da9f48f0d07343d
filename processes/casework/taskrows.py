"""Rows of human work: tasks given to whom their step says, and their end without a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Count, F, Q

from processes import assignment, engine
from processes.assignment import Assignment
from processes.casework.change import Casework
from processes.compiledversion import StepInfo
from tasks import incidents
from tasks.clocks import rescheduling, schedule
from tasks.models import Task, TaskGroup

Item = Mapping[str, Any]
"""One entry of a frozen list: `{"person": id}` or `{"value": text}`."""


def new_task(
    work: Casework,
    step: StepInfo,
    token: engine.Token,
    *,
    index: int = 0,
    item: Item | None = None,
    beside: Sequence[Task] = (),
) -> Task:
    """A task of a step, given to whom the step's rule says (or the person of the item), not yet stored.

    `beside` = tasks of the same change that are not stored yet; their persons count for four eyes.
    """
    chosen = _chosen(work, step, token, item or {}, beside)
    if work.instance.is_trial:
        chosen = assignment.in_trial(chosen, step, work.instance)
    work.grant(team_id=chosen.team_id, user_id=chosen.assignee_id)
    value = _item_text(work, step, item or {})
    return Task(
        instance=work.instance,
        root_id=work.instance.root_id or work.instance.pk,
        step_id=step.id,
        step_key=step.key,
        token_id=token.id,
        visit=token.visit,
        mi_index=index,
        title=f"{step.name}: {value}"[:200] if value else step.name,
        team_id=chosen.team_id,
        assignee_id=chosen.assignee_id,
        assignment_reason=chosen.reason,
        urgency=work.instance.urgency,
        created_at=work.at,
        is_confidential=work.instance.is_confidential,
        is_trial=work.instance.is_trial,
    )


def _item_text(work: Casework, step: StepInfo, item: Item) -> str:
    """What one item of a list of values is called."""
    value, repeat = str(item.get("value", "")), step.config.repeat
    spec = work.version.fields.get(repeat.key) if repeat else None
    return dict(spec.choices).get(value, value) if spec else value


def _chosen(
    work: Casework, step: StepInfo, token: engine.Token, item: Item, beside: Sequence[Task]
) -> Assignment:
    if "person" in item:
        return Assignment(step.team_id, item["person"], {"code": "voice"})
    return assignment.choose(work.version, step, work.instance, visit=token.visit, beside=beside)


def store_tasks(work: Casework, tasks: list[Task]) -> None:
    """Write new tasks with their deadlines, tell those who got one, and report those nobody got."""
    if not tasks:
        return
    clocks = schedule.date_tasks(work.version, tasks, stamp=work.calendar_stamp)
    Task.objects.bulk_create(tasks)
    schedule.start(clocks)
    for task in tasks:
        work.tell_assignee(task)
        if task.assignment_reason.get("code") == assignment.NOBODY:
            incidents.open_incident(
                work.instance, "nobody", at=work.at, token_id=task.token_id, step_key=task.step_key
            )


def note_holder(work: Casework, task: Task) -> None:
    """A task was given to somebody, or to an inbox: its reaction time, and what said that nobody is there,
    are over, or go on. Votes share a token: nobody may be missing for any of them."""
    rescheduling.follow_holder(task, work.version, at=work.at)
    of_vote = Task.objects.open().filter(instance=work.instance, token_id=task.token_id, assignee=None)
    others = of_vote.exclude(pk=task.pk) if task.mi_index else ()
    if all(_is_attended(work, one) for one in (task, *others)):
        incidents.close_unattended(work.instance, task.token_id, at=work.at)
    else:
        incidents.open_incident(
            work.instance, assignment.NOBODY, at=work.at, token_id=task.token_id, step_key=task.step_key
        )


def _is_attended(work: Casework, task: Task) -> bool:
    """Whether somebody has an open task, or may take it from its inbox."""
    return task.assignee_id is not None or assignment.can_be_taken(work.version, work.instance, task)


def cancel_tasks(work: Casework, token_ids: Iterable[int]) -> list[str]:
    """Cancel the open tasks of tokens with their deadlines and votes. Returns steps with skipped gates."""
    wanted = list(token_ids)
    open_tasks = list(Task.objects.filter(instance=work.instance, token_id__in=wanted).open())
    skipped = skipped_gates(work, open_tasks)
    ids = [task.pk for task in open_tasks]
    Task.objects.filter(pk__in=ids).update(
        state=Task.State.CANCELLED, ended_at=work.at, wake_at=None, lock_version=F("lock_version") + 1
    )
    schedule.stop(ids)
    if any(task.mi_index for task in open_tasks):
        groups = TaskGroup.objects.filter(instance=work.instance, token_id__in=wanted, ended_at__isnull=True)
        groups.update(ended_at=work.at)
    return skipped


def skipped_gates(work: Casework, open_tasks: Iterable[Task]) -> list[str]:
    """Steps of these tasks whose checklist or required fields were not done."""
    found: set[str] = set()
    for task in open_tasks:
        step = work.version.steps[task.step_key]
        needs = [use.spec.key for use in step.fields if use.is_required]
        if any(work.instance.data.get(key) is None for key in needs) or _unticked(task, step):
            found.add(step.key)
    return sorted(found)


def _unticked(task: Task, step: StepInfo) -> bool:
    wanted = step.mandatory_item_ids
    if not wanted:
        return False
    ticked = Count("id", filter=Q(is_checked=True, item_id__in=wanted))
    return int(task.checks.aggregate(ticked=ticked)["ticked"]) < len(wanted)
