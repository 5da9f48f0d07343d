"""Finding the processes of one installation.

Children and grandchildren inherit its variable; Redis writes over its environment, but works in its folder.
"""

import time
from collections.abc import Callable
from pathlib import Path

MARK = "PROZESSTOOL_VAR"


def marked(value: str) -> dict[int, str]:
    """Living processes of the installation in this folder: number → command line."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            where = (folder / "cwd").readlink()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            continue
        is_ours = f"{MARK}={value}".encode() in environment or where.is_relative_to(value)
        if is_ours and command:
            found[int(folder.name)] = command
    return found


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Return as soon as the condition holds; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
