"""WCP 10, arbitrary cycles: loops with several ways in and out that are nested in nothing."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

PLAN = Blueprint(
    steps=(
        node("start", "start"),
        task("intake", outcomes="draft review"),
        task("draft"),
        task("review", outcomes="draft legal drop"),
        task("legal", outcomes="draft review sign"),
        task("sign", outcomes="done legal"),
        node("signed", "end"),
        node("dropped", "end"),
    ),
    flows=flows(
        "start>intake",
        "intake.draft>draft",
        "intake.review>review",
        "draft.done>review",
        "review.draft>draft",
        "review.legal>legal",
        "review.drop>dropped",
        "legal.draft>draft",
        "legal.review>review",
        "legal.sign>sign",
        "sign.done>signed",
        "sign.legal>legal",
    ),
)


@pytest.mark.parametrize(
    ("walk", "result"),
    [
        ("intake.review review.drop", "Dropped"),
        ("intake.draft draft review.legal legal.sign sign", "Signed"),
        ("intake.review review.draft draft review.legal legal.review review.legal legal.sign sign", "Signed"),
        (
            "intake.draft draft review.legal legal.sign sign.legal legal.draft draft review.draft draft"
            " review.legal legal.sign sign.legal legal.review review.drop",
            "Dropped",
        ),
    ],
)
def test_every_way_through_the_loops_ends(walk, result):
    case = Trial(PLAN)
    assert faults(case.version) == []
    for words in walk.split():
        assert case.open == [words.partition(".")[0]]
        case.do(words)
    assert case.open == []
    assert case.result == result
