"""Deadline rules and escalation plans on the page of a draft, in words, and in the list of what changes."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from people.models import AdminEvent
from processes import blueprint, publishing
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.models import EscalationPlan, ProcessVersion
from processes.planwords import Names, deadline, deadlines
from processes.tests.builders import attend, flows, make_definition, node, task
from processes.tests.test_admin import add_row, as_admin, door, opened
from processes.versiondiff import differences

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> ProcessVersion:
    """start (day) → one → two → end."""
    form = StepPlan("start", "start", "Start", fields=(StepFieldPlan("day", "required"),))
    plan = Blueprint(
        fields=(FieldPlan("day", "Skonto bis", "date"),),
        steps=(form, task("one", deadline="3d"), task("two"), node("end", "end")),
        flows=flows("start>one", "one.done>two", "two.done>end"),
    )
    EscalationPlan.objects.create(key="fast", name="Eilig")
    return publishing.draft_from(plan, make_definition(), by=None)


def rule(data: dict[str, str], formset: str, **values: str) -> None:
    usual = {"kind": "solution", "basis": "step", "pick": "earliest", "shifts_to_working_day": "on"}
    add_row(data, formset, **{**usual, **values})


def test_rules_and_plans_are_chosen_on_the_page(draft: ProcessVersion):
    client = as_admin()
    data = opened(client, draft)
    rule(data, "steps-1-deadline_rules", basis="field", offset="-4d", named="Skonto bis")
    rule(data, "steps-2-deadline_rules", basis="after", offset="2d", named="One", urgency="0")
    rule(data, "steps-2-deadline_rules", kind="reaction", offset="4h")
    rule(data, "deadline_rules", basis="case", offset="1m", is_legal="on", is_final="on")
    rule(data, "deadline_rules", basis="date", on="2026-12-31")
    data |= {"plan_": "standard", "plan_0": "fast", "steps-1-plan": "fast"}
    response = client.post(door(draft), {**data, "_continue": "1"})
    assert response.status_code == 302, response.context["errors"]
    plan = blueprint.read(ProcessVersion.objects.get(pk=draft.pk))
    _start, one, two, _end = plan.steps
    assert one.deadlines == (DeadlinePlan("field", "-4d", "day"),)
    assert two.deadlines == (
        DeadlinePlan("after", "2d", "one", urgency=0),
        DeadlinePlan("step", "4h", kind="reaction"),
    )
    assert plan.deadlines == (
        DeadlinePlan("case", "1m", is_legal=True, is_final=True),
        DeadlinePlan("date", "", "", "2026-12-31"),
    )
    assert (plan.plan_keys, one.plan_keys, two.plan_keys) == (
        {"": "standard", "0": "fast"},
        {"": "fast"},
        {},
    )
    changes = AdminEvent.objects.get(kind="draft_changed").changes
    assert changes["steps.one.deadlines"] == [None, [{"basis": "field", "offset": "-4d", "key": "day"}]]
    assert changes["plan_keys"] == [None, {"": "standard", "0": "fast"}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": "field", "named": "Nichts"},
        {"basis": "after", "named": "Nichts"},
        {"basis": "date"},
        {"offset": "", "urgency": "1"},
        {"offset": "bald"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(draft: ProcessVersion, wrong: dict[str, str]):
    client = as_admin()
    data = opened(client, draft)
    rule(data, "steps-1-deadline_rules", **wrong)
    assert client.post(door(draft), {**data, "_continue": "1"}).status_code == 200
    assert not draft.deadline_rules.exists()


def test_plans_of_single_urgencies_from_a_file_stay(draft: ProcessVersion):
    draft.steps.filter(key="one").update(plan_keys={"0": "fast"})
    client = as_admin()
    data = opened(client, draft)
    client.post(door(draft), {**data, "steps-1-plan": "standard", "_continue": "1"})
    assert draft.steps.get(key="one").plan_keys == {"0": "fast", "": "standard"}


def test_before_publishing_plans_and_tasks_without_a_deadline_are_named(draft: ProcessVersion):
    draft.plan_keys = {"0": "fast"}
    draft.save()
    page = as_admin().get(door(draft, "publish"))
    assert [plan.key for plan, _levels in page.context["plans"]] == ["fast", "standard"]
    assert "no_deadline" in {one.code for one in page.context["hints"]}
    assert "Two" in str(next(one.message for one in publishing.hints(draft)))


def test_a_shown_version_says_its_plans(draft: ProcessVersion):
    draft.plan_keys = {"0": "fast", "": "standard"}
    draft.save()
    attend("service")
    published = publishing.publish(draft, by=None)
    text = as_admin().get(door(published)).content.decode()
    assert "Eilig" in text


def test_a_rule_in_words():
    names = Names.of(Blueprint(fields=(FieldPlan("day", "Skonto bis", "date"),), steps=(task("one"),)))
    with override("en"):
        assert deadlines([DeadlinePlan("field", "-4d", "day")], names, short="3d") == [
            "3 working days after the start of the task, at the latest 4 working days before the date"
            " “Skonto bis”"
        ]
        later = [DeadlinePlan(offset="3d"), DeadlinePlan("after", "2d", "one", pick="latest")]
        assert deadlines(later, names)[0].startswith("the latest of: 3 working days")
        own = deadlines([DeadlinePlan(offset="4h", kind="reaction", urgency=1)], names)
        assert own == ["urgency High, to be taken over: 4 working hours after the start of the task"]
        legal = DeadlinePlan("case", "1m", is_legal=True, shifts_to_working_day=False, is_final=True)
        assert deadline(legal, names) == (
            "1 month after the start of the case (legal deadline, does not move to a working day,"
            " cannot be extended)"
        )
        assert deadline(DeadlinePlan(offset="bald"), names) == "This cannot be read."


def test_changes_of_deadlines_are_told():
    old = Blueprint(steps=(task("one"),))
    new = Blueprint(
        steps=(task("one", deadlines=(DeadlinePlan(offset="3d"),), plan_keys={"": "fast"}),),
        deadlines=(DeadlinePlan("case", "30d"),),
    )
    assert differences(old, new) == {
        "deadlines": [None, [{"basis": "case", "offset": "30d"}]],
        "steps.one.deadlines": [None, [{"offset": "3d"}]],
        "steps.one.plan_keys": [None, {"": "fast"}],
    }
