"""Messages to people: written in the transaction of the change, delivered later by a worker."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from tasks import bulk, failpoints, leases
from tasks.bulk import Stored
from tasks.messages import mails
from tasks.messages.mailhours import MailHours
from tasks.messages.recipients import read_staff
from tasks.models import Notification

logger = logging.getLogger(__name__)

IN_HOURS = "in_hours"
"""Among the facts of a mail: it may reach its recipient in working hours only (G10)."""
SOON = dt.timedelta(minutes=15)
"""A mail sent so soon after its moment is sent in time, though the office may just have closed."""
APP, MAIL = str(Notification.Channel.APP), str(Notification.Channel.MAIL)


class Notice(NamedTuple):
    """A prepared message: columns of `Notification`."""

    key: str
    recipient_id: int | None
    address: str
    channel: str
    kind: str
    instance_id: int | None
    task_id: int | None
    data: dict[str, Any]
    created_at: dt.datetime
    available_at: dt.datetime
    state: str
    sent_at: dt.datetime | None


def notice(
    kind: str,
    *,
    recipients: Iterable[int],
    addresses: Iterable[str] = (),
    key: str,
    at: dt.datetime,
    instance: Stored | None = None,
    task: Stored | None = None,
    data: dict[str, Any] | None = None,
    mail: bool = True,
    opens: Callable[[int | None], dt.datetime] | None = None,
) -> list[Notice]:
    """Prepare one message per recipient and channel; `key` keeps it from being written twice. Plain addresses
    get mail only. `opens` = from when a person (None: an address) may get mail; without it at once."""
    about, facts = (kind, instance.pk if instance else None, task.pk if task else None), data or {}
    shown = (*about, facts, at, at, str(Notification.State.SENT), at)

    def sent(recipient: int | None) -> tuple[Any, ...]:
        of_mail = {**facts, IN_HOURS: True} if opens else facts
        available_at = opens(recipient) if opens else at
        return (*about, of_mail, at, available_at, str(Notification.State.PENDING), None)

    rows = []
    for recipient in dict.fromkeys(recipients):
        rows.append(Notice(key, recipient, "", APP, *shown))
        if mail:
            rows.append(Notice(key, recipient, "", MAIL, *sent(recipient)))
    return rows + [Notice(key, None, address, MAIL, *sent(None)) for address in dict.fromkeys(addresses)]


def put(rows: Sequence[Notice]) -> None:
    """Store prepared messages in one statement; what is there already stays as it is."""
    bulk.insert(Notification, Notice._fields, rows, skip_known=True)


def unsent(rows: Sequence[Notice]) -> list[dict[str, Any]]:
    """Messages of a trial as facts and payload of events: what would have gone, to whom, through what."""
    found: dict[str, list[Notice]] = {}
    for row in rows:
        found.setdefault(row.key, []).append(row)
    return [
        {
            "facts": {
                "what": same[0].kind,
                "recipients": list(dict.fromkeys(one.recipient_id for one in same if one.recipient_id)),
                "by_mail": any(one.channel == MAIL for one in same),
            },
            "personal": {"text": ", ".join(one.address for one in same if one.address)},
        }
        for same in found.values()
    ]


@dataclass
class Delivery:
    """What one round of delivering did."""

    sent: int = 0
    retried: int = 0
    incidents: int = 0
    held_up: int = 0
    """1 where the mail server let a mail hang; the others of the round were left for later."""

    @property
    def total(self) -> int:
        """Mails taken in hand."""
        return self.sent + self.retried + self.incidents

    def add(self, other: Delivery) -> None:
        """Count another round in."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


def deliver(*, at: dt.datetime | None = None, is_over: Callable[[], bool] = lambda: False) -> Delivery:
    """Send mail that waits at `at` (default: the database's clock), at most a batch; each fails alone.

    Once `is_over`, or after a mail the server let hang for EMAIL_TIMEOUT, nothing more is taken in hand.

    A row is marked as sent only after the mail server took it; a worker that dies in between leaves it to be
    sent again with the same Message-ID (at least once, recognisable as the same). While the mail server is
    spoken to, no transaction is open.
    """
    done, hours = Delivery(), _Hours()
    for pk in leases.waiting(Notification.objects.filter(state=Notification.State.PENDING), at):
        row = None if done.held_up or is_over() else _claim(pk, at, done)
        if row is not None and not _waits_again(row, hours):
            _deliver_one(row, done, hours)
    return done


@dataclass
class _Hours:
    """When mail may go; the office is read with the first question of a round."""

    known: MailHours | None = None

    def next_moment(self, row: Notification, at: dt.datetime) -> dt.datetime:
        """From a moment on, when this mail may go."""
        if IN_HOURS not in row.data:
            return at
        self.known = self.known or MailHours(read_staff(), at)
        return self.known.moved_to(at).opens(row.recipient_id)


@transaction.atomic
def _claim(pk: int, at: dt.datetime | None, done: Delivery) -> Notification | None:
    """Take a row; None if another worker has it, or its workers died too often."""
    row = leases.take(Notification.objects.all(), pk, waiting=Notification.State.PENDING, at=at)
    if row is not None and leases.is_overdrawn(row):
        _give_up(row, "the worker died while sending", done)
        return None
    return row


def _waits_again(row: Notification, hours: _Hours) -> bool:
    """Put a claimed mail that was left undelivered off to the next opening, if it may not go now; that was no
    try."""
    now = leases.claimed_at(row)
    opening = hours.next_moment(row, now) if now - row.available_at > SOON else now
    if opening <= now:
        return False
    row.tries -= 1
    _settle(row, available_at=opening, tries=row.tries)
    return True


def _deliver_one(row: Notification, done: Delivery, hours: _Hours) -> None:
    failpoints.reach("mail-before-send")
    begun = time.monotonic()
    try:
        mails.send(row)
    except mails.Unreachable as error:
        _give_up(row, str(error), done)
        return
    except Exception as error:
        done.held_up = int(time.monotonic() - begun >= settings.EMAIL_TIMEOUT)
        _put_off(row, f"{type(error).__name__}: {error}", done, hours)
        return
    failpoints.reach("mail-after-send")
    _settle(row, state=Notification.State.SENT, sent_at=Now(), last_error="")
    done.sent += 1


def _put_off(row: Notification, error: str, done: Delivery, hours: _Hours) -> None:
    """Try again later, a little later each time, in working hours where it waits for these; exhausted =
    incident."""
    if leases.is_last(row):
        _give_up(row, error, done)
        return
    logger.warning("mail %s, try %s: %s", row.pk, row.tries, error)
    available_at = hours.next_moment(row, leases.next_try(row))
    _settle(row, available_at=available_at, last_error=error[: leases.LONGEST_ERROR])
    done.retried += 1


def _give_up(row: Notification, error: str, done: Delivery) -> None:
    """Make it an incident, which operators see."""
    logger.error("mail %s could not be delivered: %s", row.pk, error)
    _settle(row, state=Notification.State.INCIDENT, last_error=error[: leases.LONGEST_ERROR])
    done.incidents += 1


def _settle(row: Notification, **values: Any) -> None:
    """Write the result if this worker still holds the lease; a late one is only logged."""
    mine = Notification.objects.filter(pk=row.pk, lease_id=row.lease_id)
    changed = mine.update(locked_until=None, **values)
    if not changed:
        logger.warning("mail %s: late result, the lease has gone to another worker", row.pk)
