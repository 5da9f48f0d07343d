"""Inputs for the texts of a process: they take what `plaintext` leaves of what is typed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models

from processes import plaintext


class Line(forms.CharField):
    """One line."""

    def to_python(self, value: Any) -> str:
        """Without ends of lines and control characters."""
        return plaintext.line(str(super().to_python(value))).strip()


class Lines(forms.CharField):
    """Several lines; their ends are those of files, whatever the browser sends."""

    def to_python(self, value: Any) -> str:
        """With plain ends of lines, without control characters."""
        return plaintext.lines(str(super().to_python(value))).strip()


OF_COLUMNS: Mapping[type[models.Field[Any, Any]], Mapping[str, Any]] = {
    models.CharField: {"form_class": Line},
    models.TextField: {"form_class": Lines},
}
"""`formfield_overrides` of an admin."""
