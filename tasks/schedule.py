"""Keeps clocks in step with cases: started, stopped, paused, resumed, moved, found anew.

All functions run inside the transaction of the change, under the lock of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q

from people import calendars, worktime
from people.calendars import Calendars
from processes import escalation
from processes.escalation import Act, Do, Level, Snapshot, Whom
from processes.models import DeadlineRule, ProcessInstance
from processes.moments import NAMED, Anchors
from processes.nets import CompiledVersion, DeadlineInfo
from tasks import dues, tokenclocks
from tasks.dues import Due
from tasks.models import NEVER, Clock, LevelFired, Task

WARNING = 90
"""Number of the level that says when a legal deadline has to be begun with (Vorfrist)."""


# -- starting and stopping -----------------------------------------------------------------------------------


def date_tasks(
    version: CompiledVersion, tasks: Iterable[Task], *, stamp: Any = calendars.UNREAD
) -> list[Clock]:
    """Set the deadlines of tasks not yet stored; returns their clocks: until when they are done, and taken
    over. One statement if any of them has a deadline; none if the `stamp` of calendars was read before."""
    dated = [task for task in tasks if version.steps[task.step_key].deadlines]
    if not dated:
        return []
    known = calendars.current(stamp)
    return [clock for task in dated for clock in _task_clocks(version, task, known)]


def _task_clocks(version: CompiledVersion, task: Task, known: Calendars) -> Iterator[Clock]:
    solution = _begun(_new_clock(task.instance, task, Clock.Kind.SOLUTION), version, known)
    if solution is not None:
        task.due_at = task.due_sort_at = solution.due_at
        yield solution
    if task.meant_for.assignee_id is None:
        reaction = _begun(_new_clock(task.instance, task, Clock.Kind.REACTION), version, known)
        if reaction is not None:
            yield reaction


def _new_clock(instance: ProcessInstance, task: Task | None, kind: Clock.Kind) -> Clock:
    """A clock that begins with its task or case; whose calendar counts is settled with it."""
    team_id, user_id = task.meant_for if task else (None, None)
    return Clock(
        instance=instance,
        root_id=instance.root_id or instance.pk,
        task=task,
        kind=kind,
        started_at=task.created_at if task else instance.started_at,
        for_team_id=team_id or instance.definition.owner_team_id,
        for_user_id=user_id,
        for_urgency=_urgency(instance, task),
    )


def _urgency(instance: ProcessInstance, task: Task | None) -> int:
    return task.urgency if task else instance.urgency


def _begun(clock: Clock, version: CompiledVersion, known: Calendars | None = None) -> Clock | None:
    """A new clock with its deadline and plan; None while its rules give none. Writes nothing."""
    due = due_of_clock(clock, version, known=known)
    if due is None:
        return None
    clock.due_at, clock.is_legal, clock.is_final = due.at, due.is_legal, due.rule.is_final
    clock.plan = _plan_of(clock, version, due.at, due.warn_at, known=known)
    _wake(clock)
    return clock


def start(clocks: list[Clock]) -> None:
    """Write the clocks of tasks that are stored now, in one statement."""
    for clock in clocks:
        clock.task = clock.task
    if clocks:
        Clock.objects.bulk_create(clocks)


def snapshot(
    levels: Iterable[Level],
    started_at: dt.datetime,
    due_at: dt.datetime,
    warn_at: dt.datetime | None,
    calendar: worktime.Calendar,
) -> Snapshot:
    """The plan a clock holds: its levels, the mark of the deadline, and for a legal one when to begin.

    Raises LevelError, NeverOpen.
    """
    plan = escalation.snapshot(levels, started_at, due_at, calendar)
    if warn_at is not None and warn_at < due_at:
        act = Act(Do.NOTIFY, (Whom.ASSIGNEE, Whom.TEAM))
        timed = escalation.Timed(Level(WARNING, "Vorfrist", acts=(act,)), max(warn_at, started_at))
        plan = sorted([*plan, timed.to_json()], key=lambda row: (row["at"], row["level"]))
    return plan


def start_case(version: CompiledVersion, instance: ProcessInstance) -> None:
    """Write the clock of the whole case, if its version has a deadline for it and there is none yet."""
    if not version.deadlines or instance.due_at is not None:
        return
    clock = _begun(_new_clock(instance, None, Clock.Kind.CASE), version, calendars.current())
    if clock is not None:
        instance.due_at = clock.due_at
        clock.save()


def stop(task_ids: Iterable[int]) -> None:
    """The tasks are over: their clocks have nothing more to do (one statement)."""
    Clock.objects.filter(task_id__in=list(task_ids)).update(wake_at=None)


def follow_holder(task: Task, version: CompiledVersion, *, at: dt.datetime) -> None:
    """Somebody has the task now, or nobody any more: its reaction time is over, or goes on as if it had never
    stopped; what it passed meanwhile is said at the next tick. None or a few statements."""
    if not version.steps[task.step_key].has_reaction_time:
        return
    clocks = Clock.objects.filter(task=task, kind=Clock.Kind.REACTION)
    if task.assignee_id is not None:
        clocks.update(wake_at=None)
        return
    for clock in clocks:
        clock.instance, clock.task = task.instance, task
        change = found_anew(clock, version)
        if change is not None:
            apply(change, version, at=at)
        _wake(clock)
        clock.save(update_fields=["wake_at"])


def follow_up(task: Task, moment: dt.datetime) -> None:
    """Write when a task that is put off comes back (one statement)."""
    Clock.objects.update_or_create(
        task=task,
        kind=Clock.Kind.FOLLOW_UP,
        defaults={
            "instance_id": task.instance_id,
            "root_id": task.root_id,
            "due_at": moment,
            "wake_at": moment,
        },
    )


def stop_case(instance: ProcessInstance) -> None:
    """The case is over (one statement, if it has a deadline)."""
    if instance.due_at is None:
        return
    Clock.objects.filter(instance=instance, kind=Clock.Kind.CASE).update(wake_at=None)


# -- pausing and resuming ------------------------------------------------------------------------------------


def pause(instance: ProcessInstance, version: CompiledVersion, *, at: dt.datetime) -> None:
    """The case is suspended: its clocks keep the working seconds they still have, and fire nothing. Legal
    deadlines run on, as the law does not wait; where another rule of the same task gave an earlier one, the
    legal one counts now."""
    _pause(_open_clocks(instance), version, at)


def pause_task(task: Task, version: CompiledVersion, *, at: dt.datetime) -> None:
    """The task waits for somebody outside: its deadlines rest; legal ones and clock outcomes do not."""
    _pause(_clocks_of(task), version, at)


def _clocks_of(task: Task) -> list[Clock]:
    rows = list(Clock.objects.filter(task=task).exclude(kind=Clock.Kind.FOLLOW_UP))
    for clock in rows:
        clock.instance, clock.task = task.instance, task
    return rows


def _pause(clocks: list[Clock], version: CompiledVersion, at: dt.datetime) -> None:
    clocks = [clock for clock in clocks if clock.paused_at is None]
    known = calendars.current() if clocks else None
    for clock in clocks:
        clock.paused_at = at
        _wake(clock)
        _keep_remaining(clock, known)
    Clock.objects.bulk_update(clocks, ["remaining", "paused_at", "wake_at"])
    _weigh_law(clocks, version, at)


def _weigh_law(clocks: Iterable[Clock], version: CompiledVersion, at: dt.datetime) -> None:
    """A rest has begun or ended: of legal and other rules for one deadline another one may count now."""
    for clock in clocks:
        if clock.kind not in MOVING and clock.due_at > at:
            laws = {rule.term is not None for rule in rules_of_clock(clock, version)}
            change = found_anew(clock, version) if len(laws) > 1 else None
            if change is not None:
                apply(change, version, at=at)


def _rests(clock: Clock) -> bool:
    """Whether it does not run; a legal one does also while its case or task stands still."""
    return clock.paused_at is not None and not clock.is_legal


def _keep_remaining(clock: Clock, known: Calendars | None = None) -> None:
    """While it rests: the working seconds left from then on."""
    clock.remaining = None
    if clock.paused_at is not None and _rests(clock) and clock.due_at != NEVER:
        calendar = dues.calendar_of_clock(clock, known=known)
        clock.remaining = worktime.seconds_between(clock.paused_at, clock.due_at, calendar)


def resume(instance: ProcessInstance, version: CompiledVersion, *, at: dt.datetime) -> None:
    """The case goes on: what had not happened yet is as far away, in working time, as when it was paused.

    That holds for deadlines and for escalation levels alike. A deadline missed before the pause stays missed;
    what hangs on a date stays where it is. Tasks that wait for somebody outside rest on.
    """
    clocks = [clock for clock in _open_clocks(instance) if not (clock.task and clock.task.is_paused)]
    _resume(clocks, version, at)


def resume_task(task: Task, version: CompiledVersion, *, at: dt.datetime) -> None:
    """What the task waited for has come: its deadlines go on, while its case is suspended with that."""
    if task.instance.state != ProcessInstance.State.SUSPENDED:
        _resume(_clocks_of(task), version, at)


def _resume(clocks: list[Clock], version: CompiledVersion, at: dt.datetime) -> None:
    clocks = [clock for clock in clocks if clock.paused_at is not None]
    known = calendars.current() if clocks else None
    for clock in clocks:
        _continue(clock, at, dues.calendar_of_clock(clock, known=known))
    fields = ["due_at", "plan", "wake_at", "remaining", "paused_at", "paused_seconds"]
    Clock.objects.bulk_update(clocks, fields)
    _write_due(clocks)
    _weigh_law(clocks, version, at)


def _continue(clock: Clock, at: dt.datetime, calendar: worktime.Calendar) -> None:
    paused_at = clock.paused_at or at
    stays = clock.is_legal or clock.rule.get("basis") in tokenclocks.DATED
    seconds = max(0, worktime.seconds_between(paused_at, at, calendar))

    def later(moment: dt.datetime) -> dt.datetime:
        if stays or moment <= paused_at or moment == NEVER:
            return moment
        found = worktime.add_seconds(moment, seconds, calendar) if seconds else moment
        # At a closing time before it goes on there is as much left as at the next opening.
        return found if found > at else worktime.next_opening(at, calendar)

    if clock.due_at > paused_at:
        clock.paused_seconds += seconds
    clock.due_at = later(clock.due_at)
    clock.remaining = clock.paused_at = None
    if clock.kind not in MOVING:
        clock.plan = escalation.moved(clock.plan, clock.next_level, later)
    _wake(clock)


def _wake(clock: Clock) -> None:
    """When the clock is to be looked at next; not while it rests."""
    if _rests(clock) or clock.due_at == NEVER:
        clock.wake_at = None
    elif clock.kind in MOVING:
        clock.wake_at = None if clock.next_level else clock.due_at
    else:
        clock.wake_at = escalation.wake_at(clock.plan, clock.next_level)


MOVING = tokenclocks.KINDS | {Clock.Kind.FOLLOW_UP}
"""Kinds of clocks without a plan."""


IN_USE = (
    Q(task__state=Task.State.OPEN, kind=Clock.Kind.SOLUTION)
    | Q(task__state=Task.State.OPEN, kind=Clock.Kind.REACTION, task__assignee__isnull=True)
    | Q(task__state=Task.State.OPEN, kind=Clock.Kind.REACTION, task__is_trial=True)
    | Q(kind=Clock.Kind.CASE)
)
"""Deadlines that still mean something; the reaction time of a task somebody has does not. (In a trial every
task is its starter's.)"""


def is_in_use(clock: Clock) -> bool:
    """As `IN_USE`, of one deadline of a task."""
    task = clock.task
    if task is None or not task.is_open:
        return False
    return clock.kind != Clock.Kind.REACTION or task.is_trial or task.assignee_id is None


def _open_clocks(instance: ProcessInstance) -> list[Clock]:
    """Those of the case and its open tasks, waits and outcomes of the clock among them; no follow-ups."""
    of_tasks = Q(task__state=Task.State.OPEN) & ~Q(kind=Clock.Kind.FOLLOW_UP)
    rows = Clock.objects.filter(of_tasks | Q(kind=Clock.Kind.CASE), instance=instance)
    return _of_case(instance, [*rows.select_related("task").order_by("pk"), *tokenclocks.of(instance)])


def _of_case(instance: ProcessInstance, clocks: list[Clock]) -> list[Clock]:
    for clock in clocks:
        clock.instance = instance
        if clock.task is not None:
            clock.task.instance = instance
    return clocks


def _write_due(clocks: Iterable[Clock]) -> None:
    """Copy new deadlines to the rows that lists sort by."""
    tasks: list[Task] = []
    for clock in clocks:
        due_at = None if clock.due_at == NEVER else clock.due_at
        if clock.kind == Clock.Kind.CASE:
            clock.instance.due_at = due_at
            ProcessInstance.objects.filter(pk=clock.instance_id).update(due_at=due_at)
        elif clock.task is not None and clock.kind == Clock.Kind.SOLUTION:
            clock.task.due_at, clock.task.due_sort_at = due_at, clock.due_at
            tasks.append(clock.task)
    Task.objects.bulk_update(tasks, ["due_at", "due_sort_at"])


# -- moving and finding anew ---------------------------------------------------------------------------------


def move(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    *,
    warn_at: dt.datetime | None = None,
    at: dt.datetime,
) -> None:
    """Somebody entitled has set another deadline: a new generation, whose levels begin after `at`. It is
    meant as it was set: of a pause only what comes after `at` is added to it."""
    clock.is_moved = True
    if clock.paused_at is not None:
        clock.paused_at = at
    _renew(clock, version, due_at, warn_at=warn_at, skips=lambda moment: moment <= at)


def extend(clock: Clock, version: CompiledVersion, seconds: int, *, at: dt.datetime) -> None:
    """Give a deadline back working seconds it has lost: a new generation, whose levels begin after `at`.

    They count like those of a pause, so that the deadline can still be found anew.
    """
    due_at = worktime.add_seconds(clock.due_at, seconds, dues.calendar_of_clock(clock))
    clock.paused_seconds += seconds
    _renew(clock, version, due_at, skips=lambda moment: moment <= at)


def _renew(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    *,
    warn_at: dt.datetime | None = None,
    skips: Callable[[dt.datetime], bool],
) -> None:
    """Begin a new generation with another deadline; levels at moments it skips count as over."""
    clock.plan = _plan_of(clock, version, due_at, warn_at)
    clock.due_at = due_at
    clock.generation += 1
    clock.next_level = sum(skips(one.at) for one in escalation.timed_levels(clock.plan))
    _wake(clock)
    _keep_remaining(clock)
    clock.save()
    _write_due([clock])


def _plan_of(
    clock: Clock,
    version: CompiledVersion,
    due_at: dt.datetime,
    warn_at: dt.datetime | None,
    *,
    known: Calendars | None = None,
) -> Snapshot:
    task, instance = clock.task, clock.instance
    step = version.steps[task.step_key] if task else None
    levels = version.plan(step, _urgency(instance, task))
    started_at = clock.started_at or instance.started_at
    return snapshot(levels, started_at, due_at, warn_at, dues.calendar_of_clock(clock, known=known))


def warned_at(clock: Clock) -> dt.datetime | None:
    """When a legal deadline has to be begun with, as its clock will say or has said."""
    rows = (dt.datetime.fromisoformat(row["at"]) for row in clock.plan if row["level"] == WARNING)
    return next(rows, None)


@dataclass(frozen=True, slots=True)
class Change:
    """A deadline found anew; `due` is what its rules give, None for waits, outcomes of the clock and what
    somebody has moved. `new` is NEVER where it ends, because the date it was counted from is gone."""

    clock: Clock
    old: dt.datetime
    new: dt.datetime
    due: Due | None = None

    @property
    def warn_at(self) -> dt.datetime | None:
        """When to say that a legal one has to be begun with."""
        return self.due.warn_at if self.due else None


def found_anew(clock: Clock, version: CompiledVersion, *, known: Calendars | None = None) -> Change | None:
    """Where a deadline, a wait or an outcome of the clock would be by the rules and calendars of now; None
    where it stays. Writes nothing."""
    if clock.kind in tokenclocks.KINDS:
        moment = tokenclocks.moment_of(clock, known=known)
        return None if moment in (None, clock.due_at) else Change(clock, clock.due_at, moment)
    if clock.is_moved:
        return None
    due = due_of_clock(clock, version, known=known)
    new = due.at if due else NEVER
    return None if new == clock.due_at else Change(clock, clock.due_at, new, due)


def due_of_clock(clock: Clock, version: CompiledVersion, *, known: Calendars | None = None) -> Due | None:
    """What the rules give for a deadline, with the time it has rested."""
    rules = rules_of_clock(clock, version)
    if not rules:
        return None
    anchors, calendar = anchors_of_clock(clock, rules), dues.calendar_of_clock(clock, known=known)
    found = [rested(due, clock, calendar) for due in dues.candidates(rules, anchors, calendar)]
    return dues.pick(_running(clock, found), rules)


def _running(clock: Clock, found: list[Due]) -> list[Due]:
    """What runs of that: while a deadline rests that has not been missed, and the earliest counts, the legal
    ones alone, if there are any."""
    is_ahead = clock.paused_at is not None and (clock.is_legal or clock.due_at > clock.paused_at)
    legal = [due for due in found if due.is_legal]
    if not is_ahead or any(due.rule.is_latest for due in found):
        return found
    return legal or found


def rested(due: Due, clock: Clock, calendar: worktime.Calendar) -> Due:
    """What a rule gives, later by the time the deadline has rested; legal ones do not rest."""
    if due.is_legal or not clock.paused_seconds:
        return due
    at = worktime.add_seconds(due.at, clock.paused_seconds, calendar)
    return replace(due, at=clock.due_at if _is_same(at, clock.due_at, calendar) else at)


def _is_same(closing: dt.datetime, opening: dt.datetime, calendar: worktime.Calendar) -> bool:
    """Whether no working time lies between: what ends at closing time may go on at the next opening."""
    return closing < opening < NEVER and not worktime.seconds_between(closing, opening, calendar)


def rules_of_clock(clock: Clock, version: CompiledVersion) -> list[DeadlineInfo]:
    """The rules a deadline is counted by, as they apply to the urgency of when it began."""
    rules = version.steps[clock.task.step_key].deadlines if clock.task else version.deadlines
    is_reaction = clock.kind == Clock.Kind.REACTION
    kind = DeadlineRule.Kind.REACTION if is_reaction else DeadlineRule.Kind.SOLUTION
    urgency = clock.for_urgency
    return dues.applicable(rules, kind, _urgency(clock.instance, clock.task) if urgency is None else urgency)


def anchors_of_clock(clock: Clock, rules: Iterable[DeadlineInfo]) -> Anchors:
    """What these rules count from."""
    began = clock.started_at or clock.instance.started_at
    return dues.anchors_of(clock.instance, [rule.moment for rule in rules], step_at=began)


def apply(change: Change, version: CompiledVersion, *, at: dt.datetime, keeps: int | None = None) -> None:
    """Write a deadline found anew, in the same generation: the first `keeps` levels (all before the next one)
    are over, whether they fired or were passed by, and never come again."""
    clock = change.clock
    clock.due_at = change.new
    if clock.kind in tokenclocks.KINDS:
        _wake(clock)
        _keep_remaining(clock)
        clock.save(update_fields=["due_at", "wake_at", "remaining"])
        return
    if change.new == NEVER:
        _end(clock)
        return
    _take_over_law(clock, change.due)
    over = clock.plan[: clock.next_level if keeps is None else keeps]
    if change.old <= at < change.new:
        _take_mark_back(clock)
        kept = [row for row in over if row["level"] != escalation.MARK.number]
        clock.next_level -= len(over) - len(kept)
        over = kept
    clock.plan = over + _not_among(over, _plan_of(clock, version, change.new, change.warn_at))
    _rest_or_run(clock, at)
    clock.save()
    _write_due([clock])


def _take_over_law(clock: Clock, due: Due | None) -> None:
    """Whether the law counts it is said by its rule, where one has given it."""
    if due is not None:
        clock.is_legal, clock.is_final = due.is_legal, due.rule.is_final


def _not_among(over: Snapshot, plan: Snapshot) -> Snapshot:
    numbers = {row["level"] for row in over}
    return [row for row in plan if row["level"] not in numbers]


def _rest_or_run(clock: Clock, at: dt.datetime) -> None:
    """A deadline stands still with its case or task."""
    task = clock.task
    is_still = clock.instance.state == ProcessInstance.State.SUSPENDED or (task and task.is_paused)
    clock.paused_at = (clock.paused_at or at) if is_still else None
    _keep_remaining(clock)
    _wake(clock)


def _end(clock: Clock) -> None:
    """No rule gives the deadline any more: it is over until one does, which then is another one."""
    clock.due_at, clock.plan, clock.next_level = NEVER, [], 0
    clock.generation += 1
    clock.is_legal = clock.is_final = False
    clock.wake_at = clock.paused_at = clock.remaining = None
    clock.save()
    if clock.task is not None and clock.kind == Clock.Kind.SOLUTION:
        clock.task.overdue_at, clock.task.escalation_level = None, 0
        clock.task.save(update_fields=["overdue_at", "escalation_level"])
    _write_due([clock])


def _take_mark_back(clock: Clock) -> None:
    """The deadline lies ahead again and is marked when it passes once more; its levels tell nobody twice."""
    fired = LevelFired.objects.filter(clock=clock, generation=clock.generation)
    fired.filter(level=escalation.MARK.number).delete()
    if clock.task is not None and clock.kind == Clock.Kind.SOLUTION:
        clock.task.overdue_at = None
        clock.task.save(update_fields=["overdue_at"])


def judge_anew(
    version: CompiledVersion,
    instance: ProcessInstance,
    task: Task | None,
    was: int,
    *,
    at: dt.datetime,
    firing: Clock | None = None,
) -> list[Change]:
    """The urgency of a task (or of the case) is no longer `was`: deadlines whose rules or plan depend on it
    are counted anew. Returns moved ones.

    Where somebody has changed it they begin anew, with levels from the deadline on that have passed already
    still to fire. Where a level has, that of the clock `firing`, their generation goes on: what is over is
    over.
    """
    changes = []
    for kind in _kinds_judged(version, instance, task, was):
        clock = Clock.objects.filter(instance=instance, task=task, kind=kind).first()
        if clock is None:
            _begin_late(version, instance, task, kind, at)
            continue
        clock = firing if firing is not None and firing.pk == clock.pk else clock
        clock.instance, clock.task = instance, task
        change = _judged(clock, version)
        if change.new == NEVER:
            continue
        if firing is None:
            _renew_judged(change, version, at)
        else:
            apply(change, version, at=at, keeps=clock.next_level + (clock is firing))
        if change.old != change.new:
            changes.append(change)
    return changes


def _kinds_judged(
    version: CompiledVersion, instance: ProcessInstance, task: Task | None, was: int
) -> list[Clock.Kind]:
    """Kinds of deadlines that differ between the urgency of before and now."""
    step = version.steps[task.step_key] if task else None
    rules, now = (step.deadlines, task.urgency) if step and task else (version.deadlines, instance.urgency)
    kinds = [(Clock.Kind.CASE, DeadlineRule.Kind.SOLUTION)]
    if task is not None:
        kinds = [(Clock.Kind.SOLUTION, DeadlineRule.Kind.SOLUTION)]
        kinds += [(Clock.Kind.REACTION, DeadlineRule.Kind.REACTION)] if task.assignee_id is None else []
    has_other_plan = version.plan(step, was) != version.plan(step, now)
    return [
        clock
        for clock, rule in kinds
        if has_other_plan or dues.applicable(rules, rule, was) != dues.applicable(rules, rule, now)
    ]


def _begin_late(
    version: CompiledVersion, instance: ProcessInstance, task: Task | None, kind: Clock.Kind, at: dt.datetime
) -> None:
    """What had no deadline of this kind gets the one for its urgency, if there is one."""
    if task is None:
        start_case(version, instance)
        return
    clock = _begun(_new_clock(instance, task, kind), version)
    if clock is not None:
        _rest_or_run(clock, at)
        clock.save()
        _write_due([clock])


def _judged(clock: Clock, version: CompiledVersion) -> Change:
    """What the rules of the urgency of now make of a deadline. One somebody has moved stays, as does one they
    have nothing for, and a Notfrist unless they give another that comes no later."""
    if clock.is_moved:
        return Change(clock, clock.due_at, clock.due_at)
    former, standing = clock.for_urgency, _notfrist(clock, version)
    clock.for_urgency = _urgency(clock.instance, clock.task)
    due, other = due_of_clock(clock, version), _notfrist(clock, version)
    keeps = standing is None or (other is not None and other <= standing)
    if due is not None and keeps and (due.rule.is_final or not clock.is_final):
        return Change(clock, clock.due_at, due.at, due)
    clock.for_urgency = former
    return Change(clock, clock.due_at, clock.due_at, due_of_clock(clock, version))


def _notfrist(clock: Clock, version: CompiledVersion) -> dt.datetime | None:
    """The earliest deadline of its rules that nobody may move, whether or not it is the one that counts."""
    rules = [rule for rule in rules_of_clock(clock, version) if rule.is_final]
    found = dues.candidates(rules, anchors_of_clock(clock, rules), dues.calendar_of_clock(clock))
    return min((due.at for due in found), default=None)


def _renew_judged(change: Change, version: CompiledVersion, at: dt.datetime) -> None:
    clock, new = change.clock, change.new
    _take_over_law(clock, change.due)
    warn_at = warned_at(clock) if clock.is_moved else change.warn_at
    _renew(clock, version, new, warn_at=warn_at, skips=lambda moment: moment < min(new, at))
    if clock.task is not None and clock.kind == Clock.Kind.SOLUTION and new > at:
        clock.task.overdue_at, clock.task.escalation_level = None, 0
        clock.task.save(update_fields=["overdue_at", "escalation_level"])


def redate(
    instance: ProcessInstance, version: CompiledVersion, keys: Iterable[str], *, at: dt.datetime
) -> list[Change]:
    """Dates of the case have changed, or steps have ended (`keys`): find the moments that hang on them anew.

    Returns moved deadlines.
    """
    tokenclocks.redate(instance, version, keys, at=at)
    kinds = (Clock.Kind.SOLUTION, Clock.Kind.REACTION, Clock.Kind.CASE)
    rows = Clock.objects.filter(Q(task__state=Task.State.OPEN) | Q(kind=Clock.Kind.CASE), kind__in=kinds)
    clocks = _of_case(instance, list(rows.filter(instance=instance).select_related("task")))
    changes = []
    for clock in clocks:
        change = found_anew(clock, version) if clock.task is None or is_in_use(clock) else None
        if change is not None:
            apply(change, version, at=at)
            changes.append(change)
    _date_undated(instance, version, {(clock.task_id, clock.kind) for clock in clocks}, at)
    return changes


def _date_undated(
    instance: ProcessInstance, version: CompiledVersion, known: Collection[Any], at: dt.datetime
) -> None:
    """Deadlines of the case and of open tasks that could not be known so far; `known` = those there are."""
    if (None, Clock.Kind.CASE) not in known:
        start_case(version, instance)
    dated = [step.key for step in version.steps.values() if any(_is_named(rule) for rule in step.deadlines)]
    tasks = list(Task.objects.open().filter(instance=instance, step_key__in=dated)) if dated else []
    for task in tasks:
        task.instance = instance
    clocks = [one for one in date_tasks(version, tasks) if one.task and (one.task.pk, one.kind) not in known]
    for clock in clocks:
        _rest_or_run(clock, at)
    due = [one.task for one in clocks if one.task and one.kind == Clock.Kind.SOLUTION]
    Task.objects.bulk_update(due, ["due_at", "due_sort_at"])
    start(clocks)


def _is_named(rule: DeadlineInfo) -> bool:
    return rule.moment.basis in NAMED
