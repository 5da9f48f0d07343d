"""A process administrator in a real browser: from an empty draft to a published process with a part that runs
at the same time, a vote and a clock, from the page alone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from processes import blueprint
from processes.models import ProcessVersion
from tasks.models import Task
from tests.journeys.browsing import go_on, log_in
from tests.journeys.draft_page import LEAVING, choose, is_fine, new_task, opened, press, row_of, type_in

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]


def test_a_process_is_built_mended_and_published(page, office):
    page.set_viewport_size({"width": 1440, "height": 900})
    log_in(page, "pia")
    page.goto(reverse("admin:processes_processdefinition_add"))
    type_in(page, "name", "Dienstreise")
    page.select_option("#id_owner_team", index=1)
    page.click("input[name=_save]")
    page.wait_for_selector("#editor")
    is_fine(page)

    press(page, "open:s1")
    approve = new_task(page, "s1-on", "Antrag abstimmen")
    choose(page, f"{approve}-over", "team")
    page.locator(f"select[name='{approve}-repeat_team']").select_option("office")
    type_in(page, f"{approve}-o1-label", "genehmigt")
    press(page, f"add:{approve}-outcomes")
    type_in(page, f"{approve}-o2-label", "keine Einigung")
    choose(page, f"{approve}-o2-w1-target", row_of(page, "ende"))
    press(page, "repair:no_agreement_missing:antrag_abstimmen")
    press(page, f"add:{approve}-outcomes")
    type_in(page, f"{approve}-o3-label", "zu spät")
    choose(page, f"{approve}-o3-chosen_by", "clock")
    type_in(page, f"{approve}-o3-clock-amount", "5")
    end = row_of(page, "ende")
    choose(page, f"{approve}-o3-w1-target", end)

    choose(page, f"{approve}-o1-after", "all")
    hotel = new_task(page, f"{approve}-o1-w1", "Hotel buchen")
    train = new_task(page, f"{approve}-o1-w2", "Bahn buchen")
    for row in (hotel, train):
        press(page, f"open:{row}")
        choose(page, f"{row}-o1-w1-target", end)
    is_fine(page)
    expect(page.locator("#preview .ed-tag.ed-bad")).to_have_count(0)

    with page.expect_navigation():
        page.click("[name=do][value=publish]")
    with page.expect_navigation():
        page.click("button:has-text('Version 1 veröffentlichen')")
    version = ProcessVersion.objects.get(definition__key="dienstreise")
    assert version.state == "published"
    plan = blueprint.read(version)
    vote = next(step for step in plan.steps if step.key == "antrag_abstimmen")
    assert [(one.label, one.is_clock, one.is_no_agreement) for one in vote.outcomes] == [
        ("genehmigt", False, False),
        ("keine Einigung", False, True),
        ("zu spät", True, False),
    ]
    assert sum(flow.outcome == "genehmigt" for flow in plan.flows) == 2


@pytest.mark.parametrize(("width", "scheme"), [(1024, "dark"), (390, "light")])
def test_everything_of_a_step_is_usable_on_every_screen(page, draft, width, scheme):
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    opened(page, draft)
    press(page, "open:s3")
    choose(page, "s3-o1-after", "data")
    choose(page, "s3-o1-w1-c1-field", "f1")
    type_in(page, "s3-o1-w1-c1-value_text", "5000")
    expect(page.locator("#s3-o1-w1-sentence")).to_have_text("Wenn Betrag 5.000,00\xa0€ ist")
    is_fine(page)


def test_steps_move_by_keys_and_nothing_typed_is_left_behind(page, draft):
    opened(page, draft)
    page.focus("[name=s4-name]")
    page.keyboard.press("Alt+ArrowUp")
    assert page.evaluate("document.activeElement.name") == "s4-name"
    expect(page.locator("#ed-live")).to_have_text("An Stelle 3 verschoben.")
    assert page.evaluate(LEAVING)
    page.keyboard.press("Control+s")
    expect(page.locator("#ed-state")).to_have_text("Der Entwurf ist gespeichert.")
    assert [step.key for step in draft.steps.all()] == ["start", "capture", "approve", "check", "end"]
    assert not page.evaluate(LEAVING)


def test_when_the_session_ends_what_was_typed_stays_and_is_saved_after_logging_in(page, draft):
    opened(page, draft)
    type_in(page, "version-note", "Vor der Pause")
    cookies = page.context.cookies()
    page.context.clear_cookies(name="session")
    page.click("[name=do][value=save]")
    expect(page.locator("#ed-away")).to_be_visible()
    expect(page.locator("[name='version-note']")).to_have_value("Vor der Pause")
    page.context.add_cookies(cookies)
    page.click("[data-back]")
    expect(page.locator("#ed-away")).to_be_hidden()
    page.click("[name=do][value=save]")
    expect(page.locator("#ed-state")).to_have_text("Der Entwurf ist gespeichert.")
    draft.refresh_from_db()
    assert draft.note == "Vor der Pause"


def test_it_works_without_script(page, browser, live_server, draft):
    log_in(page, "pia")
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    door = reverse("admin:processes_processversion_change", args=[draft.pk])
    plain.goto(f"{live_server.url}{door}")
    go_on(plain, plain.locator("button[value='open:s3']"))
    plain.fill("[name='s3-instructions']", "Ohne Skript")
    go_on(plain, plain.locator("button[value='up:s4']").first)
    go_on(plain, plain.locator("button[value=save]").first)
    expect(plain.locator(".messagelist")).to_contain_text("Der Entwurf ist gespeichert.")
    assert draft.steps.get(key="check").instructions == "Ohne Skript"
    context.close()


def test_a_template_is_taken_over_published_and_started(page, office):
    log_in(page, "pia")
    page.goto(reverse("admin:process_template", args=["ticket"]))
    page.select_option("[name='team-kundenservice']", "office")
    page.click("text=Als Entwurf übernehmen")
    page.wait_for_selector("#editor")
    expect(page.locator("#preview .ed-tag.ed-bad")).to_have_count(0)
    expect(page.locator(".ed-steps > li")).to_have_count(5)
    with page.expect_navigation():
        page.click("[name=do][value=publish]")
    with page.expect_navigation():
        page.click("button:has-text('Version 1 veröffentlichen')")
    log_in(page, "anna")
    page.goto("/processes/ticket/start/")
    page.fill("[name=field_anliegen]", "Der Drucker druckt nicht.")
    with page.expect_navigation():
        page.click("button:has-text('Vorgang starten')")
    task = Task.objects.get()
    assert (task.title, task.team.key) == ("Ticket bearbeiten", "office")


def test_the_page_stays_where_one_looks(page, draft):
    page.set_viewport_size({"width": 1440, "height": 900})
    opened(page, draft)
    press(page, "open:s3")
    select = page.locator("select[name='s3-o1-after']")
    select.focus()
    before = select.bounding_box()["y"]
    choose(page, "s3-o1-after", "all")
    assert abs(select.bounding_box()["y"] - before) < 3
    assert page.evaluate("document.activeElement.name") == "s3-o1-after"


def test_what_was_opened_stays_open_while_the_page_is_drawn_anew(page, draft):
    opened(page, draft)
    press(page, "open:s3")
    page.locator("#s3-more summary").click()
    page.fill("[name='s3-name']", "Anders")
    choose(page, "s3-o1-after", "all")
    assert page.locator("#s3-more").get_attribute("open") is not None
    expect(page.locator("[name='s3-name']")).to_have_value("Anders")
