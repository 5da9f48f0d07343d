"""Pictures of drafts however wrong, of what is wrong with them, of two versions compared, and the file."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from processes import blueprint, pictures
from processes.blueprint import Blueprint, ConditionPlan, FlowPlan, OutcomePlan, StepPlan
from processes.checking import checks
from processes.diagram.model import Mark, Shape
from processes.nets import compile_version
from processes.outlines import outline_of, outline_of_version
from processes.pictures import Marks, comparison, marks_of, picture_of
from processes.tests.builders import (
    by_amount,
    clock,
    complaint,
    flows,
    make_team,
    make_version,
    node,
    parallel,
    task,
)

pytestmark = pytest.mark.django_db


def boxes(picture):
    return {box.key: box for box in picture.boxes}


def ways(picture):
    return {(one.source, one.target, one.label): one for one in picture.arrows}


def problems(plan):
    return checks.problems_of(plan, number_pattern="V-{seq}")


def test_a_picture_names_steps_teams_outcomes_and_conditions():
    make_team("service", name="Kundenservice")
    with translation.override("de"):
        picture = picture_of(by_amount(), Marks())
    shown = boxes(picture)
    assert (shown["board"].label, shown["board"].sub) == ("Board", "Kundenservice")
    assert shown["gate"].sub == "Je nach Angaben"
    assert ("gate", "board", "Betrag ≥ 5.000,00\u00a0€") in ways(picture)
    assert ("gate", "clerk", "sonst") in ways(picture)
    assert ("board", "end", "Done") in ways(picture)


def test_an_outcome_with_several_next_steps_gets_a_bar():
    plan = Blueprint(
        steps=(node("start", "start"), task("a"), task("b"), task("c"), node("end", "end")),
        flows=flows("start>a", "a.done>b", "a.done>c", "b.done>end", "c.done>end"),
    )
    picture = picture_of(plan, Marks())
    assert boxes(picture)["split:a.done"].shape is Shape.PARALLEL
    assert {("a", "split:a.done", "Done"), ("split:a.done", "b", ""), ("split:a.done", "c", "")} < set(
        ways(picture)
    )


def test_what_leads_nowhere_is_shown():
    plan = Blueprint(
        steps=(
            node("one", "start"),
            node("two", "start"),
            task("a", outcomes="ok no"),
            node("gate", "exclusive"),
        ),
        flows=flows("one>a", "a.ok>gone", "two>gate", "unknown>a"),
    )
    picture = picture_of(plan, Marks())
    lost = [one for one in picture.arrows if boxes(picture)[one.target].shape is Shape.NOWHERE]
    assert [(one.source, one.label) for one in lost] == [("a", "Ok"), ("a", "No"), ("gate", "")]
    assert all(boxes(picture)[one.target].mark is Mark.FAULT for one in lost)
    ElementTree.fromstring(pictures.svg(pictures.picture_of(plan, Marks())))


KINDS = st.sampled_from([shape.value for shape in Shape] + ["unheard-of"])
KEYS = st.sampled_from(["a", "b", "c", "d", "gone"])


@st.composite
def wrong_drafts(draw):
    """Steps with doubled keys and odd kinds, ways from and to anywhere, conditions that fit nothing."""
    outcome = st.builds(OutcomePlan, st.sampled_from(["x", "y"]), st.text(max_size=5))
    step = st.builds(
        StepPlan, KEYS, KINDS, st.text(max_size=8), outcomes=st.lists(outcome, max_size=2).map(tuple)
    )
    test = st.builds(
        ConditionPlan, st.sampled_from(["amount", "?"]), st.sampled_from(["eq", "ge", "is_true", "odd"]),
        st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just({"amount": "x"})),
    )  # fmt: skip
    way = st.builds(
        FlowPlan,
        KEYS,
        KEYS,
        st.sampled_from(["", "x", "y"]),
        st.booleans(),
        st.lists(test, max_size=2).map(tuple),
    )
    return replace(
        by_amount(),
        steps=tuple(draw(st.lists(step, max_size=8))),
        flows=tuple(draw(st.lists(way, max_size=12))),
    )


@settings(max_examples=60)
@given(wrong_drafts(), st.sampled_from(["de", "en"]))
def test_any_draft_can_be_drawn(plan, language):
    with translation.override(language):
        ElementTree.fromstring(pictures.svg(pictures.picture_of(plan, Marks({"a": "<Fehler>"}))))


def test_faults_and_the_run_that_shows_one_are_pointed_out():
    """One of two ways that both must arrive can end early: the join waits for ever."""
    plan = parallel()
    steps = tuple(
        replace(one, outcomes=(*one.outcomes, OutcomePlan("stop", "Stop"))) if one.key == "left" else one
        for one in plan.steps
    )
    plan = replace(plan, steps=steps, flows=(*plan.flows, *flows("left.stop>end")))
    marks = marks_of(plan, problems(plan))
    picture = picture_of(plan, marks)
    assert set(marks.faults) == {"join"}
    marked = {key for key, one in ways(picture).items() if one.mark is Mark.EXAMPLE}
    assert marked == {
        ("start", "split", ""), ("split", "left", ""), ("split", "right", ""),
        ("left", "end", "Stop"), ("right", "join", "Done"),
    }  # fmt: skip
    shown = boxes(picture)
    assert (shown["join"].mark, shown["left"].mark, shown["pay"].mark) == (
        Mark.FAULT,
        Mark.EXAMPLE,
        Mark.NONE,
    )
    assert shown["join"].note == str(problems(plan)[0].message)


def test_a_run_that_fails_at_its_last_step_is_shown_up_to_there():
    condition = (ConditionPlan("amount", "ge", "1"),)
    plan = replace(by_amount(), flows=tuple(
        replace(one, is_default=False, conditions=condition) if one.target == "clerk" else one
        for one in by_amount().flows
    ))  # fmt: skip
    assert picture_of(plan, marks_of(plan, problems(plan)))


def test_a_comparison_shows_what_came_what_changed_and_what_is_gone():
    old = complaint()
    steps = [replace(one, deadline="3d") if one.key == "check" else one for one in old.steps]
    new = replace(
        old,
        steps=(*(one for one in steps if one.key != "approve"), task("pay")),
        flows=(*(one for one in old.flows if "approve" not in (one.source, one.target)),
               *flows("check.ok>pay", "pay.done>end")),
    )  # fmt: skip
    picture = comparison(old, new)
    marks = {key: box.mark for key, box in boxes(picture).items()}
    assert marks == {
        "start": Mark.NONE, "capture": Mark.NONE, "check": Mark.CHANGED, "approve": Mark.REMOVED,
        "end": Mark.NONE, "pay": Mark.ADDED,
    }  # fmt: skip
    assert [box.key for box in picture.boxes].index("approve") == 3
    shown = {key: one.mark for key, one in ways(picture).items()}
    assert shown["check", "pay", "Ok"] is Mark.ADDED
    assert shown["check", "approve", "Ok"] is Mark.REMOVED
    assert shown["capture", "check", "Complete"] is Mark.NONE


def test_a_version_compared_with_itself_shows_nothing():
    picture = comparison(complaint(), complaint())
    assert {one.mark for one in (*picture.boxes, *picture.arrows)} == {Mark.NONE}


@pytest.mark.parametrize("plan", [complaint(), parallel(), by_amount()])
def test_a_version_looks_the_same_as_its_blueprint(plan):
    version = make_version(plan)
    compiled, read = outline_of_version(compile_version(version)), outline_of(blueprint.read(version))
    assert compiled.boxes == read.boxes
    assert [replace(one, id="") for one in compiled.ways] == [replace(one, id="") for one in read.ways]


def exported(*words, **options):
    out = StringIO()
    call_command("export_process", *words, format="svg", stdout=out, **options)
    return out.getvalue()


def test_the_file_is_self_contained():
    version = make_version(complaint())
    svg = exported("complaint")
    root = ElementTree.fromstring(svg)
    style = root.find("{http://www.w3.org/2000/svg}style").text
    assert "var(" not in style and "light-dark" not in style and "#1a1e21" in style
    assert style.count("{") == style.count("}")
    assert root.find("{http://www.w3.org/2000/svg}title").text == str(version)
    assert ">Capture<" in svg and "href" not in svg


def test_the_file_is_of_the_version_wished():
    first = make_version(complaint())
    make_version(replace(complaint(), steps=(*complaint().steps, task("extra"))), first.definition)
    assert "Extra" in exported("complaint") and "Extra" not in exported("complaint", number=1)
    with pytest.raises(CommandError):
        exported("complaint", number=3)


def test_an_outcome_of_the_clock_is_told_from_those_of_a_person():
    plan = clocked()
    version = make_version(plan)
    for outline in (outline_of(plan), outline_of_version(compile_version(version))):
        clocks = {way.outcome: bool(way.clock) for way in outline.ways if way.source == "offer"}
        assert clocks == {"done": False, "silence": True}


def clocked() -> Blueprint:
    """An offer that is taken, or not before the clock is tired of waiting."""
    offer = task("offer")
    offer = replace(offer, outcomes=(*offer.outcomes, clock("silence", offset="5d")))
    steps = (node("start", "start"), offer, node("end", "end"), node("lost", "end"))
    return Blueprint(steps=steps, flows=flows("start>offer", "offer.done>end", "offer.silence>lost"))
