"""Faults of a graph that are seen without running it."""

import pytest
from hypothesis import given

from processes.checking.structure import Finding, check
from processes.engine import Flow, Kind, Net, Node, Outcome
from processes.tests.sketches import TOGETHER, sketch
from processes.tests.test_engine_properties import BLOCKS, build


@pytest.mark.parametrize(
    ("drawing", "findings"),
    [
        (TOGETHER, []),
        ("start>a a.ok>end a.back>a", []),
        ("start>xor1 xor1>end", []),
        ("a.ok>end", [("no_start", ""), ("unreachable", "a"), ("unreachable", "end")]),
        ("start>end start2>end", [("second_start", "start2")]),
        ("start>a a.ok>start a.no>end", [("start_entered", "start")]),
        ("start>a a.ok>a", [("no_end", "")]),
        ("start>end b.ok>end", [("unreachable", "b")]),
        ("start>a a.ok>b a.no>end b.ok>b", [("no_way_to_an_end", "b")]),
        ("start>a a.ok>end end>a", [("end_goes_on", "end")]),
        ("start>a a>end", [("way_without_outcome", "a")]),
        ("start>a a.ok>end?big", [("condition_ignored", "a")]),
        ("start>and1 and1>a?big a.ok>end", [("condition_ignored", "and1")]),
        ("start>xor1 xor1>a?big xor1>end?small a.ok>end", [("no_default", "xor1")]),
        ("start>xor1 xor1>end?big", [("no_default", "xor1")]),
        ("start>or1 or1>a?big or1>end?small a.ok>end", [("no_default", "or1")]),
        ("start>or1 or1>a?big or1>end* a.ok>end", []),
        (
            "start>xor1 xor1>xor2 xor2>xor1?again xor2>end*",
            [("endless", "xor1"), ("endless", "xor2")],
        ),
        ("start>a a.ok>xor1 a.no>end", [("no_way_to_an_end", "xor1"), ("no_way_on", "xor1")]),
    ],
)
def test_check_finds_each_fault_where_it_is(drawing, findings):
    assert [(found.code, found.step) for found in check(sketch(drawing))] == findings


def test_check_finds_an_outcome_without_target():
    nodes = [
        Node("start", Kind.START),
        Node("a", Kind.TASK, (Outcome("ok"), Outcome("no"))),
        Node("end", Kind.END),
    ]
    net = Net.build(nodes, [Flow("1", "start", "a"), Flow("2", "a", "end", "ok")])
    assert check(net) == (Finding("outcome_without_target", "a", "no"),)


@given(BLOCKS)
def test_check_finds_nothing_in_nets_of_blocks(tree):
    assert {found.code for found in check(build(tree))} <= {"no_default"}
