"""Cases: the list, one case with its history, and what those entitled do with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.folding import search_words
from people.scope import principal
from processes import casedata, casepicture, doors, nets, pictures, policy, runtime, urgencyforms
from processes.compiledversion import CompiledVersion
from processes.doors import for_case_viewers, viewer
from processes.errors import ProcessError, Unreadable
from processes.models import ProcessDefinition, ProcessInstance, ScheduledCase
from processes.models.instance import ProcessInstanceQuerySet
from processes.runtime import trials
from processes.urgencyforms import Judging
from tasks import (
    access,
    authors,
    duemarks,
    duetime,
    history,
    openincidents,
    standing,
    starts,
    timingforms,
    whose,
    whydue,
)
from tasks.clocks import dues, trialclock
from tasks.duemarks import Mark
from tasks.duetime import DueLabel
from tasks.events import Kind
from tasks.models import FieldValue, Incident, Participant, Task
from tasks.urgencylook import UrgencyLook
from tasks.whydue import Deadlines

PAGE = 50
EVENTS_PAGE = 100
MOST_TYPED = 10_000
"""Characters of a field that come back in a refused form."""
STATES = ("live", "suspended", "finished", "cancelled", "all")


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A line of the list, worked out."""

    id: int
    url: str
    number: str
    title: str
    process: str
    customer: str
    steps: str
    state: str
    look: str
    started: str
    due: DueLabel | None


@require_safe
@for_case_viewers
def index(request: HttpRequest) -> HttpResponse:
    """Cases the person may see, newest first, filtered by state, process and text."""
    state = request.GET.get("state", "live")
    if state not in STATES:
        raise Http404
    process, query = doors.number(request.GET.get("process")), doors.query(request)
    visible = policy.visible_cases(doors.scope(request))
    after = doors.number(request.GET.get("after"))
    found, at = list(_filtered(visible, state, process, query, after)[: PAGE + 1]), timezone.now()
    marks = duemarks.marks([task for case in found[:PAGE] for task in case.open_tasks[:1]], at)  # type: ignore[attr-defined]
    context = {
        "area": "cases",
        "state": state,
        "states": _state_links(request, state),
        "processes": ProcessDefinition.objects.filter(_has_visible(visible)).values_list("pk", "name"),
        "process": process,
        "query": query,
        "rows": _rows(found[:PAGE], marks, at),
        "more_url": _url(request, after=str(found[PAGE - 1].pk)) if len(found) > PAGE else "",
        "is_filtered": bool(process or query or state != "live"),
    }
    return render(request, "processes/instances.html", context)


def _has_visible(visible: ProcessInstanceQuerySet) -> Q:
    """Only processes of which the person sees at least one case are named at all."""
    return Q(pk__in=visible.order_by().values("definition_id"))


def _filtered(
    cases: ProcessInstanceQuerySet, state: str, process: int | None, query: str, after: int | None
) -> ProcessInstanceQuerySet:
    if state == "live":
        cases = cases.running()
    elif state != "all":
        cases = cases.filter(state=state)
    if process is not None:
        cases = cases.filter(definition_id=process)
    if query:
        cases = cases.filter(_matches(query))
    if after is not None:
        cases = cases.filter(pk__lt=after)
    open_tasks = Task.objects.open().select_related("assignee", "team").in_list_order()
    return (
        cases.select_related("definition", "customer")
        .defer("data", "marking", "granted", "field_versions", "customer__notes", "customer__search_text")
        .prefetch_related(Prefetch("tasks", queryset=open_tasks, to_attr="open_tasks"))
        .order_by("-id")
    )


def _matches(query: str) -> Q:
    found = Q(number__icontains=query) | Q(title__icontains=query)
    words = search_words(query)
    if not words:
        return found
    by_customer = Q(*(Q(customer__search_text__contains=word) for word in words))
    return found | by_customer | Q(Exists(FieldValue.objects.containing(words, OuterRef("pk"))))


def _url(request: HttpRequest, **changes: str) -> str:
    kept = {key: request.GET[key] for key in ("state", "process", "q") if request.GET.get(key)}
    return "?" + urlencode({**kept, **changes})


def _state_links(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    names = {
        "live": _("Running"),
        "suspended": _("Suspended"),
        "finished": _("Finished"),
        "cancelled": _("Cancelled"),
        "all": _("All"),
    }
    return [
        {"name": name, "url": _url(request, state=key), "is_current": key == current}
        for key, name in names.items()
    ]


def _rows(cases: list[ProcessInstance], marks: Mapping[int, Mark], at: dt.datetime) -> list[CaseRow]:
    """Lines of the list, trials by their own clock."""
    nows = trialclock.nows((case.root_id or case.pk for case in cases if case.is_trial), at)
    return [_row(case, marks, nows.get(case.root_id or case.pk, at)) for case in cases]


def _row(case: ProcessInstance, marks: Mapping[int, Mark], at: dt.datetime) -> CaseRow:
    tasks: list[Task] = case.open_tasks  # type: ignore[attr-defined]
    is_suspended = case.state == ProcessInstance.State.SUSPENDED
    return CaseRow(
        id=case.pk,
        url=reverse("processes:instance", args=[case.pk]),
        number=case.number,
        title=case.title or case.definition.name,
        process=case.definition.name,
        customer=str(case.customer or ""),
        steps=", ".join(f"{task.title} ({task.assignee or task.team})" for task in tasks) or case.result,
        state=case.get_state_display(),
        look=casedata.LOOKS[ProcessInstance.State(case.state)],
        started=duetime.plain_day(case.started_at, at),
        due=duemarks.label(tasks[0], marks[tasks[0].pk], at, is_suspended=is_suspended) if tasks else None,
    )


def find(request: HttpRequest, pk: int) -> ProcessInstance:
    """The case, if the person may see it; otherwise 404."""
    rows = policy.visible_cases(doors.scope(request))
    shown = rows.select_related("definition__owner_team", "customer", "started_by", "version")
    case = shown.defer(*(f"version__{name}" for name in nets.LARGE)).filter(pk=pk).first()
    if case is None:
        raise Http404
    access.log_reading(request.user, case)
    return case


@require_safe
@for_case_viewers
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One case: what is to be done now, its history, data and participants."""
    return _page(request, find(request, pk))


def _page(request: HttpRequest, case: ProcessInstance, **more: Any) -> HttpResponse:
    scope, at = doors.scope(request), trialclock.now_of(case)
    version = nets.of_case(case)
    rows = Task.objects.open().filter(instance=case).select_related("assignee", "team")
    tasks = list(rows.in_list_order())
    for task in tasks:
        task.instance = case
    is_suspended = case.state == ProcessInstance.State.SUSPENDED
    marks = duemarks.marks(tasks, at)
    looks = [(task, marks[task.pk]) for task in tasks]
    holders = whose.lines(tasks, scope)
    now = [
        (task, duemarks.label(task, mark, at, is_suspended=is_suspended), mark, holders[task.pk])
        for task, mark in looks
    ]
    deadlines = whydue.of_case(case, version, at) if case.is_live else Deadlines()
    may_manage = case.is_live and policy.may_manage(scope, case)
    context = {
        "area": "cases",
        "instance": case,
        "customer": case.customer,
        "state_look": casedata.LOOKS[ProcessInstance.State(case.state)],
        "started": duetime.moment_text(case.started_at, at),
        "ended": duetime.moment_text(case.ended_at, at),
        "now": now,
        "votes": standing.votes(tasks, version),
        **_course(case, version, at),
        "deadlines": deadlines,
        "case_due": duetime.label(
            case.due_at,
            at,
            is_suspended=is_suspended,
            is_legal=deadlines.is_legal,
            calendar=deadlines.calendar,
        ),
        **(_of_trial(case, at) if case.is_trial else {}),
        "judging": Judging(case.urgency),
        "urgency": UrgencyLook.of(case.urgency),
        "overdue_count": sum(due.mark == "over" for _task, due, *_rest in now),
        "standing": standing.of_case(case, version, scope, at),
        "void_approvals": standing.void_approvals(case, version, scope),
        "caller": _caller(request, case),
        "source_case": _source_case(request, case),
        "data": casedata.shown(version, case, authors.sentences(case, at)),
        "files": casedata.files(version, case),
        "participants": Participant.objects.filter(instance=case).select_related("customer").order_by("id"),
        "comments": _comments(case, at),
        "may_manage": may_manage,
        "may_comment": policy.may_comment(scope, case),
        "may_escalate": case.state == ProcessInstance.State.RUNNING and policy.may_call_in(scope, case),
        "incidents": openincidents.of(case, version, at),
        "may_retry": case.is_live and policy.may_resolve(principal(viewer(request)), case),
        **_history(request, case, at),
        **more,
    }
    return render(request, "processes/instance.html", context, status=more.get("status", 200))


def _of_trial(case: ProcessInstance, at: dt.datetime) -> dict[str, Any]:
    """What the banner of a trial says: where its clock stands, what comes next, which version it tries."""
    return {
        "next_moment": duetime.moment_text(trials.next_moment(case), at),
        "clock_at": duetime.full_text(at) if at > timezone.now() else "",
        "origin": trials.origin_of(case),
    }


@require_safe
@for_case_viewers
def course(request: HttpRequest, pk: int) -> HttpResponse:
    """The picture of a case and its list alone, for a page that shows them when asked."""
    case = find(request, pk)
    context = _course(case, nets.of_case(case), trialclock.now_of(case))
    return render(request, "processes/_diagram.html", {**context, "is_inside": True})


def _course(case: ProcessInstance, version: CompiledVersion, at: dt.datetime) -> dict[str, Any]:
    picture = casepicture.picture_of(case, version, at)
    return {"diagram": pictures.svg(picture), "diagram_rows": casepicture.rows_of(picture)}


def _caller(request: HttpRequest, case: ProcessInstance) -> ProcessInstance | None:
    """The case that called this one, if the person may see it."""
    if case.parent_id is None:
        return None
    visible = policy.visible_cases(doors.scope(request)).select_related("definition")
    return visible.filter(pk=case.parent_id).first()


def _source_case(request: HttpRequest, case: ProcessInstance) -> ProcessInstance | None:
    """The case whose date has started this one, if the person may see it."""
    if not (case.idempotency_key or "").startswith(starts.KEY):
        return None
    visible = policy.visible_cases(doors.scope(request)).select_related("definition")
    return visible.filter(pk__in=ScheduledCase.objects.filter(case=case).values("origin_id")).first()


def _comments(case: ProcessInstance, at: dt.datetime) -> list[history.Line]:
    rows = history.events_of(case).filter(kind=Kind.COMMENTED)[:PAGE]
    return history.lines(rows, nets.of_case(case), at)[::-1]


def _history(request: HttpRequest, case: ProcessInstance, at: dt.datetime) -> dict[str, Any]:
    """A hundred events, newest first; `history=all` with ticks and comments."""
    is_all, before = request.GET.get("history") == "all", doors.number(request.GET.get("before"))
    rows = history.events_of(case)
    if not is_all:
        rows = rows.exclude(kind__in=history.SMALL)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    found = list(rows[: EVENTS_PAGE + 1])
    lines = history.lines(found[:EVENTS_PAGE], nets.of_case(case), at)
    earlier = f"{'history=all&' if is_all else ''}before={lines[-1].seq}" if len(found) > EVENTS_PAGE else ""
    return {"lines": lines, "shows_all": is_all, "earlier": earlier}


@require_POST
@for_case_viewers
def comment(request: HttpRequest, pk: int) -> HttpResponse:
    """Add an internal comment to the case; a refused one stays in the field."""
    case, text, problem = find(request, pk), request.POST.get("text", ""), ""
    try:
        runtime.comment(case, text, by=viewer(request))
    except ProcessError as error:
        problem = str(error)
    if doors.is_htmx(request):
        page = {
            "instance": case,
            "comments": _comments(case, trialclock.now_of(case)),
            "may_comment": policy.may_comment(doors.scope(request), case),
            "comment_problem": problem,
        }
        return render(request, "tasks/_comments.html", page, status=422 if problem else 200)
    if problem:
        return _page(request, case, comment_problem=problem, status=422)
    return redirect(reverse("processes:instance", args=[pk]) + "#comments")


@require_POST
@for_case_viewers
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a case for good."""
    reason = request.POST.get("reason", "")
    return _manage(
        request, pk, "cancel", lambda case: runtime.cancel(case, by=viewer(request), reason=reason),
        _("Case %(number)s cancelled."),
    )  # fmt: skip


@require_POST
@for_case_viewers
def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a case and its deadlines rest."""
    reason = request.POST.get("reason", "")
    return _manage(
        request, pk, "suspend", lambda case: runtime.suspend(case, by=viewer(request), reason=reason),
        _("Case %(number)s suspended; its deadlines rest."),
    )  # fmt: skip


@require_POST
@for_case_viewers
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a suspended case."""
    return _manage(
        request, pk, "resume", lambda case: runtime.resume(case, by=viewer(request)),
        _("Case %(number)s goes on; its deadlines have moved by the pause."),
    )  # fmt: skip


@require_POST
@for_case_viewers
def retry(request: HttpRequest, pk: int, incident: int) -> HttpResponse:
    """Let what stands still be tried anew."""
    return _manage(
        request, pk, "retry",
        lambda case: runtime.retry_incident(_incident(case, incident), by=viewer(request)),
        _("Case %(number)s: the step is being tried again."),
    )  # fmt: skip


def _incident(case: ProcessInstance, pk: int) -> Incident:
    return get_object_or_404(Incident.objects.filter(instance=case), pk=pk)


@require_POST
@for_case_viewers
def urgency(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how urgent a case is, by a level or computed."""
    wanted = urgencyforms.read(request.POST)
    return _manage(
        request, pk, "urgency",
        lambda case: runtime.set_case_urgency(case, -1 if wanted is None else wanted, by=viewer(request)),
        _("Urgency of case %(number)s changed."),
    )  # fmt: skip


@require_POST
@for_case_viewers
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """Renew an approval that a later change has voided."""
    step, note = request.POST.get("step", ""), request.POST.get("note", "")
    return _manage(
        request, pk, "renew",
        lambda case: runtime.renew_approval(case, step, by=viewer(request), note=note),
        _("The approval holds again for case %(number)s."),
    )  # fmt: skip


@require_POST
@for_case_viewers
def move_deadline(request: HttpRequest, pk: int) -> HttpResponse:
    """Set another deadline for the whole case."""
    reason = request.POST.get("reason", "")

    def change(case: ProcessInstance) -> object:
        now = trialclock.now_of(case)
        due_at = timingforms.read_moment(
            request.POST.get("date", ""), request.POST.get("time", ""),
            now=now, calendar=dues.calendar_of(case, at=now), at_closing=True,
        )  # fmt: skip
        return runtime.move_case_deadline(case, due_at, by=viewer(request), reason=reason)

    return _manage(request, pk, "move_deadline", change, _("The deadline of case %(number)s is moved."))


@require_POST
@for_case_viewers
def escalate(request: HttpRequest, pk: int) -> HttpResponse:
    """Call the lead in for the whole case."""
    reason, seen = request.POST.get("reason", ""), doors.number(request.POST.get("seen"))
    return _manage(
        request, pk, "escalate",
        lambda case: runtime.escalate_case(case, by=viewer(request), reason=reason, expected_seq=seen),
        _called_text,
    )  # fmt: skip


def _called_text(case: ProcessInstance) -> str:
    if history.has_reached_somebody(case):
        return _("The lead has been called in for case %(number)s.")
    return _(
        "Nobody is there who could be called in for case %(number)s."
        " Those who look after incidents see it now."
    )


def _manage(
    request: HttpRequest,
    pk: int,
    action: str,
    change: Callable[[ProcessInstance], object],
    done: str | Callable[[ProcessInstance], str],
) -> HttpResponse:
    """Run a change and say what happened, or show the page again with everything typed."""
    case = find(request, pk)
    try:
        change(case)
    except ProcessError as error:
        names = ("reason", "date", "time")
        entered = {name: request.POST.get(name, "")[:MOST_TYPED] for name in names}
        bad = error.field if isinstance(error, Unreadable) else ""
        more = {"problem": str(error), "action": action, "reason": entered["reason"], "entered": entered}
        return _page(request, find(request, pk), status=doors.status_of(error), bad=bad, **more)
    text = done if isinstance(done, str) else done(case)
    messages.success(request, text % {"number": case.number})
    return redirect("processes:instance", pk)
