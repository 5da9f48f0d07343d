"""What a sweep reads of due clocks: their tasks and cases with just the columns that are judged or written.

A case or task that several clocks watch is one object, so that what one changes the next one sees.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast

from processes import escalation
from processes.models import ProcessDefinition, ProcessInstance
from tasks.clocks import laws
from tasks.models import Clock, Holder, Task

Columns = tuple[str | Cast, ...]


def _text(name: str) -> Cast:
    """JSON as text: read by Python, and only where somebody asks for it."""
    return Cast(name, TextField())


CLOCK: Columns = ("pk", "kind", "generation", "due_at", "is_legal", "next_level", _text("plan"))
CASE: Columns = (
    *(f"instance__{name}" for name in ("pk", "definition_id", "state", "urgency", "is_public", "event_seq")),
    "instance__is_confidential", "instance__is_trial", "instance__head_hash", _text("instance__data"),
    _text("instance__granted"),
)  # fmt: skip
TASK: Columns = (
    *(f"task__{name}" for name in ("pk", "state", "step_key", "token_id", "team_id", "assignee_id")),
    "task__urgency", "task__overdue_at", "task__escalation_level", "task__is_trial",
    _text("task__assignment_reason"),
)  # fmt: skip
COLUMNS: Columns = (*CLOCK, *CASE, *TASK)
OF_CASE, OF_TASK = len(CLOCK), len(CLOCK) + len(CASE)
"""Where the columns of each begin."""
RUNNING = (ProcessInstance.State.RUNNING,)


@dataclass(slots=True)
class WatchedCase:
    """Columns of `ProcessInstance`."""

    pk: int
    definition: ProcessDefinition
    state: str
    urgency: int
    is_public: bool
    event_seq: int
    is_confidential: bool
    is_trial: bool
    head_hash: str
    data_text: str
    granted_text: str

    @property
    def data(self) -> dict[str, Any]:
        """Its values; read anew each time, as few levels ask for them."""
        return json.loads(self.data_text)  # type: ignore[no-any-return]

    @property
    def granted(self) -> dict[str, list[int]]:
        """Who may see it."""
        return json.loads(self.granted_text)  # type: ignore[no-any-return]

    def grant(self, people: Collection[int]) -> None:
        """Let these people, who could not, see it from now on; the grants themselves are rows."""
        known = self.granted
        self.granted_text = json.dumps({**known, "user": [*known.get("user", ()), *people]})


@dataclass(slots=True)
class WatchedTask:
    """Columns of `Task`."""

    pk: int
    state: str
    step_key: str
    token_id: int
    team_id: int | None
    assignee_id: int | None
    urgency: int
    overdue_at: dt.datetime | None
    escalation_level: int
    is_trial: bool
    reason_text: str

    @property
    def meant_for(self) -> Holder:
        """As of `Task`."""
        if not self.is_trial:
            return Holder(self.team_id, self.assignee_id)
        reason = json.loads(self.reason_text)
        return Holder(reason.get("team"), reason.get("person"))


@dataclass(slots=True)
class WatchedClock:
    """Columns of `Clock`, with what it watches."""

    pk: int
    kind: str
    generation: int
    due_at: dt.datetime
    is_legal: bool
    next_level: int
    plan: escalation.Snapshot
    case: WatchedCase
    task: WatchedTask | None

    @property
    def is_needed(self) -> bool:
        """Whether there is still something to watch."""
        return is_needed(self, self.case, self.task)

    def applies(self, level: escalation.Level) -> bool:
        """Whether the conditions of a level hold."""
        return applies(level, self.case, self.task)


def is_needed(
    clock: WatchedClock | Clock, case: WatchedCase | ProcessInstance, task: WatchedTask | Task | None
) -> bool:
    """Whether a clock still has something to watch in a (locked) case. A legal deadline does not wait for a
    suspended case to go on, nor does one behind a deadline that was missed."""
    runs_on = clock.is_legal or laws.has_level_at(clock.plan, clock.next_level)
    if case.state not in (ProcessInstance.LIVE_STATES if runs_on else RUNNING):
        return False
    if clock.kind == Clock.Kind.CASE:
        return True
    if task is None or task.state != Task.State.OPEN:
        return False
    return clock.kind != Clock.Kind.REACTION or task.meant_for.assignee_id is None


def applies(
    level: escalation.Level, case: WatchedCase | ProcessInstance, task: WatchedTask | Task | None
) -> bool:
    """Whether the conditions of a level hold for a task, or for the case itself."""
    return level.applies(
        is_claimed=task is not None and task.meant_for.assignee_id is not None,
        urgency=case.urgency if task is None else task.urgency,
        data=case.data if level.condition is not None else {},
    )


def bears_badge(clock: WatchedClock | Clock, one: escalation.Timed) -> bool:
    """Whether lists show at a task that a level has fired: those from the deadline on."""
    return one.level.is_behind and one.at >= clock.due_at


class Reader:
    """Reads batches of one sweep; the definitions of their cases are read once."""

    def __init__(self) -> None:
        self.definitions: dict[int, ProcessDefinition] = {}

    def read(self, ids: Collection[int], at: dt.datetime) -> list[WatchedClock]:
        """Those of these clocks (of locked cases) that are due, longest due first.

        One statement, and one more where a process comes up for the first time.
        """
        found = Clock.objects.filter(pk__in=ids, wake_at__lte=at).order_by("wake_at", "pk")
        rows = list(found.values_list(*COLUMNS))
        self._know({row[OF_CASE + 1] for row in rows})
        cases: dict[int, WatchedCase] = {}
        tasks: dict[int | None, WatchedTask | None] = {None: None}
        return [self._clock(row, cases, tasks) for row in rows]

    def _know(self, ids: Collection[int]) -> None:
        new = [pk for pk in ids if pk not in self.definitions]
        if new:
            self.definitions |= ProcessDefinition.objects.select_related("owner").in_bulk(new)

    def _clock(
        self, row: Any, cases: dict[int, WatchedCase], tasks: dict[int | None, WatchedTask | None]
    ) -> WatchedClock:
        case_id, definition_id, *of_case = row[OF_CASE:OF_TASK]
        task_id, *of_task = row[OF_TASK:]
        if case_id not in cases:
            cases[case_id] = WatchedCase(case_id, self.definitions[definition_id], *of_case)
        if task_id not in tasks:
            tasks[task_id] = WatchedTask(task_id, *of_task)
        pk, kind, generation, due_at, is_legal, level, plan = row[:OF_CASE]
        return WatchedClock(
            pk, kind, generation, due_at, is_legal, level, json.loads(plan), cases[case_id], tasks[task_id]
        )
