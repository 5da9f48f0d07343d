"""The model check: each fault is found with a run that shows it; what is called sound never gets stuck."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from processes import checks, engine, soundness, structure
from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan
from processes.engine import Chosen, Clock, EngineError, JobDone, JobFailed, Kind, Net, SubEnded
from processes.shortening import shortened
from processes.soundness import explore, replay
from processes.tests.builders import flows, node, task
from processes.tests.sketches import TOGETHER, sketch
from processes.tests.test_engine_properties import BLOCKS, any_net, build

FORK = "start>and1 and1>a and1>b "

SOUND = [
    TOGETHER,
    "start>end",
    "start>a a.ok>end a.back>a",
    "start>a a.ok>b b.ok>end b.back>a",
    FORK + "a.ok>end b.ok>end2",
    FORK + "a.ok>c b.ok>c c.ok>end",
    FORK + "a.ok>and2 a.no>kill b.ok>and2 and2>end",
    "start>or1 or1>a?x or1>b?y or1>c* a.ok>or2 b.ok>or2 c.ok>or2 or2>d d.ok>end",
    "start>timer1 timer1>job1 job1>sub1 sub1>a a.ok>end a.@late>end",
    "start>a a.ok>end a.~nag>b b.ok>end",
]


@pytest.mark.parametrize("drawing", SOUND)
def test_sound_nets_are_judged_sound(drawing):
    net = sketch(drawing)
    assert structure.check(net) == ()
    assert explore(net).defects == ()


UNSOUND = [
    # One branch is chosen, the join waits for both.
    ("start>xor1 xor1>a?x xor1>b* a.ok>and1 b.ok>and1 and1>end", [("join_cannot_complete", "and1")]),
    # One branch goes another way, the other waits for it.
    (FORK + "a.ok>and2 a.no>end b.ok>and2 and2>end", [("work_left_over", "and2")]),
    # Two joins wait for each other's branch.
    (FORK + "a.ok>and2 a.no>and3 b.ok>and2 b.no>and3 and2>end and3>end", [("deadlock", "and2")]),
    # Both branches pass the merge, what follows is done twice; or arrives twice at a join.
    (FORK + "a.ok>xor1 b.ok>xor1 xor1>c c.ok>end", [("two_tokens_on_transition", "c")]),
    (
        FORK + "and1>d a.ok>xor1 b.ok>xor1 xor1>and2 d.ok>and2 and2>end",
        [("two_tokens_on_transition", "and2"), ("work_left_over", "and2")],
    ),
    # A task that makes more and more of itself.
    ("start>a a.more>and1 and1>a and1>b b.ok>end a.ok>end", [("two_tokens_on_transition", "b")]),
    # A gateway whose first way is always open.
    ("start>xor1 xor1>a xor1>b* a.ok>end b.ok>end", [("step_never_reached", "b")]),
    # An answer of an action for which nothing comes next.
    ("start>job1 job1.failed>end", [("deadlock", "job1")]),
    # The way out of the loop is never taken.
    ("start>a a.ok>xor1 xor1>a xor1>end*", [("livelock", "a")]),
]


@pytest.mark.parametrize(("drawing", "defects"), UNSOUND)
def test_each_fault_is_found_where_it_is(drawing, defects):
    net = sketch(drawing)
    assert structure.check(net) == ()
    found = explore(net).defects
    assert [(one.code, one.step) for one in found] == defects
    for defect in found:
        assert_shown(net, defect)


def assert_shown(net: Net, defect: soundness.Defect) -> None:
    """The example, run again by the engine, ends in the fault it was given for."""
    if not defect.example:
        assert defect.code in ("step_never_reached", "undecided")
        return
    try:
        marking = replay(net, defect.example).marking
    except EngineError:
        assert defect.code == "deadlock"
        assert defect.example[-1].step == defect.step
        return
    steps = [net.step_at(token.at) for token in marking.tokens]
    assert defect.step in steps
    if defect.code == "two_tokens_on_transition":
        places = [token.at for token in marking.tokens if net.step_at(token.at) == defect.step]
        assert len(set(places)) < len(places)
    elif defect.code == "livelock":
        assert not leads_to_rest(net, marking)
    else:
        assert nothing_moves(net, marking)
        assert (defect.code != "work_left_over") or marking.first_end


def answers(node: engine.Node) -> list[engine.Event]:
    """What a waiting step can be answered with, written down a second time for the tests."""
    by_kind = {
        Kind.TASK: [Chosen(one.key) for one in node.outcomes if not one.is_clock],
        Kind.TIMER: [JobDone()],
        Kind.ACTION: [JobDone(), *(JobFailed() for one in node.outcomes if one.key == "failed")],
        Kind.SUBPROCESS: [SubEnded(one.key) for one in node.outcomes if not one.is_clock] or [SubEnded("")],
    }
    return [*by_kind[node.kind], *(Clock(one.key) for one in node.outcomes if one.is_clock)]


def at_random(net: Net, marking: engine.Marking, dice: random.Random) -> engine.Moves | None:
    """One event at one token, conditions judged by the dice; None where nobody can do anything."""
    waiting = [token for token in marking.tokens if token.at in net.nodes and answers(net.nodes[token.at])]
    if not waiting:
        return None
    token = dice.choice(waiting)
    event = dice.choice(answers(net.nodes[token.at]))
    return engine.fire_judged(net, marking, token.id, event, lambda flow: dice.random() < 0.5)


def nothing_moves(net: Net, marking: engine.Marking) -> bool:
    """Whether no answer leads anywhere."""
    return not any(
        engine.fire_judged(net, marking, token.id, event, lambda flow: False).flows
        for token in marking.tokens
        if token.at in net.nodes
        for event in answers(net.nodes[token.at])
    )


def leads_to_rest(net: Net, marking: engine.Marking) -> bool:
    """Whether random runs from a marking come to an end or get stuck."""
    dice = random.Random(1)
    for _ in range(20):
        now: engine.Moves | None = None
        for _ in range(50):
            with suppress(EngineError):
                now = at_random(net, now.marking if now else marking, dice)
                if now is None or now.finished:
                    return True
    return False


def assert_runs_to_the_end(net: Net, seed: int) -> None:
    """A run by dice never raises and never leaves anything over; that it ends is checked for blocks."""
    dice = random.Random(seed)
    moves = engine.begin_judged(net, lambda flow: dice.random() < 0.5)
    for _ in range(300):
        if moves.finished:
            return
        following = at_random(net, moves.marking, dice)
        assert following is not None, [token.at for token in moves.marking.tokens]
        moves = following


SEEDS = st.integers(0, 10**6)


@settings(deadline=None, max_examples=150)
@given(tree=BLOCKS, seed=SEEDS)
def test_nets_of_blocks_are_judged_sound_and_run_to_their_end(tree, seed):
    net = build(tree)
    assert explore(net).defects == ()
    for number in range(5):
        assert_runs_to_the_end(net, seed + number)


@settings(deadline=None, max_examples=300)
@given(net=any_net(), seed=SEEDS)
def test_any_net_is_judged_truly(net, seed):
    """Sound ones are run at random, examples of unsound ones are run again."""
    if "endless" in {found.code for found in structure.check(net)}:
        return
    verdict = explore(net, most_markings=400)
    for defect in verdict.defects:
        assert_shown(net, defect)
    if verdict.is_sound:
        for number in range(5):
            assert_runs_to_the_end(net, seed + number)


@settings(deadline=None, max_examples=400)
@given(tree=BLOCKS, data=st.data())
def test_the_shorter_net_is_sound_exactly_if_the_whole_is(tree, data):
    """Blocks with one transition led elsewhere: mostly unsound, always close to what people draw."""
    net = bent(build(tree), data)
    smaller = shortened(net)
    if structure.check(net) or smaller is None:
        return
    whole = soundness._Search(net, net, 3000).verdict()
    short = soundness._Search(smaller, net, 3000).verdict()
    if "undecided" not in {one.code for one in (*whole.defects, *short.defects)}:
        assert short.is_sound == whole.is_sound
    for defect in whole.defects:
        assert_shown(net, defect)


def bent(net: Net, data: st.DataObject) -> Net:
    """The net with the target of one transition changed."""
    moved = data.draw(st.sampled_from(list(net.flows.values())))
    target = data.draw(st.sampled_from([key for key in net.nodes if key != net.start]))
    changed = [replace(flow, target=target) if flow is moved else flow for flow in net.flows.values()]
    return Net.build(net.nodes.values(), changed)


def test_a_cancel_region_that_empties_a_join_is_seen():
    drawing = FORK + "a.ok>and2 a.no>a b.ok>and2 and2>end"
    assert explore(sketch(drawing)).is_sound
    emptied = sketch(drawing, cancels={"a.no": "and2"})
    assert [(one.code, one.step) for one in explore(emptied).defects] == [("deadlock", "and2")]
    assert_shown(emptied, explore(emptied).defects[0])


def wide(branches: int, length: int) -> Net:
    """So many branches at once, each so many tasks with a way back to the first."""
    words = ["start>and1"]
    for branch in range(branches):
        tasks = [f"t{branch}x{number}" for number in range(length)]
        words.append(f"and1>{tasks[0]}")
        words += [f"{one}.ok>{following}" for one, following in pairwise(tasks)]
        words += [f"{tasks[-1]}.ok>and2", f"{tasks[-1]}.back>{tasks[0]}"]
    return sketch(" ".join([*words, "and2>end"]))


def test_too_many_markings_are_undecided():
    assert [one.code for one in explore(wide(3, 4), most_markings=5).defects] == ["undecided"]
    assert explore(wide(3, 4)).is_sound


def test_many_answers_from_one_marking_are_undecided(monkeypatch):
    monkeypatch.setattr(soundness, "MOST_ANSWERS", 100)
    ways = " ".join(f"or1>a{number}?x{number} a{number}.ok>end" for number in range(8))
    net = sketch(f"start>or1 or1>a* a.ok>end {ways}")
    assert "undecided" in [one.code for one in explore(net).defects]


def test_an_example_is_told_in_words_that_name_steps_and_outcomes():
    plan = Blueprint(
        steps=(
            node("start", "start"),
            node("split", "parallel"),
            task("left", outcomes="ok no"),
            task("right", outcomes="ok"),
            node("join", "parallel"),
            node("end", "end"),
        ),
        flows=flows(
            "start>split",
            "split>left",
            "split>right",
            "left.ok>join",
            "left.no>end",
            "right.ok>join",
            "join>end",
        ),
    )
    (problem,) = checks.problems_of(plan, number_pattern="V-{seq}")
    assert (problem.code, problem.severity, problem.step) == ("work_left_over", checks.ERROR, "join")
    with translation.override("en"):
        assert str(problem.message).endswith("Example: Start, Right: Ok, Left: No.")
    with translation.override("de"):
        assert "Beispiel: Start, Right: Ok, Left: No." in str(problem.message)


def test_an_example_tells_what_a_gateway_chose():
    plan = Blueprint(
        steps=(
            node("start", "start"),
            node("gate", "exclusive"),
            task("a"),
            task("b"),
            node("join", "parallel"),
            node("end", "end"),
        ),
        flows=(
            *flows("start>gate", "gate>b*", "a.done>join", "b.done>join", "join>end"),
            FlowPlan("gate", "a", conditions=(ConditionPlan("amount", "ge", "5"),)),
        ),
        fields=(FieldPlan("amount", "Betrag", "number"),),
    )
    (problem,) = checks.problems_of(plan, number_pattern="V-{seq}")
    assert problem.code == "join_cannot_complete"
    with translation.override("en"):
        assert str(problem.message).endswith("Example: Start, Gate: on to “B”, B: Done.")


def test_faults_of_the_graph_keep_runs_from_being_judged():
    plan = Blueprint(steps=(node("start", "start"), task("a")), flows=flows("start>a", "a.done>a"))
    assert {one.code for one in checks.problems_of(plan, number_pattern="V-{seq}")} == {"no_end"}
