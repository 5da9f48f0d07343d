"""What the engine refuses, and how a marking is stored."""

import pytest

from processes import engine
from processes.engine import (
    Chosen,
    Clock,
    EngineError,
    Flow,
    Kind,
    Marking,
    Net,
    NetError,
    NoBranch,
    Node,
    TooManySteps,
    UnknownOutcome,
    UnknownToken,
)
from processes.tests.sketches import TOGETHER, Case, sketch

# -- what has no answer --------------------------------------------------------------------------------------


def test_an_unknown_token_is_refused():
    case = Case("start>a a.ok>end")
    with pytest.raises(UnknownToken):
        engine.fire(case.net, case.moves.marking, 99, Chosen("ok"), {})


def test_a_marking_of_another_net_is_refused():
    case = Case("start>a a.ok>end")
    with pytest.raises(EngineError):
        engine.fire(sketch("start>b b.ok>end"), case.moves.marking, 1, Chosen("ok"), {})
    with pytest.raises(NetError):
        case.net.step_at("flow:gone")


@pytest.mark.parametrize("drawing", ["start>a a.ok>and1", "start>a a.ok>xor1", "start>a a.ok>or1"])
def test_a_token_that_finds_no_way_on_is_not_lost_silently(drawing):
    with pytest.raises(NoBranch):
        Case(drawing).choose("a")


def test_an_outcome_without_transition_is_refused():
    net = Net.build(
        [Node("start", Kind.START), Node("a", Kind.TASK, (engine.Outcome("ok"),))],
        [
            Flow("1", "start", "a"),
        ],
    )
    marking = engine.begin(net, {}).marking
    with pytest.raises(NoBranch):
        engine.fire(net, marking, 1, Chosen("ok"), {})


@pytest.mark.parametrize(
    "drawing", ["start>xor1 xor1>xor2 xor2>xor1", "start>xor1 xor1>and1 and1>xor1 and1>end"]
)
def test_a_loop_without_a_wait_is_stopped(drawing):
    with pytest.raises(TooManySteps):
        Case(drawing)


def test_a_long_chain_of_gateways_within_the_limit_is_no_loop():
    chain = " ".join(f"xor{n}>xor{n + 1}" for n in range(990))
    assert Case(f"start>xor0 {chain} xor990>a a.ok>end").places == ["a"]


@pytest.mark.parametrize(
    ("nodes", "flows"),
    [
        ([Node("a", Kind.TASK), Node("a", Kind.TASK)], []),
        ([Node("a", Kind.TASK)], [Flow("1", "a", "b")]),
        ([Node("a", Kind.TASK)], [Flow("1", "b", "a")]),
        ([Node("a", Kind.TASK)], [Flow("1", "a", "a"), Flow("1", "a", "a")]),
    ],
)
def test_rows_that_make_no_graph_are_refused(nodes, flows):
    with pytest.raises(NetError):
        Net.build(nodes, flows)


def test_a_net_without_a_start_cannot_begin():
    with pytest.raises(NetError):
        engine.begin(Net.build([Node("a", Kind.TASK)], []), {})


def test_every_error_has_a_code_of_its_own():
    errors = [EngineError, NetError, NoBranch, TooManySteps, UnknownOutcome, UnknownToken]
    assert len({error.code for error in errors}) == len(errors)


# -- marking as JSON -----------------------------------------------------------------------------------------


def test_marking_survives_json():
    case = Case(f"{TOGETHER} a.~nag>g g.ok>end2").fire("a", Clock("~nag")).choose("g", "b")
    marking = case.moves.marking
    assert marking.to_json() == {
        "tokens": [[1, "a", 1], [4, "flow:b.ok>and2", 1]],
        "next": 5,
        "visits": {"a": 1, "b": 1, "g": 1},
        "sparked": [[1, "~nag"]],
        "end": "end2",
    }
    assert Marking.from_json(marking.to_json()) == marking
    assert Marking.from_json({}) == Marking()
