"""The data of a case for reading: every field of its version that has a value, references by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language

from customers.models import Customer
from people.models import Team, User
from processes import fields
from processes.fields import FieldSpec
from processes.models import ProcessInstance
from processes.nets import CompiledVersion

LOOKS: Mapping[ProcessInstance.State, str] = {
    ProcessInstance.State.RUNNING: "accent",
    ProcessInstance.State.SUSPENDED: "warn",
    ProcessInstance.State.FINISHED: "ok",
    ProcessInstance.State.CANCELLED: "",
}
"""The colour of each state's tag."""
MODELS: Mapping[str, Any] = {"person": User, "team": Team, "customer": Customer}


def shown(version: CompiledVersion, case: ProcessInstance) -> list[tuple[str, str]]:
    """Label and value of each filled field, in the order of the definition; at most three statements."""
    specs = [spec for key, spec in version.fields.items() if case.data.get(key) is not None]
    names = _names(specs, case.data)
    language = get_language() or "de"
    return [(spec.label, _text(spec, case.data[spec.key], names, language)) for spec in specs]


def texts(version: CompiledVersion, data: Mapping[str, Any], language: str) -> dict[str, str]:
    """Each field's value by its key, as it reads in a language; "" where there is none."""
    filled = [spec for key, spec in version.fields.items() if data.get(key) is not None]
    names = _names(filled, data)
    found = {spec.key: _text(spec, data[spec.key], names, language) for spec in filled}
    return {key: found.get(key, "") for key in version.fields}


def _text(spec: FieldSpec, value: Any, names: Mapping[tuple[str, Any], str], language: str) -> str:
    if spec.is_reference:
        return names.get((spec.type, value), str(value))
    return fields.display(spec, value, language)


def _names(specs: Iterable[FieldSpec], data: Mapping[str, Any]) -> dict[tuple[str, Any], str]:
    wanted: dict[str, set[int]] = {}
    for spec in specs:
        if spec.is_reference:
            wanted.setdefault(spec.type, set()).add(data[spec.key])
    return {
        (kind, row.pk): str(row)
        for kind, ids in wanted.items()
        for row in MODELS[kind].objects.filter(pk__in=ids)
    }
