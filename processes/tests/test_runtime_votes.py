"""Tasks repeated over persons, a team or values: a frozen list, one end, ties are no agreement."""

import datetime as dt
from dataclasses import replace

import pytest

from people.models import Membership
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, OutcomePlan, StepFieldPlan, StepPlan
from processes.errors import AlreadyVoted, UnknownOutcome
from processes.tests.builders import MONDAY, clock, flows, make_team, make_user, make_version, node, task
from tasks import deadlines, verify
from tasks.events import Kind, facts_of
from tasks.models import ProcessEvent, Task, TaskGroup

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    board = make_team("board")
    return [make_user(name, board, make_team()) for name in ("Anna", "Bela", "Cem")]


def vote(*extra, **repeat):
    """start → vote (yes, no, none = no agreement) → accepted | refused | disputed → end."""
    outcomes = (
        OutcomePlan("yes", "Ja"),
        OutcomePlan("no", "Nein"),
        OutcomePlan("none", "keine Einigung", is_no_agreement=True),
        *extra,
    )
    step = StepPlan("vote", "task", "Abstimmen", team="board", outcomes=outcomes, config={"repeat": repeat})
    return Blueprint(
        fields=(FieldPlan("sites", "Standorte", "multichoice", choices=(("k", "Köln"), ("u", "Ulm"))),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("sites"),)),
            step,
            task("accepted"),
            task("refused"),
            task("disputed"),
            node("end", "end"),
        ),
        flows=flows(
            "start>vote",
            "vote.yes>accepted",
            "vote.no>refused",
            "vote.none>disputed",
            *(f"vote.{one.key}>disputed" for one in extra),
            "accepted.done>end",
            "refused.done>end",
            "disputed.done>end",
        ),
    )


def started(by, plan=None, **repeat):
    return runtime.start(make_version(plan or vote(**repeat)), by=by, at=MONDAY)


def say(case, person, outcome):
    row = Task.objects.open().get(instance=case, step_key="vote", assignee=person)
    return runtime.complete_task(row, outcome=outcome, by=person)


def open_steps(case):
    return sorted(Task.objects.open().filter(instance=case).values_list("step_key", flat=True))


def breaks(case):
    case.refresh_from_db()
    return [str(one) for one in verify.instance_breaks(case)]


@pytest.mark.parametrize(
    ("quorum", "votes", "expected"),
    [
        ({"quorum": "all"}, "yes yes yes", "accepted"),
        ({"quorum": "all"}, "yes no", "disputed"),
        ({"quorum": "first"}, "no", "refused"),
        ({"quorum": "majority"}, "yes no yes", "accepted"),
        ({"quorum": "majority"}, "no no", "refused"),
        ({"quorum": "count", "count": 2}, "yes no no", "refused"),
    ],
)
def test_the_vote_is_decided_as_soon_as_an_outcome_has_the_quorum(people, quorum, votes, expected):
    case = started(people[0], over="team", key="board", **quorum)
    assert open_steps(case) == ["vote", "vote", "vote"]
    for person, outcome in zip(people, votes.split(), strict=False):
        assert "vote" in open_steps(case)
        say(case, person, outcome)
    assert open_steps(case) == [expected]
    assert breaks(case) == []
    assert ProcessEvent.objects.filter(instance=case, kind=Kind.DECIDED).count() == 1


def test_a_tie_is_no_agreement(people):
    Membership.objects.filter(user=people[2], team__key="board").delete()
    case = started(people[0], over="team", key="board", quorum="majority")
    say(case, people[0], "yes")
    say(case, people[1], "no")
    assert open_steps(case) == ["disputed"]
    facts = facts_of(ProcessEvent.objects.get(instance=case, kind=Kind.DECIDED))
    assert facts["votes"] == {"yes": 1, "no": 1}


def test_an_empty_list_is_no_agreement_at_once(people):
    case = started(people[0], over="field", key="sites", quorum="all")
    assert open_steps(case) == ["disputed"]
    assert breaks(case) == []


@pytest.mark.parametrize("is_sequential", [True, False])
def test_a_quorum_out_of_reach_from_the_start_is_no_agreement_at_once(people, is_sequential):
    voting = {"over": "team", "key": "board", "quorum": "count", "is_sequential": is_sequential}
    case = started(people[0], **voting, count=4)
    assert open_steps(case) == ["disputed"]
    assert not Task.objects.filter(instance=case, step_key="vote").exists()
    assert breaks(case) == []
    facts = facts_of(ProcessEvent.objects.get(instance=case, kind=Kind.DECIDED))
    assert (facts["outcome"], facts["votes"]) == ("none", {})


def test_a_quorum_just_within_reach_is_asked_for(people):
    case = started(people[0], over="team", key="board", quorum="count", count=3)
    assert open_steps(case) == ["vote", "vote", "vote"]


def test_the_list_is_frozen_when_the_step_is_entered(people):
    case = started(people[0], over="team", key="board", quorum="all")
    make_user("Dora", make_team("board"))
    assert len(TaskGroup.objects.get(instance=case).items) == 3
    for person in people:
        say(case, person, "yes")
    assert open_steps(case) == ["accepted"]


def test_one_after_another(people):
    emails = [person.email for person in (people[2], people[0], people[2])]
    case = started(people[0], over="persons", persons=emails, is_sequential=True, quorum="all")
    for person in (people[2], people[0]):
        row = Task.objects.open().get(instance=case)
        assert row.assignee == person
        runtime.complete_task(row, outcome="yes", by=person)
        assert breaks(case) == []
    assert open_steps(case) == ["accepted"]


def test_values_make_a_task_each_with_the_value_in_its_title(people):
    plan = vote(over="field", key="sites", quorum="all")
    case = runtime.start(make_version(plan), by=people[0], data={"sites": ["k", "u"]}, at=MONDAY)
    rows = list(Task.objects.open().filter(instance=case).order_by("mi_index"))
    assert [(row.mi_index, row.title, row.assignee) for row in rows] == [
        (1, "Abstimmen: Köln", None),
        (2, "Abstimmen: Ulm", None),
    ]
    for row in rows:
        runtime.claim(row, by=people[0])
        runtime.complete_task(row, outcome="yes", by=people[0])
    assert open_steps(case) == ["accepted"]


def test_nobody_has_two_voices(people):
    case = started(people[0], over="team", key="board", quorum="all")
    say(case, people[0], "yes")
    other = Task.objects.open().get(instance=case, assignee=people[1])
    for taken in (people[0], people[2]):
        with pytest.raises(AlreadyVoted):
            runtime.reassign(other, to=taken, by=people[1])


def test_nobody_chooses_no_agreement(people):
    case = started(people[0], over="team", key="board", quorum="all")
    with pytest.raises(UnknownOutcome):
        say(case, people[0], "none")


def test_the_clock_ends_a_vote_as_a_whole(people):
    plan = vote(clock("silence", offset="2d"), over="team", key="board", quorum="all")
    case = started(people[0], plan)
    say(case, people[0], "yes")
    deadlines.sweep(at=MONDAY + dt.timedelta(days=2))
    assert open_steps(case) == ["disputed"]
    assert Task.objects.filter(instance=case, step_key="vote", state="cancelled").count() == 2
    assert TaskGroup.objects.get(instance=case).outcome_key == "silence"
    assert breaks(case) == []


def test_cancelling_the_case_ends_its_votes(people):
    case = started(people[0], over="team", key="board", quorum="all")
    runtime.cancel(case, by=SYSTEM, reason="Erledigt")
    assert open_steps(case) == []
    assert TaskGroup.objects.get(instance=case).ended_at is not None
    assert breaks(case) == []


def test_a_vote_in_a_loop_begins_anew(people):
    plan = vote(over="team", key="board", quorum="first")
    again = replace(
        plan,
        flows=tuple(replace(one, target="vote") if one.source == "refused" else one for one in plan.flows),
    )
    case = started(people[0], again)
    say(case, people[0], "no")
    row = runtime.claim(Task.objects.open().get(instance=case), by=people[0])
    runtime.complete_task(row, outcome="done", by=people[0])
    assert open_steps(case) == ["vote", "vote", "vote"]
    say(case, people[0], "yes")
    assert open_steps(case) == ["accepted"]
    assert breaks(case) == []
