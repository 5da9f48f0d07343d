"""Automatic steps in tests that walk through processes: done or given up, as workers do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from itertools import count

from django.db import transaction

from processes.runtime import working
from tasks import leases
from tasks.automatic import work
from tasks.models import Job


def perform(*, at: dt.datetime, failing: Collection[int] = ()) -> int:
    """Do all automatic steps that wait; those with these ids are given up. How many that were.

    What these lead to is left for another round, because it may be meant to be given up.
    """
    waiting = list(Job.objects.filter(state=Job.State.WAITING).order_by("pk"))
    for job in waiting:
        if job.pk in failing:
            _give_up(job, at)
    counted = count()
    work.perform(at=at, is_over=lambda: next(counted) >= len(waiting))
    return len(waiting)


def _give_up(job: Job, at: dt.datetime) -> None:
    with transaction.atomic():
        claimed = leases.take(Job.objects.all(), job.pk, waiting=Job.State.WAITING, at=at)
    assert claimed is not None
    working.fail_job(job.pk, lease_id=claimed.lease_id, error="no_recipient", final=True, at=at)
