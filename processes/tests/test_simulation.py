"""Playing a version through: the same tokens and moments as a real case, and nothing taken on trust."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from people.worktime import STANDARD
from processes import engine
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, OutcomePlan
from processes.playing import simulation
from processes.playing.simulation import By, Play, PlayError, Turn
from processes.tests.builders import BERLIN, MONDAY, clock, flows, node, only_if, task
from processes.tests.plays import chain, chosen, later, played

BOTH = Blueprint(
    steps=(
        node("start", "start"),
        node("split", "parallel"),
        task("a"),
        task("b"),
        node("join", "parallel"),
        task("c", deadline="2d"),
        node("end", "end"),
    ),
    flows=flows("start>split", "split>a", "split>b", "a.done>join", "b.done>join", "join>c", "c.done>end"),
)


# -- tokens and moments --------------------------------------------------------------------------------------


def test_a_step_behind_a_join_begins_when_the_last_branch_was_done_whatever_the_order_of_clicks():
    version, play = played(BOTH)
    play = play.then(chosen(1, hours=5)).then(chosen(2, hours=2))
    run = simulation.replay(version, play)
    assert [(token.at, run.since[token.id]) for token in run.open] == [("c", later(5))]
    assert run.passed[1].waiting == ("join",)
    assert run.passed[2].entered == ("c",)


def test_the_end_is_reached_and_the_way_is_known():
    version, play = played(chain(task("a")))
    run = simulation.replay(version, play.then(chosen(1)))
    assert run.is_over
    assert run.marking.first_end == "end"
    assert run.trail.steps == {"start", "a", "end"}
    assert run.trail.flows == {"0", "1"}


def test_a_turn_before_its_step_begins_is_refused():
    version, play = played(chain(task("a")))
    with pytest.raises(PlayError):
        simulation.replay(version, play.then(chosen(1, hours=-1)))


def test_values_decide_and_can_be_taken_away_again():
    plan = Blueprint(
        fields=(FieldPlan("urgent", "Eilig", "yesno"),),
        steps=(
            node("start", "start"),
            task("a"),
            node("gate", "exclusive"),
            task("quick"),
            task("slow"),
            node("end", "end"),
        ),
        flows=(
            *flows("start>a", "a.done>gate", "gate>slow*", "quick.done>a", "slow.done>end"),
            only_if("gate>quick", "urgent is yes"),
        ),
    )
    version, play = played(plan)
    play = play.then(chosen(1, urgent=True))
    assert [token.at for token in simulation.replay(version, play).open] == ["quick"]
    play = play.then(chosen(2)).then(chosen(3, urgent=None))
    run = simulation.replay(version, play)
    assert [token.at for token in run.open] == ["slow"]
    assert run.data == {}


def test_deadlines_are_counted_by_the_arithmetic_of_cases():
    version, play = played(BOTH)
    play = play.then(chosen(1)).then(chosen(2, hours=24))
    run = simulation.replay(version, play)
    rules = version.steps["c"].deadlines
    due = simulation.due(rules, simulation.anchors(play, run, run.since[run.open[0].id]), STANDARD, 2)
    assert due is not None
    assert due.at == dt.datetime(2026, 11, 19, 10, tzinfo=BERLIN)


def test_a_deadline_may_be_counted_from_the_end_of_an_earlier_task():
    rule = DeadlinePlan(basis="after", key="a", offset="1d")
    version, play = played(chain(task("a"), task("b", deadlines=(rule,))))
    run = simulation.replay(version, play.then(chosen(1, hours=3)))
    found = simulation.anchors(play, run, run.since[2])
    due = simulation.due(version.steps["b"].deadlines, found, STANDARD, 2)
    assert due is not None
    assert due.at == dt.datetime(2026, 11, 17, 13, tzinfo=BERLIN)


def test_an_outcome_besides_the_task_comes_once():
    besides = replace(
        task("a"), outcomes=(OutcomePlan("done", "Done"), clock("late", interrupting=False, offset="1d"))
    )
    plan = Blueprint(
        steps=(node("start", "start"), besides, task("b"), node("end", "end")),
        flows=flows("start>a", "a.done>end", "a.late>b", "b.done>end"),
    )
    version, play = played(plan)
    before = simulation.replay(version, play)
    assert simulation.clock_outcomes(version.steps["a"], before, before.open[0]) == ("late",)
    after = simulation.follow(version, before, Turn(1, By.CLOCK, "late", later(24)))
    assert [token.at for token in after.open] == ["a", "b"]
    assert simulation.clock_outcomes(version.steps["a"], after, after.open[0]) == ()
    assert "a" not in after.ended_at


# -- nothing is taken on trust -------------------------------------------------------------------------------

AMOUNT = chain(task("a"), fields=(FieldPlan("amount", "Betrag", "money"), FieldPlan("file", "Datei", "file")))


def test_a_play_comes_back_as_it_was_sent():
    version, play = played(AMOUNT, urgency=1, calendar="de", values={"file": "example"})
    play = play.then(chosen(1, amount={"amount": "5.00", "currency": "EUR"}))
    assert Play.from_json(play.to_json(), version) == play


FORGED: dict[str, dict[str, Any]] = {
    "another format": {"format": simulation.FORMAT - 1},
    "no moment": {"at": "gestern"},
    "a moment without zone": {"at": "2026-11-16T10:00:00"},
    "a moment beyond calendars": {"at": "9999-01-01T00:00:00+00:00"},
    "an urgency there is not": {"urgency": 9},
    "a calendar that is no word": {"calendar": ["de"]},
    "half a character": {"calendar": "\ud800"},
    "a field there is not": {"values": {"nothing": "1"}},
    "a value of another type": {"values": {"amount": "much"}},
    "a file of somebody": {"values": {"file": 17}},
    "values that are none": {"values": [1]},
    "too many turns": {"turns": [[1, "person", "done", MONDAY.isoformat(), {}]] * 201},
    "a turn that is none": {"turns": [[1]]},
    "a token that is no number": {"turns": [[True, "person", "done", MONDAY.isoformat(), {}]]},
    "somebody unknown": {"turns": [[1, "ghost", "done", MONDAY.isoformat(), {}]]},
}


@pytest.mark.parametrize("change", FORGED.values(), ids=list(FORGED))
def test_what_is_no_play_is_refused(change: dict[str, Any]):
    version, play = played(AMOUNT)
    with pytest.raises(PlayError):
        Play.from_json({**play.to_json(), **change}, version)


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, {"format": 1}])
def test_anything_else_is_no_play_either(value: Any):
    with pytest.raises(PlayError):
        Play.from_json(value, played(AMOUNT)[0])


@pytest.mark.parametrize("turn", [chosen(9), chosen(1, "nothing"), Turn(1, By.CALL, "done", MONDAY)])
def test_a_turn_that_does_not_fit_the_net_is_refused_by_the_engine(turn: Turn):
    version, play = played(AMOUNT)
    with pytest.raises(engine.EngineError):
        simulation.replay(version, play.then(turn))
