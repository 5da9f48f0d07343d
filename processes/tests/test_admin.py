"""Processes and versions in the administration: their life, and who may come."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent, User
from processes import blueprint, publishing
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion
from processes.tests import draft_page
from processes.tests.builders import (
    attend,
    complaint,
    make_definition,
    make_team,
    make_user,
    make_version,
)

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
    draft_page.save(client, version, {"version-note": "Neu"})
    client.post(door(version, "publish"), {"seen_version": "1"})
    version.refresh_from_db()
    assert version.is_draft


def test_a_new_version_begins_as_a_copy_of_this_one():
    version, client = make_version(complaint()), as_admin()
    response = client.post(door(version, "new_version"))
    new = ProcessVersion.objects.get(definition=version.definition, number=2)
    assert response.url == door(new)
    assert blueprint.read(new) == blueprint.read(version)


def of_a_process(pattern: str) -> dict[str, object]:
    """What the form of a process sends."""
    return {
        "name": "Neues",
        "key": "neues",
        "owner_team": make_team().pk,
        "number_pattern": pattern,
        "may_start": "everyone",
        "visibility": "team",
        "is_active": "on",
    }


def test_a_number_pattern_is_understood_in_german():
    data = of_a_process("ANG-{Jahr}-{ nummer:04 }")
    as_admin().post(reverse("admin:processes_processdefinition_add"), data)
    assert ProcessDefinition.objects.get(key="neues").number_pattern == "ANG-{year}-{seq:04}"


@pytest.mark.parametrize(
    "pattern", ["ANG-{Jahr}", "ANG-{Monat}-{Nummer}", "ANG-{Nummer}-{seq}", "ANG-{Nummer"]
)
def test_a_number_pattern_that_gives_no_numbers_is_refused_where_it_is_typed(pattern: str):
    add = reverse("admin:processes_processdefinition_add")
    assert "{Nummer:05}." in as_admin().post(add, of_a_process(pattern)).content.decode()
    assert not ProcessDefinition.objects.filter(key="neues").exists()


def test_whoever_changes_a_process_that_is_being_built_goes_on_in_its_draft():
    client = as_admin()
    client.post(reverse("admin:processes_processdefinition_add"), of_a_process("N-{seq}"))
    version = ProcessVersion.objects.get(definition__key="neues")
    change = reverse("admin:processes_processdefinition_change", args=[version.definition_id])
    assert client.post(change, of_a_process("M-{seq}")).url == door(version)
    ProcessVersion.objects.filter(pk=version.pk).update(state="published")
    listed = reverse("admin:processes_processdefinition_changelist")
    assert client.post(change, of_a_process("O-{seq}")).url == listed


def test_a_new_process_begins_with_a_draft_to_go_on_with():
    client = as_admin()
    response = client.post(
        reverse("admin:processes_processdefinition_add"), of_a_process("N-{year}-{seq:05}")
    )
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
    page = draft_page.opened(client, version)
    check, capture = page.row("check"), page.row("capture")
    page.put(f"{check}-due-amount", "2").put(f"{check}-due-unit", "d")
    page.put(f"{check}-o1-w1-target", capture).put(f"{page.row('amount')}-label", "Summe")
    response = page.send("publish")
    page = client.get(response.url)
    changes = page.context["changes"]
    assert [group.name for group in changes.changed] == ["Check"]
    assert [(one.old, one.new) for one in changes.changed[0].changes] == [("Approve", "Capture")]
    assert changes.timing[0].name == "Check"
    assert [group.name for group in changes.fields] == ["Summe"]
