"""The editing page of a draft: one save for everything, names for what has no row yet, and nothing lost."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as said

from people.models import AdminEvent, User
from processes import blueprint, publishing
from processes.models import DeadlineRule, DraftVisit, EscalationPlan, ProcessVersion
from processes.tests.builders import attend, complaint, make_team, make_user, make_version
from processes.tests.draft_page import DraftPage, as_admin, opened, save

pytestmark = pytest.mark.django_db


def ways(version: ProcessVersion) -> dict[tuple[str, str], str]:
    return {(one.source, one.outcome): one.target for one in blueprint.read(version).flows}


def test_saving_the_page_unchanged_changes_nothing(admin: Client, version: ProcessVersion):
    before = blueprint.read(version)
    assert opened(admin, version).send("save").status_code == 302
    version.refresh_from_db()
    assert blueprint.read(version) == before
    assert version.lock_version == 1
    assert not AdminEvent.objects.filter(kind="draft_changed").exists()


def test_the_plans_of_the_process_are_chosen_at_its_head(admin: Client, version: ProcessVersion):
    EscalationPlan.objects.create(key="frist", name="Frist")
    page = opened(admin, version).put("version-plan_case", "frist").put("version-plan_0", "standard")
    assert page.send("save").status_code == 302
    version.refresh_from_db()
    assert version.plan_keys == {"0": "standard", "case": "frist"}
    assert opened(admin, version).typed["version-plan_case"] == ["frist"]


def test_a_target_that_does_not_exist_yet_becomes_a_step(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    check = page.row("check")
    page.press(f"open:{check}").press(f"add:{check}-outcomes")
    page.put(f"{check}-o4-label", "Noch unklar").put(f"{check}-o4-w1-target", "+").press("redraw")
    new = page.typed[f"{check}-o4-w1-target"][0]
    assert page.typed["steps"].index(new) == page.typed["steps"].index(check) + 1
    page.put(f"{new}-name", "Rückfrage prüfen").put(f"{new}-team", make_team().key)
    page.put(f"{new}-o1-w1-target", page.row("approve")).put(f"{new}-due-amount", "3")
    page.press(f"add:{new}-checklist").put(f"{new}-i1-text", "Kunde angerufen").put(
        f"{new}-i1-is_mandatory", "on"
    )
    page.press(f"add:{new}-shown").put(f"{new}-x1-field", page.row("amount")).put(
        f"{new}-x1-mode", "required"
    )
    assert page.send("save").status_code == 302
    step = next(one for one in blueprint.read(version).steps if one.name == "Rückfrage prüfen")
    assert (step.key, step.deadline, step.team) == ("rueckfrage_pruefen", "3d", "service")
    assert [(one.key, one.is_mandatory) for one in step.checklist] == [("kunde_angerufen", True)]
    assert [(one.field_key, one.mode) for one in step.fields] == [("amount", "required")]
    assert ways(version)["check", "noch_unklar"] == "rueckfrage_pruefen"
    assert ways(version)[step.key, step.outcomes[0].key] == "approve"


def test_several_at_once_that_meet_again_get_their_gateways(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    start, end = page.row("start"), page.row("end")
    page.press(f"open:{start}").put(f"{start}-on-after", "all").press("redraw")
    capture = page.row("capture")
    page.put(f"{start}-on-w2-target", "+").press("redraw")
    new = page.typed[f"{start}-on-w2-target"][0]
    page.put(f"{new}-name", "Vertretung").put(f"{new}-o1-w1-target", end)
    page.press(f"open:{end}").put(f"{end}-gather", "all").press("redraw")
    assert set(page.typed[f"{end}-sources"]) == {capture, new, page.row("check"), page.row("approve")}
    page.put(f"{end}-sources", capture, new)
    assert page.send("save").status_code == 302
    plan = blueprint.read(version)
    (join,) = [one for one in plan.steps if one.kind == "parallel"]
    assert ways(version)[join.key, ""] == "end"
    assert ways(version)["capture", "question"] == join.key
    assert ways(version)["approve", "yes"] == "end"
    assert [join.key] not in [
        values for name, values in opened(admin, version).typed.items() if name.endswith("-key")
    ]


def test_ways_that_depend_on_the_data_are_said_in_a_sentence(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    capture, way = page.row("capture"), f"{page.row('capture')}-o1"
    page.press(f"open:{capture}").put(f"{way}-after", "data").press("redraw")
    condition = f"{way}-w1-c1"
    page.put(f"{way}-w2-target", page.row("check")).put(f"{way}-w1-target", page.row("approve"))
    page.put(f"{condition}-field", page.row("amount")).press("redraw")
    assert said("Please choose field, comparison and value.") in page.html
    page.put(f"{condition}-operator", "gt").put(f"{condition}-value_text", "5000").press("redraw")
    assert "Wenn Betrag mehr als 5.000,00\xa0€ ist" in page.html
    assert page.put(f"{way}-question", "Hoher Betrag?").send("save").status_code == 302
    plan = blueprint.read(version)
    (choice,) = [one for one in plan.steps if one.kind == "exclusive"]
    leaving = [one for one in plan.flows if one.source == choice.key]
    assert choice.name == "Hoher Betrag?"
    assert [(one.target, one.is_default) for one in leaving] == [("approve", False), ("check", True)]
    assert leaving[0].conditions[0].value == {"amount": "5000.00", "currency": "EUR"}


def test_a_value_that_does_not_fit_is_named_and_what_was_typed_stays(admin: Client, version: ProcessVersion):
    before = blueprint.read(version)
    page = opened(admin, version)
    capture, way = page.row("capture"), f"{page.row('capture')}-o1"
    page.press(f"open:{capture}").put(f"{way}-after", "data").press("redraw")
    page.put(f"{way}-w1-c1-field", page.row("amount")).put(f"{way}-w1-c1-value_text", "viel")
    response = page.put(f"{capture}-name", "").send("save")
    assert response.status_code == 422
    text = response.content.decode()
    words = {"value": "viel", "field": "Betrag"}
    assert said("“%(value)s” is no value of the field “%(field)s”.") % words in text
    assert f'href="#id_{capture}-name"' in text
    page.read(response)
    assert page.typed[f"{way}-w1-c1-value_text"] == ["viel"]
    assert blueprint.read(version) == before


def test_looking_says_what_is_wrong_and_stores_nothing(admin: Client, version: ProcessVersion):
    before = blueprint.read(version)
    page = opened(admin, version)
    approve = page.row("approve")
    response = page.put(f"{approve}-name", "Freigabe").put(f"{approve}-team", "").send("preview")
    text = response.content.decode()
    assert response.status_code == 200
    assert f'href="#step-{approve}"' in text and "Freigabe" in text
    assert "<form" not in text
    version.refresh_from_db()
    assert (version.lock_version, blueprint.read(version)) == (1, before)


def test_a_closed_step_carries_what_it_does_not_show(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    check = page.row("check")
    page.press(f"open:{check}").put(f"{check}-instructions", "Genau hinsehen").press(f"close:{check}")
    assert "<textarea" not in page.html.partition('id="h-fields"')[0]
    assert page.send("save").status_code == 302
    assert version.steps.get(key="check").instructions == "Genau hinsehen"


def test_a_removed_step_is_a_target_no_more(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    page.press(f"remove:{page.row('approve')}")
    assert "führt noch nirgends hin" in page.html
    assert page.send("save").status_code == 302
    assert not version.steps.filter(key="approve").exists()
    assert ("check", "ok") not in ways(version)


def test_the_order_is_that_of_the_page(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    page.press(f"up:{page.row('approve')}").send("save")
    assert [one.key for one in version.steps.all()] == ["start", "capture", "approve", "check", "end"]


def test_of_two_administrators_the_second_is_told_by_whom_and_in_what_and_nothing_is_lost(
    version: ProcessVersion,
):
    first, second = (opened(as_admin(name), version) for name in ("Erste", "Zweite"))
    assert (
        first.put("version-note", "Meine Fassung").put("s2-name", "Erfassen").send("save").status_code == 302
    )
    response = second.put("version-note", "Deren Fassung").put("s2-name", "Aufnehmen").send("save")
    assert response.status_code == 409
    html = response.content.decode()
    for part in ("Deren Fassung", "Erste hat diesen Entwurf gespeichert", "Erfassen", "Aufnehmen"):
        assert part in html
    version.refresh_from_db()
    assert version.note == "Meine Fassung"
    second.read(response)
    assert second.send("save").status_code == 409


def test_the_second_can_save_over_what_she_was_told(version: ProcessVersion):
    first, second = (opened(as_admin(name), version) for name in ("Erste", "Zweite"))
    first.put("version-note", "Eins").send("save")
    second.read(second.put("version-note", "Zwei").send("save"))
    third = opened(as_admin("Dritte"), version)
    third.put("version-note", "Drei").send("save")
    again = second.send("replace")
    assert again.status_code == 409 and "Dritte" in again.content.decode()
    second.read(again)
    assert second.send("replace").status_code == 302
    version.refresh_from_db()
    assert version.note == "Zwei"


def test_what_was_typed_for_a_draft_published_meanwhile_becomes_the_next_one(version: ProcessVersion):
    page = opened(as_admin("Erste"), version).put("s2-name", "Aufnehmen").put("version-note", "Weiter")
    attend("service", "quality")
    publishing.publish(version, by=None)
    assert "als Version 2 veröffentlicht" in page.send("preview").content.decode()
    response = page.send("save")
    assert response.status_code == 409 and 'value="renew"' in response.content.decode()
    assert page.send("renew").status_code == 302
    renewed = version.definition.versions.get(state="draft")
    assert (renewed.number, renewed.note) == (version.number + 1, "Weiter")
    assert renewed.steps.get(key="capture").name == "Aufnehmen"
    assert version.steps.get(key="capture").name == "Capture"


def test_a_second_click_makes_no_second_draft_and_nothing_typed_makes_none(version: ProcessVersion):
    page = opened(as_admin("Erste"), version).put("s2-name", "Aufnehmen")
    attend("service", "quality")
    publishing.publish(version, by=None)
    assert {page.send("renew")["Location"] for _click in range(2)} == {
        reverse(
            "admin:processes_processversion_change", args=[version.definition.versions.get(state="draft").pk]
        )
    }
    assert page.client.post(page.url, {"do": "renew"}).status_code == 409
    assert version.definition.versions.filter(state="draft").count() == 1


def test_who_else_has_the_draft_open_is_told(version: ProcessVersion):
    opened(as_admin("Erste"), version)
    other = as_admin("Zweite")
    assert "Erste" in opened(other, version).html
    DraftVisit.objects.update(at=timezone.now() - dt.timedelta(minutes=10))
    assert "Erste" not in opened(other, version).html


def test_every_change_is_logged_old_to_new(admin: Client, version: ProcessVersion):
    check = opened(admin, version).row("check")
    save(admin, version, {f"{check}-due-amount": "2", f"{check}-due-unit": "d", "version-note": "Kürzer"})
    event = AdminEvent.objects.get(kind="draft_changed")
    assert event.changes == {"steps.check.deadline": ["8h", "2d"], "note": ["", "Kürzer"]}
    assert event.by is not None and event.by.last_name == "Admin"


def test_texts_keep_their_line_ends(admin: Client, version: ProcessVersion):
    check = opened(admin, version).row("check")
    save(admin, version, {f"{check}-instructions": "Eins\r\nZwei"})
    assert version.steps.get(key="check").instructions == "Eins\nZwei"


def test_a_published_version_is_shown_and_cannot_be_changed(admin: Client):
    version = make_version(complaint())
    before = blueprint.read(version)
    page = admin.get(reverse("admin:processes_processversion_change", args=[version.pk])).content.decode()
    assert "Approve" in page and 'name="steps"' not in page
    response = admin.post(
        reverse("admin:processes_processversion_change", args=[version.pk]), {"do": "save"}, follow=True
    )
    assert "als Version 1 veröffentlicht" in response.content.decode()
    assert admin.post(
        reverse("admin:processes_processversion_delete", args=[version.pk]), {"post": "yes"}
    ).status_code in (302, 403)
    assert blueprint.read(version) == before


def test_the_number_of_statements_does_not_grow_with_the_steps(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    few = _statements(page)
    for _number in range(6):
        page.press("add:steps:task")
    assert _statements(page) == few


def _statements(page: DraftPage) -> int:
    with CaptureQueriesContext(
        connection,
    ) as found:
        page.send("preview")
    return len(found)


@pytest.mark.parametrize(
    "forged",
    [
        {"steps": ["s1", "x9", "s1-o1", "s99999", "'"]},
        {"s1-on-branches": ["s2-o1-w1"]},
        {"s3-merges": ["{"], "s3-gather": ["all"]},
        {"s3-team": ["gibtsnicht"]},
        {"do": ["remove:s1-"]},
        {"do": ["add:s1-nothing"]},
        {"do": ["up:__class__"]},
        {"seen_version": ["viele"]},
    ],
)
def test_forged_input_breaks_nothing(admin: Client, version: ProcessVersion, forged: dict[str, list[str]]):
    before = blueprint.read(version)
    page = opened(admin, version)
    do = forged.pop("do", ["save"])[0]
    page.typed.update(forged)
    assert page.send(do).status_code in (200, 302, 409, 422)
    if "s3-team" in forged or "seen_version" in forged:
        assert blueprint.read(version) == before


def test_only_process_administrators_come_to_it(version: ProcessVersion):
    clerk = Client()
    clerk.force_login(User.objects.get(pk=make_user("Sachbearbeiter", make_team()).pk))
    url = reverse("admin:processes_processversion_change", args=[version.pk])
    assert clerk.get(url).status_code in (302, 403, 404)
    assert clerk.post(url, {"do": "preview"}).status_code in (302, 403, 404)


def test_a_finding_with_one_repair_is_mended_by_a_click(admin: Client, version: ProcessVersion):
    before = blueprint.read(version)
    page = opened(admin, version)
    check = page.row("check")
    page.press(f"open:{check}").put(f"{check}-o1-w1-target", "").put("version-note", "Neu").press("redraw")
    repair = "repair:outcome_without_target:check"
    assert f'value="{repair}"' in page.html
    page.press(repair)
    assert f'value="{repair}"' not in page.html
    assert page.typed["version-note"] == ["Neu"]
    assert page.typed["open"] == [page.row("check")]
    assert blueprint.read(version) == before
    assert page.send("save").status_code == 302
    assert ways(version) == {(one.source, one.outcome): one.target for one in before.flows}


def test_the_button_that_enter_presses_changes_nothing(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    page.press(f"open:{page.row('check')}").put(f"{page.row('check')}-o1-w1-target", "").press("redraw")
    assert "repair:" in page.html
    first = page.html.index('name="do"')
    assert page.html[first : first + 30].startswith('name="do" value="redraw"')


def test_nothing_stands_before_the_start(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    page.press(f"up:{page.row('capture')}").send("save")
    assert version.steps.first().key == "start"


def test_branches_asked_for_one_after_the_other_stand_so(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    capture = page.row("capture")
    page.press(f"open:{capture}").put(f"{capture}-o1-after", "all").press("redraw")
    page.put(f"{capture}-o1-w1-target", "+").press("redraw")
    page.put(f"{capture}-o1-w2-target", "+").press("redraw")
    made = [page.typed[f"{capture}-o1-w{number}-target"][0] for number in (1, 2)]
    assert [row for row in page.typed["steps"] if row in made] == made


def test_all_other_fields_are_shown_for_reading_at_once(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    page.press(f"open:{page.row('check')}").press(f"show:{page.row('check')}").send("save")
    shown = {one.field.key: one.mode for one in version.steps.get(key="check").step_fields.all()}
    assert shown == {"cause": "required", "report": "optional", "amount": "readonly"}


def test_a_second_draft_is_told(admin: Client, version: ProcessVersion):
    url = reverse("admin:processes_processversion_new_version", args=[version.pk])
    assert "Es gibt schon einen Entwurf: Version 2." in admin.post(url, follow=True).content.decode()


def test_a_closed_step_says_its_first_deadline_and_how_many_more(admin: Client, version: ProcessVersion):
    DeadlineRule.objects.filter(version=version).delete()
    check = version.steps.get(key="check")
    for urgency, offset in ((0, "4h"), (1, "8h"), (3, "10d")):
        DeadlineRule.objects.create(
            version=version, step=check, basis="step", offset=offset, urgency=urgency, kind="solution"
        )
    html = opened(admin, version).html
    first = said("%(duration)s after the start of the task") % {"duration": "8 Arbeitsstunden"}
    assert f"{first} und 3 weitere Regeln" in html
    assert "10 Arbeitstage nach" not in html
