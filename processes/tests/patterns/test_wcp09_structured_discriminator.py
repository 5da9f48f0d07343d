"""WCP 9, structured discriminator: the first opinion leads on; the others are still given, without effect.

Each task demands a field of its own. Behind it stands a step "depending on the data": are the others' fields
still empty, this one was the first. The case's lock makes sure that only one can be.
"""

from itertools import permutations

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

EXPERTS = ("alpha", "beta", "gamma")


def first_leads_on(expert):
    others = [f"{one} is empty" for one in EXPERTS if one != expert]
    return only_if(f"first_{expert}>decide", *others)


PLAN = Blueprint(
    fields=tuple(FieldPlan(one, one.title()) for one in EXPERTS),
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        *(task(one, fields=(StepFieldPlan(one, "required"),)) for one in EXPERTS),
        *(node(f"first_{one}", "exclusive") for one in EXPERTS),
        task("decide"),
        node("noted", "end"),
        node("end", "end"),
    ),
    flows=(
        *flows("start>fork", *(f"fork>{one}" for one in EXPERTS)),
        *flows(*(f"{one}.done>first_{one}" for one in EXPERTS)),
        *(first_leads_on(one) for one in EXPERTS),
        *flows(*(f"first_{one}>noted*" for one in EXPERTS), "decide.done>end"),
    ),
)


@pytest.mark.parametrize("order", list(permutations(EXPERTS)))
def test_only_the_first_leads_on_and_the_others_are_still_done(order):
    case = Trial(PLAN)
    assert faults(case.version) == []
    first, *others = order
    case.do(first, **{first: "geprüft"})
    assert case.open == sorted(["decide", *others])
    case.do("decide")
    for one in others:
        assert case.result == "running"
        case.do(one, **{one: "geprüft"})
    assert case.times("decide") == 1
    assert case.result == "End"
