"""Named points at which a test may kill this process, to show that nothing is lost or doubled there.

Set PROZESSTOOL_FAILPOINT to a name; refused under PRODUCTION by the start-up checks.
"""

from __future__ import annotations

import os
import signal

from prozesstool import env


def reach(name: str) -> None:
    """Die on the spot (like kill -9) if this point was asked for."""
    if env.text("PROZESSTOOL_FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
