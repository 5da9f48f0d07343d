"""Rows that wait for a worker: which ones, taking one under a lease, and when to try again (semantics §7).

Shared by messages (`outbox`) and automatic steps (`work`). A claim counts a try and hides the row for the
length of a lease; only the holder of the lease may write its result. Counting first keeps a row that kills
its worker from being tried for ever.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from tasks.models import Job, Notification

Row = TypeVar("Row", Notification, Job)

LEASE = dt.timedelta(minutes=2)
"""How long a claimed row stays hidden; longer than the longest wait for a mail server (EMAIL_TIMEOUT)."""
MOST_TRIES = 5
FIRST_BACK_OFF = dt.timedelta(minutes=1)
BACK_OFF_FACTOR = 4
"""Waits of 1, 4, 16 and 64 minutes: a server may be away for an hour before people have to act."""
BATCH = 50
"""Rows per round."""
LONGEST_ERROR = 500


def budget(seconds: float) -> Callable[[], bool]:
    """Asks whether so much time has passed since now."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def waiting(rows: QuerySet[Row], at: dt.datetime | None) -> list[int]:
    """Ids of rows nobody holds, oldest first; reads only, so that an idle round writes nothing.

    `rows` = those in the state of waiting; `at` defaults to the database's clock.
    """
    now = at or Now()
    free = rows.filter(available_at__lte=now).filter(Q(locked_until__isnull=True) | Q(locked_until__lte=now))
    return list(free.order_by("available_at", "id").values_list("pk", flat=True)[:BATCH])


def take(rows: QuerySet[Row], pk: int, *, waiting: str, at: dt.datetime | None) -> Row | None:
    """Take a row in this transaction: set the lease, count the try, hide it for two minutes.

    None if another worker holds it, or it no longer waits. Judged after the lock, in Python (semantics §2).
    """
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).annotate(db_now=Now())
    row = locked.filter(pk=pk).first()
    if row is None or row.state != waiting:
        return None
    moment = at or row.db_now
    if row.available_at > moment or (row.locked_until and row.locked_until > moment):
        return None
    row.lease_id, row.tries, row.locked_until = str(uuid.uuid4()), row.tries + 1, moment + LEASE
    row.save(update_fields=["lease_id", "tries", "locked_until"])
    return row


def is_overdrawn(row: Notification | Job) -> bool:
    """Whether all tries were counted and none ended: its workers died over it."""
    return row.tries > MOST_TRIES


def is_last(row: Notification | Job) -> bool:
    """Whether no other try comes after this one."""
    return row.tries >= MOST_TRIES


def claimed_at(row: Notification | Job) -> dt.datetime:
    """When a claimed row was taken."""
    return (row.locked_until or row.available_at) - LEASE


def next_try(row: Notification | Job) -> dt.datetime:
    """When to try a claimed row again: a little later each time, counted from the claim."""
    wait: dt.timedelta = FIRST_BACK_OFF * BACK_OFF_FACTOR ** (row.tries - 1)
    return claimed_at(row) + wait
