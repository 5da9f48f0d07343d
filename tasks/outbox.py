"""Messages to people: written in the transaction of the change, delivered later by a worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from processes.models import ProcessInstance
from tasks.models import Notification, Task


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
