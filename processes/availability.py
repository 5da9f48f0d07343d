"""Who is there to be given work: active accounts in active teams. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from people.models import Membership, Team, User, UserQuerySet
from processes.blueprint import Blueprint
from processes.checking.staffing import Staff, TeamStaff, config_of
from processes.stepplans import Over


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


def staff_of(plan: Blueprint, *, are_coming: bool = False, besides: Iterable[str] = ()) -> Staff:
    """The people a plan counts on, in three statements; and those of teams `besides` (keys).

    `are_coming` = teams may be made before their people: one without anybody counts as not made yet.
    """
    keys, emails = _named(plan)
    keys |= set(besides)
    members: dict[str, set[int]] = defaultdict(set)
    leads: dict[str, set[int]] = defaultdict(set)
    rows = Membership.objects.filter(team__key__in=keys, user__is_active=True)
    for key, user_id, role in rows.values_list("team__key", "user_id", "role"):
        members[key].add(user_id)
        if role == Membership.Role.LEAD:
            leads[key].add(user_id)
    teams = Team.objects.filter(key__in=keys).values_list("key", "name", "is_active")
    return Staff(
        teams={
            key: TeamStaff(name, is_active, frozenset(members[key]), frozenset(leads[key]))
            for key, name, is_active in teams
            if members[key] or not (are_coming and is_active)
        },
        persons=dict(workers().filter(email__in=emails).values_list("email", "pk")),
    )


def _named(plan: Blueprint) -> tuple[set[str], set[str]]:
    """Keys of the teams and e-mails of the persons that steps name."""
    repeats = [config_of(step).repeat for step in plan.steps]
    teams = {step.team for step in plan.steps if step.team}
    teams |= {one.key for one in repeats if one is not None and one.over is Over.TEAM}
    emails = {step.person for step in plan.steps if step.person}
    return teams, emails | {email.lower() for one in repeats if one is not None for email in one.persons}
