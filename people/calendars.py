"""Which working calendar holds for whom. Calendars are kept in memory, safely over any number of processes.

Every change of a calendar, of a team's or of a person's writes a new random stamp in its own transaction
(`models.restamp_calendars`). `current()` asks for the stamp, one query by primary key, and reads the tables
anew only if it is not the one it knows. The stamp is read before the tables, so what is kept is never older
than its stamp. A tick or a click takes `current()` once and asks the answer as often as it likes.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Subquery
from django.utils import timezone

from people import officedays, worktime, workweek
from people.models import CALENDAR_STAMP, CalendarDay, PersonCalendar, Setting, Team, WorkCalendar
from people.officedays import OfficeDay, WeekRow
from people.publicholidays import Region, Switch, UnknownRegion, region_of

log = logging.getLogger(__name__)


class UnknownCalendar(LookupError):
    """There is no calendar of this key, and it is no code of a region."""


@dataclass(frozen=True, slots=True)
class Calendars:
    """All active calendars, and who has which."""

    stamp: str
    by_id: Mapping[int, worktime.Calendar]
    ids: Mapping[str, int]
    default_id: int | None
    teams: Mapping[int, tuple[int | None, int | None]]
    """Team → the team it is part of, and its own calendar."""
    people: Mapping[int, tuple[tuple[dt.date, int | None], ...]]
    """Person → from when which calendar, in order."""

    def of(self, user_id: int | None, team_id: int | None, on: dt.date) -> worktime.Calendar:
        """The calendar of a person on a day, else of the team or one it is part of, else the company's.

        Without any: Monday to Friday 9 to 17, Europe/Berlin, no holidays.
        """
        found = self._of_person(user_id, on) or self._of_team(team_id) or self.default_id
        return worktime.STANDARD if found is None else self.by_id[found]

    def from_moment(self, user_id: int | None, team_id: int | None, at: dt.datetime) -> worktime.Calendar:
        """What is counted by from a moment on: as `of`, changing on the days on which the person's changes.

        The moment's day is the one where the team works.
        """
        on = self.of(None, team_id, dt.date.min).local(at).date()
        days = [from_on for from_on, _calendar_id in self.people.get(user_id or 0, ()) if from_on > on]
        later = [(day, self.of(user_id, team_id, day)) for day in days]
        return workweek.in_turn(self.of(user_id, team_id, on), later)

    def _of_person(self, user_id: int | None, on: dt.date) -> int | None:
        found = None
        for from_on, calendar_id in self.people.get(user_id or 0, ()):
            if from_on <= on:
                found = calendar_id
        return found if found in self.by_id else None

    def _of_team(self, team_id: int | None) -> int | None:
        seen: set[int] = set()
        while team_id is not None and team_id not in seen:
            seen.add(team_id)
            team_id, calendar_id = self.teams.get(team_id, (None, None))
            if calendar_id in self.by_id:
                return calendar_id
        return None

    def by_key(self, key: str) -> worktime.Calendar:
        """The active calendar of that key, or a region's: `DE-NW`, `AT-9`, `AT-W`, `CH-ZH`, `DE`.

        A region's is Monday to Friday 9 to 17 with the holidays there. Raises UnknownCalendar.
        """
        if key in self.ids:
            return self.by_id[self.ids[key]]
        try:
            return _office_of(region_of(key))
        except UnknownRegion as error:
            raise UnknownCalendar(key) from error


NONE = Calendars(stamp="", by_id={}, ids={}, default_id=None, teams={}, people={})
"""No calendar is stored: the codes of regions and the standard week remain."""


@lru_cache(maxsize=64)
def _office_of(region: Region) -> worktime.Calendar:
    return officedays.office_of(region)


UNREAD: Final = object()
"""Nobody has read the stamp yet."""
_known: Calendars | None = None


def stamp_beside() -> Subquery:
    """The stamp as a column of a row that is read anyway; its value goes to `current`."""
    return Subquery(Setting.objects.filter(pk=CALENDAR_STAMP).values("value"))


def current(beside: Any = UNREAD) -> Calendars:
    """The calendars as they are now: one query, or six after a change.

    `beside` is what `stamp_beside` gave with another row; then no query, or five after a change.
    """
    global _known
    stamp = _stamp() if beside is UNREAD else _stamp_in(beside)
    if _known is None or _known.stamp != stamp:
        _known = _read(stamp)
    return _known


def calendar_for(user_id: int | None, team_id: int | None, on: dt.date) -> worktime.Calendar:
    """The calendar that holds for a person and a team on a day (either may be missing); one query.

    Who asks often takes `current()` once and asks its `of`.
    """
    return current().of(user_id, team_id, on)


def calendar_by_key(key: str) -> worktime.Calendar:
    """The calendar of that key or region's code. Raises UnknownCalendar."""
    return current().by_key(key)


def _stamp() -> str:
    return _stamp_in(Setting.objects.filter(pk=CALENDAR_STAMP).values_list("value", flat=True).first())


def _stamp_in(value: dict[str, Any] | None) -> str:
    return str(value["stamp"]) if value else ""


def _read(stamp: str) -> Calendars:
    rows = WorkCalendar.objects.filter(is_active=True).prefetch_related("windows", "days")
    built = {row: calendar for row in rows if (calendar := _usable(row)) is not None}
    people: dict[int, list[tuple[dt.date, int | None]]] = defaultdict(list)
    for user_id, from_on, calendar_id in PersonCalendar.objects.order_by("from_on").values_list(
        "user_id", "from_on", "calendar_id"
    ):
        people[user_id].append((from_on, calendar_id))
    return Calendars(
        stamp=stamp,
        by_id={row.pk: calendar for row, calendar in built.items()},
        ids={row.key: row.pk for row in built},
        default_id=next((row.pk for row in built if row.is_default), None),
        teams={
            pk: (parent_id, calendar_id)
            for pk, parent_id, calendar_id in Team.objects.values_list("pk", "parent_id", "calendar_id")
        },
        people={user_id: tuple(found) for user_id, found in people.items()},
    )


def _usable(row: WorkCalendar) -> worktime.Calendar | None:
    """A stored calendar, or None for one that can't be used, such as forms refuse; the log says why."""
    try:
        calendar = calendar_of(row)
        worktime.demand_opening(calendar, timezone.localdate())
    except (ValueError, KeyError, worktime.NeverOpen):
        log.exception("calendar %s can't be used", row.key)
        return None
    return calendar


def calendar_of(row: WorkCalendar) -> worktime.Calendar:
    """A stored calendar with windows and days. Raises ValueError, KeyError (time zone) for a broken one."""
    week = officedays.week_of(
        WeekRow(one.first_weekday, one.last_weekday, (one.opens, one.closes)) for one in row.windows.all()
    )
    days = [office_day(one) for one in row.days.all()]
    return officedays.build(week, ZoneInfo(row.zone), region_of_row(row), days)


def region_of_row(row: WorkCalendar) -> Region | None:
    """The region whose holidays hold. Raises UnknownRegion, ValueError for an unknown switch."""
    return region_of(row.region, frozenset(map(Switch, row.switches))) if row.region else None


def office_day(row: CalendarDay) -> OfficeDay:
    """A stored day as arithmetic knows it. Raises ValueError for hours that can't be read."""
    return OfficeDay(
        kind=officedays.Kind(row.kind),
        month=row.month,
        day=row.day,
        year=row.year,
        name=row.name,
        windows=officedays.read_hours(row.hours),
    )
