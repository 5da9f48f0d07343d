"""WCP 24, persistent trigger: a date is kept until the case comes to where it is waited for."""

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import flows, node, task, wait
from processes.tests.patterns.trials import Trial, faults
from tasks.models import Incident

pytestmark = pytest.mark.django_db

PLAN = Blueprint(
    fields=(FieldPlan("arrived", "Eingang der Unterlagen", "date"),),
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        task("post", fields=(StepFieldPlan("arrived", "required"),)),
        task("prepare"),
        wait("documents", basis="field", key="arrived"),
        task("examine"),
        node("end", "end"),
    ),
    flows=flows(
        "start>fork",
        "fork>post",
        "fork>prepare",
        "post.done>end",
        "prepare.done>documents",
        "documents>examine",
        "examine.done>end",
    ),
)


def test_it_came_before_anybody_waited():
    case = Trial(PLAN).do("post", arrived="16.11.2026").later(days=3)
    assert faults(case.version) == []
    assert case.open == ["prepare"]
    case.do("prepare").later(minutes=1)
    assert case.open == ["examine"]
    case.do("examine")
    assert case.times("examine") == 1
    assert case.result == "End"


def test_it_comes_while_the_case_waits():
    case = Trial(PLAN).do("prepare").later(days=3)
    assert case.open == ["post"]
    assert Incident.objects.get(resolved_at=None).code == "date_missing"
    case.do("post", arrived="19.11.2026").later(minutes=1)
    assert case.open == ["examine"]
    assert not Incident.objects.filter(resolved_at=None).exists()
    assert case.do("examine").result == "End"


def test_it_comes_for_a_day_that_is_still_to_come():
    case = Trial(PLAN).do("prepare").do("post", arrived="30.11.2026").later(days=13)
    assert case.open == []
    assert case.later(days=1).open == ["examine"]
    assert case.do("examine").result == "End"
