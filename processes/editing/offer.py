"""What the pickers of the editing page offer from outside the draft: teams, people, plans, processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from people.models import Team, User
from processes.models import EscalationPlan, FormField, ProcessDefinition, ProcessVersion, Step
from processes.words import levelwords

Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Callable:
    """A published process as another one calls it: its ends and its fields, key and name each."""

    ends: Choices = field(default_factory=list)
    fields: Choices = field(default_factory=list)


class Offer:
    """Read once a request; each list is one statement, and only when a picker asks for it.

    `own` = key of the process the draft belongs to, which is offered to itself no more; `owner_id` = the team
    that owns it.
    """

    def __init__(self, own: str = "", owner_id: int | None = None) -> None:
        self.own, self.owner_id = own, owner_id

    @cached_property
    def _team_rows(self) -> list[Team]:
        return list(Team.objects.order_by("name"))

    @cached_property
    def teams(self) -> Choices:
        """Active teams: key and name."""
        return [(team.key, team.name) for team in self._team_rows if team.is_active]

    @cached_property
    def known_teams(self) -> dict[str, str]:
        """All teams, also those that work no more: name by key."""
        return {team.key: team.name for team in self._team_rows}

    @cached_property
    def team_ids(self) -> dict[str, int]:
        """Primary keys of all teams by key."""
        return {team.key: team.pk for team in self._team_rows}

    @cached_property
    def people(self) -> Choices:
        """People with an active account: e-mail, and name with teams."""
        found = User.objects.active().prefetch_related("memberships__team")
        return [(user.email, _with_teams(user)) for user in found]

    @cached_property
    def known_people(self) -> dict[str, str]:
        """Everybody who ever had an account: name by e-mail."""
        return {user.email: str(user) for user in self._everybody}

    @cached_property
    def person_ids(self) -> dict[str, int]:
        """Primary keys of everybody who ever had an account, by e-mail."""
        return {user.email: user.pk for user in self._everybody}

    @cached_property
    def _everybody(self) -> list[User]:
        return list(User.objects.all())

    @cached_property
    def _plan_rows(self) -> list[EscalationPlan]:
        return list(EscalationPlan.objects.prefetch_related("rows"))

    @cached_property
    def plans(self) -> Choices:
        """Escalation plans: key and name."""
        return [(plan.key, plan.name) for plan in self._plan_rows]

    @cached_property
    def told_plans(self) -> list[tuple[EscalationPlan, list[str]]]:
        """What each plan does, level by level in words."""
        return [
            (plan, [levelwords.sentence(level, self.known_people) for level in plan.levels()])
            for plan in self._plan_rows
        ]

    @cached_property
    def processes(self) -> Choices:
        """Processes a step could call: key and name."""
        return list(ProcessDefinition.objects.values_list("key", "name"))

    def callable(self, chosen: str) -> Choices:
        """Processes a step may call; the own one only if it is chosen already."""
        return [(key, name) for key, name in self.processes if key != self.own or key == chosen]

    @cached_property
    def _called(self) -> dict[str, Callable]:
        return {}

    def called(self, key: str) -> Callable:
        """Ends and fields of the published version of a process; two statements for each process asked."""
        if key not in self._called:
            rows = ProcessVersion.objects.filter(definition__key=key, state=ProcessVersion.State.PUBLISHED)
            kinds = (Step.Kind.END, Step.Kind.TERMINATE)
            ends = Step.objects.filter(version__in=rows, kind__in=kinds).values_list("key", "name")
            fields = FormField.objects.filter(version__in=rows).values_list("key", "label")
            self._called[key] = Callable(list(ends), list(fields))
        return self._called[key]


def _with_teams(user: User) -> str:
    teams = ", ".join(one.team.name for one in user.memberships.all())
    return f"{user} ({teams})" if teams else str(user)
