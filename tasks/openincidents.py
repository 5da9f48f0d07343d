"""What stands still in a case, in words, for its page and for operators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes.compiledversion import CompiledVersion
from processes.models import ProcessInstance
from tasks import duetime
from tasks.automatic import failures
from tasks.models import Incident

SENTENCES: Mapping[str, Any] = {
    "no_way_on": _("The process does not say what comes next here."),
    "too_many_steps": _("Too many automatic steps followed one another."),
    "date_missing": _("The date that is waited for is not known."),
    "nobody": _("Nobody is responsible for this step."),
    "nobody_told": _("A level of the escalation was due, and nobody was there to be told."),
    "nobody_to_have_it": _(
        "A level of the escalation was to pass the task on, and nobody it names could have it."
    ),
    "called_process": _("The process that is to be called could not be started."),
}


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An open incident as shown."""

    id: int
    step: str
    reason: str
    at: dt.datetime
    since: str
    can_be_retried: bool


def of(case: ProcessInstance, version: CompiledVersion, at: dt.datetime) -> list[OpenIncident]:
    """Open incidents of a case, the longest first; one statement."""
    rows = Incident.objects.filter(instance=case, resolved_at__isnull=True).order_by("opened_at", "id")
    return [_shown(row, version, at) for row in rows]


def _shown(row: Incident, version: CompiledVersion, at: dt.datetime) -> OpenIncident:
    step = version.steps.get(row.step_key)
    return OpenIncident(
        id=row.pk,
        step=step.name if step else "",
        reason=reason(row),
        at=row.opened_at,
        since=duetime.moment_text(row.opened_at, at),
        can_be_retried=row.is_retriable,
    )


def reason(row: Incident) -> str:
    """Why it stands still, without anything of the case."""
    sentence = SENTENCES.get(row.code)
    return str(sentence) if sentence is not None else failures.sentence(row.detail)
