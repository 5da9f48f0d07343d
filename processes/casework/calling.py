"""Called processes: a case of its own below the caller's token, under the same root lock.

The called process is resolved to its version published at entry; data go in and come out by name; its end is
the caller's outcome; it is cancelled with its caller (semantics §1).
"""

from __future__ import annotations

from collections.abc import Iterable

from processes import engine, nets
from processes.casework import change, values
from processes.casework.change import Casework, Followup
from processes.compiledversion import StepInfo
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion
from tasks import events, incidents
from tasks.models import Participant

DEEPEST = 10
"""Calls within calls."""


def call(work: Casework, step: StepInfo, token: engine.Token) -> list[ProcessInstance]:
    """Start the called process; without a published version the step stands still as an incident."""
    plan = step.config.call
    version = _published(plan.process) if plan else None
    if plan is None or version is None or work.instance.depth >= DEEPEST:
        detail = plan.process if plan else ""
        incidents.open_incident(
            work.instance, "called_process", at=work.at, token_id=token.id, step_key=step.key, detail=detail
        )
        return []
    child = _open(work, version, step, token)
    inputs = {theirs: work.instance.data.get(ours) for theirs, ours in plan.inputs}
    asked = child.version.customer_use
    if asked is not None and inputs.get(asked.spec.key) is None:
        inputs[asked.spec.key] = child.instance.customer_id
    changes = values.set_values(child, {key: value for key, value in inputs.items() if value is not None})
    facts = {"version": version.pk, "customer": child.instance.customer_id, "parent": work.instance.pk}
    personal = {"title": child.instance.title, "values": {key: new for key, (_, new) in changes.items()}}
    work.family.followups.append(Followup(child, 0, None, events.Kind.STARTED, facts, personal))
    return [child.instance]


def _published(key: str) -> ProcessVersion | None:
    rows = ProcessVersion.objects.filter(definition__key=key, state=ProcessVersion.State.PUBLISHED)
    return rows.select_related("definition").first()


def _open(work: Casework, version: ProcessVersion, step: StepInfo, token: engine.Token) -> Casework:
    caller, definition = work.instance, version.definition
    is_confidential = caller.is_confidential or definition.is_confidential
    instance = ProcessInstance.objects.create(
        number=change.placeholder_number(),
        title=caller.title,
        definition=definition,
        version=version,
        root_id=caller.root_id or caller.pk,
        parent=caller,
        parent_token=token.id,
        depth=caller.depth + 1,
        urgency=caller.urgency,
        customer=caller.customer,
        started_by=caller.started_by,
        started_at=work.at,
        is_public=not is_confidential and _is_public(caller, definition),
        is_confidential=is_confidential,
        is_trial=caller.is_trial,
    )
    child = Casework(instance, work.by, work.at, nets.of_version(version), family=work.family)
    _grant(child, caller, definition)
    if caller.customer is not None and not caller.is_trial:
        Participant.objects.create(instance=instance, customer=caller.customer)
    return child


def _is_public(caller: ProcessInstance, definition: ProcessDefinition) -> bool:
    return caller.is_public or definition.visibility == ProcessDefinition.Visibility.EVERYONE


def _grant(child: Casework, caller: ProcessInstance, definition: ProcessDefinition) -> None:
    """Whoever sees the caller sees what it calls, unless that is confidential for itself."""
    if definition.visibility == ProcessDefinition.Visibility.TEAM:
        child.grant(team_id=definition.owner_team_id)
    if definition.owner_id is not None:
        child.grant(user_id=definition.owner_id)
    if not definition.is_confidential:
        for team_id in caller.granted.get("team", ()):
            child.grant(team_id=team_id)
        for user_id in caller.granted.get("user", ()):
            child.grant(user_id=user_id)


def return_to_caller(work: Casework, end: str) -> None:
    """A called case is over: give its data back and let its end be the caller's outcome."""
    parent = work.instance.parent
    if parent is None:
        return
    caller = work.relative(parent)
    token = next((one for one in caller.marking.tokens if one.id == work.instance.parent_token), None)
    step = caller.version.steps.get(token.at) if token else None
    if token is None or step is None or step.config.call is None:
        return
    plan = step.config.call
    changes = values.set_values(
        caller, {ours: work.instance.data.get(theirs) for ours, theirs in plan.outputs}
    )
    outcome = plan.outcome_of(end)
    facts = {"step": step.key, "child": work.instance.pk, "end": end, "outcome": outcome}
    event = engine.SubEnded(outcome)
    work.family.followups.append(
        Followup(caller, token.id, event, events.Kind.RETURNED, facts, {"values": changes})
    )


def live_children(work: Casework, token_ids: Iterable[int] | None = None) -> list[Casework]:
    """Running cases that this one has called (from these tokens), as parts of the same change."""
    children = ProcessInstance.objects.running().filter(parent=work.instance)
    children = children.annotate(texts_stamp=nets.stamp_beside())
    if token_ids is not None:
        children = children.filter(parent_token__in=list(token_ids))
    return [work.relative(child) for child in children.order_by("pk")]


def descendants(work: Casework) -> list[Casework]:
    """All running cases below this one, callers before the called."""
    found: list[Casework] = []
    for child in live_children(work):
        found += [child, *descendants(child)]
    return found
