"""WCP 5, simple merge: ways of which only one is ever taken lead on to the same step without waiting."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, task
from processes.tests.patterns.trials import Trial, faults, published

pytestmark = pytest.mark.django_db

REPLY = (node("merge", "exclusive"), task("reply"), node("end", "end"))
TAIL = ("phone.done>merge", "letter.done>merge", "merge>reply", "reply.done>end")


@pytest.mark.parametrize("channel", ["phone", "letter"])
def test_either_way_leads_on_at_once(channel):
    plan = Blueprint(
        steps=(
            node("start", "start"),
            task("sort", outcomes="phone letter"),
            task("phone"),
            task("letter"),
            *REPLY,
        ),
        flows=flows("start>sort", "sort.phone>phone", "sort.letter>letter", *TAIL),
    )
    case = Trial(plan).do(f"sort.{channel}", channel)
    assert faults(case.version) == []
    assert case.open == ["reply"]
    case.do("reply")
    assert case.times("reply") == 1
    assert case.result == "End"


def test_ways_that_are_both_taken_are_refused_there():
    plan = Blueprint(
        steps=(node("start", "start"), node("fork", "parallel"), task("phone"), task("letter"), *REPLY),
        flows=flows("start>fork", "fork>phone", "fork>letter", *TAIL),
    )
    assert faults(published(plan)) == ["two_tokens_on_transition"]
