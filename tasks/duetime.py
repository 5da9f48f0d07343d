"""Deadlines in words: "1 Arbeitstag überfällig, seit Fr., 20.11.", "heute, 11:30 Uhr", "morgen", "ohne Frist"."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from people import worktime

OVER, TODAY, WEEK, LATER, NONE = "over", "today", "soon", "later", "none"
GROUPS = (OVER, TODAY, WEEK, LATER, NONE)
ICONS = {OVER: "triangle-alert", TODAY: "clock"}


@dataclass(frozen=True, slots=True)
class Due:
    """A deadline as shown. `group` is one of GROUPS and also the class of the mark."""

    text: str
    since: str
    group: str
    icon: str
    iso: str
    full: str

    @property
    def long(self) -> str:
        """With the day since when, where it is overdue."""
        return f"{self.text}, {self.since}" if self.since else self.text


def due(due_at: dt.datetime | None, *, at: dt.datetime, is_suspended: bool = False) -> Due:
    """The words for a deadline at the moment `at`; a suspended case's deadline rests."""
    if is_suspended:
        return Due(_("resting"), "", NONE, "pause", "", _("The case is suspended; its deadlines rest."))
    if due_at is None:
        return Due(_("no deadline"), "", NONE, "", "", "")
    found = group(due_at, at=at)
    text, since = _overdue(due_at, at) if found == OVER else (_ahead(due_at, at, found), "")
    return Due(text, since, found, ICONS.get(found, ""), due_at.isoformat(), moment(due_at))


def group(due_at: dt.datetime | None, *, at: dt.datetime) -> str:
    """Overdue, today, this (calendar) week, later, or without a deadline."""
    if due_at is None:
        return NONE
    if due_at < at:
        return OVER
    day, today = timezone.localtime(due_at).date(), timezone.localtime(at).date()
    if day == today:
        return TODAY
    return WEEK if day <= today + dt.timedelta(days=6 - today.weekday()) else LATER


def group_label(name: str) -> str:
    """The heading of a group."""
    return {
        OVER: _("Overdue"),
        TODAY: _("Today"),
        WEEK: _("This week"),
        LATER: _("Later"),
        NONE: _("Without deadline"),
    }[name]


def _overdue(due_at: dt.datetime, at: dt.datetime) -> tuple[str, str]:
    days = worktime.days_overdue(due_at, at)
    local, today = timezone.localtime(due_at), timezone.localtime(at).date()
    if days:
        text = ngettext("%(n)d working day overdue", "%(n)d working days overdue", days) % {"n": days}
    else:
        text = _("overdue")
    if local.date() == today:
        return text, _("since %(time)s") % {"time": clock(due_at)}
    return text, _("since %(day)s") % {"day": short_day(local.date(), today)}


def _ahead(due_at: dt.datetime, at: dt.datetime, found: str) -> str:
    local, today = timezone.localtime(due_at), timezone.localtime(at).date()
    if found == TODAY:
        return _("today, %(time)s") % {"time": clock(due_at)}
    if local.date() == today + dt.timedelta(days=1):
        return _("tomorrow")
    if found == WEEK:
        return short_day(local.date(), today)
    return plain_day(local.date(), today)


def short_day(day: dt.date, today: dt.date) -> str:
    """Fr., 20.11.; with the year if it is another one."""
    if day.year != today.year:
        return plain_day(day, today)
    return date_format(day, pgettext("date format with weekday", "D, j M"))


def plain_day(day: dt.date, today: dt.date) -> str:
    """30.11.; with the year if it is another one."""
    if day.year != today.year:
        return date_format(day, pgettext("date format with year", "j M Y"))
    return date_format(day, pgettext("date format without year", "j M"))


def clock(at: dt.datetime) -> str:
    """11:30 Uhr."""
    return date_format(timezone.localtime(at), pgettext("time format", "H:i"))


def moment(at: dt.datetime) -> str:
    """Freitag, 20. November 2026, 17:00 Uhr."""
    day = date_format(timezone.localtime(at), pgettext("full date format", "l, j F Y"))
    return f"{day}, {clock(at)}"


def when(at: dt.datetime, *, now: dt.datetime) -> str:
    """A past moment: heute, 08:52 Uhr or Fr., 20.11., 15:14 Uhr."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if local.date() == today:
        return _("today, %(time)s") % {"time": clock(at)}
    return f"{short_day(local.date(), today)}, {clock(at)}"


def day_bounds(at: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Begin of the day of `at` and of the day after it."""
    start = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    following = start.date() + dt.timedelta(days=1)
    return start, dt.datetime.combine(following, dt.time(), start.tzinfo)
