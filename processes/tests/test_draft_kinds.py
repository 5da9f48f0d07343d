"""A step of the editing page that becomes another kind: what follows it goes along, and comes back."""

from __future__ import annotations

import pytest

from processes import blueprint, publishing
from processes.blueprint import Blueprint, FieldPlan, OutcomePlan, StepPlan
from processes.models import ProcessVersion
from processes.tests.builders import flows, make_definition, make_team, node, task
from processes.tests.draft_page import DraftPage, as_admin, opened, step

pytestmark = pytest.mark.django_db


def draft_of(*steps: StepPlan, ways: str) -> ProcessVersion:
    """A draft between start and end."""
    make_team("service")
    plan = Blueprint(
        fields=(FieldPlan("amount", "Betrag", "money"),),
        steps=(node("start", "start"), *steps, node("end", "end")),
        flows=flows(*ways.split()),
    )
    return publishing.draft_from(plan, make_definition("probe"), by=None)


def split() -> ProcessVersion:
    """check → (left ∥ right), with a reason."""
    return draft_of(
        *(task("check", outcomes="approved!"), task("left"), task("right")),
        ways="start>check check.approved>left check.approved>right left.done>end right.done>end",
    )


def become(page: DraftPage, row: str, *kinds: str) -> None:
    """Choose one kind after the other."""
    for kind in kinds:
        page.put(f"{row}-kind", kind).press("redraw")


def targets(draft: ProcessVersion, source: str) -> set[str]:
    """Where a step leads, past gateways behind it."""
    plan = blueprint.read(draft)
    gates = {one.key for one in plan.steps if one.kind in ("parallel", "exclusive")}
    found = {one.target for one in plan.flows if one.source == source}
    behind = {one.target for one in plan.flows if one.source in found & gates}
    return (found - gates) | behind


@pytest.mark.parametrize("others", [["timer"], ["action"], ["timer", "action"], ["action", "end"]])
def test_a_kind_chosen_by_mistake_and_taken_back_has_lost_nothing(others: list[str]):
    draft = split()
    before = blueprint.read(draft)
    page = opened(as_admin("Pia"), draft)
    row = page.row("check")
    page.press(f"open:{row}")
    become(page, row, *others, "task")
    assert page.send("save").status_code == 302
    assert blueprint.read(draft) == before


@pytest.mark.parametrize("kind", ["timer", "action"])
def test_a_step_that_becomes_another_kind_keeps_both_steps_that_follow(kind: str):
    draft = split()
    page = opened(as_admin("Pia"), draft)
    row = page.row("check")
    page.press(f"open:{row}")
    become(page, row, kind)
    if kind == "timer":
        page.put(f"{row}-timer-amount", "3").put(f"{row}-timer-unit", "d")
    assert page.send("save").status_code == 302
    assert targets(draft, "check") == {"left", "right"}
    assert step(draft, "check").outcomes == ()


def test_a_step_that_becomes_another_kind_keeps_what_its_ways_ask():
    """What follows depends on the data before and after, also where the condition is not whole yet."""
    draft = split()
    page = opened(as_admin("Pia"), draft)
    row = page.row("check")
    page.press(f"open:{row}").put(f"{row}-o1-after", "data").put(f"{row}-o1-question", "Teuer?").press(
        "redraw"
    )
    page.put(f"{row}-o1-w1-c1-field", page.row("amount")).press("redraw")
    page.put(f"{row}-o1-w1-c1-operator", "gt").put(f"{row}-o1-w1-c1-value_text", "5000 EURO")
    become(page, row, "timer")
    assert page.typed[f"{row}-on-w1-c1-value_text"] == ["5000 EURO"]
    assert page.typed[f"{row}-on-question"] == ["Teuer?"]
    page.put(f"{row}-on-w1-c1-value_text", "5000")
    become(page, row, "task")
    assert page.send("save").status_code == 302
    (asked,) = (one for one in blueprint.read(draft).flows if one.conditions)
    assert (asked.source, asked.conditions[0].value) == (
        "nach_check",
        {"amount": "5000.00", "currency": "EUR"},
    )


def test_what_was_changed_meanwhile_is_kept():
    """Another target of the wait is the one of the task, and of the wait it becomes again."""
    draft = draft_of(task("check"), task("other"), ways="start>check check.done>end other.done>end")
    page = opened(as_admin("Pia"), draft)
    row = page.row("check")
    page.press(f"open:{row}")
    become(page, row, "timer")
    page.put(f"{row}-on-w1-target", page.row("other"))
    become(page, row, "task")
    (outcome,) = page.typed[f"{row}-outcomes"]
    (branch,) = page.typed[f"{outcome}-branches"]
    assert page.typed[f"{branch}-target"] == [page.row("other")]
    page.put(f"{branch}-target", page.row("end"))
    become(page, row, "timer")
    (branch,) = page.typed[f"{row}-on-branches"]
    assert page.typed[f"{branch}-target"] == [page.row("end")]


def test_a_task_that_becomes_automatic_is_given_up_with_an_incident():
    """What followed its outcome follows the automatic step when it is done."""
    draft = draft_of(task("tell"), task("work"), ways="start>tell tell.done>work work.done>end")
    page = opened(as_admin("Pia"), draft)
    row = page.row("tell")
    page.press(f"open:{row}")
    become(page, row, "action")
    page.put(f"{row}-to", "starter").put(f"{row}-subject", "Da").put(f"{row}-text", "Es ist da.")
    assert page.send("save").status_code == 302
    assert step(draft, "tell").outcomes == ()
    assert [one.target for one in blueprint.read(draft).flows if one.source == "tell"] == ["work"]


@pytest.mark.parametrize("kind", ["timer", "action"])
def test_several_outcomes_of_a_task_stay_until_they_are_removed(kind: str):
    """Each can be removed, also the last, and until then the model check names them; none means that the step
    cannot be done."""
    draft = draft_of(
        task("tell", outcomes="yes no"),
        *(task("work"), task("refuse")),
        ways="start>tell tell.yes>work tell.no>refuse work.done>end refuse.done>end",
    )
    page = opened(as_admin("Pia"), draft)
    row = page.row("tell")
    page.press(f"open:{row}")
    become(page, row, kind)
    page.put(f"{row}-timer-amount", "3").put(f"{row}-timer-unit", "d")
    assert page.send("save").status_code == 302
    assert [one.key for one in step(draft, "tell").outcomes] == ["yes", "no"]
    assert "outcome_misplaced" in {one.code for one in publishing.problems(draft)}
    for outcome in page.typed[f"{row}-outcomes"]:
        assert f'value="remove:{outcome}"' in page.press("redraw").html
        page.press(f"remove:{outcome}")
    assert f"{row}-outcomes" not in page.typed


def test_that_it_cannot_be_done_is_asked_for():
    """The button adds that outcome; a task it becomes has it besides its own, and the other way round."""
    draft = draft_of(task("tell"), task("work"), ways="start>tell tell.done>work work.done>end")
    page = opened(as_admin("Pia"), draft)
    row = page.row("tell")
    page.press(f"open:{row}")
    become(page, row, "action")
    page.press(f"add:{row}-outcomes")
    (failed,) = page.typed[f"{row}-outcomes"]
    (branch,) = page.typed[f"{failed}-branches"]
    page.put(f"{failed}-label", "Nicht möglich").put(f"{branch}-target", page.row("work"))
    become(page, row, "task", "action")
    assert page.typed[f"{row}-outcomes"] == [failed]
    assert page.send("save").status_code == 302
    assert [(one.key, one.label) for one in step(draft, "tell").outcomes] == [("failed", "Nicht möglich")]
    become(page, row, "task")
    assert len(page.typed[f"{row}-outcomes"]) == 2


def test_an_automatic_step_that_leads_nowhere_is_left_so():
    """Its way for what cannot be done is no way for what is done."""
    action = StepPlan("tell", "action", "Tell", outcomes=(OutcomePlan("failed", "Nicht möglich"),))
    draft = draft_of(action, task("work"), ways="start>work tell.failed>work work.done>end")
    before = blueprint.read(draft)
    page = opened(as_admin("Pia"), draft)
    assert page.press("redraw").send("save").status_code == 302
    assert blueprint.read(draft) == before
