"""WCP 22, recursion: a process calls itself, with a task in between, at most ten deep."""

import pytest

from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint
from processes.models import ProcessInstance
from processes.tests.builders import call, flows, node, task
from processes.tests.patterns.trials import Trial, faults
from tasks.models import Incident

pytestmark = pytest.mark.django_db

PLAN = Blueprint(
    steps=(
        node("start", "start"),
        task("clear", outcomes="settled higher"),
        call("appeal", "objection"),
        task("inform"),
        node("end", "end"),
    ),
    flows=flows(
        "start>clear", "clear.settled>end", "clear.higher>appeal", "appeal.done>inform", "inform.done>end"
    ),
)


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_each_level_waits_for_the_one_below(depth):
    case = Trial(PLAN, "objection")
    assert faults(case.version) == []
    for _ in range(depth):
        case.do("clear.higher")
    assert case.open == ["clear"]
    case.do("clear.settled")
    for _ in range(depth):
        assert case.open == ["inform"]
        case.do("inform")
    assert ProcessInstance.objects.filter(root=case.case, state="finished").count() == depth + 1
    assert case.result == "End"


def test_the_eleventh_call_stands_still_visibly():
    case = Trial(PLAN, "objection").do(*["clear.higher"] * 11)
    assert case.open == []
    incident = Incident.objects.get()
    assert (incident.code, incident.instance.depth) == ("called_process", 10)
    runtime.cancel(case.case, by=SYSTEM, reason="Endlos")
    assert not ProcessInstance.objects.running().exists()
    assert case.result == "cancelled"
