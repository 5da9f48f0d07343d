"""What one does with a task: every action is one runtime call, then a redirect or a fragment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from people.models import Team, User
from processes import doors, fieldforms, nets, runtime, urgencyforms
from processes.compiledversion import StepInfo
from processes.doors import for_case_viewers, viewer
from processes.errors import FieldMissing, ProcessError
from processes.models import ProcessInstance
from processes.runtime import Completion
from tasks import duetime, standing, taskpage
from tasks.clocks import trialclock
from tasks.models import Task
from tasks.taskpage import Refusal
from tasks.views import lastlist
from tasks.views.task import find, problem_text, refused, version_shown


def _act(request: HttpRequest, pk: int, change: Callable[[Task], object], done: str) -> HttpResponse:
    """Run a change and go back to the task with a message, or show why it was refused."""
    task = find(request, pk)
    try:
        change(task)
    except ProcessError as error:
        return refused(request, pk, error)
    messages.success(request, done % {"task": task.title})
    return redirect("tasks:detail", pk=pk)


@require_POST
@for_case_viewers
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a task over from the team's inbox; in a list the row goes away, else the task opens."""
    task = find(request, pk)
    try:
        runtime.claim(task, by=viewer(request))
    except ProcessError as error:
        if not doors.is_htmx(request):
            return refused(request, pk, error)
        row = render(request, "tasks/_row_refused.html", {"task": task, "problem": str(error)})
        row.status_code = doors.status_of(error)
        return row
    text = _("“%(task)s” taken over.") % {"task": task.title}
    if doors.is_htmx(request):
        row = render(request, "tasks/_row_claimed.html", {"task": task})
        return doors.toast(row, text)
    messages.success(request, text)
    return redirect("tasks:detail", pk=pk)


@require_POST
@for_case_viewers
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a task back to the team's inbox."""
    text = _("“%(task)s” given back to the team.")
    return _act(request, pk, lambda task: runtime.release(task, by=viewer(request)), text)


@require_POST
@for_case_viewers
def reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """Pass a task on; afterwards the list, because the task is somebody else's."""
    task, note = find(request, pk), request.POST.get("note", "")
    to = request.POST.get("to", "")
    try:
        target = _target(to)
        runtime.reassign(
            task,
            to=target,
            by=viewer(request),
            note=note,
            expected_version=version_shown(request),
        )
    except ProcessError as error:
        return refused(request, pk, error, note=note, passed_to=to or "-")
    messages.success(request, _("“%(task)s” passed on to %(to)s.") % {"to": target, "task": task.title})
    return redirect(lastlist.of(request, doors.scope(request)).url)


class NoReceiver(ProcessError):
    """Nobody was chosen."""

    code = "no_receiver"

    def __str__(self) -> str:
        return _("Please choose to whom the task goes.")


def _target(raw: str) -> User | Team:
    kind, _sep, digits = raw.partition("-")
    number = doors.number(digits)
    found: User | Team | None = None
    if number is not None and kind == "user":
        found = User.objects.filter(pk=number).first()
    elif number is not None and kind == "team":
        found = Team.objects.filter(pk=number).first()
    if found is None:
        raise NoReceiver
    return found


@require_POST
@for_case_viewers
def urgency(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how urgent the task is, by a level or computed."""
    wanted = urgencyforms.read(request.POST)
    return _act(
        request,
        pk,
        lambda task: runtime.set_urgency(task, -1 if wanted is None else wanted, by=viewer(request)),
        _("Urgency of “%(task)s” changed."),
    )


@require_POST
@for_case_viewers
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an internal comment; a refused one stays in the field."""
    task, text = find(request, pk), request.POST.get("text", "")
    try:
        runtime.comment(task.instance, text, by=viewer(request), task=task)
    except ProcessError as error:
        if doors.is_htmx(request):
            return _comments(request, task, problem=str(error), status=doors.status_of(error))
        return refused(request, pk, error, comment=text)
    if doors.is_htmx(request):
        return _comments(request, task)
    return redirect(reverse("tasks:detail", args=[pk]) + "#comments")


def _comments(request: HttpRequest, task: Task, *, problem: str = "", status: int = 200) -> HttpResponse:
    version = nets.of_case(task.instance)
    page = {
        "task": task,
        "comments": taskpage.comments(task.instance, version, trialclock.now_of(task.instance)),
        "may_comment": True,
        "comment_problem": problem,
    }
    return render(request, "tasks/_comments.html", page, status=status)


@require_POST
@for_case_viewers
def check(request: HttpRequest, pk: int, item: int) -> HttpResponse:
    """Tick or untick an activity; answers the checklist as it is then."""
    task, problem, status = find(request, pk), "", 200
    try:
        runtime.check_item(task, item, checked=request.POST.get("checked") == "1", by=viewer(request))
    except ProcessError as error:
        if not doors.is_htmx(request):
            return refused(request, pk, error)
        problem, status = problem_text(error), doors.status_of(error)
    if not doors.is_htmx(request):
        return redirect(reverse("tasks:detail", args=[pk]) + "#checklist")
    step, at = nets.of_case(task.instance).steps[task.step_key], trialclock.now_of(task.instance)
    items = taskpage.checklist(task, step, at)
    page = {"task": task, "items": items, "is_mine": not problem, **taskpage.progress(items)}
    answer = render(request, "tasks/_checklist.html", page, status=status)
    return doors.toast(answer, problem) if problem else answer


@require_POST
@for_case_viewers
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what was typed and uploaded so far; answers when it was saved, and the files as they stand."""
    task = find(request, pk)
    step = nets.of_case(task.instance).steps[task.step_key]
    typed = fieldforms.typed_values(request.POST, step.fields)
    try:
        saved = runtime.save_draft(task, typed, by=viewer(request))
        _take_files(request, task, step, typed)
    except ProcessError as error:
        if not doors.is_htmx(request):
            return refused(request, pk, error, typed=typed)
        return _draft_state(request, task, step, error)
    if not doors.is_htmx(request):
        return redirect("tasks:detail", pk=pk)
    return _draft_state(request, saved, step)


def _draft_state(
    request: HttpRequest, task: Task, step: StepInfo, error: ProcessError | None = None
) -> HttpResponse:
    """When the draft was saved, or why not; and the boxes of its files, if one was sent or taken out."""
    task.refresh_from_db(fields=["draft", "draft_saved_at"])
    faults = error.fields if isinstance(error, FieldMissing) else {}
    at = trialclock.now_of(task.instance)
    fields = taskpage.field_views(task, step, Refusal(faults=faults), at, doors.scope(request))
    page = {
        "task": task,
        "problem": error,
        "draft_time": duetime.clock_text(task.draft_saved_at) if task.draft_saved_at else "",
        "file_fields": [one for one in fields if one.type == "file" and one.is_writable],
        "form_id": "work",
    }
    has_files = request.FILES or any(name.startswith("drop_") for name in request.POST)
    if not has_files:
        page["file_fields"] = []
    return render(request, "tasks/_draft.html", page, status=doors.status_of(error) if error else 200)


def _take_files(request: HttpRequest, task: Task, step: StepInfo, typed: dict[str, Any]) -> None:
    """Keep the files a form brought and put their numbers among what was typed.

    Raises FieldMissing for those that are not taken; the others are kept all the same.
    """
    faults: dict[str, Any] = {}
    for key, upload in fieldforms.uploads(request, step.fields).items():
        try:
            typed[key] = runtime.add_file(task, key, upload, by=viewer(request)).pk
        except FieldMissing as error:
            faults |= error.fields
    if faults:
        raise FieldMissing(faults)


@require_POST
@for_case_viewers
def complete(request: HttpRequest, pk: int) -> HttpResponse:
    """End the task with the chosen outcome, then go on with its case, or back to the list it came from."""
    task = find(request, pk)
    step = nets.of_case(task.instance).steps[task.step_key]
    typed = fieldforms.typed_values(request.POST, step.fields)
    outcome = request.POST.get("outcome", "")
    note = next((text for text in request.POST.getlist(f"note_{outcome}") if text.strip()), "")
    try:
        _take_files(request, task, step, typed)
        done = runtime.complete_task(
            task,
            outcome=outcome,
            by=viewer(request),
            data=typed,
            read=fieldforms.read_versions(request.POST, step.fields),
            note=note,
            expected_version=version_shown(request),
            key=doors.form_key(request),
        )
    except ProcessError as error:
        return refused(request, pk, error, typed=typed, note=note, chosen=outcome)
    messages.success(request, completed_text(done))
    return redirect(_next_url(request, done))


def completed_text(done: Completion) -> str:
    """What was done and what comes next, for the toast."""
    step = nets.of_case(done.instance).steps[done.task.step_key]
    outcome = step.outcome(done.task.outcome_key)
    label = outcome.label if outcome else ""
    text = standing.voice_given(done.task, step, label) or _("“%(task)s” done: %(outcome)s.") % {
        "task": done.task.title,
        "outcome": label,
    }
    if done.new_tasks:
        return f"{text} {_next_text(done)}"
    if done.instance.state == ProcessInstance.State.FINISHED:
        return text + " " + _("The case %(number)s is finished.") % {"number": done.instance.number}
    return text


def _next_text(done: Completion) -> str:
    rows = Task.objects.filter(pk__in=[new.pk for new in done.new_tasks])
    names = [f"{new.title} ({new.assignee or new.team})" for new in rows.select_related("assignee", "team")]
    return _("Next step: %(names)s.") % {"names": ", ".join(names)}


def _next_url(request: HttpRequest, done: Completion) -> str:
    """The follow-up of the same case if it is mine, else the list: which of the others is next, a person
    chooses. Of a trial its page, from where one comes back to the draft."""
    for new in done.new_tasks:
        if new.assignee_id == viewer(request).pk:
            return reverse("tasks:detail", args=[new.pk])
    if done.instance.is_trial:
        return reverse("processes:instance", args=[done.instance.pk])
    came_from = lastlist.of(request, doors.scope(request))
    return reverse("tasks:inbox") if came_from.folder == "done" else came_from.url
