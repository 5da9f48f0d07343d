"""A case of a pattern, worked by the people of one office; after every move history and rows are proved."""

from __future__ import annotations

import datetime as dt

from people.models import User
from processes import nets, runtime
from processes.blueprint import Blueprint
from processes.checking import soundness, structure
from processes.models import ProcessVersion
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version
from tasks import deadlines, verify
from tasks.models import Task


def published(plan: Blueprint, key: str = "pattern") -> ProcessVersion:
    """A version of a process with numbers of its own."""
    return make_version(plan, make_definition(key, number_pattern=f"{key.upper()}-{{seq}}"))


def faults(version: ProcessVersion, *, most_markings: int = soundness.MOST_MARKINGS) -> list[str]:
    """What the checks before publishing find in the graph and in its runs, as codes."""
    net = nets.compiled(version.pk).net
    found = [one.code for one in structure.check(net)]
    return found or [one.code for one in soundness.explore(net, most_markings=most_markings).defects]


class Trial:
    """A running case. Steps are named by key, or `step.outcome` where it is not `done`."""

    def __init__(self, plan: Blueprint, key: str = "pattern", **data: object) -> None:
        self.clerk = make_user("", make_team())
        self.version = published(plan, key)
        self.at = MONDAY
        self.case = runtime.start(self.version, by=self.clerk, data=data, at=self.at)
        self._prove()

    def do(self, *words: str, by: User | None = None, **data: object) -> Trial:
        """End open tasks, one after the other, in this case or one it has called."""
        for one in words:
            step, _, outcome = one.partition(".")
            self.end(self.task(step, by), outcome or "done", by=by, **data)
        return self

    def end(self, row: Task, outcome: str = "done", *, by: User | None = None, **data: object) -> Trial:
        """End this task."""
        who = by or self.clerk
        if row.assignee_id is None:
            runtime.claim(row, by=who, at=self.at)
        runtime.complete_task(row, outcome=outcome, by=who, data=data, at=self.at)
        self._prove()
        return self

    def task(self, step: str, of: User | None = None) -> Task:
        """The open task of a step; of a repeated one that of a person."""
        rows = Task.objects.open().filter(root=self.case, step_key=step)
        return rows.get(assignee=of) if rows.count() > 1 else rows.get()

    def later(self, **duration: int) -> Trial:
        """Let time pass, and the clock look."""
        self.at += dt.timedelta(**duration)
        deadlines.sweep(at=self.at)
        self._prove()
        return self

    @property
    def open(self) -> list[str]:
        """Steps somebody has to work on, in this case and those it has called."""
        return sorted(Task.objects.open().filter(root=self.case).values_list("step_key", flat=True))

    def times(self, step: str) -> int:
        """How often a step has begun."""
        return Task.objects.filter(root=self.case, step_key=step, mi_index__lte=1).count()

    @property
    def result(self) -> str:
        """State of the case, or the end it reached."""
        self.case.refresh_from_db()
        return self.case.result or self.case.state

    def _prove(self) -> None:
        assert [str(one) for one in verify.all_breaks()] == []
