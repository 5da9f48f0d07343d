"""What leads see after a standstill of the clock: what became overdue in it, and what an extension would do
(semantics §3). Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from people import explaining
from people.calendars import Calendars, current
from people.models import Team
from people.scope import Scope
from processes import nets
from tasks import duemarks, duetime
from tasks.clocks import clockrows, rescheduling, standstills
from tasks.models import Clock, Standstill, StandstillExtension

MOST_STANDSTILLS = 5
MOST_ROWS = 100
"""Rows of a list; more are counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A deadline that a standstill touched. `new` is empty where it stays; `why` says why."""

    url: str
    title: str
    about: str
    assignee: str
    old: str
    new: str = ""
    why: str = ""
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class TeamPart:
    """What a standstill did to one team. `legal` ones stand first and are never moved."""

    team: Team
    legal: list[Row]
    rows: list[Row]
    staying: list[Row]
    more: int
    movable: int
    passed: int
    done: str = ""
    extend_url: str = ""
    standstill_id: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """One standstill with the led teams it touched."""

    begin: str
    end: str
    teams: list[TeamPart]


def boards(scope: Scope, at: dt.datetime) -> list[Board]:
    """The standstills of the last days that touched deadlines of teams one leads, the latest first."""
    if not scope.led_team_ids:
        return []
    teams = list(Team.objects.filter(pk__in=scope.led_team_ids).order_by("name"))
    found = [_board(one, teams, at) for one in _recent(at)]
    return [board for board in found if board.teams]


def _recent(at: dt.datetime) -> Iterable[Standstill]:
    rows = Standstill.objects.filter(until_at__gt=at - standstills.ASKED_FOR, until_at__lte=at)
    return rows.order_by("-until_at")[:MOST_STANDSTILLS]


def passed_in_standstill(scope: Scope, at: dt.datetime) -> int:
    """How many open deadlines of led teams passed in a standstill of the last days; a statement for each."""
    spans = list(_recent(at)) if scope.led_team_ids else []
    found: set[int] = set()
    for one in spans:
        clocks = standstills.clocks_of(one, scope.led_team_ids)
        found |= {
            clock.pk for clock in clocks if clockrows.has_passed(clock, one.until_at) and not clock.is_moved
        }
    return len(found)


def _board(standstill: Standstill, teams: list[Team], at: dt.datetime) -> Board:
    clocks = standstills.clocks_of(standstill, [team.pk for team in teams])
    lost = standstills.losses(standstill, clocks)
    extensions = StandstillExtension.objects.filter(standstill=standstill, team__in=teams)
    done = {row.team_id: row for row in extensions.select_related("by")}
    known = current()
    parts = [
        _part(
            standstill,
            team,
            [clock for clock in clocks if _team_of(clock) == team.pk],
            lost,
            done.get(team.pk),
            known,
            at,
        )
        for team in teams
    ]
    return Board(
        duetime.full_text(standstill.from_at),
        duetime.full_text(standstill.until_at),
        [part for part in parts if part.legal or part.rows or part.staying or part.done],
    )


def _team_of(clock: Clock) -> int | None:
    """Whose leads may extend it."""
    return clock.task.team_id if clock.task else clock.instance.definition.owner_team_id


def _part(
    standstill: Standstill,
    team: Team,
    clocks: list[Clock],
    lost: dict[Clock, int],
    done: StandstillExtension | None,
    known: Calendars,
    at: dt.datetime,
) -> TeamPart:
    passed = [clock for clock in clocks if clockrows.has_passed(clock, standstill.until_at)]
    movable = [clock for clock in clocks if clock in lost]
    staying = [clock for clock in passed if clock not in lost and not clock.is_legal]
    return TeamPart(
        team=team,
        legal=[_row(clock, at, why=duemarks.law_of(clock)) for clock in passed if clock.is_legal],
        rows=[_moved(clock, lost[clock], known, at) for clock in movable[:MOST_ROWS]],
        staying=[_row(clock, at, why=_why_not(clock)) for clock in staying[:MOST_ROWS]],
        more=max(0, len(movable) - MOST_ROWS),
        movable=len(movable),
        passed=len(passed),
        done=_done_text(done, at),
        extend_url=reverse("tasks:extend", args=[standstill.pk, team.pk]),
        standstill_id=standstill.pk,
    )


def _moved(clock: Clock, seconds: int, known: Calendars, at: dt.datetime) -> Row:
    """The row with the deadline an extension would give."""
    version = nets.compiled(clock.instance.version_id, nets.AS_PUBLISHED)
    new, law = rescheduling.extended(clock, version, seconds, known=known)
    words = {"time": explaining.minutes_text(seconds)}
    text = (
        _("+ %(time)s, stays overdue") if new <= at and clockrows.has_passed(clock, at) else _("+ %(time)s")
    )
    why = text % words
    if law is not None:
        why = _("%(text)s, no later than the legal deadline") % {"text": why}
    return _row(clock, at, new=duetime.moment_text(new, at), why=why)


def _row(clock: Clock, at: dt.datetime, *, new: str = "", why: str = "") -> Row:
    task, case = clock.task, clock.instance
    about = " · ".join(part for part in (case.number, str(case.customer or ""), case.title) if part)
    nobody = _("not assigned") if task else str(case.definition)
    return Row(
        url=_url(clock),
        title=_title(clock),
        about=about,
        assignee=str((task.assignee if task else None) or nobody),
        old=duetime.moment_text(clock.due_at, at),
        new=new,
        why=why,
        is_late=clockrows.has_passed(clock, at),
    )


def _url(clock: Clock) -> str:
    if clock.task_id is None:
        return reverse("processes:instance", args=[clock.instance_id])
    return reverse("tasks:detail", args=[clock.task_id])


def _title(clock: Clock) -> str:
    if clock.task is None:
        return _("The whole case")
    if clock.kind == Clock.Kind.REACTION:
        return _("%(task)s: to be taken over") % {"task": clock.task.title}
    return clock.task.title


def _why_not(clock: Clock) -> str:
    if clock.is_moved:
        return _("somebody has moved it")
    if clock.is_final:
        return _("may not be moved")
    return _("extended already, or no working time lost")


def _done_text(done: StandstillExtension | None, at: dt.datetime) -> str:
    if done is None:
        return ""
    words = {"when": duetime.moment_text(done.at, at), "who": str(done.by), "reason": done.reason}
    return _("Extended: %(when)s by %(who)s. Reason: “%(reason)s”") % words
