"""When deadlines have rested, as history tells. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from people import worktime
from tasks import events
from tasks.events import Kind
from tasks.models import NEVER, Clock, ProcessEvent, Task

Span = tuple[dt.datetime, dt.datetime]
"""From when until when; until `NEVER` while it lasts."""
Subject = tuple[int, int | None]
"""A case, and the task in it; None: the case itself."""
KINDS = (Kind.SUSPENDED, Kind.RESUMED, Kind.POSTPONED, Kind.CAME_BACK)
OUTSIDE = (Task.WaitsFor.CUSTOMER, Task.WaitsFor.THIRD)


def spans(clocks: Iterable[Clock]) -> dict[int, list[Span]]:
    """The rests of each of these deadlines, by its id, in order: while the case was suspended, or the task
    waited for somebody outside. One statement, none for no clocks."""
    wanted = list(clocks)
    found = _rests({clock.instance_id for clock in wanted})
    return {clock.pk: _of(clock, found) for clock in wanted}


def of(clock: Clock) -> list[Span]:
    """The same of one deadline, which need not be stored yet (one statement)."""
    return _of(clock, _rests({clock.instance_id}))


def _of(clock: Clock, found: Mapping[Subject, list[Span]]) -> list[Span]:
    of_case, of_task = (clock.instance_id, None), (clock.instance_id, clock.task_id)
    return sorted({*found.get(of_case, ()), *found.get(of_task, ())})


def _rests(case_ids: Collection[int]) -> Mapping[Subject, list[Span]]:
    found: dict[Subject, list[Span]] = defaultdict(list)
    begun: dict[Subject, dt.datetime] = {}
    rows = ProcessEvent.objects.filter(instance_id__in=case_ids, kind__in=KINDS)
    for row in rows.order_by("instance_id", "seq") if case_ids else ():
        subject = (row.instance_id, row.task_id)
        if _begins(row):
            begun.setdefault(subject, row.at)
        elif subject in begun:
            found[subject].append((begun.pop(subject), row.at))
    for subject, begin in begun.items():
        found[subject].append((begin, NEVER))
    return found


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
