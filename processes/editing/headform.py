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
from processes.escalation import OF_CASE
from processes.models import ProcessVersion, Urgency

PREFIX = "version"
WATCHED = ("", *(str(one.value) for one in Urgency), OF_CASE)
"""What a plan can be chosen for."""
USUAL = {"": _("the standard plan"), OF_CASE: _("as for the tasks")}


class HeadForm(RowForm):
    """Note, language, and an escalation plan for every urgency, for one, or for the case alone."""

    note = rowform.lines(_("what changed"), 2)
    language = forms.ChoiceField(label=_("language of the texts"), choices=settings.LANGUAGES, required=False)
    plan_ = rowform.one_of(_("for every urgency"))
    plan_0 = rowform.one_of(Urgency.CRITICAL.label)
    plan_1 = rowform.one_of(Urgency.HIGH.label)
    plan_2 = rowform.one_of(Urgency.NORMAL.label)
    plan_3 = rowform.one_of(Urgency.LOW.label)
    plan_case = rowform.one_of(_("for the deadline of the whole case"))

    def __init__(self, page: Any) -> None:
        super().__init__(page, PREFIX)
        for word in WATCHED:
            usual = USUAL.get(word, _("as for every urgency"))
            self.offer_known(f"plan_{word}", [("", usual), *page.offered.plans])

    @property
    def plans(self) -> list[forms.BoundField]:
        """The pickers of plans."""
        return [self[f"plan_{word}"] for word in WATCHED]

    def head(self) -> dict[str, Any]:
        """The values as `saving.save` takes them."""
        chosen = {word: self.value(f"plan_{word}") for word in WATCHED}
        return {
            "note": self.value("note"),
            "language": self.value("language") or "de",
            "plan_keys": {word: key for word, key in chosen.items() if key},
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
