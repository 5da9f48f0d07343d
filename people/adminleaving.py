"""What becomes of work when administrators let somebody go: told before, handed back after."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people import accounts
from people.adminrights import viewer
from people.models import Membership, Team, User
from processes import availability, runtime
from tasks import unattended

Pair = tuple[int, int]
"""A person's id and a team's."""


def deactivate(request: HttpRequest, user: User, *, by: User) -> None:
    """End an account's use and hand its open tasks back. Raises as `accounts.deactivate`."""
    accounts.deactivate(user, by=by)
    _hand_back(request, [user])


def when_saved(request: HttpRequest, person_ids: Collection[int]) -> None:
    """Once the page's changes are in force, hand back the tasks of those who belong to no team any more."""
    if person_ids:
        transaction.on_commit(partial(_of_the_teamless, request, tuple(person_ids)))


def _of_the_teamless(request: HttpRequest, person_ids: Collection[int]) -> None:
    persons = User.objects.filter(pk__in=person_ids)
    _hand_back(request, persons.exclude(pk__in=availability.workers().values("pk")))


def _hand_back(request: HttpRequest, users: Iterable[User]) -> None:
    """Hand back and say so, without numbers: tasks of confidential cases are among them."""
    for user in users:
        done = runtime.hand_back(user, by=viewer(request))
        if done.tasks:
            text = _("Open tasks of %(person)s have gone back to their teams.") % {"person": user}
            messages.info(request, text)
        if done.with_nobody:
            messages.warning(request, _("For some of them nobody is there; they are listed as incidents."))


def emptied(leaving: Iterable[Pair], joining: Iterable[Pair]) -> list[Team]:
    """Teams that would lose their last active member."""
    lost: dict[int, set[int]] = {}
    for person_id, team_id in leaving:
        lost.setdefault(team_id, set()).add(person_id)
    active = set(
        User.objects.active().filter(pk__in={one for one, _ in joining}).values_list("pk", flat=True)
    )
    filled = {team_id for person_id, team_id in joining if person_id in active}
    gone = [team_id for team_id in lost if team_id not in filled]
    return [
        team
        for team in Team.objects.filter(pk__in=gone, is_active=True)
        if availability.has_somebody(team.pk) and not availability.has_somebody(team.pk, lost[team.pk])
    ]


def before_leaving(user: User | None) -> list[str]:
    """What the page of an account says beside its button: about teams in which nobody else is active."""
    if user is None or not user.is_active:
        return []
    own = Membership.objects.filter(user=user).values_list("user_id", "team_id")
    return warnings(emptied(own, ()))


def warnings(teams: Iterable[Team]) -> list[str]:
    """What stands in inboxes that nobody could open any more; confidential cases are not counted."""
    teams = list(teams)
    waiting = unattended.waiting_in([team.pk for team in teams])
    return [_warning(team, waiting.get(team.pk, 0)) for team in teams]


def _warning(team: Team, number: int) -> str:
    text = ngettext(
        "Nobody could open the inbox of the team “%(team)s” any more; %(number)s open task stands in it.",
        "Nobody could open the inbox of the team “%(team)s” any more; %(number)s open tasks stand in it.",
        number,
    )
    return text % {"team": team, "number": number}
