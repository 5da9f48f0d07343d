"""Reacts to time: fires the levels of clocks that are due, each once however many sweeps run.

A sweep takes due clocks in batches, locks their root cases with SKIP LOCKED (it never waits for a click),
then re-reads and judges under the lock. Levels that mark and tell are written for the whole batch at once.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from people import worktime
from people.scope import SYSTEM
from processes import escalation, runtime
from processes.errors import NoWayOn
from processes.escalation import Act, Do, Timed, Whom
from processes.models import ProcessInstance
from processes.runtime import database_now
from tasks import dues, events, failpoints, incidents, outbox, standstills
from tasks.models import Clock, Heartbeat, LevelFired, Notification, Standstill, Task
from tasks.recipients import Staff, read_staff, told

logger = logging.getLogger(__name__)

BATCH = 500
"""Clocks per transaction."""
BATCH_SQLITE = 50
PAUSE_SQLITE = 0.02
"""Seconds between batches: on SQLite a writing transaction keeps everybody else from writing."""
MOVING = frozenset({Clock.Kind.WAIT, Clock.Kind.TIMEOUT, Clock.Kind.FOLLOW_UP})
"""Kinds of clocks that move tokens, or bring tasks back."""
PUSHED_AHEAD = dt.timedelta(hours=1)
"""How far a clock whose levels raise is put off, so that it can't hold the sweep up."""


@dataclass
class Sweep:
    """What one sweep did. `moved` = waits over and outcomes of the clock; `failed` clocks were put off or
    left for the next tick, and logged."""

    clocks: int = 0
    moved: int = 0
    overdue: int = 0
    escalated: int = 0
    notices: int = 0
    failed: int = 0

    def add(self, other: Sweep) -> None:
        """Count another batch in."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class _Batch:
    """What is known of the clocks of one batch, and the rows to be written for them."""

    at: dt.datetime
    staff: Staff
    known: set[tuple[int, int, int]]
    """Levels that have fired already: clock, generation, level."""
    still: Standstill | None = None
    """A time in which nobody looked at the clock, if this sweep comes after one."""
    fired: list[LevelFired] = field(default_factory=list)
    entries: list[events.Entry] = field(default_factory=list)
    notices: list[Notification] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)
    """Highest level that told somebody, by task."""
    clocks: dict[tuple[int, dt.datetime | None], list[int]] = field(default_factory=lambda: defaultdict(list))
    replanned: list[Clock] = field(default_factory=list)
    instances: dict[int, ProcessInstance] = field(default_factory=dict)
    moving: list[int] = field(default_factory=list)
    """Clocks whose next level assigns, raises or moves: they go one by one afterwards."""
    digests: set[int] = field(default_factory=set)
    """Who is told in one message about everything that became due in a standstill."""


def sweep(
    *, at: dt.datetime | None = None, most: int | None = None, last_tick: dt.datetime | None = None
) -> Sweep:
    """Fire everything that is due at `at` (default: the database's clock); stop after about `most` clocks.

    `last_tick` = when the clock was last looked at (default: its sign of life; not for another `at`); after
    a standstill levels start at the lead. Levels that mark and tell are written a batch at a time; what
    changes more goes one by one through runtime, a transaction each. Writes LevelFired, overdue marks,
    events, notifications, the clocks' next moments, and the sign of life.
    """
    moment = at or database_now()
    still = standstills.notice(moment, last_tick or (standstills.last_tick() if at is None else None))
    done, size = Sweep(), BATCH if connection.vendor == "postgresql" else BATCH_SQLITE
    batch = _due(moment, size)
    while batch:
        done.add(_sweep_batch([pk for pk, _, kind in batch if kind not in MOVING], moment, still))
        for pk in [pk for pk, _, kind in batch if kind in MOVING]:
            done.add(_move(pk, moment))
        if most is not None and done.clocks + done.failed >= most:
            break
        if connection.vendor != "postgresql":
            time.sleep(PAUSE_SQLITE)
        batch = _due(moment, size, after=batch[-1][:2])
    _show_life(done)
    return done


def _due(
    at: dt.datetime, size: int, *, after: tuple[int, dt.datetime] | None = None
) -> list[tuple[int, dt.datetime, str]]:
    """Due clocks with moment and kind, longest due first; one query over the partial index.

    `after` keeps clocks whose case is locked from coming again.
    """
    rows = Clock.objects.filter(wake_at__lte=at)
    if after is not None:
        pk, moment = after
        rows = rows.filter(wake_at__gte=moment).filter(Q(wake_at__gt=moment) | Q(pk__gt=pk))
    found = rows.order_by("wake_at", "pk").values_list("pk", "wake_at", "kind")[:size]
    return [(pk, moment, kind) for pk, moment, kind in found if moment is not None]


def _move(clock_id: int, at: dt.datetime) -> Sweep:
    """Let one clock move its token; a case somebody else holds is left for the next tick."""
    try:
        return Sweep(clocks=1, moved=int(runtime.reach_moment(clock_id, at=at)))
    except runtime.Busy:
        return Sweep()
    except NoWayOn as error:
        runtime.report_standstill(clock_id, error, at=at)
        return Sweep(failed=1)
    except Exception as error:
        return _put_off(clock_id, at, error)


def _escalate(clock_id: int, at: dt.datetime) -> Sweep:
    """Fire the levels of one clock that change more than marks, in a transaction of its own."""
    try:
        return Sweep(escalated=runtime.fire_levels(clock_id, at=at))
    except runtime.Busy:
        return Sweep()
    except NoWayOn as error:
        runtime.report_standstill(clock_id, error, at=at)
        return Sweep(failed=1)
    except Exception as error:
        return _put_off(clock_id, at, error)


def _sweep_batch(ids: Sequence[int], at: dt.datetime, still: Standstill | None) -> Sweep:
    """Fire a batch; if it raises, its halves, down to the one clock that raises."""
    if not ids:
        return Sweep()
    try:
        with transaction.atomic():
            total, moving = _fire(ids, at, still)
    except Exception as error:
        if len(ids) == 1:
            return _put_off(ids[0], at, error)
        logger.warning("a batch of %s clocks raised %s; halving it", len(ids), type(error).__name__)
        half = len(ids) // 2
        total = _sweep_batch(ids[:half], at, still)
        total.add(_sweep_batch(ids[half:], at, still))
        return total
    for clock_id in moving:
        total.add(_escalate(clock_id, at))
    return total


def _put_off(clock_id: int, at: dt.datetime, error: Exception) -> Sweep:
    """A conflict or a lost connection says nothing against the clock: the next tick tries it again."""
    logger.error("clock %s", clock_id, exc_info=error)
    if not isinstance(error, OperationalError):
        Clock.objects.filter(pk=clock_id, wake_at__lte=at).update(wake_at=at + PUSHED_AHEAD)
    return Sweep(failed=1)


def _fire(ids: Sequence[int], at: dt.datetime, still: Standstill | None) -> tuple[Sweep, list[int]]:
    roots = _lock_roots(ids)
    clocks = (
        Clock.objects.filter(pk__in=ids, root_id__in=roots, wake_at__lte=at)
        .select_related("task", "instance__definition__owner")
        .order_by("wake_at", "pk")
    )
    batch = _Batch(at, read_staff(), _fired_before(ids), still)
    done = Sweep(clocks=len(clocks))
    for clock in clocks:
        _judge(clock, batch)
    failpoints.reach("sweep-before-insert")
    _write(batch)
    done.overdue, done.escalated = len(batch.overdue), len(batch.levels)
    done.notices = len(batch.notices)
    return done, batch.moving


def _lock_roots(ids: Sequence[int]) -> set[int]:
    """Lock the cases of these clocks; those somebody else holds are left for the next tick."""
    rows = ProcessInstance.objects.filter(pk__in=Clock.objects.filter(pk__in=ids).values("root_id"))
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk")
    return set(locked.values_list("pk", flat=True))


def _fired_before(ids: Sequence[int]) -> set[tuple[int, int, int]]:
    rows = LevelFired.objects.filter(clock_id__in=ids)
    return set(rows.values_list("clock_id", "generation", "level"))


def _judge(clock: Clock, batch: _Batch) -> None:
    """Fire what is due of one clock, up to a level that moves something."""
    task = clock.task
    instance = batch.instances.setdefault(clock.instance_id, clock.instance)
    if not _watches(clock, task, instance):
        batch.clocks[clock.next_level, None].append(clock.pk)
        return
    levels = escalation.timed_levels(clock.plan)
    index = clock.next_level
    while index < len(levels) and levels[index].at <= batch.at:
        one = levels[index]
        if (clock.pk, clock.generation, one.level.number) not in batch.known:
            if one.level.is_moving and one.level.applies(**_state(task, instance)):
                batch.moving.append(clock.pk)
                batch.clocks[index, levels[index].at].append(clock.pk)
                return
            if batch.still is not None and _waits_for_the_lead(one, levels, index, batch):
                _hold_higher(clock, levels, index, batch)
                return
            _fire_level(clock, task, instance, one, batch)
        index += 1
    wake_at = levels[index].at if index < len(levels) else None
    batch.clocks[index, wake_at].append(clock.pk)


def _watches(clock: Clock, task: Task | None, instance: ProcessInstance) -> bool:
    """Whether there is still something to watch."""
    if instance.state != ProcessInstance.State.RUNNING:
        return False
    if clock.kind == Clock.Kind.CASE:
        return True
    if clock.kind == Clock.Kind.REACTION and task is not None and task.assignee_id is not None:
        return False
    return task is not None and task.is_open


def _state(task: Task | None, instance: ProcessInstance) -> dict[str, Any]:
    """What the conditions of a level ask about."""
    return {
        "is_claimed": task is not None and task.assignee_id is not None,
        "urgency": task.urgency if task is not None else instance.urgency,
        "data": instance.data,
    }


def _waits_for_the_lead(one: Timed, levels: list[Timed], index: int, batch: _Batch) -> bool:
    """After a standstill: whether a level tells somebody above the lead, and so waits (semantics §3)."""
    still = batch.still
    if still is None or not still.from_at < one.at <= still.until_at:
        return False
    whom = {word for act in one.level.acts for word in act.whom}
    return bool(whom & {Whom.LEADS_LEAD, Whom.OWNER} or any("@" in word for word in whom))


def _hold_higher(clock: Clock, levels: list[Timed], index: int, batch: _Batch) -> None:
    """Put this level and the later ones off by a working day, so that the lead can act first."""
    calendar = dues.calendar_of(clock.instance, at=batch.at)
    until = worktime.add_days(batch.at, settings.STANDSTILL_GRACE_DAYS, calendar)
    clock.plan = escalation.moved(clock.plan, index, lambda moment: max(moment, until))
    clock.next_level, clock.wake_at = index, escalation.wake_at(clock.plan, index)
    batch.replanned.append(clock)


def _fire_level(
    clock: Clock, task: Task | None, instance: ProcessInstance, one: Timed, batch: _Batch
) -> None:
    level = one.level
    if not level.applies(**_state(task, instance)):
        return
    batch.fired.append(
        LevelFired(clock=clock, generation=clock.generation, level=level.number, fired_at=batch.at)
    )
    for act in level.acts:
        if act.do is Do.MARK:
            _mark(clock, task, instance, batch)
        elif act.do is Do.NOTIFY:
            _notify(clock, task, instance, one, act, batch)


def _mark(clock: Clock, task: Task | None, instance: ProcessInstance, batch: _Batch) -> None:
    facts = {"due_at": events.instant(clock.due_at), "clock": str(clock.kind)}
    if task is not None and clock.kind == Clock.Kind.SOLUTION:
        batch.overdue.append(task.pk)
    _record(batch, instance, events.Kind.OVERDUE, task, facts)


def _notify(
    clock: Clock, task: Task | None, instance: ProcessInstance, one: Timed, act: Act, batch: _Batch
) -> None:
    level = one.level
    whom = _from_the_lead_on(act.whom, one, batch)
    found = told(whom, task, instance, batch.staff)
    if not found:
        logger.error("case %s, clock %s: nobody is there to be told", instance.pk, clock.pk)
        incidents.open_incident(
            instance, "nobody_told", at=batch.at, token_id=task.token_id if task else 0,
            step_key=task.step_key if task else "",
        )  # fmt: skip
    if task is not None and one.at >= clock.due_at:
        batch.levels[task.pk] = max(level.number, batch.levels.get(task.pk, 0))
    facts = {"level": level.number, "name": level.name, "clock": str(clock.kind)}
    facts |= {"recipients": list(found.users), "addresses": len(found.addresses)}
    _record(batch, instance, events.Kind.ESCALATED, task, facts)
    if whom is not act.whom:
        batch.digests.update(found.users)
        return
    batch.notices += outbox.notice(
        "overdue" if one.at >= clock.due_at else "reminder",
        recipients=found.users,
        addresses=found.addresses,
        key=f"level:{clock.pk}:{clock.generation}:{level.number}",
        at=batch.at,
        instance=instance,
        task=task,
        data={"level": level.number, "name": level.name, "clock": str(clock.kind)},
    )


def _from_the_lead_on(whom: tuple[str, ...], one: Timed, batch: _Batch) -> tuple[str, ...]:
    """Levels that fell due in a standstill start at the lead, in one message a person."""
    still = batch.still
    if still is None or not still.from_at < one.at <= still.until_at:
        return whom
    return (Whom.LEAD,)


def _record(
    batch: _Batch, instance: ProcessInstance, kind: events.Kind, task: Task | None, facts: Mapping[str, Any]
) -> None:
    facts = {"step": task.step_key if task else "", **facts}
    batch.entries.append(events.append(instance, kind, by=SYSTEM, at=batch.at, task=task, facts=facts))


def _write(batch: _Batch) -> None:
    LevelFired.objects.bulk_create(batch.fired)
    Task.objects.filter(pk__in=batch.overdue, overdue_at__isnull=True).update(overdue_at=batch.at)
    for level in sorted(set(batch.levels.values())):
        task_ids = [task_id for task_id, reached in batch.levels.items() if reached == level]
        Task.objects.filter(pk__in=task_ids).update(escalation_level=level)
    for (next_level, wake_at), clock_ids in batch.clocks.items():
        Clock.objects.filter(pk__in=clock_ids).update(next_level=next_level, wake_at=wake_at)
    Clock.objects.bulk_update(batch.replanned, ["plan", "next_level", "wake_at"])
    events.write(batch.entries)
    _add_digests(batch)
    if batch.notices:
        outbox.put(batch.notices)
    _write_heads(entry.event.instance for entry in batch.entries)


def _add_digests(batch: _Batch) -> None:
    """One message a person about everything that became due in a standstill; a later batch adds nothing."""
    if batch.still is not None:
        batch.notices += outbox.notice(
            "standstill",
            recipients=sorted(batch.digests),
            key=f"standstill:{batch.still.pk}",
            at=batch.at,
            data={"standstill": batch.still.pk},
        )


def _write_heads(instances: Iterable[ProcessInstance]) -> None:
    changed: Collection[ProcessInstance] = {instance.pk: instance for instance in instances}.values()
    ProcessInstance.objects.bulk_update(changed, ["event_seq", "head_hash"], batch_size=BATCH)


def _show_life(done: Sweep) -> None:
    """One upsert, with the real time even where the sweep was asked about another moment."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name="tick", at=Now(), detail=asdict(done))],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )
