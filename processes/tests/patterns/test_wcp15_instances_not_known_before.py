"""WCP 15, multiple instances without a priori run-time knowledge: further ones turn up during the work.

One after another it is a loop. Several of one step at the same time, whose number nobody knows, is refused:
it could not be proved that such a case ends. Each is started as a case of its own instead.
"""

import pytest

from processes.blueprint import Blueprint
from processes.tests.builders import flows, node, task
from processes.tests.patterns.trials import Trial, faults, published

pytestmark = pytest.mark.django_db

ONE_BY_ONE = Blueprint(
    steps=(
        node("start", "start"),
        task("hear", outcomes="another done"),
        task("protocol"),
        node("end", "end"),
    ),
    flows=flows("start>hear", "hear.another>hear", "hear.done>protocol", "protocol.done>end"),
)
ADDING = Blueprint(
    steps=(node("start", "start"), task("ask", outcomes="another done"), task("hear"), node("end", "end")),
    flows=flows("start>ask", "ask.another>ask", "ask.another>hear", "ask.done>end", "hear.done>end"),
)


@pytest.mark.parametrize("witnesses", [1, 2, 5])
def test_each_leads_to_the_next_until_there_are_no_more(witnesses):
    case = Trial(ONE_BY_ONE)
    assert faults(case.version) == []
    for _ in range(witnesses - 1):
        case.do("hear.another")
    case.do("hear")
    assert case.times("hear") == witnesses
    assert case.open == ["protocol"]
    assert case.do("protocol").result == "End"


def test_adding_to_them_while_they_run_is_refused():
    assert "two_tokens_on_transition" in faults(published(ADDING))
