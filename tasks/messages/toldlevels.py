"""Which levels of a deadline have told people already, so that another urgency does not repeat them. Reads
only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from processes.escalation import Level
from tasks import events
from tasks.clocks import clockrules
from tasks.events import Kind
from tasks.models import Clock, LevelFired, ProcessEvent


def told(clock: Clock, plan_of: Callable[[int], tuple[Level, ...]], was: int) -> dict[int, dt.datetime]:
    """Levels that fired, in whatever generation, while the urgency was as high as now or higher and had the
    same plan: by number, when they last did. `was` = the urgency until now. Two statements at most."""
    rows = LevelFired.objects.filter(clock=clock).order_by("fired_at").values_list("level", "fired_at")
    fired = list(rows)
    now = clockrules.urgency_of(clock.instance, clock.task)
    changes = _urgencies(clock, was) if fired else []

    def counts(moment: dt.datetime) -> bool:
        then = _urgency_at(moment, changes, was)
        return then <= now and plan_of(then) == plan_of(now)

    return {level: fired_at for level, fired_at in fired if counts(fired_at)}


def _urgencies(clock: Clock, was: int) -> list[tuple[dt.datetime, int, int]]:
    """The changes of its urgency so far: when, from what, to what."""
    rows = ProcessEvent.objects.filter(instance_id=clock.instance_id, task=clock.task, kind=Kind.URGENCY)
    found = [(row.at, events.facts_of(row)) for row in rows.order_by("seq")]
    return [(at, facts.get("old", was), facts["new"]) for at, facts in found]


def _urgency_at(moment: dt.datetime, changes: list[tuple[dt.datetime, int, int]], was: int) -> int:
    """How urgent it was at a moment. What fires and changes it at once counts as told afterwards."""
    before = [new for at, _old, new in changes if at <= moment]
    if before:
        return before[-1]
    return changes[0][1] if changes else was
