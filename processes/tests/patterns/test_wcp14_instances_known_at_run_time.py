"""WCP 14, multiple instances with a priori run-time knowledge: a field says how many there are, before they
begin."""

import pytest

from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import flows, node, repeated, task
from processes.tests.patterns.trials import Trial, faults
from tasks.models import Task

pytestmark = pytest.mark.django_db

SITES = (("bonn", "Bonn"), ("koeln", "Köln"), ("ulm", "Ulm"))
PLAN = Blueprint(
    fields=(FieldPlan("sites", "Standorte", "multichoice", choices=SITES),),
    steps=(
        node("start", "start"),
        task("choose", fields=(StepFieldPlan("sites"),)),
        repeated(task("inspect"), over="field", key="sites", quorum="all"),
        task("report"),
        node("end", "end"),
        node("nothing", "end"),
    ),
    flows=flows(
        "start>choose",
        "choose.done>inspect",
        "inspect.done>report",
        "inspect.none>nothing",
        "report.done>end",
    ),
)


@pytest.mark.parametrize("sites", [["ulm"], ["bonn", "ulm"], ["bonn", "koeln", "ulm"]])
def test_as_many_as_the_field_has_values(sites):
    case = Trial(PLAN).do("choose", sites=sites)
    assert faults(case.version) == []
    rows = Task.objects.open().filter(instance=case.case).order_by("mi_index")
    assert [row.title for row in rows] == [f"Inspect: {dict(SITES)[one]}" for one in sites]
    for row in rows:
        assert case.times("report") == 0
        case.end(row)
    case.do("report")
    assert case.times("report") == 1
    assert case.result == "End"


def test_none_at_all_takes_the_outcome_for_no_agreement():
    assert Trial(PLAN).do("choose").result == "Nothing"
