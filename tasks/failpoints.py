"""Named points at which a test may kill this process, to show that nothing is lost or doubled there.

PROZESSTOOL_FAILPOINT names the point; with PRODUCTION=1 the process does not start then.
"""

from __future__ import annotations

import os
import signal

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from prozesstool import env

WANTED = env.text("PROZESSTOOL_FAILPOINT")
if WANTED and settings.PRODUCTION:
    raise ImproperlyConfigured("PROZESSTOOL_FAILPOINT is refused when PRODUCTION=1")


def reach(name: str) -> None:
    """Die on the spot (like kill -9) if this point was asked for."""
    if name == WANTED:
        os.kill(os.getpid(), signal.SIGKILL)
