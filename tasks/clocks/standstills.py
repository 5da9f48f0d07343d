"""Signs of life of the clock, times in which nobody looked at it, and what these have cost each deadline
(semantics §3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from people import calendars, worktime
from processes import nets
from processes.compiledversion import CompiledVersion
from processes.escalation import Timed
from processes.models import CaseAccess, ProcessInstance, StartSchedule
from tasks import events
from tasks.clocks import clockrules, dues, rests
from tasks.models import NEVER, Clock, Heartbeat, ProcessEvent, Standstill, Task

REMEMBERED = dt.timedelta(days=1)
"""How long after its end a standstill still explains why levels come late: catching up may take ticks."""
ASKED_FOR = dt.timedelta(days=7)
"""How long after its end leads see what it has cost, and may give it back."""
TICK = "tick"
"""The name of the clock's sign of life."""


def last_tick() -> dt.datetime | None:
    """When the clock last showed that it lives."""
    return Heartbeat.objects.filter(name=TICK).values_list("at", flat=True).first()


def notice(at: dt.datetime, last: dt.datetime | None) -> tuple[Standstill, ...]:
    """The standstills that have just ended or are still being caught up with, the latest first: what one of
    them left over may be met by the next. None while the clock runs.

    Writes a row for a new one (longer than STANDSTILL_MINUTES without a tick), one however many come late.
    """
    if last is None:
        return ()
    new = [_new(at, last)] if at - last > _longest() else []
    recent = Standstill.objects.filter(until_at__lte=at, until_at__gt=at - REMEMBERED)
    return tuple(dict.fromkeys([*new, *recent.order_by("-until_at")]))


def fell_due_in(stills: Iterable[Standstill], moment: dt.datetime) -> Standstill | None:
    """In which of these a moment passed, while nobody looked at the clock."""
    return next((still for still in stills if still.from_at < moment <= still.until_at), None)


def holds_back(stills: Iterable[Standstill], one: Timed) -> bool:
    """Whether a level waits a working day, so that the lead can act before those above are told (§3)."""
    return one.level.tells_above_lead and fell_due_in(stills, one.at) is not None


def clocks_of(
    standstill: Standstill, team_ids: Collection[int], *, instance: ProcessInstance | None = None
) -> list[Clock]:
    """Deadlines that ran in a standstill and had not passed before it: until when open tasks of these teams
    are done, and taken over, and those of whole cases of these teams which they may see."""
    is_open = Q(task__state=Task.State.OPEN, task__team_id__in=team_ids)
    solution, reaction = Q(kind=Clock.Kind.SOLUTION), Q(kind=Clock.Kind.REACTION, task__assignee=None)
    rows = Clock.objects.filter(
        is_open & (solution | reaction) | _of_cases(team_ids),
        started_at__lt=standstill.until_at,
        due_at__gt=standstill.from_at,
        due_at__lt=NEVER,
        instance__state__in=ProcessInstance.LIVE_STATES,
    )
    if instance is not None:
        rows = rows.filter(instance=instance)
    shown = rows.select_related("task__assignee", "instance__definition", "instance__customer")
    return list(shown.order_by("due_at", "pk"))


def _of_cases(team_ids: Collection[int]) -> Q:
    owning = OuterRef("instance__definition__owner_team_id")
    grants = CaseAccess.objects.filter(instance=OuterRef("instance_id"), team_id=owning)
    public = Q(instance__is_public=True, instance__is_confidential=False)
    of_teams = Q(
        kind=Clock.Kind.CASE, instance__is_trial=False, instance__definition__owner_team_id__in=team_ids
    )
    return of_teams & (public | Q(Exists(grants)))


def extensible(
    standstill: Standstill,
    team_ids: Collection[int],
    *,
    instance: ProcessInstance | None = None,
) -> dict[Clock, int]:
    """The deadlines that may be given time back, each with the working seconds it has lost."""
    return losses(standstill, clocks_of(standstill, team_ids, instance=instance))


def losses(standstill: Standstill, clocks: Iterable[Clock]) -> dict[Clock, int]:
    """Of these deadlines the ones that may be given time back, with the working seconds each has lost: no
    legal ones, none that somebody has moved or that keeps to a date, none given its time back already. At
    most three statements, and what compiles the versions of these cases."""
    free = [clock for clock in clocks if not (clock.is_legal or clock.is_final or clock.is_moved)]
    free = [clock for clock in free if not clockrules.stays(clock, _version(clock))]
    done = _extended(standstill, {clock.instance_id for clock in free})
    known, rested = calendars.current(), rests.spans(clock for clock in free if clock.paused_seconds)
    found = {}
    for clock in free:
        if (clock.instance_id, clock.task_id, str(clock.kind)) in done:
            continue
        seconds = lost_seconds(
            clock, standstill, rested.get(clock.pk, []), dues.calendar_of_clock(clock, known=known)
        )
        if seconds > 0:
            found[clock] = seconds
    return found


def _version(clock: Clock) -> CompiledVersion:
    return nets.compiled(clock.instance.version_id, nets.AS_PUBLISHED)


def lost_seconds(
    clock: Clock, standstill: Standstill, rested: Iterable[worktime.Span], calendar: worktime.Calendar
) -> int:
    """Working seconds of a standstill in which a deadline ran: from its start, until it was paused, without
    what it has `rested` in between; that it was given back when the rest ended."""
    begin = max(standstill.from_at, clock.started_at or standstill.from_at)
    end = min(standstill.until_at, clock.paused_at or standstill.until_at)
    ran = max(0, worktime.seconds_between(begin, end, calendar))
    return ran - rests.seconds(rested, begin, end, calendar)


def _extended(standstill: Standstill, case_ids: Collection[int]) -> set[tuple[int, int | None, str]]:
    """What of these cases this standstill has extended already, as history tells: case, task, kind."""
    rows = ProcessEvent.objects.filter(
        instance_id__in=case_ids, kind=events.Kind.DEADLINE, facts__contains='"why":"standstill"'
    )
    found = ((row, events.facts_of(row)) for row in rows)
    return {
        (row.instance_id, row.task_id, facts["clock"])
        for row, facts in found
        if facts.get("standstill") == standstill.pk
    }


@transaction.atomic
def _new(at: dt.datetime, last: dt.datetime) -> Standstill:
    # The sign of life is the lock: workers that notice at once, or again after a crash, find the same row.
    Heartbeat.objects.select_for_update().filter(name=TICK).first()
    return Standstill.objects.get_or_create(from_at=last, defaults={"until_at": at})[0]


def show_life(detail: dict[str, Any]) -> None:
    """One upsert, with the real time even where the sweep was asked about another moment."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=TICK, at=Now(), detail=detail)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )


def show_life_if_quiet(detail: dict[str, Any]) -> bool:
    """The whole tick in one statement, if nothing is due: no clock, no scheduled start. False where something
    is, or where the clock had stood still; then nothing is written, and the tick has to look."""
    clocks = Clock.objects.filter(wake_at__lte=Now())
    starts = StartSchedule.objects.filter(is_active=True, wake_at__lte=Now())
    alive = Heartbeat.objects.filter(name=TICK, at__gte=Now() - _longest())
    return bool(alive.filter(~Exists(clocks), ~Exists(starts)).update(at=Now(), detail=detail))


def show_life_after_nothing(detail: dict[str, Any]) -> None:
    """The sign of life of a tick that found nothing due: one statement, unless the clock had stood still."""
    recent = Heartbeat.objects.filter(name=TICK, at__gte=Now() - _longest())
    if not recent.update(at=Now(), detail=detail):
        _begin_again(detail)


@transaction.atomic
def _begin_again(detail: dict[str, Any]) -> None:
    """Together, so that a worker that dies in between leaves the standstill to be noticed."""
    last = last_tick()
    show_life(detail)
    now = last_tick()
    if now is not None:
        notice(now, last)


def _longest() -> dt.timedelta:
    """How long the clock may be silent."""
    return dt.timedelta(minutes=settings.STANDSTILL_MINUTES)
