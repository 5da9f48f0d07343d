"""A removal on the page of a draft is taken back with all that was typed, at its old place."""

from __future__ import annotations

import copy
import json

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from processes import blueprint, library
from processes.editing import rearranging, undoing
from processes.editing.folding import fold
from processes.editing.showing import typed_of
from processes.editing.typed import MOST_ROWS, REMOVED, TooManyRows, Typed, list_of
from processes.models import ProcessVersion
from processes.tests.draft_page import DraftPage, opened, step

pytestmark = pytest.mark.django_db
TEMPLATES = [one.plan for one in library.templates()]


def shown_rows(typed: Typed) -> list[str]:
    """Every row of every list."""
    names = [name for name in typed.data if name.rpartition("-")[2] in rearranging.LETTERS]
    return [row for name in names for row in typed.rows(name)]


def typed_on(page: DraftPage) -> dict[str, list[str]]:
    """What the page holds, without the token that every answer has anew."""
    return {name: values for name, values in page.typed.items() if name != "csrfmiddlewaretoken"}


@given(st.sampled_from(TEMPLATES), st.data())
def test_removing_and_bringing_back_is_as_if_nothing_had_been(plan: blueprint.Blueprint, data: st.DataObject):
    typed = typed_of(fold(plan))
    rearranging.settle(typed)
    states = []
    for _number in range(data.draw(st.integers(1, 4))):
        states.append({name: values for name, values in copy.deepcopy(typed.data).lists() if name != REMOVED})
        row = data.draw(st.sampled_from(shown_rows(typed)))
        rearranging.apply(typed, f"remove:{row}")
        assert row not in typed.rows(list_of(row))
    for state in reversed(states):
        rearranging.apply(typed, "undo")
        now = {name: values for name, values in typed.data.lists() if name not in (REMOVED, "open")}
        assert now == {name: values for name, values in state.items() if name != "open"}
    assert not typed.data.getlist(REMOVED)


def test_a_step_comes_back_with_everything_and_what_led_to_it(page: DraftPage, version: ProcessVersion):
    before = blueprint.read(version)
    page.press(f"open:{page.row('check')}").press(f"remove:{page.row('check')}")
    assert "Check" in page.html and 'value="undo"' in page.html
    page.press("undo")
    assert 'value="undo"' not in page.html
    assert page.typed["open"] == [page.row("check")]
    assert page.send("save").status_code == 302
    assert blueprint.read(version) == before


def test_what_was_typed_since_the_removal_stays(page: DraftPage, version: ProcessVersion):
    check, capture = page.row("check"), page.row("capture")
    page.press(f"remove:{check}").put(f"{capture}-name", "Aufnehmen")
    page.put(f"{capture}-o1-w1-target", page.row("end")).press("add:steps:task")
    added = next(row for row in page.typed["steps"] if row not in ("s1", "s2", "s3", "s4", "s5"))
    page.put(f"{added}-name", "Neu").press("undo")
    assert [page.typed[f"{row}-name"] for row in page.typed["steps"]] == [
        ["Start"],
        ["Aufnehmen"],
        ["Check"],
        ["Approve"],
        ["Neu"],
        ["End"],
    ]
    assert page.typed[f"{capture}-o1-w1-target"] == [page.row("end")]
    assert page.typed[f"{page.row('approve')}-apart"] == [check]


def test_a_removed_row_keeps_its_number(page: DraftPage):
    last = page.row("end")
    page.press(f"remove:{last}").press("add:steps:end")
    assert last not in page.typed["steps"]
    page.press("undo")
    assert page.typed[f"{last}-name"] == ["End"]
    assert len(page.typed["steps"]) == 6


def test_outcomes_fields_and_activities_come_back_into_open_details(page: DraftPage):
    check = page.row("check")
    for row in (f"{check}-o2", f"{check}-i1", page.row("amount")):
        page.press(f"open:{check}")
        before = typed_on(page)
        page.press(f"remove:{row}").press(f"close:{check}").press("undo")
        if row.startswith(check):
            assert page.typed["open"] == [check]
            assert f'data-focus="{row}"' in page.html
        page.press(f"open:{check}")
        assert typed_on(page) == before


def test_several_are_taken_back_one_after_the_other(page: DraftPage, version: ProcessVersion):
    before = blueprint.read(version)
    for key in ("capture", "check", "approve"):
        page.press(f"remove:{page.row(key)}")
    for name in ("Approve", "Check", "Capture"):
        line = page.html.partition("ed-removed")[2].partition("</p>")[0]
        assert name in line
        page.press("undo")
    page.send("save")
    assert blueprint.read(version) == before


def test_a_saved_removal_is_one(page: DraftPage, admin: Client, version: ProcessVersion):
    page.press(f"remove:{page.row('approve')}").send("save")
    assert 'value="undo"' not in opened(admin, version).html
    page.press("undo")
    assert page.send("save").status_code == 409


def test_a_removal_that_could_not_be_saved_can_still_be_taken_back(page: DraftPage, version: ProcessVersion):
    page.press(f"remove:{page.row('approve')}").put(f"{page.row('check')}-name", "")
    page.read(page.send("save"))
    page.put(f"{page.row('check')}-name", "Check").press("undo").send("save")
    assert step(version, "approve").name == "Approve"


def test_it_says_once_that_something_was_removed(page: DraftPage):
    page.press(f"remove:{page.row('approve')}")
    assert 'class="ed-removed" role="status"' in page.html
    page.press("redraw")
    assert 'class="ed-removed">' in page.html


def test_it_says_which_field_a_step_shows_no_more(page: DraftPage):
    check = page.row("check")
    page.press(f"open:{check}")
    row = next(one for one in page.typed[f"{check}-shown"])
    label = page.typed[f"{page.typed[f'{row}-field'][0]}-label"][0]
    page.press(f"remove:{row}")
    assert label in page.html.partition("ed-removed")[2].partition("</p>")[0]


def test_after_some_other_buttons_nothing_is_offered_to_be_taken_back(page: DraftPage):
    page.press(f"remove:{page.row('approve')}")
    for number in range(undoing.MOST_WORN):
        assert 'value="undo"' in page.html, number
        page.press("redraw")
    assert 'value="undo"' not in page.html
    assert "approve" not in str(page.typed.get(REMOVED))
    page.press(f"remove:{page.row('check')}")
    assert 'value="undo"' in page.html


def test_what_is_taken_back_at_once_is_looked_at(page: DraftPage):
    page.press(f"open:{page.row('check')}").press(f"remove:{page.row('amount')}").press("undo")
    assert f'data-focus="{page.row("amount")}"' in page.html


def test_taking_back_stays_with_the_step_one_looks_at(page: DraftPage):
    check, capture = page.row("check"), page.row("capture")
    page.press(f"open:{check}").press(f"remove:{check}-o2").press(f"open:{capture}").press("undo")
    assert page.typed["open"] == [capture]
    assert 'data-focus=""' in page.html
    assert f"{check}-o2" in page.typed[f"{check}-outcomes"]


# -- bounds --------------------------------------------------------------------------------------------------


def test_a_large_draft_carries_what_was_removed_and_no_copy_of_itself():
    typed = Typed({"steps": [f"s{number}" for number in range(1, MOST_ROWS + 1)]})
    for row in typed.rows("steps"):
        for number in range(50):
            typed.set(f"{row}-v{number}", "x" * 20)
    for number in range(100, 130):
        rearranging.apply(typed, f"remove:s{number}")
    carried = typed.data.getlist(REMOVED)
    assert len(carried) == undoing.MOST_REMOVALS
    assert max(map(len, carried)) < 10_000


def test_the_last_removal_is_kept_however_long_it_is():
    typed = Typed(
        {"steps": ["s1", "s2"], "s1-instructions": ["x" * 300_000], "s2-instructions": ["y" * 300_000]}
    )
    rearranging.apply(typed, "remove:s1")
    rearranging.apply(typed, "remove:s2")
    assert [one[:2] for one in typed.data.getlist(REMOVED)] == ["s2"]


def test_nothing_is_brought_back_into_a_full_list():
    typed = Typed({"fields": [f"f{number}" for number in range(1, MOST_ROWS + 1)]})
    rearranging.apply(typed, "remove:f7")
    rearranging.apply(typed, "add:fields")
    before = dict(typed.data.lists())
    with pytest.raises(TooManyRows):
        rearranging.apply(typed, "undo")
    assert dict(typed.data.lists()) == before


@pytest.mark.parametrize(
    "carried",
    [
        "",
        "s3",
        "s3 ",
        "s3 []",
        "s3 {",
        "s3 " + "[" * 5000,
        's3 {"s3-name": 1}',
        's3 {"s3-name": ["a"]}',
        's3 {"s3-name": ["a", "b"]}',
        's3 {"s3-name": [["\\ud800"], []]}',
        's3 {"s3-name": [[["x"]], [{}]]}',
        "x {}",
        "__class__ {}",
        "s3 " + json.dumps({f"s3-{number}": [["x"], []] for number in range(20_000)}),
    ],
)
def test_a_forged_removal_breaks_nothing(page: DraftPage, version: ProcessVersion, carried: str):
    before = blueprint.read(version)
    page.put(REMOVED, carried).press("redraw").put(REMOVED, carried).press("undo")
    assert page.send("save").status_code == 302
    assert blueprint.read(version) == before


def test_what_a_forged_removal_costs_is_bounded():
    text = "s1 " + json.dumps({"s2-sources": [[f"a{i}" for i in range(9000)], ["b"] * 200_000]})
    typed = Typed({"steps": ["s1"], "removed": [text]})
    assert undoing.last(typed) is None and undoing.undo(typed) == ""


def test_rows_come_back_behind_those_they_stood_behind():
    change = (["a", "x", "y", "b", "z"], ["a", "b"])
    typed = Typed({"s1-sources": ["b", "a", "n"], "removed": [f"s9 {json.dumps({'s1-sources': change})}"]})
    undoing.undo(typed)
    assert typed.data.getlist("s1-sources") == ["b", "z", "a", "x", "y", "n"]


def test_numbers_that_are_all_taken_are_told_not_a_crash(page: DraftPage):
    forged = {"do": "add:steps", "steps": "s1", "removed": [f"s{i} " for i in range(2, 10_000)]}
    assert page.client.post(page.url, forged).status_code == 422
