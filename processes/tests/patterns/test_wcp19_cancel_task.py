"""WCP 19, cancel task: an outcome, or the clock, withdraws one other task; the rest of the case goes on."""

from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import Blueprint
from processes.errors import TaskEnded
from processes.tests.builders import clock, flows, node, stopping, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db


def search(decide):
    """start → decide, search and translate at once; deciding early makes the search needless."""
    return Blueprint(
        steps=(
            node("start", "start"),
            node("fork", "parallel"),
            decide,
            task("search"),
            task("translate"),
            node("end", "end"),
        ),
        flows=flows(
            "start>fork",
            "fork>decide",
            "fork>search",
            "fork>translate",
            *(f"decide.{one.key}>end" for one in decide.outcomes),
            "search.done>end",
            "translate.done>end",
        ),
    )


def test_an_outcome_withdraws_the_other_task_and_nothing_else():
    case = Trial(search(stopping(task("decide", outcomes="wait known"), known="search")))
    assert faults(case.version) == []
    withdrawn = case.task("search")
    case.do("decide.known")
    withdrawn.refresh_from_db()
    assert (withdrawn.state, withdrawn.completed_by) == ("cancelled", None)
    with pytest.raises(TaskEnded):
        runtime.claim(withdrawn, by=case.clerk)
    assert case.open == ["translate"]
    assert case.do("translate").result == "End"


def test_another_outcome_lets_it_be():
    case = Trial(search(stopping(task("decide", outcomes="wait known"), known="search"))).do("decide.wait")
    assert case.open == ["search", "translate"]
    assert case.do("search", "translate").result == "End"


def test_the_clock_withdraws_it_without_ending_the_task_it_watches():
    decide = task("decide")
    nag = replace(clock("enough", offset="3d", interrupting=False), cancels=("search",))
    case = Trial(search(replace(decide, outcomes=(*decide.outcomes, nag)))).later(days=4)
    assert faults(case.version) == []
    assert case.open == ["decide", "translate"]
    assert case.do("decide", "translate").result == "End"
