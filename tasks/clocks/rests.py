"""When deadlines stood still, as history tells: their case was suspended, or their task waited for somebody
outside. Reads only.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from people import worktime
from people.worktime import Span
from tasks import events
from tasks.events import Kind
from tasks.models import NEVER, Clock, ProcessEvent, Task

Subject = tuple[int, int | None]
"""A case, and the task in it; None: the case itself."""
KINDS = (Kind.SUSPENDED, Kind.RESUMED, Kind.POSTPONED, Kind.CAME_BACK)
OUTSIDE = frozenset({str(Task.WaitsFor.CUSTOMER), str(Task.WaitsFor.THIRD)})
"""Waiting for these, a task stands still."""


def spans(clocks: Iterable[Clock]) -> dict[int, list[Span]]:
    """The rests of each of these clocks, by its id: in order, without overlaps, until `NEVER` while one lasts
    (one statement, none for no clocks)."""
    wanted = list(clocks)
    found = _rests({clock.instance_id for clock in wanted})
    return {clock.pk: _of(clock, found) for clock in wanted}


def of(clock: Clock) -> list[Span]:
    """The same of one clock, which need not be stored yet (one statement)."""
    return _of(clock, _rests({clock.instance_id}))


def seconds(found: Iterable[Span], begin: dt.datetime, end: dt.datetime, calendar: worktime.Calendar) -> int:
    """Working seconds of these rests between two moments."""
    parts = ((max(begin, since), min(end, until)) for since, until in found)
    return sum(worktime.seconds_between(one, other, calendar) for one, other in parts if one < other)


def _of(clock: Clock, found: Mapping[Subject, list[Span]]) -> list[Span]:
    of_case, of_task = (clock.instance_id, None), (clock.instance_id, clock.task_id)
    return _together(sorted({*found.get(of_case, ()), *found.get(of_task, ())}))


def _together(found: Iterable[Span]) -> list[Span]:
    """What overlaps is one rest: a suspended case and its task that waits."""
    apart: list[Span] = []
    for since, until in found:
        if apart and since <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(until, apart[-1][1]))
        else:
            apart.append((since, until))
    return apart


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
        return events.facts_of(row).get("waits_for") in OUTSIDE
    return row.kind == Kind.SUSPENDED
