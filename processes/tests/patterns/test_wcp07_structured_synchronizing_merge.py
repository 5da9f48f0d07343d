"""WCP 7, structured synchronising merge: the join waits for the ways that were taken, and for no others."""

from itertools import chain, combinations, permutations

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.tests.builders import flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

WAYS = ("building", "fire", "nature")
PLAN = Blueprint(
    fields=tuple(FieldPlan(f"ask_{one}", one.title(), "yesno") for one in WAYS),
    steps=(
        StepPlan("start", "start", "Antrag", fields=tuple(StepFieldPlan(f"ask_{one}") for one in WAYS)),
        node("choose", "inclusive"),
        *(task(one) for one in (*WAYS, "standard")),
        node("join", "inclusive"),
        task("permit"),
        node("end", "end"),
    ),
    flows=(
        *flows("start>choose", "choose>standard*", "standard.done>join"),
        *(only_if(f"choose>{one}", f"ask_{one} is yes") for one in WAYS),
        *flows(*(f"{one}.done>join" for one in WAYS), "join>permit", "permit.done>end"),
    ),
)
ORDERS = list(chain(*(permutations(some) for size in range(4) for some in combinations(WAYS, size))))


@pytest.mark.parametrize("order", ORDERS)
def test_every_subset_in_every_order(order):
    case = Trial(PLAN, **{f"ask_{one}": True for one in order})
    assert faults(case.version) == []
    for one in order or ["standard"]:
        assert case.times("permit") == 0
        case.do(one)
    assert case.open == ["permit"]
    case.do("permit")
    assert case.times("permit") == 1
    assert case.result == "End"
