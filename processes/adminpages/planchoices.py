"""What the pickers of an escalation plan offer: fields and outcomes of all processes, and people.

A plan is written outside of any process, so each choice says of which process it is; those that use the plan
come first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from django.utils.translation import gettext as _

from people.models import User
from processes import escalation
from processes.fields import FieldSpec
from processes.models import FormField, Outcome, ProcessVersion

Choices = list[tuple[str, str | list[tuple[str, str]]]]
"""Values and labels, in groups by process."""
STATES = (ProcessVersion.State.DRAFT, ProcessVersion.State.PUBLISHED)
APART = ":"
"""Between key and type of a field; no key has it."""


@dataclass(frozen=True, slots=True)
class Known:
    """All there is to choose from: label by value, each with its process.

    A field's value is its key and its type, as processes may have different fields of the same key.
    """

    fields: Choices
    outcomes: Choices
    people: Mapping[str, str]

    def field_specs(self) -> Mapping[str, FieldSpec]:
        """Fields by key, for words; of several of the same key the first."""
        found: dict[str, FieldSpec] = {}
        for value, label in _flat(self.fields):
            key, _apart, type_ = value.partition(APART)
            found.setdefault(key, FieldSpec(key, label, type_))
        return MappingProxyType(found)

    def outcome_names(self) -> Mapping[str, str]:
        """Outcomes of the clock by key, with their steps."""
        return dict(reversed(_flat(self.outcomes)))


def known(users: Collection[str] = ()) -> Known:
    """What drafts and published versions have at present; three statements. `users` = names of processes."""
    fields = FormField.objects.filter(version__state__in=STATES, type__in=escalation.ASKABLE)
    outcomes = Outcome.objects.filter(step__version__state__in=STATES, is_clock=True)
    return Known(
        _grouped(
            (
                (name, f"{key}{APART}{type_}", label)
                for name, key, type_, label in fields.values_list(
                    "version__definition__name", "key", "type", "label"
                )
            ),
            users,
        ),
        _grouped(
            (
                (name, key, _("%(outcome)s (%(step)s)") % {"outcome": label, "step": step})
                for name, key, label, step in outcomes.values_list(
                    "step__version__definition__name", "key", "label", "step__name"
                )
            ),
            users,
        ),
        {user.email: str(user) for user in User.objects.active()},
    )


def with_value(choices: Choices, value: str, label: str) -> Choices:
    """The choices, and what is chosen although no process has it at present."""
    if not value or value in dict(_flat(choices)):
        return choices
    return [*choices, (value, _("%(what)s (in no process at present)") % {"what": label})]


def label_of(choices: Choices, value: str) -> str:
    """What a value is called; itself where it is not among them."""
    return dict(_flat(choices)).get(value, value)


def _grouped(rows: Iterable[tuple[str, str, str]], users: Collection[str]) -> Choices:
    ordered = sorted(set(rows), key=lambda row: (row[0] not in users, row[0], row[2]))
    found: Choices = []
    for name, group in groupby(ordered, key=lambda row: row[0]):
        found.append((name, list({value: label for _name, value, label in group}.items())))
    return found


def _flat(choices: Choices) -> list[tuple[str, str]]:
    return [row for name, rows in choices for row in ([(name, rows)] if isinstance(rows, str) else rows)]
