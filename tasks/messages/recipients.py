"""Whom an escalation level tells. Facts about teams are read once per batch. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
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
        """Whether everybody may see it, unless it is confidential."""

    @property
    def is_confidential(self) -> bool:
        """Whether nobody may learn of it but those it was granted to."""

    @property
    def granted(self) -> Any:
        """Ids of persons and teams who may see it: `{"user": […], "team": […]}`."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Active members and leads of teams, which team each is part of, and who wants mail at any hour."""

    members: dict[int, list[int]] = field(default_factory=dict)
    leads: dict[int, list[int]] = field(default_factory=dict)
    parents: dict[int, int | None] = field(default_factory=dict)
    teams: dict[int, list[int]] = field(default_factory=dict)
    """Teams of each person."""
    at_once: frozenset[int] = frozenset()


def read_staff() -> Staff:
    """All teams, in two statements."""
    members: dict[int, list[int]] = defaultdict(list)
    leads: dict[int, list[int]] = defaultdict(list)
    teams: dict[int, list[int]] = defaultdict(list)
    at_once: set[int] = set()
    rows = Membership.objects.filter(user__is_active=True, team__is_active=True).order_by("user_id")
    columns = ("team_id", "user_id", "role", "user__gets_mail_at_once")
    for team_id, user_id, role, is_at_once in rows.values_list(*columns):
        members[team_id].append(user_id)
        teams[user_id].append(team_id)
        if role == Membership.Role.LEAD:
            leads[team_id].append(user_id)
        if is_at_once:
            at_once.add(user_id)
    parents: dict[int, int | None] = dict(Team.objects.values_list("pk", "parent_id"))
    return Staff(dict(members), dict(leads), parents, dict(teams), frozenset(at_once))


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
    if whom is Whom.ASSIGNEE and task is not None and task.assignee_id:
        return [task.assignee_id]
    if whom in (Whom.ASSIGNEE, Whom.TEAM):
        return _members_of(task, instance, staff)
    if whom is Whom.LEAD:
        return leads_of(task, instance, staff)
    if whom is Whom.LEADS_LEAD:
        return leads_above(task, instance, staff)
    return owners_of(instance, staff)


def _members_of(task: Work | None, instance: Case, staff: Staff) -> list[int]:
    """The task's team; of a case as a whole the owning team, if that may see it, else the process owner."""
    if task is not None and task.team_id is not None:
        return staff.members.get(task.team_id, [])
    owning = staff.members.get(instance.definition.owner_team_id, [])
    return (owning if _is_open_to_owning_team(instance) else []) or _owner(instance, staff)


def leads_of(task: Work | None, instance: Case, staff: Staff) -> list[int]:
    """The leads of the task's team, else of the owning team, else the process owner."""
    return team_leads(task, instance, staff) or _owner(instance, staff)


def team_leads(task: Work | None, instance: Case, staff: Staff) -> list[int]:
    """The leads of the task's team, else of the owning team.

    The owning team's leads only where they may see the case; they could do nothing about it otherwise.
    """
    own = staff.leads.get(task.team_id or 0, []) if task is not None else []
    if own or not _is_open_to_owning_team(instance):
        return own
    return staff.leads.get(instance.definition.owner_team_id, [])


def _is_open_to_owning_team(instance: Case) -> bool:
    is_public = instance.is_public and not instance.is_confidential
    return is_public or instance.definition.owner_team_id in instance.granted.get("team", ())


def leads_above(task: Work | None, instance: Case, staff: Staff) -> list[int]:
    """The leads of the team above, else the process owner. Of a confidential case only leads who may see it
    already: an escalation plan lets nobody into one (semantics §6)."""
    team_id = (task.team_id if task is not None else None) or instance.definition.owner_team_id
    above = staff.leads.get(staff.parents.get(team_id) or 0, [])
    return _entitled(above, instance, staff) or owners_of(instance, staff)


def owners_of(instance: Case, staff: Staff) -> list[int]:
    """The process owner, else the leads of the owning team; of a confidential case only those who see it."""
    leads = staff.leads.get(instance.definition.owner_team_id, [])
    return _owner(instance, staff) or _entitled(leads, instance, staff)


def _owner(instance: Case, staff: Staff) -> list[int]:
    """Whoever became the owner later is not let into the confidential cases from before by being told."""
    owner = instance.definition.owner
    return _entitled([owner.pk], instance, staff) if owner is not None and owner.is_active else []


def _entitled(people: list[int], instance: Case, staff: Staff) -> list[int]:
    if not instance.is_confidential:
        return people
    unseeing = set(blind(people, instance, staff))
    return [one for one in people if one not in unseeing]


def called_in(task: Work | None, instance: Case, staff: Staff, by: Collection[int]) -> list[int]:
    """Whom somebody (`by`: acting and represented person) calls in by hand, never himself: the leads; a lead
    those above. Where there is nobody, whoever else answers for the case."""
    leads = leads_of(task, instance, staff)
    above = leads_above(task, instance, staff)
    ways = (above, leads) if set(by) & set(leads) else (leads, above)
    others = ([one for one in way if one not in by] for way in (*ways, owners_of(instance, staff)))
    return next((found for found in others if found), [])


def blind(people: Iterable[int], instance: Case, staff: Staff) -> list[int]:
    """Of these people the ones who may not see the case yet; whoever is told of it has to be let in."""
    if instance.is_public and not instance.is_confidential:
        return []
    granted = instance.granted
    seeing = set(granted.get("user", ()))
    for team_id in granted.get("team", ()):
        seeing.update(staff.members.get(team_id, ()))
    return [one for one in people if one not in seeing]
