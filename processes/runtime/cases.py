"""Changes of a whole case: start, cancel, suspend, resume, comment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError

from customers.models import Customer
from people.models import User
from people.scope import Principal, principal
from processes import casework, fields, nets, numbers, policy
from processes.casework import Casework, calling, moving, rows, values
from processes.errors import (
    JudgementMissing,
    NotAllowed,
    NoteMissing,
    NotRunning,
    NotStartable,
    ReasonMissing,
    StaleError,
)
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion, Urgency
from processes.retry import one_transaction
from processes.runtime import trials
from processes.runtime.opening import clean, database_now, demand, open_case
from processes.urgency import Judgement
from tasks import events
from tasks.clocks import schedule
from tasks.models import Participant, Task


def start(
    process: ProcessDefinition | ProcessVersion,
    *,
    by: Principal | User,
    title: str = "",
    data: Mapping[str, Any] | None = None,
    customer: Customer | None = None,
    urgency: int | Judgement = Urgency.NORMAL,
    key: str | None = None,
    trial: bool = False,
    at: dt.datetime | None = None,
) -> ProcessInstance:
    """Start a case and its first tasks.

    `data` = raw values of the start form; a customer it demands and the case's are one, whichever is given.
    `urgency` = a level, or a judgement it is computed from. `key` =
    idempotency key: the same key gives the same case again.
    `trial` = for its starter alone, of a version in force or of a draft as it is now (docs/adr/0012); then
    also raises NotPublishable, TooManyTrials. Raises NotStartable, NotAllowed, FieldMissing, NoWayOn,
    JudgementMissing (a level, where the process computes the urgency).
    """
    who = principal(by)
    repeat = _started_before(key, who, trial=trial)
    if repeat is not None:
        return repeat
    try:
        return _start(process, who, title, data or {}, customer, urgency, key, trial, at)
    except IntegrityError:
        repeat = _started_before(key, who, trial=trial)
        if repeat is None:
            raise
        return repeat


def _started_before(key: str | None, who: Principal, *, trial: bool) -> ProcessInstance | None:
    """The case this key began. Raises StaleError for somebody else's, and for a trial in place of a real case
    or the other way round."""
    if not key:
        return None
    known = ProcessInstance.objects.filter(idempotency_key=key).first()
    if known is None:
        return None
    is_others = who.user is not None and known.started_by_id != who.user.pk
    if is_others or known.is_trial != trial:
        raise StaleError
    return known


@one_transaction
def _start(
    process: ProcessDefinition | ProcessVersion,
    who: Principal,
    title: str,
    data: Mapping[str, Any],
    customer: Customer | None,
    urgency: int | Judgement,
    key: str | None,
    trial: bool,
    at: dt.datetime | None,
) -> ProcessInstance:
    moment = at or database_now()
    version = trials.version_for(process, who, at=moment) if trial else _version_in_force(process, who)
    definition = version.definition
    level, judged = (urgency.level, urgency.facts) if isinstance(urgency, Judgement) else (urgency, {})
    data, customer = _about_whom(version, data, customer)
    work = _new_case(version, who, clean(title)[:200], customer, level, key, trial, moment)
    changes = values.take_values(work, work.version.start, data)
    if definition.computes_urgency and not judged:
        raise JudgementMissing
    moving.begin(
        work,
        facts={"version": version.pk, "customer": customer.pk if customer else None, **judged},
        personal={"title": work.instance.title, "values": {k: new for k, (_, new) in changes.items()}},
    )
    if trial:
        trials.begin(work)
    else:
        work.instance.number = numbers.take(definition.number_pattern, work.at)
    work.close()
    return work.instance


def _about_whom(
    version: ProcessVersion, data: Mapping[str, Any], customer: Customer | None
) -> tuple[Mapping[str, Any], Customer | None]:
    """The customer the start form demands is the case's, which wins where both are given; what cannot be read
    is told with the other values. What later steps write into the field leaves the case's as it is."""
    use = nets.of_version(version).customer_use
    if use is None:
        return data, customer
    if customer is not None:
        return {**data, use.spec.key: str(customer.canonical_id or customer.pk)}, customer
    try:
        chosen = fields.read(use.spec, data.get(use.spec.key))
    except fields.FieldError:
        return data, None
    return data, Customer.objects.current().filter(pk=chosen).first() if chosen else None


def _version_in_force(process: ProcessDefinition | ProcessVersion, who: Principal) -> ProcessVersion:
    version = process if isinstance(process, ProcessVersion) else process.published
    if version is None or version.state != ProcessVersion.State.PUBLISHED:
        raise NotStartable(process=process)
    if who.user is not None and not policy.may_start(who.user, version.definition):
        raise NotAllowed
    return version


def _new_case(
    version: ProcessVersion,
    who: Principal,
    title: str,
    customer: Customer | None,
    urgency: int,
    key: str | None,
    trial: bool,
    at: dt.datetime,
) -> Casework:
    definition = version.definition
    instance = ProcessInstance.objects.create(
        number=casework.placeholder_number(),
        title=title,
        definition=definition,
        version=version,
        urgency=urgency,
        customer=customer,
        started_by=who.user,
        started_at=at,
        idempotency_key=key or None,
        is_public=definition.visibility == ProcessDefinition.Visibility.EVERYONE,
        is_confidential=definition.is_confidential,
        is_trial=trial,
    )
    instance.root = instance
    work = Casework(instance=instance, by=who, at=at, version=nets.of_version(version))
    if definition.visibility == ProcessDefinition.Visibility.TEAM:
        work.grant(team_id=definition.owner_team_id)
    if who.user is not None:
        work.grant(user_id=who.user.pk)
    if definition.owner_id is not None:
        work.grant(user_id=definition.owner_id)
    if customer is not None and not trial:
        Participant.objects.create(instance=instance, customer=customer)
    return work


@one_transaction
def cancel(
    instance: ProcessInstance, *, by: Principal | User, reason: str, at: dt.datetime | None = None
) -> ProcessInstance:
    """Stop a case for good: all its tokens, open tasks, waits and called cases go. A caller of the case goes
    on with the outcome for ends it does not know.

    Raises NotAllowed, ReasonMissing, NotRunning (it is over, or its caller is suspended).
    """
    work = _manage(instance, by, reason, at)
    if not work.instance.is_live:
        raise NotRunning(number=work.instance.number)
    _demand_caller_running(work)
    rows.give_up(work, personal={"reason": clean(reason)})
    work.instance.cancel(at=work.at)
    rows.close_incidents(work)
    calling.return_to_caller(work, "")
    moving.settle(work)
    work.close()
    return work.instance


@one_transaction
def suspend(
    instance: ProcessInstance, *, by: Principal | User, reason: str, at: dt.datetime | None = None
) -> ProcessInstance:
    """Stop the case, what it has called, and their clocks until it is resumed.

    Raises NotAllowed, ReasonMissing, NotRunning.
    """
    work = _manage(instance, by, reason, at)
    work.demand_running()
    for one in [work, *calling.descendants(work)]:
        if one.instance.state == ProcessInstance.State.RUNNING:
            one.instance.suspend()
            schedule.pause(one.instance, one.version, at=work.at)
            one.record(events.Kind.SUSPENDED, personal={"reason": clean(reason)})
    work.close()
    return work.instance


@one_transaction
def resume(
    instance: ProcessInstance, *, by: Principal | User, at: dt.datetime | None = None
) -> ProcessInstance:
    """Go on with a suspended case and what it has called; deadlines move by the working time they still had.

    Raises NotAllowed, StaleError, NotRunning (its caller is suspended).
    """
    work = open_case(instance.pk, instance.root_id, by, at)
    demand(work.scope is None or policy.may_manage(work.scope, work.instance))
    if work.instance.state != ProcessInstance.State.SUSPENDED:
        raise StaleError
    _demand_caller_running(work)
    for one in [work, *calling.descendants(work)]:
        if one.instance.state == ProcessInstance.State.SUSPENDED:
            one.instance.resume()
            schedule.resume(one.instance, one.version, at=work.at)
            one.record(events.Kind.RESUMED)
    work.close()
    return work.instance


def _demand_caller_running(work: Casework) -> None:
    """Raise NotRunning where the caller rests: it could not go on with what follows."""
    caller = work.instance.parent
    if caller is not None and caller.state == ProcessInstance.State.SUSPENDED:
        raise NotRunning(number=caller.number)


def _manage(instance: ProcessInstance, by: Principal | User, reason: str, at: dt.datetime | None) -> Casework:
    work = open_case(instance.pk, instance.root_id, by, at)
    demand(work.scope is None or policy.may_manage(work.scope, work.instance))
    if not clean(reason):
        raise ReasonMissing
    return work


@one_transaction
def comment(
    instance: ProcessInstance,
    text: str,
    *,
    by: Principal | User,
    task: Task | None = None,
    at: dt.datetime | None = None,
) -> None:
    """Add an internal comment to a case (also an ended one). Raises NotAllowed, NoteMissing."""
    work = open_case(instance.pk, instance.root_id, by, at)
    demand(work.scope is None or policy.may_comment(work.scope, work.instance))
    if task is not None and task.instance_id != instance.pk:
        raise NotAllowed
    if not clean(text):
        raise NoteMissing
    work.record(events.Kind.COMMENTED, task=task, personal={"text": clean(text)})
    work.close()
