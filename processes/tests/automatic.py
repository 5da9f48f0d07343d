"""Automatic steps in tests that walk through processes: done or given up, as workers would."""

from __future__ import annotations

import datetime as dt
import importlib
import importlib.util
from collections.abc import Collection
from itertools import count

from django.db import transaction

from people.scope import SYSTEM
from processes import casework, engine
from processes.casework import moving
from tasks import events
from tasks.models import Job

WORK = importlib.util.find_spec("tasks.work")


def perform(*, at: dt.datetime, failing: Collection[int] = ()) -> int:
    """Do all automatic steps that wait; those with these ids are given up. How many that were.

    What these lead to is left for another round, because it may be meant to be given up.
    """
    waiting = list(Job.objects.filter(state=Job.State.WAITING).order_by("pk"))
    for job in waiting:
        if job.pk in failing:
            _give_up(job, at)
        elif WORK is None:
            _settle(job, engine.JobDone(), events.Kind.ACTED, at)
    if WORK is not None:
        counted = count()
        importlib.import_module("tasks.work").perform(at=at, is_over=lambda: next(counted) >= len(waiting))
    return len(waiting)


def _give_up(job: Job, at: dt.datetime) -> None:
    if WORK is None:
        _settle(job, engine.JobFailed(), events.Kind.GAVE_UP, at)
        return
    leases = importlib.import_module("tasks.leases")
    working = importlib.import_module("processes.runtime.working")
    with transaction.atomic():
        claimed = leases.take(Job.objects.all(), job.pk, waiting=Job.State.WAITING, at=at)
    working.fail_job(job.pk, lease_id=claimed.lease_id, error="no_recipient", final=True, at=at)


@transaction.atomic
def _settle(job: Job, event: engine.Event, kind: events.Kind, at: dt.datetime) -> None:
    work = casework.lock(job.instance_id, job.root_id, by=SYSTEM, at=at)
    job.state, job.ended_at = Job.State.DONE, at
    job.save(update_fields=["state", "ended_at"])
    moving.advance(work, job.token_id, event, kind, facts={"step": job.step_key})
    work.close()
