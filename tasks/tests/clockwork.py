"""What tests of deadlines share: calendars, people, and cases whose task has one."""

from __future__ import annotations

import datetime as dt

from django.utils import translation

from people.models import User, WorkCalendar, WorkWindow
from processes import nets, runtime
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    task,
)
from tasks import whydue
from tasks.models import Task

MAY = dt.datetime(2026, 5, 18, 10, tzinfo=BERLIN)
"""A Monday; the 25th is Whit Monday."""


def on(day: int, hour: int = 10, minute: int = 0) -> dt.datetime:
    """A moment of November 2026; the 16th is a Monday."""
    return MONDAY.replace(day=day, hour=hour, minute=minute)


def calendar(
    key: str, opens: int = 9, closes: int = 17, last: int = 4, region: str = "", *, is_default: bool = False
) -> WorkCalendar:
    """Open from Monday to the weekday `last` between these hours."""
    made = WorkCalendar.objects.create(key=key, name=key, region=region, is_default=is_default)
    WorkWindow.objects.create(
        calendar=made, first_weekday=0, last_weekday=last, opens=dt.time(opens), closes=dt.time(closes)
    )
    return made


def begin(plan: Blueprint, by: User, at: dt.datetime = MONDAY, **values: object) -> Task:
    """The task of a case just started."""
    definition = make_definition(f"process{ProcessDefinition.objects.count()}")
    found: Task = runtime.start(make_version(plan, definition), by=by, at=at, **values).tasks.get()
    return found


def dated(rule: DeadlinePlan, day: str, at: dt.datetime = MAY) -> Task:
    """A task whose deadline is counted from the date `day` of the start form."""
    plan = Blueprint(
        fields=(FieldPlan("d", "Datum", "date"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("d", "optional"),)),
            task("work", deadlines=(rule,)),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>end"),
    )
    return begin(plan, make_user("", make_team()), at, data={"d": day})


def due(row: Task) -> dt.datetime | None:
    """The deadline of a task, as stored."""
    return Task.objects.get(pk=row.pk).due_at


def case_of(row: Task) -> ProcessInstance:
    """The case of a task, as stored."""
    return ProcessInstance.objects.get(pk=row.instance_id)


def why(row: Task, at: dt.datetime, language: str = "de") -> whydue.Why:
    """The account of a task's deadline."""
    with translation.override(language):
        return page(row, at).whys[0]


def page(row: Task, at: dt.datetime) -> whydue.Deadlines:
    """What the page of a task says about its deadlines."""
    found = Task.objects.select_related("instance__definition").get(pk=row.pk)
    return whydue.of_task(found, nets.compiled(found.instance.version_id), at)
