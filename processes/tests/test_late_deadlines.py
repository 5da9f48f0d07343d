"""A deadline that comes after the clock has ended the task is told."""

from dataclasses import replace
from typing import Any

import pytest

from processes.blueprint import Blueprint, DeadlinePlan
from processes.checking.checks import problems_of
from processes.tests.builders import clock, flows, node, task


def found(after: dict[str, Any], **fields: Any) -> list[str]:
    """The hints on a task the clock ends after this time."""
    offer = task("offer", **fields)
    interrupting = after.pop("interrupting", True)
    offer = replace(offer, outcomes=(*offer.outcomes, clock("silence", interrupting=interrupting, **after)))
    steps = (node("start", "start"), offer, node("end", "end"), node("lost", "end"))
    plan = Blueprint(steps=steps, flows=flows("start>offer", "offer.done>end", "offer.silence>lost"))
    problems = problems_of(plan, number_pattern="A-{n:05}")
    return [str(one.message) for one in problems if one.code == "deadline_after_clock"]


def rule(offset: str, **fields: Any) -> dict[str, Any]:
    return {"deadlines": (DeadlinePlan(offset=offset, **fields),)}


@pytest.mark.parametrize(
    ("after", "fields"),
    [
        ({"offset": "5d"}, {"deadline": "7d"}),
        ({"offset": "5d"}, rule("7d")),
        ({"offset": "6cd"}, rule("1w")),
        ({"offset": "90min"}, rule("2h")),
        ({"offset": "11m"}, rule("1y")),
        ({"basis": "case", "offset": "5d"}, rule("6d", basis="case")),
    ],
)
def test_a_deadline_behind_the_clock_is_told(after, fields):
    (said,) = found(after, **fields)
    assert "Offer" in said and "Silence" in said


@pytest.mark.parametrize(
    ("after", "fields"),
    [
        ({"offset": "5d"}, {"deadline": "5d"}),
        ({"offset": "5d"}, rule("3d")),
        ({"offset": "5d"}, rule("6cd")),
        ({"offset": "5d"}, rule("6d", basis="case")),
        ({"offset": "5d"}, rule("7d", kind="reaction")),
        ({"offset": "5d", "interrupting": False}, {"deadline": "7d"}),
        ({"offset": "5d"}, {"deadline": "soon"}),
        ({"offset": "5d"}, {}),
    ],
)
def test_nothing_is_told_where_it_can_be_reached_or_cannot_be_compared(after, fields):
    assert found(dict(after), **fields) == []
