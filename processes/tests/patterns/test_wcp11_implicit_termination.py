"""WCP 11, implicit termination: a case is over when nothing is left to do, wherever its branches ended."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, task, wait
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

PLAN = Blueprint(
    steps=(
        node("start", "start"),
        task("decide"),
        task("inform"),
        wait("retention", offset="10cd"),
        task("shred"),
        node("informed", "end"),
        node("shredded", "end"),
    ),
    flows=flows(
        "start>decide",
        "decide.done>inform",
        "decide.done>retention",
        "inform.done>informed",
        "retention>shred",
        "shred.done>shredded",
    ),
)


def test_an_end_ends_its_own_branch_only():
    case = Trial(PLAN)
    assert faults(case.version) == []
    case.do("decide", "inform")
    assert case.open == []
    assert case.result == "running"
    case.later(days=11)
    assert case.open == ["shred"]
    case.do("shred")
    assert case.result == "Informed"


def test_the_result_is_the_end_reached_first():
    case = Trial(PLAN).do("decide").later(days=11).do("shred")
    assert case.open == ["inform"]
    assert case.do("inform").result == "Shredded"
