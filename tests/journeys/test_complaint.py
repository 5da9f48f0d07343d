"""A complaint from the imported process to its end, in a real browser, watched by the real clock."""

import datetime as dt
import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from processes import runtime
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import make_team, make_user
from prozesstool.management.commands import serve
from prozesstool.supervisor import python
from prozesstool.tests.processes import wait_until
from tasks.models import Task
from tests.journeys.browsing import log_in

pytestmark = [
    pytest.mark.journey,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("journey"),
]

PATIENCE = 60.0


@pytest.fixture
def people():
    service, quality = make_team(name="Service"), make_team("quality", name="Qualität")
    return {
        "admin": make_user("Adele", is_process_admin=True),
        "anna": make_user("Anna", service),
        "bert": make_user("Bert", quality),
        "lena": make_user("Lena", service, lead=True),
    }


def import_change_publish(page):
    """The administrator imports the process, gives a step its instructions, publishes."""
    call_command("import_process", str(Path(__file__).parent / "reklamation.yaml"))
    draft = ProcessDefinition.objects.get(key="reklamation_kurz").versions.get()
    log_in(page, "adele")
    page.goto(f"/admin/processes/processversion/{draft.pk}/change/")
    row = page.locator("input[value='pruefen'][name$='-key']").get_attribute("name").removesuffix("-key")
    page.click(f"button[value='open:{row}']")
    page.fill(f"[name='{row}-instructions']", "Bitte die Ware ansehen.")
    for button in ("[name=do][value=publish]", "button:has-text('Version 1 veröffentlichen')"):
        with page.expect_navigation():
            page.click(button)
    page.wait_for_load_state()
    draft.refresh_from_db()
    assert draft.state == "published"


def start_and_capture(page):
    """Anna starts a case, takes the first task over and ends it."""
    log_in(page, "anna")
    page.goto("/processes/")
    page.get_by_role("link", name="Reklamation kurz").first.click()
    page.fill("[name=title]", "Glas zerbrochen")
    page.get_by_role("button", name="Vorgang starten").click()
    expect(page.locator(".errsum")).to_contain_text("Mangel")
    page.get_by_label("Mangel").fill("Drei Gläser zerbrochen")
    page.get_by_role("button", name="Vorgang starten").click()
    page.wait_for_url(re.compile(r"/(tasks|cases)/\d+/"))
    case = ProcessInstance.objects.get()
    page.goto("/tasks/?folder=team")
    page.get_by_role("link", name="Reklamation erfassen").click()
    page.get_by_role("button", name="Übernehmen").click()
    outcome = page.locator("[data-outcome]", has_text="vollständig")
    expect(outcome).to_contain_text("danach: Reklamation prüfen")
    outcome.click()
    page.get_by_text("erledigt: vollständig").first.wait_for()
    return case


def check(page, case):
    """Bert finds the next task, is held by its gates, then passes them."""
    log_in(page, "bert")
    page.goto("/tasks/?folder=team")
    page.get_by_role("link", name="Reklamation prüfen").click()
    expect(page.get_by_text("Bitte die Ware ansehen.")).to_be_visible()
    page.get_by_role("button", name="Übernehmen").click()
    page.locator("[data-outcome]", has_text="berechtigt").first.click()
    expect(page.locator(".errsum")).to_contain_text("Ware gesehen")
    page.get_by_label("Ware gesehen").check()
    page.get_by_text("1 von 2 erledigt").wait_for()
    page.get_by_label("Ursache").select_option("bruch")
    page.get_by_text("Entwurf gespeichert").wait_for()
    page.goto(f"/tasks/{case.tasks.get(step_key='pruefen').pk}/")
    expect(page.get_by_label("Ursache")).to_have_value("bruch")
    page.locator("[data-outcome]", has_text="berechtigt").first.click()
    page.get_by_text("erledigt: berechtigt").first.wait_for()
    case.refresh_from_db()
    assert (case.state, case.result, case.data["ursache"]) == ("finished", "abgeschlossen", "bruch")


def overdue_case(anna):
    """A case whose first deadline passed a week ago, unseen by any clock so far."""
    version = ProcessDefinition.objects.get(key="reklamation_kurz").published
    at = timezone.now() - dt.timedelta(days=7)
    return runtime.start(version, by=anna, title="Lieferung fehlt", data={"mangel": "Nichts da"}, at=at)


def watch(environment, folder, case):
    """The real beat and a real worker find what is late."""
    commands = [
        python(*serve.CELERY, "worker", "--queues", "clock,mail", "--pool", "solo", "--loglevel", "warning"),
        python(*serve.CELERY, "beat", "--schedule", str(folder / "beat"), "--pidfile", ""),
    ]
    parts = [
        subprocess.Popen(
            command, cwd=settings.BASE_DIR, env={**environment, "TICK_SECONDS": "1"}, start_new_session=True
        )
        for command in commands
    ]
    try:
        wait_until(lambda: Task.objects.get(instance=case).escalation_level >= 3, PATIENCE)
    finally:
        for part in parts:
            part.kill()
            part.wait()


def see_escalation(page):
    """The lead is told, opens the task from the notification and passes it on."""
    log_in(page, "lena")
    page.goto("/notifications/")
    page.get_by_role("button", name=re.compile("Reklamation erfassen.*überfällig.*· Leitung")).click()
    page.wait_for_url(re.compile(r"/tasks/\d+/"))
    assert page.locator(".facts").inner_text().count("überfällig") == 1
    expect(page.locator(".facts")).to_contain_text("Eskaliert")


def see_whole_path(page, case):
    """The page of the finished case tells everything that happened."""
    log_in(page, "anna")
    page.goto(f"/cases/{case.pk}/")
    text = page.locator("main").inner_text()
    for happened in (
        "Vorgang gestartet",
        "Reklamation erfassen: vollständig",
        "Reklamation prüfen: berechtigt",
    ):
        assert happened in text
    assert "Abgeschlossen" in text


def test_a_complaint_runs_from_its_first_task_to_its_last(page, people, service_env, tmp_path):
    import_change_publish(page)
    case = start_and_capture(page)
    check(page, case)
    late = overdue_case(people["anna"])
    watch(service_env, tmp_path, late)
    see_escalation(page)
    see_whole_path(page, case)
    call_command("verify")
