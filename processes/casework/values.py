"""Fields of a locked case: what people type, what automatic steps write, what follows from a change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import timezone

from processes import fields
from processes.casework import approvals, references
from processes.casework.change import Casework
from processes.compiledversion import StepInfo
from processes.errors import FieldChanged, FieldMissing
from tasks import events, incidents
from tasks.clocks import clockrules, rescheduling, tokenclocks

Changes = dict[str, list[Any]]
"""Old and new canonical value by field key."""


def take_values(
    work: Casework, step: StepInfo, raw: Mapping[str, Any], *, read: Mapping[str, int] | None = None
) -> Changes:
    """Read and store what the step may write. Returns what changed. Raises as `read_values`."""
    changes = read_values(work, step, raw, read=read)
    _store(work, changes, by_step=step.key)
    return changes


def read_values(
    work: Casework, step: StepInfo, raw: Mapping[str, Any], *, read: Mapping[str, int] | None = None
) -> Changes:
    """Parse what the step may write; check what it requires. Stores nothing.

    `read` = version of each field as the page showed it. Returns what changed. Raises FieldMissing (all
    faults at once) or FieldChanged.
    """
    faults: dict[str, Any] = {}
    changes: Changes = {}
    for use in step.fields:
        if not use.is_writable:
            continue
        spec, old = use.spec, work.instance.data.get(use.spec.key)
        try:
            new = _value(work, spec, raw[spec.key], old) if spec.key in raw else old
        except fields.FieldError as fault:
            faults[spec.key] = fault
            continue
        if new is None and use.is_required and not _is_waived(work, spec):
            faults[spec.key] = fields.FieldError("required")
        if new != old:
            _demand_unchanged(work, spec, read)
            changes[spec.key] = [old, new]
    faults |= references.unknown(work, {key: new for key, (_old, new) in changes.items()})
    if faults:
        raise FieldMissing(faults)
    return changes


def _is_waived(work: Casework, spec: fields.FieldSpec) -> bool:
    """Whether a demand cannot be met: who tries a process and works no cases sees no customers (§6)."""
    is_blind = work.instance.is_trial and work.scope is not None and not work.scope.works_cases
    return is_blind and spec.type == "customer"


def _value(work: Casework, spec: fields.FieldSpec, raw: Any, old: Any) -> Any:
    """The canonical value. Limits bind new values only: a date once right stays right a week later."""
    today = timezone.localdate(work.at)
    new = fields.read(spec, raw, today=today)
    if new != old:
        fields.demand_limits(spec, new, today=today)
    return new


def set_values(work: Casework, values: Mapping[str, Any]) -> Changes:
    """Store canonical values that no person typed (an automatic step, a called process).

    Keys the version does not know are left out. Returns what changed."""
    changes: Changes = {}
    for key, new in values.items():
        old = work.instance.data.get(key)
        if key in work.version.fields and new != old:
            changes[key] = [old, new]
    _store(work, changes)
    return changes


def note_changes(work: Casework, changes: Iterable[clockrules.Change], *, why: str) -> None:
    """Record deadlines that were found anew: old → new."""
    for change in changes:
        task = change.clock.task
        facts = {
            "step": task.step_key if task else "",
            "clock": str(change.clock.kind),
            "old": events.instant(change.old),
            "new": events.instant(change.new),
            "why": why,
        }
        work.record(events.Kind.DEADLINE, task=task, facts=facts)


def _demand_unchanged(work: Casework, spec: fields.FieldSpec, read: Mapping[str, int] | None) -> None:
    present = work.instance.field_versions.get(spec.key, 0)
    if read is not None and read.get(spec.key, present) != present:
        raise FieldChanged(field=spec.label)


def _store(work: Casework, changes: Changes, *, by_step: str = "") -> None:
    instance = work.instance
    for key, (_old, new) in changes.items():
        if new is None:
            instance.data.pop(key, None)
        else:
            instance.data[key] = new
        instance.field_versions[key] = instance.field_versions.get(key, 0) + 1
        work.changed_fields.append(key)
    dates = work.version.date_keys & changes.keys()
    if dates:
        note_changes(work, rescheduling.redate(instance, work.version, dates, at=work.at), why="field")
    approvals.void(work, changes.keys(), by_step=by_step)
    if dates:
        _report_dateless(work)


def _report_dateless(work: Casework) -> None:
    """A wait that has lost its date stands still visibly; what was reported already stays one incident."""
    places = {token.id: token.at for token in work.marking.tokens}
    for clock in tokenclocks.dateless_waits(work.instance):
        incidents.open_incident(
            work.instance,
            "date_missing",
            at=work.at,
            token_id=clock.token_id or 0,
            step_key=places.get(clock.token_id or 0, ""),
            clock=clock,
        )
