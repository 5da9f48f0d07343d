"""Correcting the mails of automatic steps: who gets the new text, and that placeholders keep their sense."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import User
from processes import blueprint, nets, publishing, revising, runtime, texts
from processes.models import ProcessInstance, ProcessVersion, TextRevision
from processes.stepplans import Action, Do
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version
from processes.tests.pages import form_values
from tasks.automatic import actions, work
from tasks.tests.automats import acting
from tasks.tests.automats import mail as mailing

pytestmark = pytest.mark.django_db
SUBJECT, TEXT = "steps.act1.action.subject", "steps.act1.action.text"
LATER = MONDAY + dt.timedelta(hours=1)
WRITING = mailing("starter", subject="Zu {number}", text="Grund: {remark}")


@pytest.fixture
def anna() -> User:
    return make_user("Anna", make_team())


@pytest.fixture
def version() -> ProcessVersion:
    return make_version(acting(WRITING), make_definition("auto"))


def correct(version: ProcessVersion, at: dt.datetime = LATER, **new: str) -> list[TextRevision]:
    paths = {f"steps.act1.action.{name}": text for name, text in new.items()}
    seen = version.text_revisions.last_id()
    return revising.revise(version, paths, reason="Tippfehler", seen=seen, by=None, at=at)


def send(at: dt.datetime) -> list[tuple[str, str]]:
    """Let a worker do what waits; subjects and texts of what it sent."""
    mail.outbox.clear()
    work.perform(at=at)
    return [(one.subject, str(one.body)) for one in mail.outbox]


def start(version: ProcessVersion, by: User, at: dt.datetime, **values: Any) -> ProcessInstance:
    """A case that has come to the step."""
    return runtime.start(ProcessVersion.objects.get(pk=version.pk), by=by, at=at, **values)


def test_cases_that_come_to_the_step_later_send_the_corrected_mail(version: ProcessVersion, anna: User):
    correct(version, subject="Ihr Vorgang {number}", text="Es geht um {remark}.")
    case = start(version, anna, LATER, data={"remark": "Bruch"})
    assert send(LATER) == [(f"Ihr Vorgang {case.number}", "Es geht um Bruch.")]


def test_a_mail_that_waits_already_stays_as_it_was(version: ProcessVersion, anna: User):
    first = start(version, anna, MONDAY, data={"remark": "Eins"})
    correct(version, text="Es geht um {remark}.")
    correct(version, at=LATER + dt.timedelta(hours=2), subject="Noch später")
    second = start(version, anna, LATER, data={"remark": "Zwei"})
    assert send(LATER) == [
        (f"Zu {first.number}", "Grund: Eins"),
        (f"Zu {second.number}", "Es geht um Zwei."),
    ]


def test_every_reader_of_the_version_gets_the_corrected_mail_and_its_rows_stay(version: ProcessVersion):
    rows = correct(version, subject="Neu {number}")
    assert [(row.path, row.old_text, row.new_text) for row in rows] == [
        (SUBJECT, "Zu {number}", "Neu {number}")
    ]
    published = ProcessVersion.objects.get(pk=version.pk)
    assert version.steps.get(key="act1").config["action"]["subject"] == "Zu {number}"
    ran = nets.compiled(version.pk).steps["act1"].config.action
    assert ran is not None and (ran.subject, ran.text) == ("Neu {number}", WRITING.text)
    assert blueprint.read(published).steps[1].config["action"]["subject"] == "Neu {number}"
    draft = publishing.new_draft(published, by=None)
    assert draft.steps.get(key="act1").config["action"]["subject"] == "Neu {number}"


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ({"text": "Betrag: {betrag}"}, revising.NO_FIELD),
        ({"subject": "Zu {nummer}"}, revising.NO_FIELD),
        ({"text": " "}, revising.EMPTY),
        ({"subject": ""}, revising.EMPTY),
        ({"subject": "zwei\nZeilen"}, revising.ONE_LINE),
        ({"subject": "x" * 201}, revising.TOO_LONG),
    ],
)
def test_what_cannot_be_sent_is_refused(version: ProcessVersion, new: dict[str, str], fault: Any):
    with pytest.raises(revising.UnfitTexts) as caught:
        correct(version, **new)
    ((path, said),) = caught.value.faults.items()
    assert path.endswith(next(iter(new)))
    assert said.partition("{")[0] == (str(fault) % {"word": "", "longest": 200}).partition("{")[0]
    assert not TextRevision.objects.exists()


def test_braces_mean_nothing_in_other_texts(version: ProcessVersion):
    path = "steps.work.instructions"
    revising.revise(version, {path: "Siehe {irgendwo}"}, reason="x", seen=0, by=None)
    assert nets.compiled(version.pk).steps["work"].instructions == "Siehe {irgendwo}"


def test_an_entry_for_a_customer_needs_no_subject_and_other_steps_have_no_text():
    plan = acting(Action(Do.INTERACTION, text="Angerufen"), Action(Do.SET, values=(("remark", "x"),)))
    found = {path: one for path, one in texts.of_plan(plan).items() if ".action." in path}
    assert {path: (one.text, one.is_optional) for path, one in found.items()} == {
        SUBJECT: ("", True),
        TEXT: ("Angerufen", False),
    }
    named = texts.corrected(plan, {SUBJECT: "Anruf", "steps.act2.action.text": "nichts"})
    assert named.steps[1].config["action"]["subject"] == "Anruf"
    assert texts.corrected(named, {SUBJECT: ""}) == replace(plan, steps=(*plan.steps[:2], *named.steps[2:]))


def test_a_draft_that_still_says_the_old_mail_is_found(version: ProcessVersion):
    draft = publishing.new_draft(version, by=None)
    correct(version, text="Es geht um {remark}.")
    former = ProcessVersion.objects.get(pk=version.pk)
    assert [one.path for one in revising.left_behind(former, blueprint.read(draft))] == [TEXT]


def test_preparing_a_mail_asks_once_more_where_texts_were_corrected(version: ProcessVersion, anna: User):
    job = start(version, anna, MONDAY).jobs.get()

    def statements() -> int:
        actions.prepare(job)
        with CaptureQueriesContext(connection) as captured:
            actions.prepare(job)
        return len(captured)

    before = statements()
    correct(version, text="Anders")
    assert statements() == before + 1


# -- the page ------------------------------------------------------------------------------------------------


def test_the_page_shows_old_and_new_names_the_place_and_refuses_unknown_placeholders(
    version: ProcessVersion,
):
    client = Client()
    client.force_login(make_user("Admin", is_process_admin=True))
    door = reverse("admin:processes_processversion_revise", args=[version.pk])
    page = client.get(door).content.decode()
    typed = form_values(page)
    assert "<code>{amount}</code>" in page
    assert typed[f"text:{SUBJECT}"] == "Zu {number}"
    wrong = client.post(door, {**typed, f"text:{TEXT}": "Betrag: {betrag}", "reason": "x"})
    assert wrong.status_code == 422
    assert "{betrag}" in wrong.context["faults"][0][2]
    right = client.post(door, {**typed, f"text:{TEXT}": "Anlass: {remark}", "reason": "x"})
    html = right.content.decode()
    assert right.context["has_mails"]
    assert "<del>Grund</del><ins>Anlass</ins>" in html
    assert client.post(door, {**form_values(html), "_save": "1"}).status_code == 302
    assert TextRevision.objects.get().new_text == "Anlass: {remark}"
