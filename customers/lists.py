"""What lists and pages show about customers: rows with figures, and the cases one viewer may see.

Figures never count a case the viewer may not see; the number of statements does not depend on the rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q

from customers.models import Customer, CustomerQuerySet
from people.scope import Scope
from processes.models import ProcessInstance
from processes.models.instance import ProcessInstanceQuerySet
from tasks.models import Participant, ProcessEvent, Task

PAGE_SIZE = 50
MOST_ENDED = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A customer in the list. `last_activity` = last change of the record or of a visible case."""

    customer: Customer
    open_cases: int
    last_activity: dt.datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in list order; `after` = where the next ones begin, None at the end."""

    rows: list[Row]
    after: int | None


@dataclass(frozen=True, slots=True)
class Cases:
    """A customer's cases as one viewer sees them; `running` and `ended` are cut, the counts are not."""

    running: list[ProcessInstance]
    ended: list[ProcessInstance]
    running_count: int
    ended_count: int
    overdue_count: int


def page(customers: CustomerQuerySet, scope: Scope, *, after: int | None = None) -> Page:
    """Up to fifty rows behind the record `after`. Three statements, two on the first page."""
    found = list(_behind(customers, after).order_by("sort_key", "id")[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    figures = _figures([customer.pk for customer in shown], scope)
    return Page(
        rows=[_row(customer, figures.get(customer.pk)) for customer in shown],
        after=shown[-1].pk if len(found) > PAGE_SIZE else None,
    )


def _behind(customers: CustomerQuerySet, after: int | None) -> CustomerQuerySet:
    if after is None:
        return customers
    key = Customer.objects.filter(pk=after).values_list("sort_key", flat=True).first()
    if key is None:
        return customers
    return customers.filter(Q(sort_key__gt=key) | Q(sort_key=key, pk__gt=after))


def _row(customer: Customer, figures: tuple[int, dt.datetime] | None) -> Row:
    running, last = figures or (0, customer.updated_at)
    return Row(customer, running, max(last, customer.updated_at))


def _figures(customer_ids: Iterable[int], scope: Scope) -> dict[int, tuple[int, dt.datetime]]:
    """Running cases and the moment of the last event per customer, in one statement."""
    counted = (
        ProcessEvent.objects.filter(
            seq=F("instance__event_seq"),
            instance__participants__customer__in=list(customer_ids),
            instance__in=ProcessInstance.objects.visible_to(scope),
        )
        .order_by()
        .values_list("instance__participants__customer")
        .annotate(
            running=Count(
                "instance", filter=Q(instance__state__in=ProcessInstance.LIVE_STATES), distinct=True
            ),
            last=Max("at"),
        )
    )
    return {customer_id: (running, last) for customer_id, running, last in counted}


def cases_of(customer: Customer, scope: Scope) -> Cases:
    """The cases a customer takes part in, newest first; four statements."""
    visible = _visible_cases(customer, scope)
    with_steps = visible.select_related("definition").prefetch_related(_open_tasks())
    is_live = Q(state__in=ProcessInstance.LIVE_STATES)
    counts = visible.aggregate(
        running=Count("pk", filter=is_live),
        ended=Count("pk", filter=~is_live),
        overdue=Count("pk", filter=Q(_is_overdue())),
    )
    return Cases(
        running=list(with_steps.filter(is_live).order_by("-id")[:PAGE_SIZE]),
        ended=list(visible.select_related("definition").exclude(is_live).order_by("-id")[:MOST_ENDED]),
        running_count=counts["running"],
        ended_count=counts["ended"],
        overdue_count=counts["overdue"],
    )


def _visible_cases(customer: Customer, scope: Scope) -> ProcessInstanceQuerySet:
    part = Participant.objects.filter(instance=OuterRef("pk"), customer=customer)
    return ProcessInstance.objects.visible_to(scope).filter(Exists(part))


def _is_overdue() -> Exists:
    """An open task past its deadline; only cases that still run have open tasks."""
    return Exists(Task.objects.open().filter(instance=OuterRef("pk"), overdue_at__isnull=False))


def _open_tasks() -> Prefetch[str]:
    tasks = Task.objects.open().select_related("assignee", "team").in_list_order()
    return Prefetch("tasks", queryset=tasks, to_attr="open_tasks")
