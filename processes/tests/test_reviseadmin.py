"""Correcting texts in the administration: typed, shown old → new, saved; nothing typed is lost."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import gettext

from people.models import AdminEvent
from processes import blueprint, publishing, revising, runtime
from processes.models import ProcessVersion, TextRevision
from processes.tests.builders import MONDAY, complaint, make_team, make_user, make_version
from processes.tests.pages import form_values
from tasks.models import Task

pytestmark = pytest.mark.django_db
NAME, LABEL = "text:steps.check.name", "text:steps.check.outcomes.ok.label"
INSTRUCTIONS = "text:steps.capture.instructions"
REASON = {"reason": "Tippfehler"}


@pytest.fixture
def version() -> ProcessVersion:
    return make_version(complaint())


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(make_user("Admin", is_process_admin=True))
    return client


def door(version: ProcessVersion) -> str:
    return reverse("admin:processes_processversion_revise", args=[version.pk])


def opened(client: Client, version: ProcessVersion) -> dict[str, str]:
    return form_values(client.get(door(version)).content.decode())


def send(client: Client, version: ProcessVersion, *data: dict[str, str]) -> HttpResponse:
    return client.post(door(version), {name: text for one in data for name, text in one.items()})


def correct(version: ProcessVersion, **new: str) -> None:
    """Somebody else corrects the name or the label."""
    paths = {"name": NAME, "label": LABEL}
    texts = {paths[name].removeprefix("text:"): text for name, text in new.items()}
    other = make_user("", is_process_admin=True)
    revising.revise(version, texts, reason="x", seen=version.text_revisions.last_id(), by=other)


def test_each_of_several_texts_is_called_by_what_it_says(version, admin):
    page = admin.get(door(version)).content.decode()
    labels = [one.strip() for one in re.findall(r"<label[^>]*>([^<]*)<", page)]
    check = blueprint.read(version)
    said = [one.label for step in check.steps for one in step.outcomes]
    for text in said:
        words = gettext("%(kind)s “%(text)s”") % {"kind": gettext("Outcome"), "text": text}
        assert labels.count(words) == said.count(text)
    assert gettext("must be filled in") in page


def test_the_page_has_an_input_for_each_text_and_none_for_anything_else(version, admin):
    names = {name for name in opened(admin, version) if name.startswith("text:")}
    assert {NAME, LABEL, INSTRUCTIONS, "text:steps.check.checklist.photo.text"} <= names
    assert {"text:fields.cause.choices.delay", "text:fields.amount.help_text"} <= names
    assert "text:steps.end.result" in names and "text:steps.check.result" not in names


def test_nothing_is_saved_before_old_and_new_were_shown(version, admin):
    typed = {**opened(admin, version), NAME: "Ware prüfen", **REASON}
    shown = send(admin, version, typed)
    html = shown.content.decode()
    assert shown.status_code == 200
    assert [(one.old, one.new) for one in shown.context["shown"]] == [("Check", "Ware prüfen")]
    assert "<del>Check</del>" in html and "<ins>Ware prüfen</ins>" in html
    assert not TextRevision.objects.exists()
    confirmed = form_values(html)
    assert {name for name in confirmed if name.startswith("text:")} == {NAME}
    assert send(admin, version, confirmed, {"_save": "1"}).url == door(version)
    row = TextRevision.objects.get()
    assert (row.new_text, row.reason, row.by.last_name) == ("Ware prüfen", "Tippfehler", "Admin")
    assert AdminEvent.objects.filter(kind="texts_corrected").count() == 1


def test_one_may_go_back_from_the_second_page_with_everything_typed(version, admin):
    typed = {**opened(admin, version), INSTRUCTIONS: "\nErst\r\nlesen", **REASON}
    second = form_values(send(admin, version, typed).content.decode())
    again = form_values(send(admin, version, second, {"_again": "1"}).content.decode())
    assert (again[INSTRUCTIONS], again["reason"]) == ("Erst\nlesen", "Tippfehler")
    assert not TextRevision.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({NAME: "Neu"}, "is_reason_missing"),
        ({NAME: "", **REASON}, "faults"),
        ({LABEL: "refuse", **REASON}, "faults"),
        (REASON, "refusal"),
    ],
)
@pytest.mark.parametrize("button", [{}, {"_save": "1"}])
def test_what_is_wrong_stands_above_and_what_was_typed_stays(version, admin, typed, said, button):
    page = send(admin, version, opened(admin, version), typed, button)
    html = page.content.decode()
    assert page.status_code == 422
    assert page.context[said]
    assert 'role="alert"' in html
    assert form_values(html)[NAME] == typed.get(NAME, "Check")
    for name, _place, sentence in page.context["faults"]:
        assert f'id="{name}"' in html and sentence in html
    assert not TextRevision.objects.exists()


@pytest.mark.parametrize("button", [{}, {"_save": "1"}])
def test_who_comes_second_is_told_and_keeps_what_was_typed(version, admin, button):
    typed = {**opened(admin, version), NAME: "Meine Prüfung", **REASON}
    correct(version, name="Deren Prüfung", label="In Ordnung")
    page = send(admin, version, typed, button)
    kept = form_values(page.content.decode())
    assert page.status_code == 409
    assert [row.new_text for _place, row in page.context["newer"]] == ["Deren Prüfung", "In Ordnung"]
    assert "Deren Prüfung" in page.content.decode()
    assert (kept[NAME], kept["reason"]) == ("Meine Prüfung", "Tippfehler")
    assert kept[LABEL] == "In Ordnung", "what nobody typed is not typed back"
    second = form_values(send(admin, version, kept).content.decode())
    send(admin, version, second, {"_save": "1"})
    rows = TextRevision.objects.order_by("pk").values_list("path", "old_text", "new_text")
    assert list(rows)[2:] == [("steps.check.name", "Deren Prüfung", "Meine Prüfung")]


def test_a_correction_between_the_two_pages_is_found_too(version, admin):
    typed = {**opened(admin, version), NAME: "Meine", **REASON}
    second = form_values(send(admin, version, typed).content.decode())
    correct(version, label="In Ordnung")
    page = send(admin, version, second, {"_save": "1"})
    assert page.status_code == 409
    assert form_values(page.content.decode())[NAME] == "Meine"
    assert TextRevision.objects.count() == 1


def test_texts_are_escaped_wherever_they_stand(version, admin):
    evil = "<script>alert(1)</script>"
    typed = {**opened(admin, version), NAME: evil, "reason": evil}
    shown = send(admin, version, typed).content.decode()
    send(admin, version, form_values(shown), {"_save": "1"})
    listed = admin.get(door(version)).content.decode()
    assert TextRevision.objects.get().new_text == evil
    assert evil not in shown and evil not in listed


def test_the_history_says_who_when_and_why(version, admin):
    correct(version, name="Eins")
    correct(version, name="Zwei")
    page = admin.get(door(version))
    assert [(row.old_text, row.new_text) for row, _shown in page.context["history"]] == [
        ("Eins", "Zwei"),
        ("Check", "Eins"),
    ]
    assert page.context["history_count"] == 2


def test_a_text_with_a_translation_is_marked_before_and_while_it_is_corrected(version, admin):
    version.translations = {"en": {"steps": {"check": {"name": "Check"}}}}
    version.save()
    page = admin.get(door(version))
    marked = [one.name for card in page.context["cards"] for one in card.inputs if one.languages]
    assert marked == [NAME]
    shown = send(admin, version, opened(admin, version), {NAME: "Prüfen", LABEL: "Gut"}, REASON)
    assert [one.languages for one in shown.context["shown"]] == [("en",), ()]
    assert "version-warning" in shown.content.decode()


def test_a_draft_is_sent_to_its_own_page(version, admin):
    draft = publishing.new_draft(version, by=None)
    response = admin.post(door(draft), {NAME: "Neu", "seen": "0", "_save": "1", **REASON})
    assert response.url == reverse("admin:processes_processversion_change", args=[draft.pk])
    assert not TextRevision.objects.exists()


def test_nonsense_is_refused_and_writes_nothing(version, admin):
    for data in ({"seen": "x" * 50}, {"seen": "-1"}, {"text:": "x"}, {"text:steps": "x", **REASON}):
        assert send(admin, version, data, {"_save": "1"}).status_code in (409, 422)
    assert not TextRevision.objects.exists()


def test_the_page_of_a_running_task_shows_the_corrected_texts_without_another_statement(version, admin):
    anna = make_user("Anna", make_team())
    runtime.start(version, by=anna, at=MONDAY)
    task = Task.objects.get()
    worker = Client()
    worker.force_login(anna)
    url = reverse("tasks:detail", args=[task.pk])
    worker.get(url)
    with CaptureQueriesContext(connection) as before:
        worker.get(url)
    send(admin, version, opened(admin, version), {INSTRUCTIONS: "Bitte anrufen."}, REASON, {"_save": "1"})
    assert "Bitte anrufen." in worker.get(url).content.decode()
    with CaptureQueriesContext(connection) as after:
        worker.get(url)
    assert len(after) == len(before)


def test_the_number_of_statements_does_not_grow_with_corrections(version, admin):
    correct(version, name="0")
    admin.get(door(version))
    with CaptureQueriesContext(connection) as few:
        admin.get(door(version))
    for number in range(1, 8):
        correct(version, name=str(number), label=f"L{number}")
    with CaptureQueriesContext(connection) as many:
        admin.get(door(version))
    assert len(few) == len(many)
