"""Who must not get a task is one question on the page of a draft, however the task is assigned."""

from __future__ import annotations

import pytest

from people.models import AdminEvent
from processes import blueprint
from processes.models import ProcessVersion, Step
from processes.tests.draft_page import DraftPage, step

pytestmark = pytest.mark.django_db


def kept_apart(version: ProcessVersion, key: str) -> set[str]:
    """The steps whose persons must not get this one when a case runs."""
    return set(Step.objects.get(version=version, key=key).apart_keys)


def store(page: DraftPage, version: ProcessVersion, **changes: str) -> DraftPage:
    """Let the step “approve” be stored otherwise; answers the page of it."""
    Step.objects.filter(version=version, key="approve").update(**changes)
    page.read(page.client.get(page.url))
    return page


def test_four_eyes_as_an_assignment_is_shown_where_four_eyes_are(page: DraftPage):
    approve = page.row("approve")
    page.press(f"open:{approve}")
    assert page.typed[f"{approve}-assignment"] == ["pool"]
    assert page.typed[f"{approve}-apart"] == [page.row("check")]
    assert 'value="not_same_as"' not in page.html


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"apart_key": "capture"},
        {"reference_key": "check, capture"},
        {"assignment": "pool", "reference_key": "", "apart_key": "check, capture"},
        {"assignment": "starter", "reference_key": "", "apart_key": "check"},
    ],
)
def test_what_nobody_touched_is_stored_as_it_was(
    page: DraftPage, version: ProcessVersion, stored: dict[str, str]
):
    store(page, version, **stored)
    before = blueprint.read(version)
    page.press(f"open:{page.row('approve')}")
    assert page.send("save").status_code == 302
    assert blueprint.read(version) == before
    assert not AdminEvent.objects.filter(kind="draft_changed").exists()


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"assignment": "pool", "reference_key": "", "apart_key": "check"},
        {"assignment": "round_robin", "reference_key": "", "apart_key": "check"},
    ],
)
def test_another_step_is_kept_apart_by_a_tick(
    page: DraftPage, version: ProcessVersion, stored: dict[str, str]
):
    store(page, version, **stored)
    rule = step(version, "approve").assignment
    page.put(f"{page.row('approve')}-apart", page.row("capture"), page.row("check")).send("save")
    assert kept_apart(version, "approve") == {"check", "capture"}
    assert step(version, "approve").assignment == rule


@pytest.mark.parametrize("rule", ["starter", "round_robin", "fewest_open"])
def test_another_assignment_leaves_four_eyes_alone(page: DraftPage, version: ProcessVersion, rule: str):
    page.put(f"{page.row('approve')}-assignment", rule).send("save")
    stored = step(version, "approve")
    assert (stored.assignment, stored.reference_key) == (rule, "")
    assert kept_apart(version, "approve") == {"check"}


def test_who_unticks_a_step_ends_four_eyes_with_it_alone(page: DraftPage, version: ProcessVersion):
    store(page, version, apart_key="capture")
    page.put(f"{page.row('approve')}-apart", page.row("capture")).send("save")
    assert kept_apart(version, "approve") == {"capture"}
    page.read(page.client.get(page.url))
    page.put(f"{page.row('approve')}-apart").send("save")
    assert kept_apart(version, "approve") == set()
    assert step(version, "approve").assignment == "pool"


def test_a_renamed_step_stays_the_one_that_is_meant(page: DraftPage, version: ProcessVersion):
    page.put(f"{page.row('check')}-key", "look").send("save")
    assert kept_apart(version, "approve") == {"look"}
