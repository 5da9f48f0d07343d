"""A task inserted after a step of a draft: at that place of the list and of the course."""

from __future__ import annotations

import pytest

from processes import blueprint
from processes.models import ProcessVersion
from processes.tests.draft_page import DraftPage

pytestmark = pytest.mark.django_db


def inserted(page: DraftPage, key: str) -> str:
    """The row of the task inserted after a step."""
    before = set(page.typed["steps"])
    page.press(f"insert:{page.row(key)}")
    (new,) = set(page.typed["steps"]) - before
    steps = page.typed["steps"]
    assert steps.index(new) == steps.index(page.row(key)) + 1
    assert f'data-focus="{new}"' in page.html
    return new


def leads_to(page: DraftPage, way: str) -> str:
    return page.typed[f"{page.typed[f'{way}-branches'][0]}-target"][0]


def test_what_followed_follows_the_new_task(page: DraftPage, version: ProcessVersion):
    start, capture = page.row("start"), page.row("capture")
    new = inserted(page, "start")
    assert leads_to(page, f"{start}-on") == new
    assert leads_to(page, f"{new}-o1") == capture
    page.put(f"{new}-name", "Annehmen").send("save")
    flows = {(one.source, one.target) for one in blueprint.read(version).flows}
    assert {("start", "annehmen"), ("annehmen", "capture")} <= flows
    assert ("start", "capture") not in flows


def test_several_outcomes_keep_their_ways(page: DraftPage):
    check = page.row("check")
    before = [leads_to(page, f"{check}-o{number}") for number in (1, 2, 3)]
    new = inserted(page, "check")
    assert [leads_to(page, f"{check}-o{number}") for number in (1, 2, 3)] == before
    assert leads_to(page, f"{new}-o1") == ""


def test_an_outcome_that_leads_nowhere_yet_leads_to_the_new_task(page: DraftPage):
    check = page.row("check")
    page.put(f"{check}-o2-w1-target", "")
    new = inserted(page, "check")
    assert leads_to(page, f"{check}-o2") == new
    assert leads_to(page, f"{new}-o1") == ""


def test_who_waits_for_the_step_waits_for_the_new_task(page: DraftPage):
    start, end = page.row("start"), page.row("end")
    page.put(f"{start}-on-after", "all").press("redraw").put(f"{start}-on-w2-target", "+").press("redraw")
    (beside,) = page.typed[f"{start}-on-w2-target"]
    page.put(f"{beside}-o1-w1-target", end).put(f"{beside}-name", "Nebenher").put(f"{beside}-key", "beside")
    page.put(f"{end}-gather", "all").put(f"{end}-sources", beside, page.row("approve")).press("redraw")
    new = inserted(page, "beside")
    assert page.typed[f"{end}-sources"] == [new, page.row("approve")]
    assert leads_to(page, f"{new}-o1") == end


@pytest.mark.parametrize("what", ["", "s99", "f1", "s3-o1", "__class__"])
def test_nothing_is_inserted_after_what_is_no_step(page: DraftPage, what: str):
    before = page.typed["steps"]
    assert page.press(f"insert:{what}").typed["steps"] == before


def test_nothing_is_offered_after_an_end(page: DraftPage):
    assert f'value="insert:{page.row("check")}"' in page.html
    assert f'value="insert:{page.row("end")}"' not in page.html


def test_a_new_step_leads_back_to_the_outcome_that_asked_for_it(page: DraftPage):
    """Whoever enters outcome after outcome goes on there; a way that leads elsewhere now asks no more."""
    capture = page.row("capture")
    way = f"{capture}-o1"
    branch = page.press(f"open:{capture}").typed[f"{way}-branches"][0]
    page.put(f"{branch}-target", "+").press("redraw")
    (new,) = page.typed[f"{branch}-target"]
    back = f'data-row="{capture}" data-input="id_{branch}-target"'
    assert back in page.html
    assert f'id="id_{branch}-target"' in page.html
    assert back in page.press(f"open:{new}").html
    page.put(f"{branch}-target", page.row("end")).press("redraw")
    assert back not in page.html


@pytest.mark.parametrize("nonsense", ["", "s1", "s99-o1-w1", "open:s1", "-w1", 'x"><b>', "s1-on-w1"])
def test_what_asked_for_a_step_is_judged(page: DraftPage, nonsense: str):
    capture = page.row("capture")
    page.put(f"{capture}-asked_by", nonsense).press(f"open:{capture}")
    assert ("ed-back" in page.html) == (nonsense == f"{page.row('start')}-on-w1")
