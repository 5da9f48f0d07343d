"""What the administration tells about steps of every kind when a version is published or retired."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from processes import importing, publishing
from processes.models import ProcessVersion
from processes.tests.builders import make_team, make_user
from processes.tests.files import AFTERWARDS, EVERYTHING, PART

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> ProcessVersion:
    """A draft with every kind of step."""
    for name in ("a", "b", "c", "d", "e", "f"):
        make_user(name, make_team(), lead=name == "c")
    version = importing.import_yaml(EVERYTHING.encode()).version
    assert version is not None
    return version


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user("Admin", is_process_admin=True))
    return client


def door(version: ProcessVersion, page: str = "change") -> str:
    return reverse(f"admin:processes_processversion_{page}", args=[version.pk])


def test_what_changed_is_told_in_sentences(draft: ProcessVersion, admin: Client, settings):
    settings.WEBHOOK_HOSTS = ["example.org"]
    for text in (PART, AFTERWARDS):
        importing.import_yaml(text.encode(), publish=True)
    publishing.publish(draft, by=None)
    changed = EVERYTHING.replace("offset: 2d}", "offset: 3d}").replace("after: 5d", "after: 6d")
    version = importing.import_yaml(changed.encode()).version
    assert version is not None
    changes = admin.get(door(version, "publish")).context["changes"]
    told = [one for group in (*changes.changed, *changes.timing) for one in group.changes]
    assert len(told) == 2
    assert not any("{" in text for one in told for text in (one.old, one.new))


def test_retiring_a_called_process_names_its_callers(draft: ProcessVersion, admin: Client, settings):
    settings.WEBHOOK_HOSTS = ["example.org"]
    for text in (PART, AFTERWARDS):
        importing.import_yaml(text.encode(), publish=True)
    publishing.publish(draft, by=None)
    called = ProcessVersion.objects.get(definition__key="zuarbeit")
    page = admin.get(door(called)).content.decode()
    assert "Alles" in page and "Einholen" in page
    asked = admin.post(door(called, "retire")).content.decode()
    assert "Alles" in asked and "Einholen" in asked
    admin.post(door(called, "retire"), {"confirmed": "1"})
    called.refresh_from_db()
    assert called.state == "retired"
