"""Messages to people: written in the transaction of the change, delivered later by a worker."""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from processes.models import ProcessInstance
from tasks import failpoints, mails
from tasks.models import Notification, Task

logger = logging.getLogger(__name__)


def notice(
    kind: str,
    *,
    recipients: Iterable[int],
    key: str,
    at: dt.datetime,
    instance: ProcessInstance | None = None,
    task: Task | None = None,
    data: dict[str, Any] | None = None,
    mail: bool = True,
) -> list[Notification]:
    """Prepare one message per recipient and channel; `key` keeps it from being written twice."""
    channels = [Notification.Channel.APP, *([Notification.Channel.MAIL] if mail else [])]
    return [
        Notification(
            recipient_id=recipient,
            channel=channel,
            kind=kind,
            key=key,
            instance=instance,
            task=task,
            data=data or {},
            created_at=at,
            available_at=at,
            state=Notification.State.SENT if channel == "app" else Notification.State.PENDING,
            sent_at=at if channel == "app" else None,
        )
        for recipient in dict.fromkeys(recipients)
        for channel in channels
    ]


def put(rows: Iterable[Notification]) -> None:
    """Store prepared messages in one statement; what is there already stays as it is."""
    Notification.objects.bulk_create(list(rows), ignore_conflicts=True)


LEASE = dt.timedelta(minutes=2)
MOST_TRIES = 5
FIRST_BACK_OFF = dt.timedelta(minutes=1)
BATCH = 50


@dataclass
class Delivery:
    """What one round of delivering did."""

    sent: int = 0
    retried: int = 0
    incidents: int = 0


def deliver(*, at: dt.datetime | None = None) -> Delivery:
    """Send the mail that waits, each row under a lease of its own; a row that can't be sent fails alone.

    The row is marked as sent only after the mail server took it; a worker that dies in between sends it again
    with the same Message-ID (at least once, recognisable as the same).
    """
    done = Delivery()
    for _ in range(BATCH):
        row = _claim(at or timezone.now())
        if row is None:
            break
        _deliver_one(row, done)
    return done


def _claim(at: dt.datetime) -> Notification | None:
    """Take one waiting row: set the lease, count the try, hide it for two minutes."""
    waiting = (
        Notification.objects.filter(state=Notification.State.PENDING, available_at__lte=at)
        .filter(Q(locked_until__isnull=True) | Q(locked_until__lte=at))
        .order_by("available_at", "id")
    )
    with transaction.atomic():
        row = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if row is None:
            return None
        row.lease_id, row.tries, row.locked_until = str(uuid.uuid4()), row.tries + 1, at + LEASE
        row.save(update_fields=["lease_id", "tries", "locked_until"])
    return row


def _deliver_one(row: Notification, done: Delivery) -> None:
    failpoints.reach("mail-before-send")
    try:
        mails.send(row)
    except Exception as error:
        logger.warning("mail %s: %s", row.pk, error)
        _put_off(row, error, done)
        return
    failpoints.reach("mail-after-send")
    _settle(row, state=Notification.State.SENT, sent_at=timezone.now(), locked_until=None, last_error="")
    done.sent += 1


def _put_off(row: Notification, error: Exception, done: Delivery) -> None:
    text = f"{type(error).__name__}: {error}"[:500]
    if row.tries >= MOST_TRIES:
        _settle(row, state=Notification.State.INCIDENT, locked_until=None, last_error=text)
        done.incidents += 1
        return
    wait = FIRST_BACK_OFF * 2 ** (row.tries - 1)
    _settle(row, available_at=timezone.now() + wait, locked_until=None, last_error=text)
    done.retried += 1


def _settle(row: Notification, **values: Any) -> None:
    """Write the result if this worker still holds the lease; a late one is only logged."""
    changed = Notification.objects.filter(pk=row.pk, lease_id=row.lease_id).update(**values)
    if not changed:
        logger.warning("mail %s: late result, the lease has gone to another worker", row.pk)
