"""Cases that start at a date other cases carry: "90 days before the end of contract of each case of
Contracts".

The dates are read from the index of values whenever the clock looks, so that a changed date moves its start
by itself. What has been started is known by a row, unique for each schedule, case and date; a case is started
in the transaction that writes its row, under an idempotency key of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import groupby, islice
from typing import cast

from django.db.models import Exists, OuterRef, Q, QuerySet

from people import recurrence, worktime
from people.durations import parse_signed_duration
from people.models import User
from people.recurrence import Occurrence
from people.scope import scope_of
from people.workweek import ONE_DAY
from processes.models import ProcessDefinition, ProcessInstance, ScheduledCase, StartSchedule
from tasks.models import FieldValue

LOOKED_AT_EVERY = dt.timedelta(hours=1)
"""How long a date that was entered late may wait; else the clock looks at the schedule's time of day."""
TRIED_AGAIN = dt.timedelta(hours=1)
MOST_SHOWN = 200
"""Dates read for a preview."""
LONGEST_UNIT: Mapping[str, int] = {"d": 3, "cd": 1, "w": 7, "m": 31, "y": 366}
"""Days a unit comes to at most; working days lie close enough together for that."""
LONGEST_ROW = 3
"""So many cases are started one from the other's date; the last one's dates start nothing."""
CAUGHT_UP = 366
"""So many days after its start a date is still caught up with; older ones are not looked at."""
STATES = {
    StartSchedule.Origins.LIVE: ProcessInstance.LIVE_STATES,
    StartSchedule.Origins.ENDED: (ProcessInstance.State.FINISHED,),
    StartSchedule.Origins.BOTH: (*ProcessInstance.LIVE_STATES, ProcessInstance.State.FINISHED),
}


def next_due(row: StartSchedule, calendar: worktime.Calendar, *, at: dt.datetime) -> FieldValue | None:
    """The date to be started next; None where none has come. One statement along the index of dates."""
    value = _values(row, calendar, at).first()
    if value is None or occurrence(row, value, calendar).at > at:
        return None
    return value


def upcoming(
    row: StartSchedule, calendar: worktime.Calendar, *, at: dt.datetime, count: int
) -> list[tuple[Occurrence, int]]:
    """The next starts and how many cases each comes to, those that have come already first. Raises NeverOpen,
    DurationError."""
    values = _values(row, calendar, at)[:MOST_SHOWN] if row.source_id else ()
    found = (occurrence(row, value, calendar) for value in values)
    groups = groupby(found, key=lambda one: one.on)
    return [(ones[0], len(ones)) for ones in islice((list(group) for _on, group in groups), count)]


def occurrence(row: StartSchedule, value: FieldValue, calendar: worktime.Calendar) -> Occurrence:
    """The start that belongs to a date of a case. Raises NeverOpen, DurationError."""
    rule = row.rule_of(day_of(value))
    return next(recurrence.occurrences(rule, dt.date.min, calendar))


def day_of(value: FieldValue) -> dt.date:
    """The day of an indexed date."""
    return cast(dt.datetime, value.date).astimezone(dt.UTC).date()


def next_look(row: StartSchedule, calendar: worktime.Calendar, *, after: dt.datetime) -> dt.datetime:
    """When the clock looks at a schedule again: at its time of day, and every hour for dates entered late."""
    today = calendar.local(after).date()
    times: Iterator[dt.datetime] = (calendar.moment(today + days * ONE_DAY, row.at_time) for days in (0, 1))
    return min(after + LOOKED_AT_EVERY, *(one for one in times if one > after))


def may_name(definition: ProcessDefinition, origin: ProcessInstance, starter: User | None) -> bool:
    """Whether new cases of a process may name a case: no wider a circle sees them than sees that one.

    Of another owning team only what everybody sees, of the same one what the whole team sees; and whoever
    sees the new case from its start (for whom it is started, the process owner) has to see the other one.
    """
    if origin.is_public and not origin.is_confidential:
        return True
    persons = [one for one in (starter, definition.owner) if one is not None and one.is_active]
    return _is_no_wider(definition, origin) and all(_sees(one, origin) for one in persons)


def _sees(person: User, origin: ProcessInstance) -> bool:
    return ProcessInstance.objects.visible_to(scope_of(person)).filter(pk=origin.pk).exists()


def _is_no_wider(definition: ProcessDefinition, origin: ProcessInstance) -> bool:
    if definition.owner_team_id != origin.definition.owner_team_id:
        return False
    if origin.is_confidential and not definition.is_confidential:
        return False
    if definition.visibility == ProcessDefinition.Visibility.TEAM:
        return definition.owner_team_id in origin.granted.get("team", ())
    return definition.visibility == ProcessDefinition.Visibility.PARTICIPANTS or definition.is_confidential


def _values(row: StartSchedule, calendar: worktime.Calendar, at: dt.datetime) -> QuerySet[FieldValue]:
    """Dates that still have to start a case, in their order: starts come in the same. Those of confidential
    cases only where the new case is confidential too; of trials none, nor of what began in a circle."""
    done = ScheduledCase.objects.filter(
        Q(case__isnull=False) | Q(failed_at__gt=at - TRIED_AGAIN),
        schedule_id=row.pk,
        origin_id=OuterRef("instance_id"),
        date=OuterRef("date"),
    )
    values = FieldValue.objects.filter(
        ~Exists(done),
        ~Exists(_circles(row)),
        key=row.source_field,
        date__gte=_midnight(_first_day(row, calendar.local(at).date())),
        instance__definition_id=row.source_id,
        instance__state__in=STATES[StartSchedule.Origins(row.origins)],
        instance__is_trial=False,
    )
    if not row.definition.is_confidential:
        values = values.filter(instance__is_confidential=False)
    return values.select_related("instance__customer", "instance__definition").order_by("date", "instance_id")


def _circles(row: StartSchedule) -> QuerySet[ScheduledCase]:
    """How a date's case (or the one it was called in) began, where another start would close a circle: it was
    itself started at a date, and a case of this schedule's process comes up among it and those before it. So
    each process comes up once in a row of starts, which ends after `LONGEST_ROW` of them at the latest."""
    process = Q()
    for path in ("case", "origin", "origin__root", "origin__root__scheduled__origin",
                 "origin__root__scheduled__origin__root"):  # fmt: skip
        process |= Q(**{f"{path}__definition_id": row.definition_id})
    third = "__".join(["origin__root__scheduled"] * (LONGEST_ROW - 1))
    return ScheduledCase.objects.filter(
        process | Q(**{f"{third}__isnull": False}), case_id=OuterRef("instance__root_id")
    )


def _first_day(row: StartSchedule, today: dt.date) -> dt.date:
    """The first date that counts, so that nothing is looked through that was over long ago."""
    span = 0
    if row.offset:
        offset = parse_signed_duration(row.offset)
        span = abs(offset.amount) * LONGEST_UNIT[offset.unit]
    return max(row.anchor_on, today - (span + CAUGHT_UP) * ONE_DAY)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(0), dt.UTC)
