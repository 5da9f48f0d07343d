"""What a repair is, and the facts it is judged by."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint
from processes.checking import soundness
from processes.checking.callchecks import Outside
from processes.checking.checks import ALONE, problems_of
from processes.checking.findings import Problem, Sentence
from processes.checking.staffing import Staff


@dataclass(frozen=True)
class Repair:
    """One repair: what its button says, and the whole blueprint after it."""

    label: Sentence
    plan: Blueprint


Idea = tuple[Repair, ...]
"""The same thing in several ways, the better one first; the first that holds counts."""


@dataclass(frozen=True)
class Facts:
    """What `checks.problems_of` has to know beside the blueprint, and the key of the team that owns the
    process (empty: not known). `most_markings` bounds how long runs are looked at."""

    number_pattern: str
    earlier_types: Mapping[str, str] = field(default_factory=dict)
    outside: Outside = ALONE
    unknown_names: Collection[tuple[str, str]] = ()
    staff: Staff | None = None
    owner_team: str = ""
    most_markings: int = soundness.MOST_MARKINGS

    def problems(self, plan: Blueprint) -> list[Problem]:
        """Everything wrong with a blueprint."""
        return problems_of(
            plan,
            number_pattern=self.number_pattern,
            earlier_types=self.earlier_types,
            outside=self.outside,
            unknown_names=self.unknown_names,
            staff=self.staff,
            most_markings=self.most_markings,
        )


Maker = Callable[[Blueprint, str, Facts], Iterator[Idea]]
"""Finds the ideas for a finding at a step; each changes something else, so that only one of them may hold."""


def repair(message: Any, plan: Blueprint, **facts: Any) -> Repair:
    """A repair whose label is put together when it is shown; what has no name yet is called so."""
    named = {key: UNNAMED if value == "" else value for key, value in facts.items()}
    return Repair(Sentence(message, named), plan)


UNNAMED = _("(without a name)")
