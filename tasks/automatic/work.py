"""Does automatic steps: claims them one by one, has their effects outside transactions, settles the results.

Written values and entries in a customer's history happen in the transaction that settles the step: exactly
once. Mails and calls of other systems happen before it. A worker that dies in between leaves its lease and
the moment it began: a call is then repeated with the same idempotency key, a mail, which nobody could tell
from a second one, becomes an incident instead.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db import OperationalError, transaction
from django.db.models import QuerySet

from processes.errors import NoWayOn, ProcessError, ValueRefused
from processes.models import ProcessInstance
from processes.runtime import working
from processes.runtime.working import Effect, Settled
from tasks import failpoints, leases
from tasks.automatic import actions, failures
from tasks.automatic.failures import Final, Uncertain
from tasks.models import Job

logger = logging.getLogger(__name__)


@dataclass
class Performed:
    """What one round did. `failed` went on by their outcome for failures; `left` are for another round."""

    done: int = 0
    retried: int = 0
    failed: int = 0
    incidents: int = 0
    held: int = 0
    late: int = 0
    left: int = 0

    def count(self, settled: Settled | None) -> None:
        """One more of this kind."""
        name = {None: "left", Settled.INCIDENT: "incidents"}.get(settled, str(settled))
        setattr(self, name, getattr(self, name) + 1)

    @property
    def total(self) -> int:
        """Steps taken in hand."""
        return sum(asdict(self).values())

    def add(self, other: Performed) -> None:
        """Count another round in."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


def perform(*, at: dt.datetime | None = None, is_over: Callable[[], bool] = lambda: False) -> Performed:
    """Do what waits at `at` (default: the database's clock), about a batch; each step fails alone.

    Steps that a step leads to are done in the same round. Steps of suspended cases are left alone. Once
    `is_over` (a worker that is asked to end) nothing more is taken in hand.
    """
    done = Performed()
    while done.total < leases.BATCH:
        claimed = done.total
        for pk in leases.waiting(_waiting(), at):
            job = None if is_over() else _claim(pk, at)
            if job is not None:
                done.count(_perform_one(job, at))
        if done.total == claimed:
            break
    return done


def _waiting() -> QuerySet[Job]:
    return Job.objects.filter(state=Job.State.WAITING, instance__state=ProcessInstance.State.RUNNING)


@transaction.atomic
def _claim(pk: int, at: dt.datetime | None) -> Job | None:
    rows = Job.objects.select_related("instance")
    return leases.take(rows, pk, waiting=Job.State.WAITING, at=at)


def _perform_one(job: Job, at: dt.datetime | None) -> Settled | None:
    """Do one claimed step; None if nothing is settled, so that it comes again when its lease ends."""
    failpoints.reach("job-claimed")
    try:
        return _done(job, at)
    except OperationalError:
        logger.exception("job %s: the database gave up; it comes again when its lease ends", job.pk)
    except Exception:
        logger.exception("job %s could not be settled", job.pk)
    return None


def _done(job: Job, at: dt.datetime | None) -> Settled | None:
    if job.effect_at is not None:
        return _settled(job, actions.Prepared(), at)
    try:
        prepared = _prepared(job)
    except Exception as error:
        return _failed(job, error, at)
    if prepared.effect is not None and not working.begin_job(job.pk, lease_id=job.lease_id, at=at):
        logger.warning("job %s: not begun, the case has moved on", job.pk)
        return None
    failpoints.reach("job-before-effect")
    try:
        if prepared.effect is not None:
            prepared.effect()
    except Exception as error:
        return _failed(job, error, at)
    failpoints.reach("job-after-effect")
    return _settled(job, prepared, at)


def _prepared(job: Job) -> actions.Prepared:
    """What is to be done, unless an earlier try speaks against it. Raises Final, Uncertain."""
    if job.begun_at is not None and actions.is_mail(job):
        raise Uncertain("mail_interrupted")
    if leases.is_overdrawn(job):
        raise Final("worker_died")
    return actions.prepare(job)


def _settled(job: Job, prepared: actions.Prepared, at: dt.datetime | None) -> Settled:
    """Let the result count; where the case can't take it, what happened must not happen again."""
    try:
        return working.finish_job(
            job.pk,
            lease_id=job.lease_id,
            values=prepared.values,
            interaction=prepared.contact,
            in_words=prepared.in_words,
            at=at,
        )
    except ProcessError as refusal:
        has_happened = prepared.effect is not None or job.effect_at is not None
        effect = Effect.HAPPENED if has_happened else Effect.NONE
        return _failed(job, _final(refusal), at, effect)


def _final(refusal: ProcessError) -> Final:
    detail = str(refusal.facts.get("field", "")) if isinstance(refusal, ValueRefused) else ""
    return Final(refusal.code, detail)


def _failed(
    job: Job, error: Exception, at: dt.datetime | None, effect: Effect = Effect.NONE, *, goes_on: bool = True
) -> Settled:
    reason = failures.reason(error)
    logger.warning("job %s, try %s: %s", job.pk, job.tries, reason)
    try:
        return working.fail_job(
            job.pk,
            lease_id=job.lease_id,
            error=reason,
            final=isinstance(error, Final),
            effect=Effect.PERHAPS if isinstance(error, Uncertain) else effect,
            goes_on=goes_on,
            at=at,
        )
    except NoWayOn as refusal:
        return _failed(job, _final(refusal), at, goes_on=False)
