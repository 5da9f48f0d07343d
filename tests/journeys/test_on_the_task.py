"""On the page of a task: a comment not sent is found again, and what was missing goes as it is ticked."""

import pytest
from playwright.sync_api import expect

from customers import records
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, ItemPlan, StepFieldPlan, StepPlan
from processes.tests.builders import flows, make_team, make_user, make_version, node, task
from tasks.models import ProcessEvent
from tests.journeys.browsing import log_in, violations

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]
COMMENT = "#comment-text"


@pytest.fixture
def work():
    """A task of Anna with two mandatory activities and a customer to choose; Bert is her colleague."""
    team = make_team()
    anna, _bert = make_user("Anna", team), make_user("Bert", team)
    for name in ("Bäckerei Hollerbach", "Vogt Maschinen"):
        records.create(by=SYSTEM, kind="organisation", name=name)
    items = (ItemPlan("seen", "Ware gesehen", True), ItemPlan("bill", "Beleg liegt vor", True))
    plan = Blueprint(
        fields=(FieldPlan("client", "Kunde", "customer"),),
        steps=(
            StepPlan("start", "start", "Start"),
            task("check", fields=(StepFieldPlan("client"),), checklist=items),
            node("end", "end"),
        ),
        flows=flows("start>check", "check.done>end"),
    )
    case = runtime.start(make_version(plan), by=anna)
    return runtime.claim(case.tasks.get(), by=anna)


def opened(page, work):
    page.goto(f"/tasks/{work.pk}/")
    page.wait_for_load_state()


def test_a_comment_not_sent_is_found_again_until_it_is_sent_or_somebody_else_comes(page, work):
    log_in(page, "anna")
    opened(page, work)
    page.fill(COMMENT, "Rückruf am Montag")
    page.goto("/customers/")
    opened(page, work)
    expect(page.locator(COMMENT)).to_have_value("Rückruf am Montag")
    page.click("#comments button[type=submit]")
    expect(page.locator("#comments .cm")).to_contain_text("Rückruf am Montag")
    opened(page, work)
    expect(page.locator(COMMENT)).to_have_value("")
    assert ProcessEvent.objects.filter(kind="commented").count() == 1
    page.fill(COMMENT, "Nur für mich")
    log_in(page, "bert")
    opened(page, work)
    expect(page.locator(COMMENT)).to_have_value("")
    log_in(page, "anna")
    opened(page, work)
    expect(page.locator(COMMENT)).to_have_value("")


def test_what_is_ticked_goes_out_of_what_is_missing(page, work):
    log_in(page, "anna")
    opened(page, work)
    page.click(".bar button.out")
    box, items = page.locator(".errsum"), page.locator(".checks .chk")
    expect(box.locator("li")).to_have_count(2)
    items.nth(0).check()
    expect(box.locator("li").nth(0)).to_be_hidden()
    expect(box).to_be_visible()
    items.nth(1).check()
    expect(box).to_be_hidden()


def test_a_customer_is_found_by_a_search_and_kept_with_the_draft(page, work):
    log_in(page, "anna")
    opened(page, work)
    page.fill("[aria-controls=field_client]", "vogt")
    expect(page.locator("#field_client option:checked")).to_have_text("Vogt Maschinen")
    expect(page.locator("#field_client_hits")).to_contain_text("1")
    expect(page.locator("#draft-state time, #draft-state")).not_to_be_empty()
    assert violations(page, ".form") == []
    opened(page, work)
    expect(page.locator("#field_client option:checked")).to_have_text("Vogt Maschinen")
