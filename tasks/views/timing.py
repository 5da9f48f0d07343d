"""What one does about time: put a task off, bring it back, move its deadline, call the lead in; and, for
leads, give back what a standstill of the clock has cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from people import legal, worktime
from people.models import Team
from processes import doors, nets, policy, runtime
from processes.doors import for_case_viewers, for_case_workers, viewer
from processes.errors import ProcessError, StaleError
from tasks import duetime, history, lawtoday, standstillboard, timingforms
from tasks.clocks import clockrules, dues, trialclock
from tasks.models import Clock, Standstill, Task
from tasks.views import lastlist
from tasks.views.task import find, refused, version_shown

MOST_TYPED = 10_000
"""Characters of a field that come back in a refused form."""


def _entered(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.POST.get(name, "")[:MOST_TYPED] for name in names}


def _act(
    request: HttpRequest,
    pk: int,
    action: str,
    entered: Mapping[str, str],
    change: Callable[[Task], Task],
    done: Callable[[Task], str],
    goes_to: str = "",
) -> HttpResponse:
    """Run a change and say what happened, or show the page again with everything typed."""
    task = find(request, pk)
    try:
        changed = change(task)
    except ProcessError as error:
        note = entered.get("note") or entered.get("reason", "")
        return refused(request, pk, error, action=action, entered=entered, note=note)
    changed.instance = task.instance
    messages.success(request, done(changed))
    return redirect(goes_to) if goes_to else redirect("tasks:detail", pk)


@require_POST
@for_case_viewers
def postpone(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a task off until a moment; afterwards the list, where it stands no longer."""
    entered = _entered(request, "date", "time", "waits_for", "note")

    def change(task: Task) -> Task:
        return runtime.postpone(
            task,
            _moment(entered, task, at_closing=False),
            by=viewer(request),
            waits_for=entered["waits_for"],
            note=entered["note"],
            expected_version=version_shown(request),
        )

    back_to = lastlist.of(request, doors.scope(request)).url
    return _act(request, pk, "postpone", entered, change, _postponed_text, back_to)


def _moment(entered: Mapping[str, str], task: Task, *, at_closing: bool) -> dt.datetime:
    """The day and time typed, on the task's calendar; a day alone is its opening or its closing time."""
    return timingforms.read_moment(
        entered["date"],
        entered["time"],
        now=trialclock.now_of(task.instance),
        calendar=_calendar(task),
        at_closing=at_closing,
    )


def _calendar(task: Task) -> worktime.Calendar:
    """The calendar of whoever has the task, else of its team."""
    team_id, user_id = task.meant_for
    return dues.calendar_of(task.instance, team_id=team_id, user_id=user_id, at=timezone.now())


def _postponed_text(task: Task) -> str:
    when = duetime.moment_text(task.follow_up_at, trialclock.now_of(task.instance))
    text = _("“%(task)s” comes back: %(when)s.") % {"task": task.title, "when": when}
    clock = (
        Clock.objects.filter(task=task, kind=Clock.Kind.SOLUTION).select_related("instance", "task").first()
    )
    if clock is None:
        return text
    stays = clockrules.stays(clock, nets.of_case(task.instance))
    effect = timingforms.effect_of(task.waits_for, has_deadline=True, is_legal=clock.is_legal, stays=stays)
    return f"{text} {effect}".strip()


@require_POST
@for_case_viewers
def take_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a task back before its time."""
    return _act(
        request,
        pk,
        "take_up",
        {},
        lambda task: runtime.take_up(task, by=viewer(request)),
        lambda task: _("“%(task)s” is back on the list.") % {"task": task.title},
    )


@require_POST
@for_case_viewers
def move_deadline(request: HttpRequest, pk: int) -> HttpResponse:
    """Set another deadline."""
    entered = _entered(request, "date", "time", "reason")

    def change(task: Task) -> Task:
        return runtime.move_deadline(
            task,
            _moment(entered, task, at_closing=True),
            by=viewer(request),
            reason=entered["reason"],
            expected_version=version_shown(request),
        )

    return _act(request, pk, "move_deadline", entered, change, _moved_text)


@require_POST
@for_case_viewers
def extend_deadline(request: HttpRequest, pk: int) -> HttpResponse:
    """Extend a legal deadline by a period of the calendar."""
    entered = _entered(request, "amount", "unit", "law", "reason")

    def change(task: Task) -> Task:
        return runtime.extend_deadline(
            task,
            f"{entered['amount'].strip()}{entered['unit']}",
            former=_former(request),
            by=viewer(request),
            reason=entered["reason"],
            is_procedural=entered["law"] == legal.Extension.PROCEDURAL,
        )

    return _act(request, pk, "extend_deadline", entered, change, _moved_text)


def _former(request: HttpRequest) -> dt.datetime:
    """The deadline the page showed, in UTC. Raises StaleError where it makes no sense, or names no zone."""
    try:
        found = dt.datetime.fromisoformat(request.POST.get("former", ""))
        if found.tzinfo is None:
            raise ValueError("a moment without a zone")
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise StaleError from error


def _moved_text(task: Task) -> str:
    when = duetime.full_text(task.due_at) if task.due_at else ""
    return _("The deadline of “%(task)s” is now %(when)s.") % {"task": task.title, "when": when}


@require_POST
@for_case_viewers
def escalate(request: HttpRequest, pk: int) -> HttpResponse:
    """Call the lead in by hand."""
    entered = _entered(request, "reason")
    return _act(
        request,
        pk,
        "escalate",
        entered,
        lambda task: runtime.escalate(
            task,
            by=viewer(request),
            reason=entered["reason"],
            expected_version=version_shown(request),
        ),
        _called_text,
    )


def _called_text(task: Task) -> str:
    is_done = history.has_reached_somebody(task.instance, task)
    text = _("The lead has been called in for “%(task)s”.") if is_done else _(
        "Nobody is there who could be called in for “%(task)s”. Those who look after incidents see it now."
    )  # fmt: skip
    return text % {"task": task.title}


@require_safe
@for_case_workers
def legal_today(request: HttpRequest) -> HttpResponse:
    """The evening's check list of legal deadlines."""
    at = timezone.now()
    today = date_format(timezone.localtime(at), pgettext("full date", "l, j F Y"))
    context = {"area": "tasks", "board": lawtoday.board(doors.scope(request), at), "today": today}
    return render(request, "tasks/legal_today.html", context)


# -- after a standstill of the clock -------------------------------------------------------------------------


@require_safe
@for_case_workers
def standstills(request: HttpRequest) -> HttpResponse:
    """What the last standstills of the clock did to the deadlines of the teams one leads."""
    return _board(request)


def _board(request: HttpRequest, status: int = 200, **more: object) -> HttpResponse:
    boards = standstillboard.boards(doors.scope(request), timezone.now())
    context = {"area": "tasks", "boards": boards, **more}
    return render(request, "tasks/standstills.html", context, status=status)


@require_POST
@for_case_workers
def extend(request: HttpRequest, pk: int, team: int) -> HttpResponse:
    """Give a team's deadlines back the working time of a standstill; for the leads of the team."""
    if not policy.may_extend(doors.scope(request), team):
        raise Http404
    standstill = get_object_or_404(Standstill, pk=pk)
    reason = request.POST.get("reason", "")[:MOST_TYPED]
    try:
        number = runtime.extend_by_standstill(
            standstill, Team.objects.get(pk=team), by=viewer(request), reason=reason
        )
    except ProcessError as error:
        return _board(
            request, doors.status_of(error), problem=str(error), refused_url=request.path, reason=reason
        )
    text = ngettext("%(n)s deadline extended.", "%(n)s deadlines extended.", number)
    messages.success(request, text % {"n": number} if number else _("There was nothing left to extend."))
    return redirect("tasks:standstills")
