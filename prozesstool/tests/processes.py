"""Finding processes by a variable of their environment, which their children and grandchildren inherit."""

import time
from collections.abc import Callable
from pathlib import Path

MARK = "PROZESSTOOL_VAR"


def marked(value: str) -> dict[int, str]:
    """Living processes with this mark: number → command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
        if f"{MARK}={value}".encode() in environment and command:
            found[int(folder.name)] = command
    return found


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return as soon as the condition holds; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
