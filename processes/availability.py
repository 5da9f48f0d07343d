"""Who is there to be given work: active accounts in active teams. Reads only."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from people.models import Membership, User, UserQuerySet


def workers() -> UserQuerySet:
    """Active persons who work cases, that is, belong to an active team."""
    teams = Membership.objects.filter(user=OuterRef("pk"), team__is_active=True)
    return User.objects.active().filter(Exists(teams))


def members(team_id: int) -> UserQuerySet:
    """Who can take a task out of the team's inbox: active persons, leads too, of an active team."""
    return User.objects.active().filter(memberships__team_id=team_id, memberships__team__is_active=True)


def has_somebody(team_id: int | None, excluded: Iterable[int] = ()) -> bool:
    """Whether one of the team can take a task out of its inbox (one statement)."""
    return team_id is not None and members(team_id).exclude(pk__in=excluded).exists()


def is_worker(person_id: int | None) -> bool:
    """Whether the person can be given a task (one statement)."""
    return person_id is not None and workers().filter(pk=person_id).exists()


def lead_of(team_id: int | None, excluded: Iterable[int] = ()) -> int | None:
    """A lead of the team who can be given a task, the lowest id among several; also of an inactive team, if
    the lead works in another one."""
    if team_id is None:
        return None
    leads = workers().filter(memberships__team_id=team_id, memberships__role=Membership.Role.LEAD)
    return leads.exclude(pk__in=excluded).order_by("pk").values_list("pk", flat=True).first()
