"""Which addresses of other systems may be called: judged by name, before anything is asked of the net. Pure.

Asked when a version is published and again before each call; where a name leads to is judged by
`tasks.automatic.webhooks`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

PORTS = {"https": 443, "http": 80}
NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BadAddress(Exception):
    """Must not be called: `bad_address` (no plain address), or `host_not_allowed` (not on the list)."""

    def __init__(self, code: str, host: str = "") -> None:
        super().__init__(code)
        self.code, self.host = code, host


@dataclass(frozen=True, slots=True)
class Allowed:
    """An entry of the list of hosts: `host`, `.suffix`, `host:port`, or `http://host:port` for plain HTTP."""

    scheme: str
    host: str
    port: int

    def covers(self, scheme: str, host: str, port: int) -> bool:
        """Whether a call may go there; a suffix covers the domain itself and everything below it."""
        if (scheme, port) != (self.scheme, self.port):
            return False
        if self.host.startswith("."):
            return host == self.host[1:] or host.endswith(self.host)
        return host == self.host


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes, taken apart and judged by its name."""

    scheme: str
    host: str
    port: int
    path: str


def allowed(entry: str) -> Allowed:
    """Read an entry of WEBHOOK_HOSTS. Raises ValueError."""
    url = urlsplit(entry if "://" in entry else f"https://{entry}")
    host = _host(url.hostname)
    is_more = url.path or url.query or url.fragment or "@" in url.netloc
    if url.scheme not in PORTS or not _is_host(host.removeprefix(".")) or is_more:
        raise ValueError(f"{entry!r} is no host, .suffix, host:port or http://host:port")
    return Allowed(url.scheme, host, url.port or PORTS[url.scheme])


def listed(entries: Iterable[str]) -> tuple[Allowed, ...]:
    """The list as it stands in WEBHOOK_HOSTS, read. Raises ValueError."""
    return tuple(allowed(entry) for entry in entries)


def target(address: str, hosts: Iterable[Allowed]) -> Target:
    """Take an address apart and look its host up in the list. Raises BadAddress."""
    try:
        url = urlsplit(address)
        host, port = _host(url.hostname), url.port
    except ValueError:
        raise BadAddress("bad_address") from None
    if url.scheme not in PORTS or "@" in url.netloc or not _is_host(host) or not _is_plain(address):
        raise BadAddress("bad_address")
    port = PORTS[url.scheme] if port is None else port
    if not any(one.covers(url.scheme, host, port) for one in hosts):
        raise BadAddress("host_not_allowed", host)
    return Target(url.scheme, host, port, (url.path or "/") + (f"?{url.query}" if url.query else ""))


def _host(name: str | None) -> str:
    """A host as it is compared: without the dot of the root, an address in its one spelling."""
    host = (name or "").rstrip(".")
    return str(_literal(host) or host)


def _is_host(host: str) -> bool:
    return bool(NAME.fullmatch(host)) or _literal(host) is not None


def _is_plain(address: str) -> bool:
    return address.isascii() and address.isprintable() and not set(address) & set(" \\<>\"'`")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
