"""Deadlines in words, as people say them: "heute, 11:30 Uhr", "1 Arbeitstag überfällig, seit Fr., 20.11."."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people import worktime


@dataclass(frozen=True, slots=True)
class DueLabel:
    """A deadline as shown: words, a mark (over, today, none) with its icon, the full date for the title."""

    text: str
    mark: str = ""
    icon: str = ""
    iso: str = ""
    full: str = ""


def day_text(day: dt.date) -> str:
    """A day nearby, such as "Mi., 25.11."."""
    return date_format(day, _("D., d.m."))


def moment_text(at: dt.datetime | None) -> str:
    """A moment in full, such as "23.11.2026, 11:30"."""
    return date_format(timezone.localtime(at), _("d.m.Y, H:i")) if at else ""


def label(due_at: dt.datetime | None, at: dt.datetime) -> DueLabel:
    """Say when an open task is due, seen from `at`. Overdue counts working days of the standard calendar."""
    if due_at is None:
        return DueLabel(_("no deadline"))
    due, now = timezone.localtime(due_at), timezone.localtime(at)
    facts = {"iso": due.isoformat(), "full": moment_text(due_at)}
    if due < now:
        return DueLabel(_overdue(due, now), "over", "triangle-alert", **facts)
    if due.date() == now.date():
        return DueLabel(_("today, %(time)s") % {"time": date_format(due, "H:i")}, "today", "clock", **facts)
    if due.date() == now.date() + dt.timedelta(days=1):
        return DueLabel(_("tomorrow"), **facts)
    if due.year != now.year:
        return DueLabel(date_format(due, _("d.m.Y")), **facts)
    return DueLabel(day_text(due.date()), **facts)


def _overdue(due: dt.datetime, now: dt.datetime) -> str:
    days = worktime.days_overdue(due, now)
    if not days:
        return _("overdue since %(since)s") % {"since": _since(due, now)}
    text = ngettext(
        "%(days)s working day overdue, since %(since)s",
        "%(days)s working days overdue, since %(since)s",
        days,
    )
    return text % {"days": days, "since": _since(due, now)}


def _since(due: dt.datetime, now: dt.datetime) -> str:
    return date_format(due, "H:i") if due.date() == now.date() else day_text(due.date())


def group(due_at: dt.datetime | None, at: dt.datetime) -> str:
    """The heading a task stands under: overdue, today, week, later, none."""
    if due_at is None:
        return "none"
    due, now = timezone.localtime(due_at), timezone.localtime(at)
    if due < now:
        return "overdue"
    if due.date() == now.date():
        return "today"
    sunday = now.date() + dt.timedelta(days=6 - now.weekday())
    return "week" if due.date() <= sunday else "later"


def group_name(key: str) -> str:
    """The heading in the reader's language."""
    return {
        "overdue": _("Overdue"),
        "today": _("Today"),
        "week": _("This week"),
        "later": _("Later"),
        "none": _("No deadline"),
    }[key]
