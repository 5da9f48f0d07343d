"""WCP 20, cancel case: the whole case is given up, with everything in it, by somebody entitled and with a
reason."""

import pytest

from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint
from processes.errors import NotAllowed, NotRunning, ReasonMissing
from processes.tests.builders import call, flows, make_team, make_user, node, repeated, single, task, wait
from processes.tests.patterns.trials import Trial, faults, published

pytestmark = pytest.mark.django_db

PLAN = Blueprint(
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        task("build"),
        wait("pause", offset="5d"),
        repeated(task("vote"), over="team", key="service"),
        call("check", "credit"),
        node("voted", "exclusive"),
        node("join", "parallel"),
        node("end", "end"),
    ),
    flows=flows(
        "start>fork",
        "fork>build",
        "fork>pause",
        "fork>vote",
        "fork>check",
        "build.done>join",
        "pause>join",
        "vote.done>voted",
        "vote.none>voted",
        "voted>join",
        "check.done>join",
        "join>end",
    ),
)


def test_tasks_waits_votes_and_called_cases_go_with_it():
    published(single(), "credit")
    case = Trial(PLAN)
    assert faults(case.version) == []
    case.do("build")
    lead = make_user("Lea", make_team(), lead=True)
    with pytest.raises(NotAllowed):
        runtime.cancel(case.case, by=case.clerk, reason="Kunde ist abgesprungen")
    with pytest.raises(ReasonMissing):
        runtime.cancel(case.case, by=lead, reason=" ")
    runtime.cancel(case.case, by=lead, reason="Kunde ist abgesprungen", at=case.at)
    case.later(days=30)
    assert case.open == []
    assert case.result == "cancelled"
    assert case.case.children.get().state == "cancelled"
    with pytest.raises(NotRunning):
        runtime.cancel(case.case, by=SYSTEM, reason="noch einmal")


def test_giving_a_case_up_needs_no_step_of_the_process():
    case = Trial(single())
    runtime.cancel(case.case, by=SYSTEM, reason="Doppelt")
    assert case.result == "cancelled"
