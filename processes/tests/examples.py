"""How many examples a property is tried with."""

from __future__ import annotations

import os

from hypothesis import settings


def examples(number: int) -> settings:
    """So many, the same in every run; PROZESSTOOL_EXAMPLES=N tries N others each time instead."""
    return settings(max_examples=int(os.environ.get("PROZESSTOOL_EXAMPLES", number)))
