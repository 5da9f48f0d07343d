"""Reacts to time: fires the levels of clocks that are due, each once however many sweeps run.

A sweep takes due clocks in batches, locks their root cases with SKIP LOCKED (it never waits for a click),
then re-reads and judges under the lock. Levels that mark and tell are written for the whole batch at once.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from django.db import connection, transaction

from people.models import Membership
from people.scope import SYSTEM
from processes.models import ProcessInstance
from processes.runtime import database_now
from tasks import events, failpoints, outbox, plans
from tasks.models import Clock, Heartbeat, LevelFired, Notification, Task
from tasks.plans import Action, Level

logger = logging.getLogger(__name__)

BATCH = 500
BATCH_SQLITE = 50
"""Clocks per transaction; on SQLite a writing transaction keeps everybody else from writing."""
PUSHED_AHEAD = dt.timedelta(hours=1)
"""How far a clock whose levels raise is put off, so that it can't hold the sweep up."""


@dataclass
class Sweep:
    """What one sweep did."""

    clocks: int = 0
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
    """Rows to be written for the clocks of one batch."""

    at: dt.datetime
    fired: list[LevelFired] = field(default_factory=list)
    entries: list[events.Entry] = field(default_factory=list)
    notices: list[Notification] = field(default_factory=list)
    overdue: list[int] = field(default_factory=list)
    levels: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    clocks: dict[tuple[int, dt.datetime | None], list[int]] = field(default_factory=lambda: defaultdict(list))
    instances: dict[int, ProcessInstance] = field(default_factory=dict)


def sweep(*, at: dt.datetime | None = None, most: int | None = None) -> Sweep:
    """Fire everything that is due at `at` (default: the database's clock), at most `most` clocks.

    Writes LevelFired, overdue marks, events, notifications, the clocks' next moments, and the sign of life.
    """
    moment = at or database_now()
    done, size = Sweep(), BATCH if connection.vendor == "postgresql" else BATCH_SQLITE
    seen = 0
    while most is None or done.clocks + done.failed < most:
        ids = _due(moment, size, after=seen)
        if not ids:
            break
        seen = ids[-1]
        done.add(_sweep_batch(ids, moment))
    _show_life(moment, done)
    return done


def _due(at: dt.datetime, size: int, *, after: int) -> list[int]:
    """Ids of due clocks; one indexed query. `after` keeps clocks whose case is locked from coming again."""
    rows = Clock.objects.filter(wake_at__lte=at, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:size])


def _sweep_batch(ids: Sequence[int], at: dt.datetime) -> Sweep:
    try:
        with transaction.atomic():
            return _fire(ids, at)
    except Exception:
        if len(ids) == 1:
            logger.exception("clock %s", ids[0])
            Clock.objects.filter(pk=ids[0]).update(wake_at=at + PUSHED_AHEAD)
            return Sweep(failed=1)
        logger.warning("a batch of %s clocks raised; taking them one by one", len(ids))
    total = Sweep()
    for one in ids:
        total.add(_sweep_batch([one], at))
    return total


def _fire(ids: Sequence[int], at: dt.datetime) -> Sweep:
    roots = _lock_roots(ids)
    clocks = (
        Clock.objects.filter(pk__in=ids, root_id__in=roots, wake_at__lte=at)
        .select_related("task", "instance__definition")
        .order_by("pk")
    )
    batch, done = _Batch(at), Sweep()
    leads = _leads_by_team()
    for clock in clocks:
        done.clocks += 1
        _judge(clock, batch, leads)
    failpoints.reach("sweep-before-insert")
    _write(batch)
    done.overdue, done.escalated = len(batch.overdue), sum(map(len, batch.levels.values()))
    done.notices = len(batch.notices)
    return done


def _lock_roots(ids: Sequence[int]) -> set[int]:
    """Lock the cases of these clocks; those somebody else holds are left for the next tick."""
    rows = ProcessInstance.objects.filter(pk__in=Clock.objects.filter(pk__in=ids).values("root_id"))
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk")
    return set(locked.values_list("pk", flat=True))


def _judge(clock: Clock, batch: _Batch, leads: dict[int, list[int]]) -> None:
    task = clock.task
    instance = batch.instances.setdefault(clock.instance_id, clock.instance)
    if task is None or not task.is_open or instance.state != ProcessInstance.State.RUNNING:
        batch.clocks[clock.next_level, None].append(clock.pk)
        return
    levels = plans.levels(clock.plan)
    index = clock.next_level
    while index < len(levels) and levels[index].at <= batch.at:
        _fire_level(clock, task, instance, levels[index], batch, leads)
        index += 1
    batch.clocks[index, plans.wake_at(clock.plan, index)].append(clock.pk)


def _fire_level(
    clock: Clock,
    task: Task,
    instance: ProcessInstance,
    level: Level,
    batch: _Batch,
    leads: dict[int, list[int]],
) -> None:
    batch.fired.append(
        LevelFired(clock=clock, generation=clock.generation, level=level.number, fired_at=batch.at)
    )
    if Action.MARK_OVERDUE in level.actions:
        batch.overdue.append(task.pk)
        _record(batch, instance, events.Kind.OVERDUE, task, {"due_at": events.instant(clock.due_at)})
    if Action.TELL_LEADS in level.actions:
        recipients = _recipients(task, instance, leads)
        batch.levels[level.number].append(task.pk)
        _record(
            batch, instance, events.Kind.ESCALATED, task, {"level": level.number, "recipients": recipients}
        )
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
    """The leads of the task's team, else of the owning team, else the process owner: somebody is told."""
    definition = instance.definition
    found = (task.team_id and leads.get(task.team_id)) or leads.get(definition.owner_team_id)
    return list(found or ([definition.owner_id] if definition.owner_id else []))


def _write(batch: _Batch) -> None:
    LevelFired.objects.bulk_create(batch.fired)
    Task.objects.filter(pk__in=batch.overdue, overdue_at__isnull=True).update(overdue_at=batch.at)
    for level, task_ids in batch.levels.items():
        Task.objects.filter(pk__in=task_ids).update(escalation_level=level)
    for (next_level, wake_at), clock_ids in batch.clocks.items():
        Clock.objects.filter(pk__in=clock_ids).update(next_level=next_level, wake_at=wake_at)
    events.write(batch.entries)
    if batch.notices:
        outbox.put(batch.notices)
    _write_heads(entry.event.instance for entry in batch.entries)


def _write_heads(instances: Iterable[ProcessInstance]) -> None:
    changed = {instance.pk: instance for instance in instances}
    ProcessInstance.objects.bulk_update(changed.values(), ["event_seq", "head_hash"], batch_size=BATCH)


def _show_life(at: dt.datetime, done: Sweep) -> None:
    """One upsert."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name="tick", at=at, detail=asdict(done))],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )
