"""Escalation levels that change a task or its case: assign, raise the urgency, choose an outcome, comment."""

from __future__ import annotations

import datetime as dt
from typing import Any

from people.models import User
from people.scope import SYSTEM
from processes import assignment, casework, engine, escalation, policy
from processes.casework import Casework, moving, taskrows
from processes.escalation import PERSON, Act, Do
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime import judging
from tasks import events, incidents, outbox, recipients, schedule
from tasks.models import Clock, LevelFired, Task
from tasks.recipients import read_staff, told


@one_transaction
def fire_levels(clock_id: int, *, at: dt.datetime) -> int:
    """Fire the due levels of one clock that assign, raise, choose an outcome or comment, up to the first that
    ends the task. Returns how many. Raises casework.Busy, NoWayOn."""
    found = Clock.objects.only("instance_id", "root_id").get(pk=clock_id)
    work = casework.lock(found.instance_id, found.root_id, by=SYSTEM, at=at, skip_locked=True)
    clock = Clock.objects.select_related("task").get(pk=clock_id)
    if clock.task is not None:
        clock.task.instance = work.instance
    known = set(
        LevelFired.objects.filter(clock=clock, generation=clock.generation).values_list("level", flat=True)
    )
    clock.instance = work.instance
    fired = 0
    # Read anew each time: a level that raises the urgency may have timed the later ones anew.
    while one := escalation.due_level(clock.plan, clock.next_level, at):
        level = one.level
        if not level.is_moving:
            break
        if level.number not in known and _fire_level(work, clock, level):
            fired += 1
        clock.next_level += 1
        if clock.task is not None and not clock.task.is_open:
            break
    over = clock.task is not None and not clock.task.is_open
    clock.wake_at = None if over else escalation.wake_at(clock.plan, clock.next_level)
    clock.save(update_fields=["next_level", "wake_at"])
    work.close()
    return fired


def _fire_level(work: Casework, clock: Clock, level: escalation.Level) -> bool:
    task = clock.task
    state = {
        "is_claimed": task is not None and task.meant_for.assignee_id is not None,
        "urgency": task.urgency if task is not None else work.instance.urgency,
        "data": work.instance.data,
    }
    if not level.applies(**state):
        return False
    LevelFired.objects.create(clock=clock, generation=clock.generation, level=level.number, fired_at=work.at)
    facts: dict[str, Any] = {
        "step": task.step_key if task else "",
        "level": level.number,
        "name": level.name,
        "clock": str(clock.kind),
        "recipients": [],
        "acts": [str(act.do) for act in level.acts],
    }
    if task is not None:
        task.escalation_level = max(task.escalation_level, level.number)
        task.save(update_fields=["escalation_level"])
    ending = [act for act in level.acts if act.do is Do.OUTCOME]
    for act in [act for act in level.acts if act.do is not Do.OUTCOME]:
        facts["recipients"] += _act(work, clock, level, act)
    work.record(events.Kind.ESCALATED, task=task, facts=facts)
    for act in ending:
        _choose(work, task, act)
    return True


def _act(work: Casework, clock: Clock, level: escalation.Level, act: Act) -> list[int]:
    """Do one act; returns who is told."""
    task = clock.task
    if act.do is Do.NOTIFY:
        return _tell(work, clock, level, act)
    if act.do is Do.COMMENT:
        work.record(events.Kind.COMMENTED, task=task, personal={"text": act.text})
    elif act.do is Do.RAISE:
        judging.raise_by_one(work, clock)
    elif act.do is Do.REASSIGN and task is not None:
        _reassign(work, task, act)
    return []


def _tell(work: Casework, clock: Clock, level: escalation.Level, act: Act) -> list[int]:
    holder = clock.task.meant_for if clock.task is not None else None
    found = told(act.whom, holder, work.instance, read_staff())
    if not found and not work.instance.is_trial:
        _note_nobody(work, clock)
    work.notices += outbox.notice(
        "overdue" if work.at >= clock.due_at else "reminder",
        recipients=found.users,
        addresses=found.addresses,
        key=f"level:{clock.pk}:{clock.generation}:{level.number}",
        at=work.at,
        instance=work.instance,
        task=clock.task,
        data={"level": level.number, "name": level.name, "clock": str(clock.kind)},
    )
    for user_id in found.users:
        work.grant(user_id=user_id)
    return list(found.users)


def _note_nobody(work: Casework, clock: Clock) -> None:
    """As in a sweep: somebody has to say who is to be told."""
    task = clock.task
    incidents.open_incident(
        work.instance,
        "nobody_told",
        at=work.at,
        token_id=task.token_id if task else 0,
        step_key=task.step_key if task else "",
    )


def _reassign(work: Casework, task: Task, act: Act) -> None:
    """Give the task to the lead, the pool, a person, or who has the fewest; four eyes hold here too."""
    if task.is_trial:
        _note_reassigned(work, task, act)
        return
    person_id = _receiver(work, task, act)
    if act.to != "pool" and (person_id is None or person_id == task.assignee_id):
        return
    if person_id is not None and assignment.conflict(
        work.version, work.instance, task, frozenset({person_id})
    ):
        return
    former, task.assignee_id = task.assignee_id, person_id
    task.assignment_reason = {"code": "escalated"}
    task.lock_version += 1
    task.save(update_fields=["assignee", "assignment_reason", "lock_version"])
    taskrows.note_holder(work, task)
    work.grant(user_id=person_id, team_id=task.team_id)
    facts = {"step": task.step_key, "from": former, "to_user": person_id, "to_team": task.team_id}
    work.record(events.Kind.REASSIGNED, task=task, facts=facts)
    work.tell_assignee(task)


def _note_reassigned(work: Casework, task: Task, act: Act) -> None:
    """In a trial it stays its starter's; who would have it now is kept in its reason."""
    team_id, former = task.meant_for
    person_id = _receiver(work, task, act)
    if act.to != "pool" and (person_id is None or person_id == former):
        return
    task.assignment_reason = {**task.assignment_reason, "person": person_id, "why": {"code": "escalated"}}
    task.lock_version += 1
    task.save(update_fields=["assignment_reason", "lock_version"])
    facts = {"step": task.step_key, "from": former, "to_user": person_id, "to_team": team_id}
    work.record(events.Kind.REASSIGNED, task=task, facts=facts)
    work.tell_assignee(task)


def _receiver(work: Casework, task: Task, act: Act) -> int | None:
    if act.to == "lead":
        leads = recipients.leads_of(task.meant_for, work.instance, read_staff())
        return leads[0] if leads else None
    if act.to == "fewest_open":
        return assignment.fewest_open(work.version, work.instance, task)
    if act.to.startswith(PERSON):
        email = act.to.removeprefix(PERSON)
        person = User.objects.active().filter(email=email).first()
        return person.pk if person and policy.may_receive(person, task) else None
    return None


def _choose(work: Casework, task: Task | None, act: Act) -> None:
    """Choose an outcome of the clock (also one made for this level alone) as the system."""
    step = work.version.steps[task.step_key] if task else None
    outcome = step.outcome(act.key) if step else None
    if task is None or outcome is None or not outcome.is_clock:
        return
    if work.instance.state != ProcessInstance.State.RUNNING:
        # A legal deadline is watched in a suspended case, too; but there no token moves.
        return
    facts: dict[str, Any] = {"step": task.step_key, "outcome": outcome.key}
    skipped = taskrows.skipped_gates(work, [task])
    if skipped:
        facts["gates_skipped"] = skipped
    if outcome.is_interrupting:
        task.complete(outcome=outcome.key, by=None, acting_for=None, at=work.at)
        task.lock_version += 1
        task.save(update_fields=["state", "outcome_key", "ended_at", "lock_version"])
        schedule.stop([task.pk])
    event = engine.Clock(outcome.key)
    moving.advance(work, task.token_id, event, events.Kind.TIMED, task=task, facts=facts)
