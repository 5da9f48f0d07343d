"""What the pickers of the editing page offer from outside the draft: teams, people, plans, other processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from people.models import Team, User
from processes.models import EscalationPlan, FormField, ProcessDefinition, ProcessVersion, Step

Choices = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Callable:
    """A published process as another one calls it: its ends and its fields, key and name each."""

    ends: Choices = field(default_factory=list)
    fields: Choices = field(default_factory=list)


class Offer:
    """Read once a request; each list is one statement, and only when a picker asks for it."""

    @cached_property
    def teams(self) -> Choices:
        """Active teams: key and name."""
        return list(Team.objects.filter(is_active=True).order_by("name").values_list("key", "name"))

    @cached_property
    def people(self) -> Choices:
        """People with an active account: e-mail and name."""
        return [(user.email, str(user)) for user in User.objects.active()]

    @cached_property
    def plans(self) -> Choices:
        """Escalation plans: key and name."""
        return list(EscalationPlan.objects.values_list("key", "name"))

    @cached_property
    def processes(self) -> Choices:
        """Processes a step could call: key and name."""
        return list(ProcessDefinition.objects.values_list("key", "name"))

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
