"""Patterns of case numbers of new processes: one that is free, and none that another process has."""

from __future__ import annotations

from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from processes.models import ProcessDefinition
from processes.numbers import is_valid_pattern


def own(pattern: str) -> str:
    """The pattern, if it can be read and no other process has it: two would share one row of numbers.

    Raises ValidationError.
    """
    if not is_valid_pattern(pattern):
        raise ValidationError(_("{seq} is needed once; besides it only {year} is possible."))
    other = ProcessDefinition.objects.filter(number_pattern=pattern).first()
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
