"""Values that point to something: whether it exists, may be chosen, and (files) belongs to this case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customers.models import Customer
from people.models import Team, User
from processes.casework.change import Casework
from processes.fields import FieldError
from tasks.models import CaseFile


def unknown(work: Casework, values: Mapping[str, Any]) -> dict[str, FieldError]:
    """Faults of values that point to nothing one may choose: a statement for each type that occurs."""
    wanted: dict[str, dict[str, int]] = {}
    for key, value in values.items():
        spec = work.version.fields[key]
        if spec.is_reference and value is not None:
            wanted.setdefault(spec.type, {})[key] = value
    missing: set[str] = set()
    for type_, chosen in wanted.items():
        known = _own_files(work, chosen) if type_ == "file" else _existing(work, type_, chosen)
        missing |= set(chosen) - known
    return {key: FieldError("not_a_reference") for key in missing}


def _own_files(work: Casework, chosen: Mapping[str, int]) -> set[str]:
    """Keys whose file was uploaded for this field: of this case, or by this person on its start form.

    Files that wait for their case are locked, so that only one case gets them.
    """
    uploader = work.by.user.pk if work.by.user and work.instance.event_seq == 0 else None
    rows = CaseFile.objects.filter(pk__in=chosen.values())
    own = rows.filter(instance=work.instance) | rows.waiting_of(uploader)
    found = {(row.field_key, row.pk): row for row in own.select_for_update(of=("self",))}
    work.awaited_files += [row for row in found.values() if row.instance_id is None]
    return {key for key, pk in chosen.items() if (key, pk) in found}


def _existing(work: Casework, type_: str, chosen: Mapping[str, int]) -> set[str]:
    """Keys whose person, team or customer can be chosen at present, by who works the case."""
    customers = Customer.objects.all() if work.scope is None else Customer.objects.visible_to(work.scope)
    rows: Mapping[str, Any] = {
        "person": User.objects.active(),
        "team": Team.objects.filter(is_active=True),
        "customer": customers.current(),
    }
    ids = set(rows[type_].filter(pk__in=chosen.values()).values_list("pk", flat=True))
    return {key for key, pk in chosen.items() if pk in ids}
