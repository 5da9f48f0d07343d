"""The way of a case, found again from what history keeps of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes import engine
from processes.engine import WAITING, Chosen, JobDone, Kind, Marking, Moves, Net, SubEnded
from processes.tests.sketches import sketch
from processes.tests.test_engine_properties import BLOCKS, build
from processes.trail import Move, reachable, trail


def move(step: str, outcome: str | None, moves: Moves) -> Move:
    return Move(step, outcome, frozenset(token.at for token in moves.produced))


def play(net: Net, *answers: str, **data: bool) -> tuple[list[Move], set[str], Marking]:
    """Run a net by `step.outcome` answers; what history keeps, the ways really taken, the last marking."""
    moves = engine.begin(net, data)
    kept, taken = [move("start", None, moves)], set(moves.flows)
    for answer in answers:
        step, _, outcome = answer.partition(".")
        token = next(token for token in moves.marking.tokens if token.at == step)
        event = Chosen(outcome) if outcome else JobDone()
        moves = engine.fire(net, moves.marking, token.id, event, data)
        kept.append(move(step, outcome or None, moves))
        taken.update(moves.flows)
    return kept, taken, moves.marking


GATED = "start>xor1 xor1>a?big xor1>b* a.ok>end a.no>end2 b.ok>xor2 xor2>end"
TOGETHER = "start>xor1 xor1>and1 and1>a and1>b a.ok>and2 b.ok>and2 and2>c c.ok>end c.back>xor1"
SOME = "start>or1 or1>a?x or1>b?y or1>c* a.ok>or2 b.ok>or2 c.ok>or2 or2>d d.ok>xor1 xor1>end"


@pytest.mark.parametrize(
    ("drawing", "answers", "data"),
    [
        (GATED, ["a.no"], {"big": True}),
        (GATED, ["b.ok"], {}),
        (TOGETHER, ["a.ok"], {}),
        (TOGETHER, ["a.ok", "b.ok"], {}),
        (TOGETHER, ["b.ok", "a.ok", "c.back", "a.ok", "b.ok", "c.ok"], {}),
        (SOME, ["b.ok", "a.ok"], {"x": True, "y": True}),
        (SOME, ["c.ok", "d.ok"], {}),
        ("start>timer1 timer1>job1 job1>a a.ok>end", ["timer1", "job1"], {}),
    ],
)
def test_ways_taken_are_found_again(drawing, answers, data):
    net = sketch(drawing)
    kept, taken, marking = play(net, *answers, **data)
    found = trail(net, kept, end=marking.first_end)
    assert found.flows == taken
    assert found.steps == {net.flows[one].source for one in taken} | set(filter(None, [marking.first_end]))


def test_a_choice_that_ends_the_case_is_told_by_the_end_it_reached():
    net = sketch("start>a a.ok>xor1 xor1>end1?big xor1>end2*")
    for big, end in ((True, "end1"), (False, "end2")):
        kept, _taken, marking = play(net, "a.ok", big=big)
        assert trail(net, kept, end=marking.first_end).steps == {"start", "a", "xor1", end}


def test_what_does_not_fit_the_net_is_passed_over():
    net = sketch("start>a a.ok>end")
    moves = [Move("gone", "ok", frozenset()), Move("a", "unknown", frozenset({"nowhere"}))]
    assert trail(net, moves).steps == {"a"}


def test_reachable_goes_round_circles():
    net = sketch("start>a a.ok>b b.back>a b.ok>end")
    assert reachable(net, ["b"]) == {"a", "b", "end"}
    assert reachable(net, ["end"]) == frozenset()


@given(
    BLOCKS, st.lists(st.integers(0, 9), max_size=25), st.fixed_dictionaries({k: st.booleans() for k in "uvw"})
)
def test_in_any_sound_net_every_step_worked_on_was_reached_by_the_trail(tree, choices, data):
    """Equality is too much to ask: where two ways lead to the same step one is as good as the other."""
    net = build(tree)
    moves = engine.begin(net, data)
    kept, worked = [move(net.start, None, moves)], set()
    for choice in choices:
        waiting = [token for token in moves.marking.tokens if token.at in net.nodes]
        if not waiting:
            break
        token = waiting[choice % len(waiting)]
        node = net.nodes[token.at]
        names = [one.key for one in node.outcomes if not one.is_clock]
        outcome = names[choice % len(names)] if names else None
        kinds = {Kind.TASK: Chosen, Kind.SUBPROCESS: SubEnded}
        event = kinds[node.kind](outcome or "") if node.kind in kinds else JobDone()
        moves = engine.fire(net, moves.marking, token.id, event, data)
        kept.append(move(node.key, outcome, moves))
        worked.add(node.key)
    found = trail(net, kept, end=moves.marking.first_end)
    entered = {net.flows[one].target for one in found.flows}
    here = {token.at for token in moves.marking.tokens if token.at in net.nodes}
    assert worked <= found.steps
    assert worked | here <= entered
    assert all(net.nodes[key].kind in WAITING for key in entered - found.steps - net.joins)
