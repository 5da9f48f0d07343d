"""Renewing an approval that a later change has voided (G14)."""

from __future__ import annotations

import datetime as dt

from people.models import User
from people.scope import Principal
from processes import assignment, policy
from processes.casework import approvals
from processes.errors import FourEyes, StaleError
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime.opening import clean, demand, open_case
from tasks import events


@one_transaction
def renew_approval(
    instance: ProcessInstance,
    step_key: str,
    *,
    by: Principal | User,
    note: str = "",
    at: dt.datetime | None = None,
) -> ProcessInstance:
    """Approve the present values in place of an approval that was voided.

    For whoever gave it, and members of the step's team; four eyes as for the step itself. Raises NotAllowed,
    FourEyes, NotRunning, StaleError (it is not void).
    """
    work = open_case(instance.pk, instance.root_id, by, at)
    work.demand_running()
    step = work.version.steps.get(step_key)
    if step is None or not work.instance.approvals.get(step_key, {}).get("void"):
        raise StaleError
    given = assignment.persons_of(work.instance, [step_key])
    demand(work.scope is not None and policy.may_renew(work.scope, step.team_id, given))
    for other in sorted(work.version.apart.get(step_key, ())):
        taken = assignment.persons_of(work.instance, [other]) & work.by.person_ids
        if taken and not work.instance.is_trial:
            name = assignment.person_name(min(taken))
            raise FourEyes(person=name, step=work.version.steps[other].name)
    approvals.renew(work, step_key, work.by.person_ids)
    work.record(events.Kind.RENEWED, facts={"step": step_key}, personal={"note": clean(note)})
    work.close()
    return work.instance
