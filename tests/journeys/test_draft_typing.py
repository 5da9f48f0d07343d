"""Whoever types does not wait for the page of a draft: while it is drawn anew, nothing typed is lost or lands
elsewhere."""

import pytest
from playwright.sync_api import expect

from tests.journeys.draft_page import LEAVING, opened, press, row_of, type_in

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]
SLOW = """
const send = XMLHttpRequest.prototype.send;
XMLHttpRequest.prototype.send = function (...sent) { setTimeout(() => send.apply(this, sent), 300); };
"""
ADD = "button[value='add:steps:task']"


@pytest.fixture
def slow(page, draft):
    """The page of the draft on a slow line: each answer is a while on its way."""
    page.add_init_script(SLOW)
    opened(page, draft)
    return page


def typing(page):
    """Where one types now: name, value and place of the caret."""
    found = "(({name, value, selectionStart}) => [name, value, selectionStart])(document.activeElement)"
    return page.evaluate(found)


def steps(page):
    return page.locator(".ed-steps > li")


@pytest.mark.parametrize("pause", [0, 100, 350])
def test_a_name_typed_at_once_is_the_name_of_the_new_step(slow, pause):
    slow.click(ADD)
    slow.wait_for_timeout(pause)
    slow.keyboard.type("Ware  pruefen", delay=30)
    expect(steps(slow)).to_have_count(6)
    expect(slow.locator("[name=s6-name]")).to_have_value("Ware  pruefen")
    assert typing(slow) == ["s6-name", "Ware  pruefen", 13]


def test_what_is_corrected_before_there_is_a_field_is_corrected(slow):
    slow.click(ADD)
    slow.keyboard.type("Warx")
    slow.keyboard.press("Backspace")
    slow.keyboard.type("e")
    slow.keyboard.press("Enter")
    expect(slow.locator("[name=s6-name]")).to_have_value("Ware")
    expect(steps(slow)).to_have_count(6)


def test_each_of_two_steps_added_in_haste_has_its_name(slow):
    for name in ("Eins", "Zwei"):
        slow.click(ADD)
        slow.keyboard.type(name)
    expect(slow.locator("[name=s6-name]")).to_have_value("Eins")
    expect(slow.locator("[name=s7-name]")).to_have_value("Zwei")


def test_a_new_step_chosen_as_a_target_is_named_at_once(slow):
    press(slow, "open:s3")
    slow.focus("[name='s3-o1-w1-target']")
    slow.locator("[name='s3-o1-w1-target']").select_option("+")
    slow.keyboard.type("Nachfragen")
    expect(slow.locator("[name=s6-name]")).to_have_value("Nachfragen")


def test_who_types_elsewhere_stays_there(slow):
    note = slow.locator("[name=version-note]")
    slow.click(ADD)
    note.click()
    slow.keyboard.type("Was sich geaendert hat", delay=40)
    expect(steps(slow)).to_have_count(6)
    assert typing(slow) == ["version-note", "Was sich geaendert hat", 22]


def test_what_is_typed_and_pressed_meanwhile_is_kept_and_done(slow):
    press(slow, "open:s3")
    slow.locator("select[name='s3-o1-after']").select_option("all")
    slow.fill("[name='s3-instructions']", "Meanwhile")
    slow.click("button[value='add:fields']")
    expect(slow.locator("[name='fields']")).to_have_count(4)
    assert slow.input_value("[name='s3-instructions']") == "Meanwhile"
    assert slow.input_value("[name='s3-o1-after']") == "all"


def test_the_caret_stays_where_one_writes(slow):
    slow.fill("[name=s3-name]", "Pruefen")
    slow.keyboard.press("Home")
    slow.keyboard.press("Control+s")
    slow.keyboard.type("Genau ", delay=90)
    expect(slow.locator("#editor[data-saved]")).to_be_attached()
    expect(slow.locator("#ed-state")).to_have_text("Noch nicht gespeichert")
    assert typing(slow) == ["s3-name", "Genau Pruefen", 6]
    assert slow.evaluate(LEAVING)


def test_while_it_is_saved_one_goes_on_in_the_same_step(slow):
    """Saving numbers the rows anew."""
    slow.focus("[name=s4-name]")
    slow.keyboard.press("Alt+ArrowUp")
    press(slow, "open:s4")
    press(slow, "remove:s4-o1")
    slow.click("[value=save]")
    slow.fill("[name=s4-o2-label]", "abgelehnt")
    slow.fill("[name=s4-name]", "Freigeben")
    expect(slow.locator("#editor[data-saved]")).to_be_attached()
    expect(slow.locator("#ed-state")).to_have_text("Noch nicht gespeichert")
    approve = row_of(slow, "approve")
    assert approve == "s3"
    assert slow.input_value(f"[name={approve}-name]") == "Freigeben"
    assert slow.input_value(f"[name={approve}-o1-label]") == "abgelehnt"
    assert slow.input_value(f"[name={row_of(slow, 'check')}-name]") == "Check"


def test_what_is_typed_into_a_step_that_closes_is_carried_along(slow):
    press(slow, "open:s3")
    slow.click("button[value='close:s3']")
    slow.fill("[name=s3-instructions]", "Genau hinsehen")
    expect(slow.locator("button[value='open:s3']")).to_be_visible()
    press(slow, "open:s3")
    assert slow.input_value("[name=s3-instructions]") == "Genau hinsehen"


def test_moves_by_key_wait_for_the_page(slow):
    slow.focus("[name=s4-name]")
    slow.keyboard.press("Control+s")
    slow.keyboard.press("Alt+ArrowUp")
    expect(steps(slow).nth(2).locator("[name$=-name]")).to_have_value("Approve")


def test_the_picture_is_looked_at_as_one_likes_while_it_is_on_its_way(slow):
    type_in(slow, "s3-name", "Pruefen")
    with slow.expect_response(lambda answer: "do=preview" in (answer.request.post_data or "")):
        slow.wait_for_timeout(450)
        slow.check("[name=pinned]")
    expect(slow.locator("#preview")).to_contain_text("Pruefen")
    assert slow.is_checked("[name=pinned]")
    assert slow.evaluate("document.activeElement.name") == "pinned"


def test_an_answer_that_fails_loses_nothing_and_the_next_one_counts(slow):
    slow.route("**/change/", lambda route: route.fulfill(status=500))
    slow.click(ADD)
    slow.fill("[name=version-note]", "Trotzdem")
    expect(slow.locator("#ed-trouble")).to_be_visible()
    slow.unroute_all()
    slow.click(ADD)
    slow.keyboard.type("Pruefen")
    expect(slow.locator("[name=s6-name]")).to_have_value("Pruefen")
    assert slow.input_value("[name=version-note]") == "Trotzdem"
    expect(steps(slow)).to_have_count(6)
