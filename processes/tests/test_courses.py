"""A finding in one sentence, and apart from it how it comes to that."""

from __future__ import annotations

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from processes.blueprint import Blueprint
from processes.checking import checks, courses
from processes.checking.findings import Problem
from processes.tests.builders import flows, node, task

STUCK = Blueprint(
    steps=(
        node("start", "start"),
        task("ask", outcomes="more enough"),
        node("split", "parallel"),
        task("left", outcomes="fine refused"),
        task("right"),
        node("join", "parallel"),
        node("end", "end"),
    ),
    flows=flows(
        "start>ask",
        "ask.more>ask",
        "ask.enough>split",
        "split>left",
        "split>right",
        "left.fine>join",
        "left.refused>end",
        "right.done>join",
        "join>end",
    ),
)


def found() -> Problem:
    return next(one for one in checks.problems_of(STUCK, number_pattern="{seq}") if one.course)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([], []),
        (["a", "b", "c"], ["a", "b", "c"]),
        (["a", "a", "a", "b"], ["a (3 times in a row)", "b"]),
        (["x", "a", "b", "a", "b", "y"], ["x", "a, b (2 times in a row)", "y"]),
        (["a", "b", "a"], ["a", "b", "a"]),
    ],
)
def test_what_repeats_itself_is_told_once(parts, told):
    with translation.override("en"):
        assert courses.shortened(parts) == told


@given(st.lists(st.sampled_from("abc"), max_size=24))
def test_nothing_is_left_out(parts):
    with translation.override("en"):
        told = courses.shortened(parts)
    again = []
    for one in told:
        piece, _bracket, times = one.partition(" (")
        again += piece.split(", ") * int(times.split()[0] if times else 1)
    assert again == parts


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_sentence_stands_without_its_example(language):
    with translation.override(language):
        problem = found()
        text = str(problem.message)
        assert text.startswith(problem.sentence)
        assert problem.sentence.endswith(".")
        assert ", ".join(problem.course) in text
        assert problem.course[0] not in problem.sentence


def test_a_finding_without_a_run_has_no_course():
    found = checks.problems_of(Blueprint(), number_pattern="{seq}")
    (problem,) = [one for one in found if one.code == "no_end"]
    assert problem.course == []
    assert problem.sentence == str(problem.message)
