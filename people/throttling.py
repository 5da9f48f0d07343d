"""Slows down guessing of passwords: per account from one address, and per address; never for good.

A try is charged before the password is looked at, so that many tries at once are counted too; the right
password takes its charge back. Nobody can lock a person out from elsewhere: what is counted for an account
counts for one address only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ipaddress
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from people.models import LoginThrottle

FIRST_WAIT = dt.timedelta(seconds=15)
LONGEST_WAIT = dt.timedelta(minutes=15)
KEPT = dt.timedelta(days=1)
IPV6_NETWORK_BITS = 64
"""One household or office has at least this many IPv6 addresses, so they count as one."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many failures cost nothing, and after how much quiet one of them is forgotten."""

    free: int
    forget: dt.timedelta


ACCOUNT = Limit(free=5, forget=dt.timedelta(minutes=10))
ADDRESS = Limit(free=30, forget=dt.timedelta(minutes=1))


@dataclass(frozen=True, slots=True)
class Try:
    """One try to get in: its rows, and how long the person must wait (zero: go on)."""

    keys: tuple[str, ...]
    wait: dt.timedelta

    @property
    def is_refused(self) -> bool:
        """Whether the password must not even be looked at."""
        return self.wait > dt.timedelta(0)


def address_of(request: HttpRequest) -> str:
    """Where the request comes from (the middleware has looked behind our own proxy)."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6:
        return str(ipaddress.ip_network((known, IPV6_NETWORK_BITS), strict=False))
    return str(known)


def begin(purpose: str, account: str, address: str, *, at: dt.datetime) -> Try:
    """Charge one try (two rows at most), or refuse it uncharged while either row is blocked."""
    limits = {_key(purpose, account.strip().casefold(), address): ACCOUNT, _key(purpose, address): ADDRESS}
    with transaction.atomic():
        rows = [_locked(key, at) for key in sorted(limits)]
        wait = max((row.blocked_until - at for row in rows if row.blocked_until), default=dt.timedelta(0))
        if wait <= dt.timedelta(0):
            for row in rows:
                _charge(row, limits[row.key], at)
    return Try(keys=tuple(limits), wait=max(wait, dt.timedelta(0)))


def succeed(attempt: Try, *, at: dt.datetime) -> None:
    """The password was right: forget the account's failures here, and take the address's charge back.

    Also removes the rows of yesterday's guessers.
    """
    account_key, address_key = attempt.keys
    LoginThrottle.objects.filter(key=account_key).update(failures=0, blocked_until=None)
    LoginThrottle.objects.filter(key=address_key, failures__gt=0).update(
        failures=F("failures") - 1, blocked_until=None
    )
    LoginThrottle.objects.filter(last_failure_at__lt=at - KEPT).delete()


def wait_after(failures: int, limit: Limit) -> dt.timedelta:
    """The pause that follows so many failures: none at first, then doubling up to a quarter of an hour."""
    if failures < limit.free:
        return dt.timedelta(0)
    doublings = min(failures - limit.free, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def _charge(row: LoginThrottle, limit: Limit, at: dt.datetime) -> None:
    forgotten = max(at - row.last_failure_at, dt.timedelta(0)) // limit.forget
    row.failures = max(row.failures - forgotten, 0) + 1
    row.last_failure_at = at
    wait = wait_after(row.failures, limit)
    row.blocked_until = at + wait if wait else None
    row.save(update_fields=["failures", "last_failure_at", "blocked_until"])


def _locked(key: str, at: dt.datetime) -> LoginThrottle:
    rows = LoginThrottle.objects.select_for_update()
    return rows.get_or_create(key=key, defaults={"last_failure_at": at})[0]


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
