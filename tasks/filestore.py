"""Puts uploads into the storage, gives them out again, and removes what never came to belong to a case.

The storage is Django's default one (a folder, or shared storage when there are several machines). A file is
written before its row, so that a row always has its file; what a broken transaction leaves behind is
removed by `clean`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, default_storage

from processes.fields import FieldError
from tasks import filetypes
from tasks.models import CaseFile

FOLDER = "cases"
GRACE = dt.timedelta(days=1)
"""How long a file may wait for its case, and a stored file for its row."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the storage that has no row yet."""

    name: str
    size: int
    content_type: str
    sha256: str
    storage_key: str


def keep(upload: File[bytes]) -> Kept:
    """Judge an upload and store it under a random name. Raises FieldError for what is not taken."""
    size = upload.size or 0
    if size > settings.UPLOAD_LIMIT:
        raise FieldError("file_too_large", limit=settings.UPLOAD_LIMIT // (1024 * 1024))
    name = filetypes.clean_name(upload.name or "")
    try:
        content_type = filetypes.content_type(upload, name)
        name = filetypes.named_as(name, content_type)
    except filetypes.NotTaken as refusal:
        raise FieldError(refusal.code, name=name) from refusal
    digest = _digest(upload)
    key = _new_key()
    upload.seek(0)
    stored = default_storage.save(key, upload)
    return Kept(name, size, content_type, digest, stored)


def _new_key() -> str:
    word = secrets.token_hex(20)
    return f"{FOLDER}/{word[:2]}/{word}"


def _digest(upload: File[bytes]) -> str:
    found = hashlib.sha256()
    for piece in upload.chunks():
        found.update(piece)
    return found.hexdigest()


def drop(storage_key: str) -> None:
    """Remove a stored file that has no row."""
    default_storage.delete(storage_key)


def open_file(row: CaseFile) -> File[bytes]:
    """The contents of a file. Raises FileNotFoundError where the storage has lost it."""
    return default_storage.open(row.storage_key)


# -- what is left over ---------------------------------------------------------------------------------------


def clean(at: dt.datetime) -> tuple[int, int]:
    """Remove rows that waited in vain for their case, and stored files without a row; answers their numbers.

    Both only after a day: until then a form may still be open, or a transaction under way.
    """
    return _clean_rows(at - GRACE), _clean_storage(at - GRACE)


def _clean_rows(before: dt.datetime) -> int:
    """The file goes last: if the storage fails, it is found again as one without a row."""
    removed = 0
    for row in CaseFile.objects.filter(instance__isnull=True, uploaded_at__lt=before):
        deleted, _by_table = CaseFile.objects.filter(pk=row.pk, instance__isnull=True).delete()
        if deleted:
            drop(row.storage_key)
            removed += 1
    return removed


def _clean_storage(before: dt.datetime) -> int:
    removed = 0
    for key in _stored(default_storage, FOLDER):
        if default_storage.get_modified_time(key) < before and not _has_row(key):
            drop(key)
            removed += 1
    return removed


def _has_row(key: str) -> bool:
    return CaseFile.objects.filter(storage_key=key).exists()


def _stored(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}/{name}"
    for one in folders:
        yield from _stored(storage, f"{folder}/{one}")
