"""A legal deadline extended twice at the same moment: one extension counts, none is lost without a word."""

from __future__ import annotations

from functools import partial

import pytest

from people.models import User
from processes import runtime
from processes.errors import StaleError
from processes.models import ProcessVersion
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from processes.tests.races import at_once, losers
from tasks import verify
from tasks.events import Kind, facts_of
from tasks.models import Clock, ProcessEvent, Task
from tasks.tests.test_extensions import SATURDAY
from tasks.tests.test_legal_rules import last_second

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("races")]
ROUNDS = 30
ENDS = {"1w": last_second("2026-12-07"), "1m": last_second("2026-12-28")}
"""From Saturday, 28 November, on."""


@pytest.fixture
def version() -> ProcessVersion:
    return make_version(single(deadlines=(SATURDAY,)))


@pytest.fixture
def leads() -> list[User]:
    return [make_user(name, make_team(), lead=True) for name in ("Lea", "Leo")]


def begun(version: ProcessVersion, by: User) -> Clock:
    """The deadline of the only task of a new case."""
    return Clock.objects.get(instance=runtime.start(version, by=by, at=MONDAY))


def extended_at_once(clock: Clock, by: list[User], *lengths: str) -> list[object]:
    """Each of them extends the deadline they all have seen, by one of the lengths."""
    row = Task.objects.get(pk=clock.task_id)
    values = {"former": clock.due_at, "reason": "vom Gericht gewährt", "at": MONDAY}
    pairs = zip(by, lengths, strict=True)
    return at_once([partial(runtime.extend_deadline, row, one, by=who, **values) for who, one in pairs])


def lengths_of(clock: Clock) -> list[str]:
    """By how much its history says it was extended."""
    rows = ProcessEvent.objects.filter(task_id=clock.task_id, kind=Kind.DEADLINE)
    return [facts_of(row)["length"] for row in rows]


def test_of_two_different_extensions_at_once_one_is_refused(version: ProcessVersion, leads: list[User]):
    for _round in range(ROUNDS):
        clock = begun(version, leads[0])
        assert losers(extended_at_once(clock, leads, "1w", "1m"), StaleError) == 1
        (length,) = lengths_of(clock)
        clock.refresh_from_db()
        assert clock.due_at == Task.objects.get(pk=clock.task_id).due_at == ENDS[length]
    assert not list(verify.all_breaks())


def test_the_same_extension_twice_at_once_counts_once(version: ProcessVersion, leads: list[User]):
    for _round in range(ROUNDS):
        clock = begun(version, leads[0])
        assert losers(extended_at_once(clock, leads, "1w", "1w")) == 0
        assert lengths_of(clock) == ["1w"]
        clock.refresh_from_db()
        assert clock.due_at == ENDS["1w"]
    assert not list(verify.all_breaks())
