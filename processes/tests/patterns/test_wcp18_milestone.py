"""WCP 18, milestone: something may be done, as often as wanted, until the case has gone past a point."""

import pytest

from processes import runtime
from processes.blueprint import Blueprint
from processes.errors import TaskEnded
from processes.tests.builders import flows, node, stopping, task
from processes.tests.patterns.trials import Trial, faults, published

pytestmark = pytest.mark.django_db


def order(*extra):
    """start → collect → pack → ship → end; beside it the order may be changed until it is packed."""
    change = task("change", outcomes="changed final" if extra else "changed")
    return Blueprint(
        steps=(
            node("start", "start"),
            node("fork", "parallel"),
            task("collect"),
            stopping(task("pack"), done="change"),
            change,
            task("ship"),
            node("end", "end"),
        ),
        flows=flows(
            "start>fork",
            "fork>collect",
            "fork>change",
            "change.changed>change",
            "collect.done>pack",
            "pack.done>ship",
            "ship.done>end",
            *extra,
        ),
    )


PLAN = order("change.final>end")


def test_it_is_possible_again_and_again_until_the_point_is_passed():
    case = Trial(PLAN)
    assert faults(case.version) == []
    case.do("change.changed", "change.changed", "collect", "change.changed")
    assert case.open == ["change", "pack"]
    last = case.task("change")
    case.do("pack")
    assert case.open == ["ship"]
    with pytest.raises(TaskEnded):
        runtime.claim(last, by=case.clerk)
    case.do("ship")
    assert case.times("change") == 4
    assert case.result == "End"


@pytest.mark.parametrize("words", ["collect pack ship", "change.final collect pack ship"])
def test_it_need_not_be_done_at_all(words):
    assert Trial(PLAN).do(*words.split()).result == "End"


def test_it_needs_a_way_of_its_own_to_an_end():
    assert faults(published(order())) == ["no_way_to_an_end"]
