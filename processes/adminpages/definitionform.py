"""The form of a process as a whole: what its fields mean beyond their type."""

from __future__ import annotations

from django import forms

from processes.adminpages import numberpatterns


class DefinitionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A pattern of numbers is read here, not only when the version is published."""

    class Meta:
        field_classes = {"number_pattern": numberpatterns.PatternField}

    def clean_number_pattern(self) -> str:
        """The pattern in its stored words."""
        return numberpatterns.read(self.cleaned_data["number_pattern"])
