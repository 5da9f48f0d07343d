"""Open tasks that nobody is there to do: of persons who have left, and in inboxes that nobody opens."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Exists, OuterRef, QuerySet

from people.models import Membership
from processes import availability
from processes.assignment import NOBODY
from processes.models import ProcessInstance
from tasks.models import Incident, Task, TaskQuerySet


def _live() -> TaskQuerySet:
    return Task.objects.open().filter(instance__state__in=ProcessInstance.LIVE_STATES)


def of_the_gone() -> TaskQuerySet:
    """Tasks of persons who are no longer active or belong to no active team."""
    return (
        _live()
        .filter(assignee__isnull=False, is_trial=False)
        .exclude(assignee__in=availability.workers().values("pk"))
    )


def in_empty_inboxes() -> TaskQuerySet:
    """Tasks of nobody in inboxes of teams without any active member, or of no team at all."""
    members = Membership.objects.filter(team=OuterRef("team"), team__is_active=True, user__is_active=True)
    return _live().filter(~Exists(members), assignee__isnull=True)


def unnoticed() -> QuerySet[Task]:
    """Tasks in empty inboxes that no open incident tells of."""
    known = Incident.objects.filter(
        instance=OuterRef("instance"), token_id=OuterRef("token_id"), code=NOBODY, resolved_at__isnull=True
    )
    return in_empty_inboxes().exclude(Exists(known))


def waiting_in(team_ids: Collection[int]) -> dict[int, int]:
    """How many open tasks stand in the inboxes of these teams; teams without any are left out.

    For administrators: confidential cases are not counted (semantics §6).
    """
    rows = _live().filter(team_id__in=team_ids, assignee__isnull=True, is_confidential=False).order_by()
    return dict(rows.values("team_id").annotate(number=Count("pk")).values_list("team_id", "number"))
