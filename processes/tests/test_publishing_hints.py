"""What the dialog of publishing hints at that is no matter of the draft itself."""

from dataclasses import replace

import pytest
from django.utils import translation

from processes import publishing
from processes.blueprint import Blueprint, DeadlinePlan
from processes.models import EscalationLevel, EscalationPlan
from processes.tests.builders import flows, make_definition, make_user, node, task

pytestmark = pytest.mark.django_db


def hinted(plan: Blueprint, **definition: object) -> list[str]:
    draft = publishing.draft_from(plan, make_definition(**definition), by=None)
    with translation.override("en"):
        return [str(one.message) for one in publishing.hints(draft) if one.code == "owner_missing"]


def single(**fields: object) -> Blueprint:
    steps = (node("start", "start"), task("check", **fields), node("end", "end"))
    return Blueprint(steps=steps, flows=flows("start>check", "check.done>end"))


@pytest.mark.parametrize(
    "plan",
    [
        single(deadline="3d"),
        single(deadlines=(DeadlinePlan(offset="3d"),)),
        replace(single(), deadlines=(DeadlinePlan(basis="case", offset="3d"),)),
    ],
)
def test_a_plan_that_tells_the_owner_wants_one(plan: Blueprint):
    standard = EscalationPlan.objects.get(is_default=True)
    assert hinted(plan) == [
        f"The escalation plan “{standard.name}” tells the process owner, but this process has none."
    ]


def test_nothing_is_said_where_there_is_an_owner_or_nothing_to_watch():
    assert hinted(single(deadline="3d"), owner=make_user("Olga")) == []
    assert hinted(single(), key="undated") == []


def test_nothing_is_said_where_the_plan_tells_others():
    EscalationLevel.objects.filter(plan__is_default=True).delete()
    assert hinted(single(deadline="3d")) == []
