"""Outcomes that stop another branch, and what this has sent to the join already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from processes import engine, publishing
from processes.blueprint import Blueprint
from processes.checking.checks import net_of
from processes.engine import Chosen, Moves, Net
from processes.tests.builders import make_definition, stopping
from processes.tests.draft_page import as_admin, opened
from processes.tests.test_repairs import FACTS, drawn, is_left, repaired

QUOTING = ("start>split", "split>study", "split>count", "study.no>refuse", "offer.ok>end")
"""The study finds what is asked for feasible or not; the costs are counted meanwhile."""


def quoting(*meeting: str, end: str = "end", **kinds: str) -> Blueprint:
    """QUOTING with the ways to the offer; what is not feasible stops the counting and leads to this end."""
    plan = drawn(*QUOTING, *meeting, f"refuse.ok>{end}", split="parallel", **{end: "end"}, **kinds)
    steps = (stopping(one, no="count") if one.key == "study" else one for one in plan.steps)
    return replace(plan, steps=tuple(steps))


JOINED = ("study.ok>join", "count.ok>join", "join>offer")


def stopped(plan: Blueprint, step: str = "study", outcome: str = "no") -> set[str]:
    found = next(one for one in plan.steps if one.key == step)
    return set(next(one.cancels for one in found.outcomes if one.key == outcome))


def ends_reached(plan: Blueprint) -> set[int]:
    """How many ends each of all runs of a process without circles comes to."""
    net = net_of(plan)
    return set(_counted(net, engine.begin(net, {}), 0))


def _counted(net: Net, moves: Moves, before: int) -> Iterator[int]:
    reached = before + len(moves.ends)
    if moves.finished:
        yield reached
    for token in (one for one in moves.marking.tokens if one.at in net.nodes):
        for outcome in net.nodes[token.at].outcomes:
            after = engine.fire(net, moves.marking, token.id, Chosen(outcome.key), {})
            yield from _counted(net, after, reached)


@pytest.mark.parametrize("end", ["end", "refused"])
def test_waiting_at_a_join_ends_with_the_outcome_that_stops_a_branch(end: str):
    plan = quoting(*JOINED, end=end, join="exclusive")
    label, mended = repaired(plan, "two_tokens_on_transition", "offer")
    assert stopped(mended) == {"count", "join"}
    assert "No" in label
    assert ends_reached(mended) == {1}


def test_an_outcome_that_goes_on_to_the_join_does_not_stop_what_waits_there():
    plan = quoting(*JOINED, "study.blind>join", join="exclusive")
    plan = replace(
        plan, steps=tuple(stopping(one, blind="count") if one.key == "study" else one for one in plan.steps)
    )
    _label, mended = repaired(plan, "two_tokens_on_transition", "offer")
    assert stopped(mended, outcome="blind") == {"count"}


def test_what_an_outcome_forgets_to_stop_is_offered_where_an_end_is_reached_twice():
    plan = quoting(*JOINED, join="inclusive")
    assert ends_reached(plan) == {1, 2}
    label, mended = repaired(plan, "end_reached_twice", "end")
    assert stopped(mended) == {"count", "join"}
    assert "No" in label and "Offer" in label
    assert ends_reached(mended) == {1}


def test_where_a_case_has_several_ends_the_forgotten_stop_is_offered_as_well():
    plan = quoting(*JOINED, "offer.lost>lost", join="inclusive", lost="end")
    assert stopped(repaired(plan, "end_reached_twice", "end")[1]) == {"count", "join"}


def test_of_two_outcomes_that_forget_a_stop_none_is_guessed():
    plan = quoting(*JOINED, "study.late>refuse", "offer.lost>lost", join="inclusive", lost="end")
    steps = (stopping(one, late="count") if one.key == "study" else one for one in plan.steps)
    assert is_left(replace(plan, steps=tuple(steps)), "end_reached_twice", "end")


def test_a_join_that_a_repair_adds_is_stopped_as_well():
    ways = ("study.ok>offer", "count.ok>offer", "offer.ok>wait", "wait.again>offer", "wait.won>end")
    plan = drawn(*QUOTING[:4], *ways, "refuse.ok>end", split="parallel")
    plan = replace(
        plan, steps=tuple(stopping(one, no="count") if one.key == "study" else one for one in plan.steps)
    )
    _label, mended = repaired(plan, "two_tokens_on_transition", "wait")
    (join,) = {one.source for one in mended.flows if one.target == "offer"}
    assert stopped(mended) == {"count", join}


@pytest.mark.django_db
def test_the_editing_page_keeps_the_stop_that_its_button_adds():
    version = publishing.draft_from(quoting(*JOINED, join="inclusive"), make_definition("probe"), by=None)
    page = opened(as_admin("Pia"), version)
    page.press("repair:end_reached_twice:end")
    assert page.typed[f"{page.row('study')}-o1-cancels"] == [page.row("count"), f"wait:{page.row('offer')}"]
    assert "repair:end_reached_twice:end" not in page.html


@pytest.mark.django_db
def test_findings_of_a_kind_that_one_repair_mends_are_shown_as_one():
    plan = drawn(
        *("start>split", "split>a", "split>b", "split>c", "split>d", "a.ok>merge", "b.ok>merge"),
        *("merge>again", "again>e", "again>f", "e.ok>one", "c.ok>one", "f.ok>two", "d.ok>two"),
        *("one>both", "two>both", "both>g", "g.ok>end"),
        merge="exclusive",
        **dict.fromkeys(("split", "again", "one", "two", "both"), "parallel"),
    )
    doubled = [one.step for one in FACTS.problems(plan) if one.code == "two_tokens_on_transition"]
    assert len(doubled) > 1
    page = opened(as_admin("Pia"), publishing.draft_from(plan, make_definition("probe"), by=None))
    assert page.html.count('value="repair:two_tokens_on_transition:') == 1
    assert page.html.count("ed-course-two_tokens_on_transition-") == 1
