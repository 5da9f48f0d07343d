"""A field of the version on the editing page: label, type, choices, and limits in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from processes.blueprint import FieldPlan
from processes.editing import rowform
from processes.editing.choices import MOST_CHOICES, lines_of, read_choices, show_choices
from processes.editing.rowform import RowForm
from processes.fields import FieldError, FieldSpec, parse
from processes.limits import FITTING, RELATIVE_DAY
from processes.models import FormField
from processes.models.definition import KEY_VALIDATOR

LIMITS = ("min", "max", "min_length", "max_length", "pattern")


class FieldForm(RowForm):
    """One field."""

    label = rowform.text(_("label"), 120, required=True)
    key = rowform.text(
        _("short name"), 60, help_text=_("For files and reports; made of the label if it is left empty.")
    )
    type = rowform.one_of(_("type"), FormField.Type.choices, redraws=True)
    choices_text = rowform.lines(_("choices"), 3, help_text=_("One a line: a text, or key = text."))
    help_text = rowform.text(_("help"), 250)
    min = rowform.text(_("at least"), 40)
    max = rowform.text(_("at most"), 40)
    min_length = rowform.number(_("fewest characters"), 20_000)
    max_length = rowform.number(_("most characters"), 20_000)
    pattern = rowform.text(
        _("form"), 80, help_text=_("9 stands for a digit, A for a letter, X for either; for example AA-9999.")
    )
    is_searchable = rowform.yes(_("can be searched for"))
    is_evaluated = rowform.yes(_("evaluated in reports"))

    @property
    def limit_fields(self) -> list[forms.BoundField]:
        """The limits that fit the type."""
        fitting = FITTING.get(self.page.types[self.prefix or ""], frozenset())
        return [
            self[name] for name in ("min", "max", "min_length", "max_length", "pattern") if name in fitting
        ]

    @property
    def has_choices(self) -> bool:
        """Whether there is something to choose from."""
        return self.page.types[self.prefix or ""] in ("choice", "multichoice")

    def clean_key(self) -> str:
        """A key of its own."""
        typed: str = self.cleaned_data["key"]
        if typed:
            KEY_VALIDATOR(typed)
        others = [
            key for row, key in self.page.keys.items() if row != self.prefix and row in self.page.field_names
        ]
        if typed and typed in others:
            raise ValidationError(_("Another field has this short name already."), code="key_twice")
        return typed

    def clean_choices_text(self) -> str:
        """So many that they can all be shown."""
        typed = str(self.cleaned_data["choices_text"])
        if len(lines_of(typed)) > MOST_CHOICES:
            message = _("At most %(most)s choices.") % {"most": MOST_CHOICES}
            raise ValidationError(message, code="too_many_choices")
        return typed

    def clean_min(self) -> str:
        """The lower limit in its canonical form."""
        return self._bound("min")

    def clean_max(self) -> str:
        """The upper limit in its canonical form."""
        return self._bound("max")

    def _bound(self, name: str) -> str:
        typed, type_ = self.cleaned_data[name], self.page.types[self.prefix or ""]
        is_relative = type_ == "date" and RELATIVE_DAY.fullmatch(typed)
        if not typed or is_relative or name not in FITTING.get(type_, ()):
            return str(typed)
        try:
            value = parse(FieldSpec("x", "", type_), typed)
        except FieldError as error:
            message = _("Please write numbers such as 5,00, days such as 31.12.2026, today or +3.")
            raise ValidationError(message, code="unreadable") from error
        return str(value["amount"]) if isinstance(value, Mapping) else str(value)

    def field(self, key: str) -> FieldPlan:
        """The field as a plan."""
        type_ = self.value("type") or "text"
        return FieldPlan(
            key=key,
            label=self.value("label"),
            type=type_,
            help_text=self.value("help_text"),
            choices=read_choices(self.value("choices_text")),
            limits=self._limits(type_),
            is_searchable=bool(self.value("is_searchable", False)),
            is_evaluated=bool(self.value("is_evaluated", False)),
        )

    def _limits(self, type_: str) -> dict[str, Any]:
        found = {name: self.value(name) for name in FITTING.get(type_, ())}
        return {name: value for name, value in found.items() if value != ""}


def shown(one: FieldPlan) -> dict[str, str]:
    """A field as the form has it."""
    limits = {name: _text(value, one.type) for name, value in one.limits.items()}
    flags = {name: "on" for name in ("is_searchable", "is_evaluated") if getattr(one, name)}
    return {
        "label": one.label,
        "key": one.key,
        "type": one.type,
        "help_text": one.help_text,
        "choices_text": show_choices(one.choices),
        **limits,
        **flags,
    }


def _text(value: Any, type_: str) -> str:
    """A limit as it is typed, numbers as they are written here."""
    text = str(value["amount"]) if isinstance(value, Mapping) else str(value)
    return text.replace(".", ",") if type_ in ("money", "number") else text
