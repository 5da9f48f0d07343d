"""WCP 1, sequence: a task begins when the one before it has ended, not earlier."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

PLAN = Blueprint(
    steps=(node("start", "start"), task("register"), task("check"), task("archive"), node("end", "end")),
    flows=flows("start>register", "register.done>check", "check.done>archive", "archive.done>end"),
)


def test_one_task_after_the_other():
    case = Trial(PLAN)
    assert faults(case.version) == []
    for step in ("register", "check", "archive"):
        assert case.open == [step]
        case.do(step)
    assert case.open == []
    assert case.result == "End"
