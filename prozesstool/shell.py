"""What every page's frame shows: which areas are open to the person, counts, banners."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from people.models import Setting
from people.scope import Scope, scope_of
from processes import policy
from prozesstool import health
from tasks.models import Notification


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; read only when the template asks for it."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"is_demo": SimpleLazyObject(_is_demo)}
    return {
        "is_demo": SimpleLazyObject(_is_demo),
        "works_cases": scope_of(user).works_cases,
        "tries_processes": scope_of(user).tries_processes,
        "may_start_cases": policy.may_work_cases(user),
        "unread": SimpleLazyObject(lambda: _unread(scope_of(user))),
        "clock_stands": SimpleLazyObject(_clock_stands),
    }


def _is_demo() -> bool:
    return Setting.objects.filter(key="demo").exists()


def _unread(scope: Scope) -> int:
    return Notification.objects.shown_to(scope).filter(read_at__isnull=True)[:100].count()


def _clock_stands() -> bool:
    return health.is_clock_standing(health.tick_age())
