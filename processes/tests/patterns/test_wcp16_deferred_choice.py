"""WCP 16, deferred choice: several ways are open, and whatever happens first decides."""

from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import Blueprint
from processes.errors import TaskEnded
from processes.tests.builders import clock, flows, node, stopping, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

TAILS = (task("ship"), task("refund"), node("end", "end"))
TO_END = ("ship.done>end", "refund.done>end")


def by_clock():
    pay = task("pay", outcomes="done")
    pay = replace(pay, outcomes=(*pay.outcomes, clock("late", offset="14cd")))
    return Blueprint(
        steps=(node("start", "start"), pay, *TAILS),
        flows=flows("start>pay", "pay.done>ship", "pay.late>refund", *TO_END),
    )


def race():
    """Two tasks wait, one for the payment, one for a withdrawal; the first stops the other."""
    return Blueprint(
        steps=(
            node("start", "start"),
            node("fork", "parallel"),
            stopping(task("pay"), done="withdraw"),
            stopping(task("withdraw"), done="pay"),
            *TAILS,
        ),
        flows=flows(
            "start>fork", "fork>pay", "fork>withdraw", "pay.done>ship", "withdraw.done>refund", *TO_END
        ),
    )


def test_a_person_before_the_clock_or_the_clock_before_the_person():
    case = Trial(by_clock()).do("pay").later(days=30)
    assert faults(case.version) == []
    assert case.open == ["ship"]
    late = Trial(by_clock(), "other").later(days=15)
    assert late.open == ["refund"]
    assert late.do("refund").result == "End"


@pytest.mark.parametrize(("first", "follows"), [("pay", "ship"), ("withdraw", "refund")])
def test_of_two_waiting_tasks_the_first_withdraws_the_other(first, follows):
    case = Trial(race())
    assert faults(case.version) == []
    other = case.task("pay" if first == "withdraw" else "withdraw")
    case.do(first)
    assert case.open == [follows]
    with pytest.raises(TaskEnded):
        runtime.claim(other, by=case.clerk)
    assert case.do(follows).result == "End"
