"""Two administrators at once: one wins, the other is told; never two published versions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from processes import publishing
from processes.importing import import_yaml
from processes.models import ProcessVersion
from processes.tests import races
from processes.tests.builders import attend, complaint, make_version

ROUNDS = 25
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(versions: list[ProcessVersion]) -> list[str]:
    """Publish each in a connection of its own, beginning together; answers what became of each."""
    barrier = Barrier(len(versions))

    def publish(version: ProcessVersion) -> str:
        try:
            barrier.wait()
            publishing.publish(version, by=None)
        except publishing.NotADraft as refusal:
            return refusal.code
        finally:
            connection.close()
        return "published"

    with ThreadPoolExecutor(len(versions)) as pool:
        return sorted(pool.map(publish, versions))


def test_one_draft_is_published_once():
    attend("service", "quality")
    origin = make_version(complaint())
    for _round in range(ROUNDS):
        draft = publishing.new_draft(origin, by=None)
        assert at_once([draft, draft]) == ["not_a_draft", "published"]


def test_of_two_drafts_exactly_one_stays_in_force():
    attend("service", "quality")
    origin = make_version(complaint())
    for _round in range(ROUNDS):
        drafts = [publishing.new_draft(origin, by=None) for _each in range(2)]
        assert at_once(drafts) == ["published", "published"]
        in_force = ProcessVersion.objects.filter(definition=origin.definition, state="published")
        assert in_force.count() == 1


def test_drafts_begun_at_once_get_different_numbers():
    attend("service", "quality")
    origin = make_version(complaint())

    def begin(_each: int) -> int:
        try:
            return publishing.new_draft(origin, by=None).number
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(begin, range(12)))
    assert sorted(numbers) == list(range(2, 14))


CALLED = """\
process: {key}
name: {key}
owner_team: service
fields: {{{field}: Wert}}
start: {{fields: [{field}], next: tun}}
steps: {{tun: {{name: Tun, team: service, next: ende}}, ende: {{kind: end, name: Ende}}}}
"""
CALLER = """\
process: {key}-ruft
name: {key} ruft
owner_team: service
fields: {{eigen: Eigen}}
start: {{fields: [eigen], next: rufen}}
steps:
  rufen: {{name: Rufen, process: {key}, in: {{wert: eigen}}, next: ende}}
  ende: {{kind: end, name: Ende}}
"""


def drafted(text: str) -> ProcessVersion:
    version = import_yaml(text.encode(), create_teams=True).version
    assert version is not None
    return version


def test_a_caller_and_a_called_process_without_its_field_are_never_both_published():
    attend("service")
    for number in range(10):
        key = f"teil{number}"
        publishing.publish(drafted(CALLED.format(key=key, field="wert")), by=None)
        without, caller = drafted(CALLED.format(key=key, field="anders")), drafted(CALLER.format(key=key))
        results = races.at_once(
            [lambda one=one: publishing.publish(one, by=None) for one in (without, caller)]
        )
        assert races.losers(results, publishing.NotPublishable) == 1
