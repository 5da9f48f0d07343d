"""What the page of a draft says and keeps about steps that several ways lead to."""

from __future__ import annotations

import pytest
from django.test import Client

from processes import blueprint, publishing
from processes.models import ProcessVersion
from processes.tests.builders import make_version, parallel
from processes.tests.draft_page import DraftPage, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def together() -> ProcessVersion:
    """A draft in which two tasks run at the same time and a third waits for both."""
    return publishing.new_draft(make_version(parallel()), by=None)


def saved(admin: Client, page: DraftPage, version: ProcessVersion) -> DraftPage:
    """The draft as it is opened after it was saved."""
    assert page.send("save").status_code == 302
    return opened(admin, version)


def into(version: ProcessVersion, join: str) -> set[str]:
    return {one.source for one in blueprint.read(version).flows if one.target == join}


def test_who_waits_for_all_still_does_after_a_way_led_elsewhere(admin: Client, together: ProcessVersion):
    page = opened(admin, together)
    page.put(f"{page.row('right')}-o1-w1-target", page.row("end"))
    page = saved(admin, page, together)
    assert into(together, "join") == {"left"}
    pay = page.row("pay")
    assert page.typed[f"{pay}-gather"] == ["all"]
    page.put(f"{page.row('right')}-o1-w1-target", pay).press("redraw")
    assert page.typed[f"{pay}-sources"] == [page.row("left"), page.row("right")]
    saved(admin, page, together)
    assert into(together, "join") == {"left", "right"}
    assert into(together, "pay") == {"join"}


def test_what_got_there_without_waiting_still_does(admin: Client, together: ProcessVersion):
    page = opened(admin, together)
    pay, right = page.row("pay"), page.row("right")
    page.press(f"add:{pay}-outcomes").put(f"{pay}-o2-label", "noch einmal").put(f"{pay}-o2-w1-target", pay)
    page.put(f"{right}-o1-w1-target", page.row("end"))
    page = saved(admin, page, together)
    page.put(f"{page.row('right')}-o1-w1-target", page.row("pay")).press("redraw")
    assert page.typed[f"{page.row('pay')}-sources"] == [page.row("left"), page.row("right")]


def test_who_shall_not_wait_does_not(admin: Client, together: ProcessVersion):
    page = opened(admin, together)
    page.put(f"{page.row('right')}-o1-w1-target", page.row("end"))
    page = saved(admin, page, together)
    page.put(f"{page.row('pay')}-gather", "")
    page = saved(admin, page, together)
    assert into(together, "pay") == {"left"}
    page.put(f"{page.row('right')}-o1-w1-target", page.row("pay"))
    saved(admin, page, together)
    assert into(together, "pay") == {"left", "right"}


def begun_together(admin: Client, version: ProcessVersion) -> tuple[DraftPage, str, str]:
    """A page on which two tasks begin at the same time, the second of which leads nowhere yet."""
    page = opened(admin, version)
    page.put(f"{page.row('pay')}-gather", "").put(f"{page.row('right')}-o1-w1-target", "")
    page = saved(admin, page, version)
    return page, page.row("right"), page.row("pay")


def test_the_second_way_of_a_part_at_once_is_waited_for(admin: Client, together: ProcessVersion):
    page, right, pay = begun_together(admin, together)
    page.put(f"{right}-o1-w1-target", pay).press("redraw")
    assert page.typed[f"{pay}-gather"] == ["all"]
    assert page.typed[f"{pay}-sources"] == [page.row("left"), right]
    assert "wenn alle diese erledigt sind: Left, Right" in page.html
    page.put(f"{pay}-gather", "").press("redraw")
    assert f"{pay}-gather" not in page.typed or page.typed[f"{pay}-gather"] == [""]
    assert f'value="gather:{pay}"' in page.html
    page.press(f"gather:{pay}")
    assert page.typed[f"{pay}-gather"] == ["all"]


def test_ways_of_which_one_only_comes_are_not_waited_for(admin: Client, together: ProcessVersion):
    page, right, pay = begun_together(admin, together)
    for way in [one for one in page.typed if one.endswith("-on-after")]:
        if page.typed[way] == ["all"]:
            page.put(way, "data")
    page.put(f"{right}-o1-w1-target", pay).press("redraw")
    assert page.typed.get(f"{pay}-gather", [""]) == [""]
    assert f'value="gather:{pay}"' not in page.html


def test_a_draft_that_does_not_wait_is_told_and_left_as_it_is(admin: Client, together: ProcessVersion):
    page = opened(admin, together)
    page.put(f"{page.row('pay')}-gather", "")
    page = saved(admin, page, together)
    pay = page.row("pay")
    assert f'value="gather:{pay}"' in page.html
    page.press(f"open:{pay}")
    assert page.typed[f"{pay}-gather"] == [""]


def test_a_join_that_is_gone_is_stopped_by_nobody(admin: Client, together: ProcessVersion):
    page = opened(admin, together)
    left, right, pay, end = (page.row(key) for key in ("left", "right", "pay", "end"))
    page.put(f"{left}-o1-cancels", f"wait:{pay}")
    for row in (left, right):
        page.put(f"{row}-o1-w1-target", end)
    page.press("redraw")
    assert "join" not in page.html.partition("<form id=")[0]
    saved(admin, page, together)
    assert not any(one.cancels for step in blueprint.read(together).steps for one in step.outcomes)


def test_who_waits_no_more_is_stopped_by_nobody(admin: Client, together: ProcessVersion):
    page = opened(admin, together)
    pay = page.row("pay")
    page.put(f"{page.row('left')}-o1-cancels", f"wait:{pay}").put(f"{pay}-gather", "")
    saved(admin, page, together)
    assert not any(one.cancels for step in blueprint.read(together).steps for one in step.outcomes)
