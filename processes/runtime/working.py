"""Results of workers: what an automatic step led to, or that it could not be done (semantics §7).

A result counts only under the lock of the case, while the worker's lease matches, the step's token lives and
the case does; else it is written down as late, and nothing else happens.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from customers import records
from customers.models import Interaction
from people.models import User
from people.scope import SYSTEM, Principal
from processes import engine, plannedvalues, policy
from processes.casework import Casework, erasing, moving
from processes.casework.values import Changes, set_values
from processes.errors import NotRunning, StaleError, ValueRefused
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.opening import demand, open_case
from processes.runtime.standstill import open_standstill
from processes.stepplans import Pairs
from tasks import events, failpoints, incidents, leases
from tasks.models import Incident, InteractionLink, Job


class Settled(StrEnum):
    """What became of a result."""

    DONE = "done"
    RETRIED = "retried"
    FAILED = "failed"
    """Given up; the case goes on by the step's outcome `failed`."""
    INCIDENT = "incident"
    HELD = "held"
    """Kept until the suspended case goes on."""
    LATE = "late"


class Effect(StrEnum):
    """Whether something happened outside the database."""

    NONE = "none"
    PERHAPS = "perhaps"
    HAPPENED = "happened"


@dataclass(frozen=True, slots=True)
class Contact:
    """An entry for the customer's history."""

    channel: str
    subject: str
    text: str = ""

    @property
    def direction(self) -> str:
        """A note stays in the house; everything else a step sends."""
        is_note = self.channel == Interaction.Channel.NOTE
        return Interaction.Direction.INTERNAL if is_note else Interaction.Direction.OUT


@one_transaction
def begin_job(job_id: int, *, lease_id: str, at: dt.datetime | None = None) -> bool:
    """Note that an effect outside the database begins now; False if it must not (late, or case suspended)."""
    work, job = _open(job_id, SYSTEM, at)
    if not _counts(work, job, lease_id) or work.instance.state != ProcessInstance.State.RUNNING:
        return False
    job.begun_at = work.at
    job.save(update_fields=["begun_at"])
    return True


@one_transaction
def finish_job(
    job_id: int,
    *,
    lease_id: str,
    values: Pairs = (),
    interaction: Contact | None = None,
    in_words: str = "",
    at: dt.datetime | None = None,
) -> Settled:
    """The step is done: write its values and the entry in the customer's history, and go on from its token.

    `values` = as the definition says them; they are worked out here, from the fields as they are under the
    lock. `in_words` = what a trial has not sent, for its history. Raises ValueRefused, NoWayOn.
    """
    work, job = _open(job_id, SYSTEM, at)
    if not _counts(work, job, lease_id):
        return _late(work, job)
    if work.instance.state != ProcessInstance.State.RUNNING:
        return _hold(work, job, Effect.HAPPENED if job.begun_at else Effect.NONE)
    changes = _set(work, values)
    if interaction is not None:
        _record_contact(work, job, interaction)
    _end(work, job)
    facts: dict[str, Any] = {"step": job.step_key, "do": _do(work, job), "fields": sorted(changes)}
    personal: dict[str, Any] = {"values": changes}
    if work.instance.is_trial and in_words:
        facts["unsent"], personal["text"] = facts["do"], in_words
    moving.advance(work, job.token_id, engine.JobDone(), events.Kind.ACTED, facts=facts, personal=personal)
    work.close()
    failpoints.reach("job-before-commit")
    return Settled.DONE


@one_transaction
def fail_job(
    job_id: int,
    *,
    lease_id: str,
    error: str,
    final: bool = False,
    effect: Effect = Effect.NONE,
    goes_on: bool = True,
    at: dt.datetime | None = None,
) -> Settled:
    """The step could not be done: try again later, or give it up where that is useless or was the last try.

    Given up, the case goes on by the step's outcome `failed`; without one (or not `goes_on`), or where
    something happened or may have happened outside, it is an incident. `error` = what `failures.reason`
    keeps. Raises NoWayOn.
    """
    work, job = _open(job_id, SYSTEM, at)
    if not _counts(work, job, lease_id):
        return _late(work, job)
    job.last_error = error[: leases.LONGEST_ERROR]
    if work.instance.state != ProcessInstance.State.RUNNING:
        return _hold(work, job, effect)
    if not final and effect is Effect.NONE and not leases.is_last(job):
        return _try_later(job)
    has_outcome = work.version.steps[job.step_key].outcome(engine.FAILED) is not None
    if goes_on and has_outcome and effect is Effect.NONE:
        _end(work, job)
        facts = {"step": job.step_key}
        moving.advance(work, job.token_id, engine.JobFailed(), events.Kind.GAVE_UP, facts=facts)
        work.close()
        return Settled.FAILED
    _stand_still(work, job, effect)
    return Settled.INCIDENT


@one_transaction
def retry_job(incident: Incident | Job, *, by: Principal | User, at: dt.datetime | None = None) -> Job:
    """Let an automatic step that stands still be tried anew, from now on, with all its tries.

    By operators, the process owner and leads of the owning team. An effect that is known to have happened is
    not repeated; one of which that is uncertain is. Raises NotAllowed, StaleError, NotRunning.
    """
    job_id = incident.job_id if isinstance(incident, Incident) else incident.pk
    if job_id is None:
        raise StaleError
    work, job = _open(job_id, by, at)
    demand(policy.may_resolve(work.by, work.instance))
    if job.state != Job.State.INCIDENT:
        raise StaleError
    if not work.instance.is_live:
        raise NotRunning(number=work.instance.number)
    job.state, job.available_at, job.tries = Job.State.WAITING, work.at, 0
    job.lease_id, job.locked_until, job.begun_at, job.last_error = "", None, None, ""
    job.save(update_fields=[*LEASE_FIELDS, "state", "begun_at", "last_error"])
    for row in Incident.objects.filter(job=job, resolved_at__isnull=True):
        incidents.resolve(row, by=work.by.user, at=work.at)
    work.record(events.Kind.RESOLVED, facts={"step": job.step_key, "code": "job"})
    work.close()
    return job


LEASE_FIELDS = ("available_at", "tries", "lease_id", "locked_until")


def _open(job_id: int, by: Principal | User, at: dt.datetime | None) -> tuple[Casework, Job]:
    """Lock the case, then the job's row, which a claim may be changing (lock order: semantics §2)."""
    instance_id, root_id = Job.objects.values_list("instance_id", "root_id").get(pk=job_id)
    work = open_case(instance_id, root_id, by, at)
    return work, Job.objects.select_for_update(no_key=True, of=("self",)).get(pk=job_id)


def _counts(work: Casework, job: Job, lease_id: str) -> bool:
    """Whether the worker's word still counts."""
    is_held = job.state == Job.State.WAITING and bool(lease_id) and job.lease_id == lease_id
    lives = any((token.id, token.at) == (job.token_id, job.step_key) for token in work.marking.tokens)
    return is_held and lives and work.instance.is_live


def _do(work: Casework, job: Job) -> str:
    action = work.version.steps[job.step_key].config.action
    return str(action.do) if action else ""


def _late(work: Casework, job: Job) -> Settled:
    work.record(events.Kind.LATE, facts={"step": job.step_key, "job": job.pk})
    work.close()
    return Settled.LATE


def _release(job: Job) -> None:
    job.lease_id, job.locked_until = "", None


def _hold(work: Casework, job: Job, effect: Effect) -> Settled:
    """The case is suspended: the result waits, costs no try, and what happened is not done again."""
    _note_effect(work, job, effect)
    _release(job)
    job.tries, job.available_at = max(job.tries - 1, 0), work.at + leases.FIRST_BACK_OFF
    job.save(update_fields=[*LEASE_FIELDS, "begun_at", "effect_at", "last_error"])
    return Settled.HELD


def _note_effect(work: Casework, job: Job, effect: Effect) -> None:
    if effect is Effect.HAPPENED:
        job.effect_at = work.at
    elif effect is Effect.NONE:
        job.begun_at = None


def _try_later(job: Job) -> Settled:
    job.available_at, job.begun_at = leases.next_try(job), None
    _release(job)
    job.save(update_fields=[*LEASE_FIELDS, "begun_at", "last_error"])
    return Settled.RETRIED


def _end(work: Casework, job: Job) -> None:
    job.state, job.ended_at = Job.State.DONE, work.at
    _release(job)
    job.save(update_fields=["state", "ended_at", "lease_id", "locked_until", "last_error"])


def _stand_still(work: Casework, job: Job, effect: Effect) -> None:
    job.state = Job.State.INCIDENT
    _note_effect(work, job, effect)
    _release(job)
    job.save(update_fields=["state", "lease_id", "locked_until", "begun_at", "effect_at", "last_error"])
    open_standstill(work, "job", job.token_id, job.step_key, detail=job.last_error, job=job)
    work.close()


def _set(work: Casework, pairs: Pairs) -> Changes:
    """Write planned values; {key: [old, new]} of what changed. Files that were emptied are gone for good."""
    try:
        planned = plannedvalues.resolve(pairs, work.version.fields, work.instance.data, at=work.at)
    except plannedvalues.Unfit as fault:
        raise ValueRefused(field=fault.field) from fault
    changes = set_values(work, planned)
    erasing.erase_files(work, planned, changes)
    return changes


def _record_contact(work: Casework, job: Job, contact: Contact) -> None:
    customer = work.instance.customer
    if customer is None:
        return
    row = records.record_interaction(
        customer,
        by=SYSTEM,
        channel=contact.channel,
        direction=contact.direction,
        subject=contact.subject,
        text=contact.text,
        at=work.at,
    )
    InteractionLink.objects.create(interaction=row, instance=work.instance, job=job)
