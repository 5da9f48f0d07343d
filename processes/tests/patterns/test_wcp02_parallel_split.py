"""WCP 2, parallel split: an outcome with several targets, or a step of its own, begins several at once."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

ENDS = ("account.done>end", "keys.done>end", "desk.done>end")
BY_OUTCOME = flows("start>hire", "hire.done>account", "hire.done>keys", "hire.done>desk", *ENDS)
BY_STEP = flows("start>hire", "hire.done>fork", "fork>account", "fork>keys", "fork>desk", *ENDS)


@pytest.mark.parametrize(("ways", "fork"), [(BY_OUTCOME, ()), (BY_STEP, (node("fork", "parallel"),))])
def test_all_begin_at_once_and_in_one_change(ways, fork):
    tasks = (task("hire"), task("account"), task("keys"), task("desk"))
    case = Trial(Blueprint(steps=(node("start", "start"), *tasks, *fork, node("end", "end")), flows=ways))
    assert faults(case.version) == []
    case.do("hire")
    assert case.open == ["account", "desk", "keys"]
    case.do("keys")
    assert case.open == ["account", "desk"]
    case.do("desk", "account")
    assert case.result == "End"
