"""Several people at the same records at once: one number each, one record per form, one of two changes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from customers import records
from customers.models import ContactPoint, Customer, CustomerEvent
from people.scope import SYSTEM
from processes.errors import StaleError

ROUNDS = 25
PEOPLE = 4
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def at_once(change: Callable[[int], object]) -> list[str]:
    """Do it for 0, 1, … in a connection each, beginning together; answers what came of each."""
    barrier = Barrier(PEOPLE)

    def one(each: int) -> str:
        try:
            barrier.wait()
            return str(change(each))
        except StaleError as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(PEOPLE) as pool:
        return sorted(pool.map(one, range(PEOPLE)))


def test_records_made_at_once_get_numbers_without_a_gap() -> None:
    for _round in range(ROUNDS):
        at_once(lambda each: records.create(by=SYSTEM, name=f"Kunde {each}"))
    numbers = sorted(Customer.objects.values_list("number", flat=True))
    assert numbers == [f"K-{10001 + n}" for n in range(ROUNDS * PEOPLE)]


def test_one_form_sent_several_times_makes_one_record() -> None:
    for turn in range(ROUNDS):
        at_once(lambda _each, turn=turn: records.create(by=SYSTEM, name="Kunde", key=f"{turn:032}"))
    assert Customer.objects.count() == ROUNDS


def test_of_several_changes_to_one_version_one_is_written() -> None:
    customer = records.create(by=SYSTEM, name="Kunde")
    for version in range(1, ROUNDS + 1):
        answers = at_once(
            lambda each, version=version: records.update(
                customer, by=SYSTEM, expected_version=version, city=f"Ort {version} {each}"
            )
        )
        assert answers == ["Kunde", *["stale"] * (PEOPLE - 1)]
    assert CustomerEvent.objects.filter(kind="changed").count() == ROUNDS


def test_one_way_of_contact_added_several_times_stands_once() -> None:
    customer = records.create(by=SYSTEM, name="Kunde")
    for turn in range(ROUNDS):
        at_once(
            lambda _each, turn=turn: records.add_contact(
                customer, by=SYSTEM, kind="phone", value=f"0711 {turn:05}"
            )
        )
    assert ContactPoint.objects.count() == ROUNDS
