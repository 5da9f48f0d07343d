"""WCP 34, static partial join for multiple instances: so many of all answers lead on, once.

In the pattern the rest may still be done without effect. A repeated task withdraws the rest instead, so that
nobody works for nothing; who wants them all builds branches as in WCP 30.
"""

from itertools import permutations

import pytest

from processes import runtime
from processes.blueprint import Blueprint
from processes.errors import TaskEnded
from processes.tests.builders import flows, make_team, make_user, node, repeated, task
from processes.tests.patterns.trials import Trial, faults
from tasks.models import Task

pytestmark = pytest.mark.django_db

NAMES = ("Anna", "Bela", "Cem")


def committee(outcomes="done"):
    """start → consult (two of the board) → decide → end."""
    consult = repeated(task("consult", outcomes=outcomes), over="team", key="board", quorum="count", count=2)
    return Blueprint(
        steps=(node("start", "start"), consult, task("decide"), node("end", "end"), node("split", "end")),
        flows=flows(
            "start>consult",
            *(f"consult.{one}>decide" for one in outcomes.split()),
            "consult.none>split",
            "decide.done>end",
        ),
    )


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_two_of_three_in_any_order_lead_on_once(order):
    people = [make_user(name, make_team("board")) for name in NAMES]
    first, second, third = (people[number] for number in order)
    case = Trial(committee())
    assert faults(case.version) == []
    unsaid = case.task("consult", third)
    case.do("consult", by=first)
    assert case.times("decide") == 0
    case.do("consult", by=second)
    assert case.open == ["decide"]
    assert Task.objects.get(pk=unsaid.pk).state == "cancelled"
    with pytest.raises(TaskEnded):
        runtime.complete_task(unsaid, outcome="done", by=third)
    case.do("decide")
    assert case.times("decide") == 1
    assert case.result == "End"


def test_where_no_outcome_can_have_two_any_more_there_is_no_agreement():
    people = [make_user(name, make_team("board")) for name in NAMES]
    case = Trial(committee("yes no abstain"))
    for person, outcome in zip(people, ("yes", "no", "abstain"), strict=True):
        case.do(f"consult.{outcome}", by=person)
    assert case.times("decide") == 0
    assert case.result == "Split"
