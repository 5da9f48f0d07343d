"""The inbox: folders, filters, a page of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from people.scope import Scope, scope_of
from processes import nets, policy
from processes.models import ProcessDefinition, Urgency
from tasks import duetime, inbox
from tasks.duetime import DueLabel
from tasks.inbox import Filters
from tasks.models import Task

URGENCY_ICONS = {Urgency.CRITICAL: "flame", Urgency.HIGH: "arrow-up", Urgency.LOW: "arrow-down"}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list; everything is worked out here, the template only prints."""

    task: Task
    url: str
    process: str
    customer: str
    due: DueLabel
    urgency: str
    urgency_icon: str
    done_items: int
    all_items: int
    comments: int
    may_claim: bool
    outcome: str
    group: str


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """A folder of the inbox; every filter stands in the query string."""
    scope = scope_of(request.user)
    if not scope.works_cases:
        raise Http404
    folder = request.GET.get("folder", "mine")
    if folder not in inbox.FOLDERS:
        raise Http404
    at = timezone.now()
    filters = read_filters(request)
    page = inbox.page(folder, scope, filters, at=at, after=request.GET.get("after", ""))
    counts = inbox.counts(scope, at)
    context = {
        "area": "tasks",
        "folder": folder,
        "folders": folder_links(counts, folder),
        "counts": counts,
        "rows": rows_of(page.tasks, scope, folder),
        "next_url": _next_url(request, page.next_cursor),
        "filters": filters,
        "is_continued": bool(request.GET.get("after")),
        "processes": ProcessDefinition.objects.filter(instances__in=policy.visible_cases(scope))
        .distinct()
        .order_by("name")
        .values_list("pk", "name"),
        "urgencies": Urgency.choices,
        "today": date_format(timezone.localtime(at), _("l, F j, Y")),
    }
    template = "tasks/_rows_page.html" if request.GET.get("rows") == "1" else "tasks/inbox.html"
    return render(request, template, context)


def read_filters(request: HttpRequest) -> Filters:
    """Filters of the query string; whatever makes no sense is left out."""
    return Filters(
        text=request.GET.get("q", "").strip()[:100],
        process=_number(request.GET.get("process", "")),
        urgency=_number(request.GET.get("urgency", "")),
    )


def _number(raw: str) -> int | None:
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 19 else None


def folder_links(counts: dict[str, int], current: str) -> list[dict[str, object]]:
    """The tabs with their counts, capped."""
    names = {"mine": _("My tasks"), "team": _("Team inbox"), "overdue": _("Overdue"), "done": _("Done")}
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


def _next_url(request: HttpRequest, cursor: str) -> str:
    if not cursor:
        return ""
    query = {key: value for key, value in request.GET.items() if key not in ("after", "rows")}
    return "?" + urlencode({**query, "after": cursor})


def rows_of(tasks: Sequence[Task], scope: Scope, folder: str) -> list[Row]:
    """Lines for these tasks; two statements however many they are."""
    ids = [task.pk for task in tasks]
    ticks, comments = inbox.ticks(ids), inbox.comments(ids)
    base = reverse("tasks:detail", args=[0])
    at = timezone.now()
    rows = []
    for task in tasks:
        step = nets.compiled(task.instance.version_id).steps[task.step_key]
        outcome = step.outcome(task.outcome_key)
        rows.append(
            Row(
                task=task,
                url=base.replace("/0/", f"/{task.pk}/"),
                process=task.instance.definition.name,
                customer=str(task.instance.customer or ""),
                due=duetime.label(task.due_at, at),
                urgency="" if task.urgency == Urgency.NORMAL else Urgency(task.urgency).label,
                urgency_icon=URGENCY_ICONS.get(Urgency(task.urgency), ""),
                done_items=ticks.get(task.pk, 0),
                all_items=len(step.checklist),
                comments=comments.get(task.pk, 0),
                may_claim=policy.may_claim(scope, task),
                outcome=outcome.label if outcome else "",
                group="" if folder == "done" else duetime.group_name(duetime.group(task.due_at, at)),
            )
        )
    return rows
