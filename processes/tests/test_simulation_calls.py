"""Called processes in a play: the ends they can have, and what they bring back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from processes import publishing
from processes.blueprint import Blueprint, FieldPlan
from processes.models import ProcessVersion
from processes.tests.builders import call, flows, make_definition, make_version, node, task
from processes.tests.plays import Page, draft

pytestmark = pytest.mark.django_db
CHOICES = (("a", "Alt"), ("b", "Blau"))
CHILD = Blueprint(
    fields=(
        FieldPlan("sum", "Summe", "money", limits={"max": "100"}),
        FieldPlan("kind", "Art", "choice", choices=CHOICES),
        FieldPlan("remark", "Vermerk", "text"),
    ),
    steps=(
        node("start", "start"),
        task("decide", outcomes="ok no"),
        replace(node("granted", "end"), name="Bewilligt", result="bewilligt"),
        replace(node("refused", "end"), name="Abgelehnt"),
        replace(node("lonely", "end"), name="Nie erreicht"),
    ),
    flows=flows("start>decide", "decide.ok>granted", "decide.no>refused"),
)


def parent(step: Any = None, outputs: dict[str, str] | None = None, **fields: Any) -> Blueprint:
    """start → sub (calls the child) → end, with these fields and what comes back to them."""
    step = step or call("sub", "child", otherwise="bad", granted="good")
    config = {"call": {**step.config["call"], "outputs": list((outputs or {}).items())}}
    ways = [f"sub.{one.key}>end" for one in step.outcomes] or ["sub>end"]
    return Blueprint(
        fields=tuple(FieldPlan(key, key.title(), **one) for key, one in fields.items()),
        steps=(node("start", "start"), replace(step, config=config), node("end", "end")),
        flows=flows("start>sub", *ways),
    )


def opened(plan: Blueprint) -> Page:
    """A play of a draft that has come to the call."""
    page = Page(draft(plan))
    page.click("begin")
    return page


def step_of(page: Page) -> Any:
    return page.answer.context["open_steps"][0]


def child(plan: Blueprint = CHILD) -> ProcessVersion:
    return make_version(plan, make_definition("child", name="Kind"))


def test_the_ends_it_can_really_have_are_offered_each_with_what_it_means():
    child()
    page = opened(parent())
    assert [(one.value, one.label, one.note) for one in step_of(page).buttons] == [
        ("1:call:good:granted", "It ends with “bewilligt”", "Outcome: Good"),
        ("1:call:bad:refused", "It ends with “Abgelehnt”", "Outcome: Bad"),
    ]
    assert not step_of(page).remarks
    page.click("1:call:bad:refused")
    assert page.answer.context["is_over"]
    assert page.answer.context["past"][0].what == "ended with “Abgelehnt” (Bad)"


def test_a_call_without_outcomes_offers_the_ends_too():
    child()
    step = replace(call("sub", "child"), outcomes=())
    page = opened(parent(step))
    assert [one.value for one in step_of(page).buttons] == ["1:call::granted", "1:call::refused"]
    page.click("1:call::granted")
    assert page.answer.context["past"][0].what == "ended with “bewilligt”"


def test_an_outcome_no_end_means_is_not_offered_but_named():
    child()
    page = opened(parent(call("sub", "child", otherwise="bad", lonely="good")))
    assert {one.value.split(":")[2] for one in step_of(page).buttons} == {"bad"}
    assert step_of(page).remarks == ("The outcome “Good” cannot come: no end of “Kind” means it.",)


@pytest.mark.parametrize("do", ["1:call:good:refused", "1:call:good:nowhere", "1:call:good:lonely"])
def test_an_end_that_does_not_mean_the_outcome_is_not_taken(do: str):
    child()
    assert opened(parent()).click(do).status_code == 409


def test_a_process_that_is_not_published_is_said_and_its_meaning_chosen_freely():
    version = child()
    publishing.retire(version, by=None)
    page = opened(parent(None, {"total": "sum"}, total={"type": "money"}))
    assert [one.value for one in step_of(page).buttons] == ["1:call:good", "1:call:bad"]
    assert step_of(page).remarks == ("“Kind” is not published: a real case would stand still here.",)
    page.click("1:call:good", t1_total="500")
    assert page.answer.context["is_over"]


def test_a_process_that_does_not_exist_is_said():
    page = opened(parent())
    assert step_of(page).remarks == ("There is no process “child”: a real case would stand still here.",)
    page.click("1:call:bad")
    assert page.answer.context["is_over"]


def test_a_draft_that_gives_no_end_a_meaning_is_played_all_the_same():
    child()
    step = call("sub", "child", otherwise="bad")
    nothing = replace(step, config={"call": {"process": "child"}})
    page = opened(parent(nothing))
    assert [one.value for one in step_of(page).buttons] == ["1:call:bad"]
    assert len(step_of(page).remarks) == 1
    page.click("1:call:bad")
    assert page.answer.context["is_over"]


def test_results_are_typed_as_the_called_process_fills_them():
    child()
    outputs = {"total": "sum", "sort": "kind", "text": "remark"}
    choices = (("b", "Bunt"), ("c", "Neu"))
    fields = {
        "total": {"type": "money"},
        "sort": {"type": "choice", "choices": choices},
        "text": {"type": "longtext"},
    }
    page = opened(parent(None, outputs, **fields))
    total, sort, text = step_of(page).fields
    assert total.help_text == "“Summe” of “Kind” (Amount of money)"
    assert [value for value, _label in sort.choices] == ["b"]
    assert text.type == "text"
    assert page.click("1:call:good:granted", t1_total="101").status_code == 422
    page.click("1:call:good:granted", t1_total="99,50", t1_sort="b", t1_text="Passt")
    assert page.answer.context["is_over"]
    page.click("anew")
    assert page.answer.status_code == 200


@pytest.mark.parametrize(("theirs", "type_"), [("sum", "date"), ("nosuch", "money")])
def test_what_cannot_come_back_is_no_input_but_a_remark(theirs: str, type_: str):
    child()
    page = opened(parent(None, {"total": theirs}, total={"type": type_}))
    assert step_of(page).fields == ()
    assert step_of(page).remarks == (f"“Total” stays as it is: “Kind” has no field “{theirs}” of this type.",)


def test_examples_stand_for_files_and_customers_that_come_back():
    plan = replace(CHILD, fields=(FieldPlan("paper", "Beleg", "file"),))
    child(plan)
    page = opened(parent(None, {"mine": "paper"}, mine={"type": "file"}))
    page.click("1:call:good:granted", t1_mine="example")
    assert page.answer.context["is_over"]
    assert page.answer.status_code == 200
