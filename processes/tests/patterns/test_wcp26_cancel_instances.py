"""WCP 26, cancel multiple instance activity: a round of votes is called off as a whole, by a person or the
clock."""

from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import Blueprint
from processes.errors import TaskEnded
from processes.tests.builders import clock, flows, make_team, make_user, node, repeated, stopping, task
from processes.tests.patterns.trials import Trial, faults
from tasks.models import Task, TaskGroup

pytestmark = pytest.mark.django_db


def ballot():
    """start → vote (the board) and withdraw at once; withdrawing, or ten days, calls the vote off."""
    vote = repeated(task("vote", outcomes="yes no"), over="team", key="board", quorum="all")
    vote = replace(vote, outcomes=(*vote.outcomes, clock("expired", offset="10d")))
    every = ("yes", "no", "none", "expired")
    return Blueprint(
        steps=(
            node("start", "start"),
            node("fork", "parallel"),
            stopping(vote, **dict.fromkeys(every, "withdraw")),
            stopping(task("withdraw"), done="vote"),
            task("announce"),
            node("end", "end"),
            node("off", "end"),
        ),
        flows=flows(
            "start>fork",
            "fork>vote",
            "fork>withdraw",
            "withdraw.done>off",
            "vote.expired>off",
            *(f"vote.{one}>announce" for one in every[:3]),
            "announce.done>end",
        ),
    )


@pytest.fixture
def people():
    return [make_user(name, make_team("board"), make_team()) for name in ("Anna", "Bela", "Cem")]


@pytest.mark.parametrize("by_clock", [False, True])
def test_all_open_voices_go_and_those_given_are_kept_but_do_not_count(people, by_clock):
    case = Trial(ballot()).do("vote.yes", by=people[0])
    assert faults(case.version) == []
    unsaid = case.task("vote", people[1])
    if by_clock:
        case.later(days=15)
    else:
        case.do("withdraw")
    states = Task.objects.filter(instance=case.case, step_key="vote").values_list("state", flat=True)
    assert sorted(states) == ["cancelled", "cancelled", "done"]
    assert TaskGroup.objects.get().ended_at == case.at
    with pytest.raises(TaskEnded):
        runtime.complete_task(unsaid, outcome="no", by=people[1])
    assert case.times("announce") == 0
    assert case.result == "Off"


def test_otherwise_the_vote_ends_the_possibility_to_withdraw(people):
    case = Trial(ballot())
    for one in people:
        case.do("vote.yes", by=one)
    assert case.open == ["announce"]
    assert case.do("announce").result == "End"
