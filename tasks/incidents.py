"""What stands still until somebody looks after it: opened and resolved in the transaction of the change."""

from __future__ import annotations

import datetime as dt

from people.models import User
from processes.models import ProcessInstance
from tasks.models import Clock, Incident, Job


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
) -> None:
    """Write an incident unless the same one is open already."""
    row = Incident(
        instance=instance,
        token_id=token_id,
        step_key=step_key,
        code=code,
        detail=detail[:500],
        job=job,
        clock=clock,
        opened_at=at,
    )
    Incident.objects.bulk_create([row], ignore_conflicts=True)


def resolve(incident: Incident, *, by: User | None, at: dt.datetime) -> None:
    """Close an incident."""
    incident.resolved_at, incident.resolved_by = at, by
    incident.save(update_fields=["resolved_at", "resolved_by"])
