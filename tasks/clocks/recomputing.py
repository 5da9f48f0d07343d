"""Open deadlines, waits and scheduled starts after a calendar has changed (G10): what would move, and moving
it outside the request.

A changed calendar leaves a marker row. Whoever comes next (the tick, a worker) works a portion of it: clock
by clock, in a transaction each together with the marker's own count, so that a kill loses and repeats
nothing. Cases somebody else holds come again later. What was being written while the calendar changed may
have counted by the former one, and is not seen before its commit: then all is judged once more after that.
"""

from __future__ import annotations

import datetime as dt
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from people import adminlog, calendars, worktime
from people.calendars import Calendars
from people.models import Setting, Team, User
from people.recurrence import Occurrence
from people.scope import SYSTEM
from processes import nets, runtime
from processes.compiledversion import StepInfo
from processes.models import ProcessInstance, StartSchedule
from tasks import starts
from tasks.clocks import clockrows, clockrules, tokenclocks
from tasks.clocks.clockrules import Change
from tasks.models import Clock

logger = logging.getLogger(__name__)

MARKER = "recompute-"
"""In front of the keys of marker rows (`people.models.Setting`)."""
PORTION = 500
"""Clocks judged in one run."""
WRITING_SINCE = """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_xid IS NOT NULL AND xact_start <= %s
    )
"""
MOST_PREVIEWED = 5_000
"""Clocks judged for a preview; with more open ones it tells at least how many move."""


@dataclass(frozen=True, slots=True)
class Move:
    """A deadline that would move: of which process and step, never of which case (administrators see none).

    `step` is empty for deadlines of whole cases and scheduled starts.
    """

    team: str
    process: str
    step: str
    kind: str
    is_legal: bool
    old: dt.datetime
    new: dt.datetime

    @property
    def days(self) -> int:
        """By how many days, from date to date; below zero it comes earlier."""
        return (timezone.localtime(self.new).date() - timezone.localtime(self.old).date()).days


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of calendars would move. `is_whole`: all open deadlines were looked at.

    `moves` leaves out confidential cases, whose very number tells something; `moves_any` counts them in.
    """

    moves: tuple[Move, ...] = ()
    is_whole: bool = True
    moves_any: bool = False

    def by_team(self) -> list[tuple[str, int, int, int]]:
        """Team, shift in days, how many deadlines, how many of them legal ones."""
        counted = Counter((one.team, one.days) for one in self.moves)
        legal = Counter((one.team, one.days) for one in self.moves if one.is_legal)
        return [(team, days, count, legal[team, days]) for (team, days), count in sorted(counted.items())]


def preview(*, at: dt.datetime | None = None) -> Preview:
    """What the calendars as they stand in this transaction would move, scheduled starts among it. Writes
    nothing."""
    known = calendars.current()
    rows = list(islice(_open_clocks(), MOST_PREVIEWED + 1))
    changes = [one for one in _changes(rows[:MOST_PREVIEWED], known) if one.old != one.new]
    teams = Team.objects.in_bulk()
    moves = [_move(change, teams) for change in changes if not _is_untold(change.clock.instance)]
    schedules = list(_moved_starts(at or timezone.now()))
    moves += [_move_of(row, found) for row, found in schedules if not row.definition.is_confidential]
    ordered = sorted(moves, key=lambda one: (not one.is_legal, one.old, one.new))
    return Preview(tuple(ordered), len(rows) <= MOST_PREVIEWED, bool(changes or schedules))


def _open_clocks(after: int = 0) -> models.QuerySet[Clock]:
    live = Q(instance__state__in=ProcessInstance.LIVE_STATES)
    rows = Clock.objects.filter(live, clockrows.IN_USE | tokenclocks.AHEAD, pk__gt=after)
    return rows.select_related("instance__definition__owner_team", "task__team").order_by("pk")


def _changes(clocks: Iterable[Clock], known: Calendars) -> Iterator[Change]:
    for clock in clocks:
        if clock.task is not None:
            clock.task.instance = clock.instance
        try:
            version = nets.compiled(clock.instance.version_id, nets.AS_PUBLISHED)
            change = clockrules.found_anew(clock, version, known=known)
        except worktime.NeverOpen:
            logger.error("clock %s: its calendar never opens", clock.pk)
            continue
        if change is not None:
            yield change


def _move(change: Change, teams: Mapping[int, Team]) -> Move:
    clock, definition = change.clock, change.clock.instance.definition
    step = _step(clock)
    team = clock.task.team if clock.task else teams.get((step and step.team_id) or 0)
    return Move(
        str(team or definition.owner_team),
        definition.name,
        step.name if step else "",
        clock.get_kind_display(),
        clock.is_legal,
        change.old,
        change.new,
    )


def _step(clock: Clock) -> StepInfo | None:
    """The step a clock watches; None for the whole case."""
    version = nets.compiled(clock.instance.version_id, nets.AS_PUBLISHED)
    if clock.task is not None:
        return version.steps.get(clock.task.step_key)
    return tokenclocks.step_of(clock, version)


def _moved_starts(at: dt.datetime) -> Iterator[tuple[StartSchedule, Occurrence]]:
    rows = StartSchedule.objects.filter(is_active=True, wake_at__gt=at).order_by("pk")
    for row in rows.select_related("definition__owner_team"):
        try:
            found = starts.found_anew(row, at=at)
        except worktime.NeverOpen:
            logger.error("schedule %s: its calendar never opens", row.pk)
            continue
        if found is not None:
            yield row, found


def _move_of(row: StartSchedule, found: Occurrence) -> Move:
    definition, kind = row.definition, gettext("Scheduled start")
    return Move(
        str(definition.owner_team), definition.name, "", kind, False, row.wake_at or found.at, found.at
    )


# -- marker rows ---------------------------------------------------------------------------------------------


@dataclass
class Marker:
    """How far a recomputation has come.

    `moved` counts for the log, without confidential cases; `later` = clocks whose case somebody else held.
    `seen_at` = when the first run saw it, by the clock of the database; `is_crowded` = others wrote then.
    """

    by: int | None
    object_type: str
    object_id: str
    asked_at: str
    after: int = 0
    moved: int = 0
    later: list[int] = field(default_factory=list)
    seen_at: str = ""
    is_crowded: bool = False


def ask(by: User | None, obj: models.Model, *, at: dt.datetime | None = None) -> None:
    """Write down that open deadlines are to be found anew because of a change of `obj`.

    Call it inside the transaction of the change.
    """
    moment = (at or timezone.now()).isoformat()
    marker = Marker(by.pk if by else None, obj._meta.label_lower, str(obj.pk), moment)
    Setting.objects.create(key=f"{MARKER}{uuid.uuid4().hex}", value=asdict(marker))


@dataclass
class Done:
    """What one run did."""

    judged: int = 0
    moved: int = 0
    finished: int = 0


def run(*, at: dt.datetime | None = None, most: int = PORTION) -> Done:
    """Work at most `most` clocks of the recomputations that wait, the oldest first.

    Any number of runs may go on at once: a deadline that has been found anew stays where it is. Writes the
    clocks, their events, the markers, and an AdminEvent when one is finished.
    """
    done = Done()
    for row in sorted(_waiting(), key=lambda one: str(one.value["asked_at"])):
        while done.judged < most and _portion(row.key, min(most - done.judged, PORTION), done, at):
            pass
        if done.judged >= most:
            break
    return done


def is_waiting() -> bool:
    """Whether a change of calendars has not yet reached all open deadlines; one statement."""
    return _markers().exists()


def _waiting() -> list[Setting]:
    return list(_markers())


def _markers() -> models.QuerySet[Setting]:
    return Setting.objects.filter(key__startswith=MARKER)


def _portion(key: str, size: int, done: Done, at: dt.datetime | None) -> bool:
    """Judge the next clocks of one marker; whether there are more to be judged now."""
    marker = _read(key)
    if marker is not None and not marker.seen_at:
        marker = _see(key)
    if marker is None:
        return False
    clocks = list(_open_clocks(marker.after)[:size])
    for change in _changes(clocks, calendars.current()):
        done.moved += _apply(key, change.clock.pk, at)
    done.judged += len(clocks)
    if clocks:
        _update(key, after=clocks[-1].pk)
        return True
    if marker.is_crowded:
        return _begin_again(key, marker)
    _catch_up(key, marker.later, done, at)
    return False


def _see(key: str) -> Marker | None:
    """Write down when the change of calendars was committed at the latest, and whether others write then."""
    now = runtime.database_now()
    is_crowded = _others_write(now)

    def see(marker: Marker) -> None:
        if not marker.seen_at:
            marker.seen_at, marker.is_crowded = now.isoformat(), is_crowded

    return _change(key, see)


def _begin_again(key: str, marker: Marker) -> bool:
    """Judge everything once more, as soon as nobody is left who may have read the former calendars."""
    if _others_write(dt.datetime.fromisoformat(marker.seen_at)):
        return False

    def begin(marker: Marker) -> None:
        if marker.is_crowded:
            marker.is_crowded, marker.after = False, 0

    return _change(key, begin) is not None


def _others_write(since: dt.datetime) -> bool:
    """Whether a transaction that began by then, on the clock of the database, still writes. On SQLite nobody
    does: there one transaction writes at a time."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(WRITING_SINCE, [since])
        return bool(cursor.fetchone()[0])


def _catch_up(key: str, later: list[int], done: Done, at: dt.datetime | None) -> None:
    """At the end scheduled starts, and clocks whose case was held; with none left it is over."""
    moment = at or timezone.now()
    for row, _found in list(_moved_starts(moment)):
        done.moved += _move_start(key, row, moment)
    for clock_id in later:
        done.moved += _apply(key, clock_id, at)
        done.judged += 1
    done.finished += _finish(key, at)


def _apply(key: str, clock_id: int, at: dt.datetime | None) -> bool:
    """Move one deadline and count it, both or neither."""
    try:
        with transaction.atomic():
            has_moved = runtime.recompute(clock_id, by=SYSTEM, at=at)
            _update(key, moved=int(has_moved and not _is_untold_clock(clock_id)), forget=clock_id)
            return has_moved
    except runtime.Busy:
        _update(key, later=clock_id)
    except Exception:
        logger.exception("clock %s could not be found anew", clock_id)
        _update(key, forget=clock_id)
    return False


def _move_start(key: str, row: StartSchedule, at: dt.datetime) -> bool:
    """Move one scheduled start and count it, both or neither."""
    with transaction.atomic():
        has_moved = starts.recompute(row.pk, at=at)
        _update(key, moved=int(has_moved and not row.definition.is_confidential))
        return has_moved


def _is_untold_clock(clock_id: int) -> bool:
    """Whether the log must not even count it."""
    return _is_untold(ProcessInstance.objects.get(clocks=clock_id))


def _is_untold(instance: ProcessInstance) -> bool:
    """Of confidential cases, cases of processes that have become so, and trials nobody else is told."""
    return instance.is_confidential or instance.is_trial or instance.definition.is_confidential


def _read(key: str) -> Marker | None:
    row = Setting.objects.filter(pk=key).first()
    return None if row is None else Marker(**row.value)


def _update(
    key: str, *, after: int = 0, moved: int = 0, later: int | None = None, forget: int | None = None
) -> None:
    """Write progress; it only ever goes on."""

    def go_on(marker: Marker) -> None:
        marker.after = max(marker.after, after)
        marker.moved += moved
        held = [*marker.later, later]
        marker.later = sorted({one for one in held if one is not None and one != forget})

    _change(key, go_on)


def _change(key: str, how: Callable[[Marker], None]) -> Marker | None:
    """Change a marker under its lock; None if it is over."""
    with transaction.atomic():
        row = Setting.objects.select_for_update().filter(pk=key).first()
        if row is None:
            return None
        marker = Marker(**row.value)
        how(marker)
        row.value = asdict(marker)
        row.save(update_fields=["value"])
        return marker


def _finish(key: str, at: dt.datetime | None) -> bool:
    """End a recomputation nothing is left of, with one event: who, because of what, how many moved."""
    with transaction.atomic():
        row = Setting.objects.select_for_update().filter(pk=key).first()
        if row is None:
            return False
        marker = Marker(**row.value)
        if marker.later:
            return False
        row.delete()
        changed: Any = apps.get_model(marker.object_type).objects.filter(pk=marker.object_id).first()
        if changed is not None:
            by = User.objects.filter(pk=marker.by).first()
            changes = {"moved_deadlines": [None, marker.moved]}
            adminlog.record(by, "deadlines_recomputed", changed, changes, at=at)
        return True
