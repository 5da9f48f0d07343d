"""Cases that cannot go on: noted as incidents after the change itself was rolled back."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from people.models import User
from people.scope import SYSTEM, Principal
from processes import casework, policy
from processes.errors import NoWayOn, StaleError
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.opening import demand, open_case
from tasks import events, incidents
from tasks.messages import recipients
from tasks.messages.recipients import read_staff
from tasks.models import Clock, Incident, Job, Task

P = ParamSpec("P")
R = TypeVar("R")


@one_transaction
def report_standstill(clock_id: int, error: NoWayOn, *, at: dt.datetime) -> None:
    """A clock could not move its token: it sleeps until somebody has looked after the incident."""
    clock = Clock.objects.get(pk=clock_id)
    work = casework.lock(clock.instance_id, clock.root_id, by=SYSTEM, at=at)
    clock.wake_at = None
    clock.save(update_fields=["wake_at"])
    token = next((one for one in work.marking.tokens if one.id == clock.token_id), None)
    if token is not None:
        open_standstill(work, error.code_of_engine, token.id, token.at, clock=clock)
    work.close()


def reports_refusals(change: Callable[Concatenate[Task, P], R]) -> Callable[Concatenate[Task, P], R]:
    """Wrap a change of a task: where nothing comes next, nothing changes and an incident says so."""

    @functools.wraps(change)
    def run(task: Task, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return change(task, *args, **kwargs)
        except NoWayOn as error:
            _report_refusal(task, error)
            raise

    return run


@one_transaction
def _report_refusal(task: Task, error: NoWayOn) -> None:
    """A person's outcome led nowhere: nothing was changed, but the process owner has to know."""
    work = open_case(task.instance_id, task.root_id, SYSTEM, None)
    open_standstill(work, error.code_of_engine, task.token_id, task.step_key)
    work.close()


def open_standstill(
    work: casework.Casework,
    code: str,
    token_id: int,
    step_key: str,
    *,
    detail: str = "",
    clock: Clock | None = None,
    job: Job | None = None,
) -> None:
    """Write an incident with its event, unless the same one is open already, and tell the process owner: of a
    confidential case only one who may see it already."""
    open_ones = Incident.objects.filter(instance=work.instance, token_id=token_id, code=code)
    if open_ones.filter(resolved_at__isnull=True).exists():
        return
    incidents.open_incident(
        work.instance,
        code,
        at=work.at,
        token_id=token_id,
        step_key=step_key,
        detail=detail,
        clock=clock,
        job=job,
    )
    work.record(events.Kind.INCIDENT, facts={"step": step_key, "code": code})
    staff = read_staff()
    people = recipients.owners_of(work.instance, staff)
    for user_id in recipients.blind(people, work.instance, staff):
        work.grant(user_id=user_id)
    if people:
        key = f"incident:{work.instance.pk}:{work.instance.event_seq}"
        work.tell("incident", people, task=None, key=key)


@one_transaction
def retry_clock(incident: Incident, *, by: Principal | User, at: dt.datetime | None = None) -> None:
    """Let a clock that could not move its token try again with the next tick.

    For operators, the process owner and leads of the owning team. Raises NotAllowed, StaleError.
    """
    instance = ProcessInstance.objects.only("pk", "root_id").get(pk=incident.instance_id)
    work = open_case(instance.pk, instance.root_id, by, at)
    demand(policy.may_resolve(work.by, work.instance))
    row = Incident.objects.get(pk=incident.pk)
    clock = row.clock
    if row.resolved_at is not None or clock is None:
        raise StaleError
    clock.wake_at = work.at
    clock.save(update_fields=["wake_at"])
    incidents.resolve(row, by=work.by.user, at=work.at)
    work.record(events.Kind.RESOLVED, facts={"step": row.step_key, "code": row.code})
    work.close()
