"""When deadlines have rested, as history tells. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from people import worktime
from tasks import events
from tasks.events import Kind
from tasks.models import Clock, ProcessEvent, Task

Span = tuple[dt.datetime, dt.datetime]
"""From when until when."""
KINDS = (Kind.SUSPENDED, Kind.RESUMED, Kind.POSTPONED, Kind.CAME_BACK)
OUTSIDE = (Task.WaitsFor.CUSTOMER, Task.WaitsFor.THIRD)


def spans(clocks: Iterable[Clock]) -> dict[int, list[Span]]:
    """The rests that are over of each of these deadlines, by its id: while the case was suspended, or the
    task waited for somebody outside. One statement, none where nothing has rested."""
    rested = [clock for clock in clocks if clock.paused_seconds]
    cases = {clock.instance_id for clock in rested}
    rows = ProcessEvent.objects.filter(instance_id__in=cases, kind__in=KINDS)
    rests: dict[tuple[int, int | None], list[Span]] = defaultdict(list)
    begun: dict[tuple[int, int | None], dt.datetime] = {}
    for row in rows.order_by("instance_id", "seq") if rested else ():
        of = (row.instance_id, row.task_id)
        if _begins(row):
            begun.setdefault(of, row.at)
        elif of in begun:
            rests[of].append((begun.pop(of), row.at))
    return {
        clock.pk: sorted({*rests[clock.instance_id, None], *rests[clock.instance_id, clock.task_id]})
        for clock in rested
    }


def _begins(row: ProcessEvent) -> bool:
    """Whether a rest begins or goes on, and does not end."""
    if row.kind == Kind.POSTPONED:
        return events.facts_of(row)["waits_for"] in OUTSIDE
    return row.kind == Kind.SUSPENDED


def running_seconds(
    begin: dt.datetime, end: dt.datetime, rests: Iterable[Span], calendar: worktime.Calendar
) -> int:
    """Working seconds between two moments outside these rests (in order; they may overlap)."""
    seconds = 0
    for rest_begin, rest_end in [*rests, (end, end)]:
        if begin < min(rest_begin, end):
            seconds += worktime.seconds_between(begin, min(rest_begin, end), calendar)
        begin = max(begin, rest_end)
    return seconds
