"""The token model, rule by rule (semantics §1): what each kind of step and event does to the tokens."""

from dataclasses import replace

import pytest

from processes import engine
from processes.engine import (
    Cancel,
    Chosen,
    Clock,
    JobDone,
    JobFailed,
    Net,
    NoBranch,
    SubEnded,
    UnknownOutcome,
    UnknownToken,
)
from processes.tests.sketches import TOGETHER, Case, sketch

# -- tasks and outcomes --------------------------------------------------------------------------------------


def test_begin_rests_at_the_first_waiting_step():
    case = Case("start>a a.ok>end")
    assert case.places == ["a"]
    assert [token.at for token in case.moves.entered] == ["a"]
    assert not case.moves.finished


def test_begin_can_be_over_at_once():
    case = Case("start>end")
    assert case.moves.finished
    assert case.moves.ends == ("end",)


def test_the_outcome_decides_which_step_comes_next():
    drawing = "start>a a.ok>b a.no>d b.ok>end d.ok>end"
    assert Case(drawing).choose("a.ok").places == ["b"]
    assert Case(drawing).choose("a.no").places == ["d"]


def test_several_transitions_of_one_outcome_split():
    case = Case("start>a a.ok>b a.ok>d a.no>end b.ok>end d.ok>end").choose("a")
    assert case.places == ["b", "d"]
    assert case.choose("b").places == ["d"]
    assert case.choose("d").moves.finished


def test_several_transitions_into_a_task_activate_it_once_per_token():
    case = Case("start>and1 and1>a and1>b a.ok>d b.ok>d d.ok>end").choose("a", "b")
    assert case.places == ["d", "d"]
    assert [token.visit for token in case.moves.marking.tokens] == [1, 2]


def test_moves_name_what_was_consumed_produced_and_passed():
    case = Case("start>a a.ok>xor1 xor1>b b.ok>end").choose("a")
    assert [token.at for token in case.moves.consumed] == ["a"]
    assert [token.at for token in case.moves.produced] == ["b"]
    assert case.moves.flows == ("a.ok>xor1", "xor1>b")


def test_visits_count_how_often_a_step_was_entered():
    case = Case("start>a a.ok>b b.back>a b.ok>end").choose("a", "b.back", "a", "b.back")
    assert case.moves.marking.token(5).visit == 3
    assert case.moves.marking.visits == {"a": 3, "b": 2}


def test_token_ids_are_never_used_again():
    case = Case("start>a a.ok>b b.back>a b.ok>end")
    seen = [case.moves.marking.tokens[0].id]
    for step in ("a", "b.back", "a", "b.back"):
        seen.append(case.choose(step).moves.marking.tokens[0].id)
    assert seen == [1, 2, 3, 4, 5]


# -- exclusive -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "place"),
    [({"big": True, "huge": True}, "b"), ({"huge": True}, "d"), ({"big": False}, "f"), ({}, "f")],
)
def test_exclusive_takes_the_first_condition_that_holds_else_the_default(data, place):
    case = Case("start>xor1 xor1>f* xor1>b?big xor1>d?huge b.ok>end d.ok>end f.ok>end", data)
    assert case.places == [place]


def test_exclusive_passes_every_arriving_token_on():
    case = Case("start>and1 and1>a and1>b a.ok>xor1 b.ok>xor1 xor1>d d.ok>end").choose("a", "b")
    assert case.places == ["d", "d"]


def test_exclusive_without_answer_raises():
    with pytest.raises(NoBranch):
        Case("start>xor1 xor1>a?big xor1>b?huge a.ok>end b.ok>end")


# -- parallel ------------------------------------------------------------------------------------------------


def test_parallel_join_waits_for_every_branch():
    case = Case(TOGETHER).choose("b")
    assert case.places == ["a", "flow:b.ok>and2"]
    assert case.moves.entered == ()
    case.choose("a")
    assert case.places == ["d"]
    assert [token.at for token in case.moves.consumed] == ["a", "flow:b.ok>and2"]
    assert case.choose("d").moves.finished


def test_parallel_join_takes_one_token_of_every_transition():
    case = Case("start>and1 and1>a and1>a2 and1>b a.ok>xor1 a2.ok>xor1 xor1>and2 b.ok>and2 and2>d d.ok>end")
    case.choose("a", "a2")
    assert case.places == ["b", "flow:xor1>and2", "flow:xor1>and2"]
    assert case.choose("b").places == ["flow:xor1>and2", "d"]


def test_parallel_gateway_joins_and_splits_at_once():
    case = Case("start>and1 and1>a and1>b a.ok>and2 b.ok>and2 and2>d and2>f d.ok>end f.ok>end")
    assert case.choose("a", "b").places == ["d", "f"]


# -- inclusive -----------------------------------------------------------------------------------------------

INCLUSIVE = "start>or1 or1>a?x or1>b?y or1>d* a.ok>or2 b.ok>or2 d.ok>or2 or2>f f.ok>end"


@pytest.mark.parametrize(
    ("data", "places"),
    [({"x": True, "y": True}, ["a", "b"]), ({"y": True}, ["b"]), ({}, ["d"])],
)
def test_inclusive_split_takes_every_condition_that_holds_else_the_default(data, places):
    assert Case(INCLUSIVE, data).places == places


def test_inclusive_join_waits_for_tokens_that_can_still_come_and_no_others():
    both = Case(INCLUSIVE, {"x": True, "y": True}).choose("a")
    assert both.places == ["b", "flow:a.ok>or2"]
    assert both.choose("b").places == ["f"]
    assert Case(INCLUSIVE, {"x": True}).choose("a").places == ["f"]


def test_inclusive_join_opens_when_the_other_branch_dies():
    drawing = "start>or1 or1>a?x or1>b?y a.ok>or2 b.ok>or2 b.no>end2 or2>f f.ok>end"
    case = Case(drawing, {"x": True, "y": True}).choose("a")
    assert case.choose("b.no").places == ["f"]
    assert case.moves.ends == ("end2",)


def test_inclusive_join_opens_when_the_other_branch_is_cancelled():
    case = Case(INCLUSIVE, {"x": True, "y": True}).choose("a")
    case.fire("b", Cancel())
    assert case.places == ["f"]
    assert [token.at for token in case.moves.cancelled] == ["b"]


def test_inclusive_join_opens_when_the_clock_leads_the_other_branch_away():
    drawing = "start>or1 or1>a?x or1>b?y a.ok>or2 b.ok>or2 b.@late>end2 or2>f f.ok>end"
    case = Case(drawing, {"x": True, "y": True}).choose("a")
    assert case.fire("b", Clock("@late")).places == ["f"]


def test_inclusive_join_waits_for_no_token_that_also_reaches_a_filled_transition():
    # What loops back in front of the split reaches both transitions of the join: it is the next round.
    drawing = (
        "start>and1 and1>g and1>xor1 g.ok>xor1 xor1>or1 or1>a?x or1>b?y a.ok>or2 b.ok>or2 or2>f f.ok>end"
    )
    case = Case(drawing, {"x": True}).choose("a")
    assert case.places == ["g", "f"]


def test_inclusive_joins_in_a_row_are_judged_to_a_fixpoint():
    drawing = "start>or1 or1>a?x or1>b?y or1>d?z a.ok>or2 b.ok>or2 or2>or3 d.ok>or3 or3>f f.ok>end"
    case = Case(drawing, {"x": True, "y": True, "z": True}).choose("d", "a")
    assert case.places == ["b", "flow:d.ok>or3", "flow:a.ok>or2"]
    assert case.choose("b").places == ["f"]


def test_inclusive_joins_that_wait_for_each_other_open_in_no_order():
    # Each can be reached from the other's empty side; BPMN leaves both waiting, the model check finds it.
    drawing = (
        "start>and1 and1>a and1>b a.ok>or1 b.ok>or2 "
        "or1>xor1 or2>xor2 xor1>or2?x xor1>end* xor2>or1?y xor2>end*"
    )
    case = Case(drawing).choose("a", "b")
    assert case.places == ["flow:a.ok>or1", "flow:b.ok>or2"]


@pytest.mark.parametrize(("positions", "entered"), [((1, 2), ["c"]), ((2, 1), ["d", "c"]), ((1, 1), ["c"])])
def test_of_inclusive_joins_that_could_open_the_lowest_does_first(positions, entered):
    # Both could open. From `or9` the case may come to the filled or to the empty side of `or2`; once `c` is
    # chosen, `or2` waits. Joins at the same position keep the order they are given in.
    drawn = sketch(
        "start>a a.ok>or9 a.ok>or2 or9>xor1 xor1>c?x xor1>a* a.no>or9 c.ok>or2 c.no>end or2>d d.ok>end"
    )
    order = dict(zip(("or9", "or2"), positions, strict=True))
    nodes = [replace(node, position=order.get(node.key, 0)) for node in drawn.nodes.values()]
    net = Net.build(nodes, drawn.flows.values())
    moves = engine.fire(net, engine.begin(net, {}).marking, 1, Chosen("ok"), {"x": True})
    assert [token.at for token in moves.entered] == entered


# -- cancel regions ------------------------------------------------------------------------------------------


def test_cancel_region_removes_tokens_at_steps_and_in_front_of_joins():
    drawing = f"{TOGETHER} start>g g.stop>end2"
    case = Case(drawing, cancels={"g.stop": "a b and2"}).choose("a", "g.stop")
    assert case.moves.finished
    assert sorted(token.at for token in case.moves.cancelled) == ["b", "flow:a.ok>and2"]
    assert [token.at for token in case.moves.consumed] == ["g"]


def test_cancel_region_leaves_what_is_outside():
    drawing = f"{TOGETHER} start>g g.stop>end2"
    case = Case(drawing, cancels={"g.stop": "a"}).choose("g.stop")
    assert case.places == ["b"]


def test_cancel_region_cancels_before_it_produces():
    case = Case("start>and1 and1>a and1>b a.ok>b b.ok>end", cancels={"a.ok": "b"}).choose("a")
    assert case.places == ["b"]
    assert [token.id for token in case.moves.cancelled] == [2]
    assert [token.id for token in case.moves.produced] == [3]


# -- clock, timer, action, subprocess ------------------------------------------------------------------------


def test_interrupting_clock_outcome_ends_the_activity():
    case = Case("start>a a.ok>end a.@late>b b.ok>end").fire("a", Clock("@late"))
    assert case.places == ["b"]
    assert [token.at for token in case.moves.consumed] == ["a"]


def test_non_interrupting_clock_outcome_gives_one_extra_token_once_per_visit():
    case = Case("start>a a.ok>end a.back>a a.~nag>b b.ok>end").fire("a", Clock("~nag"))
    assert case.places == ["a", "b"]
    case.fire("a", Clock("~nag"))
    assert case.places == ["a", "b"]
    assert case.moves.produced == case.moves.flows == ()
    case.choose("a.back").fire("a", Clock("~nag"))
    assert case.places == ["b", "a", "b"]


def test_non_interrupting_clock_outcome_may_cancel_its_own_step():
    case = Case("start>a a.ok>end a.~nag>b b.ok>end", cancels={"a.~nag": "a"}).fire("a", Clock("~nag"))
    assert case.places == ["b"]
    assert [token.at for token in case.moves.cancelled] == ["a"]
    assert case.moves.marking.sparked == frozenset()


@pytest.mark.parametrize("event", [Chosen("@late"), Clock("ok"), Chosen("unknown"), Clock("unknown")])
def test_nobody_chooses_the_clocks_outcomes_and_the_clock_none_of_a_person(event):
    with pytest.raises(UnknownOutcome):
        Case("start>a a.ok>end a.@late>b b.ok>end").fire("a", event)


def test_timer_and_action_go_on_when_done():
    case = Case("start>timer1 timer1>job1 job1>end")
    assert case.fire("timer1", JobDone()).places == ["job1"]
    assert case.fire("job1", JobDone()).moves.finished


def test_an_action_given_up_stays_where_it_is():
    case = Case("start>job1 job1>end").fire("job1", JobFailed())
    assert case.places == ["job1"]
    assert case.moves.consumed == case.moves.produced == ()


def test_an_action_given_up_takes_its_outcome_for_failure():
    assert Case("start>job1 job1>end job1.failed>a a.ok>end").fire("job1", JobFailed()).places == ["a"]


def test_a_subprocess_ends_with_an_outcome_or_just_goes_on():
    assert Case("start>sub1 sub1.ok>a sub1.no>b a.ok>end b.ok>end").fire("sub1", SubEnded("no")).places == [
        "b"
    ]
    assert Case("start>sub1 sub1>a a.ok>end").fire("sub1", SubEnded("anything")).places == ["a"]


@pytest.mark.parametrize(
    ("step", "event"),
    [
        ("a", JobDone()),
        ("a", JobFailed()),
        ("a", SubEnded("ok")),
        ("timer1", Chosen("ok")),
        ("timer1", JobFailed()),
        ("timer1", SubEnded("ok")),
        ("job1", Chosen("ok")),
        ("sub1", JobDone()),
        ("flow:b.ok>and2", JobDone()),
        ("flow:b.ok>and2", Chosen("ok")),
        ("flow:b.ok>and2", Clock("@late")),
    ],
)
def test_a_step_answers_only_the_events_it_waits_for(step, event):
    drawing = (
        "start>and1 and1>a and1>timer1 and1>job1 and1>sub1 and1>b a.ok>and2 b.ok>and2 and2>end "
        "timer1>end job1>end sub1>end"
    )
    with pytest.raises(UnknownToken):
        Case(drawing).choose("b").fire(step, event)


# -- ends ----------------------------------------------------------------------------------------------------


def test_a_plain_end_takes_only_its_own_token():
    case = Case("start>and1 and1>a and1>b a.ok>end1 b.ok>end2").choose("b")
    assert (case.moves.ends, case.moves.finished) == (("end2",), False)
    case.choose("a")
    assert (case.moves.ends, case.moves.finished) == (("end1",), True)


def test_the_result_is_the_first_end_reached():
    case = Case("start>and1 and1>a and1>b a.ok>end1 b.ok>end2").choose("b", "a")
    assert case.moves.marking.first_end == "end2"


def test_terminate_takes_everything_away_even_what_the_same_move_began():
    case = Case("start>a start>b a.ok>d a.ok>kill1 b.ok>end d.ok>end").choose("a")
    assert case.moves.finished
    assert case.moves.ends == ("kill1",)
    assert [token.at for token in case.moves.consumed] == ["a"]
    assert [token.at for token in case.moves.cancelled] == ["b"]
    assert case.moves.produced == ()


def test_cancel_all_leaves_no_token_and_goes_on_counting():
    case = Case(TOGETHER)
    moves = engine.cancel_all(case.moves.marking)
    assert moves.finished
    assert [token.at for token in moves.cancelled] == ["a", "b"]
    assert moves.marking.next_id == case.moves.marking.next_id
