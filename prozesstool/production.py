"""What a production system must not start with; each refusal names the variable to set."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET = 50
FEWEST_CHARACTERS = 10
"""A secret of fewer different characters was typed, not drawn."""


def refuse() -> None:
    """Raise ImproperlyConfigured with all reasons under PRODUCTION=1; nothing otherwise."""
    found = refusals() if settings.PRODUCTION else []
    if found:
        raise ImproperlyConfigured("PRODUCTION=1 is refused:\n" + "\n".join(f"- {line}" for line in found))


def refusals() -> list[str]:
    """The reasons against running these settings in production, one sentence each."""
    judged = [
        (settings.DEBUG, "DEBUG=1 shows the inside of the system to everybody: unset DEBUG."),
        (is_weak(settings.SECRET_KEY), f"SECRET_KEY must be random, {SHORTEST_SECRET} characters at least."),
        (
            settings.IS_SQLITE and not settings.SQLITE_ALLOWED,
            "Set DATABASE_URL to a PostgreSQL server, or say PROZESSTOOL_ALLOW_SQLITE=1.",
        ),
        (
            not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS,
            "Set ALLOWED_HOSTS to the names this system is reached by.",
        ),
        (is_open_broker(settings.REDIS_URL), "REDIS_URL names a broker on the network without a password."),
    ]
    return [sentence for is_wrong, sentence in judged if is_wrong]


def is_weak(secret: str) -> bool:
    """Whether a secret is short, Django's default or no random one."""
    is_short = len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS
    return is_short or secret.startswith("django-insecure-")


def is_open_broker(address: str) -> bool:
    """Whether a broker's address (empty: the private one) is on the network and carries no password."""
    url = urlsplit(address)
    return url.scheme in ("redis", "rediss") and not is_loopback(url.hostname or "") and not url.password


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
