"""Whose an open task is, in words: the person, its team, in a trial run whose voice. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from people.models import Membership, User
from people.scope import Scope
from tasks.models import Task


def lines(tasks: Sequence[Task], scope: Scope) -> dict[int, str]:
    """Whose each of these tasks is, by id, for whoever looks; two statements at most."""
    with_team, voices = names_team(tasks, scope), _voices(tasks)
    return {task.pk: _line(task, task.pk in with_team, voices.get(task.pk)) for task in tasks}


def _line(task: Task, has_team: bool, voice: User | None) -> str:
    parts = [str(task.assignee or _("Team inbox"))]
    if has_team:
        parts.append(str(task.team))
    if voice is not None:
        parts.append(_("voice of %(person)s") % {"person": voice})
    return " · ".join(parts)


def names_team(tasks: Sequence[Task], scope: Scope) -> set[int]:
    """The tasks beside which their team is named: those nobody has, and those of its own people. A person
    named by the process need not belong to the team that stands for the step. One statement at most, none
    where nobody else than who looks has them."""
    held = {task.pk: (task.assignee_id, task.team_id) for task in tasks if task.assignee_id is not None}
    others = {person for person, _team in held.values() if person != scope.user_id}
    belong = {(scope.user_id, team) for team in scope.team_ids}
    if others:
        rows = Membership.objects.filter(user__in=others, team__in={team for _person, team in held.values()})
        belong |= set(rows.values_list("user_id", "team_id"))
    free = {task.pk for task in tasks if task.assignee_id is None and task.team_id is not None}
    return free | {pk for pk, pair in held.items() if pair in belong}


def _voices(tasks: Sequence[Task]) -> dict[int, User]:
    """In a trial one person has all tasks: whose voice each task of a vote would be."""
    meant = {task.pk: task.meant_for.assignee_id for task in tasks if task.is_trial and task.mi_index}
    people = User.objects.in_bulk([pk for pk in meant.values() if pk is not None]) if meant else {}
    return {task: people[pk] for task, pk in meant.items() if pk in people}
