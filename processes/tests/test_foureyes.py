"""The argument about four eyes: on small nets by hand, and against every run of random ones."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processes.checking import paths
from processes.checking.foureyes import MOST_REPEATS, Cause, Doer, Shortfall, shortfalls
from processes.graph import Net
from processes.tests.sketches import sketch

ROW = "start>a a.ok>b b.ok>c c.ok>end"
ALONE, TWO, THREE = frozenset({1}), frozenset({1, 2}), frozenset({1, 2, 3})


def both_ways(*pairs: str) -> dict[str, frozenset[str]]:
    """Pairs such as `ab`: steps kept apart."""
    found: dict[str, set[str]] = {}
    for one, other in pairs:
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {key: frozenset(others) for key, others in found.items()}


def judge(
    drawing: str | Net, apart: str, persons: frozenset[int] = TWO, **doers: Doer | frozenset[int]
) -> dict[str, Shortfall]:
    """What is found, by step; every step is done by `persons` unless said otherwise."""
    net = sketch(drawing) if isinstance(drawing, str) else drawing
    everybody = {key: doers.get(key, persons) for key in net.nodes}
    known = {key: one if isinstance(one, Doer) else Doer(key, one) for key, one in everybody.items()}
    able = {key: one.persons or persons for key, one in known.items()}
    return {one.step: one for one in shortfalls(net, both_ways(*apart.split()), known, able)}


def causes(*args: object, **doers: object) -> dict[str, Cause]:
    return {step: found.cause for step, found in judge(*args, **doers).items()}  # type: ignore[arg-type]


# -- by hand -------------------------------------------------------------------------------------------------


def test_three_different_persons_out_of_two_is_found_at_the_last_step():
    assert judge(ROW, "ab ac bc") == {"c": Shortfall("c", ("a", "b"), Cause.STEPS, 2)}
    assert judge(ROW, "ab ac bc", THREE) == {}


def test_two_steps_of_ever_different_persons_can_use_up_two_even_if_not_apart_themselves():
    assert causes(ROW, "ac bc") == {"c": Cause.STEPS}


def test_a_team_of_one_cannot_keep_two_steps_apart_whichever_comes_first():
    assert causes(ROW, "ab", ALONE) == {"b": Cause.STEPS}
    assert causes(ROW, "ac", ALONE) == {"c": Cause.STEPS}


def test_other_teams_bind_only_whom_they_share():
    assert causes(ROW, "ac bc", a=frozenset({7}), b=frozenset({8})) == {}
    assert causes(ROW, "ac bc", a=frozenset({1, 7}), b=frozenset({2, 8})) == {"c": Cause.STEPS}
    assert causes(ROW, "ac bc", a=frozenset({1, 7}), b=frozenset({1, 8})) == {}


def test_steps_that_one_case_never_does_both_do_not_add_up():
    either = "start>xor xor?x>a xor>b* a.ok>c b.ok>c c.ok>end"
    assert causes(either, "ac bc") == {}
    assert causes(either, "ac bc", ALONE) == {"c": Cause.STEPS}


def test_steps_side_by_side_add_up_and_bind_each_other():
    beside = "start>and1 and1>a and1>b a.ok>and2 b.ok>and2 and2>c c.ok>end"
    assert causes(beside, "ac bc") == {"c": Cause.STEPS}
    assert causes(beside, "ab", ALONE) == {"a": Cause.STEPS, "b": Cause.STEPS}
    assert causes("start>a a.ok>b a.ok>c b.ok>end c.ok>end", "bc", ALONE) == dict.fromkeys("bc", Cause.STEPS)


def test_a_step_begun_by_the_clock_runs_beside_the_one_that_goes_on():
    assert causes("start>a a.ok>end a.~nag>b b.ok>end", "ab", ALONE) == {"a": Cause.STEPS, "b": Cause.STEPS}


def test_a_repeat_before_the_step_can_use_up_a_small_team():
    loop = "start>a a.ok>b a.again>a b.ok>end"
    assert causes(loop, "ab", TWO) == {"b": Cause.REPEATS}
    assert causes(loop, "ab", frozenset(range(MOST_REPEATS))) == {"b": Cause.REPEATS}
    assert causes(loop, "ab", frozenset(range(MOST_REPEATS + 1))) == {}
    assert causes(loop, "ab", TWO, a=Doer("a", TWO, most_visits=1)) == {}


def test_a_loop_through_the_step_itself_leaves_its_first_person_free():
    assert causes("start>a a.ok>b b.no>a b.ok>end", "ab", TWO) == {}


def test_the_starter_may_be_one_of_the_team():
    assert causes(ROW, "ab", ALONE, a=Doer("starter", None)) == {"b": Cause.OUTSIDER}
    both = {"a": Doer("starter", None), "b": Doer("starter", None)}
    assert causes(ROW, "ac bc", TWO, **both) == {}
    assert causes(ROW, "ac bc", TWO, a=Doer("starter", None), b=Doer("b", None)) == {"c": Cause.OUTSIDER}


def test_the_same_person_twice_binds_one():
    assert causes(ROW, "ac bc", TWO, b=Doer("a", TWO)) == {}


def test_a_vote_of_the_whole_team_binds_it():
    assert causes(ROW, "ab", THREE, a=Doer("a", THREE, are_all=True)) == {"b": Cause.STEPS}
    assert causes(ROW, "ab", THREE, a=Doer("a", TWO, are_all=True)) == {}


def test_what_comes_only_afterwards_does_not_count():
    assert causes(ROW, "ab", a=ALONE, b=TWO) == {}


@pytest.mark.parametrize("size", [20, 40])
def test_many_steps_and_persons_are_judged_in_time(size: int):
    keys = [f"s{number}" for number in range(size)]
    drawing = f"start>{keys[0]} " + " ".join(
        f"{a}.ok>{b}" for a, b in zip(keys, [*keys[1:], "end"], strict=True)
    )
    net = sketch(drawing)
    apart = {key: frozenset(keys) - {key} for key in keys}
    people = frozenset(range(size - 1))
    found = shortfalls(net, apart, {key: Doer(key, people) for key in keys}, dict.fromkeys(keys, people))
    assert [one.step for one in found] == [keys[-1]]


# -- paths ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drawing", "target", "steps", "expected"),
    [
        (ROW, "c", "a", False),
        ("start>xor xor?x>a xor>b* a.ok>c b.ok>c c.ok>end", "c", "a", True),
        ("start>xor xor?x>a xor>b* a.ok>c b.ok>c c.ok>end", "c", "a b", False),
        ("start>and1 and1>a and1>b a.ok>and2 b.ok>and2 and2>c c.ok>end", "c", "a", False),
        ("start>and1 and1>a and1>b a.ok>end b.ok>c c.ok>end", "c", "a", True),
        ("start>a a.ok>c a.@late>c c.ok>end", "c", "a", True),
        ("start>a a.ok>c a.again>a c.ok>end", "c", "a", False),
    ],
)
def test_whether_a_step_can_be_come_to_without_others(drawing: str, target: str, steps: str, expected: bool):
    assert paths.can_skip(sketch(drawing), target, steps.split()) is expected


# -- against every run ---------------------------------------------------------------------------------------

STEPS = "abcd"


@st.composite
def rows(draw: st.DrawFn) -> tuple[str, tuple[str, ...], dict[str, frozenset[int]]]:
    """Four tasks one after the other, some leading back or past the next; who does what; what is apart."""
    words = ["start>a"]
    for number, step in enumerate(STEPS):
        following = [*STEPS, "end"][number + 1]
        words.append(f"{step}.ok>{following}")
        target = draw(st.sampled_from(["", *STEPS[: number + 1], *STEPS[number + 2 :], "end"]))
        if target:
            words.append(f"{step}.alt>{target}")
    pairs = [one + other for number, one in enumerate(STEPS) for other in STEPS[number + 1 :]]
    apart = draw(st.lists(st.sampled_from(pairs), unique=True, min_size=1, max_size=4))
    team = st.sets(st.integers(1, 3), min_size=1).map(frozenset)
    return " ".join(words), tuple(apart), {step: draw(team) for step in STEPS}


@settings(max_examples=120)
@given(rows())
def test_no_finding_means_that_no_run_of_so_many_visits_leaves_anybody_out(
    case: tuple[str, tuple[str, ...], dict[str, frozenset[int]]],
):
    drawing, apart, teams = case
    net = sketch(drawing)
    kept = both_ways(*apart)
    doers = {step: Doer(step, teams[step]) for step in STEPS}
    found = {one.step for one in shortfalls(net, kept, doers, teams)}
    for step in _left_out(net, kept, teams, visits=7):
        assert step in found


def _left_out(
    net: Net, apart: dict[str, frozenset[str]], teams: dict[str, frozenset[int]], visits: int
) -> set[str]:
    """Steps that some run comes to with nobody left, found by playing every run of so many visits."""
    found: set[str] = set()
    todo = [("a", tuple((step, frozenset[int]()) for step in STEPS), visits)]
    seen = set()
    while todo:
        step, done, left = todo.pop()
        if (step, done) in seen or not left or step == "end":
            continue
        seen.add((step, done))
        by_step = dict(done)
        taken = frozenset().union(*(by_step[other] for other in apart.get(step, ())))
        free = teams[step] - taken
        if not free:
            found.add(step)
        for person, flow in product(free, net.outgoing(step)):
            now = {**by_step, step: by_step[step] | {person}}
            todo.append((flow.target, tuple(now.items()), left - 1))
    return found
