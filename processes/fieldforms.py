"""Fields of a step as a page shows them: what was typed, what is wrong with it, what can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Customer
from people.models import Team, User
from processes import fields
from processes.fields import FieldError, FieldSpec
from processes.nets import StepFieldInfo

MOST_CHOICES = 500
"""People or customers offered in one list; beyond that a field says so."""


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field on a page. `value` is the text in the input, `shown` the value for reading."""

    key: str
    name: str
    label: str
    type: str
    help_text: str
    is_required: bool
    is_writable: bool
    value: str
    shown: str
    version: int
    choices: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width."""
        return self.type == "longtext"


def views(
    uses: Iterable[StepFieldInfo],
    data: Mapping[str, Any],
    *,
    versions: Mapping[str, int],
    typed: Mapping[str, Any],
    errors: Mapping[str, FieldError],
    language: str,
) -> list[FieldView]:
    """Prepare the fields of a step; what was typed wins over what is stored."""
    uses = list(uses)
    options = _references({use.spec.type for use in uses})
    return [_view(use, data, versions, typed, errors, options, language) for use in uses]


def _view(
    use: StepFieldInfo,
    data: Mapping[str, Any],
    versions: Mapping[str, int],
    typed: Mapping[str, Any],
    errors: Mapping[str, FieldError],
    options: Mapping[str, list[tuple[str, str]]],
    language: str,
) -> FieldView:
    spec, stored = use.spec, data.get(use.spec.key)
    is_typed = use.is_writable and spec.key in typed
    choices = options.get(spec.type, []) or list(spec.choices)
    if spec.type == "yesno":
        choices = [("yes", _("Yes")), ("no", _("No"))]
    return FieldView(
        key=spec.key,
        name=f"field_{spec.key}",
        label=spec.label,
        type=spec.type,
        help_text=spec.help_text,
        is_required=use.is_required,
        is_writable=use.is_writable,
        value=str(typed[spec.key] or "") if is_typed else input_text(spec, stored),
        shown=shown(spec, stored, options, language),
        version=versions.get(spec.key, 0),
        choices=choices,
        error=sentence(errors[spec.key]) if spec.key in errors else "",
    )


def input_text(spec: FieldSpec, value: Any) -> str:
    """A stored value as it would be typed."""
    if value is None:
        return ""
    if spec.type == "money":
        return fields.number_text(fields.decimal_of(value["amount"]), "de")
    if spec.type == "number":
        return str(value).replace(".", ",")
    if spec.type == "yesno":
        return "yes" if value else "no"
    return str(value)


def shown(spec: FieldSpec, value: Any, options: Mapping[str, list[tuple[str, str]]], language: str) -> str:
    """A stored value for reading; references by name."""
    if value is not None and spec.is_reference:
        return dict(options.get(spec.type, [])).get(str(value), str(value))
    return fields.display(spec, value, language)


def _references(types: set[str]) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen for reference types that occur: at most one statement a type."""
    found = {}
    if "person" in types:
        found["person"] = [(str(user.pk), str(user)) for user in User.objects.active()[:MOST_CHOICES]]
    if "team" in types:
        found["team"] = [(str(t.pk), str(t)) for t in Team.objects.filter(is_active=True)[:MOST_CHOICES]]
    if "customer" in types:
        found["customer"] = [(str(c.pk), str(c)) for c in Customer.objects.current()[:MOST_CHOICES]]
    return found


def sentence(error: FieldError) -> str:
    """What is wrong with a value, in the reader's language."""
    texts = {
        "required": _("Please fill this in."),
        "unprintable": _("This text has characters that cannot be shown."),
        "too_long": _("At most %(limit)s characters."),
        "not_a_number": _("Please enter a number, for example 1.284,60."),
        "number_out_of_range": _("This number is too large."),
        "not_a_text": _("Please enter a text."),
        "not_a_currency": _("Please name a currency, for example EUR."),
        "not_a_time": _("Please enter date and time, for example 23.11.2026 14:30."),
        "too_many_decimals": _("At most %(limit)s decimals."),
        "not_a_date": _("Please enter a date, for example 23.11.2026."),
        "date_out_of_range": _("This date is too far away."),
        "not_a_choice": _("Please choose from the list."),
        "not_yes_or_no": _("Please choose yes or no."),
        "not_a_reference": _("Please choose from the list."),
    }
    return texts.get(error.code, _("Please check this.")) % error.params


def typed_values(post: Mapping[str, Any], uses: Iterable[StepFieldInfo]) -> dict[str, str]:
    """What a form says about the writable fields of a step."""
    names = {use.spec.key: f"field_{use.spec.key}" for use in uses if use.is_writable}
    return {key: post[name] for key, name in names.items() if name in post}


def read_versions(post: Mapping[str, Any], uses: Iterable[StepFieldInfo]) -> dict[str, int]:
    """The version of each field as the page showed it."""
    found = {}
    for use in uses:
        raw = str(post.get(f"version_{use.spec.key}", ""))
        if raw.isdigit() and len(raw) < 10:
            found[use.spec.key] = int(raw)
    return found
