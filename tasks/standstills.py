"""Times in which nobody looked at the clock: noticed with the first tick after them (semantics §3)."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from tasks.models import Heartbeat, Standstill

REMEMBERED = dt.timedelta(days=1)
"""How long after its end a standstill still explains why levels come late: catching up may take ticks."""


def last_tick() -> dt.datetime | None:
    """When the clock last showed that it lives."""
    return Heartbeat.objects.filter(name="tick").values_list("at", flat=True).first()


def notice(at: dt.datetime, last: dt.datetime | None) -> Standstill | None:
    """The standstill that has just ended or is still being caught up with; None while the clock runs.

    Writes a row for a new one (longer than STANDSTILL_MINUTES without a tick).
    """
    longest = dt.timedelta(minutes=settings.STANDSTILL_MINUTES)
    if last is not None and at - last > longest:
        return Standstill.objects.create(from_at=last, until_at=at)
    if last is None:
        return None
    recent = Standstill.objects.filter(until_at__lte=at, until_at__gt=at - REMEMBERED)
    return recent.order_by("-until_at").first()
