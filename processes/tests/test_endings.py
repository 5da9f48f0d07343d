"""How many ends a run reaches: exactly one for a process that may be called."""

from __future__ import annotations

import pytest

from processes.checking.endings import Endings, ends_per_run
from processes.tests.sketches import sketch


@pytest.mark.parametrize(
    ("drawing", "found"),
    [
        ("start>a a.ok>end a.no>end2", "one"),
        ("start>xor1 xor1>a?x xor1>end2* a.ok>end", "one"),
        ("start>and1 and1>a and1>b a.ok>end b.ok>end2", "several"),
        ("start>and1 and1>a and1>b a.ok>and2 b.ok>and2 and2>end", "one"),
        ("start>a a.ok>b a.ok>c b.ok>end c.ok>end", "several"),
        ("start>or1 or1>a?x or1>b* a.ok>end b.ok>end2", "one"),
        ("start>or1 or1>a?x or1>b?y or1>c* a.ok>end b.ok>end c.ok>end", "several"),
        ("start>a a.ok>end a.@late>end2", "one"),
        ("start>a a.ok>end a.~nag>b b.ok>end2", "several"),
        ("start>sub1 sub1>end", "one"),
        ("start>job1 job1>a job1.failed>b a.ok>end b.ok>end2", "one"),
        ("start>and1 and1>timer1 and1>b timer1>end b.ok>kill", "several"),
        ("start>and1 and1>a and1>b a.ok>kill b.ok>kill", "one"),
    ],
)
def test_ends_are_counted_over_every_run(drawing: str, found: str):
    assert ends_per_run(sketch(drawing)) == found


def test_a_cancelled_branch_reaches_no_end():
    drawing = "start>and1 and1>a and1>b a.ok>end b.ok>a2 a2.ok>end2"
    assert ends_per_run(sketch(drawing)) is Endings.SEVERAL
    stopped = sketch("start>a a.~nag>b a.ok>end b.ok>and2 and2>end2", cancels={"a.ok": "b and2", "b.ok": "a"})
    assert ends_per_run(stopped) is Endings.ONE


def test_the_question_stays_open_where_too_much_is_possible():
    words = ["start>and1"]
    for branch in "abcdefg":
        words += [
            f"and1>{branch}1",
            f"{branch}1.ok>{branch}2",
            f"{branch}2.ok>and2",
            f"{branch}2.no>{branch}1",
        ]
    net = sketch(" ".join([*words, "and2>end"]))
    assert ends_per_run(net, most_markings=50) is Endings.UNDECIDED
    assert ends_per_run(net) is Endings.ONE
