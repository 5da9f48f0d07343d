"""Who else has a draft open at the moment."""

from __future__ import annotations

import datetime as dt

from people.models import User
from processes.models import DraftVisit, ProcessVersion

PRESENT = dt.timedelta(minutes=3)
"""Somebody seen so lately is taken to be there still."""


def note(version: ProcessVersion, user: User, at: dt.datetime) -> None:
    """Write that a person looks at a draft now. One statement, two the first time."""
    DraftVisit.objects.update_or_create(version=version, user=user, defaults={"at": at})


def others(version: ProcessVersion, user: User, at: dt.datetime) -> list[str]:
    """Names of the other people on this draft. One statement."""
    rows = DraftVisit.objects.filter(version=version, at__gt=at - PRESENT).exclude(user=user)
    return [str(row.user) for row in rows.select_related("user")]
