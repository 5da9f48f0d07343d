"""WCP 27, complete multiple instance activity: who has not answered yet is no longer waited for, and the case
goes on with the answers there are."""

from dataclasses import replace

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import clock, flows, make_team, make_user, node, repeated, stopping, task
from processes.tests.patterns.trials import Trial, faults
from tasks.models import Task

pytestmark = pytest.mark.django_db


def survey():
    """start → answer (the board) and close at once → evaluate → end; closing by hand or after five days."""
    answer = repeated(task("answer"), over="team", key="board", quorum="all")
    answer = replace(answer, outcomes=(*answer.outcomes, clock("closed", offset="5d")))
    every = ("done", "none", "closed")
    return Blueprint(
        steps=(
            node("start", "start"),
            node("fork", "parallel"),
            stopping(answer, **dict.fromkeys(every, "close")),
            stopping(task("close"), done="answer"),
            task("evaluate"),
            node("end", "end"),
        ),
        flows=flows(
            "start>fork",
            "fork>answer",
            "fork>close",
            "close.done>evaluate",
            *(f"answer.{one}>evaluate" for one in every),
            "evaluate.done>end",
        ),
    )


@pytest.fixture
def people():
    return [make_user(name, make_team("board"), make_team()) for name in ("Anna", "Bela", "Cem")]


@pytest.mark.parametrize("answers", [0, 1, 2])
@pytest.mark.parametrize("by_clock", [False, True])
def test_it_goes_on_once_with_the_answers_there_are(people, answers, by_clock):
    case = Trial(survey())
    assert faults(case.version) == []
    for one in people[:answers]:
        case.do("answer", by=one)
    if by_clock:
        case.later(days=7)
    else:
        case.do("close")
    assert case.open == ["evaluate"]
    assert Task.objects.filter(step_key="answer", state="done").count() == answers
    case.do("evaluate")
    assert case.times("evaluate") == 1
    assert case.result == "End"


def test_with_all_answers_nothing_is_left_to_close(people):
    case = Trial(survey())
    for one in people:
        case.do("answer", by=one)
    assert case.open == ["evaluate"]
    assert case.do("evaluate").result == "End"
