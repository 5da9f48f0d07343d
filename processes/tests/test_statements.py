"""What a completion costs in statements, however many rows there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people import calendars
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan
from processes.tests.builders import (
    complaint,
    flows,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 12
"""Round trips per completion, BEGIN and COMMIT included."""


def round_trips(change):
    with CaptureQueriesContext(connection) as captured:
        change()
    statements = [query["sql"] for query in captured.captured_queries]
    has_frame = any(statement.upper().startswith("BEGIN") for statement in statements)
    return len(statements) + (0 if has_frame else 2), statements


def test_a_completion_takes_at_most_twelve_round_trips():
    service, quality = make_team(), make_team("quality")
    anna = make_user("Anna", service, quality)
    version = make_version(complaint())
    calendars.current()  # kept in memory until one changes
    for _ in range(3):
        case = runtime.start(version, by=anna)
        task = runtime.claim(case.tasks.get(), by=anna)
        number, statements = round_trips(
            lambda task=task: runtime.complete_task(task, outcome="complete", by=anna)
        )
        assert number <= MOST, "\n".join(statements)
        check = runtime.claim(case.tasks.get(step_key="check"), by=anna)
        runtime.check_item(check, check.step.checklist.get(key="seen").pk, checked=True, by=anna)
        number, statements = round_trips(
            lambda task=check: runtime.complete_task(
                task, outcome="incomplete", by=anna, data={"cause": "delay"}
            )
        )
        assert number <= MOST, "\n".join(statements)


@pytest.mark.parametrize(
    "ways", ["start>first first.done>then", "start>split split>first split>then first.done>end"]
)
def test_counting_from_the_end_of_a_step_keeps_within_them(ways: str):
    anna = make_user("Anna", make_team())
    later = (DeadlinePlan(basis="after", key="first", offset="2d"),)
    plan = Blueprint(
        steps=(
            node("start", "start"), node("split", "parallel"), task("first"),
            task("then", deadlines=later), node("end", "end"),
        ),
        flows=flows(*ways.split(), "then.done>end"),
    )  # fmt: skip
    version = make_version(plan)
    calendars.current()
    for _ in range(2):
        case = runtime.start(version, by=anna)
        first = runtime.claim(case.tasks.get(step_key="first"), by=anna)
        number, statements = round_trips(
            lambda first=first: runtime.complete_task(first, outcome="done", by=anna)
        )
        assert number <= MOST, "\n".join(statements)
        assert case.tasks.get(step_key="then").due_at is not None


def test_a_completion_costs_the_same_with_many_rows():
    anna = make_user("Anna", make_team())
    version = make_version(single())
    costs = []
    for size in (1, 30):
        tasks = [runtime.start(version, by=anna).tasks.get() for _ in range(size)]
        task = runtime.claim(tasks[-1], by=anna)
        costs.append(round_trips(lambda task=task: runtime.complete_task(task, outcome="done", by=anna))[0])
    assert costs[0] == costs[1]
