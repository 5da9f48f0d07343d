"""Whom an escalation level tells. Facts about teams are read once per batch. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from people.models import Membership, Team
from processes.escalation import Whom
from processes.models import ProcessDefinition


class Work(Protocol):
    """A task, as far as it says who has to do with it."""

    @property
    def team_id(self) -> int | None:
        """In whose inbox it stands."""

    @property
    def assignee_id(self) -> int | None:
        """Who has taken it over."""


class Case(Protocol):
    """A case, as far as it says who is responsible for it and who may see it."""

    @property
    def definition(self) -> ProcessDefinition:
        """Its process."""

    @property
    def is_public(self) -> bool:
        """Whether everybody may see it."""

    @property
    def granted(self) -> Any:
        """Ids of persons and teams who may see it: `{"user": […], "team": […]}`."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Active members and leads of teams, and which team each is part of."""

    members: dict[int, list[int]] = field(default_factory=dict)
    leads: dict[int, list[int]] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)


def read_staff() -> Staff:
    """All teams, in two statements."""
    members: dict[int, list[int]] = defaultdict(list)
    leads: dict[int, list[int]] = defaultdict(list)
    rows = Membership.objects.filter(user__is_active=True, team__is_active=True).order_by("user_id")
    for team_id, user_id, role in rows.values_list("team_id", "user_id", "role"):
        members[team_id].append(user_id)
        if role == Membership.Role.LEAD:
            leads[team_id].append(user_id)
    return Staff(dict(members), dict(leads), dict(Team.objects.values_list("pk", "parent_id")))


@dataclass(frozen=True, slots=True)
class Told:
    """Accounts and plain addresses."""

    users: tuple[int, ...] = ()
    addresses: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anybody is told at all."""
        return bool(self.users or self.addresses)


def told(whom: Iterable[str], task: Work | None, instance: Case, staff: Staff) -> Told:
    """Everybody these words mean for a task (or for the case itself), each once."""
    users: dict[int, None] = {}
    addresses: dict[str, None] = {}
    for word in whom:
        if "@" in word:
            addresses[word] = None
        else:
            users.update(dict.fromkeys(_meant(Whom(word), task, instance, staff)))
    return Told(tuple(users), tuple(addresses))


def _meant(whom: Whom, task: Work | None, instance: Case, staff: Staff) -> list[int]:
    team_id = _team_of(task, instance)
    if whom is Whom.ASSIGNEE:
        return [task.assignee_id] if task is not None and task.assignee_id else staff.members.get(team_id, [])
    if whom is Whom.TEAM:
        return staff.members.get(team_id, [])
    if whom is Whom.LEAD:
        return leads_of(task, instance, staff)
    if whom is Whom.LEADS_LEAD:
        above = staff.leads.get(staff.parents.get(team_id) or 0, [])
        return above or owners_of(instance, staff)
    return owners_of(instance, staff)


def _team_of(task: Work | None, instance: Case) -> int:
    return (task.team_id if task is not None else None) or instance.definition.owner_team_id


def leads_of(task: Work | None, instance: Case, staff: Staff) -> list[int]:
    """The leads of the task's team, else of the owning team, else the process owner.

    The owning team's leads only where they may see the case; they could do nothing about it otherwise.
    """
    own = staff.leads.get(task.team_id or 0, []) if task is not None else []
    if own:
        return own
    owner_team_id = instance.definition.owner_team_id
    sees = instance.is_public or owner_team_id in instance.granted.get("team", ())
    return (staff.leads.get(owner_team_id, []) if sees else []) or _owner(instance)


def owners_of(instance: Case, staff: Staff) -> list[int]:
    """The process owner, else the leads of the owning team."""
    return _owner(instance) or staff.leads.get(instance.definition.owner_team_id, [])


def _owner(instance: Case) -> list[int]:
    owner = instance.definition.owner
    return [owner.pk] if owner is not None and owner.is_active else []
