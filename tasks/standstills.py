"""Signs of life of the clock, and times in which nobody looked at it: noticed with the first tick after them
(semantics §3)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from tasks.models import Heartbeat, Standstill

REMEMBERED = dt.timedelta(days=1)
"""How long after its end a standstill still explains why levels come late: catching up may take ticks."""
TICK = "tick"
"""The name of the clock's sign of life."""


def last_tick() -> dt.datetime | None:
    """When the clock last showed that it lives."""
    return Heartbeat.objects.filter(name=TICK).values_list("at", flat=True).first()


def notice(at: dt.datetime, last: dt.datetime | None) -> Standstill | None:
    """The standstill that has just ended or is still being caught up with; None while the clock runs.

    Writes a row for a new one (longer than STANDSTILL_MINUTES without a tick), one however many come late.
    """
    if last is None:
        return None
    if at - last > _longest():
        return _new(at, last)
    recent = Standstill.objects.filter(until_at__lte=at, until_at__gt=at - REMEMBERED)
    return recent.order_by("-until_at").first()


@transaction.atomic
def _new(at: dt.datetime, last: dt.datetime) -> Standstill:
    # The sign of life is the lock: workers that notice at once, or again after a crash, find the same row.
    Heartbeat.objects.select_for_update().filter(name=TICK).first()
    return Standstill.objects.get_or_create(from_at=last, defaults={"until_at": at})[0]


def show_life(detail: dict[str, Any]) -> None:
    """One upsert, with the real time even where the sweep was asked about another moment."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=TICK, at=Now(), detail=detail)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )


def show_life_after_nothing(detail: dict[str, Any]) -> None:
    """The sign of life of a tick that found nothing due: one statement, unless the clock had stood still."""
    recent = Heartbeat.objects.filter(name=TICK, at__gte=Now() - _longest())
    if not recent.update(at=Now(), detail=detail):
        _begin_again(detail)


@transaction.atomic
def _begin_again(detail: dict[str, Any]) -> None:
    """Together, so that a worker that dies in between leaves the standstill to be noticed."""
    last = last_tick()
    show_life(detail)
    now = last_tick()
    if now is not None:
        notice(now, last)


def _longest() -> dt.timedelta:
    """How long the clock may be silent."""
    return dt.timedelta(minutes=settings.STANDSTILL_MINUTES)
