"""Stores a draft as its page says it: all rows at once, under a lock, logged old → new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from people import adminlog
from people.models import User
from processes import blueprint, publishing
from processes.blueprint import Blueprint
from processes.comparing.versiondiff import differences
from processes.models import ProcessDefinition, ProcessVersion
from processes.publishing import DraftChanged

PARTS = ("transitions", "deadline_rules", "steps", "fields")
"""Rows of a version, in an order in which they can go."""


def save(
    version: ProcessVersion,
    plan: Blueprint,
    head: Mapping[str, Any],
    *,
    by: User,
    expected: int,
) -> dict[str, list[Any]]:
    """Write a draft; answers what changed, old and new, by path (empty: nothing, then nothing is written).

    `head` holds note, language and plan_keys; `expected` is the `lock_version` the person looked at. Writes
    an AdminEvent. Raises NotADraft and DraftChanged.
    """
    with transaction.atomic():
        current = publishing.locked_draft(version)
        if current.lock_version != expected:
            raise DraftChanged
        before = blueprint.read(current)
        after = replace(plan, plan_keys=head["plan_keys"], language=head["language"])
        changes = differences(before, after)
        if current.note != head["note"]:
            changes["note"] = [current.note, head["note"]]
        if changes or before != after:
            _write(current, after, head)
            adminlog.record(by, "draft_changed", current, changes)
    return changes


def renew(version: ProcessVersion, plan: Blueprint, head: Mapping[str, Any], *, by: User) -> ProcessVersion:
    """Write what was typed for a draft that is one no longer as the next draft of its process; once, however
    often it is asked for."""
    after = replace(plan, plan_keys=head["plan_keys"], language=head["language"])
    with transaction.atomic():
        definition = ProcessDefinition.objects.select_for_update().get(pk=version.definition_id)
        for other in definition.versions.filter(state=ProcessVersion.State.DRAFT, created_by=by):
            if other.note == head["note"] and not differences(blueprint.read(other), after):
                return other
        return publishing.draft_from(after, definition, by=by, note=head["note"])


def _write(version: ProcessVersion, plan: Blueprint, head: Mapping[str, Any]) -> None:
    for part in PARTS:
        getattr(version, part).all().delete()
    version.note, version.language = head["note"], head["language"]
    version.plan_keys = dict(head["plan_keys"])
    version.lock_version += 1
    version.save()
    blueprint.write(version, plan)
