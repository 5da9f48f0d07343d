"""The page of a draft under attack: forged names, keys nobody sees, others in between."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from processes import blueprint
from processes.editing.typed import Typed
from processes.models import ProcessVersion
from processes.tests.builders import MONDAY
from processes.tests.draft_page import DraftPage, step

pytestmark = pytest.mark.django_db


# -- names of rows -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", ["s" + "9" * 5000, "s٣", "s99999", "s", "s1x", "s-1"])
def test_a_forged_name_of_a_row_is_no_row(page: DraftPage, row: str):
    page.put("steps", *page.typed["steps"], row).press("add:steps:task")
    assert row not in page.typed["steps"]


def test_rows_are_numbered_on_when_the_last_number_is_taken():
    typed = Typed({"steps": ["s1", "s9999"]})
    assert typed.add("steps") == "s2"
    assert typed.rows("steps") == ["s1", "s9999", "s2"]


def test_removing_a_row_leaves_texts_that_read_like_it():
    typed = Typed({"steps": ["s1", "s2"], "s1-name": ["s2"], "version-note": ["Zu: s2", "zu:s2"]})
    typed.data.setlist("s1-o1-target", ["s2"])
    typed.remove("s2")
    assert typed.get("s1-name") == "s2"
    assert typed.data.getlist("version-note") == ["Zu: s2", "zu:s2"]
    assert not typed.get("s1-o1-target")


def test_a_kind_nobody_knows_is_looked_at_as_a_task_and_refused(page: DraftPage, version: ProcessVersion):
    row = page.row("check")
    page.put(f"{row}-kind", "hacker")
    assert page.send("preview").status_code == 200
    assert page.send("save").status_code == 422
    assert step(version, "check").kind == "task"


# -- what nobody sees ----------------------------------------------------------------------------------------


def test_a_short_name_typed_twice_is_a_fault_of_the_second(page: DraftPage):
    page.put(f"{page.row('check')}-key", "twice").put("s2-key", "twice")
    assert page.send("preview").status_code == 200
    response = page.send("save")
    assert response.status_code == 422
    assert response.content.decode().count('<li><a href="#id_') == 1


@pytest.mark.parametrize("key", ["k" * 61, "<b>", "Ärger", "a\nb"])
def test_a_hidden_key_that_cannot_be_one_is_made_anew(page: DraftPage, version: ProcessVersion, key: str):
    row = page.row("check")
    page.put(f"{row}-o1-key", key).put(f"{row}-i1-key", key)
    assert page.send("save").status_code == 302
    stored = step(version, "check")
    assert [one.key for one in stored.outcomes] == ["ok", "incomplete", "refuse"]
    assert [one.key for one in stored.checklist] == ["ware_gesehen", "photo"]


def test_a_hidden_key_sent_twice_belongs_to_the_first(page: DraftPage, version: ProcessVersion):
    row = page.row("check")
    for number in (1, 2):
        page.put(f"{row}-o{number}-key", "same").put(f"{row}-i{number}-key", "same")
    assert page.send("save").status_code == 302
    stored = step(version, "check")
    assert [one.key for one in stored.outcomes] == ["same", "incomplete", "refuse"]
    assert [one.key for one in stored.checklist] == ["same", "foto_gemacht"]


def test_outcomes_of_a_task_that_became_automatic_keep_keys_of_their_own(
    page: DraftPage, version: ProcessVersion
):
    row = page.row("check")
    page.put(f"{row}-kind", "action").put(f"{row}-do", "set").put(f"{page.row('approve')}-apart")
    for number in (1, 2, 3):
        page.put(f"{row}-o{number}-label", "Failed").put(f"{row}-o{number}-key", "failed")
    assert page.send("save").status_code == 302
    assert len({one.key for one in step(version, "check").outcomes}) == 3


@pytest.mark.parametrize(
    "merges",
    [
        "[" * 1900,
        json.dumps([["capture", "k" * 100, "n"]]),
        json.dumps([["capture", "vor", "\x00\ud800" + "n" * 500]]),
    ],
)
def test_gateways_the_page_carries_are_judged(page: DraftPage, version: ProcessVersion, merges: str):
    row = page.row("check")
    page.put(f"{row}-gather", "all").put(f"{row}-sources", page.row("capture"), page.row("approve"))
    page.put(f"{row}-merges", merges).put(f"{row}-wait_gateway", "g" * 100).put(f"{row}-wait_name", "n" * 500)
    assert page.send("save").status_code == 302
    for one in blueprint.read(version).steps:
        assert len(one.key) <= 60
        assert len(one.name) <= 120
        assert "\x00" not in one.name


def test_a_process_named_by_no_key_is_no_choice(page: DraftPage):
    page.put("s2-kind", "subprocess").put("s2-process", "a\x00b")
    assert page.send("preview").status_code == 200
    assert page.send("save").status_code == 422


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_fixed_date_beyond_all_calendars_is_a_fault(page: DraftPage, version: ProcessVersion, day: str):
    """It would stop every start of a case."""
    page.put("s2-due-basis", "date").put("s2-due-day", day)
    assert page.send("preview").status_code == 200
    assert page.send("save").status_code == 422
    assert not step(version, "capture").deadlines


# -- others in between ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seen", ["9" * 5000, "-1", "x", "", "٣", "2"])
def test_a_forged_number_of_the_version_seen_saves_nothing(
    page: DraftPage, version: ProcessVersion, seen: str
):
    page.put("s2-name", "Neu").put("seen_version", seen)
    assert page.send("save").status_code == 409
    assert step(version, "capture").name == "Capture"


@pytest.mark.parametrize("do", ["save", "publish", "add:steps:task", "redraw"])
def test_a_draft_published_meanwhile_keeps_what_was_typed(page: DraftPage, version: ProcessVersion, do: str):
    ProcessVersion.objects.filter(state="published").update(state="retired")
    version.publish(by=None, at=MONDAY)
    version.save()
    response = page.put("s2-name", "Getippt").send(do, HX_Request="true")
    assert response.status_code == 409
    html = response.content.decode()
    assert 'value="Getippt"' in html
    assert step(version, "capture").name == "Capture"


def test_a_draft_deleted_meanwhile_is_not_found(page: DraftPage, version: ProcessVersion):
    version.delete()
    for do in ("save", "preview", "redraw", "remove:s2"):
        assert page.send(do).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_version_begins_empty_on_its_own(admin: Client, method: str):
    response = getattr(admin, method)("/admin/processes/processversion/add/")
    assert response.status_code == 403


@pytest.mark.parametrize("do", ["redraw", "save"])
def test_an_unknown_word_for_how_many_ways_is_the_usual_one(page: DraftPage, do: str):
    name = next(one for one in page.typed if one.endswith("-after"))
    assert page.put(name, "x").send(do).status_code < 500
