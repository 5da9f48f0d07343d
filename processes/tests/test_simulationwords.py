"""Who would get a step that is played through, and why it does not go on: words along the way taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.utils import translation

from processes import engine, plannets
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, OutcomePlan
from processes.playing import simulation, words
from processes.playing.receiving import Story
from processes.playing.simulation import By, Turn
from processes.tests.builders import clock, flows, node, only_if, task
from processes.tests.plays import PEOPLE, chain, chosen, later, played


@pytest.fixture(autouse=True)
def en() -> Iterator[None]:
    """The words as they are written."""
    with translation.override("en"):
        yield


def gets(plan: Blueprint, *turns: Turn, **data: Any) -> str:
    """Who gets the step that is open at last."""
    version, play = played(plan, values=data)
    for turn in turns:
        play = play.then(turn)
    run = simulation.replay(version, play)
    return str(Story(version, run, PEOPLE).receivers[run.open[-1].id])


def test_rules_are_said_as_rules():
    assert gets(chain(task("a"))) == "Team Service, team inbox"
    assert gets(chain(task("a", assignment="person", person="jonas@example.org"))) == "Jonas Petersen"
    assert gets(chain(task("a", assignment="starter"))) == "who started the case"
    assert "fewest open tasks" in gets(chain(task("a", assignment="fewest_open")))
    assert "in turn" in gets(chain(task("a", assignment="round_robin")))


def test_the_same_person_and_four_eyes_are_resolved_along_the_way():
    first = task("a", assignment="person", person="jonas@example.org")
    same = chain(first, task("b", assignment="same_as", reference_key="a"))
    assert gets(same, chosen(1)) == "the same person as in “A” (Jonas Petersen)"
    apart = chain(first, task("b", assignment="not_same_as", reference_key="a"))
    assert gets(apart, chosen(1)) == "Team Service, team inbox; not: who did “A”"


def test_where_the_clock_ended_the_other_step_nobody_is_the_same_person():
    timed = replace(task("a"), outcomes=(OutcomePlan("done", "Done"), clock("late", offset="1d")))
    plan = Blueprint(
        steps=(
            node("start", "start"),
            timed,
            task("b", assignment="same_as", reference_key="a"),
            node("end", "end"),
        ),
        flows=flows("start>a", "a.done>b", "a.late>b", "b.done>end"),
    )
    late = Turn(1, By.CLOCK, "late", later(24))
    assert gets(plan, late) == "Team Service, team inbox (nobody did “A” on this way)"


def test_a_field_may_name_who_gets_it():
    plan = chain(
        task("a", assignment="from_field", field_key="who"), fields=(FieldPlan("who", "Zuständig", "person"),)
    )
    assert gets(plan) == "Team Service, team inbox (“Zuständig” is empty)"
    assert gets(plan, who=7) == "Jonas Petersen (named in “Zuständig”)"


# -- drafts with faults --------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_left_out_and_named():
    rule = DeadlinePlan(basis="field", offset="3 Tage")
    plan = chain(
        task("a", deadline="bald"), task("b", deadlines=(rule,)), replace(task("c"), config={"wait": {}})
    )
    assert plannets.unreadable(plan) == ("a", "b", "c")
    version, play = played(plan)
    assert version.steps["a"].deadlines == ()
    assert [token.at for token in simulation.replay(version, play).open] == ["a"]


DEAD_ENDS = {
    "no start": Blueprint(steps=(task("a"),)),
    "nothing behind the start": Blueprint(steps=(node("start", "start"),)),
    "no branch": Blueprint(
        fields=(FieldPlan("urgent", "Eilig", "yesno"),),
        steps=(node("start", "start"), node("gate", "exclusive"), node("end", "end")),
        flows=(*flows("start>gate"), only_if("gate>end", "urgent is yes")),
    ),
    "a circle": Blueprint(
        steps=(node("start", "start"), node("x", "exclusive"), node("y", "exclusive")),
        flows=flows("start>x", "x>y*", "y>x*"),
    ),
}


@pytest.mark.parametrize("plan", DEAD_ENDS.values(), ids=list(DEAD_ENDS))
def test_a_dead_end_is_a_sentence(plan: Blueprint):
    version, play = played(plan)
    with pytest.raises(engine.EngineError) as caught:
        simulation.replay(version, play)
    assert words.refusal(version, caught.value).startswith("It does not go on here: ")


def test_a_join_that_waits_for_ever_is_named():
    plan = Blueprint(
        steps=(node("start", "start"), task("a"), task("b"), node("join", "parallel"), node("end", "end")),
        flows=flows("start>a", "a.done>join", "b.done>join", "join>end"),
    )
    version, play = played(plan)
    run = simulation.replay(version, play.then(chosen(1)))
    assert not run.is_over
    assert run.stuck_at(version.net) == ("join",)
    assert "at “Join” one way waits" in words.stands_still(version, ("join",))
