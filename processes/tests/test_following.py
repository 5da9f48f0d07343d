"""Conditions that are followed: what was answered once is answered alike until a step can have changed it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processes.checking import checks, following, structure
from processes.checking.soundness import MOST_MARKINGS, check, explore
from processes.comparisons import Condition
from processes.engine import Net
from processes.tests.proofs import assert_shown
from processes.tests.sketches import sketch

MONEY = {"field": "amount", "type": "money"}
GE = Condition(operator="ge", value={"amount": "5000", "currency": "EUR"}, **MONEY)
LT = Condition(operator="lt", value={"amount": "5000.00", "currency": "EUR"}, **MONEY)
HIGH = Condition(operator="ge", value={"amount": "9000", "currency": "EUR"}, **MONEY)


def asking(drawing: str, conditions: dict[str, Condition], writes: dict[str, str]) -> Net:
    """The net of a drawing with other conditions (by the letter drawn) and the fields steps write."""
    net = sketch(drawing)
    flows = [
        replace(flow, conditions=tuple(conditions.get(one.field, one) for one in flow.conditions))
        for flow in net.flows.values()
    ]
    nodes = [replace(node, writes=frozenset(writes.get(node.key, "").split())) for node in net.nodes.values()]
    return Net.build(nodes, flows)


# If x, b is done beside a; the gateway behind a leads to a join with b under condition y.
TWICE = (
    "start>xor1 xor1>and1?x xor1>a2* a2.ok>end and1>a and1>b"
    " a.ok>xor2 xor2>and2?y xor2>end* b.ok>and2 and2>end"
)


def codes(net: Net) -> list[tuple[str, str]]:
    assert structure.check(net) == ()
    verdict = explore(net)
    for defect in verdict.defects:
        assert_shown(net, defect, is_followed=True)
    return [(one.code, one.step) for one in verdict.defects]


def test_two_gateways_that_ask_the_same_are_answered_alike():
    assert codes(asking(TWICE, {"x": GE, "y": GE}, {"start": "amount"})) == []
    assert codes(asking(TWICE, {"x": GE, "y": GE}, {})) == [("work_left_over", "and2")]


def test_a_step_in_between_that_can_write_the_field_makes_the_answer_free():
    written = asking(TWICE, {"x": GE, "y": GE}, {"start": "amount", "b": "amount"})
    assert codes(written) == [("work_left_over", "and2")]
    elsewhere = asking(TWICE, {"x": GE, "y": GE}, {"start": "amount", "a2": "amount"})
    assert codes(elsewhere) == []


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (HIGH, GE, []),
        (GE, HIGH, [("work_left_over", "and2")]),
        (GE, LT, [("work_left_over", "and2")]),
        (Condition("u", "is_true", type="yesno"), Condition("u", "is_not_empty", type="yesno"), []),
        (Condition("u", "eq", "a", "choice"), Condition("u", "ne", "b", "choice"), []),
        (Condition("u", "ge", "2026-05-01", "date"), Condition("u", "gt", "2026-04-30", "date"), []),
        (Condition("u", "contains", "a"), Condition("u", "contains", "a"), [("work_left_over", "and2")]),
    ],
)
def test_what_one_answer_says_about_another(first, second, found):
    """At `and2` work is left over if the second can be no although the first was yes; complements never both
    hold, so that then nothing comes to the join at all."""
    net = asking(TWICE, {"x": first, "y": second}, {"start": "amount u"})
    if second is LT:
        found = [("join_cannot_complete", "and2")]
    assert codes(net) == found


def test_a_way_behind_conditions_that_leave_nothing_over_is_never_reached():
    drawing = "start>xor1 xor1>a?x xor1>b?y xor1>c* a.ok>end b.ok>end c.ok>end"
    net = asking(drawing, {"x": GE, "y": HIGH}, {"start": "amount"})
    assert codes(net) == [("step_never_reached", "b")]
    assert codes(asking(drawing, {"x": HIGH, "y": GE}, {"start": "amount"})) == []


def test_a_loop_whose_condition_nothing_can_change_goes_on_for_ever():
    drawing = "start>xor1 xor1>a?x xor1>b* b.ok>end a.ok>xor2 xor2>a?y xor2>end*"
    assert codes(asking(drawing, {"x": GE, "y": GE}, {"start": "amount"})) == [("livelock", "a")]
    assert codes(asking(drawing, {"x": GE, "y": GE}, {"start": "amount", "a": "amount"})) == []


def test_who_waits_at_a_join_can_write_nothing():
    """Only steps at work write, so the loop is never left, however many tokens wait at its join."""
    drawing = (
        "start>xor1 xor1>xor3?x xor1>end* xor3>and1 and1>a and1>b "
        "a.ok>and2 b.ok>and2 and2>xor2 xor2>xor3?y xor2>end*"
    )
    assert codes(asking(drawing, {"x": GE, "y": GE}, {"start": "amount", "and2": "amount"})) == [
        ("livelock", "a")
    ]
    assert codes(asking(drawing, {"x": GE, "y": GE}, {"start": "amount", "b": "amount"})) == []


@pytest.mark.parametrize("value", ["no number", {"currency": "EUR"}, ["1"], None, "NaN", "9999-12-31"])
@pytest.mark.parametrize("type_", ["number", "money", "date", "choice", "text"])
def test_values_that_compare_with_nothing_do_no_harm(value, type_):
    strange = Condition("amount", "ge" if type_ in ("number", "money", "date") else "eq", value, type_)
    net = asking(TWICE, {"x": strange, "y": strange}, {"start": "amount"})
    assert {one.code for one in check(net).defects} <= {"step_never_reached", "join_cannot_complete"}


def test_many_questions_one_after_another_stay_few():
    """What no token can ask for any more is forgotten."""
    words, last = [], "start"
    for number in range(12):
        first, second, a, b = (f"{name}{number}" for name in ("xor1-", "xor2-", "a", "b"))
        words += [f"{last}>{first}", f"{first}>{a}?f{number}", f"{first}>{second}*", f"{a}.ok>{second}"]
        words += [f"{second}>{b}?f{number}", f"{second}>m{number}*", f"{b}.ok>m{number}"]
        last = f"m{number}.ok"
    net = asking(" ".join([*words, f"{last}>end"]), {}, {"start": " ".join(f"f{n}" for n in range(12))})
    verdict = explore(net)
    assert verdict.is_sound
    assert verdict.markings < 100


def test_what_is_remembered_of_a_net_keeps_what_can_be_followed():
    """A draft's page asks again and again; two drafts that differ in a followed value are told apart."""
    for second, found in ((GE, []), (HIGH, ["work_left_over"])):
        net = asking(TWICE, {"x": GE, "y": second}, {"start": "amount"})
        written = following.written_fields(net)
        asked = tuple(checks._remembered(flow, written) for flow in net.flows.values())
        defects = checks._defects(tuple(net.nodes.values()), asked, MOST_MARKINGS)
        assert [one.code for one in defects] == found
