"""Two changes of one case's tokens at the same moment: whatever wins, state, history and rows agree."""

import datetime as dt
from dataclasses import replace
from functools import partial

import pytest

from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint, ConditionPlan, FlowPlan, OutcomePlan
from processes.errors import NotRunning, StaleError, TaskEnded
from processes.models import ProcessInstance
from processes.tests.builders import (
    MONDAY,
    clock,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    parallel,
    task,
)
from processes.tests.races import at_once, losers
from processes.tests.test_runtime_calls import caller, check
from tasks import verify
from tasks.models import Clock, Task

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("races")]

ROUNDS = 200
LOST = (StaleError, TaskEnded, NotRunning, runtime.Busy)


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


def joined(kind):
    """start → split → left, right → join of that kind → pay → end; an exclusive "join" passes each token."""
    plan = parallel()
    steps = [replace(one, kind=kind) if one.key == "join" else one for one in plan.steps]
    if kind == "inclusive":
        steps = [replace(one, kind=kind) if one.key == "split" else one for one in steps]
        always = (ConditionPlan("missing", "is_empty"),)
        branches = (
            FlowPlan("split", "left", conditions=always),
            FlowPlan("split", "right", conditions=always),
        )
        plan = replace(plan, flows=(*(one for one in plan.flows if one.source != "split"), *branches))
    return replace(plan, steps=tuple(steps))


def claimed(case, by, *steps):
    rows = Task.objects.open().filter(instance=case, step_key__in=steps).order_by("step_key")
    return [runtime.claim(row, by=by) for row in rows]


def done(row, by, outcome="done"):
    return partial(runtime.complete_task, row, outcome=outcome, by=by)


def is_whole(case):
    """Whether stored state, history and rows of the case and of what it called agree."""
    family = ProcessInstance.objects.filter(root_id=case.pk)
    return not [one for member in family for one in verify.instance_breaks(member)]


@pytest.mark.parametrize(("kind", "number"), [("parallel", 1), ("inclusive", 1), ("exclusive", 2)])
def test_branches_that_end_at_once_pass_the_join_as_often_as_it_says(anna, kind, number):
    version = make_version(joined(kind))
    wrong = 0
    for _ in range(ROUNDS):
        case = runtime.start(version, by=anna)
        losers(at_once([done(row, anna) for row in claimed(case, anna, "left", "right")]))
        wrong += case.tasks.filter(step_key="pay").count() != number or not is_whole(case)
    assert wrong == 0


def test_a_cancel_region_against_a_completion_in_it(anna):
    plan = parallel()
    left = next(one for one in plan.steps if one.key == "left")
    stop = replace(left, outcomes=(*left.outcomes, OutcomePlan("stop", "Stop", cancels=("right", "join"))))
    plan = replace(
        plan,
        steps=(*(stop if one is left else one for one in plan.steps), task("refuse")),
        flows=(*plan.flows, *flows("left.stop>refuse", "refuse.done>end")),
    )
    version = make_version(plan)
    wrong = 0
    for _ in range(ROUNDS):
        case = runtime.start(version, by=anna)
        rows = {row.step_key: row for row in claimed(case, anna, "left", "right")}
        results = at_once([done(rows["left"], anna, "stop"), done(rows["right"], anna)])
        losers(results, *LOST)
        open_steps = list(Task.objects.open().filter(instance=case).values_list("step_key", flat=True))
        wrong += isinstance(results[0], Exception) or open_steps != ["refuse"] or not is_whole(case)
    assert wrong == 0


def test_an_outcome_of_the_clock_against_a_completion(anna):
    work = task("work")
    plan = Blueprint(
        steps=(
            node("start", "start"),
            replace(work, outcomes=(*work.outcomes, clock("late", offset="1d"))),
            task("paid"),
            task("reminded"),
            node("end", "end"),
        ),
        flows=flows(
            "start>work", "work.done>paid", "work.late>reminded", "paid.done>end", "reminded.done>end"
        ),
    )
    version, tomorrow = make_version(plan), MONDAY + dt.timedelta(days=1)
    wrong = 0
    for _ in range(ROUNDS):
        case = runtime.start(version, by=anna, at=MONDAY)
        (row,) = claimed(case, anna, "work")
        timeout = Clock.objects.get(instance=case, kind=Clock.Kind.TIMEOUT)
        results = at_once([done(row, anna), partial(runtime.reach_moment, timeout.pk, at=tomorrow)])
        losers(results, *LOST)
        by_person = not isinstance(results[0], Exception)
        open_steps = list(Task.objects.open().filter(instance=case).values_list("step_key", flat=True))
        wrong += open_steps != (["paid"] if by_person else ["reminded"]) or not is_whole(case)
    assert wrong == 0


def test_the_end_of_a_called_case_against_cancelling_its_caller(anna):
    make_version(check(), make_definition("check"))
    version = make_version(caller(), make_definition("order"))
    wrong = 0
    for _ in range(ROUNDS):
        case = runtime.start(version, by=anna, data={"amount": "5"})
        (row,) = claimed(case.children.get(), anna, "judge")
        results = at_once(
            [done(row, anna, "good"), partial(runtime.cancel, case, by=SYSTEM, reason="Irrtum")]
        )
        losers(results, *LOST)
        states = set(ProcessInstance.objects.filter(root_id=case.pk).values_list("state", flat=True))
        wrong += not states <= {"cancelled", "finished"} or not is_whole(case)
        wrong += Task.objects.open().filter(root_id=case.pk).exists()
    assert wrong == 0


def test_two_votes_at_once_decide_once(anna):
    bela = make_user("Bela", make_team())
    vote = replace(
        task("vote", outcomes="yes no"),
        config={"repeat": {"over": "persons", "persons": [anna.email, bela.email], "quorum": "first"}},
    )
    none = OutcomePlan("none", "keine Einigung", is_no_agreement=True)
    plan = Blueprint(
        steps=(
            node("start", "start"),
            replace(vote, outcomes=(*vote.outcomes, none)),
            task("after"),
            node("end", "end"),
        ),
        flows=flows("start>vote", "vote.yes>after", "vote.no>after", "vote.none>after", "after.done>end"),
    )
    version = make_version(plan)
    wrong = 0
    for _ in range(ROUNDS):
        case = runtime.start(version, by=anna)
        rows = {row.assignee_id: row for row in Task.objects.open().filter(instance=case)}
        losers(at_once([done(rows[anna.pk], anna, "yes"), done(rows[bela.pk], bela, "no")]), *LOST)
        wrong += case.tasks.filter(step_key="after").count() != 1 or not is_whole(case)
    assert wrong == 0
