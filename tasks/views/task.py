"""The page of one task."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from processes import doors, nets
from processes.doors import for_case_viewers
from processes.errors import ChecklistOpen, FieldMissing, NoteMissing, ProcessError, StaleError, Unreadable
from tasks import access, taskpage
from tasks.models import Task
from tasks.taskpage import Refusal
from tasks.views import lastlist


def find(request: HttpRequest, pk: int) -> Task:
    """The task, if the person may see it; otherwise 404, the same as for one that does not exist."""
    rows = Task.objects.select_related(
        "instance__definition",
        "instance__customer",
        "instance__version",
        "team",
        "assignee",
        "completed_by",
        "completed_for",
    ).defer(*(f"instance__version__{name}" for name in nets.LARGE))
    task = rows.visible_to(doors.scope(request)).filter(pk=pk).first()
    if task is None:
        raise Http404
    access.log_reading(request.user, task.instance)
    return task


@require_safe
@for_case_viewers
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one task."""
    task = find(request, pk)
    return render(request, "tasks/detail.html", _context(request, task))


def _context(request: HttpRequest, task: Task, refusal: Refusal | None = None) -> dict[str, Any]:
    scope = doors.scope(request)
    return taskpage.context(task, scope, refusal) | {"last_list": lastlist.of(request, scope)}


def version_shown(request: HttpRequest) -> int | None:
    """The version of the task as the page showed it; 0, which none has, for nonsense."""
    text = request.POST.get("lock_version")
    return None if text is None else doors.number(text) or 0


def refused(request: HttpRequest, pk: int, error: ProcessError, **entered: object) -> HttpResponse:
    """The page as it is now, with the refusal on top and everything typed kept: 409 stale, 422 otherwise."""
    all_errors = (error, *error.also)
    refusal = Refusal(
        problem=problem_text(error),
        is_stale=isinstance(error, StaleError),
        faults={
            key: fault
            for one in all_errors
            if isinstance(one, FieldMissing)
            for key, fault in one.fields.items()
        },
        needs_note=any(isinstance(one, NoteMissing) for one in all_errors),
        seen=doors.number(request.POST.get("seen")),
        field=error.field if isinstance(error, Unreadable) else "",
        **entered,  # type: ignore[arg-type]
    )
    page = _context(request, find(request, pk), refusal)
    page["shows_items"] = any(isinstance(one, ChecklistOpen) for one in all_errors)
    return render(request, "tasks/detail.html", page, status=doors.status_of(error))


def problem_text(error: ProcessError) -> str:
    """The sentence of a refusal; what is missing is listed below it, not in it."""
    if error.also:
        return _("Please complete what is still missing.")
    return str(error.message).split(":")[0] if isinstance(error, ChecklistOpen) else str(error)
