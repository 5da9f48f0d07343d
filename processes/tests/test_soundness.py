"""The model check: each fault is found with a run that shows it; what is called sound never gets stuck."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.utils import translation

from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan
from processes.checking import checks, soundness, structure
from processes.checking.soundness import ends_reached_twice, explore, replay
from processes.engine import Net
from processes.tests.builders import flows, node, task
from processes.tests.proofs import assert_shown
from processes.tests.sketches import TOGETHER, sketch

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
    # Everything ends in the move in which the other branch begins, before that comes to its end.
    ("start>and1 and1>and2 and1>kill and2>end", [("step_never_reached", "end")]),
]


@pytest.mark.parametrize(("drawing", "defects"), UNSOUND)
def test_each_fault_is_found_where_it_is(drawing, defects):
    net = sketch(drawing)
    assert structure.check(net) == ()
    found = explore(net).defects
    assert [(one.code, one.step) for one in found] == defects
    for defect in found:
        assert_shown(net, defect)


def test_a_cancel_region_that_empties_a_join_is_seen():
    drawing = FORK + "a.ok>and2 a.no>a b.ok>and2 and2>end"
    assert explore(sketch(drawing)).is_sound
    emptied = sketch(drawing, cancels={"a.no": "and2"})
    assert [(one.code, one.step) for one in explore(emptied).defects] == [("deadlock", "and2")]
    assert_shown(emptied, explore(emptied).defects[0])


def wide(branches: int, length: int, leak: str = "") -> Net:
    """So many branches at once, each so many tasks with a way back to the first; `leak` is drawn as well."""
    words = ["start>and1"]
    for branch in range(branches):
        tasks = [f"t{branch}x{number}" for number in range(length)]
        words.append(f"and1>{tasks[0]}")
        words += [f"{one}.ok>{following}" for one, following in pairwise(tasks)]
        words += [f"{tasks[-1]}.ok>and2", f"{tasks[-1]}.back>{tasks[0]}"]
    return sketch(" ".join([*words, "" if "and2>" in leak else "and2>end", leak]))


def test_too_many_markings_are_undecided():
    verdict = explore(wide(3, 4), most_markings=5, is_reducing=False)
    assert [one.code for one in verdict.defects] == ["undecided"]
    assert explore(wide(3, 4), most_markings=5).is_sound


def test_many_ways_at_once_take_no_more_than_a_few_markings():
    for ways in (10, 16, 40):
        verdict = explore(wide(ways, 5))
        assert verdict.is_sound
        assert verdict.markings < 10


def test_a_fault_among_many_ways_is_shown_although_not_everything_can_be_tried():
    leaking = wide(16, 3, leak="t0x0.stop>end")
    (defect,) = explore(leaking).defects
    assert (defect.code, defect.step) == ("work_left_over", "and2")
    assert_shown(leaking, defect)


def test_a_join_no_case_passes_is_named_among_many_ways():
    net = wide(12, 3, leak="and2>xor1 xor1>p?x xor1>q* p.ok>and3 q.ok>and3 and3>end2")
    found = {(one.code, one.step) for one in explore(net).defects}
    assert found == {("join_cannot_complete", "and3")}


@pytest.mark.parametrize(
    "drawing",
    [
        "start>a a.ok>and1 b.ok>and1 b.again>b and1>end",
        "start>a a.ok>and1 b.ok>c b.again>b c.ok>and1 and1>end",
        "start>and1 and1>end and1>a a.ok>and2 b.ok>and2 b.again>b and2>end",
    ],
)
def test_a_join_that_waits_for_a_step_nothing_leads_to_is_found(drawing):
    """Such a step may not be left out with its ways: the join would wait for one way less."""
    net = sketch(drawing)
    (join,) = net.joins
    found = {one.code: one for one in soundness.check(net).defects}
    assert found.keys() == {"unreachable", "join_cannot_complete"}
    assert found["join_cannot_complete"].step == join
    assert_shown(net, found["join_cannot_complete"])


def test_everything_is_said_of_a_net_with_faults_in_its_graph():
    found = soundness.check(sketch("start>xor1 xor1>a?x xor1>b?y a.ok>end b.ok>end island.ok>end")).defects
    assert {(one.code, one.step) for one in found} == {("unreachable", "island"), ("no_default", "xor1")}
    (stuck,) = (one for one in found if one.code == "no_default")
    assert [turn.step for turn in stuck.example] == ["start"]
    assert [one.code for one in soundness.check(sketch("a.ok>b b.ok>a")).defects] == [
        "no_start",
        "no_end",
        "unreachable",
        "unreachable",
    ]


@pytest.mark.parametrize(
    ("drawing", "ends"),
    [
        (FORK + "a.ok>end b.ok>end", ["end"]),
        (FORK + "a.ok>end b.ok>end2", []),
        (FORK + "a.ok>and2 b.ok>and2 and2>end", []),
        ("start>a a.ok>end a.@late>end", []),
        ("start>a a.ok>end a.~nag>b b.ok>end", ["end"]),
    ],
)
def test_ends_a_case_can_reach_twice_are_named_but_are_no_fault(drawing, ends):
    net = sketch(drawing)
    found = ends_reached_twice(net)
    assert explore(net).is_sound
    assert [one.step for one in found] == ends
    for defect in found:
        reached = [replay(net, defect.example[: length + 1]).ends for length in range(len(defect.example))]
        assert [end for ends in reached for end in ends] == ["end", "end"]


def test_an_end_reached_twice_is_found_among_many_ways_at_once():
    ways = [f"and1>t{way} t{way}.ok>and2 t{way}.~nag>n{way} n{way}.ok>end" for way in range(16)]
    net = sketch(" ".join(["start>and1 and2>end", *ways]))
    assert explore(net).is_sound
    (found,) = ends_reached_twice(net)
    assert found.step == "end"
    assert replay(net, found.example).ends == ("end",)


def test_an_end_that_a_region_names_is_reached_all_the_same():
    net = sketch(FORK + "a.ok>end b.ok>end", cancels={"b.ok": "end"})
    assert [one.step for one in ends_reached_twice(net)] == ["end"]


def test_many_answers_from_one_marking_are_undecided(monkeypatch):
    monkeypatch.setattr(soundness, "MOST_ANSWERS", 100)
    assert [one.code for one in explore(sketch(EIGHT)).defects] == ["undecided"]


EIGHT = "start>or1 or1>a* a.ok>end " + " ".join(f"or1>a{n}?x{n} a{n}.ok>end" for n in range(8))


@pytest.mark.parametrize("most", [*range(250, 700, 25), 1500])
def test_what_is_found_before_giving_up_is_true(monkeypatch, most):
    """Wherever the search is cut off: a step whose answers were not tried any more is not stuck."""
    monkeypatch.setattr(soundness, "MOST_ANSWERS", most)
    stuck = sketch(EIGHT.replace("a.ok>end", "a.ok>and1").replace("a0.ok>end", "a0.ok>and1 and1>end"))
    defects = explore(stuck).defects
    assert "undecided" in {one.code for one in defects}
    for defect in defects:
        assert_shown(stuck, defect)


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


def test_an_end_reached_twice_is_shown_and_forbids_nothing():
    plan = Blueprint(
        steps=(
            node("start", "start"),
            task("a", outcomes="ok"),
            task("b", outcomes="ok"),
            node("end", "end"),
        ),
        flows=flows("start>a", "start>b", "a.ok>end", "b.ok>end"),
    )
    (problem,) = checks.problems_of(plan, number_pattern="V-{seq}")
    assert (problem.code, problem.severity, problem.step) == ("end_reached_twice", checks.WARNING, "end")
    with translation.override("en"):
        assert str(problem.message).startswith("A case can reach “End” more than once")
        assert str(problem.message).endswith("Example: Start, B: Ok, A: Ok.")


def test_faults_of_the_graph_keep_runs_from_being_judged():
    plan = Blueprint(steps=(node("start", "start"), task("a")), flows=flows("start>a", "a.done>a"))
    assert {one.code for one in checks.problems_of(plan, number_pattern="V-{seq}")} == {"no_end"}
