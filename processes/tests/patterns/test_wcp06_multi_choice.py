"""WCP 6, multi-choice: every way whose condition holds is taken, and the one for "otherwise" if none does."""

from itertools import product

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

WAYS = ("press", "web", "mail")
PLAN = Blueprint(
    fields=tuple(FieldPlan(f"by_{one}", one.title(), "yesno") for one in WAYS),
    steps=(
        node("start", "start"),
        task("plan", fields=tuple(StepFieldPlan(f"by_{one}") for one in WAYS)),
        node("choose", "inclusive"),
        *(task(one) for one in WAYS),
        task("ask_again"),
        node("end", "end"),
    ),
    flows=(
        *flows("start>plan", "plan.done>choose", "choose>ask_again*", "ask_again.done>end"),
        *(only_if(f"choose>{one}", f"by_{one} is yes") for one in WAYS),
        *flows(*(f"{one}.done>end" for one in WAYS)),
    ),
)


@pytest.mark.parametrize("chosen", list(product([True, False], repeat=3)))
def test_every_subset(chosen):
    wanted = [one for one, is_chosen in zip(WAYS, chosen, strict=True) if is_chosen]
    values = {f"by_{one}": one in wanted for one in WAYS}
    case = Trial(PLAN).do("plan", **values)
    assert faults(case.version) == []
    assert case.open == sorted(wanted or ["ask_again"])
    assert case.do(*case.open).result == "End"
