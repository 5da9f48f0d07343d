"""Saving, publishing, removing and copying at once: one comes first, and nothing unchecked is in force."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from people.models import User
from processes import blueprint, publishing, runtime
from processes.editing import saving
from processes.errors import ProcessError
from processes.models import ProcessDefinition, ProcessVersion
from processes.tests import races
from processes.tests.builders import MONDAY, attend, complaint, make_user, make_version

ROUNDS = 25
HEAD: dict[str, Any] = {"note": "", "language": "de", "plan_keys": {}}
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def origin() -> ProcessVersion:
    attend("service", "quality")
    return make_version(complaint())


@pytest.fixture
def admin() -> User:
    return make_user("Admin", is_process_admin=True)


def broken(draft: ProcessVersion, by: User) -> Any:
    """Save a draft without any way."""
    plan = replace(blueprint.read(draft), flows=())
    return lambda: saving.save(draft, plan, HEAD, by=by, expected=draft.lock_version)


def test_what_was_saved_while_publishing_is_checked_too(origin: ProcessVersion, admin: User):
    for _round in range(ROUNDS):
        draft = publishing.new_draft(origin, by=None)
        changes = [lambda draft=draft: publishing.publish(draft, by=None), broken(draft, admin)]
        assert races.losers(races.at_once(changes), ProcessError) == 1
        current = ProcessVersion.objects.get(pk=draft.pk)
        assert current.is_draft != bool(blueprint.read(current).flows)


def test_of_two_who_save_one_is_told(origin: ProcessVersion, admin: User):
    for _round in range(ROUNDS):
        draft = publishing.new_draft(origin, by=None)
        results = races.at_once([broken(draft, admin), broken(draft, admin)])
        assert races.losers(results, publishing.DraftChanged) == 1


def test_a_draft_removed_while_it_is_saved_is_none_any_more(origin: ProcessVersion, admin: User):
    client = Client()
    client.force_login(admin)
    for _round in range(ROUNDS):
        draft = publishing.new_draft(origin, by=None)
        url = reverse("admin:processes_processversion_delete", args=[draft.pk])
        results = races.at_once([lambda url=url: client.post(url, {"post": "yes"}), broken(draft, admin)])
        races.losers(results, publishing.NotADraft)
        assert results[0].status_code == 302
        assert not ProcessVersion.objects.filter(pk=draft.pk).exists()


def test_a_trial_never_runs_on_half_of_what_was_saved(origin: ProcessVersion, admin: User):
    draft = publishing.new_draft(origin, by=None)
    before = blueprint.read(draft)
    renamed = (replace(one, name=f"{one.name} neu") if one.name else one for one in before.steps)
    wordy = (replace(one, label=f"{one.label} neu") for one in before.fields)
    after = replace(before, steps=tuple(renamed), fields=tuple(wordy))
    for number in range(ROUNDS):
        plan = before if number % 2 else after
        current = ProcessVersion.objects.get(pk=draft.pk)
        save = partial(saving.save, current, plan, HEAD, by=admin, expected=current.lock_version)
        start = partial(runtime.start, draft, by=admin, trial=True, at=MONDAY)
        results = races.at_once([save, start])
        assert races.losers(results) == 0
        case = results[1]
        assert blueprint.read(case.version) in (before, after)
        runtime.remove_trial(case, by=admin)


def test_a_trial_of_a_draft_published_meanwhile_says_so(origin: ProcessVersion, admin: User):
    for _round in range(5):
        draft = publishing.new_draft(origin, by=None)
        publish = partial(publishing.publish, draft, by=None)
        start = partial(runtime.start, draft, by=admin, trial=True, at=MONDAY)
        results = races.at_once([publish, start])
        if races.losers(results, publishing.NotADraft) == 0:
            version = results[1].version
            assert version.state in ("trial", "published")
            assert blueprint.read(version) == blueprint.read(draft)
            runtime.remove_trial(results[1], by=admin)
        assert ProcessVersion.objects.get(pk=draft.pk).state == "published"


def test_a_second_click_makes_no_second_copy(origin: ProcessVersion, admin: User):
    client = Client()
    client.force_login(admin)
    url = reverse("admin:processes_processversion_copy", args=[origin.pk])
    for number in range(5):
        typed = {
            "name": f"Kopie {number}",
            "key": f"kopie{number}",
            "number_pattern": f"K{number}-{{year}}-{{seq}}",
        }
        results = races.at_once([lambda typed=typed: client.post(url, typed)] * 2)
        races.losers(results)
        assert sorted(one.status_code for one in results) == [302, 422]
        assert ProcessDefinition.objects.filter(key=typed["key"]).count() == 1
