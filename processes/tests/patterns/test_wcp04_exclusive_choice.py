"""WCP 4, exclusive choice: exactly one way is taken, chosen by a person's outcome or by the data."""

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

TAILS = ("pay", "return", "lawyer")
STEPS = (*(task(one) for one in TAILS), node("end", "end"))
TO_END = tuple(f"{one}.done>end" for one in TAILS)


@pytest.mark.parametrize("chosen", TAILS)
def test_the_outcome_decides(chosen):
    check = task("check", outcomes=" ".join(TAILS))
    plan = Blueprint(
        steps=(node("start", "start"), check, *STEPS),
        flows=flows("start>check", *(f"check.{one}>{one}" for one in TAILS), *TO_END),
    )
    case = Trial(plan).do(f"check.{chosen}")
    assert faults(case.version) == []
    assert case.open == [chosen]
    assert case.do(chosen).result == "End"


@pytest.mark.parametrize(
    ("wrong", "disputed", "expected"),
    [(True, True, "return"), (True, False, "return"), (False, True, "lawyer"), (False, False, "pay")],
)
def test_the_data_decide_and_the_first_way_that_fits_wins(wrong, disputed, expected):
    check = task("check", fields=(StepFieldPlan("wrong"), StepFieldPlan("disputed")))
    plan = Blueprint(
        fields=(FieldPlan("wrong", "Fehlerhaft", "yesno"), FieldPlan("disputed", "Strittig", "yesno")),
        steps=(node("start", "start"), check, node("gate", "exclusive"), *STEPS),
        flows=(
            *flows("start>check", "check.done>gate", "gate>pay*", *TO_END),
            only_if("gate>return", "wrong is yes"),
            only_if("gate>lawyer", "disputed is yes"),
        ),
    )
    case = Trial(plan).do("check", wrong=wrong, disputed=disputed)
    assert faults(case.version) == []
    assert case.open == [expected]
    assert case.do(expected).result == "End"
