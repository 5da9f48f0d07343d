"""Calls of other systems: signed, only to hosts on the list, never to where a stranger's name may lead (A18).

The host's name is resolved once, every address found is judged, and the connection goes to the judged address
and to no other, while name and certificate stay those of the host. No redirects, no proxies, five seconds for
everything together, however slowly an answer drips.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from processes import webaddresses
from processes.webaddresses import PORTS, Address, Allowed, BadAddress, Target
from tasks.automatic.failures import Again, Final

SECONDS = 5.0
"""For name, connection, request and answer together."""
MOST_ANSWERED = 64 * 1024
"""Bytes read of an answer, so that the other side may end in peace; nothing of them is used."""
WORTH_ANOTHER_TRY = frozenset({408, 425, 429})
"""Statuses below 500 that speak of the moment, not of the request (RFC 9110, 8470, 6585)."""
NESTING = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")
)
"""Address blocks that carry an IPv4 address inside: NAT64, 6to4, Teredo."""

Resolver = Callable[..., Iterable[tuple[Any, ...]]]
"""As `socket.getaddrinfo`."""


def target(address: str, hosts: Iterable[Allowed]) -> Target:
    """Where a call goes, judged by its name. Raises Final."""
    try:
        return webaddresses.target(address, hosts)
    except BadAddress as fault:
        raise Final(fault.code, fault.host) from None


def is_public(address: Address) -> bool:
    """Whether an address lies on the open internet: not this machine, not this network, not many at once."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None or any(address in block for block in NESTING):
            return False
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def addresses(
    to: Target, hosts: Iterable[Allowed], resolver: Resolver, ends: float
) -> list[tuple[int, tuple[Any, ...]]]:
    """Family and socket address of everything the host's name stands for, asked once.

    One that is not public is refused, unless the list names it literally. Raises Final, Again.
    """
    hosts, found = list(hosts), []
    for family, _kind, _protocol, _name, where in _resolve(to, resolver, ends):
        address = ipaddress.ip_address(where[0])
        if not is_public(address) and not any(one.covers(to.scheme, str(address), to.port) for one in hosts):
            raise Final("address_not_public", to.host)
        found.append((family, where))
    if not found:
        raise Again("unknown_host", to.host)
    return found


def _resolve(to: Target, resolver: Resolver, ends: float) -> list[tuple[Any, ...]]:
    """Ask for the name in a thread of its own: the system's resolver knows no time limit."""
    answers: list[tuple[Any, ...]] = []

    def ask() -> None:
        with contextlib.suppress(OSError, UnicodeError):
            answers.extend(resolver(to.host, to.port, type=socket.SOCK_STREAM))

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(remaining(ends))
    return list(answers)


def remaining(ends: float) -> float:
    """Seconds until a moment of the monotonic clock. Raises TimeoutError once it is over."""
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


class _Hurried:
    """A socket that gives each reading and writing only what is left of the whole time."""

    ends = 0.0

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """As usual, within what is left."""
        self.settimeout(remaining(self.ends))  # type: ignore[attr-defined]
        return super().recv_into(*args, **kwargs)  # type: ignore[misc,no-any-return]

    def send(self, *args: Any, **kwargs: Any) -> int:
        """As usual, within what is left; with TLS every part of a long body comes through here."""
        self.settimeout(remaining(self.ends))  # type: ignore[attr-defined]
        return super().send(*args, **kwargs)  # type: ignore[misc,no-any-return]


class _Socket(_Hurried, socket.socket):
    """Plain."""


class _SecureSocket(_Hurried, ssl.SSLSocket):
    """With TLS."""


class _Connection(http.client.HTTPConnection):
    """HTTP to an address found before; `host` stays what the other side is asked for."""

    def __init__(self, to: Target, where: tuple[int, tuple[Any, ...]], ends: float) -> None:
        super().__init__(to.host, to.port)
        self.to, self.where, self.ends = to, where, ends
        self.default_port = PORTS[to.scheme]

    def connect(self) -> None:
        """Connect to the address and nothing else, with TLS where the scheme asks for it."""
        family, address = self.where
        plain = _Socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(remaining(self.ends))
            plain.connect(address)
            sock = self._secured(plain) if self.to.scheme == "https" else plain
        except BaseException:
            plain.close()
            raise
        sock.ends = self.ends
        self.sock = sock

    def _secured(self, plain: socket.socket) -> _SecureSocket:
        plain.settimeout(remaining(self.ends))
        secured = tls_context().wrap_socket(plain, server_hostname=self.to.host)
        assert isinstance(secured, _SecureSocket)  # noqa: S101 - narrows the type
        return secured


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Certificates judged as the system does."""
    context = ssl.create_default_context()
    context.sslsocket_class = _SecureSocket
    return context


def post(
    address: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    hosts: Iterable[Allowed],
    resolver: Resolver = socket.getaddrinfo,
    seconds: float = SECONDS,
) -> None:
    """Send one request; returns when the other side has answered with a 2xx status.

    Raises Final, or Again (with the same idempotency key).
    """
    hosts, ends = list(hosts), time.monotonic() + seconds
    to = target(address, hosts)
    try:
        found = addresses(to, hosts, resolver, ends)
        status = _exchange(_connected(to, found, ends), body, headers)
    except TimeoutError:
        raise Again("no_answer_in_time") from None
    except (OSError, http.client.HTTPException) as error:
        raise Again("no_connection", type(error).__name__) from error
    _judge(status)


def _connected(to: Target, found: list[tuple[int, tuple[Any, ...]]], ends: float) -> _Connection:
    """A connection to the first address that takes one; nothing was sent to the others."""
    for where in found[:-1]:
        connection = _Connection(to, where, ends)
        with contextlib.suppress(ConnectionError):
            connection.connect()
            return connection
    connection = _Connection(to, found[-1], ends)
    connection.connect()
    return connection


def _exchange(connection: _Connection, body: bytes, headers: Mapping[str, str]) -> int:
    with contextlib.closing(connection):
        connection.request("POST", connection.to.path, body=body, headers=dict(headers))
        answer = connection.getresponse()
        # The status says it all; a body that is cut or drips on does not change it.
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer.read(MOST_ANSWERED)
        return answer.status


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status in WORTH_ANOTHER_TRY:
        raise Again("answered", str(status))
    raise Final("redirected" if 300 <= status < 400 else "answered", str(status))


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What proves to the receiver that we sent this body at this time."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"
