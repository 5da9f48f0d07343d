"""The editing page and steps it cannot make yet: it shows what they do and leaves them as they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent
from processes import blueprint, importing, publishing
from processes.blueprint import Blueprint
from processes.models import ProcessVersion
from processes.tests.builders import make_team, make_user
from processes.tests.files import AFTERWARDS, EVERYTHING, PART
from processes.tests.pages import form_values

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


def contents(version: ProcessVersion) -> Blueprint:
    """The blueprint with transitions by step; their order matters only among those of one step."""
    plan = blueprint.read(version)
    return replace(plan, flows=tuple(sorted(plan.flows, key=lambda flow: (flow.source, flow.outcome))))


def test_saving_the_page_leaves_what_it_does_not_know(draft: ProcessVersion, admin: Client):
    before = contents(draft)
    data = form_values(admin.get(door(draft)).content.decode())
    assert admin.post(door(draft), {**data, "_continue": "1"}).status_code == 302
    assert contents(draft) == before
    (name,) = [key for key, value in data.items() if key.endswith("-name") and value == "Warten"]
    assert admin.post(door(draft), {**data, name: "Abwarten", "seen_version": "2"}).status_code == 302
    after = {one.key: one for one in blueprint.read(draft).steps}
    assert (after["warten"].name, after["warten"].config) == (
        "Abwarten",
        {one.key: one.config for one in before.steps}["warten"],
    )
    assert AdminEvent.objects.get(kind="draft_changed").changes == {
        "steps.warten.name": ["Warten", "Abwarten"]
    }


def test_the_page_says_what_steps_do_by_themselves(draft: ProcessVersion, admin: Client):
    page = admin.get(door(draft)).content.decode()
    assert page.count('class="does"') == 10


def test_new_steps_are_of_a_kind_the_page_can_make(draft: ProcessVersion, admin: Client):
    page = admin.get(door(draft)).content.decode()
    empty = page[page.index('name="steps-__prefix__-kind"') :].partition("</select>")[0]
    assert 'value="task"' in empty
    assert not any(f'value="{kind}"' in empty for kind in ("timer", "action", "subprocess"))


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
