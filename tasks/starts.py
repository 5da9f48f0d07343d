"""Cases that start by themselves: each date once, however many ticks run.

A date is started in the transaction that moves its schedule on, under an idempotency key of its own. After a
standstill only the last missed date is started (or none, if the schedule does not catch up); what is left out
goes into the administration log. A start that fails is tried again every hour, and shown; of dates of other
cases each for itself.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from people import adminlog, calendars, recurrence, worktime
from people.durations import DurationError
from people.recurrence import Occurrence
from people.scope import SYSTEM, Principal, principal
from processes import policy, runtime
from processes.errors import FieldMissing, NotAllowed, NotStartable, ProcessError
from processes.fieldforms import sentence
from processes.models import ProcessInstance, ScheduledCase, StartSchedule
from processes.runtime import database_now
from tasks import fieldstarts
from tasks.models import FieldValue

logger = logging.getLogger(__name__)

KEY = "schedule:"
"""In front of the idempotency keys of these cases."""
MOST = 100
"""Schedules in one run."""
MOST_MISSED = 1000
"""Dates looked at after a standstill."""
TRIED_AGAIN = dt.timedelta(hours=1)


@dataclass
class Started:
    """What one run did; `left_out` = missed dates nobody catches up."""

    started: int = 0
    failed: int = 0
    left_out: int = 0


def run(*, at: dt.datetime | None = None) -> Started:
    """Start the cases whose date has come, each in a transaction of its own."""
    moment, done = at or database_now(), Started()
    due = StartSchedule.objects.filter(is_active=True, wake_at__lte=moment).order_by("wake_at", "pk")
    for pk, unit in list(due.values_list("pk", "unit")[:MOST]):
        try:
            if unit == StartSchedule.Unit.FIELD:
                _start_by_field(pk, moment, done)
            else:
                _start_due(pk, moment, done)
        except Exception:
            logger.exception("schedule %s", pk)
            done.failed += 1
            again = moment + TRIED_AGAIN
            StartSchedule.objects.filter(pk=pk).update(wake_at=again, last_error=_unforeseen())
    return done


def _unforeseen() -> str:
    return gettext("Something unforeseen went wrong; the log of the server says what.")


def calendar_of(row: StartSchedule) -> worktime.Calendar:
    """The calendar a schedule's dates are shifted by: its own, else that of the owning team."""
    known = calendars.current()
    own = known.by_id.get(row.calendar_id or 0)
    return own or known.of(None, row.definition.owner_team_id, row.anchor_on)


def plan(row: StartSchedule, *, after: dt.datetime) -> None:
    """Set the first date behind a moment, for a new or changed schedule. Does not save. Raises NeverOpen."""
    if row.is_by_field:
        row.next_on, row.wake_at = None, fieldstarts.next_look(row, calendar_of(row), after=after)
        return
    _go_on(row, next(recurrence.after(row.rule, after, calendar_of(row)), None))


def upcoming(row: StartSchedule, *, after: dt.datetime, count: int = 5) -> list[Occurrence]:
    """The next dates; none where the rule cannot be read or the calendar never opens."""
    try:
        return list(islice(recurrence.after(row.rule, after, calendar_of(row)), count))
    except (worktime.NeverOpen, DurationError, OverflowError, ValueError):
        return []


def upcoming_by_field(
    row: StartSchedule, *, after: dt.datetime, count: int = 5
) -> list[tuple[Occurrence, int]]:
    """The same of a schedule that starts at dates of other cases, with how many cases each comes to; what has
    come already first."""
    try:
        return fieldstarts.upcoming(row, calendar_of(row), at=after, count=count)
    except (worktime.NeverOpen, DurationError, OverflowError, ValueError):
        return []


def found_anew(row: StartSchedule, *, at: dt.datetime) -> Occurrence | None:
    """Its next date by the calendars of now, where that lies ahead and has moved.

    What is due by now stays, as does what failed and is tried again: their run looks at the calendar itself.
    Raises NeverOpen.
    """
    if row.wake_at is None or row.next_on is None or row.is_by_field or row.last_error or row.wake_at <= at:
        return None
    found = next(recurrence.occurrences(row.rule, _first_on(row), calendar_of(row)), None)
    return found if found is not None and at < found.at != row.wake_at else None


def recompute(pk: int, *, at: dt.datetime) -> bool:
    """Move the next date of one schedule after a calendar has changed; whether it moved."""
    with transaction.atomic():
        rows = StartSchedule.objects.select_for_update(of=("self",)).select_related("definition")
        row = rows.filter(pk=pk, is_active=True).first()
        found = found_anew(row, at=at) if row is not None else None
        if row is None or found is None:
            return False
        old = row.wake_at
        _go_on(row, found)
        row.save(update_fields=["next_on", "wake_at"])
        moments = [f"{timezone.localtime(one):%d.%m.%Y %H:%M}" for one in (old, found.at) if one]
        adminlog.record(None, "schedule_moved", row, {"wake_at": moments}, at=at)
        return True


def _first_on(row: StartSchedule) -> dt.date:
    """From which day on its dates are still to come. A single date may have moved before the one kept, for
    working days are counted by the calendar of now."""
    return dt.date.min if row.unit == StartSchedule.Unit.ONCE or not row.next_on else row.next_on


def _go_on(row: StartSchedule, following: Occurrence | None) -> None:
    row.next_on = following.nominal_on if following else None
    row.wake_at = following.at if following else None


def _start_due(pk: int, at: dt.datetime, done: Started) -> None:
    with transaction.atomic():
        rows = StartSchedule.objects.select_for_update(skip_locked=True, of=("self",))
        row = rows.select_related("definition", "started_by", "customer").filter(pk=pk).first()
        if row is None or not row.is_active or row.wake_at is None or row.wake_at > at or not row.next_on:
            return
        dates = recurrence.occurrences(row.rule, _first_on(row), calendar_of(row))
        due = list(islice(takewhile(lambda one: one.at <= at, dates), MOST_MISSED))
        if not due:
            plan(row, after=at)
        elif _is_wanted(row, due[-1], at):
            _leave_out(row, due[:-1], at, done)
            _start(row, due[-1], at, done)
        else:
            _leave_out(row, due, at, done)
            plan(row, after=at)
        row.save()


def _start_by_field(pk: int, at: dt.datetime, done: Started) -> None:
    """Start the cases whose date has come in others, a transaction each; what does not fit into one run comes
    in the next."""
    for _number in range(MOST):
        if not _start_next(pk, at, done):
            return


def _start_next(pk: int, at: dt.datetime, done: Started) -> bool:
    """Start one case and write it down; False where nothing has come, and the schedule waits again.

    What goes wrong in an unforeseen way takes back this start alone and is written down for its date, so that
    those behind it come next.
    """
    value: FieldValue | None = None
    try:
        with transaction.atomic():
            row = _locked(pk, at)
            if row is None:
                return False
            value = fieldstarts.next_due(row, calendar_of(row), at=at)
            if value is not None:
                _start_from(row, value, at, done)
            else:
                _wait_again(row, at)
            row.save()
    except Exception:
        if value is None:
            raise
        logger.exception("schedule %s, case %s", pk, value.instance_id)
        done.failed += 1
        _put_off(pk, value, at)
    return value is not None


def _locked(pk: int, at: dt.datetime) -> StartSchedule | None:
    """The schedule, if it is due and nobody else is at it."""
    rows = StartSchedule.objects.select_for_update(skip_locked=True, of=("self",))
    due = rows.filter(pk=pk, is_active=True, wake_at__lte=at)
    return due.select_related("definition", "started_by").first()


def _wait_again(row: StartSchedule, at: dt.datetime) -> None:
    if not row.cases.filter(case__isnull=True, failed_at__gt=at - TRIED_AGAIN).exists():
        row.last_error = ""
    plan(row, after=at)


@transaction.atomic
def _put_off(pk: int, value: FieldValue, at: dt.datetime) -> None:
    """Try one date again later."""
    found: dict[str, Any] = {"schedule_id": pk, "origin_id": value.instance_id, "date": value.date}
    ScheduledCase.objects.update_or_create(**found, defaults={"failed_at": at})
    StartSchedule.objects.filter(pk=pk).update(last_error=_unforeseen())


def _start_from(row: StartSchedule, value: FieldValue, at: dt.datetime, done: Started) -> None:
    origin, day = value.instance, fieldstarts.day_of(value)
    date = cast(dt.datetime, value.date)
    record, _is_new = ScheduledCase.objects.get_or_create(schedule=row, origin=origin, date=date)
    may_name = fieldstarts.may_name(row.definition, origin, row.started_by)
    try:
        record.case = runtime.start(
            row.definition,
            by=_starter(row),
            title=f"{row.title}: {(origin.title if may_name else '') or origin.number}",
            data=row.data,
            customer=origin.customer if may_name else None,
            urgency=row.urgency,
            key=f"{KEY}{row.pk}:{origin.pk}:{day.isoformat()}",
            at=at,
        )
        row.last_started_on = day
        done.started += 1
    except ProcessError as error:
        record.failed_at, row.last_error = at, _in_words(error)
        done.failed += 1
        logger.warning("schedule %s failed: %s", row.pk, error.code)
    record.save()


def _is_wanted(row: StartSchedule, last: Occurrence, at: dt.datetime) -> bool:
    """Whether the last date that has come is started: in time, tried again, or caught up. A date that a
    calendar has moved up is in time at the moment it was expected."""
    longest = dt.timedelta(minutes=settings.STANDSTILL_MINUTES)
    expected = max(last.at, row.wake_at or last.at)
    return row.catches_up or bool(row.last_error) or at - expected <= longest


def _leave_out(row: StartSchedule, missed: Iterable[Occurrence], at: dt.datetime, done: Started) -> None:
    days = [f"{one.nominal_on:%d.%m.%Y}" for one in missed]
    if days:
        done.left_out += len(days)
        adminlog.record(None, "schedule_missed", row, {"left_out": [None, ", ".join(days)]}, at=at)


def _start(row: StartSchedule, one: Occurrence, at: dt.datetime, done: Started) -> None:
    key = f"{KEY}{row.pk}:{one.nominal_on.isoformat()}"
    if ProcessInstance.objects.filter(idempotency_key=key).exists():
        # Planned anew at a later hour of a day that has its case, perhaps somebody else's.
        plan(row, after=max(at, one.at))
        return
    try:
        runtime.start(
            row.definition,
            by=_starter(row),
            title=row.title,
            data=row.data,
            customer=row.customer,
            urgency=row.urgency,
            key=key,
            at=at,
        )
    except ProcessError as error:
        done.failed += 1
        row.last_error = _in_words(error)
        row.next_on, row.wake_at = one.nominal_on, at + TRIED_AGAIN
        logger.warning("schedule %s failed: %s", row.pk, error.code)
        return
    done.started += 1
    row.last_started_on, row.last_error = one.nominal_on, ""
    plan(row, after=max(at, one.at))


def _starter(row: StartSchedule) -> Principal:
    """For whom it is started. Raises NotAllowed for somebody who has left, NotStartable for a process that is
    not offered any more (of people runtime asks that itself)."""
    if not policy.is_startable(row.definition):
        raise NotStartable(process=row.definition)
    if row.started_by is None:
        return SYSTEM
    if not row.started_by.is_active:
        raise NotAllowed
    return principal(row.started_by)


def _in_words(error: ProcessError) -> str:
    """The sentence, with the faults of single fields."""
    faults = error.fields if isinstance(error, FieldMissing) else {}
    return " ".join([str(error), *(f"{key}: {sentence(fault)}" for key, fault in faults.items())])
