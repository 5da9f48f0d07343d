"""WCP 21, structured loop: repeat until an outcome says enough, or while the data say so (perhaps never)."""

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.tests.builders import flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

UNTIL = Blueprint(
    steps=(node("start", "start"), task("remind"), task("check", outcomes="unpaid paid"), node("end", "end")),
    flows=flows("start>remind", "remind.done>check", "check.unpaid>remind", "check.paid>end"),
)
OPEN = (StepFieldPlan("open"),)
WHILE = Blueprint(
    fields=(FieldPlan("open", "Noch Posten offen", "yesno"),),
    steps=(
        StepPlan("start", "start", "Start", fields=OPEN),
        node("more", "exclusive"),
        task("book", fields=OPEN),
        node("end", "end"),
    ),
    flows=(*flows("start>more", "more>end*", "book.done>more"), only_if("more>book", "open is yes")),
)


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_repeat_until(rounds):
    case = Trial(UNTIL)
    assert faults(case.version) == []
    for number in range(1, rounds + 1):
        case.do("remind", "check.paid" if number == rounds else "check.unpaid")
    assert case.times("remind") == rounds
    assert case.result == "End"


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_while(rounds):
    case = Trial(WHILE, open=rounds > 0)
    assert faults(case.version) == []
    for number in range(1, rounds + 1):
        case.do("book", open=number < rounds)
    assert case.times("book") == rounds
    assert case.result == "End"
