"""Deadlines in words, as people say them: "heute, 11:30 Uhr", "1 Arbeitstag überfällig, seit Fr., 20.11."."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from people import worktime
from tasks.models import NEVER

RESTING = "resting"
"""The heading of tasks whose deadline rests."""


@dataclass(frozen=True, slots=True)
class DueLabel:
    """A deadline as shown: words, a mark (over, today, soon, later) with its icon, the full date as title."""

    text: str
    mark: str = ""
    icon: str = ""
    iso: str = ""
    full: str = ""
    since: str = ""

    @property
    def long(self) -> str:
        """With the day since when, where it is overdue."""
        return f"{self.text}, {self.since}" if self.since else self.text


def label(
    due_at: dt.datetime | None,
    at: dt.datetime,
    *,
    is_suspended: bool = False,
    rests: bool = False,
    is_legal: bool = False,
    calendar: worktime.Calendar = worktime.STANDARD,
) -> DueLabel:
    """Say when an open task is due, seen from `at`. Overdue counts working days of the calendar, for legal
    deadlines all days.

    The deadlines of a suspended case rest, and those of a task that waits for somebody outside; legal ones
    run on.
    """
    if due_at is None:
        return DueLabel(_("no deadline"))
    if is_suspended and not is_legal:
        return DueLabel(_("resting"), icon="pause", full=_("The case is suspended; its deadlines rest."))
    if rests and not is_legal:
        text = _("The task waits for somebody outside; its deadline rests.")
        return DueLabel(_("resting"), icon="pause", full=text)
    facts = {"iso": timezone.localtime(due_at).isoformat(), "full": full_text(due_at)}
    found = group(due_at, at)
    if found == "overdue":
        text = _days_late(due_at, at) if is_legal else _overdue(due_at, at, calendar)
        return DueLabel(text, "over", "triangle-alert", since=_since(due_at, at), **facts)
    if found == "today":
        return DueLabel(_("today, %(time)s") % {"time": clock_text(due_at)}, "today", "clock", **facts)
    if _days_apart(due_at, at) == 1:
        return DueLabel(_("tomorrow"), "soon", **facts)
    if found == "week":
        return DueLabel(day_text(due_at, at), "soon", **facts)
    return DueLabel(plain_day(due_at, at), "later", **facts)


def group(due_at: dt.datetime | None, at: dt.datetime) -> str:
    """The heading a task stands under: overdue, today, week (up to Sunday), later, none."""
    if due_at is None:
        return "none"
    if due_at < at:
        return "overdue"
    days, weekday = _days_apart(due_at, at), timezone.localtime(at).weekday()
    if days == 0:
        return "today"
    return "week" if days <= 6 - weekday else "later"


def group_name(key: str) -> str:
    """The heading in the reader's language."""
    return {
        "overdue": _("Overdue"),
        "today": _("Today"),
        "week": _("This week"),
        "later": _("Later"),
        "none": _("No deadline"),
        RESTING: _("Resting"),
    }[key]


def _days_apart(due_at: dt.datetime, at: dt.datetime) -> int:
    return (timezone.localtime(due_at).date() - timezone.localtime(at).date()).days


def _overdue(due_at: dt.datetime, at: dt.datetime, calendar: worktime.Calendar) -> str:
    days = worktime.days_overdue(due_at, at, calendar)
    if not days:
        return _("overdue")
    return ngettext("%(days)s working day overdue", "%(days)s working days overdue", days) % {"days": days}


def _days_late(due_at: dt.datetime, at: dt.datetime) -> str:
    days = -_days_apart(due_at, at)
    return ngettext("%(days)s day overdue", "%(days)s days overdue", days) % {"days": days}


def _since(due_at: dt.datetime, at: dt.datetime) -> str:
    is_today = _days_apart(due_at, at) == 0
    return _("since %(when)s") % {"when": clock_text(due_at) if is_today else day_text(due_at, at)}


def day_text(moment: dt.datetime, at: dt.datetime) -> str:
    """A day nearby with its weekday: Fr., 20.11.; another year's day with the year."""
    local = timezone.localtime(moment)
    if local.year != timezone.localtime(at).year:
        return plain_day(moment, at)
    return _formatted(local.date(), pgettext("date with weekday", "D, j M"), get_language())


def plain_day(moment: dt.datetime, at: dt.datetime) -> str:
    """A day: 30.11.; another year's day with the year."""
    local = timezone.localtime(moment)
    if local.year != timezone.localtime(at).year:
        return _formatted(local.date(), pgettext("date with year", "j M Y"), get_language())
    return _formatted(local.date(), pgettext("date without year", "j M"), get_language())


def clock_text(moment: dt.datetime) -> str:
    """A time of day: 11:30 Uhr."""
    local = timezone.localtime(moment).time().replace(second=0, microsecond=0)
    return _formatted(local, pgettext("time of day", "H:i"), get_language())


def full_text(moment: dt.datetime) -> str:
    """A moment in full, for the title: Freitag, 20. November 2026, 17:00 Uhr; or that there is none."""
    if moment == NEVER:
        return _("no deadline")
    day = timezone.localtime(moment).date()
    full = _formatted(day, pgettext("full date", "l, j F Y"), get_language())
    return f"{full}, {clock_text(moment)}"


@lru_cache(maxsize=4096)
def _formatted(value: dt.date | dt.time, pattern: str, language: str | None) -> str:
    """A day or time by a pattern; kept, because lists print the same ones over and over."""
    if isinstance(value, dt.time):
        return time_format(value, pattern)
    return date_format(value, pattern)


def moment_text(moment: dt.datetime | None, at: dt.datetime | None = None) -> str:
    """A past moment: heute, 08:52 Uhr, or Fr., 20.11., 15:14 Uhr; empty for none."""
    if moment is None:
        return ""
    now = at or timezone.now()
    if _days_apart(moment, now) == 0:
        return _("today, %(time)s") % {"time": clock_text(moment)}
    return f"{day_text(moment, now)}, {clock_text(moment)}"


def day_of(at: dt.datetime) -> dt.datetime:
    """The midnight that begins the day of `at`."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def day_after(at: dt.datetime) -> dt.datetime:
    """The midnight that ends the day of `at`."""
    local = timezone.localtime(at)
    following = local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(following, dt.time(), local.tzinfo)
