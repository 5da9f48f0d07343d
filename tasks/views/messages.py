"""Notifications and the search over everything one may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from customers import search as customer_search
from customers.folding import search_words
from customers.models import Customer
from people.models import User
from processes import doors, policy
from processes.doors import for_case_workers, viewer
from tasks import duetime
from tasks.messages import mails
from tasks.models import FieldValue, Notification, Task

SHOWN = 50
HITS = 15


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification in words."""

    id: int
    icon: str
    look: str
    text: str
    about: str
    when: str
    is_new: bool


WORDS = {
    "assigned": ("user-check", "now", gettext_lazy("“%(task)s” was given to you")),
    "overdue": ("triangle-alert", "danger", gettext_lazy("“%(task)s” is overdue")),
    "not_taken": ("triangle-alert", "danger", gettext_lazy("Nobody has taken over “%(task)s” yet")),
    "reminder": ("clock", "now", gettext_lazy("“%(task)s” is due soon")),
    "warning": (
        "scale",
        "now",
        gettext_lazy("Early warning: the legal deadline of “%(task)s” is drawing near"),
    ),
    "escalated": ("megaphone", "danger", gettext_lazy("You were called in for “%(task)s”")),
    "came_back": ("alarm-clock-off", "now", gettext_lazy("“%(task)s” is back on the list")),
    "standstill": (
        "triangle-alert",
        "danger",
        gettext_lazy("Deadlines passed while the clock stood still"),
    ),
    "case_overdue": ("triangle-alert", "danger", gettext_lazy("The case “%(task)s” is overdue")),
    "case_not_taken": (
        "triangle-alert",
        "danger",
        gettext_lazy("Nobody has reacted to the case “%(task)s” yet"),
    ),
    "case_reminder": ("clock", "now", gettext_lazy("The case “%(task)s” is due soon")),
    "case_warning": (
        "scale",
        "now",
        gettext_lazy("Early warning: the legal deadline of the case “%(task)s” is drawing near"),
    ),
    "case_escalated": ("megaphone", "danger", gettext_lazy("You were called in for the case “%(task)s”")),
    "approval_void": ("ban", "danger", gettext_lazy("An approval is void: what it was about has changed")),
    "incident": ("triangle-alert", "danger", gettext_lazy("A case cannot go on")),
}
"""Icon, look and sentence by what is told (`tasks.messages.mails.subject_of`)."""


def _mine(user: User) -> QuerySet[Notification]:
    return Notification.objects.filter(recipient=user, channel=Notification.Channel.APP)


@require_safe
@for_case_workers
def notifications(request: HttpRequest) -> HttpResponse:
    """The newest notifications whose case is still visible to the person, new ones first; those about a
    standstill of the clock belong to no case."""
    rows = Notification.objects.shown_to(doors.scope(request))
    newest = rows.select_related("task", "instance__definition").order_by("-id")[:SHOWN]
    notices = [_notice(row) for row in newest]
    context = {
        "area": "notifications",
        "new": [notice for notice in notices if notice.is_new],
        "earlier": [notice for notice in notices if not notice.is_new],
    }
    return render(request, "tasks/notifications.html", context)


def _notice(row: Notification) -> Notice:
    case = row.instance
    icon, look, text = WORDS.get(mails.subject_of(row), WORDS["assigned"])
    about = f"{case.definition.name} · {case}" if case else ""
    level = mails.level_of(row)
    return Notice(
        id=row.pk,
        icon=icon,
        look=look,
        text=str(text) % mails.facts_of(row),
        about=f"{about} · {level}" if level else about,
        when=duetime.moment_text(row.created_at),
        is_new=row.read_at is None,
    )


@require_POST
@for_case_workers
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notification as read and open what it is about."""
    row = get_object_or_404(_mine(viewer(request)), pk=pk)
    _mine(viewer(request)).filter(pk=row.pk, read_at__isnull=True).update(read_at=timezone.now())
    return redirect(mails.path_of(row))


@require_POST
@for_case_workers
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all of one's notifications as read."""
    _mine(viewer(request)).filter(read_at__isnull=True).update(read_at=timezone.now())
    return redirect("tasks:notifications")


@require_safe
@for_case_workers
def search(request: HttpRequest) -> HttpResponse:
    """Tasks, cases and customers that match; only what the person may see is even counted."""
    scope, text = doors.scope(request), doors.query(request)
    context: dict[str, Any] = {"area": "search", "text": text, "tasks": [], "cases": [], "customers": []}
    if text:
        visible = policy.visible_cases(scope)
        context["cases"] = (
            visible.filter(_matches(text)).select_related("definition", "customer").order_by("-id")[:HITS]
        )
        context["tasks"] = (
            Task.objects.open()
            .filter(Q(title__icontains=text) | _matches(text, "instance__"), instance__in=visible)
            .select_related("instance__definition", "instance__customer", "assignee", "team")
            .in_list_order()[:HITS]
        )
        customers = Customer.objects.visible_to(scope).current()
        context["customers"] = customer_search.find(text, customers)[:HITS]
    return render(request, "tasks/search.html", context)


def _matches(text: str, prefix: str = "") -> Q:
    """Number or title contains the text, or the customer or a searchable value all of its words."""
    found = Q(**{f"{prefix}number__icontains": text}) | Q(**{f"{prefix}title__icontains": text})
    words = search_words(text)
    if not words:
        return found
    by_customer = Q(*(Q(**{f"{prefix}customer__search_text__contains": word}) for word in words))
    return found | by_customer | Q(Exists(FieldValue.objects.containing(words, OuterRef(f"{prefix}pk"))))
