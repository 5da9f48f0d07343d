"""Control characters in what is typed about a process: no row holds one, so its file can be read again."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from processes import blueprint, plaintext, revising
from processes.files import yamlformat
from processes.models import EscalationPlan, ProcessVersion
from processes.tests.draft_page import as_admin, opened, step
from processes.tests.pages import form_values

SIGNS = ["\x07", "\x0b", "\x85", "\x1f"]


@pytest.mark.parametrize(
    ("typed", "lines", "line"),
    [
        ("a\x0bb", "a\nb", "a b"),
        ("a\x0cb", "a\nb", "a b"),
        ("a\x85b", "a\nb", "a b"),
        ("a\u2028b\u2029c", "a\nb\nc", "a b c"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd", "a b c d"),
        ("a\x00\x07\x1f\x7f\x9fb", "ab", "ab"),
        ("a\tb äß – „c“ \u00ad👍", "a\tb äß – „c“ \u00ad👍", "a\tb äß – „c“ \u00ad👍"),
    ],
)
def test_what_means_a_new_line_becomes_one_and_the_rest_is_dropped(typed: str, lines: str, line: str):
    assert (plaintext.lines(typed), plaintext.line(typed)) == (lines, line)


@pytest.mark.django_db
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("what", ["instructions", "name"])
def test_what_the_page_took_comes_back_from_its_file(
    admin: Client, version: ProcessVersion, sign: str, what: str
):
    page = opened(admin, version)
    row = page.row("check")
    page.press(f"open:{row}").put(f"{row}-{what}", f"Ware{sign}ansehen")
    assert page.send("save").status_code == 302
    stored = step(version, "check")
    out = io.StringIO()
    call_command("export_process", version.definition.key, version=version.number, format="yaml", stdout=out)
    again = yamlformat.read(out.getvalue().encode())
    assert [str(one) for one in again.faults] == []
    assert again.plan is not None
    (read,) = (one for one in again.plan.steps if one.key == "check")
    assert getattr(read, what) == getattr(stored, what)
    assert getattr(stored, what) in {"Wareansehen", "Ware ansehen", "Ware\nansehen"}


@pytest.mark.django_db
def test_every_text_of_the_page_is_cleaned(admin: Client, version: ProcessVersion):
    """Whatever input it stands in: note, labels, choices, activities, values of conditions."""
    page = opened(admin, version)
    check = page.row("check")
    page.press(f"open:{check}").press("add:fields").press(f"add:{check}-checklist")
    field, item = page.typed["fields"][-1], page.typed[f"{check}-checklist"][-1]
    page.put(f"{field}-type", "choice").press("redraw")
    page.put(f"{field}-choices_text", "rot\x0bgr\x07ün\x85blau").put(f"{field}-label", "Fa\x1frbe")
    page.put(f"{item}-text", "An\u2028sehen").put("version-note", "Neu\x0c\x07").put(
        f"{check}-o1-label", "G\x9fut"
    )
    assert page.send("save").status_code == 302
    plan = blueprint.read(version)
    assert plan.fields[-1].label == "Farbe"
    assert [label for _key, label in plan.fields[-1].choices] == ["rot", "grün", "blau"]
    assert step(version, "check").checklist[-1].text == "An sehen"
    assert step(version, "check").outcomes[0].label == "Gut"
    version.refresh_from_db()
    assert version.note == "Neu"


@pytest.mark.django_db
def test_a_process_is_named_without_control_characters(version: ProcessVersion):
    admin = as_admin("Pia")
    definition = version.definition
    url = reverse("admin:processes_processdefinition_change", args=[definition.pk])
    typed = form_values(admin.get(url).content.decode())
    typed |= {"name": "Rekla\x07mation\x0bneu", "description": "Erstens\x85zweitens", "_save": "1"}
    assert admin.post(url, typed).status_code == 302
    definition.refresh_from_db()
    assert (definition.name, definition.description) == ("Reklamation neu", "Erstens\nzweitens")


@pytest.mark.django_db
def test_a_plan_is_written_without_control_characters():
    admin = as_admin("Pia")
    url = reverse("admin:processes_escalationplan_add")
    typed = form_values(admin.get(url).content.decode())
    typed |= {"name": "Ei\x07lig", "key": "eilig", "description": "a\x0bb"}
    typed |= {
        "levels-0-name": "Er\x1fste\x0bStufe",
        "levels-0-comment": "a\x85b\x00",
        "levels-0-whom": "lead",
    }
    assert admin.post(url, typed).status_code == 302
    plan = EscalationPlan.objects.get(key="eilig")
    assert (plan.name, plan.description) == ("Eilig", "a\nb")
    (level,) = plan.rows.all()
    assert level.name == "Erste Stufe"
    assert {"do": "comment", "text": "a\nb"} in level.acts


def test_a_corrected_text_has_no_control_characters():
    assert revising.clean("a\x0bb\x07\r\n") == "a\nb"
