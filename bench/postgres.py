"""A private PostgreSQL with everything that makes a commit durable switched on, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTINGS = {"shared_buffers": "512MB", "max_connections": "60", "max_wal_size": "4GB"}


@contextmanager
def private_server() -> Iterator[str]:
    """Its address as a DATABASE_URL; stopped and removed at the end."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    if os.getuid() == 0:
        shutil.chown(data, "postgres")
        shutil.chown(folder, "postgres")
    port = _free_port()
    try:
        _run(programs / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = " ".join(f"-c {key}={value}" for key, value in SETTINGS.items())
        _run(
            programs / "pg_ctl", "-D", data, "-w", "-s", "-l", folder / "log",
            "-o", f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {options}", "start",
        )  # fmt: skip
        yield f"postgresql://bench@/postgres?host={folder}&port={port}"
    finally:
        _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-s", "stop")
        shutil.rmtree(folder)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not found:
        raise SystemExit("PostgreSQL is missing. Please run: sudo apt-get install postgresql")
    return found[0].parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(*command: object) -> None:
    words = [str(part) for part in command]
    if os.getuid() == 0:
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *words]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command
