"""A step that begins with the first of several, where the others lead back: whom the first stops."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processes import blueprint, publishing
from processes.blueprint import Blueprint, StepPlan
from processes.checking import soundness
from processes.checking.checks import net_of
from processes.editing.folding import fold
from processes.editing.sheet import Gather, Sheet, Wait
from processes.editing.unfolding import unfold
from processes.tests.builders import flows, make_definition, node, stopping, task
from processes.tests.draft_page import as_admin, opened


def race(*more: StepPlan, anew: str = "prep", ways: str = "", stops: str = "b") -> Blueprint:
    """prep → (a ∥ b) → pay; a can begin everything anew, which stops b."""
    return Blueprint(
        steps=(
            node("start", "start"),
            task("prep"),
            stopping(task("a", outcomes="ok anew"), anew=stops),
            task("b", outcomes="ok"),
            *more,
            task("pay"),
            node("end", "end"),
        ),
        flows=flows(
            *("start>prep", "prep.done>a", "prep.done>b", "a.ok>pay", f"a.anew>{anew}", "b.ok>pay"),
            *(*ways.split(), "pay.done>end"),
        ),
    )


def first(plan: Blueprint) -> Sheet:
    """Its page, with `pay` as soon as the first of a and b is done."""
    sheet = fold(plan)
    wait = Wait(Gather.FIRST, ("a", "b"))
    return replace(
        sheet, rows=tuple(replace(one, wait=wait) if one.step.key == "pay" else one for one in sheet.rows)
    )


def stopped(plan: Blueprint) -> dict[str, set[str]]:
    """What the outcomes stop that lead to `pay`."""
    return {
        step.key: set(one.cancels)
        for step in plan.steps
        for one in step.outcomes
        if step.key in ("a", "b") and one.key == "ok"
    }


@pytest.mark.django_db
def test_the_first_stops_the_others_also_where_one_of_them_leads_back():
    draft = publishing.draft_from(race(), make_definition("probe"), by=None)
    client = as_admin("Pia")
    page = opened(client, draft)
    pay = page.row("pay")
    page.press(f"open:{pay}").put(f"{pay}-gather", "first").press("redraw")
    page.put(f"{pay}-sources", page.row("a"), page.row("b"))
    assert page.send("save").status_code == 302
    assert stopped(blueprint.read(draft)) == {"a": {"b"}, "b": {"a"}}
    again = opened(client, draft)
    again.press(f"open:{again.row('pay')}")
    assert again.typed[f"{again.row('pay')}-gather"] == ["first"]


@pytest.mark.parametrize(
    ("plan", "stops"),
    [
        (race(), {"a": {"b"}, "b": {"a"}}),
        (race(anew="a", stops=""), {"a": {"b"}, "b": {"a"}}),
        (race(task("rework"), anew="rework", ways="rework.done>prep"), {"a": {"b"}, "b": {"a", "rework"}}),
        (
            race(task("rework"), anew="rework", ways="rework.done>a", stops=""),
            {"a": {"b"}, "b": {"a", "rework"}},
        ),
    ],
    ids=["before the split", "to itself", "by another step", "to itself by another step"],
)
def test_the_step_begins_once_however_one_of_the_others_leads_back(
    plan: Blueprint, stops: dict[str, set[str]]
):
    sheet = first(plan)
    unfolded = unfold(sheet)
    assert stopped(unfolded) == stops
    assert soundness.check(net_of(unfolded)).is_sound
    assert fold(unfolded) == sheet


def test_of_two_that_lead_to_each_other_either_stops_the_other():
    """One that asks the other one first leads to it as well as to the step behind both."""
    sheet = first(race(anew="b", stops=""))
    unfolded = unfold(sheet)
    assert stopped(unfolded) == {"a": {"b"}, "b": {"a"}}
    assert fold(unfolded) == sheet
