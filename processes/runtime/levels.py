"""Escalation levels that change a task or its case: assign, raise the urgency, choose an outcome, comment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from people.models import User
from people.scope import SYSTEM
from processes import assignment, casework, engine, escalation, policy
from processes.casework import Casework, moving, taskrows
from processes.compiledversion import OutcomeInfo
from processes.errors import AlreadyVoted, FourEyes
from processes.escalation import PERSON, Act, Do, Timed
from processes.models import ProcessInstance
from processes.retry import one_transaction
from processes.runtime import judging
from processes.runtime.clocks import end_activity
from processes.runtime.timing import bring_back
from tasks import events, incidents
from tasks.clocks import standstills, watched
from tasks.messages import recipients, telling
from tasks.messages.recipients import read_staff
from tasks.messages.telling import Office
from tasks.models import Clock, LevelFired, Standstill, Task


@one_transaction
def fire_levels(clock_id: int, *, at: dt.datetime, stills: tuple[Standstill, ...] = ()) -> int:
    """Fire the due levels of one clock that assign, raise, choose an outcome or comment, up to the first that
    ends the task, or that waits because it became due in a standstill. Returns how many.

    What a click has changed since the clock was found due is judged under the lock: a clock that rests, or
    has nothing more to watch, fires nothing. Raises casework.Busy, NoWayOn.
    """
    found = Clock.objects.only("instance_id", "root_id").get(pk=clock_id)
    work = casework.lock(found.instance_id, found.root_id, by=SYSTEM, at=at, skip_locked=True)
    clock = Clock.objects.select_related("task").get(pk=clock_id)
    if clock.wake_at is None or clock.wake_at > at:
        return 0
    if clock.task is not None:
        clock.task.instance = work.instance
    known = set(
        LevelFired.objects.filter(clock=clock, generation=clock.generation).values_list("level", flat=True)
    )
    clock.instance = work.instance
    office, fired = telling.office(at, stills), 0
    # Read anew each time: a level that raises the urgency may have timed the later ones anew.
    while (one := _next_level(work, clock)) and not standstills.holds_back(stills, one):
        if one.level.number not in known and watched.applies(one.level, work.instance, clock.task):
            _fire_level(work, clock, one, office)
            fired += 1
        clock.next_level += 1
    is_needed = watched.is_needed(clock, work.instance, clock.task)
    clock.wake_at = escalation.wake_at(clock.plan, clock.next_level) if is_needed else None
    clock.save(update_fields=["next_level", "wake_at"])
    work.close()
    return fired


def _next_level(work: Casework, clock: Clock) -> Timed | None:
    """The next level that is due and acts; what only marks and tells is left to the sweep."""
    if not watched.is_needed(clock, work.instance, clock.task):
        return None
    one = escalation.due_level(clock.plan, clock.next_level, work.at)
    return one if one is not None and one.level.is_moving else None


def _fire_level(work: Casework, clock: Clock, one: Timed, office: Office) -> None:
    """Do what the level says; history keeps what of it has happened."""
    level, task = one.level, clock.task
    LevelFired.objects.create(clock=clock, generation=clock.generation, level=level.number, fired_at=work.at)
    if task is not None and watched.bears_badge(clock, one):
        task.escalation_level = max(task.escalation_level, level.number)
        task.save(update_fields=["escalation_level"])
    told: list[int] = []
    done = [
        act for act in level.acts if act.do is not Do.OUTCOME and _act(work, clock, one, act, office, told)
    ]
    ending = [outcome for act in level.acts if (outcome := _outcome_of(work, clock, act))]
    facts = {
        "step": task.step_key if task else "",
        **telling.facts_of(clock, one),
        "recipients": told,
        "acts": [str(act.do) for act in done] + [str(Do.OUTCOME)] * len(ending),
    }
    work.record(events.Kind.ESCALATED, task=task, facts=facts)
    for outcome in ending:
        _choose(work, task, outcome)


def _act(work: Casework, clock: Clock, one: Timed, act: Act, office: Office, told: list[int]) -> bool:
    """Do one act, and add to `told` whom it tells; whether it has changed or told anything."""
    task = clock.task
    if act.do is Do.NOTIFY:
        people = _tell(work, clock, one, act, office)
        told += people
        return bool(people)
    if act.do is Do.COMMENT:
        work.record(events.Kind.COMMENTED, task=task, personal={"text": act.text})
        return True
    if act.do is Do.RAISE:
        return judging.raise_by_one(work, clock)
    return task is not None and act.do is Do.REASSIGN and _reassign(work, task, act)


def _tell(work: Casework, clock: Clock, one: Timed, act: Act, office: Office) -> list[int]:
    message = telling.message(clock, one, act, work.instance, clock.task, office)
    if not message.told and not work.instance.is_trial:
        _note(work, "nobody_told", clock.task)
    for user_id in message.blind:
        work.grant(user_id=user_id)
    people = list(message.told.users)
    work.notices += message.notices
    if message.still is not None:
        work.notices += telling.digest(message.still, people, office)
    return people


def _note(work: Casework, code: str, task: Task | None) -> None:
    """Open an incident: somebody has to say who is to be told, or to have the task."""
    incidents.open_incident(
        work.instance,
        code,
        at=work.at,
        token_id=task.token_id if task else 0,
        step_key=task.step_key if task else "",
    )


def _reassign(work: Casework, task: Task, act: Act) -> bool:
    """Give the task to the lead, the pool, a person, or who has the fewest; whether it has changed hands.

    The first of them whom four eyes and rights allow. Is there none, an incident says so, and the process
    owner gets it. It stays with whoever is one of them already.
    """
    if act.to == "pool" and task.meant_for.team_id is not None:
        return _give(work, task, None)
    wanted = _receivers(work, task, act)
    if task.meant_for.assignee_id in wanted:
        return False
    person_id = next(_suitable(work, task, wanted), None)
    if person_id is not None or task.is_trial:
        return person_id is not None and _give(work, task, person_id)
    owners = recipients.owners_of(work.instance, read_staff())
    person_id = next(_suitable(work, task, owners), None)
    has_changed = person_id is not None and _give(work, task, person_id)
    _note(work, "nobody_to_have_it", task)
    return has_changed


def _receivers(work: Casework, task: Task, act: Act) -> list[int]:
    """Whom the plan means, in order."""
    if act.to == "lead":
        return recipients.team_leads(task.meant_for, work.instance, read_staff())
    if act.to == "fewest_open":
        person_id = assignment.fewest_open(work.version, work.instance, task)
        return [] if person_id is None else [person_id]
    email = act.to.removeprefix(PERSON)
    return list(User.objects.active().filter(email=email).values_list("pk", flat=True))


def _suitable(work: Casework, task: Task, wanted: list[int]) -> Iterator[int]:
    """Those who may be given the task, judged one by one; a trial excuses everybody."""
    people = User.objects.active().in_bulk(wanted)
    for one in wanted:
        if one in people and policy.may_receive(people[one], task) and _is_apart(work, task, one):
            yield one


def _is_apart(work: Casework, task: Task, person_id: int) -> bool:
    try:
        work.demand_apart(task, frozenset({person_id}))
    except (FourEyes, AlreadyVoted):
        return False
    return True


def _give(work: Casework, task: Task, person_id: int | None) -> bool:
    """Give it to a person, or back to the inbox; where it was put off it is back on the list."""
    team_id, former = task.meant_for
    if person_id == former:
        return False
    task.lock_version += 1
    why = {"code": "escalated"}
    if task.is_trial:
        # It stays its starter's; who would have it now is kept in its reason.
        task.assignment_reason = {**task.assignment_reason, "person": person_id, "why": why}
        task.save(update_fields=["assignment_reason", "lock_version"])
    else:
        task.assignee_id, task.assignment_reason = person_id, why
        task.save(update_fields=["assignee", "assignment_reason", "lock_version"])
        taskrows.note_holder(work, task)
        work.grant(user_id=person_id, team_id=team_id)
    if task.is_hidden:
        bring_back(work, task)
    facts = {"step": task.step_key, "from": former, "to_user": person_id, "to_team": team_id}
    work.record(events.Kind.REASSIGNED, task=task, facts=facts)
    work.tell_assignee(task)
    return True


def _outcome_of(work: Casework, clock: Clock, act: Act) -> OutcomeInfo | None:
    """The outcome of the clock an act chooses, if the step has it; none for not having been taken over yet. A
    legal deadline is watched while its case is suspended or its task waits for somebody outside, but then no
    token moves."""
    task = clock.task
    if task is None or act.do is not Do.OUTCOME or clock.kind == Clock.Kind.REACTION:
        return None
    if work.instance.state != ProcessInstance.State.RUNNING or task.is_paused:
        return None
    step = work.version.steps[task.step_key]
    outcome = step.outcome(act.key)
    return outcome if outcome is not None and outcome.is_clock else None


def _choose(work: Casework, task: Task | None, outcome: OutcomeInfo) -> None:
    """Choose an outcome of the clock (also one made for this level alone) as the system; one that interrupts
    ends the task, or the vote it belongs to."""
    if task is None:
        return
    facts: dict[str, Any] = {"step": task.step_key, "outcome": outcome.key}
    about: Task | None = task
    if outcome.is_interrupting:
        about = end_activity(work, work.version.steps[task.step_key], task.token_id, outcome, facts)
        task.refresh_from_db(fields=["state"])
    event = engine.Clock(outcome.key)
    moving.advance(work, task.token_id, event, events.Kind.TIMED, task=about, facts=facts)
