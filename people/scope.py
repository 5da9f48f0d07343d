"""Who asks, and for whom: the frozen facts that rights are judged by.

Models take a `Scope` in their `visible_to`, so that they need not know the policy that made it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from people.models import Membership, User


@dataclass(frozen=True, slots=True)
class Principal:
    """Who performs an operation: a person, perhaps acting for another one, or the system itself."""

    user: User | None = None
    acting_for: User | None = None

    @property
    def is_system(self) -> bool:
        """Whether no person stands behind it (the clock, an import, a worker)."""
        return self.user is None

    @property
    def person_ids(self) -> frozenset[int]:
        """Acting and represented person; both count for four eyes."""
        return frozenset(user.pk for user in (self.user, self.acting_for) if user is not None)


SYSTEM = Principal()


def principal(by: Principal | User) -> Principal:
    """Accept a plain user where a principal is asked for."""
    return by if isinstance(by, Principal) else Principal(by)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may be told by rights: the person, teams (member or lead), led teams, represented."""

    user_id: int
    is_active: bool = True
    is_auditor: bool = False
    tries_processes: bool = False
    """Whether the person may run processes on trial (and sees these cases of their own)."""
    team_ids: frozenset[int] = field(default_factory=frozenset)
    led_team_ids: frozenset[int] = field(default_factory=frozenset)
    represented_ids: frozenset[int] = field(default_factory=frozenset)

    @property
    def works_cases(self) -> bool:
        """Whether this person takes part in case work at all (pure administrators do not)."""
        return self.is_active and bool(self.team_ids or self.is_auditor)


def scope_of(user: User) -> Scope:
    """Read a person's memberships once; the scope is kept on the user object for the request."""
    known: Scope | None = getattr(user, "_scope", None)
    if known is None:
        rows = Membership.objects.filter(user=user, team__is_active=True).values_list("team_id", "role")
        teams = list(rows)
        known = Scope(
            user_id=user.pk,
            is_active=user.is_active,
            is_auditor=user.is_auditor,
            tries_processes=user.is_active and (user.is_process_admin or user.is_superuser),
            team_ids=frozenset(team for team, _ in teams),
            led_team_ids=frozenset(team for team, role in teams if role == Membership.Role.LEAD),
        )
        user._scope = known  # type: ignore[attr-defined]
    return known
