"""What people type about time: a day with a time of day, and why a task is put off."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from people import worktime
from processes import fieldforms, fields
from processes.errors import Unreadable
from processes.fields import FieldError, FieldSpec
from processes.moments import Anchors, Basis, Moment, resolve
from tasks.models import Task

TIME = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?(?: ?(?:Uhr|h))?", re.IGNORECASE)
DAY = FieldSpec("date", "", "date")
LONGEST_TEXT = 60
FURTHEST = dt.timedelta(days=3660)
"""Ten years ahead; more is a slip of the finger, and every day up to there is counted."""


def read_moment(
    day: str, time: str, *, now: dt.datetime, calendar: worktime.Calendar, at_closing: bool
) -> dt.datetime:
    """A moment as typed: `heute`, `+3`, `5.3.`; `14:30`, `9`, `9 Uhr`. Without a time it is when the office
    closes that day (`at_closing`) or opens. Raises Unreadable."""
    found = _day(day, timezone.localtime(now, calendar.zone).date())
    if not time.strip():
        moment = resolve(
            Moment(Basis.DATE, on=found.isoformat()),
            Anchors(now, now, {}, {}),
            at_closing=at_closing,
            calendar=calendar,
        )
        return moment or now
    return calendar.moment(found, _time(time))


def _day(text: str, today: dt.date) -> dt.date:
    if not text.strip():
        raise Unreadable("date", _("Please enter a day, for example +3 or 5.3."))
    try:
        day = dt.date.fromisoformat(fields.parse(DAY, text, today=today))
    except FieldError as error:
        raise Unreadable("date", fieldforms.sentence(error)) from error
    if abs(day - today) > FURTHEST:
        raise Unreadable("date", _("This date is too far away."))
    return day


def _time(text: str) -> dt.time:
    found = TIME.fullmatch(text.strip()[:LONGEST_TEXT])
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (24, 0)
    if hour > 23 or minute > 59:
        raise Unreadable("time", _("Please enter a time, for example 14:30."))
    return dt.time(hour, minute)


@dataclass(frozen=True, slots=True)
class WaitsForChoice:
    """A reason for putting a task off, with what it means for the deadline."""

    value: str
    label: str
    effect: str


def waits_for_choices(*, has_deadline: bool, is_legal: bool, stays: bool) -> list[WaitsForChoice]:
    """The reasons with what each does to the deadline of this task (G13); `stays`: no rest moves it."""
    return [
        WaitsForChoice(
            str(value),
            label,
            effect_of(str(value), has_deadline=has_deadline, is_legal=is_legal, stays=stays),
        )
        for value, label in waits_for_words().items()
    ]


def waits_for_words() -> dict[Task.WaitsFor, str]:
    """Reasons for putting off as they are chosen."""
    return {
        Task.WaitsFor.LATER: _("later"),
        Task.WaitsFor.CUSTOMER: _("wait for the customer"),
        Task.WaitsFor.THIRD: _("wait for somebody else outside"),
    }


def waiting_text(waits_for: str) -> str:
    """Why a task is put off, for reading."""
    words = {
        str(Task.WaitsFor.LATER): _("for later"),
        str(Task.WaitsFor.CUSTOMER): _("waits for the customer"),
        str(Task.WaitsFor.THIRD): _("waits for somebody else outside"),
    }
    return words.get(waits_for, "")


def effect_of(waits_for: str, *, has_deadline: bool, is_legal: bool, stays: bool) -> str:
    """What putting off does to the deadline, in a sentence; empty where there is none."""
    if not has_deadline:
        return ""
    if is_legal:
        return _("The legal deadline runs on.")
    if waits_for == Task.WaitsFor.LATER:
        return _("The deadline runs on.")
    if stays:
        return _("The deadline stays: it hangs on a date.")
    return _("The deadline rests until the task comes back.")
