"""A repair of the editing page by one click: what it does not change stays as it was typed."""

from __future__ import annotations

import re

import pytest

from processes import blueprint, publishing
from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan
from processes.editing.draft import Unfinished
from processes.models import ProcessVersion
from processes.tests.builders import flows, make_definition, make_team, node, task
from processes.tests.draft_page import DraftPage, as_admin, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> DraftPage:
    """check → pay → book; check asks the data in a way that is not whole yet, book has a way to nowhere."""
    make_team("service")
    plan = Blueprint(
        fields=(FieldPlan("amount", "Betrag", "money"),),
        steps=(
            node("start", "start"),
            *(task("check", outcomes="ok"), task("pay", outcomes="ok"), task("book", outcomes="ok no")),
            node("end", "end"),
        ),
        flows=flows("start>check", "check.ok>pay", "pay.ok>book", "book.ok>end"),
    )
    page = opened(as_admin("Pia"), publishing.draft_from(plan, make_definition("probe"), by=None))
    check = page.row("check")
    page.press(f"open:{check}").put(f"{check}-o1-after", "data").press("redraw")
    page.put(f"{check}-o1-w1-c1-field", page.row("amount")).press("redraw")
    page.put(f"{check}-o1-w1-c1-operator", "gt").put(f"{check}-o1-w1-c1-value_text", "5000 EURO")
    page.put(f"{check}-o1-w2-target", page.row("book")).put(f"{check}-due-amount", "3x")
    return page.press("redraw")


def offer(page: DraftPage, code: str) -> str:
    """The button of the one repair offered for such a finding."""
    (found,) = re.findall(rf'value="(repair:{code}:[^"]*)"', page.html)
    return str(found)


def differing(before: dict[str, list[str]], page: DraftPage) -> set[str]:
    """Names whose values are not what they were."""
    names = (before.keys() | page.typed.keys()) - {"csrfmiddlewaretoken"}
    return {one for one in names if before.get(one) != page.typed.get(one)}


def test_a_one_click_repair_keeps_what_is_typed_elsewhere(page: DraftPage):
    before, check = dict(page.typed), page.row("check")
    page.press(offer(page, "outcome_without_target"))
    assert differing(before, page) == {f"{page.row('book')}-o2-w1-target"}
    assert page.typed[f"{check}-o1-w1-c1-value_text"] == ["5000 EURO"]
    assert page.typed[f"{check}-due-amount"] == ["3x"]


def test_a_repair_that_adds_a_step_keeps_what_is_typed(page: DraftPage):
    page.press(f"remove:{page.row('end')}")
    before = dict(page.typed)
    page.press(offer(page, "no_end"))
    end = page.row("ende")
    assert page.typed[f"{end}-kind"] == ["end"]
    assert page.typed[f"{page.row('book')}-o1-w1-target"] == [end]
    assert {"steps"} < differing(before, page)
    assert not [one for one in differing(before, page) if one.startswith(f"{page.row('check')}-")]


def test_what_was_removed_before_a_repair_still_comes_back(page: DraftPage):
    pay = page.row("pay")
    page.press(f"remove:{pay}").press(offer(page, "outcome_without_target"))
    page.press("undo")
    assert page.row("pay") == pay


def test_a_repair_that_would_lose_what_is_typed_asks_to_complete_it_first():
    """The choice is a step of its own here, and would be part of the step before it once nothing else leads
    there: the page cannot stay as it was typed."""
    make_team("service")
    either = [("c", "is_empty"), ("d", "is_not_empty")]
    plan = Blueprint(
        fields=(FieldPlan("amount", "Betrag", "money"),),
        steps=(
            node("start", "start"),
            *(task("a", outcomes="ok no"), task("b", outcomes="ok"), node("gate", "exclusive")),
            *(task("c"), task("d"), node("end", "end")),
        ),
        flows=(
            *flows("start>a", "a.ok>gate", "a.no>b", "b.ok>gate", "c.done>end", "d.done>end"),
            *(FlowPlan("gate", to, conditions=(ConditionPlan("amount", asked),)) for to, asked in either),
        ),
    )
    page = opened(as_admin("Pia"), publishing.draft_from(plan, make_definition("probe"), by=None))
    b = page.row("b")
    page.press(f"open:{b}").put(f"{b}-o1-w1-target", page.row("end")).put(f"{b}-due-amount", "3x")
    response = page.press("redraw").send(offer(page, "no_default"))
    assert response.status_code == 422
    page.read(response)
    assert page.typed[f"{b}-due-amount"] == ["3x"]
    assert str(Unfinished()) in page.html
    page.put(f"{b}-due-amount", "3").press(offer(page, "no_default"))
    assert "no_default" not in page.html


def test_a_repaired_page_is_what_the_repair_says(page: DraftPage):
    """Saved after it is whole, the draft is the repaired one."""
    check = page.row("check")
    page.put(f"{check}-o1-w1-c1-value_text", "5000").put(f"{check}-due-amount", "3")
    page.press(offer(page, "outcome_without_target"))
    assert page.send("save").status_code == 302
    plan = blueprint.read(ProcessVersion.objects.get())
    assert ("book", "no", "end") in {(one.source, one.outcome, one.target) for one in plan.flows}
