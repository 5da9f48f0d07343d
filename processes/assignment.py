"""Who gets a new task, and why (the reason is stored with the task and shown as a sentence)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from people.models import User
from processes import policy
from processes.models import ProcessInstance, Step
from processes.nets import CompiledVersion, StepInfo
from processes.stepplans import Repeat
from tasks.models import Task


@dataclass(frozen=True, slots=True)
class Assignment:
    """The team whose inbox it stands in, the person if one is meant, and why."""

    team_id: int | None
    assignee_id: int | None = None
    reason: dict[str, Any] = field(default_factory=dict)


def persons_of(instance: ProcessInstance, step_keys: Sequence[str]) -> frozenset[int]:
    """The person set of steps (semantics §6), renewed approvals included.

    Acting and represented persons of all completions in this case, over all visits, plus whoever has one of
    the steps claimed now.
    """
    rows = (
        Task.objects.filter(instance=instance, step_key__in=step_keys)
        .exclude(state=Task.State.CANCELLED)
        .values_list("state", "assignee_id", "completed_by_id", "completed_for_id")
    )
    found: set[int | None] = set()
    for key in step_keys:
        found.update(instance.approvals.get(key, {}).get("by", ()))
    for state, assignee, completed_by, completed_for in rows:
        found |= {assignee} if state == Task.State.OPEN else {completed_by, completed_for}
    return frozenset(person for person in found if person is not None)


def conflict(
    version: CompiledVersion, instance: ProcessInstance, task: Task, persons: frozenset[int]
) -> tuple[int, str] | None:
    """The first (person, step key) that four eyes forbids for this task, or None."""
    for other in sorted(version.apart.get(task.step_key, ())):
        taken = persons_of(instance, [other]) & persons
        if taken:
            return min(taken), other
    return None


def person_name(person_id: int) -> str:
    """The name shown in a refusal."""
    return str(User.objects.get(pk=person_id))


def people_for(
    repeat: Repeat, version: CompiledVersion, step: StepInfo, instance: ProcessInstance
) -> list[dict[str, Any]]:
    """The frozen list of a repeated step."""
    if repeat.over == "persons":
        found = User.objects.active().filter(email__in=repeat.persons)
    elif repeat.over == "team":
        found = User.objects.active().filter(memberships__team__key=repeat.key)
    else:
        value = instance.data.get(repeat.key)
        return [{"value": one} for one in (value or [])]
    return [{"person": pk} for pk in found.order_by("pk").values_list("pk", flat=True)]


def choose(
    version: CompiledVersion, step: StepInfo, instance: ProcessInstance, *, visit: int = 1
) -> Assignment:
    """Apply the step's rule. Whoever can't be given the task any more leaves it to the team's inbox."""
    rule = step.assignment
    if rule == Step.Assignment.PERSON:
        return _to_person(step, step.person_id, {"code": "person"})
    if rule == Step.Assignment.STARTER:
        return _to_person(step, instance.started_by_id, {"code": "starter"})
    if rule == Step.Assignment.SAME_AS:
        key = step.reference_keys[0] if step.reference_keys else ""
        return _to_person(step, _latest_person(instance, key), {"code": "same_as", "step": key})
    if rule == Step.Assignment.NOT_SAME_AS:
        return Assignment(step.team_id, None, {"code": "four_eyes", "steps": list(step.reference_keys)})
    if rule == Step.Assignment.FEWEST_OPEN:
        return _to_person(step, least_loaded(version, step, instance), {"code": "fewest_open"})
    return Assignment(step.team_id, None, {"code": "pool"})


def _to_person(step: StepInfo, person_id: int | None, reason: dict[str, Any]) -> Assignment:
    person = User.objects.filter(pk=person_id).first() if person_id else None
    if person is None or not policy.may_work_cases(person):
        return Assignment(step.team_id, None, {"code": "fallback", "rule": reason["code"]})
    return Assignment(step.team_id, person.pk, reason)


def _latest_person(instance: ProcessInstance, step_key: str) -> int | None:
    """Who did the step last; whoever was represented counts before the stand-in."""
    row = (
        Task.objects.filter(instance=instance, step_key=step_key, state=Task.State.DONE)
        .order_by("-visit", "-id")
        .values_list("completed_for_id", "completed_by_id")
        .first()
    )
    return None if row is None else (row[0] or row[1])


def least_loaded(version: CompiledVersion, step: StepInfo, instance: ProcessInstance) -> int | None:
    """The active team member with the fewest open tasks; the lowest id among equals."""
    if step.team_id is None:
        return None
    excluded = persons_of(instance, sorted(version.apart.get(step.key, ())))
    return (
        User.objects.active()
        .filter(memberships__team_id=step.team_id)
        .exclude(pk__in=excluded)
        .annotate(load=Count("tasks", filter=Q(tasks__state=Task.State.OPEN)))
        .order_by("load", "pk")
        .values_list("pk", flat=True)
        .first()
    )
