"""What all forms of the editing page have in common: they read one row of the page and know the others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.utils import ErrorList
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes.blueprint import KEY_LENGTH
from processes.editing.typed import LONGEST_NAME
from processes.textfields import Line, Lines

if TYPE_CHECKING:
    from processes.editing.page import Page

NOTHING = ("", "–")
CHOOSE = ("", _("please choose"))
REDRAWN = {"data-redraw": ""}
"""Marks inputs after whose change the page looks different; its script asks for the page anew."""
WITHIN = {"autocomplete": "off"}
LONGEST_ADDRESS = 254
KEY = re.compile(r"[a-z][a-z0-9_-]*")
"""What `models.definition.KEY_VALIDATOR` accepts."""


class _Input(forms.BoundField):
    """An input that says what is wrong only once somebody has tried to save."""

    form: RowForm

    @property
    def errors(self) -> ErrorList:
        """The faults to be shown."""
        return super().errors if self.form.page.shows_faults else ErrorList()


class RowForm(forms.Form):
    """The inputs of one row, or of one part of it; always bound to what was typed."""

    bound_field_class = _Input
    about: Any = ""
    """What a list of faults calls the part of the row it reads, where the row has several alike."""

    def __init__(self, page: Page, prefix: str) -> None:
        self.page = page
        super().__init__(page.typed.data, prefix=prefix, use_required_attribute=False)

    def offer(self, **choices: Any) -> None:
        """Fill the pickers."""
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def offer_known(self, name: str, choices: Any, known: Mapping[str, str] | None = None) -> None:
        """Fill a picker with what lies outside the draft. What the draft names already stays chosen although
        it is offered no more; with `known` only if it is one of these, which still exist."""
        found = list(choices)
        offered = {value for value, _label in found}
        for value in self.page.typed.data.getlist(f"{self.prefix}-{name}"):
            if value and value not in offered and (_is_name(value) if known is None else value in known):
                shown = known[value] if known else value
                found.append((value, gettext("%(name)s (not offered any more)") % {"name": shown}))
        self.offer(**{name: found})

    def value(self, name: str, empty: Any = "") -> Any:
        """What was typed, cleaned; `empty` where it is missing or wrong."""
        found = self.cleaned_data.get(name) if self.is_valid() or hasattr(self, "cleaned_data") else None
        return empty if found is None else found


def _is_name(value: str) -> bool:
    """Whether this can be the key or the address of anything at all."""
    return len(value) <= LONGEST_ADDRESS and value.isprintable()


def several(label: Any, *, help_text: Any = "") -> forms.MultipleChoiceField:
    """Check boxes that are filled by `offer`."""
    return forms.MultipleChoiceField(
        label=label, required=False, widget=forms.CheckboxSelectMultiple, help_text=help_text
    )


def one_of(label: Any, choices: Any = (), *, redraws: bool = False, help_text: Any = "") -> forms.ChoiceField:
    """A select; its choices may come later by `offer`."""
    widget = forms.Select(attrs=REDRAWN if redraws else {})
    return forms.ChoiceField(label=label, choices=choices, required=False, widget=widget, help_text=help_text)


def text(label: Any, length: int, *, help_text: Any = "", required: bool = False) -> Line:
    """One line."""
    widget = forms.TextInput(attrs=WITHIN)
    return Line(label=label, max_length=length, required=required, widget=widget, help_text=help_text)


def lines(label: Any, rows: int = 3, *, length: int = 20_000, help_text: Any = "") -> Lines:
    """Several lines."""
    return Lines(
        label=label,
        max_length=length,
        required=False,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,
    )


def yes(label: Any, *, redraws: bool = False, help_text: Any = "") -> forms.BooleanField:
    """A check box."""
    widget = forms.CheckboxInput(attrs=REDRAWN if redraws else {})
    return forms.BooleanField(label=label, required=False, widget=widget, help_text=help_text)


def number(label: Any, most: int, *, least: int = 1, help_text: Any = "") -> forms.IntegerField:
    """A whole number."""
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, required=False, help_text=help_text
    )


def hidden(kind: type[forms.CharField] = forms.CharField) -> forms.CharField:
    """What belongs to the row and is not shown."""
    return kind(required=False, widget=forms.HiddenInput)


class CarriedKey(forms.CharField):
    """A key nobody sees. One that cannot be one is made anew: no fault could be corrected there."""

    def to_python(self, value: Any) -> str:
        """The key, else nothing."""
        found = str(super().to_python(value))
        return found if is_key(found) else ""


class CarriedName(forms.CharField):
    """A name nobody sees, as long as names are."""

    def to_python(self, value: Any) -> str:
        """The name without what could not be stored."""
        return carried_name(str(super().to_python(value)))


def is_key(text: str) -> bool:
    """Whether this can be the key of a row."""
    return len(text) <= KEY_LENGTH and KEY.fullmatch(text) is not None


def carried_name(text: str) -> str:
    """A name as far as it can be stored."""
    return "".join(one for one in text if one.isprintable())[:LONGEST_NAME]
