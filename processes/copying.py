"""A whole process as a copy: a new family under a name and key of its own, with one version as its draft."""

from __future__ import annotations

from django.db import transaction

from people import adminlog
from people.models import User
from processes import blueprint, publishing
from processes.models import ProcessDefinition, ProcessVersion

COPIED = (
    "description",
    "category",
    "owner_team",
    "owner",
    "visibility",
    "may_start",
    "is_confidential",
    "computes_urgency",
)
"""What a copy has in common with its origin. Numbers are its own (G15: a row of numbers for each process)."""


@transaction.atomic
def copy_process(
    origin: ProcessVersion, *, name: str, key: str, number_pattern: str, by: User | None
) -> ProcessVersion:
    """Write a version as the first draft of a new process with the same rights; answers the draft.

    Name, key and number pattern must be free and valid (the form has checked). Cases, planned starts and the
    history of versions stay with the origin. Writes AdminEvents.
    """
    source = origin.definition
    definition = ProcessDefinition(key=key, name=name, number_pattern=number_pattern)
    for field in COPIED:
        setattr(definition, field, getattr(source, field))
    definition.save()
    definition.start_teams.set(source.start_teams.all())
    changes = {"key": [None, key], "copy_of": [None, f"{source.key} {origin.number}"]}
    adminlog.record(by, "process_created", definition, changes)
    return publishing.draft_from(blueprint.read(origin), definition, by=by)
