"""Reacts to time: fires the levels of clocks that are due, each once however many sweeps run.

A sweep takes due clocks in batches, locks their root cases with SKIP LOCKED (it never waits for a click),
then re-reads and judges under the lock. Levels that mark and tell are written for the whole batch at once.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from people.models import Membership
from people.scope import SYSTEM
from processes import runtime
from processes.errors import NoWayOn
from processes.models import ProcessInstance
from processes.runtime import database_now
from tasks import events, failpoints, outbox, plans
from tasks.models import Clock, Heartbeat, LevelFired, Notification, Task
from tasks.plans import Action, Level

logger = logging.getLogger(__name__)

BATCH = 500
"""Clocks per transaction."""
BATCH_SQLITE = 50
PAUSE_SQLITE = 0.02
"""Seconds between batches: on SQLite a writing transaction keeps everybody else from writing."""
MOVING = frozenset({Clock.Kind.WAIT, Clock.Kind.TIMEOUT})
"""Kinds of clocks that move tokens."""
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
    leads: dict[int, list[int]]
    known: set[tuple[int, int, int]]
    """Levels that have fired already: clock, generation, level."""
    fired: list[LevelFired] = field(default_factory=list)
    entries: list[events.Entry] = field(default_factory=list)
    notices: list[Notification] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)
    """Highest level that told somebody, by task."""
    clocks: dict[tuple[int, dt.datetime | None], list[int]] = field(default_factory=lambda: defaultdict(list))
    instances: dict[int, ProcessInstance] = field(default_factory=dict)


def sweep(*, at: dt.datetime | None = None, most: int | None = None) -> Sweep:
    """Fire everything that is due at `at` (default: the database's clock); stop after about `most` clocks.

    Levels that mark and tell are written a batch at a time; what moves tokens goes one by one through
    runtime, a transaction each. Writes LevelFired, overdue marks, events, notifications, the clocks' next
    moments, and the sign of life.
    """
    moment = at or database_now()
    done, size = Sweep(), BATCH if connection.vendor == "postgresql" else BATCH_SQLITE
    batch = _due(moment, size)
    while batch:
        done.add(_sweep_batch([pk for pk, _, kind in batch if kind not in MOVING], moment))
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


def _sweep_batch(ids: Sequence[int], at: dt.datetime) -> Sweep:
    """Fire a batch; if it raises, its halves, down to the one clock that raises."""
    if not ids:
        return Sweep()
    try:
        with transaction.atomic():
            return _fire(ids, at)
    except Exception as error:
        if len(ids) == 1:
            return _put_off(ids[0], at, error)
        logger.warning("a batch of %s clocks raised %s; halving it", len(ids), type(error).__name__)
    half = len(ids) // 2
    total = _sweep_batch(ids[:half], at)
    total.add(_sweep_batch(ids[half:], at))
    return total


def _put_off(clock_id: int, at: dt.datetime, error: Exception) -> Sweep:
    """A conflict or a lost connection says nothing against the clock: the next tick tries it again."""
    logger.error("clock %s", clock_id, exc_info=error)
    if not isinstance(error, OperationalError):
        Clock.objects.filter(pk=clock_id, wake_at__lte=at).update(wake_at=at + PUSHED_AHEAD)
    return Sweep(failed=1)


def _fire(ids: Sequence[int], at: dt.datetime) -> Sweep:
    roots = _lock_roots(ids)
    clocks = (
        Clock.objects.filter(pk__in=ids, root_id__in=roots, wake_at__lte=at)
        .select_related("task", "instance__definition__owner")
        .order_by("wake_at", "pk")
    )
    batch = _Batch(at, leads=_leads_by_team(), known=_fired_before(ids))
    done = Sweep(clocks=len(clocks))
    for clock in clocks:
        _judge(clock, batch)
    failpoints.reach("sweep-before-insert")
    _write(batch)
    done.overdue, done.escalated = len(batch.overdue), len(batch.levels)
    done.notices = len(batch.notices)
    return done


def _lock_roots(ids: Sequence[int]) -> set[int]:
    """Lock the cases of these clocks; those somebody else holds are left for the next tick."""
    rows = ProcessInstance.objects.filter(pk__in=Clock.objects.filter(pk__in=ids).values("root_id"))
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk")
    return set(locked.values_list("pk", flat=True))


def _fired_before(ids: Sequence[int]) -> set[tuple[int, int, int]]:
    rows = LevelFired.objects.filter(clock_id__in=ids)
    return set(rows.values_list("clock_id", "generation", "level"))


def _judge(clock: Clock, batch: _Batch) -> None:
    task = clock.task
    instance = batch.instances.setdefault(clock.instance_id, clock.instance)
    if task is None or not task.is_open or instance.state != ProcessInstance.State.RUNNING:
        batch.clocks[clock.next_level, None].append(clock.pk)
        return
    levels = plans.levels(clock.plan)
    index = clock.next_level
    while index < len(levels) and levels[index].at <= batch.at:
        if (clock.pk, clock.generation, levels[index].number) not in batch.known:
            _fire_level(clock, task, instance, levels[index], batch)
        index += 1
    batch.clocks[index, plans.wake_at(clock.plan, index)].append(clock.pk)


def _fire_level(clock: Clock, task: Task, instance: ProcessInstance, level: Level, batch: _Batch) -> None:
    batch.fired.append(
        LevelFired(clock=clock, generation=clock.generation, level=level.number, fired_at=batch.at)
    )
    if Action.MARK_OVERDUE in level.actions:
        batch.overdue.append(task.pk)
        _record(batch, instance, events.Kind.OVERDUE, task, {"due_at": events.instant(clock.due_at)})
    if Action.TELL_LEADS in level.actions:
        batch.levels[task.pk] = max(level.number, batch.levels.get(task.pk, 0))
        _tell_leads(clock, task, instance, level, batch)


def _tell_leads(clock: Clock, task: Task, instance: ProcessInstance, level: Level, batch: _Batch) -> None:
    recipients = _recipients(task, instance, batch.leads)
    if not recipients:
        logger.error("task %s is overdue and nobody is there to be told", task.pk)
    facts = {"level": level.number, "recipients": recipients}
    _record(batch, instance, events.Kind.ESCALATED, task, facts)
    batch.notices += outbox.notice(
        "overdue",
        recipients=recipients,
        key=f"level:{clock.pk}:{clock.generation}:{level.number}",
        at=batch.at,
        instance=instance,
        task=task,
        data={"level": level.number},
    )


def _record(
    batch: _Batch, instance: ProcessInstance, kind: events.Kind, task: Task, facts: dict[str, object]
) -> None:
    facts = {"step": task.step_key, **facts}
    batch.entries.append(events.append(instance, kind, by=SYSTEM, at=batch.at, task=task, facts=facts))


def _leads_by_team() -> dict[int, list[int]]:
    rows = Membership.objects.filter(role=Membership.Role.LEAD, user__is_active=True).order_by("user_id")
    found: dict[int, list[int]] = defaultdict(list)
    for team_id, user_id in rows.values_list("team_id", "user_id"):
        found[team_id].append(user_id)
    return found


def _recipients(task: Task, instance: ProcessInstance, leads: dict[int, list[int]]) -> list[int]:
    """The leads of the task's team, else of the owning team, else the process owner.

    The owning team's leads only where they may see the case; they could do nothing about it otherwise.
    """
    definition = instance.definition
    if task.team_id and leads.get(task.team_id):
        return list(leads[task.team_id])
    sees = instance.is_public or definition.owner_team_id in instance.granted.get("team", ())
    if sees and leads.get(definition.owner_team_id):
        return list(leads[definition.owner_team_id])
    owner = definition.owner
    return [owner.pk] if owner and owner.is_active else []


def _write(batch: _Batch) -> None:
    LevelFired.objects.bulk_create(batch.fired)
    Task.objects.filter(pk__in=batch.overdue, overdue_at__isnull=True).update(overdue_at=batch.at)
    for level in sorted(set(batch.levels.values())):
        task_ids = [task_id for task_id, reached in batch.levels.items() if reached == level]
        Task.objects.filter(pk__in=task_ids).update(escalation_level=level)
    for (next_level, wake_at), clock_ids in batch.clocks.items():
        Clock.objects.filter(pk__in=clock_ids).update(next_level=next_level, wake_at=wake_at)
    events.write(batch.entries)
    if batch.notices:
        outbox.put(batch.notices)
    _write_heads(entry.event.instance for entry in batch.entries)


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
