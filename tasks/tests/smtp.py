"""A mail server for tests: takes everything, keeps what came in, or is out of order as told."""

from __future__ import annotations

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message


class _Conversation(socketserver.StreamRequestHandler):
    """One SMTP conversation; knows just the commands a client needs to hand a mail over."""

    def handle(self) -> None:
        """Answer line by line until QUIT."""
        if self.server.mode == "silent":
            self.server.is_over.wait(10)
            return
        self.say("220 test")
        while line := self.rfile.readline():
            word = line[:4].decode().upper().strip()
            if word in self.server.refusals:
                self.say(self.server.refusals[word])
            elif word == "DATA":
                self.say("354 go on")
                self.server.messages.append(email.message_from_bytes(self.body()))
                if self.server.mode == "drop":
                    return
                self.say("250 taken")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def say(self, line: str) -> None:
        """Send one answer."""
        self.wfile.write(line.encode() + b"\r\n")

    def body(self) -> bytes:
        """The lines of a mail up to the single dot."""
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)


class MailServer(socketserver.ThreadingTCPServer):
    """Listens on a free port; `messages` holds what was handed over.

    `mode`: "silent" never greets, "drop" takes a mail and hangs up without a word. `refusals`: answers by
    command instead of the good ones.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.messages: list[Message] = []
        self.mode = ""
        self.refusals: dict[str, str] = {}
        self.is_over = threading.Event()

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Run a mail server for the length of a test."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.is_over.set()
        server.shutdown()
