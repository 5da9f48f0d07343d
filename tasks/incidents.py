"""What stands still until somebody looks after it: opened and resolved here, and nowhere else.

Called inside the transaction of the change, under the lock of the case.
"""

from __future__ import annotations

import datetime as dt

from people.models import User
from processes.models import ProcessInstance
from tasks.models import Clock, Incident, Job

LONGEST_DETAIL = 500


def open_incident(
    instance: ProcessInstance,
    code: str,
    *,
    at: dt.datetime,
    token_id: int = 0,
    step_key: str = "",
    detail: str = "",
    job: Job | None = None,
    clock: Clock | None = None,
) -> Incident:
    """Write an incident of a case; one that is open for the same token and code stays the only one.

    `code` is one of those `Incident` names; `token_id` 0 means the case as a whole.
    """
    known = Incident.objects.filter(
        instance=instance, token_id=token_id, code=code, resolved_at__isnull=True
    ).first()
    if known is not None:
        return known
    return Incident.objects.create(
        instance=instance,
        code=code,
        token_id=token_id,
        step_key=step_key,
        detail=detail[:LONGEST_DETAIL],
        job=job,
        clock=clock,
        opened_at=at,
    )


UNATTENDED = ("nobody", "nobody_told", "nobody_to_have_it")


def close_unattended(instance: ProcessInstance, token_id: int, *, at: dt.datetime) -> None:
    """Somebody is there for the task of this token, to do it and to be told (one statement)."""
    open_ones = Incident.objects.filter(instance=instance, token_id=token_id, resolved_at__isnull=True)
    open_ones.filter(code__in=UNATTENDED).update(resolved_at=at)


def resolve(incident: Incident, *, by: User | None, at: dt.datetime) -> Incident:
    """Say that somebody has looked after it (None: the system); what is resolved already stays as it is."""
    if incident.resolved_at is None:
        incident.resolved_at, incident.resolved_by = at, by
        incident.save(update_fields=["resolved_at", "resolved_by"])
    return incident
