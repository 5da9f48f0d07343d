"""Files: uploaded in a task, where the draft keeps them, or on a start form, where they wait for the case."""

from __future__ import annotations

import datetime as dt

from django.core.files.base import File

from people.models import User
from people.scope import Principal, principal
from processes import nets, policy
from processes.casework import Casework
from processes.compiledversion import StepInfo
from processes.errors import FieldMissing, NotAllowed
from processes.fields import FieldError, reference_id
from processes.models import ProcessVersion
from processes.retry import one_transaction
from processes.runtime.opening import database_now, demand, open_task
from tasks import filestore
from tasks.filestore import Kept
from tasks.models import CaseFile, Task


def add_file(
    task: Task, field_key: str, upload: File[bytes], *, by: Principal | User, at: dt.datetime | None = None
) -> CaseFile:
    """Keep a file for a field of a task; it stands in the task's draft until the task is completed.

    The same file once more is the same row. Raises FieldMissing for a file that is not taken, NotAllowed,
    TaskEnded, NotRunning; then nothing is kept.
    """
    kept = _kept(field_key, upload)
    try:
        row = _add(task, field_key, kept, by=by, at=at)
    except BaseException:
        filestore.drop(kept.storage_key)
        raise
    if row.storage_key != kept.storage_key:
        filestore.drop(kept.storage_key)
    return row


@one_transaction
def _add(task: Task, field_key: str, kept: Kept, *, by: Principal | User, at: dt.datetime | None) -> CaseFile:
    work, row = open_task(task, by, at)
    demand(work.scope is None or policy.may_work(work.scope, row))
    _demand_field(work.version.steps[row.step_key], field_key)
    known = _same(work, row, field_key, kept)
    if known is not None:
        return known
    made = _row(field_key, kept, by=work.by, at=work.at, instance=work.instance, task=row)
    row.draft = {**row.draft, field_key: made.pk}
    row.draft_saved_at = work.at
    row.save(update_fields=["draft", "draft_saved_at"])
    work.record_file(made, task=row)
    work.close()
    return made


def _same(work: Casework, row: Task, field_key: str, kept: Kept) -> CaseFile | None:
    """The file the draft has already, if it is this one: sent by hand and again with the form."""
    drafted = reference_id(row.draft.get(field_key))
    rows = CaseFile.objects.filter(instance=work.instance, pk=drafted, sha256=kept.sha256, name=kept.name)
    return rows.first() if drafted else None


def hold_file(
    version: ProcessVersion,
    field_key: str,
    upload: File[bytes],
    *,
    by: Principal | User,
    trial: bool = False,
    at: dt.datetime | None = None,
) -> CaseFile:
    """Keep a file for a field of a start form (of a trial); whoever uploaded it may start one case with it.

    Raises FieldMissing for a file that is not taken, NotAllowed; then nothing is kept.
    """
    who = principal(by)
    demand(who.user is not None and _may_begin(who.user, version, trial=trial))
    _demand_field(nets.of_version(version).start, field_key)
    kept = _kept(field_key, upload)
    try:
        return _row(field_key, kept, by=who, at=at or database_now())
    except BaseException:
        filestore.drop(kept.storage_key)
        raise


def _may_begin(user: User, version: ProcessVersion, *, trial: bool) -> bool:
    return policy.may_try(user) if trial else policy.may_start(user, version.definition)


def _kept(field_key: str, upload: File[bytes]) -> Kept:
    try:
        return filestore.keep(upload)
    except FieldError as fault:
        raise FieldMissing({field_key: fault}) from fault


def _demand_field(step: StepInfo, field_key: str) -> None:
    if not any(
        use.spec.key == field_key and use.spec.type == "file" and use.is_writable for use in step.fields
    ):
        raise NotAllowed


def _row(field_key: str, kept: Kept, *, by: Principal, at: dt.datetime, **belongs: object) -> CaseFile:
    return CaseFile.objects.create(
        field_key=field_key,
        name=kept.name,
        size=kept.size,
        content_type=kept.content_type,
        sha256=kept.sha256,
        storage_key=kept.storage_key,
        uploaded_by=by.user,
        uploaded_at=at,
        **belongs,
    )
