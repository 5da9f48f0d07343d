"""Two questions of a supervisor or load balancer: are you alive, and can your pages work?"""

from __future__ import annotations

import datetime as dt
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from tasks.clocks import standstills
from tasks.models import Incident

MISSED_TICKS = 3


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Reads nothing."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 only when pages can't work (database, migrations); broker, clock and open incidents are
    warnings."""
    problem = _database_problem()
    if problem:
        return JsonResponse({"status": "unavailable", "problems": [problem], "warnings": []}, status=503)
    incidents = Incident.objects.filter(resolved_at__isnull=True, instance__is_trial=False).count()
    found = (_broker_warning(), _clock_warning(), "incidents" if incidents else "")
    answer = {"status": "ok", "problems": [], "warnings": [warning for warning in found if warning]}
    return JsonResponse({**answer, "tick_age": tick_age(), "incidents": incidents})


def _database_problem() -> str:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "database"
    return "migrations" if missing else ""


def _broker_warning() -> str:
    try:
        client = _broker()
        client.ping()
    except (redis.RedisError, OSError, ValueError):
        return "broker"
    return ""


def _broker() -> Any:
    # Asked once: a broker that hangs must not hold up the answer, and the next question comes anyway.
    options: dict[str, Any] = {
        "socket_timeout": 1,
        "socket_connect_timeout": 1,
        "retry": Retry(NoBackoff(), 0),
    }
    if settings.REDIS_URL:
        address = settings.REDIS_URL.replace("redis+socket://", "unix://")
        return redis.Redis.from_url(address, **options)
    return redis.Redis(unix_socket_path=str(settings.BROKER_SOCKET), **options)


def tick_age() -> float | None:
    """Seconds since the clock last ticked; None if it never did."""
    return age_of(standstills.last_tick())


def age_of(tick: dt.datetime | None) -> float | None:
    """Seconds since this tick; None for none."""
    return None if tick is None else round((timezone.now() - tick).total_seconds(), 1)


def is_clock_standing(age: float | None) -> bool:
    """Whether the clock has missed three ticks."""
    limit = dt.timedelta(seconds=settings.TICK_SECONDS * MISSED_TICKS)
    return age is None or age > limit.total_seconds()


def _clock_warning() -> str:
    return "clock" if is_clock_standing(tick_age()) else ""
