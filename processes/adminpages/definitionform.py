"""The form of a process as a whole: what its fields mean beyond their type."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from processes import numbers


def read_pattern(typed: str) -> str:
    """A number pattern as it is stored. Raises ValidationError."""
    pattern = numbers.canonical(typed)
    if not numbers.is_valid_pattern(pattern):
        raise forms.ValidationError(
            _(
                "The running number {Nummer} is needed once; besides it only the year {Jahr} is possible. For"
                " example REK-{Jahr}-{Nummer:05}."
            ),
            code="number_pattern",
        )
    return pattern


class DefinitionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A pattern of numbers is read here, not only when the version is published."""

    def clean_number_pattern(self) -> str:
        """The pattern in its stored words."""
        return read_pattern(self.cleaned_data["number_pattern"])
