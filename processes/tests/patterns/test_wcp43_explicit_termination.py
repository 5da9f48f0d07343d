"""WCP 43, explicit termination: one end ends everything at once, whatever else is still open."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import call, flows, node, single, task, wait
from processes.tests.patterns.trials import Trial, faults, published

pytestmark = pytest.mark.django_db

PLAN = Blueprint(
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        task("examine", outcomes="go_on forged"),
        task("contract"),
        wait("notice", offset="3d"),
        call("credit", "credit"),
        node("join", "parallel"),
        node("end", "end"),
        node("refused", "terminate"),
    ),
    flows=flows(
        "start>fork",
        *(f"fork>{one}" for one in ("examine", "contract", "notice", "credit")),
        "examine.go_on>join",
        "examine.forged>refused",
        "contract.done>join",
        "notice>join",
        "credit.done>join",
        "join>end",
    ),
)


@pytest.mark.parametrize("done", [(), ("contract",), ("contract", "work")])
def test_tasks_waits_joins_and_called_cases_end_with_it(done):
    published(single(), "credit")
    case = Trial(PLAN).do(*done)
    assert faults(case.version) == []
    case.do("examine.forged")
    assert case.open == []
    assert case.case.children.get().state == ("finished" if "work" in done else "cancelled")
    case.later(days=9)
    assert case.result == "Refused"


def test_otherwise_all_is_waited_for():
    published(single(), "credit")
    case = Trial(PLAN).do("examine.go_on", "contract", "work")
    assert case.result == "running"
    assert case.later(days=5).result == "End"
