"""WCP 37, acyclic synchronising merge: the join waits for what can still come, although no split matches it.

Branches end elsewhere, divide, and skip steps; whether more can come is judged after every move.
"""

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.tests.builders import flows, node, only_if, task
from processes.tests.patterns.trials import Trial, faults

pytestmark = pytest.mark.django_db

FLAGS = tuple(StepFieldPlan(one) for one in ("damage", "injury"))
PLAN = Blueprint(
    fields=(FieldPlan("damage", "Sachschaden", "yesno"), FieldPlan("injury", "Personenschaden", "yesno")),
    steps=(
        StepPlan("start", "start", "Meldung", fields=FLAGS),
        node("choose", "inclusive"),
        task("cover"),
        task("repair", outcomes="done minor"),
        task("doctor", outcomes="done both"),
        task("pension"),
        node("join", "inclusive"),
        task("settle"),
        node("end", "end"),
        node("minor", "end"),
    ),
    flows=(
        *flows("start>choose", "choose>cover*"),
        only_if("choose>repair", "damage is yes"),
        only_if("choose>doctor", "injury is yes"),
        *flows(
            "cover.done>join",
            "repair.done>join",
            "repair.minor>minor",
            "doctor.done>join",
            "doctor.both>join",
            "doctor.both>pension",
            "pension.done>join",
            "join>settle",
            "settle.done>end",
        ),
    ),
)


@pytest.mark.parametrize("doctor", ["", "done", "both"])
@pytest.mark.parametrize("repair", ["", "done", "minor"])
@pytest.mark.parametrize("doctor_first", [True, False])
def test_every_subset_with_every_outcome(repair, doctor, doctor_first):
    case = Trial(PLAN, damage=bool(repair), injury=bool(doctor))
    assert faults(case.version) == []
    words = [f"{step}.{outcome}" for step, outcome in (("repair", repair), ("doctor", doctor)) if outcome]
    for one in (reversed(words) if doctor_first else words) if words else ["cover"]:
        assert case.times("settle") == 0
        case.do(one)
    if doctor == "both":
        assert case.open == ["pension"]
        case.do("pension")
    settles = bool(doctor) or repair != "minor"
    assert case.open == ["settle"] * settles
    case.do(*case.open)
    assert case.times("settle") == settles
    assert case.result == ("Minor" if repair == "minor" else "End")


def test_a_branch_that_ends_elsewhere_frees_the_join():
    case = Trial(PLAN, damage=True, injury=True).do("doctor.both", "pension")
    assert case.open == ["repair"]
    case.do("repair.minor")
    assert case.open == ["settle"]
    assert case.do("settle").result == "Minor"
