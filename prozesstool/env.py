"""Reads the process environment; the only place that does.

Every reader fails loudly and names the variable, so that a typing error in the configuration is never taken
for "not set".
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})


def text(name: str, default: str = "") -> str:
    """A text, without surrounding blanks."""
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    """1/0, true/false, yes/no, on/off. Raises ImproperlyConfigured for anything else."""
    if name not in os.environ:
        return default
    word = text(name).lower()
    if word not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name}={word!r}: expected 1 or 0")
    return word in TRUE


def integer(name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
    """A whole number within bounds. Raises ImproperlyConfigured."""
    raw = text(name) or str(default)
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected a whole number") from None
    if not least <= value <= most:
        raise ImproperlyConfigured(f"{name}={raw!r}: expected {least} to {most}")
    return value


def words(name: str, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """A folder, absolute; it need not exist yet."""
    return Path(text(name) or default).expanduser().resolve()


def database(name: str, *, options: dict[str, str]) -> dict[str, object] | None:
    """A Django database of a `postgresql://user:password@host:port/name?sslmode=…` address; None if not set.

    `options` are PostgreSQL run-time settings for each connection. Raises ImproperlyConfigured.
    """
    raw = text(name)
    if not raw:
        return None
    form = "postgresql://user:password@host:port/name"
    url = _address(name, raw, schemes=("postgres", "postgresql"), form=form)
    if not url.path.strip("/"):
        raise ImproperlyConfigured(f"{name}: expected {form}")
    query = dict(parse_qsl(url.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.pop("host", "") or url.hostname or "",
        "PORT": query.pop("port", "") or str(url.port or ""),
        "OPTIONS": {**query, "options": " ".join(f"-c {key}={value}" for key, value in options.items())},
    }


def broker(name: str) -> str:
    """The address of a Redis server, as it stands; empty if not set. Raises ImproperlyConfigured."""
    raw = text(name)
    if raw:
        _address(name, raw, schemes=("redis", "rediss", "redis+socket"), form="redis://:password@host:port/0")
    return raw


def _address(name: str, raw: str, *, schemes: tuple[str, ...], form: str) -> SplitResult:
    """The parts of an address; the message names the variable, never its value, which holds a password."""
    try:
        url = urlsplit(raw)
        is_valid = url.scheme in schemes and url.port != 0
    except ValueError:
        is_valid = False
    if not is_valid:
        raise ImproperlyConfigured(f"{name}: expected {form}")
    return url


def mail(name: str) -> dict[str, object]:
    """Django's mail settings of an `smtp://user:password@host:port` address (`smtps` = TLS from the start,
    `smtp+tls` = STARTTLS); empty if not set. Raises ImproperlyConfigured."""
    raw = text(name)
    if not raw:
        return {}
    form = "smtp://user:password@host:port"
    url = _address(name, raw, schemes=("smtp", "smtps", "smtp+tls"), form=form)
    if not url.hostname:
        raise ImproperlyConfigured(f"{name}: expected {form}")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 587 if url.scheme == "smtp+tls" else 25),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
    }
