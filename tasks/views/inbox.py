"""The inbox: folders, filters, a page of rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from people.scope import Scope
from processes import doors, nets, policy
from processes.doors import for_case_viewers
from processes.models import ProcessInstance, Urgency
from tasks import duemarks, duetime, inbox, standstillboard, timingforms
from tasks.clocks import trialclock
from tasks.duemarks import Mark
from tasks.duetime import DueLabel
from tasks.inbox import Filters
from tasks.models import Task
from tasks.urgencylook import UrgencyLook
from tasks.views import lastlist


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list; everything is worked out here, the template only prints."""

    id: int
    title: str
    url: str
    claim_url: str
    process: str
    number: str
    case_title: str
    customer: str
    due: DueLabel
    ended: str
    urgency: UrgencyLook
    done_items: int
    all_items: int
    comments: int
    level: str
    law: str
    back: str
    waiting: str
    assignee: str
    outcome: str
    group: str
    is_trial: bool

    @property
    def has_signs(self) -> bool:
        """Whether it has a second line: a trial, put off, legal, escalated."""
        return bool(self.is_trial or self.back or self.law or self.level)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading; `heading` is empty where the page before had begun the group."""

    key: str
    heading: str
    count: int
    rows: list[Row]


@require_safe
@for_case_viewers
def index(request: HttpRequest) -> HttpResponse:
    """A folder of the inbox; folder, filters and place stand in the query string."""
    scope, at = doors.scope(request), timezone.now()
    folder = request.GET.get("folder", "mine")
    if folder not in inbox.FOLDERS:
        raise Http404
    lastlist.remember(request, folder)
    filters, after = read_filters(request), request.GET.get("after", "")[:80]
    page = inbox.page(folder, scope, filters, at=at, after=after)
    counts = inbox.counts(scope, at, folder)
    context = {
        "area": "tasks",
        "folder": folder,
        "folders": folder_links(counts, folder, scope),
        "counts": counts,
        "here_overdue": _capped(counts["here_overdue"]),
        "here_today": _capped(counts["here_today"]),
        "groups": groups_of(rows_of(page.tasks, scope, folder, at), _begun(folder, after, at)),
        "more_url": _url(request, after=page.next_cursor) if page.next_cursor else "",
        "is_first_page": not after,
        "filters": filters,
        "processes": [(row.pk, row.name) for row in inbox.processes_of(scope)],
        "urgencies": Urgency.choices,
        "passed": standstillboard.passed_in_standstill(scope, at) if folder == "led" else 0,
        "today": date_format(timezone.localtime(at), pgettext("full date", "l, j F Y")),
    }
    return render(request, "tasks/inbox.html", context)


def read_filters(request: HttpRequest) -> Filters:
    """Filters of the query string; whatever makes no sense is left out."""
    urgency = doors.number(request.GET.get("urgency"))
    return Filters(
        text=doors.query(request),
        process=doors.number(request.GET.get("process")),
        urgency=urgency if urgency in Urgency.values else None,
    )


def folder_links(counts: dict[str, int], current: str, scope: Scope) -> list[dict[str, Any]]:
    """The tabs with their counts, capped; the teams' tasks only for those who lead one."""
    names = lastlist.folder_names()
    if not scope.led_team_ids:
        del names["led"]
    return [
        {
            "key": key,
            "name": name,
            "url": f"{reverse('tasks:inbox')}?folder={key}",
            "is_current": key == current,
            "count": _capped(counts.get(key, 0)),
        }
        for key, name in names.items()
    ]


def _capped(number: int) -> str:
    return "99+" if number >= inbox.COUNTED else str(number or "")


def _url(request: HttpRequest, **changes: str) -> str:
    kept = {key: request.GET[key] for key in ("folder", "q", "process", "urgency") if request.GET.get(key)}
    return "?" + urlencode({**kept, **changes})


def rows_of(tasks: Sequence[Task], scope: Scope, folder: str, at: dt.datetime) -> list[Row]:
    """Lines for these tasks; three statements however many they are, and addresses made once."""
    ids, is_done = [task.pk for task in tasks], folder == "done"
    ticks, comments = inbox.ticks(ids), inbox.comments(ids)
    nows = trialclock.nows((task.root_id for task in tasks if task.is_trial), at)
    marks = {} if is_done else duemarks.marks(tasks, at, nows)
    detail, claim = reverse("tasks:detail", args=[0]), reverse("tasks:claim", args=[0])
    return [
        _row(
            task,
            url=detail.replace("/0/", f"/{task.pk}/"),
            claim_url=claim.replace("/0/", f"/{task.pk}/") if _is_claimable(task, scope) else "",
            ticked=ticks.get(task.pk, 0),
            comments=comments.get(task.pk, 0),
            mark=marks.get(task.pk, Mark()),
            folder=folder,
            shows_person=folder in ("overdue", "led") and task.assignee_id != scope.user_id,
            at=at,
            now=nows.get(task.root_id, at),
        )
        for task in tasks
    ]


def _is_claimable(task: Task, scope: Scope) -> bool:
    is_running = task.is_open and task.instance.state == ProcessInstance.State.RUNNING
    return is_running and policy.may_claim(scope, task)


def _row(
    task: Task,
    *,
    url: str,
    claim_url: str,
    ticked: int,
    comments: int,
    mark: Mark,
    folder: str,
    shows_person: bool,
    at: dt.datetime,
    now: dt.datetime,
) -> Row:
    """One line. `now` = what time it is for its case; headings go by `at`, as the list is ordered."""
    case = task.instance
    step = nets.of_case(case).steps[task.step_key]
    outcome = step.outcome(task.outcome_key)
    is_suspended = case.state == ProcessInstance.State.SUSPENDED
    due = duemarks.label(task, mark, now, is_suspended=is_suspended)
    return Row(
        id=task.pk,
        title=task.title,
        url=url,
        claim_url=claim_url,
        process=case.definition.name,
        number=case.number,
        case_title=case.title,
        customer=str(case.customer or ""),
        due=due,
        ended=duetime.moment_text(task.ended_at, now),
        urgency=UrgencyLook.of(task.urgency),
        done_items=ticked,
        all_items=step.tickable_items,
        comments=comments,
        level=mark.level,
        law=mark.law,
        back=duetime.moment_text(task.follow_up_at, now) if task.is_hidden else "",
        waiting=timingforms.waiting_text(task.waits_for) if task.is_hidden else "",
        assignee=str(task.assignee or _("not assigned")) if shows_person else "",
        outcome=outcome.label if outcome else "",
        group=_group(task, folder, at, rests=(is_suspended and not mark.is_legal) or mark.rests),
        is_trial=task.is_trial,
    )


def _group(task: Task, folder: str, at: dt.datetime, *, rests: bool) -> str:
    """The heading a row stands under; put-off ones stand under the day they come back."""
    if folder == "done":
        return ""
    if folder == "later":
        return _group_of_return(task.follow_up_at, at)
    return duetime.RESTING if rests and task.due_at else duetime.group(task.due_at, at)


def _group_of_return(moment: dt.datetime | None, at: dt.datetime) -> str:
    """A moment that has just passed is today: the clock brings the task back with its next look."""
    found = duetime.group(moment, at)
    return "today" if found == "overdue" else found


def _begun(folder: str, after: str, at: dt.datetime) -> str:
    found = inbox.group_of_cursor(after, at)
    return "today" if folder == "later" and found == "overdue" else found


def groups_of(rows: Sequence[Row], begun: str = "") -> list[Group]:
    """Rows under their headings, resting ones last; `begun` = heading the page before ended with."""
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.group == duetime.RESTING):
        found.setdefault(row.group, []).append(row)
    return [
        Group(key, "" if key in ("", begun) else duetime.group_name(key), len(members), members)
        for key, members in found.items()
    ]
