"""The editing page of a draft: one save for everything, names for what has no row yet, and who may come."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent, User
from processes import blueprint, publishing
from processes.models import ProcessInstance, ProcessVersion
from processes.tests.builders import (
    attend,
    complaint,
    make_definition,
    make_team,
    make_user,
    make_version,
)
from processes.tests.pages import form_values

pytestmark = pytest.mark.django_db


def draft() -> ProcessVersion:
    """A draft of the complaint beside a published version."""
    published = make_version(complaint())
    return publishing.new_draft(published, by=None)


def door(version: ProcessVersion, page: str = "change") -> str:
    return reverse(f"admin:processes_processversion_{page}", args=[version.pk])


def as_admin(**roles: Any) -> Client:
    client = Client()
    client.force_login(make_user("Admin", is_process_admin=True, **roles))
    return client


def opened(client: Client, version: ProcessVersion) -> dict[str, str]:
    response = client.get(door(version))
    assert response.status_code == 200
    return form_values(response.content.decode())


def add_row(data: dict[str, str], formset: str, **values: str) -> str:
    """Append a row to a formset as the page's script does; answers its prefix."""
    total = int(data.get(f"{formset}-TOTAL_FORMS", "0"))
    data.setdefault(f"{formset}-INITIAL_FORMS", "0")
    data[f"{formset}-TOTAL_FORMS"] = str(total + 1)
    prefix = f"{formset}-{total}"
    data.update({f"{prefix}-{name}": value for name, value in {"position": str(total), **values}.items()})
    return prefix


def add_step(data: dict[str, str], **values: str) -> str:
    prefix = add_row(data, "steps", **{"kind": "task", "assignment": "pool", "key": "", **values})
    for nested in ("outcomes", "deadline_rules", "checklist", "step_fields", "outgoing"):
        data[f"{prefix}-{nested}-TOTAL_FORMS"] = data[f"{prefix}-{nested}-INITIAL_FORMS"] = "0"
    return prefix


def test_saving_the_page_unchanged_changes_nothing():
    version, client = draft(), as_admin()
    before = blueprint.read(version)
    response = client.post(door(version), {**opened(client, version), "_continue": "1"})
    assert response.status_code == 302
    assert blueprint.read(version) == before
    assert not AdminEvent.objects.filter(kind="draft_changed").exists()


def test_a_new_step_and_an_outcome_that_leads_to_it_are_saved_at_once():
    version, client = draft(), as_admin()
    data = opened(client, version)
    step = add_step(data, name="Rückfrage prüfen", team=str(make_team().pk), deadline="3d")
    add_row(data, f"{step}-outcomes", label="Geklärt", targets="Approve", key="")
    add_row(data, f"{step}-checklist", text="Kunde angerufen", key="", is_mandatory="on")
    add_row(data, f"{step}-step_fields", field_name="Betrag", mode="required")
    check = next(name.removesuffix("-key") for name, value in data.items() if value == "check")
    add_row(data, f"{check}-outcomes", label="Noch unklar", targets="rückfrage prüfen", key="")
    response = client.post(door(version), {**data, "_continue": "1"})
    assert response.status_code == 302, response.context["errors"]
    plan = blueprint.read(version)
    new = next(one for one in plan.steps if one.name == "Rückfrage prüfen")
    assert (new.key, new.deadline) == ("rueckfrage_pruefen", "3d")
    assert [one.key for one in new.outcomes] == ["geklaert"]
    assert new.checklist[0].is_mandatory and new.checklist[0].key == "kunde_angerufen"
    assert [(one.field_key, one.mode) for one in new.fields] == [("amount", "required")]
    ways = {(one.source, one.outcome): one.target for one in plan.flows}
    assert ways["check", "noch_unklar"] == "rueckfrage_pruefen"
    assert ways["rueckfrage_pruefen", "geklaert"] == "approve"


def test_an_outcome_may_lead_to_several_steps():
    version, client = draft(), as_admin()
    data = opened(client, version)
    targets = next(name for name, value in data.items() if name.endswith("-targets") and value == "Approve")
    data[targets] = "Approve; Capture"
    assert client.post(door(version), {**data, "_continue": "1"}).status_code == 302
    flows = [one.target for one in blueprint.read(version).flows if one.outcome == "ok"]
    assert flows == ["approve", "capture"]


def test_a_gateway_with_conditions_is_saved_at_once():
    version, client = draft(), as_admin()
    data = opened(client, version)
    step = add_step(data, name="Betrag hoch?", kind="exclusive")
    way = add_row(data, f"{step}-outgoing", target_name="Approve")
    data[f"{way}-conditions-TOTAL_FORMS"] = data[f"{way}-conditions-INITIAL_FORMS"] = "0"
    add_row(data, f"{way}-conditions", field_name="Betrag", operator="ge", value_text="1.000,00")
    other = add_row(data, f"{step}-outgoing", target_name="Capture", is_default="on")
    data[f"{other}-conditions-TOTAL_FORMS"] = data[f"{other}-conditions-INITIAL_FORMS"] = "0"
    response = client.post(door(version), {**data, "_continue": "1"})
    assert response.status_code == 302, response.context["errors"]
    ways = [one for one in blueprint.read(version).flows if one.source == "betrag_hoch"]
    assert [(one.target, one.is_default) for one in ways] == [("approve", False), ("capture", True)]
    assert ways[0].conditions[0].value == {"amount": "1000.00", "currency": "EUR"}


def test_a_renamed_step_is_still_found_by_its_old_name():
    version, client = draft(), as_admin()
    data = opened(client, version)
    name = next(one for one, value in data.items() if one.endswith("-name") and value == "Approve")
    data[name] = "Freigeben"
    assert client.post(door(version), {**data, "_continue": "1"}).status_code == 302
    assert ("check", "ok", "approve") in {
        (f.source, f.outcome, f.target) for f in blueprint.read(version).flows
    }


@pytest.mark.parametrize(
    ("part", "value", "sentence"),
    [("targets", "Nirgends", "Nirgends"), ("reference_key", "Nirgends", "Nirgends")],
)
def test_an_unknown_step_is_named_and_nothing_is_saved(part: str, value: str, sentence: str):
    version, client = draft(), as_admin()
    before = blueprint.read(version)
    data = opened(client, version)
    name = next(one for one in data if one.endswith(f"-{part}"))
    response = client.post(door(version), {**data, name: value, "_continue": "1"})
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert blueprint.read(version) == before


def test_deleting_a_step_that_an_outcome_leads_to_is_refused():
    version, client = draft(), as_admin()
    data = opened(client, version)
    row = next(one.removesuffix("-key") for one, value in data.items() if value == "approve")
    response = client.post(door(version), {**data, f"{row}-DELETE": "on", "_continue": "1"})
    assert response.status_code == 200
    assert version.steps.filter(key="approve").exists()


def test_of_two_administrators_the_second_is_told_and_nothing_is_lost():
    version, first, second = draft(), as_admin(), Client()
    second.force_login(make_user("Zweite", is_process_admin=True))
    mine, theirs = opened(first, version), opened(second, version)
    mine["note"] = "Meine Fassung"
    theirs["note"] = "Deren Fassung"
    assert first.post(door(version), {**mine, "_continue": "1"}).status_code == 302
    response = second.post(door(version), {**theirs, "_continue": "1"})
    assert response.status_code == 200
    assert "Deren Fassung" in response.content.decode()
    version.refresh_from_db()
    assert version.note == "Meine Fassung"


def test_every_change_is_logged_old_to_new():
    version, client = draft(), as_admin()
    data = opened(client, version)
    name = next(one for one, value in data.items() if one.endswith("-deadline") and value == "8h")
    client.post(door(version), {**data, name: "2d", "_continue": "1"})
    event = AdminEvent.objects.get(kind="draft_changed")
    assert event.changes == {"steps.check.deadline": ["8h", "2d"]}
    assert event.by is not None and event.by.last_name == "Admin"


def test_a_published_version_is_shown_and_cannot_be_changed():
    version, client = make_version(complaint()), as_admin()
    page = client.get(door(version))
    assert page.status_code == 200
    assert 'name="steps-0-name"' not in page.content.decode()
    assert "Approve" in page.content.decode()
    before = blueprint.read(version)
    response = client.post(door(version), {"note": "x", "steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"})
    assert response.status_code == 403
    assert client.post(door(version, "delete"), {"post": "yes"}).status_code == 403
    assert blueprint.read(version) == before


def test_publishing_lists_what_is_wrong_and_then_publishes():
    version, client = draft(), as_admin()
    attend("service", "quality")
    step = version.steps.get(key="check")
    step.team = None
    step.save()
    page = client.get(door(version, "publish"))
    assert "Check" in page.content.decode()
    refused = client.post(door(version, "publish"), {"seen_version": version.lock_version})
    assert refused.status_code == 422
    step.team = make_team()
    step.save()
    assert client.post(door(version, "publish"), {"seen_version": "1"}).status_code == 302
    version.refresh_from_db()
    assert version.state == "published"
    assert version.published_by is not None
    assert AdminEvent.objects.filter(kind="version_published").count() == 1


def test_publishing_what_another_administrator_changed_meanwhile_is_refused():
    version, client = draft(), as_admin()
    client.post(door(version), {**opened(client, version), "note": "Neu", "_continue": "1"})
    client.post(door(version, "publish"), {"seen_version": "1"})
    version.refresh_from_db()
    assert version.is_draft


def test_a_new_version_begins_as_a_copy_of_this_one():
    version, client = make_version(complaint()), as_admin()
    response = client.post(door(version, "new_version"))
    new = ProcessVersion.objects.get(definition=version.definition, number=2)
    assert response.url == door(new)
    assert blueprint.read(new) == blueprint.read(version)


def test_a_new_process_begins_with_a_draft_to_go_on_with():
    client = as_admin()
    data = {
        "name": "Neues",
        "key": "neues",
        "owner_team": make_team().pk,
        "number_pattern": "N-{year}-{seq:05}",
        "may_start": "everyone",
        "visibility": "team",
        "is_active": "on",
    }
    response = client.post(reverse("admin:processes_processdefinition_add"), data)
    version = ProcessVersion.objects.get(definition__key="neues")
    assert response.url == door(version)
    assert [step.kind for step in version.steps.all()] == ["start", "end"]
    assert AdminEvent.objects.filter(kind="process_created").exists()


@pytest.mark.parametrize("roles", [{}, {"is_user_admin": True}, {"is_operator": True}, {"is_auditor": True}])
@pytest.mark.parametrize("page", ["change", "publish", "delete"])
def test_only_process_administrators_come_to_versions(roles: dict[str, bool], page: str):
    version, client = draft(), Client()
    client.force_login(make_user("Jemand", make_team(), **roles))
    assert client.get(door(version, page)).status_code in (302, 403, 404)
    assert client.post(door(version, page), {}).status_code in (302, 403, 404)
    assert version.is_draft


@pytest.mark.parametrize("table", ["processinstance", "task", "processevent", "clock", "notification"])
def test_process_administrators_see_no_cases(table: str):
    app = "processes" if table == "processinstance" else "tasks"
    url = reverse(f"admin:{app}_{table}_changelist")
    assert as_admin().get(url).status_code == 403


def test_operators_see_states_and_no_contents():
    version = make_version(complaint())
    clerk = make_user("Sachbearbeiterin", make_team())
    from processes import runtime

    case = runtime.start(version, by=clerk, title="Geheime Sache")
    client = Client()
    client.force_login(make_user("Betrieb", is_operator=True))
    for app, table in [("processes", "processinstance"), ("tasks", "task"), ("tasks", "processevent")]:
        page = client.get(reverse(f"admin:{app}_{table}_changelist"))
        assert page.status_code == 200
        assert case.number in page.content.decode()
        assert "Geheime Sache" not in page.content.decode()
        for page_of_row in ("change", "delete", "history"):
            assert client.get(f"{page.request['PATH_INFO']}{case.pk}/{page_of_row}/").status_code == 404
    assert ProcessInstance.objects.get().state == "running"


def test_operators_see_nothing_of_confidential_processes():
    version = make_version(complaint(), make_definition(is_confidential=True))
    from processes import runtime

    case = runtime.start(version, by=make_user("Sachbearbeiter", make_team()))
    client = Client()
    client.force_login(make_user("Betrieb", is_operator=True))
    for app, table in [("processes", "processinstance"), ("tasks", "task"), ("tasks", "processevent")]:
        assert case.number not in client.get(reverse(f"admin:{app}_{table}_changelist")).content.decode()
    assert User.objects.filter(is_operator=True).exists()


def test_publishing_says_in_words_what_changes():
    version, client = draft(), as_admin()
    data = opened(client, version)
    name = next(one for one, value in data.items() if one.endswith("-deadline") and value == "8h")
    targets = next(one for one, value in data.items() if one.endswith("-targets") and value == "Approve")
    label = next(one for one, value in data.items() if one.endswith("-label") and value == "Betrag")
    changed = {name: "2d", targets: "Capture", label: "Summe", "note": "x", "_publish": "1"}
    response = client.post(door(version), {**data, **changed})
    page = client.get(response.url)
    changes = page.context["changes"]
    assert [group.name for group in changes.changed] == ["Check"]
    assert [(one.old, one.new) for one in changes.changed[0].changes] == [("Approve", "Capture")]
    assert changes.timing[0].name == "Check"
    assert [group.name for group in changes.fields] == ["Summe"]


def test_texts_keep_their_line_ends():
    version, client = draft(), as_admin()
    data = opened(client, version)
    name = next(one for one in data if one.endswith("-instructions"))
    client.post(door(version), {**data, name: "Eins\r\nZwei", "_continue": "1"})
    assert "Eins\nZwei" in {step.instructions for step in version.steps.all()}
