"""What the card of an open step says where a version is played through: votes, how a deadline was counted."""

import pytest

from processes.blueprint import DeadlinePlan
from processes.tests.builders import make_team, task
from processes.tests.plays import Page, chain, draft
from processes.tests.test_runtime_votes import vote

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("repeat", "said"),
    [
        ({"quorum": "all"}, "stands for the voices of all"),
        ({"quorum": "first"}, "stands for the first voice"),
        ({"quorum": "majority"}, "stands for the majority of the voices"),
        ({"quorum": "count", "count": 2}, "stands for 2 equal voices"),
        ({"quorum": "count", "count": 1}, "stands for 1 voice"),
    ],
)
def test_one_click_on_a_vote_says_for_whose_voices_it_stands(repeat: dict[str, object], said: str):
    make_team("board")
    page = Page(draft(vote(over="team", key="board", **repeat)))
    page.click("begin")
    (step,) = page.answer.context["open_steps"]
    assert [one.note for one in step.buttons] == [said, said, "the voices do not agree"]
    assert f"({said})" in page.text


@pytest.mark.parametrize(("duration", "has_column"), [("2d", False), ("3h", True)])
def test_a_deadline_has_a_column_of_durations_only_where_some_were_counted(duration: str, has_column: bool):
    page = Page(draft(chain(task("check", deadlines=(DeadlinePlan(offset=duration),)))))
    page.click("begin")
    assert "How it was counted" in page.text
    assert ("Duration</th>" in page.text) is has_column
