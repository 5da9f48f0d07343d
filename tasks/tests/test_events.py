"""The text that is hashed never changes: chains of years ago must stay provable."""

import datetime as dt

import pytest

from people.scope import Principal
from processes import runtime
from processes.tests.builders import BERLIN, MONDAY, complaint, make_team, make_user, make_version
from tasks import events
from tasks.models import EventPayload, ProcessEvent

FACTS = {"step": "prüfen", "name": 'Leitung "1" \\ –\n', "level": 1, "list": [1, None, True]}
WINTER = dt.datetime(2026, 11, 16, 9, 0, 0, 5, tzinfo=dt.UTC)
SUMMER = dt.datetime(2026, 7, 16, 9, tzinfo=BERLIN)


def event(at, task=None, actor=None, acting_for=None, digest=""):
    return events.Event(
        instance_id=7,
        seq=2,
        kind="overdue",
        task_id=task,
        actor_id=actor,
        acting_for_id=acting_for,
        at=at,
        facts=events.canonical(FACTS),
        payload_digest=digest,
        hash="",
    )


PLAIN, FULL = (None, None, None, ""), (3, 4, 5, "ab" * 32)


@pytest.mark.parametrize(
    ("at", "ids", "digest"),
    [
        (WINTER, PLAIN, "1a2c169ce23a3e41ecd2fcd72b29c2bb8fef5eb39949b9ba6ae5eed4d040fd56"),
        (WINTER, FULL, "da1f280cd4baaeebd8deb56677e8e1e964a9b8ecd7d8bfe04b9082800d709e8b"),
        (SUMMER, PLAIN, "e23c888992a3ee96300d96bbb7b25686d798fe597b168c69ab4b1376ed824b36"),
        (SUMMER, FULL, "20ecc4f21e98efce9c104dbff28d99ba4d36b1a36c8b6cc0777b43426e6e7083"),
    ],
)
def test_the_hash_of_an_event_is_what_it_always_was(at, ids, digest):
    assert events.chain_hash("p" * 64, event(at, *ids)) == digest


@pytest.mark.parametrize("ids", [PLAIN, FULL])
def test_the_hashed_text_is_the_canonical_one_of_everything_an_event_states(ids):
    one = event(SUMMER, *ids)
    stated = {
        "v": events.FORMAT,
        "instance": one.instance_id,
        "seq": one.seq,
        "kind": one.kind,
        "task": one.task_id,
        "actor": one.actor_id,
        "acting_for": one.acting_for_id,
        "at": "2026-07-16T07:00:00.000000Z",
        "facts": one.facts,
        "payload": one.payload_digest,
    }
    assert events.hashed_text(one) == events.canonical(stated)


@pytest.mark.django_db
def test_events_with_and_without_a_personal_part_are_written_together():
    anna = make_user("Anna", make_team())
    case = runtime.start(make_version(complaint()), by=anna, at=MONDAY)
    entries = [
        events.append(case, kind, by=Principal(anna), at=MONDAY, task=case.tasks.get(), personal=personal)
        for kind, personal in (
            (events.Kind.CLAIMED, None),
            (events.Kind.COMMENTED, {"text": "Glas"}),
            (events.Kind.RELEASED, {"text": ""}),
        )
    ]
    events.write(entries)
    rows = list(ProcessEvent.objects.filter(instance=case, seq__gt=1).order_by("seq"))
    assert [row.kind for row in rows] == ["claimed", "commented", "released"]
    assert [events.personal_of(row) for row in rows] == [{}, {"text": "Glas"}, {}]
    assert [row.hash for row in rows] == [entry.event.hash for entry in entries]
    assert {row.actor for row in rows} == {anna}
    assert EventPayload.objects.filter(event__in=rows).count() == 1
    assert (case.event_seq, case.head_hash) == (4, rows[-1].hash)
