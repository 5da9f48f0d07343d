"""Approvals and the values they are about: a later change voids them (G14).

`instance.approvals` holds, by approving step, `void` = the fields changed since, and `by` = who has renewed
the approval. While an approval is void, nobody completes a task that cannot be reached without it, except
with an outcome that leads back to it. The clock is not bound by that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from processes.casework.change import Casework
from processes.compiledversion import StepInfo
from processes.errors import ApprovalVoid
from tasks import events
from tasks.models import Task


def void(work: Casework, changed: Iterable[str], *, by_step: str = "") -> None:
    """Void what was approved of these fields, say so, and tell who approved and who owns the process."""
    keys = set(changed)
    touched = {
        step.key: sorted(keys & set(step.approves_fields))
        for step in work.version.approving
        if step.key != by_step and keys & set(step.approves_fields)
    }
    if not touched:
        return
    for step_key, person_id in _given(work, touched).items():
        _void_one(work, step_key, touched[step_key], person_id)


def _void_one(work: Casework, step_key: str, fields: list[str], person_id: int | None) -> None:
    entry = work.instance.approvals.setdefault(step_key, {})
    entry["void"] = sorted({*entry.get("void", ()), *fields})
    work.record(events.Kind.VOIDED, facts={"step": step_key, "fields": fields})
    told = [one for one in (person_id, work.instance.definition.owner_id) if one is not None]
    for user_id in told:
        work.grant(user_id=user_id)
    seq = work.instance.event_seq
    work.tell("approval_void", told, task=None, key=f"void:{work.instance.pk}:{seq}")


def _given(work: Casework, step_keys: Iterable[str]) -> dict[str, int | None]:
    """Steps whose last completion was an approval, with who gave it."""
    done = (
        Task.objects.filter(instance=work.instance, step_key__in=list(step_keys), state=Task.State.DONE)
        .order_by("visit", "id")
        .values_list("step_key", "outcome_key", "completed_by_id")
    )
    last: dict[str, Any] = {step_key: (outcome, person) for step_key, outcome, person in done}
    return {key: person for key, (outcome, person) in last.items() if _approves(work, key, outcome)}


def _approves(work: Casework, step_key: str, outcome_key: str) -> bool:
    outcome = work.version.steps[step_key].outcome(outcome_key)
    return outcome is not None and outcome.is_approval


def settle(work: Casework, step_key: str) -> None:
    """The step has been completed anew: what was void is not any more."""
    work.instance.approvals.pop(step_key, None)


def demand_valid(work: Casework, step: StepInfo, outcome_key: str) -> None:
    """Raise ApprovalVoid if the task lies behind a void approval and the outcome does not lead back to it."""
    for step_key, entry in work.instance.approvals.items():
        if not entry.get("void") or step_key not in work.version.behind.get(step.key, ()):
            continue
        if not work.version.leads_back(step.key, outcome_key, step_key):
            labels = [work.version.fields[key].label for key in entry["void"]]
            raise ApprovalVoid(step=work.version.steps[step_key].name, fields=", ".join(labels))


def renew(work: Casework, step_key: str, person_ids: Iterable[int]) -> None:
    """The approval holds again, given by these persons for the present values."""
    entry = work.instance.approvals[step_key]
    entry["void"] = []
    entry["by"] = sorted({*entry.get("by", ()), *person_ids})
