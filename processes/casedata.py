"""The data of a case for reading: every field of its version that has a value, references by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Customer
from people.models import Team, User
from processes import fields
from processes.compiledversion import CompiledVersion
from processes.fieldforms import FileView
from processes.fields import FieldSpec
from processes.models import ProcessInstance
from tasks import duetime
from tasks.models import CaseFile, Task

LOOKS: Mapping[ProcessInstance.State, str] = {
    ProcessInstance.State.RUNNING: "accent",
    ProcessInstance.State.SUSPENDED: "warn",
    ProcessInstance.State.FINISHED: "ok",
    ProcessInstance.State.CANCELLED: "",
}
"""The colour of each state's tag."""
MOST_FILES = 50
LONGEST_BESIDE = 16
"""Characters of a value that stands beside its label."""
MODELS: Mapping[str, Any] = {"person": User, "team": Team, "customer": Customer, "file": CaseFile}


@dataclass(frozen=True, slots=True)
class Value:
    """A filled field as shown; `url` leads to a file, `wrote` says who wrote it last and when."""

    label: str
    text: str
    url: str = ""
    wrote: str = ""

    @property
    def is_long(self) -> bool:
        """Whether it stands below its label: beside it there is room for dates, sums and single words."""
        return len(self.text) > LONGEST_BESIDE


def shown(
    version: CompiledVersion, case: ProcessInstance, writers: Mapping[str, str] | None = None
) -> list[Value]:
    """Each filled field in the order of the definition; at most four statements."""
    specs = [spec for key, spec in version.fields.items() if case.data.get(key) is not None]
    names, language = _names(specs, case.data), get_language() or "de"
    return [
        Value(
            label=spec.label,
            text=_text(spec, case.data[spec.key], names, language),
            url=reverse("tasks:file", args=[case.data[spec.key]]) if spec.type == "file" else "",
            wrote=(writers or {}).get(spec.key, ""),
        )
        for spec in specs
    ]


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


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the case: who added it, and when."""

    file: FileView
    who: str
    when: str


def files(version: CompiledVersion, case: ProcessInstance) -> list[Attachment]:
    """The files in use, newest first (two statements): values of the case, and those of open drafts.

    One that was replaced or taken out again is named in the history only.
    """
    keys = [key for key, spec in version.fields.items() if spec.type == "file"]
    if not keys:
        return []
    drafts = Task.objects.open().filter(instance=case).values_list("draft", flat=True)
    ids = {fields.reference_id(values.get(key)) for values in (case.data, *drafts) for key in keys}
    rows = CaseFile.objects.filter(instance=case, pk__in=ids).select_related("uploaded_by")[:MOST_FILES]
    return [
        Attachment(
            FileView.of(row), str(row.uploaded_by or _("automatic")), duetime.moment_text(row.uploaded_at)
        )
        for row in rows
    ]
