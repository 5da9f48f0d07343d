"""A task of a draft can show what was filled in before, and the page says so where it shows nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from processes import blueprint, library, publishing
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.editing import filling
from processes.editing.folding import fold
from processes.editing.page import Page
from processes.editing.showing import typed_of
from processes.models import ProcessVersion
from processes.tests.builders import flows, make_version, node, task
from processes.tests.draft_page import opened

pytestmark = pytest.mark.django_db

asks = StepFieldPlan

PLAN = Blueprint(
    fields=(FieldPlan("subject", "Subject"), FieldPlan("reason", "Reason"), FieldPlan("note", "Note")),
    steps=(
        StepPlan("start", "start", "Start", fields=(asks("subject", "required"),)),
        task("vote", outcomes="yes no"),
        task("close", fields=(asks("subject", "readonly"), asks("reason", "optional"))),
        node("end", "end"),
    ),
    flows=flows("start>vote", "vote.yes>close", "vote.no>end", "close.done>end"),
)
"""The vote shows nothing of the subject; the reason is filled in later, the note nowhere."""


@pytest.fixture
def version() -> ProcessVersion:
    return publishing.new_draft(make_version(PLAN), by=None)


def modes(version: ProcessVersion, key: str) -> list[tuple[str, str]]:
    step = next(one for one in blueprint.read(version).steps if one.key == key)
    return [(one.field_key, one.mode) for one in step.fields]


def test_a_task_that_shows_nothing_is_mended_with_one_press(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    vote, close = page.row("vote"), page.row("close")
    assert page.html.count(f'value="show:{vote}"') == 1
    assert f'value="show:{close}"' not in page.html
    page.press(f"show:{vote}")
    assert f'value="show:{vote}"' not in page.html
    page.send("save")
    assert modes(version, "vote") == [("subject", "readonly")]


def test_the_start_form_asks_for_all_with_one_press(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    start = page.row("start")
    assert f'value="show:{start}"' in page.press(f"open:{start}").html
    page.press(f"show:{start}").send("save")
    assert modes(version, "start") == [("subject", "required"), ("reason", "optional"), ("note", "optional")]


def test_what_is_filled_in_later_on_a_way_back_was_filled_in_before(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    page.put(f"{page.row('close')}-o1-w1-target", page.row("vote")).press(f"show:{page.row('vote')}")
    page.send("save")
    assert modes(version, "vote") == [("subject", "readonly"), ("reason", "readonly")]


def test_nothing_is_said_where_nothing_was_filled_in_before(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    page.press(f"remove:{page.row('start')}-x1")
    assert f'value="show:{page.row("vote")}"' not in page.html


def test_a_task_that_only_asks_for_something_new_shows_nothing_either(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    close = page.row("close")
    page.press(f"open:{close}").press(f"remove:{close}-x1").press(f"close:{close}")
    assert f'value="show:{close}"' in page.html
    page.press(f"show:{close}").send("save")
    assert modes(version, "close") == [("reason", "optional"), ("subject", "readonly")]


def test_the_first_of_the_fields_that_a_button_adds_is_looked_at_next(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    start = page.row("start")
    page.press(f"open:{start}").press(f"show:{start}")
    assert f'data-focus="{page.typed[f"{start}-shown"][1]}"' in page.html


@pytest.mark.parametrize("template", library.templates(), ids=lambda one: one.key)
def test_every_task_of_the_templates_shows_something(template: library.Template):
    assert filling.blind(Page(typed_of(fold(template.plan)))) == []
