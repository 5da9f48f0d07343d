"""When somebody else was quicker: who changed or published the draft, and what one's own page differs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from people.models import AdminEvent
from processes import blueprint
from processes.blueprint import Blueprint
from processes.comparing import versionchanges
from processes.comparing.versionchanges import Changes
from processes.models import ProcessVersion
from tasks import duetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """What whoever comes second is told and can do; `changes` lead from the stored draft to the own page."""

    sentence: str
    changes: Changes | None = None
    stored: int = 0
    """The `lock_version` that saving over the other one's state expects."""


def changed(version: ProcessVersion, own: Blueprint) -> Conflict:
    """Somebody saved the draft since this page was opened."""
    now = ProcessVersion.objects.select_related("definition").get(pk=version.pk)
    stored = blueprint.read(now)
    changes = versionchanges.between(stored, own, versionchanges.known_to(stored, own))
    said = _("%(who)s saved this draft at %(when)s, after this page was opened.")
    return Conflict(_told(now, "draft_changed", said), changes, now.lock_version)


def published(version: ProcessVersion) -> Conflict:
    """The draft was published, and is a version that never changes now."""
    said = _("%(who)s published this draft as version %(number)s at %(when)s.")
    return Conflict(_told(version, "version_published", said))


def _told(version: ProcessVersion, kind: str, sentence: str) -> str:
    events = AdminEvent.objects.filter(object_type=version._meta.label_lower, object_id=str(version.pk))
    event = events.filter(kind=kind).select_related("by").first()
    facts: dict[str, Any] = {"number": version.number, "who": _("Somebody"), "when": "–"}
    if event is not None:
        facts |= {"who": event.by or _("The system"), "when": duetime.moment_text(event.at)}
    return sentence % facts
