"""Legal deadlines that are extended: as they stand, and until when they then run (BGB §190). Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from people import explain, legal
from people.durations import Duration, parse_duration
from people.explain import Explanation
from people.legal import LegalDeadline, Term
from people.workweek import Calendar
from processes.compiledversion import CompiledVersion
from tasks import events
from tasks.clocks import clockrules, dues
from tasks.events import Kind
from tasks.models import Clock, ProcessEvent

EXTENDED = "extended"
"""Why a deadline has changed, in history."""


def last_change(clock: Clock) -> ProcessEvent | None:
    """The last change of the deadline of a task (one statement)."""
    rows = ProcessEvent.objects.filter(instance_id=clock.instance_id, task=clock.task, kind=Kind.DEADLINE)
    named = (row for row in rows.order_by("-seq") if events.facts_of(row).get("clock") == clock.kind)
    return next(named, None)


def standing(clock: Clock, version: CompiledVersion, change: ProcessEvent | None) -> LegalDeadline | None:
    """A legal deadline as it stands: as its rule gives it, as it was extended last (`change`), or the day
    somebody has set. None where nothing can be extended: no legal deadline, a Notfrist, a notice."""
    due = clockrules.due_of_clock(clock, version) if clock.is_legal else None
    if due is None or due.counted is None or not due.counted.term.is_extendable:
        return None
    calendar, term = dues.place_of_clock(clock), due.counted.term
    found = due.counted
    if clock.is_moved and change is not None and events.facts_of(change)["why"] == EXTENDED:
        found = _extended(events.facts_of(change), term, calendar)
    if legal.last_moment(found.due_on, calendar) == clock.due_at:
        return found
    day = calendar.local(clock.due_at).date()
    return LegalDeadline(
        replace(term, duration=None, extra_days=0, days_before_end=0), day, day, day, warn_on=None
    )


def _extended(facts: Mapping[str, Any], term: Term, calendar: Calendar) -> LegalDeadline:
    start, by = dt.date.fromisoformat(facts["counted_from"]), parse_duration(facts["length"])
    return legal.continued(term, start, by, calendar, legal.Extension(facts["law"]))


def facts_of(found: LegalDeadline, by: Duration) -> dict[str, str]:
    """What history keeps of an extension, so that it can be counted again."""
    return {"counted_from": found.begins_on.isoformat(), "length": str(by), "law": str(found.extension)}


def explanation(clock: Clock, version: CompiledVersion, change: ProcessEvent | None) -> Explanation | None:
    """Why an extended deadline is when it is; None for one that was set by hand."""
    found = standing(clock, version, change)
    if found is None or found.extension is None:
        return None
    return explain.explain_legal(found, dues.place_of_clock(clock))


def warn_at(clock: Clock, version: CompiledVersion, due_at: dt.datetime) -> dt.datetime | None:
    """The early warning of a legal deadline whose day somebody has set: as long before as its rule says."""
    due = clockrules.due_of_clock(clock, version) if clock.is_legal else None
    if due is None or due.counted is None:
        return None
    calendar = dues.place_of_clock(clock)
    day, begun = calendar.local(due_at).date(), calendar.local(clock.started_at or due_at).date()
    return dues.warn_at(legal.warn_on(due.counted.term, begun, day, calendar), calendar)
