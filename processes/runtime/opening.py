"""How every change begins: the case locked, the task re-read, and the texts of people made storable."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.utils import timezone

from people.models import User
from people.scope import Principal, principal
from processes import casework
from processes.casework import Casework
from processes.errors import NotAllowed
from tasks.models import Task

LONGEST_NOTE = 10_000
"""Characters of a comment, note or reason."""


def database_now() -> dt.datetime:
    """The database's clock (one statement); the moment every change of this transaction carries."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


def open_case(
    instance_id: int, root_id: int | None, by: Principal | User, at: dt.datetime | None
) -> Casework:
    return casework.lock(instance_id, root_id or instance_id, by=principal(by), at=at)


def open_task(
    task: Task, by: Principal | User, at: dt.datetime | None, expected_version: int | None = None
) -> tuple[Casework, Task]:
    work = open_case(task.instance_id, task.root_id, by, at)
    row = casework.read_task(task.pk)
    casework.demand_open(row, expected_version)
    work.demand_running()
    return work, row


def demand(allowed: bool) -> None:
    if not allowed:
        raise NotAllowed


def clean(text: str) -> str:
    """Trim a text, drop what no database or screen can hold, cut what no person typed."""
    printable = "".join(c for c in text if c in "\n\t" or (c >= " " and not "\ud800" <= c <= "\udfff"))
    return printable.strip()[:LONGEST_NOTE]


def storable(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return value if isinstance(value, bool | int | type(None)) else clean(str(value))
