"""Reacts to time: fires the levels of clocks that are due, each once however many sweeps run.

A sweep takes due clocks in batches, locks their root cases with SKIP LOCKED (it never waits for a click),
then re-reads and judges under the lock. Levels that mark and tell are written for the whole batch at once.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from people import worktime
from people.scope import SYSTEM
from processes import escalation, runtime
from processes.errors import NoWayOn
from processes.escalation import Act, Do, Timed, Whom
from processes.models import CaseAccess, ProcessInstance
from tasks import bulk, events, failpoints, incidents
from tasks.clocks import standstills, watched
from tasks.clocks.watched import Reader, WatchedCase, WatchedClock, WatchedTask
from tasks.messages import outbox, telling
from tasks.models import Clock, LevelFired, Standstill, Task

logger = logging.getLogger(__name__)

BATCH = 500
"""Clocks per transaction."""
BATCH_SQLITE = 50
PAUSE_SQLITE = 0.02
"""Seconds between batches: on SQLite a writing transaction keeps everybody else from writing."""
MOVING = frozenset({Clock.Kind.WAIT, Clock.Kind.TIMEOUT, Clock.Kind.FOLLOW_UP})
"""Kinds of clocks that move tokens, or bring tasks back."""
TELL_LEAD = Act(Do.NOTIFY, (Whom.LEAD,))
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


@dataclass(frozen=True, slots=True)
class _Look:
    """One sweep's look at the clocks: its moment, and what holds for all its batches."""

    at: dt.datetime
    office: telling.Office
    """With the time in which nobody looked at the clock, if this sweep comes after one."""
    reader: Reader
    root_id: int | None = None
    """The one call tree that is looked at; None: all cases."""


@dataclass(slots=True)
class _Batch:
    """What is known of the clocks of one batch, and the rows to be written for them."""

    look: _Look
    known: set[tuple[int, int, int]]
    """Levels that have fired already: clock, generation, level."""
    done: Sweep
    fired: list[tuple[int, int, int, dt.datetime]] = field(default_factory=list)
    entries: list[events.Entry] = field(default_factory=list)
    notices: list[outbox.Notice] = field(default_factory=list)
    cases: dict[int, WatchedCase] = field(default_factory=dict)
    """Cases with a new head of their chain."""
    opened: dict[int, WatchedCase] = field(default_factory=dict)
    """Cases that somebody who is told could not see."""
    grants: list[tuple[int, int]] = field(default_factory=list)
    """Case, and who may see it from now on."""
    tasks: dict[int, WatchedTask] = field(default_factory=dict)
    """Tasks that were marked or escalated."""
    escalated: set[int] = field(default_factory=set)
    clocks: list[tuple[int, int, dt.datetime | None]] = field(default_factory=list)
    """Clock, its next level and when."""
    replanned: list[tuple[int, escalation.Snapshot, int, dt.datetime | None]] = field(default_factory=list)
    moving: list[int] = field(default_factory=list)
    """Clocks whose next level assigns, raises or moves: they go one by one afterwards."""
    digests: dict[Standstill, set[int]] = field(default_factory=dict)
    """Who is told in one message about everything that became due in a standstill."""


class _Due(NamedTuple):
    """A clock whose moment has come."""

    pk: int
    wake_at: dt.datetime
    kind: str
    root_id: int
    now: dt.datetime
    """The database's clock."""


def sweep(
    *, at: dt.datetime | None = None, most: int | None = None, last_tick: dt.datetime | None = None
) -> Sweep:
    """Fire everything that is due at `at` (default: the database's clock); stop after about `most` clocks.

    `last_tick` = when the clock was last looked at (default: its sign of life; not for another `at`); after
    a standstill levels start at the lead. Levels that mark and tell are written a batch at a time; what
    changes more goes one by one through runtime, a transaction each. Writes LevelFired, overdue marks,
    events, notifications, the clocks' next moments, and the sign of life. With nothing due: two statements.
    """
    done = Sweep()
    first = _due(at or Now())
    if not (first or at or last_tick):
        standstills.show_life_after_nothing(asdict(done))
        return done
    moment = at or (first[0].now if first else runtime.database_now())
    last = last_tick or (standstills.last_tick() if at is None else None)
    stills = standstills.notice(moment, last)
    if first:
        look = _Look(moment, telling.office(moment, stills), Reader())
        _sweep_all(first, look, most, done)
    standstills.show_life(asdict(done))
    return done


def sweep_tree(root_id: int, *, at: dt.datetime) -> Sweep:
    """Fire what of one call tree is due at `at`, as a sweep then would; shows no sign of life. For trials,
    whose clock is put forward."""
    done = Sweep()
    look = _Look(at, telling.office(at), Reader(), root_id=root_id)
    _sweep_all(_due(at, root_id=root_id), look, None, done)
    return done


def _sweep_all(batch: list[_Due], look: _Look, most: int | None, done: Sweep) -> None:
    while batch:
        done.add(_sweep_batch([one for one in batch if one.kind not in MOVING], look))
        for one in batch:
            if one.kind in MOVING:
                done.add(_move(one.pk, look.at))
        if most is not None and done.clocks + done.failed >= most:
            return
        if connection.vendor != "postgresql":
            time.sleep(PAUSE_SQLITE)
        batch = _due(look.at, after=batch[-1], root_id=look.root_id)


def _due(at: dt.datetime | Now, *, after: _Due | None = None, root_id: int | None = None) -> list[_Due]:
    """A batch of due clocks, longest due first; one query over the partial index.

    `after` keeps clocks whose case is locked from coming again.
    """
    rows, size = due_clocks(at), BATCH if connection.vendor == "postgresql" else BATCH_SQLITE
    if root_id is not None:
        rows = rows.filter(root_id=root_id)
    if after is not None:
        later = Q(wake_at__gt=after.wake_at) | Q(pk__gt=after.pk)
        rows = rows.filter(wake_at__gte=after.wake_at).filter(later)
    return [_Due(*row) for row in rows[:size]]


def due_clocks(at: dt.datetime | Now) -> QuerySet[Clock, tuple[Any, ...]]:
    """The question every tick asks: clocks whose moment has come, as `_Due`."""
    rows = Clock.objects.filter(wake_at__lte=at).order_by("wake_at", "pk")
    return rows.values_list("pk", "wake_at", "kind", "root_id", Now())


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


def _escalate(clock_id: int, look: _Look) -> Sweep:
    """Fire the levels of one clock that change more than marks, in a transaction of its own."""
    at = look.at
    try:
        return Sweep(escalated=runtime.fire_levels(clock_id, at=at, stills=look.office.stills))
    except runtime.Busy:
        return Sweep()
    except NoWayOn as error:
        runtime.report_standstill(clock_id, error, at=at)
        return Sweep(failed=1)
    except Exception as error:
        return _put_off(clock_id, at, error)


def _sweep_batch(due: Sequence[_Due], look: _Look) -> Sweep:
    """Fire a batch; if it raises, its halves, down to the one clock that raises."""
    if not due:
        return Sweep()
    try:
        with transaction.atomic():
            batch = _fire(due, look)
    except Exception as error:
        if len(due) == 1:
            return _put_off(due[0].pk, look.at, error)
        logger.warning("a batch of %s clocks raised %s; halving it", len(due), type(error).__name__)
        half = len(due) // 2
        total = _sweep_batch(due[:half], look)
        total.add(_sweep_batch(due[half:], look))
        return total
    failpoints.reach("sweep-between-halves")
    for clock_id in batch.moving:
        batch.done.add(_escalate(clock_id, look))
    return batch.done


def _put_off(clock_id: int, at: dt.datetime, error: Exception) -> Sweep:
    """A conflict or a lost connection says nothing against the clock: the next tick tries it again."""
    logger.error("clock %s", clock_id, exc_info=error)
    if not isinstance(error, OperationalError):
        Clock.objects.filter(pk=clock_id, wake_at__lte=at).update(wake_at=at + PUSHED_AHEAD)
    return Sweep(failed=1)


def _fire(due: Sequence[_Due], look: _Look) -> _Batch:
    roots = _lock_roots({one.root_id for one in due})
    ids = [one.pk for one in due if one.root_id in roots]
    clocks = look.reader.read(ids, look.at)
    batch = _Batch(look, _fired_before(ids), Sweep(clocks=len(clocks)))
    for clock in clocks:
        _judge(clock, batch)
    failpoints.reach("sweep-before-insert")
    _write(batch)
    return batch


def _lock_roots(ids: Iterable[int]) -> set[int]:
    """Lock these cases; those somebody else holds are left for the next tick."""
    rows = ProcessInstance.objects.filter(pk__in=ids)
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).order_by("pk")
    return set(locked.values_list("pk", flat=True))


def _fired_before(ids: Sequence[int]) -> set[tuple[int, int, int]]:
    rows = LevelFired.objects.filter(clock_id__in=ids)
    return set(rows.values_list("clock_id", "generation", "level"))


def _judge(clock: WatchedClock, batch: _Batch) -> None:
    """Fire what is due of one clock, up to a level that moves something."""
    if not clock.is_needed:
        batch.clocks.append((clock.pk, clock.next_level, None))
        return
    index = clock.next_level
    while one := escalation.due_level(clock.plan, index, batch.look.at):
        if (clock.pk, clock.generation, one.level.number) not in batch.known and clock.applies(one.level):
            if standstills.holds_back(batch.look.office.stills, one):
                _notify(clock, one, TELL_LEAD, batch)
                _hold_back(clock, index, batch)
                return
            if one.level.is_moving:
                batch.moving.append(clock.pk)
                break
            _fire_level(clock, one, batch)
        index += 1
    batch.clocks.append((clock.pk, index, escalation.wake_at(clock.plan, index)))


def _hold_back(clock: WatchedClock, index: int, batch: _Batch) -> None:
    """Put this level and the later ones off by a working day, so that the lead can act first."""
    known = batch.look.office.hours.calendars
    calendar = known.from_moment(None, clock.case.definition.owner_team_id, batch.look.at)
    until = worktime.add_days(batch.look.at, settings.STANDSTILL_GRACE_DAYS, calendar)
    plan = escalation.held_back(clock.plan, index, until)
    batch.replanned.append((clock.pk, plan, index, escalation.wake_at(plan, index)))


def _fire_level(clock: WatchedClock, one: Timed, batch: _Batch) -> None:
    batch.fired.append((clock.pk, clock.generation, one.level.number, batch.look.at))
    for act in one.level.acts:
        if act.do is Do.MARK:
            _mark(clock, batch)
        elif act.do is Do.NOTIFY:
            _badge(clock, one, batch)
            _notify(clock, one, act, batch)


def _mark(clock: WatchedClock, batch: _Batch) -> None:
    task = clock.task
    if task is not None and clock.kind == Clock.Kind.SOLUTION:
        task.overdue_at = task.overdue_at or batch.look.at
        batch.tasks[task.pk] = task
        batch.done.overdue += 1
    _record(batch, clock, events.Kind.OVERDUE, {"due_at": events.instant(clock.due_at), "clock": clock.kind})


def _badge(clock: WatchedClock, one: Timed, batch: _Batch) -> None:
    """The highest level that fired after the deadline stands at the task."""
    task = clock.task
    if task is not None and watched.bears_badge(clock, one):
        task.escalation_level = max(task.escalation_level, one.level.number)
        batch.tasks[task.pk] = task
        batch.escalated.add(task.pk)


def _notify(clock: WatchedClock, one: Timed, act: Act, batch: _Batch) -> None:
    task, case = clock.task, clock.case
    message = telling.message(clock, one, act, case, task, batch.look.office)
    if not message.told and not case.is_trial:
        _note_nobody(clock, batch.look.at)
    told = {"recipients": list(message.told.users), "addresses": len(message.told.addresses)}
    _record(batch, clock, events.Kind.ESCALATED, telling.facts_of(clock, one) | told)
    if case.is_trial:
        for unsent in outbox.unsent(message.notices):
            _record(batch, clock, events.Kind.UNSENT, unsent["facts"], unsent["personal"])
        return
    _let_in(case, message.blind, batch)
    batch.notices += message.notices
    if message.still is not None:
        batch.digests.setdefault(message.still, set()).update(message.told.users)


def _let_in(case: WatchedCase, people: list[int], batch: _Batch) -> None:
    """Who is told of a case may see it from now on."""
    if people:
        case.grant(people)
        batch.opened[case.pk] = case
        batch.grants += [(case.pk, user_id) for user_id in people]


def _note_nobody(clock: WatchedClock, at: dt.datetime) -> None:
    """Open an incident: somebody has to say who is to be told."""
    case, task = clock.case, clock.task
    logger.error("case %s, clock %s: nobody is there to be told", case.pk, clock.pk)
    incidents.open_incident(
        ProcessInstance.objects.get(pk=case.pk),
        "nobody_told",
        at=at,
        token_id=task.token_id if task else 0,
        step_key=task.step_key if task else "",
    )


def _record(
    batch: _Batch,
    clock: WatchedClock,
    kind: events.Kind,
    facts: Mapping[str, Any],
    personal: Mapping[str, Any] | None = None,
) -> None:
    task, case = clock.task, clock.case
    facts = {"step": task.step_key if task else "", **facts}
    if case.is_trial and kind in events.TOWARDS_OTHERS:
        facts["trial"] = True
    at = batch.look.at
    entry = events.append(case, kind, by=SYSTEM, at=at, task=task, facts=facts, personal=personal)
    batch.entries.append(entry)
    batch.cases[case.pk] = case


def _write(batch: _Batch) -> None:
    """Everything, a statement a table, whatever the number of clocks."""
    tasks, cases = batch.tasks.values(), batch.cases.values()
    bulk.insert(LevelFired, ("clock_id", "generation", "level", "fired_at"), batch.fired)
    marks = [(task.pk, task.overdue_at, task.escalation_level) for task in tasks]
    bulk.update(Task, ("overdue_at", "escalation_level"), marks)
    bulk.update(Clock, ("next_level", "wake_at"), batch.clocks)
    bulk.update(Clock, ("plan", "next_level", "wake_at"), batch.replanned)
    events.write(batch.entries)
    for still, people in batch.digests.items():
        batch.notices += telling.digest(still, sorted(people), batch.look.office)
    outbox.put(batch.notices)
    bulk.insert(CaseAccess, ("instance_id", "user_id"), batch.grants, skip_known=True)
    bulk.update(ProcessInstance, ("granted",), [(case.pk, case.granted) for case in batch.opened.values()])
    heads = [(case.pk, case.event_seq, case.head_hash) for case in cases]
    bulk.update(ProcessInstance, ("event_seq", "head_hash"), heads)
    batch.done.notices, batch.done.escalated = len(batch.notices), len(batch.escalated)
