"""WCP 32, cancelling partial join: with two of three different branches done, the third is stopped.

The branches are a process of their own. "Enough" ends all of it at once; a branch that comes too early waits
at a join for all three. Its caller goes on when it is over, whichever end it reached.
"""

from itertools import permutations

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import call, flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults, published

pytestmark = pytest.mark.django_db

REPORTS = ("doctor", "lawyer", "engineer")
OPINIONS = Blueprint(
    fields=tuple(FieldPlan(one, one.title()) for one in REPORTS),
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        *(task(one, fields=(StepFieldPlan(one, "required"),)) for one in REPORTS),
        *(node(f"after_{one}", "exclusive") for one in REPORTS),
        node("join", "parallel"),
        node("all", "end"),
        node("enough", "terminate"),
    ),
    flows=(
        *flows("start>fork", *(f"fork>{one}" for one in REPORTS)),
        *flows(*(f"{one}.done>after_{one}" for one in REPORTS)),
        *(
            only_if(f"after_{one}>enough", f"{other} is not empty")
            for one in REPORTS
            for other in REPORTS
            if other != one
        ),
        *flows(*(f"after_{one}>join*" for one in REPORTS), "join>all"),
    ),
)
PLAN = Blueprint(
    steps=(node("start", "start"), call("opinions", "opinions"), task("judge"), node("end", "end")),
    flows=flows("start>opinions", "opinions.done>judge", "judge.done>end"),
)


@pytest.mark.parametrize("order", list(permutations(REPORTS, 2)))
def test_the_second_leads_on_and_stops_the_third(order):
    assert faults(published(OPINIONS, "opinions")) == []
    case = Trial(PLAN)
    assert faults(case.version) == []
    first, second = order
    case.do(first, **{first: "liegt vor"})
    assert len(case.open) == 2
    case.do(second, **{second: "liegt vor"})
    assert case.open == ["judge"]
    assert case.case.children.get().result == "Enough"
    case.do("judge")
    assert case.times("judge") == 1
    assert case.result == "End"
