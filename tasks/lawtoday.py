"""The check list of an evening: legal deadlines that end today or have ended, and those struck out (G9).

Reads only; a deadline is struck out by completing its task.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from people.models import Membership
from people.scope import Scope
from processes.models import ProcessInstance
from tasks import duemarks, duetime, inbox
from tasks.clocks import laws
from tasks.clocks.laws import End
from tasks.duetime import DueLabel
from tasks.models import Clock, Task, TaskQuerySet

MOST_ROWS = 200
"""Rows of a part; a page that says it shows all must not be cut without saying so (`Board.is_cut`)."""
STRUCK_WITHIN = dt.timedelta(days=31)
"""So long before today a deadline of today may have been struck out to be found."""


@dataclass(frozen=True, slots=True)
class Row:
    """One legal deadline; `struck` says who struck it out and when, empty while it is open."""

    url: str
    title: str
    about: str
    law: str
    due: DueLabel
    who: str = ""
    struck: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """Open deadlines by their moment, tasks before cases, and those of today that are struck out."""

    open: list[Row]
    struck: list[Row]
    is_cut: bool = False


def board(scope: Scope, at: dt.datetime) -> Board:
    """What a person has to look through: own tasks, what lies in the inboxes of one's teams, all of teams one
    leads and their cases; nothing of cases one may not see. A legal deadline behind an earlier one of the
    same task counts like others. Seven statements at most."""
    today, until = duetime.day_of(at), duetime.day_after(at)
    tasks = inbox.first([_lawful(head, scope, until) for head in _heads(scope)], MOST_ROWS + 1)
    cases = _cases(scope, until)
    struck = list(_struck(scope, at, until)[: MOST_ROWS + 1])
    found = _laws([*tasks, *struck], until)
    ordered = sorted(
        (task for task in tasks[:MOST_ROWS] if task.pk in found), key=lambda one: found[one.pk].at
    )
    of_today = (one for one in struck[:MOST_ROWS] if one.pk in found and found[one.pk].at >= today)
    of_cases = ((clock, _law(clock, until)) for clock in cases[:MOST_ROWS])
    return Board(
        [_task_row(task, found[task.pk], at) for task in ordered]
        + [_case_row(clock, law, at) for clock, law in of_cases if law is not None],
        [_struck_row(task, found[task.pk], at) for task in of_today],
        is_cut=max(len(tasks), len(cases), len(struck)) > MOST_ROWS,
    )


def _heads(scope: Scope) -> list[TaskQuerySet]:
    """None of them overlap. What is put off is among them: the law does not wait."""
    open_tasks = Task.objects.open()
    mine = open_tasks.filter(assignee_id=scope.user_id)
    pools = [open_tasks.filter(team_id=team, assignee__isnull=True) for team in sorted(scope.team_ids)]
    led = [
        open_tasks.filter(team_id=team, assignee__isnull=False).exclude(assignee_id=scope.user_id)
        for team in sorted(scope.led_team_ids)
    ]
    return [mine, *pools, *led]


def _lawful(tasks: TaskQuerySet, scope: Scope, until: dt.datetime) -> TaskQuerySet:
    """Those the law counts, or may count behind an earlier deadline (`_law` tells)."""
    clocks = Clock.objects.filter(task=OuterRef("pk"), kind=Clock.Kind.SOLUTION)
    seen = tasks.visible_to(scope)
    return seen.filter(Exists(_of_law(clocks)), due_sort_at__lt=until, is_trial=False)


def _of_law(clocks: QuerySet[Clock]) -> QuerySet[Clock]:
    return clocks.annotate(plan_text=laws.PLAN_TEXT).filter(Q(is_legal=True) | laws.MAY_BE_BESIDE)


def _struck(scope: Scope, at: dt.datetime, until: dt.datetime) -> TaskQuerySet:
    """Those of today, struck out by oneself or in a team one leads."""
    led = Q(team_id__in=scope.led_team_ids)
    members = Membership.objects.filter(team_id__in=scope.led_team_ids).values("user_id")
    by_whom = Q(completed_by_id=scope.user_id) | (led & Q(completed_by_id__in=members))
    rows = Task.objects.filter(
        by_whom,
        state=Task.State.DONE,
        ended_at__gte=at - STRUCK_WITHIN,
    )
    behind = Clock.objects.filter(task=OuterRef("pk"), kind=Clock.Kind.SOLUTION, is_legal=False)
    rows = rows.filter(Q(due_sort_at__gte=duetime.day_of(at)) | Exists(_of_law(behind)))
    shown = ("instance__definition", "instance__customer", "completed_by", "completed_for")
    return _lawful(rows, scope, until).select_related(*shown).order_by("-ended_at", "-id")


def _cases(scope: Scope, until: dt.datetime) -> list[Clock]:
    """Deadlines of whole cases that one's led teams own, where one may see them."""
    clocks = Clock.objects.filter(
        kind=Clock.Kind.CASE,
        instance__in=ProcessInstance.objects.visible_to(scope),
        instance__state__in=ProcessInstance.LIVE_STATES,
        instance__due_at__lt=until,
        instance__is_trial=False,
        instance__definition__owner_team_id__in=scope.led_team_ids,
    )
    shown = ("instance__definition", "instance__customer")
    rows = _of_law(clocks).select_related(*shown)
    return list(rows.order_by("due_at", "id")[: MOST_ROWS + 1])


def _laws(tasks: Sequence[Task], until: dt.datetime) -> dict[int, End]:
    """The legal deadline of each task, of those that have one until then; one statement."""
    rows = Clock.objects.filter(task__in=tasks, kind=Clock.Kind.SOLUTION)
    clocks = rows.only("task", "due_at", "is_legal", "is_final", "plan")
    found = {clock.task_id or 0: _law(clock, until) for clock in clocks}
    return {task_id: law for task_id, law in found.items() if law is not None}


def _law(clock: Clock, until: dt.datetime) -> End | None:
    """The legal deadline of a clock that ends before then: the one that counts, or the last one behind it."""
    if clock.is_legal and clock.due_at < until:
        return End(clock.due_at, clock.is_final)
    behind = [end for end in laws.ends(clock.plan) if end.at < until]
    return behind[-1] if behind else None


def _task_row(task: Task, law: End, at: dt.datetime) -> Row:
    return Row(
        url=reverse("tasks:detail", args=[task.pk]),
        title=task.title,
        about=_about(task.instance),
        law=duemarks.law_word(is_final=law.is_final),
        due=duetime.label(law.at, at, is_legal=True),
        who=str(task.assignee or _("not assigned")),
    )


def _case_row(clock: Clock, law: End, at: dt.datetime) -> Row:
    case = clock.instance
    return Row(
        url=reverse("processes:instance", args=[case.pk]),
        title=_("Deadline of the case"),
        about=_about(case),
        law=duemarks.law_word(is_final=law.is_final),
        due=duetime.label(law.at, at, is_legal=True),
    )


def _struck_row(task: Task, law: End, at: dt.datetime) -> Row:
    names: Iterable[object] = (task.completed_by, task.completed_for)
    words = {
        "who": " / ".join(str(one) for one in names if one),
        "when": duetime.moment_text(task.ended_at, at),
    }
    return replace(_task_row(task, law, at), who="", struck=_("struck out by %(who)s, %(when)s") % words)


def _about(case: ProcessInstance) -> str:
    parts = (case.definition.name, case.number, str(case.customer or ""), case.title)
    return " · ".join(part for part in parts if part)
