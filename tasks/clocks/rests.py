"""When a case or one of its tasks stood still, as history tells. Reads only."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from people import worktime
from people.worktime import Span
from processes.models import ProcessInstance
from tasks import events
from tasks.events import Kind
from tasks.models import NEVER, Clock, ProcessEvent, Task

BEGIN_OR_END = (Kind.SUSPENDED, Kind.RESUMED, Kind.POSTPONED, Kind.CAME_BACK)
OUTSIDE = frozenset({str(Task.WaitsFor.CUSTOMER), str(Task.WaitsFor.THIRD)})
"""Waiting for these, a task stands still."""


def spans(instance: ProcessInstance, task: Task | None) -> list[Span]:
    """From when to when the case was suspended or its task waited for somebody outside, in order and without
    overlaps; what has not ended yet lasts for ever. One statement."""
    rows = ProcessEvent.objects.filter(
        Q(task=None) | Q(task=task) if task is not None and task.pk else Q(task=None),
        instance=instance,
        kind__in=BEGIN_OR_END,
    )
    return _spans_in(rows.order_by("seq").only("at", "kind", "facts"))


def spans_of(clocks: Iterable[Clock]) -> dict[int, list[Span]]:
    """The same for many deadlines, by their ids. One statement, none for no deadlines."""
    wanted = list(clocks)
    rows = ProcessEvent.objects.filter(
        instance_id__in={clock.instance_id for clock in wanted}, kind__in=BEGIN_OR_END
    )
    by_case: dict[int, list[ProcessEvent]] = defaultdict(list)
    for row in rows.order_by("instance_id", "seq") if wanted else ():
        by_case[row.instance_id].append(row)
    return {
        clock.pk: _spans_in(row for row in by_case[clock.instance_id] if row.task_id in (None, clock.task_id))
        for clock in wanted
    }


def _spans_in(rows: Iterable[ProcessEvent]) -> list[Span]:
    found: list[Span] = []
    still: set[str] = set()
    since = None
    for row in rows:
        still = _still_after(row, still)
        if still and since is None:
            since = row.at
        elif not still and since is not None:
            found.append((since, row.at))
            since = None
    return [*found, (since, NEVER)] if since is not None else found


def _still_after(row: ProcessEvent, still: set[str]) -> set[str]:
    """What keeps the task still after an event: its case, itself, both or nothing."""
    part = "case" if row.kind in (Kind.SUSPENDED, Kind.RESUMED) else "task"
    begins = row.kind == Kind.SUSPENDED or (
        row.kind == Kind.POSTPONED and events.facts_of(row).get("waits_for") in OUTSIDE
    )
    return still | {part} if begins else still - {part}


def seconds(found: Iterable[Span], begin: dt.datetime, end: dt.datetime, calendar: worktime.Calendar) -> int:
    """Working seconds of these spans between two moments."""
    parts = ((max(begin, since), min(end, until)) for since, until in found)
    return sum(worktime.seconds_between(one, other, calendar) for one, other in parts if one < other)
