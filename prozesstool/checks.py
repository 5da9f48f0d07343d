"""What a production system must not start with; each refusal names the variable to set."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", ""})
SHORTEST_SECRET = 50


@register
def production(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to start under PRODUCTION=1 with settings meant for trying it out."""
    if not settings.PRODUCTION:
        return []
    return [Error(sentence, id=f"prozesstool.E{number:03}") for number, sentence in _refusals()]


def _refusals() -> list[tuple[int, str]]:
    found = []
    if settings.DEBUG:
        found.append((1, "DEBUG=1 is refused when PRODUCTION=1."))
    if len(settings.SECRET_KEY) < SHORTEST_SECRET or len(set(settings.SECRET_KEY)) < 10:
        found.append((2, f"SECRET_KEY must be random and at least {SHORTEST_SECRET} characters long."))
    if settings.IS_SQLITE and not settings.SQLITE_ALLOWED:
        found.append((3, "Set DATABASE_URL to a PostgreSQL server, or PROZESSTOOL_ALLOW_SQLITE=1."))
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        found.append((4, "Set ALLOWED_HOSTS to the names this system is reached by."))
    if settings.REDIS_URL and is_open_broker(settings.REDIS_URL):
        found.append((5, "REDIS_URL names a broker on the network without a password."))
    return found


def is_open_broker(address: str) -> bool:
    """Whether a broker's address is reachable from outside and carries no password."""
    url = urlsplit(address)
    return url.scheme in ("redis", "rediss") and (url.hostname or "") not in LOOPBACK and not url.password
