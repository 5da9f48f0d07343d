"""WCP 29, cancelling discriminator: the branch that is first leads on and stops all others."""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, stopping, task, wait
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

PHONE, LETTER, VISIT = "phone", "letter post answer", "visit"
PLAN = Blueprint(
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        stopping(task("phone"), done=f"{LETTER} {VISIT}"),
        task("letter"),
        wait("post", offset="2d"),
        stopping(task("answer"), done=f"{PHONE} {VISIT}"),
        stopping(task("visit"), done=f"{PHONE} {LETTER}"),
        task("register"),
        node("end", "end"),
    ),
    flows=flows(
        "start>fork",
        "fork>phone",
        "fork>letter",
        "fork>visit",
        "letter.done>post",
        "post>answer",
        *(f"{one}.done>register" for one in ("phone", "answer", "visit")),
        "register.done>end",
    ),
)


@pytest.mark.parametrize("sent", [0, 1, 2])
@pytest.mark.parametrize("winner", ["phone", "visit", "answer"])
def test_the_first_leads_on_once_and_nothing_of_the_others_is_left(winner, sent):
    case = Trial(PLAN)
    assert faults(case.version) == []
    if sent or winner == "answer":
        case.do("letter")
    if sent > 1 or winner == "answer":
        case.later(days=4)
    case.do(winner)
    assert case.open == ["register"]
    case.later(days=9)
    assert case.open == ["register"]
    case.do("register")
    assert case.times("register") == 1
    assert case.result == "End"
