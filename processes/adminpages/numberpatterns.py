"""Patterns of case numbers of new processes: one that is free, and none that another process has."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from processes import numbers
from processes.models import ProcessDefinition
from processes.textfields import Line


class PatternField(Line):
    """A pattern: shown in the words of the reader's language, taken as it is stored."""

    def prepare_value(self, value: Any) -> Any:
        """The stored pattern in words that the help beside it names."""
        words = {
            "year": pgettext("placeholder of a number pattern", "year"),
            "seq": pgettext("placeholder of a number pattern", "seq"),
        }
        return numbers.worded(numbers.canonical(value), words) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        """The pattern as it is stored; one that is none stays as it is, for `read` to refuse it."""
        return numbers.canonical(super().to_python(value))


def read(typed: str) -> str:
    """A pattern as it is stored. Raises ValidationError."""
    pattern = numbers.canonical(typed)
    if not numbers.fits(pattern):
        raise ValidationError(_("Please choose a shorter pattern: numbers have at most 60 characters."))
    if not numbers.is_valid_pattern(pattern):
        raise ValidationError(
            _(
                "The running number {Nummer} is needed once; besides it only the year {Jahr} is possible. For"
                " example REK-{Jahr}-{Nummer:05}."
            ),
            code="number_pattern",
        )
    return pattern


def own(typed: str) -> str:
    """The same, if no other process has it: two would share one row of numbers. Raises ValidationError."""
    pattern = read(typed)
    rows = ProcessDefinition.objects.only("name", "number_pattern")
    wanted = numbers.counter_of(pattern)
    other = next((row for row in rows if numbers.counter_of(row.number_pattern) == wanted), None)
    if other is not None:
        raise ValidationError(_("“%(name)s” has these numbers already.") % {"name": other.name})
    return pattern


def free(pattern: str, taken: Collection[str]) -> str:
    """The pattern, or with a number in front of it where it is taken."""
    return free_text(pattern, taken, "{1}-{0}")


def free_text(text: str, taken: Collection[str], numbered: str) -> str:
    """The text, or the first of `numbered` (its text {0} and a number from 2 on {1}) that is not taken."""
    found, number = text, 2
    while found in taken:
        found = numbered.format(text, number)
        number += 1
    return found
