"""The page of one task: everything needed to end it, and what each outcome leads to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.models import Team, User
from people.scope import Scope, scope_of
from processes import fieldforms, nets, policy
from processes.fields import FieldError
from processes.models import Urgency
from processes.nets import CompiledVersion, StepInfo
from tasks import access, duetime, events, history
from tasks.models import Task


@dataclass(frozen=True, slots=True)
class OutcomeButton:
    """An outcome with what comes after it, said before the click."""

    key: str
    label: str
    then: str
    requires_note: bool


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the checklist."""

    id: int
    text: str
    is_mandatory: bool
    is_checked: bool
    who: str
    when: str


def find(request: HttpRequest, pk: int) -> tuple[Task, Scope]:
    """The task, if the person may see it; otherwise 404, the same as for one that does not exist."""
    scope = scope_of(request.user)
    rows = Task.objects.select_related(
        "instance__definition", "instance__customer", "instance__started_by", "team", "assignee",
        "completed_by", "step",
    )  # fmt: skip
    task = rows.visible_to(scope).filter(pk=pk).first()
    if task is None:
        raise Http404
    access.log_reading(request.user, task.instance)
    return task, scope


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one task."""
    task, scope = find(request, pk)
    return render(request, "tasks/detail.html", context(task, scope))


def context(
    task: Task,
    scope: Scope,
    *,
    typed: Mapping[str, Any] | None = None,
    faults: Mapping[str, FieldError] | None = None,
    problem: str = "",
    note: str = "",
    chosen: str = "",
    is_stale: bool = False,
) -> dict[str, Any]:
    """Everything the page shows. `typed`, `note`, `chosen` keep what the person had entered."""
    version = nets.compiled(task.instance.version_id)
    step = version.steps[task.step_key]
    at = timezone.now()
    is_mine = task.is_open and policy.may_work(scope, task) and task.instance.state == "running"
    lines = history.of_instance(task.instance, version)
    return {
        "area": "tasks",
        "task": task,
        "instance": task.instance,
        "customer": task.instance.customer,
        "step": step,
        "due": duetime.label(task.due_at, at) if task.is_open else None,
        "urgency": "" if task.urgency == Urgency.NORMAL else Urgency(task.urgency).label,
        "reason": why(task, version),
        "items": checklist(task, step),
        "fields": fieldforms.views(
            step.fields,
            task.instance.data,
            versions=task.instance.field_versions,
            typed=task.draft if typed is None else typed,
            errors=faults or {},
            language=get_language() or "de",
        ),
        "outcomes": outcome_buttons(version, step),
        "ended_with": step.outcome(task.outcome_key),
        "path": path(task, version),
        "lines": [line for line in lines if line.kind != events.Kind.COMMENTED],
        "comments": [line for line in reversed(lines) if line.kind == events.Kind.COMMENTED],
        "is_mine": is_mine,
        "may_claim": task.is_open and policy.may_claim(scope, task),
        "may_release": task.is_open and policy.may_release(scope, task),
        "may_reassign": task.is_open and policy.may_reassign(scope, task),
        "may_comment": policy.may_comment(scope, task.instance),
        "may_set_urgency": task.is_open and policy.may_set_urgency(scope, task),
        "urgencies": Urgency.choices,
        "colleagues": colleagues(task) if task.is_open else [],
        "teams": Team.objects.filter(is_active=True) if task.is_open else [],
        "key": uuid.uuid4().hex,
        "problem": problem,
        "note": note,
        "chosen": chosen,
        "is_stale": is_stale,
    }


def why(task: Task, version: CompiledVersion) -> str:
    """The sentence that says why the task came to whom."""
    by = task.assignment_reason.get("by")
    names = {user.pk: str(user) for user in User.objects.filter(pk=by)} if by else {}
    return history.reason(task.assignment_reason, version, names)


def checklist(task: Task, step: StepInfo) -> list[Item]:
    """The activities with their ticks: one statement."""
    checks = {check.item_id: check for check in task.checks.select_related("changed_by")}
    items = []
    for item in step.checklist:
        check = checks.get(item.id)
        is_checked = check is not None and check.is_checked
        items.append(
            Item(
                id=item.id,
                text=item.text,
                is_mandatory=item.is_mandatory,
                is_checked=is_checked,
                who=str(check.changed_by or "") if check and is_checked else "",
                when=duetime.moment_text(check.changed_at) if check and is_checked else "",
            )
        )
    return items


def outcome_buttons(version: CompiledVersion, step: StepInfo) -> list[OutcomeButton]:
    """Outcomes a person may choose, each with its "next: …"."""
    return [
        OutcomeButton(
            key=outcome.key,
            label=outcome.label,
            then=then_text(version, step.key, outcome.key),
            requires_note=outcome.requires_note,
        )
        for outcome in step.outcomes
        if not outcome.is_clock
    ]


def then_text(version: CompiledVersion, step_key: str, outcome_key: str) -> str:
    """What follows an outcome, in words."""
    found = version.follow_ups(step_key, outcome_key)
    if not found:
        return ""
    ends = [step for step in found if step.kind in nets.ENDS]
    if len(ends) == len(found):
        return _("the case ends")
    names = [step.name for step in found if step.kind not in nets.ENDS]
    splits = any(
        version.net.nodes[flow.target].kind == "exclusive" for flow in version.net.outgoing(step_key)
    )
    return (_(" or ") if splits else _(" and ")).join(names)


def path(task: Task, version: CompiledVersion) -> list[dict[str, Any]]:
    """The steps done before this one, in order, without repeats."""
    done = (
        Task.objects.filter(instance_id=task.instance_id, state=Task.State.DONE)
        .exclude(pk=task.pk)
        .order_by("ended_at", "id")
        .values_list("title", flat=True)
    )
    return [{"name": name} for name in dict.fromkeys(done)][-6:]


def colleagues(task: Task) -> list[User]:
    """People who could be given the task: the team's members, or everybody who works cases without a team."""
    people = User.objects.active().filter(memberships__team__is_active=True).distinct()
    if task.is_confidential and task.team_id:
        people = people.filter(memberships__team_id=task.team_id)
    return list(people.order_by("last_name", "first_name")[:500])
