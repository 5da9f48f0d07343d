"""What every page's frame shows: which areas are open to the person, counts, banners."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, Value
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from people import companycalendar
from people.models import Setting, User
from people.scope import Scope, scope_of
from processes import policy
from prozesstool import health
from tasks import duetime
from tasks.clocks.standstills import TICK
from tasks.models import Heartbeat, Notification

DEMO = "demo"
"""Key of the setting that says that this installation holds example data."""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; read only when the template asks for it."""
    user = getattr(request, "user", None)
    facts = SimpleLazyObject(_facts)
    banners = {"is_demo": SimpleLazyObject(lambda: facts.is_demo)}
    if user is None or not user.is_authenticated:
        return banners
    return {
        **banners,
        "works_cases": scope_of(user).works_cases,
        "tries_processes": scope_of(user).tries_processes,
        "may_start_cases": policy.may_work_cases(user),
        "unread": SimpleLazyObject(lambda: _unread(scope_of(user))),
        "clock_stands": SimpleLazyObject(lambda: health.is_clock_standing(health.age_of(facts.last_tick))),
        "lacks_calendar": SimpleLazyObject(
            lambda: _looks_after_deadlines(user) and companycalendar.is_missing()
        ),
        "may_add_calendar": policy.may_manage_users(user),
        "clock_since": SimpleLazyObject(lambda: duetime.moment_text(facts.last_tick)),
    }


@dataclass(frozen=True, slots=True)
class _Facts:
    """What banners ask about the installation. `last_tick` is None if its clock never ticked."""

    is_demo: bool
    last_tick: dt.datetime | None


def _facts() -> _Facts:
    """Two rows by their keys, in one statement."""
    ticks = Heartbeat.objects.filter(name=TICK).values_list("name", "at")
    demo = Setting.objects.filter(key=DEMO).values_list("key", Value(None, DateTimeField()))
    found = dict(ticks.union(demo, all=True))
    return _Facts(is_demo=DEMO in found, last_tick=found.get(TICK))


def _looks_after_deadlines(user: User) -> bool:
    return policy.may_manage_users(user) or policy.may_define_processes(user)


def _unread(scope: Scope) -> int:
    return Notification.objects.shown_to(scope).filter(read_at__isnull=True)[:100].count()
