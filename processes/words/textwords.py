"""What the texts of a version are called on a page, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint
from processes.texts import Text
from processes.words.stepnames import step_names

KINDS: Mapping[str, Any] = {
    "name": _("Name"),
    "instructions": _("What is to be done"),
    "result": _("Result"),
    "outcome": _("Outcome"),
    "item": _("Activity of the checklist"),
    "subject": _("Subject"),
    "message": _("Text"),
    "label": _("Label"),
    "help": _("Help"),
    "choice": _("Choice"),
}
"""Words by kind of text."""


SEVERAL = frozenset({"outcome", "item", "choice"})
"""Kinds of which a step or field can have several."""
MOST_SHOWN = 60


def label(one: Text) -> str:
    """What a text is called beside the others of its step or field; one of several by what it says now."""
    if one.kind not in SEVERAL:
        return str(KINDS[one.kind])
    shown = Truncator(one.text).chars(MOST_SHOWN)
    return gettext("%(kind)s “%(text)s”") % {"kind": KINDS[one.kind], "text": shown}


def place(plan: Blueprint, one: Text) -> str:
    """Which step or field a text belongs to, and what it is there."""
    return gettext("“%(name)s”: %(about)s") % {"name": _owner(plan, one.path), "about": KINDS[one.kind]}


def _owner(plan: Blueprint, path: str) -> str:
    """The name of the step or field of a path."""
    table, key = path.split(".")[:2]
    if table == "steps":
        return step_names(plan).get(key, key)
    return next((one.label for one in plan.fields if one.key == key), key)
