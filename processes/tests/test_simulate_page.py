"""“Durchspielen” in the administration: who may, what a click leads to, and that nothing is stored."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan
from processes.tests.builders import (
    flows,
    make_version,
    node,
    only_if,
    task,
)
from processes.tests.plays import Page, chain, draft

pytestmark = pytest.mark.django_db

ROUND = Blueprint(
    fields=(
        FieldPlan("amount", "Betrag", "money"),
        FieldPlan("note", "Notiz"),
        FieldPlan("who", "Person", "person"),
        FieldPlan("customer", "Kunde", "customer"),
        FieldPlan("tags", "Merkmale", "multichoice", choices=(("a", "Alt"), ("b", "Blau"))),
    ),
    steps=(
        replace(node("start", "start"), fields=(StepFieldPlan("note"),)),
        task("check", outcomes="again fine", deadline="2d", fields=(StepFieldPlan("amount", "required"),)),
        node("gate", "exclusive"),
        task("board", assignment="not_same_as", reference_key="check", outcomes="done"),
        node("end", "end"),
    ),
    flows=(
        *flows("start>check", "check.again>check", "check.fine>gate", "gate>end*", "board.done>end"),
        only_if("gate>board", "amount is not empty"),
    ),
)
PARALLEL = Blueprint(
    fields=(FieldPlan("amount", "Betrag", "money"), FieldPlan("note", "Notiz")),
    steps=(
        node("start", "start"),
        node("split", "parallel"),
        task("one", fields=(StepFieldPlan("amount"),)),
        task("two", fields=(StepFieldPlan("note"),)),
        node("end", "end"),
    ),
    flows=flows("start>split", "split>one", "split>two", "one.done>end", "two.done>end"),
)


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    models = [one for one in apps.get_models(include_auto_created=True) if one is not Session]
    return {one._meta.label: sorted(one._default_manager.values_list(), key=str) for one in models}


def test_a_version_is_played_to_its_end():
    page = Page(make_version(ROUND))
    assert page.click("begin", at="16.11.2026 10:00", s_note="Hallo").status_code == 200
    assert page.open() == ["Check"]
    assert "Wednesday, 18 November 2026" in page.text
    page.click("1:person:fine", t1_amount="5.000", t1_at="17.11.2026 09:30")
    assert page.open() == ["Board"]
    assert "not: who did “Check”" in page.text
    assert page.answer.context["open_steps"][0].since == "Tue 17 Nov 2026, 09:30"
    page.click("2:person:done")
    assert page.answer.context["is_over"]
    assert [one.step for one in page.answer.context["past"]] == ["Board", "Check", "Start"]


def test_data_decide_the_way_and_one_can_go_back_to_decide_otherwise():
    page = Page(make_version(ROUND))
    page.click("begin")
    page.click("1:person:fine")
    assert page.answer.context["end"] == "End"
    page.click("back:0")
    page.click("1:person:fine", t1_amount="1,00")
    assert page.open() == ["Board"]
    page.click("anew")
    assert "open_steps" not in page.answer.context


@pytest.mark.parametrize("state", ["draft", "published", "retired"])
def test_versions_of_every_state_can_be_played(state: str):
    version = draft(ROUND) if state == "draft" else make_version(ROUND)
    if state == "retired":
        make_version(ROUND, version.definition)
    page = Page(version)
    page.click("begin")
    assert page.open() == ["Check"]


def test_nothing_is_written():
    version = make_version(ROUND)
    page = Page(version)
    before = rows()
    page.click("begin", s_note="Hallo")
    page.click("1:person:again", t1_amount="nichts")
    page.click("1:person:again", t1_amount="7,50")
    page.click("2:person:fine")
    page.click("back:1")
    page.click("anew")
    assert rows() == before
    assert len(before) > 20


def test_the_number_of_statements_does_not_grow_with_the_turns():
    page = Page(make_version(ROUND))
    page.click("begin")
    page.click("1:person:again")
    counts = []
    for number in (2, 30):
        with CaptureQueriesContext(connection) as asked:
            page.click(f"{number}:person:again")
        counts.append(len(asked))
        for between in range(number + 1, 30):
            page.click(f"{between}:person:again")
    assert len(json.loads(page.answer.context["state"])["turns"]) == 30
    assert counts[0] == counts[1] < 30


@pytest.mark.parametrize("role", ["is_user_admin", "is_operator", "is_auditor", ""])
def test_only_process_admins_come_here(role: str):
    page = Page(make_version(ROUND), **{role or "is_active": True})
    assert page.answer.status_code in (302, 404)
    assert page.client.post(page.url, {"do": "begin"}).status_code in (302, 404)


@pytest.mark.parametrize("number", ["0", "999999", "x", "1" * 30])
def test_a_version_there_is_not_is_not_found(number: str):
    page = Page(make_version(ROUND))
    assert page.client.get(f"/admin/processes/processversion/{number}/simulate/").status_code == 404


# -- what is typed -------------------------------------------------------------------------------------------


def test_a_wrong_value_gets_the_usual_error_and_nothing_typed_is_lost():
    page = Page(make_version(PARALLEL))
    page.click("begin")
    answer = page.click("1:person:done", t1_amount="viel", t2_note="Schon getippt", t1_at="irgendwann")
    assert answer.status_code == 422
    one, two = answer.context["open_steps"]
    assert (one.fields[0].value, two.fields[0].value) == ("viel", "Schon getippt")
    assert "number" in one.fields[0].error
    assert one.at.value == "irgendwann"
    assert one.at.error
    page.click("1:person:done", t1_amount="3", t1_at="2030-01-01 10:00")
    assert page.open() == ["Two"]
    assert page.answer.context["open_steps"][0].fields[0].value == "Schon getippt"


def test_a_wrong_start_is_said_and_the_start_form_kept():
    page = Page(make_version(ROUND))
    answer = page.click("begin", at="bald", s_note="Bleibt", urgency="0")
    assert answer.status_code == 422
    assert answer.context["start_fields"][0].value == "Bleibt"
    assert answer.context["play"].urgency == 0


def test_a_moment_before_the_step_begins_is_refused():
    page = Page(make_version(ROUND))
    page.click("begin", at="2026-11-16 10:00")
    assert page.click("1:person:fine", t1_at="2026-11-15 10:00").status_code == 422
    assert "before the step begins" in page.answer.context["open_steps"][0].at.error


def test_enter_in_an_input_chooses_nothing():
    page = Page(make_version(PARALLEL))
    page.click("begin")
    page.click("check", t2_note="Getippt")
    assert page.open() == ["One", "Two"]
    assert page.answer.context["open_steps"][1].fields[0].value == "Getippt"


def test_customers_are_not_shown_to_who_sees_no_cases():
    Customer.objects.create(name="Geheim GmbH", number="K-1")
    plan = chain(
        task("a", fields=(StepFieldPlan("customer"),)), fields=(FieldPlan("customer", "Kunde", "customer"),)
    )
    page = Page(make_version(plan))
    page.click("begin")
    assert "Geheim" not in page.text
    page.click("1:person:done", t1_customer="example")
    assert page.answer.context["is_over"]


# -- what comes with the page --------------------------------------------------------------------------------

FORGED = ["", "{", "[]", "null", "5", '{"format": 1}', "[" * 5000, "x" * 1_000_001]


@pytest.mark.parametrize("state", FORGED, ids=range(len(FORGED)))
def test_a_forged_state_begins_anew_with_a_sentence(state: str):
    page = Page(make_version(ROUND))
    assert page.click("1:person:fine", state=state).status_code == 409
    assert "begins anew" in page.text
    assert not page.answer.context["play"].is_begun


@pytest.mark.parametrize(
    "do", ["9:person:fine", "1:person:nothing", "1:ghost:fine", "1", ":", "back:7", "back:x", "1:clock:fine"]
)
def test_a_click_that_the_page_did_not_offer_begins_anew(do: str):
    page = Page(make_version(ROUND))
    page.click("begin")
    assert page.click(do).status_code == 409


def test_a_draft_that_has_changed_since_begins_anew():
    version = draft(ROUND)
    page = Page(version)
    page.click("begin")
    page.click("1:person:again")
    version.steps.get(key="check").outcomes.filter(key="again").delete()
    assert page.click("2:person:fine").status_code == 409


def test_no_more_than_200_turns_are_played():
    page = Page(make_version(ROUND))
    page.click("begin")
    page.click("1:person:again")
    state = json.loads(page.answer.context["state"])
    turn = state["turns"][0]
    state["turns"] = [[number, *turn[1:]] for number in range(1, 201)]
    answer = page.click("201:person:fine", state=json.dumps(state))
    assert answer.status_code == 422
    assert "200" in page.text
    state["turns"].append([201, *turn[1:]])
    assert page.click("202:person:fine", state=json.dumps(state)).status_code == 409


# -- drafts with faults --------------------------------------------------------------------------------------

BROKEN = {
    "empty": Blueprint(),
    "no start": Blueprint(steps=(task("a"),)),
    "no end": Blueprint(steps=(node("start", "start"), task("a")), flows=flows("start>a")),
    "no branch": Blueprint(
        steps=(node("start", "start"), task("a"), node("gate", "exclusive")),
        flows=flows("start>a", "a.done>gate"),
    ),
    "a circle": Blueprint(
        steps=(node("start", "start"), task("a"), node("x", "exclusive"), node("y", "exclusive")),
        flows=flows("start>a", "a.done>x", "x>y*", "y>x*"),
    ),
    "unreadable": chain(
        task("a", deadline="bald", assignment="same_as"),
        replace(task("b"), kind="timer", config={"wait": {}}),
    ),
}


@pytest.mark.parametrize("plan", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_draft_goes_as_far_as_it_goes(plan: Blueprint):
    page = Page(draft(plan))
    assert page.answer.status_code == 200
    page.click("begin")
    if page.open():
        page.click("1:person:done")
    assert page.answer.status_code in (200, 422)
    assert "It does not go on here" in page.text


def test_a_step_that_waits_for_ever_is_said():
    plan = Blueprint(
        steps=(node("start", "start"), task("a"), task("b"), node("join", "parallel"), node("end", "end")),
        flows=flows("start>a", "a.done>join", "b.done>join", "join>end"),
    )
    page = Page(draft(plan))
    page.click("begin")
    page.click("1:person:done")
    assert "one way waits for others" in page.text


def test_an_end_called_nothing_but_end_does_not_say_so_twice():
    plain = Page(make_version(chain(task("work"))))
    plain.click("begin", at="16.11.2026 10:00")
    plain.click("1:person:done")
    assert plain.answer.context["past"][0].then == "End"
