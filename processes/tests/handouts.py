"""Tasks given out in tests of assignment, and the reasons shown with them."""

from __future__ import annotations

from typing import Any

from django.utils import translation

from people.scope import SYSTEM
from processes import assignment, nets, runtime
from processes.blueprint import Blueprint
from processes.models import ProcessVersion
from processes.tests.builders import MONDAY, flows, node, task
from tasks import history
from tasks.models import Task


def given(version: ProcessVersion, by: Any = SYSTEM, **values: Any) -> Task:
    """The first task of a new case."""
    return runtime.start(version, by=by, at=MONDAY, **values).tasks.get()


def pair(first: dict[str, Any] | None = None, **second: Any) -> Blueprint:
    """start → first → second → end; both for service."""
    return Blueprint(
        steps=(
            node("start", "start"),
            task("first", **(first or {})),
            task("second", **second),
            node("end", "end"),
        ),
        flows=flows("start>first", "first.done>second", "second.done>end"),
    )


def after_first(version: ProcessVersion, by: Any) -> Task:
    """The second task, once somebody has done the first."""
    first = given(version, by)
    if first.assignee_id is None:
        first = runtime.claim(first, by=by)
    return runtime.complete_task(first, outcome="done", by=by).new_tasks[0]


def choose(task: Task, visit: int = 1, beside: tuple[Task, ...] = ()) -> assignment.Assignment:
    """What the rule of a task's step says for one more task of the case."""
    version = nets.compiled(task.instance.version_id)
    return assignment.choose(version, version.steps[task.step_key], task.instance, visit, beside)


def why(row: Task) -> str:
    """The sentence shown."""
    return sentence(row, row.assignment_reason)


def sentence(row: Task, reason: dict[str, Any]) -> str:
    """A reason in English words."""
    with translation.override("en"):
        return history.reason(reason, nets.compiled(row.instance.version_id), {})
