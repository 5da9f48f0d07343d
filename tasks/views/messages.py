"""Notifications and the search over everything one may see."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from customers.folding import fold
from customers.models import Customer
from people.scope import scope_of
from processes import policy
from tasks.models import Notification, Task

SHOWN = 50


@require_safe
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """The newest notifications whose case is still visible to the person."""
    scope = scope_of(request.user)
    rows = (
        Notification.objects.filter(recipient=request.user, channel=Notification.Channel.APP)
        .filter(instance__in=policy.visible_cases(scope))
        .select_related("task", "instance__definition")
        .order_by("-id")[:SHOWN]
    )
    return render(request, "tasks/notifications.html", {"area": "notifications", "rows": rows})


@require_POST
@login_required
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notification as read and open its task."""
    row = get_object_or_404(Notification, pk=pk, recipient=request.user, channel=Notification.Channel.APP)
    Notification.objects.filter(pk=row.pk, read_at__isnull=True).update(read_at=timezone.now())
    return redirect("tasks:detail", pk=row.task_id) if row.task_id else redirect("tasks:notifications")


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all of one's notifications as read."""
    mine = Notification.objects.filter(recipient=request.user, channel=Notification.Channel.APP)
    mine.filter(read_at__isnull=True).update(read_at=timezone.now())
    return redirect("tasks:notifications")


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Tasks, cases and customers that match; only what the person may see is even counted."""
    scope = scope_of(request.user)
    if not scope.works_cases:
        raise Http404
    text = request.GET.get("q", "").strip()[:100]
    cases = policy.visible_cases(scope)
    context = {"area": "tasks", "text": text, "tasks": [], "cases": [], "customers": []}
    if text:
        found = cases.filter(number__icontains=text) | cases.filter(title__icontains=text)
        context["cases"] = found.select_related("definition", "customer").order_by("-id")[:20]
        context["tasks"] = (
            Task.objects.open().filter(title__icontains=text, instance__in=cases)
            .select_related("instance__definition").in_list_order()[:20]
        )  # fmt: skip
        customers = Customer.objects.visible_to(scope).current()
        context["customers"] = customers.filter(search_text__contains=fold(text))[:20] if fold(text) else []
    return render(request, "tasks/search.html", context)
