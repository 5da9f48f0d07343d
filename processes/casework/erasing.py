"""Files of a locked case that an automatic step takes out for good (semantics §4)."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from processes import nets
from processes.casework.change import Casework
from processes.casework.values import Changes
from processes.compiledversion import CompiledVersion
from processes.fields import reference_id
from processes.models import ProcessInstance
from tasks import events, filestore
from tasks.models import CaseFile, EventPayload, ProcessEvent, Task


def erase_files(work: Casework, planned: Mapping[str, Any], changes: Changes) -> None:
    """Delete the files of file fields that were just set to nothing, also those replaced earlier, with their
    names in the history; the stored bytes go once the change is certain.

    A file stays while another field of the case or of the cases it calls and is called by has it, or the
    draft of an open task. `planned` = what the step wrote, `changes` = what of it was another value before.
    No statement where no file field was emptied.
    """
    keys = [key for key, new in planned.items() if new is None and key in _file_keys(work.version)]
    if not keys:
        return
    copied = [changes[key][0] for key in keys if key in changes]
    rows = CaseFile.objects.filter(Q(field_key__in=keys) | Q(pk__in=copied), instance=work.instance)
    gone = {row.pk: row.storage_key for row in rows.exclude(pk__in=_in_use(work))}
    if not gone:
        return
    for storage_key in gone.values():
        transaction.on_commit(functools.partial(filestore.drop, storage_key))
    CaseFile.objects.filter(pk__in=gone).delete()
    _erase_names(work, gone.keys())


def _file_keys(version: CompiledVersion) -> set[str]:
    return {key for key, spec in version.fields.items() if spec.type == "file"}


def _in_use(work: Casework) -> set[int]:
    """Files that fields and open drafts of the whole call tree have."""
    root = work.instance.root_id or work.instance.pk
    others = ProcessInstance.objects.filter(root_id=root).exclude(pk=work.instance.pk)
    cases = [work.instance, *others]
    keys = {case.pk: _file_keys(nets.of_case(case)) for case in cases}
    drafts = Task.objects.open().filter(root_id=root).values_list("instance_id", "draft")
    values = [*((case.pk, case.data) for case in cases), *drafts]
    return {reference_id(data.get(key)) for pk, data in values for key in keys[pk]}


def _erase_names(work: Casework, gone: Collection[int]) -> None:
    """The name of an upload may be that of a person; that it was erased is an event of its own each time."""
    payloads = EventPayload.objects.filter(event__in=_named(work.instance, gone))
    erased = list(payloads.order_by("event__seq").values_list("event__seq", flat=True))
    payloads.delete()
    for seq in erased:
        work.record(events.Kind.ERASED, facts={"seq": seq})


def _named(instance: ProcessInstance, gone: Collection[int]) -> Iterable[int]:
    rows = ProcessEvent.objects.filter(instance=instance, kind=events.Kind.FILED)
    return [event.pk for event in rows if events.facts_of(event).get("file") in gone]
