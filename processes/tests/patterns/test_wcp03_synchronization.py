"""WCP 3, synchronization: what follows begins once, when the last of all branches has arrived."""

from itertools import permutations

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

BRANCHES = ("credit", "tax", "privacy")
PLAN = Blueprint(
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        *(task(one) for one in BRANCHES),
        node("join", "parallel"),
        task("contract"),
        node("end", "end"),
    ),
    flows=flows(
        "start>fork",
        *(f"fork>{one}" for one in BRANCHES),
        *(f"{one}.done>join" for one in BRANCHES),
        "join>contract",
        "contract.done>end",
    ),
)


@pytest.mark.parametrize("order", list(permutations(BRANCHES)))
def test_the_last_branch_opens_the_join_in_any_order(order):
    case = Trial(PLAN)
    assert faults(case.version) == []
    for one in order:
        assert case.times("contract") == 0
        case.do(one)
    assert case.open == ["contract"]
    case.do("contract")
    assert case.times("contract") == 1
    assert case.result == "End"
