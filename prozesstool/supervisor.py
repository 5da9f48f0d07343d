"""Keeps a handful of child processes running: starts them in order, restarts what dies, ends all together.

Children die with the supervisor even when it is killed (PR_SET_PDEATHSIG). Each has its own session, so that
Ctrl-C reaches only the supervisor, which then stops them in order.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FrameType

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
"""Seconds before a dead child is started again: doubled each time, up to the longest."""
STABLE_AFTER = 60.0
"""A child that lived this many seconds starts over with the first delay."""
PATIENCE = 15.0
"""Seconds a child has to end by itself."""


@dataclass
class Child:
    """One process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    start_after: float = 0.0

    def start(self) -> None:
        """Start it in its own session, tied to this process's life."""
        self.process = subprocess.Popen(  # noqa: S603 - commands are ours, nothing of them comes from users
            list(self.command),
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=partial(die_with, os.getpid()),
        )
        self.started = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, wait, then make the whole group end."""
        if self.process is None:
            return
        if self.is_alive:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(PATIENCE)
        kill_group(self.process.pid)
        self.process.wait()


def die_with(parent: int) -> None:
    """Tie this process's life to its parent's: the kernel kills it when the parent ends in any way."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def kill_group(pid: int) -> None:
    """End what is left of a child's process group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


class Supervisor:
    """Runs children until it is told to stop."""

    def __init__(self, children: Sequence[Child], say: Callable[[str], None]) -> None:
        self.children = children
        self.say = say
        self.is_stopping = False

    def run(self, on_ready: Callable[[], None]) -> None:
        """Start all in order, call `on_ready`, watch; returns after SIGTERM or SIGINT, with all ended."""
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        try:
            for child in self.children:
                child.start()
                self._await(child)
            if not self.is_stopping:
                on_ready()
            while not self.is_stopping:
                self._look_after()
                time.sleep(0.2)
        finally:
            self._stop_all()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.is_stopping = True

    def _await(self, child: Child, seconds: float = 30.0) -> None:
        end = time.monotonic() + seconds
        while not self.is_stopping and not child.is_ready():
            if not child.is_alive or time.monotonic() > end:
                raise SystemExit(f"{child.name} did not start; see the messages above.")
            time.sleep(0.05)

    def _look_after(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.is_alive or now < child.start_after:
                continue
            if child.start_after:
                child.start_after = 0.0
                child.start()
            else:
                self._schedule_restart(child, now)

    def _schedule_restart(self, child: Child, now: float) -> None:
        assert child.process is not None  # noqa: S101 - it was started in `run`
        kill_group(child.process.pid)
        child.delay = FIRST_DELAY if now - child.started > STABLE_AFTER else child.delay
        self.say(f"{child.name} ended (code {child.process.returncode}); again in {child.delay:.0f} s")
        child.start_after = now + child.delay
        child.delay = min(child.delay * 2, LONGEST_DELAY)

    def _stop_all(self) -> None:
        for child in reversed(self.children):
            child.stop()


def python(*arguments: str) -> list[str]:
    """A command run by this very Python."""
    return [sys.executable, *arguments]
