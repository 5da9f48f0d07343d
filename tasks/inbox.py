"""Whose tasks, in which order: the inbox as a UNION ALL of ordered heads, a page at a time (semantics §9).

Each head (mine, each team's inbox) is read along its own partial index and never further than a page; joining
them with OR would read every open task instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.dateparse import parse_datetime

from customers.folding import fold
from people.scope import Scope
from processes import nets
from processes.models import ProcessDefinition, ProcessInstance, Urgency
from tasks import duetime
from tasks.events import Kind
from tasks.models import NEVER, Clock, FieldValue, ProcessEvent, Task, TaskCheck, TaskQuerySet

PAGE = 50
COUNTED = 100
"""Counts stop here and are shown as 99+."""
FOLDERS = ("mine", "team", "overdue", "later", "led", "done")
"""Mine, my teams' inboxes, overdue of mine and of teams I lead, put off (mine and in my teams' inboxes),
everything of teams I lead, ended by me. What is put off stands in `later` and `led` alone, until a legal
deadline of it has passed."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a folder; all from the query string."""

    text: str = ""
    process: int | None = None
    urgency: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.text or self.process is not None or self.urgency is not None)

    def apply(self, tasks: TaskQuerySet) -> TaskQuerySet:
        """Narrow one head."""
        if self.process is not None:
            tasks = tasks.filter(instance__definition_id=self.process)
        if self.urgency is not None:
            tasks = tasks.filter(urgency=self.urgency)
        return tasks.filter(self._matches()) if self.text else tasks

    def _matches(self) -> Q:
        """Title, case or customer contains the text, or one of the case's searchable values."""
        folded = fold(self.text)
        found = (
            Q(title__icontains=self.text)
            | Q(instance__title__icontains=self.text)
            | Q(instance__number__icontains=self.text)
        )
        if not folded:
            return found
        values = FieldValue.objects.containing([folded], OuterRef("instance_id"))
        return found | Q(instance__customer__search_text__contains=folded) | Q(Exists(values))


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a folder and the cursor of the next, empty when there is none."""

    tasks: list[Task]
    next_cursor: str


def heads(folder: str, scope: Scope, at: dt.datetime) -> list[TaskQuerySet]:
    """The ordered pieces a folder is made of; none of them overlap."""
    open_tasks = Task.objects.open()
    mine = open_tasks.filter(assignee_id=scope.user_id)
    pools = [open_tasks.filter(team_id=team, assignee__isnull=True) for team in sorted(scope.team_ids)]
    if folder in ("mine", "team", "later"):
        wanted = {"mine": [mine], "team": pools, "later": [mine, *pools]}[folder]
        return [head.filter(is_hidden=folder == "later") for head in wanted]
    led = [open_tasks.filter(team_id=team) for team in sorted(scope.led_team_ids)]
    if folder == "led":
        return led
    shown = [mine, *(head.exclude(assignee_id=scope.user_id) for head in led)]
    return [part for head in shown for part in _overdue(head, at)]


def _overdue(head: TaskQuerySet, at: dt.datetime) -> list[TaskQuerySet]:
    """What of a head is overdue: what runs, and legal deadlines also of what is put off or suspended. Pieces
    of their own, as each reads another index."""
    late, suspended = head.filter(due_sort_at__lt=at), Q(instance__state=ProcessInstance.State.SUSPENDED)
    is_legal = Exists(Clock.objects.filter(task=OuterRef("pk"), kind=Clock.Kind.SOLUTION, is_legal=True))
    return [
        late.filter(~suspended, is_hidden=False),
        late.filter(suspended, is_legal, is_hidden=False),
        late.filter(is_legal, is_hidden=True),
    ]


def first(parts: Sequence[TaskQuerySet], limit: int) -> list[Task]:
    """The first tasks of heads that do not overlap, in the order of their deadlines: two statements."""
    return _rows(_first_ids(parts, "due_sort_at", None, limit))


def first_column(folder: str) -> str:
    """What a folder is sorted by first, before urgency and id."""
    return "follow_up_at" if folder == "later" else "due_sort_at"


def page(folder: str, scope: Scope, filters: Filters, *, at: dt.datetime, after: str = "") -> Page:
    """One page: a statement for the ids, one for the rows. A cursor nobody gave out starts anew."""
    if folder == "done":
        return _done_page(scope, filters, after)
    column, parts = first_column(folder), [filters.apply(head) for head in heads(folder, scope, at)]
    ids = _first_ids(parts, column, _cursor(after), PAGE + 1)
    tasks = _rows(ids[:PAGE])
    return Page(tasks, _cursor_of(tasks[-1], column) if len(ids) > PAGE and tasks else "")


def _first_ids(
    parts: Sequence[TaskQuerySet], column: str, after: tuple[object, ...] | None, limit: int
) -> list[int]:
    """The ids of the first rows of all parts together, in the order of a column, urgency and id."""
    sql, params = _union(parts, column, after, limit)
    if not sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY 2, 3, 1 LIMIT {limit:d}", params)
        return [row[0] for row in cursor.fetchall()]


def _union(
    parts: Sequence[TaskQuerySet], column: str, after: tuple[object, ...] | None, limit: int
) -> tuple[str, list[Any]]:
    pieces: list[str] = []
    params: list[Any] = []
    for number, part in enumerate(parts):
        ordered = _behind(part, column, after).order_by(column, "urgency", "id")
        rows = ordered.values_list("id", column, "urgency")[:limit]
        piece, values = rows.query.sql_with_params()
        pieces.append(f"SELECT * FROM ({piece}) AS head{number}")  # noqa: S608 - the ORM's own text  # noqa: S608 - compiled by the ORM
        params += values
    return " UNION ALL ".join(pieces), params


def _behind(part: TaskQuerySet, column: str, after: tuple[object, ...] | None) -> TaskQuerySet:
    if after is None:
        return part
    return part.filter(
        RawSQL(  # noqa: S611 - the column is one of `first_column`
            f"(tasks_task.{column}, tasks_task.urgency, tasks_task.id) > (%s, %s, %s)",
            after,
            output_field=BooleanField(),
        )
    )


SHOWN = ("instance__definition", "instance__customer", "instance__version", "team", "assignee")
NOT_SHOWN = (
    "draft",
    "assignment_reason",
    "instance__data",
    "instance__marking",
    "instance__granted",
    "instance__field_versions",
    "instance__definition__description",
    *(f"instance__version__{name}" for name in nets.LARGE),
    "instance__customer__notes",
    "instance__customer__search_text",
)
"""Large columns a list does not print; left in the database."""


def _with_shown(tasks: TaskQuerySet) -> TaskQuerySet:
    return tasks.select_related(*SHOWN).defer(*NOT_SHOWN)


def _rows(ids: Sequence[int]) -> list[Task]:
    rows = _with_shown(Task.objects.all()).in_bulk(list(ids))
    return [rows[pk] for pk in ids if pk in rows]


def _done_page(scope: Scope, filters: Filters, after: str) -> Page:
    rows = filters.apply(Task.objects.filter(state=Task.State.DONE, completed_by_id=scope.user_id))
    moment, _sep, last = after.rpartition("_")
    ended, pk = _moment(moment), _digits(last)
    if ended is not None and pk is not None:
        rows = rows.filter(ended_at__lte=ended).filter(Q(ended_at__lt=ended) | Q(pk__lt=pk))
    found = list(_with_shown(rows).order_by(F("ended_at").desc(), "-id")[: PAGE + 1])
    tasks = found[:PAGE]
    last_end = tasks[-1].ended_at if len(found) > PAGE else None
    return Page(tasks, f"{last_end.isoformat()}_{tasks[-1].pk}" if last_end else "")


def _cursor_of(task: Task, column: str) -> str:
    return f"{getattr(task, column).isoformat()}_{task.urgency}_{task.pk}"


def _cursor(text: str) -> tuple[object, ...] | None:
    parts = text.split("_")
    if len(parts) != 3:
        return None
    due, urgency, pk = _moment(parts[0]), _digits(parts[1]), _digits(parts[2])
    if due is None or pk is None or urgency not in Urgency.values:
        return None
    return connection.ops.adapt_datetimefield_value(due), urgency, pk


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def group_of_cursor(after: str, at: dt.datetime) -> str:
    """The heading under which the page before the cursor ended; empty where there is none."""
    due = _moment(after.split("_")[0]) if _cursor(after) else None
    return duetime.group(None if due == NEVER else due, at) if due else ""


def _moment(text: str) -> dt.datetime | None:
    try:
        at = parse_datetime(text)
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None


def counts(scope: Scope, at: dt.datetime, shown: str = "mine") -> dict[str, int]:
    """How many tasks stand in each open folder, and how many of mine, and of the folder `shown` (`here_…`),
    are overdue or due today, up to a hundred: one statement."""
    mine = Task.objects.open().filter(assignee_id=scope.user_id)
    parts = {folder: heads(folder, scope, at) for folder in ("mine", "team", "overdue", "later", "led")}
    whole = {"mine": [mine], "team": parts["team"], "led": parts["led"]}.get(shown, [])
    late = [part for head in whole for part in _overdue(head, at)]
    until = duetime.day_after(at)
    parts |= {
        "mine_overdue": _overdue(mine, at),
        "here_overdue": parts["overdue"] if shown == "overdue" else late,
        "here_today": [
            head.filter(is_hidden=False, due_sort_at__gte=at, due_sort_at__lt=until) for head in whole
        ],
    }
    columns: list[str] = []
    params: list[Any] = []
    for heads_of in parts.values():
        sql, values = _union(heads_of, "due_sort_at", None, COUNTED)
        columns.append(f"(SELECT COUNT(*) FROM ({sql} LIMIT {COUNTED:d}) AS counted)" if sql else "0")  # noqa: S608
        params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", params)
        return dict(zip(parts, cursor.fetchone(), strict=True))


def processes_of(scope: Scope) -> QuerySet[ProcessDefinition]:
    """The processes in which one's teams or oneself have steps, for filtering; the rows are few."""
    return (
        ProcessDefinition.objects.filter(
            Q(versions__steps__team_id__in=scope.team_ids) | Q(versions__steps__person_id=scope.user_id)
        )
        .distinct()
        .order_by("name")
    )


def ticks(task_ids: Sequence[int]) -> dict[int, int]:
    """How many activities are ticked in each of these tasks (one statement)."""
    rows = TaskCheck.objects.filter(task_id__in=task_ids, is_checked=True)
    return dict(rows.values_list("task_id").annotate(number=Count("id")))


def comments(task_ids: Sequence[int]) -> dict[int, int]:
    """How many comments were written on each of these tasks."""
    rows = ProcessEvent.objects.filter(task_id__in=task_ids, kind=Kind.COMMENTED)
    return dict(rows.order_by().values_list("task_id").annotate(number=Count("id")))
