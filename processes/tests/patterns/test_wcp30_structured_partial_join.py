"""WCP 30, structured partial join: two of three offers lead on; the third may still come, without effect.

As for the discriminator (WCP 9) a step "depending on the data" stands behind each task: is exactly one of the
other fields filled, this offer is the second.
"""

from itertools import permutations

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

OFFERS = ("north", "south", "west")


def second_leads_on(offer):
    one, other = (each for each in OFFERS if each != offer)
    way = f"second_{offer}>compare"
    return (
        only_if(way, f"{one} is not empty", f"{other} is empty"),
        only_if(way, f"{one} is empty", f"{other} is not empty"),
    )


PLAN = Blueprint(
    fields=tuple(FieldPlan(one, one.title()) for one in OFFERS),
    steps=(
        node("start", "start"),
        node("fork", "parallel"),
        *(task(one, fields=(StepFieldPlan(one, "required"),)) for one in OFFERS),
        *(node(f"second_{one}", "exclusive") for one in OFFERS),
        task("compare"),
        node("noted", "end"),
        node("end", "end"),
    ),
    flows=(
        *flows("start>fork", *(f"fork>{one}" for one in OFFERS)),
        *flows(*(f"{one}.done>second_{one}" for one in OFFERS)),
        *(flow for one in OFFERS for flow in second_leads_on(one)),
        *flows(*(f"second_{one}>noted*" for one in OFFERS), "compare.done>end"),
    ),
)


@pytest.mark.parametrize("order", list(permutations(OFFERS)))
def test_the_second_leads_on_and_the_third_has_no_effect(order):
    case = Trial(PLAN)
    assert faults(case.version) == []
    first, second, third = order
    case.do(first, **{first: "1.200 €"})
    assert case.times("compare") == 0
    case.do(second, **{second: "1.100 €"})
    assert case.open == sorted(["compare", third])
    case.do(third, **{third: "1.300 €"})
    assert case.open == ["compare"]
    case.do("compare")
    assert case.times("compare") == 1
    assert case.result == "Noted"
    assert case.case.data.keys() == set(OFFERS)
