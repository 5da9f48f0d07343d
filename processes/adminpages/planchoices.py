"""What the pickers of an escalation plan offer: fields and outcomes of all processes, and people.

A plan is written outside of any process, so each choice says of which processes it is; its users come first.
A plan keeps keys alone: what has the same key is one choice, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

from django.utils.translation import gettext as _

from people.models import User
from processes import escalation
from processes.fields import FieldSpec
from processes.models import FormField, Outcome, ProcessVersion
from processes.words.shortlist import few

Choices = list[tuple[str, str | list[tuple[str, str]]]]
"""Values and labels, in groups by process."""
STATES = (ProcessVersion.State.DRAFT, ProcessVersion.State.PUBLISHED)
APART = ":"
"""Between key and type of a field; no key has it."""


@dataclass(frozen=True, slots=True)
class _Row:
    """Something that can be chosen, where one process has it."""

    process: str
    value: str
    label: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """All there is to choose from: label by value, each with its processes.

    A field's value is its key and its type, as processes may have different fields of the same key.
    `holders` = which processes have a value, `users` = the processes that use the plan.
    """

    fields: Choices
    outcomes: Choices
    people: Mapping[str, str]
    holders: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    users: tuple[str, ...] = ()

    def lacking(self, value: str) -> str:
        """The processes that use the plan and do not have what is chosen; empty if there are none."""
        return few(one for one in self.users if value and one not in self.holders.get(value, ()))

    def field_specs(self) -> Mapping[str, FieldSpec]:
        """Fields by key, for words; of several of the same key the first."""
        found: dict[str, FieldSpec] = {}
        for value, label in _flat(self.fields):
            key, _apart, type_ = value.partition(APART)
            found.setdefault(key, FieldSpec(key, label, type_))
        return MappingProxyType(found)

    def outcome_names(self) -> Mapping[str, str]:
        """Outcomes of the clock by key, with their steps."""
        return dict(_flat(self.outcomes))


def known(users: Collection[str] = ()) -> Known:
    """What drafts and published versions have at present; three statements. `users` = names of processes."""
    fields = [_Row(process, f"{key}{APART}{type_}", label) for process, key, type_, label in _fields()]
    outcomes = [_Row(*row) for row in _outcomes()]
    people = {user.email: str(user) for user in User.objects.active()}
    holders = _holders([*fields, *outcomes])
    return Known(_grouped(fields, users), _grouped(outcomes, users), people, holders, tuple(users))


def _fields() -> Iterable[tuple[str, str, str, str]]:
    rows = FormField.objects.filter(version__state__in=STATES, type__in=escalation.ASKABLE)
    return rows.values_list("version__definition__name", "key", "type", "label")


def _outcomes() -> Iterable[tuple[str, str, str, str]]:
    rows = Outcome.objects.filter(step__version__state__in=STATES, is_clock=True)
    return rows.values_list("step__version__definition__name", "key", "label", "step__name")


def _holders(rows: Iterable[_Row]) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.value, set()).add(row.process)
    return MappingProxyType({value: frozenset(names) for value, names in found.items()})


def with_value(choices: Choices, value: str, label: str) -> Choices:
    """The choices, and what is chosen although no process has it at present."""
    if not value or value in dict(_flat(choices)):
        return choices
    return [*choices, (value, _("%(what)s (in no process at present)") % {"what": label})]


def label_of(choices: Choices, value: str) -> str:
    """What a value is called; itself where it is not among them."""
    return dict(_flat(choices)).get(value, value)


def _grouped(rows: Iterable[_Row], users: Collection[str]) -> Choices:
    """One choice for each value, in groups of those that the same processes have."""
    ordered = sorted(set(rows), key=lambda row: (row.process not in users, row.process, row.label, row.step))
    by_value: dict[str, list[_Row]] = {}
    for row in ordered:
        by_value.setdefault(row.value, []).append(row)
    choices = [(_rank(found, users), value, _label(found)) for value, found in by_value.items()]
    choices.sort(key=lambda one: (one[0], one[2]))
    return [
        (few(names), [(value, label) for _rank, value, label in group])
        for (_is_other, names), group in groupby(choices, key=lambda one: one[0])
    ]


def _rank(rows: Iterable[_Row], users: Collection[str]) -> tuple[bool, tuple[str, ...]]:
    """Whether only other processes have it, and which do."""
    names = tuple(dict.fromkeys(row.process for row in rows))
    return not set(names) & set(users), names


def _label(rows: Iterable[_Row]) -> str:
    """What it is called, with the steps at which it occurs."""
    rows = list(rows)
    label = few(row.label for row in rows)
    if not rows[0].step:
        return label
    return _("%(outcome)s (%(step)s)") % {"outcome": label, "step": few(row.step for row in rows)}


def _flat(choices: Choices) -> list[tuple[str, str]]:
    return [row for name, rows in choices for row in ([(name, rows)] if isinstance(rows, str) else rows)]
