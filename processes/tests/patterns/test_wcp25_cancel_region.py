"""WCP 25, cancel region: an outcome stops a set of steps with all work in them, wherever it stands there."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import call, flows, node, single, stopping, task, wait
from processes.tests.patterns.trials import Trial, faults, published

pytestmark = pytest.mark.django_db

REGION = "drawings quote visit audit join contract"
PLAN = Blueprint(
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        stopping(task("watch", outcomes="fine withdrawn"), withdrawn=REGION),
        task("drawings"),
        task("quote"),
        wait("visit", offset="2d"),
        call("audit", "audit"),
        node("join", "parallel"),
        task("contract"),
        task("bookkeeping"),
        node("end", "end"),
        node("lost", "end"),
    ),
    flows=flows(
        "start>fork",
        *(f"fork>{one}" for one in ("watch", "drawings", "visit", "audit", "bookkeeping")),
        "drawings.done>quote",
        "quote.done>join",
        "visit>join",
        "audit.done>join",
        "join>contract",
        "contract.done>end",
        "watch.fine>end",
        "watch.withdrawn>lost",
        "bookkeeping.done>end",
    ),
)
PROGRESS = [
    (),
    ("drawings",),
    ("drawings", "quote"),
    ("drawings", "quote", "work"),
    ("drawings", "quote", "work", "visit"),
]


@pytest.mark.parametrize("done", PROGRESS)
def test_it_is_emptied_however_far_it_has_come_and_the_rest_goes_on(done):
    published(single(), "audit")
    case = Trial(PLAN)
    assert faults(case.version) == []
    for step in done:
        case.later(days=4) if step == "visit" else case.do(step)
    case.do("watch.withdrawn")
    assert case.open == ["bookkeeping"]
    assert case.case.children.get().state == ("finished" if "work" in done else "cancelled")
    case.later(days=9)
    assert case.do("bookkeeping").result == "Lost"


def test_without_that_outcome_it_ends_as_usual():
    published(single(), "audit")
    case = Trial(PLAN).do("watch.fine", "drawings", "quote", "work", "bookkeeping").later(days=4)
    case.do("contract")
    assert case.times("contract") == 1
    assert case.result == "End"
