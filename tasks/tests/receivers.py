"""Other systems for tests: HTTP servers that take calls, answer as told, and keep what came in."""

from __future__ import annotations

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers every POST in the server's mode."""

    server: Receiver

    def do_POST(self) -> None:
        """Keep the call, then answer, drip, or say nothing."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.calls.append(Call(self.path, dict(self.headers), body))
        getattr(self, f"_{self.server.mode}")()

    def _answer(self) -> None:
        status = self.server.statuses.pop(0) if len(self.server.statuses) > 1 else self.server.statuses[0]
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _drip(self) -> None:
        """A header that never ends, a character at a time."""
        self._write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while self._write(b"."):
            time.sleep(0.05)

    def _flood(self) -> None:
        """A body that never ends, as fast as it is taken."""
        self._write(b"HTTP/1.1 200 OK\r\n\r\n")
        while self._write(b"x" * 65536):
            self.server.flooded += 65536

    def _slow(self) -> None:
        time.sleep(1)
        self._answer()

    def _silent(self) -> None:
        time.sleep(3)

    def _hang_up(self) -> None:
        self.connection.close()

    def _write(self, data: bytes) -> bool:
        try:
            self.wfile.write(data)
        except OSError:
            return False
        return True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Receiver(http.server.ThreadingHTTPServer):
    """Listens on a free port of this machine."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode = "answer"
        self.statuses = [204]
        self.headers: dict[str, str] = {}
        self.calls: list[Call] = []
        self.flooded = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    @property
    def origin(self) -> str:
        """Its entry in WEBHOOK_HOSTS, and the beginning of its addresses."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run one for the length of a test."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@dataclass
class Names:
    """A name server under a stranger's control: each question gets the next answer, the last one for ever."""

    answers: list[list[str]]
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        """As `socket.getaddrinfo`."""
        self.asked.append(host)
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]
