"""What is said about the version as a whole: what changed, in which language, and which plans watch it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from processes.editing import rowform
from processes.editing.rowform import RowForm
from processes.editing.typed import Typed
from processes.models import ProcessVersion, Urgency

PREFIX = "version"
URGENCIES = ("", *(str(one.value) for one in Urgency))


class HeadForm(RowForm):
    """Note, language, and an escalation plan for every urgency or for one."""

    note = rowform.lines(_("what changed"), 2)
    language = forms.ChoiceField(label=_("language of the texts"), choices=settings.LANGUAGES, required=False)
    plan_ = rowform.one_of(_("for every urgency"))
    plan_0 = rowform.one_of(Urgency.CRITICAL.label)
    plan_1 = rowform.one_of(Urgency.HIGH.label)
    plan_2 = rowform.one_of(Urgency.NORMAL.label)
    plan_3 = rowform.one_of(Urgency.LOW.label)

    def __init__(self, page: Any) -> None:
        super().__init__(page, PREFIX)
        for urgency in URGENCIES:
            usual = _("as for every urgency") if urgency else _("the standard plan")
            self.offer_known(f"plan_{urgency}", [("", usual), *page.offered.plans])

    @property
    def plans(self) -> list[forms.BoundField]:
        """The pickers of plans."""
        return [self[f"plan_{urgency}"] for urgency in URGENCIES]

    def head(self) -> dict[str, Any]:
        """The values as `saving.save` takes them."""
        chosen = {urgency: self.value(f"plan_{urgency}") for urgency in URGENCIES}
        return {
            "note": self.value("note"),
            "language": self.value("language") or "de",
            "plan_keys": {urgency: key for urgency, key in chosen.items() if key},
        }


def show(typed: Typed, version: ProcessVersion) -> None:
    """Add what is stored to the names and values of the page."""
    values: Mapping[str, str] = {
        "note": version.note,
        "language": version.language,
        **{f"plan_{urgency}": key for urgency, key in version.plan_keys.items()},
    }
    for name, value in values.items():
        typed.set(f"{PREFIX}-{name}", value)


def carry(source: Typed, target: Typed) -> None:
    """Take over what was typed about the version as a whole to another page of it."""
    for name, value in source.below(PREFIX):
        target.set(name, value)
