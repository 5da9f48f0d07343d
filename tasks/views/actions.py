"""What one does with a task: every action is one runtime call, then a redirect or a fragment."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.models import Team, User
from people.scope import Scope
from processes import fieldforms, nets, runtime
from processes.errors import FieldMissing, ProcessError, StaleError
from processes.runtime import Completion
from tasks.models import Task
from tasks.views import task as task_page
from tasks.views.inbox import rows_of


def _is_htmx(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _refused(request: HttpRequest, pk: int, error: ProcessError, **kept: Any) -> HttpResponse:
    """The page as it is now, with the refusal on top and everything typed kept: 409 stale, 422 otherwise."""
    task, scope = task_page.find(request, pk)
    is_stale = isinstance(error, StaleError)
    faults = error.fields if isinstance(error, FieldMissing) else {}
    page = task_page.context(task, scope, problem=str(error), is_stale=is_stale, faults=faults, **kept)
    return render(request, "tasks/detail.html", page, status=409 if is_stale else 422)


def _act(request: HttpRequest, pk: int, change: Callable[[Task, Scope], str]) -> HttpResponse:
    """Run a change and go back to the task with a message, or show why it was refused."""
    task, scope = task_page.find(request, pk)
    try:
        text = change(task, scope)
    except ProcessError as error:
        return _refused(request, pk, error)
    if text:
        messages.success(request, text)
    return redirect("tasks:detail", pk=pk)


@require_POST
@login_required
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a task over from the team's inbox; from the list the row answers, else the task opens."""
    task, scope = task_page.find(request, pk)
    try:
        runtime.claim(task, by=request.user)
    except ProcessError as error:
        if _is_htmx(request):
            return _row(request, pk, scope, str(error))
        return _refused(request, pk, error)
    if _is_htmx(request):
        return _row(request, pk, scope, _("Taken over: %(task)s") % {"task": task.title})
    return redirect("tasks:detail", pk=pk)


def _row(request: HttpRequest, pk: int, scope: Scope, text: str) -> HttpResponse:
    task, _scope = task_page.find(request, pk)
    answer = render(request, "tasks/_rows.html", {"rows": rows_of([task], scope, "done"), "folder": "team"})
    answer["HX-Trigger"] = json.dumps({"toast": {"value": text}})
    return answer


@require_POST
@login_required
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a task back to the team's inbox."""

    def change(task: Task, scope: Scope) -> str:
        runtime.release(task, by=request.user)
        return _("Given back to the team: %(task)s") % {"task": task.title}

    return _act(request, pk, change)


@require_POST
@login_required
def reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """Pass a task on; afterwards the inbox, because the task is somebody else's."""
    task, _scope = task_page.find(request, pk)
    target = _target(request.POST.get("to", ""))
    if target is None:
        return _refused(request, pk, ProcessError(), note=request.POST.get("note", ""))
    try:
        runtime.reassign(task, to=target, by=request.user, note=request.POST.get("note", ""))
    except ProcessError as error:
        return _refused(request, pk, error, note=request.POST.get("note", ""))
    messages.success(request, _("Passed on to %(to)s: %(task)s") % {"to": target, "task": task.title})
    return redirect("tasks:inbox")


def _target(raw: str) -> User | Team | None:
    kind, _sep, number = raw.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    if kind == "user":
        return User.objects.filter(pk=int(number)).first()
    return Team.objects.filter(pk=int(number)).first() if kind == "team" else None


@require_POST
@login_required
def urgency(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how urgent the task is."""

    def change(task: Task, scope: Scope) -> str:
        raw = request.POST.get("urgency", "")
        runtime.set_urgency(task, int(raw) if raw in ("0", "1", "2", "3") else -1, by=request.user)
        return ""

    return _act(request, pk, change)


@require_POST
@login_required
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an internal comment; a refused one stays in the field."""
    task, _scope = task_page.find(request, pk)
    text = request.POST.get("text", "")
    try:
        runtime.comment(task.instance, text, by=request.user, task=task)
    except ProcessError as error:
        return _refused(request, pk, error)
    return redirect(reverse("tasks:detail", args=[pk]) + "#comments")


@require_POST
@login_required
def check(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Tick or untick an activity; answers the checklist."""
    task, _scope = task_page.find(request, pk)
    try:
        runtime.check_item(task, item, checked=request.POST.get("checked") == "1", by=request.user)
    except ProcessError as error:
        return _refused(request, pk, error)
    if not _is_htmx(request):
        return redirect(reverse("tasks:detail", args=[pk]) + "#checklist")
    step = nets.compiled(task.instance.version_id).steps[task.step_key]
    page = {"task": task, "items": task_page.checklist(task, step), "is_mine": True}
    return render(request, "tasks/_checklist.html", page)


@require_POST
@login_required
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what was typed so far; answers when it was saved."""
    task, _scope = task_page.find(request, pk)
    step = nets.compiled(task.instance.version_id).steps[task.step_key]
    try:
        saved = runtime.save_draft(task, fieldforms.typed_values(request.POST, step.fields), by=request.user)
    except ProcessError as error:
        return HttpResponse(str(error), status=409 if isinstance(error, StaleError) else 422)
    when = date_format(timezone.localtime(saved.draft_saved_at), "H:i")
    return HttpResponse(_("Draft saved at %(time)s") % {"time": when})


@require_POST
@login_required
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """End the task with the chosen outcome, then go on with the next one of mine."""
    task, _scope = task_page.find(request, pk)
    step = nets.compiled(task.instance.version_id).steps[task.step_key]
    typed = fieldforms.typed_values(request.POST, step.fields)
    outcome, note = request.POST.get("outcome", ""), request.POST.get("note", "")
    version = request.POST.get("lock_version", "")
    try:
        done = runtime.complete_task(
            task,
            outcome=outcome,
            by=request.user,
            data=typed,
            read=fieldforms.read_versions(request.POST, step.fields),
            note=note,
            expected_version=int(version) if version.isascii() and version.isdigit() else None,
            key=request.POST.get("key", "")[:64],
        )
    except ProcessError as error:
        return _refused(request, pk, error, typed=typed, note=note, chosen=outcome)
    messages.success(request, completed_text(done))
    return redirect(_next_url(request.user, done))


def completed_text(done: Completion) -> str:
    """What was done and what comes next, for the toast."""
    step = nets.compiled(done.instance.version_id).steps[done.task.step_key]
    outcome = step.outcome(done.task.outcome_key)
    words = {"task": done.task.title, "outcome": outcome.label if outcome else ""}
    text = _("“%(task)s” completed: %(outcome)s.") % words
    if done.new_tasks:
        names = ", ".join(f"{new.title} ({new.assignee or new.team})" for new in done.new_tasks)
        return text + " " + _("Next step: %(names)s.") % {"names": names}
    if done.instance.state == "finished":
        return text + " " + _("The case is finished.")
    return text


def _next_url(user: Any, done: Completion) -> str:
    """The follow-up of the same case if it is mine, else my next task, else the inbox."""
    for new in done.new_tasks:
        if new.assignee_id == user.pk:
            return reverse("tasks:detail", args=[new.pk])
    mine = Task.objects.open().filter(assignee=user, is_hidden=False).in_list_order()
    following = mine.values_list("pk", flat=True).first()
    return reverse("tasks:detail", args=[following]) if following else reverse("tasks:inbox")
