"""Guessing gets slower and slower, per account and address, and nobody is locked out for good."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import RequestFactory

from people import throttling
from people.models import LoginThrottle
from people.throttling import ACCOUNT, ADDRESS, LONGEST_WAIT
from processes.tests.builders import MONDAY

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "192.0.2.1", "198.51.100.9"
SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)


def fail(
    times: int, *, account: str = "vogt@example.org", address: str = HERE, at: dt.datetime = MONDAY
) -> None:
    """So many wrong passwords, each after the pause it had to wait."""
    for _ in range(times):
        attempt = throttling.begin("login", account, address, at=at)
        at += attempt.wait
        if attempt.is_refused:
            throttling.begin("login", account, address, at=at)


def test_begin_first_failures_cost_nothing() -> None:
    fail(ACCOUNT.free - 1)
    assert not throttling.begin("login", "vogt@example.org", HERE, at=MONDAY).is_refused


def test_begin_after_the_free_failures_waits_and_goes_on_afterwards() -> None:
    fail(ACCOUNT.free)
    attempt = throttling.begin("login", "vogt@example.org", HERE, at=MONDAY)
    assert attempt.is_refused
    assert not throttling.begin("login", "vogt@example.org", HERE, at=MONDAY + attempt.wait).is_refused


def test_begin_refused_try_does_not_prolong_the_wait() -> None:
    fail(ACCOUNT.free)
    first = throttling.begin("login", "vogt@example.org", HERE, at=MONDAY)
    second = throttling.begin("login", "vogt@example.org", HERE, at=MONDAY + SECOND)
    assert second.wait == first.wait - SECOND


def test_wait_after_grows_up_to_a_quarter_of_an_hour() -> None:
    waits = [throttling.wait_after(failures, ACCOUNT) for failures in range(ACCOUNT.free, 1000)]
    assert waits[:3] == [15 * SECOND, 30 * SECOND, 60 * SECOND]
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_begin_same_account_from_another_address_is_free() -> None:
    fail(ACCOUNT.free)
    assert not throttling.begin("login", "vogt@example.org", ELSEWHERE, at=MONDAY).is_refused


def test_begin_other_spelling_of_the_account_counts_too() -> None:
    fail(ACCOUNT.free)
    assert throttling.begin("login", " VOGT@Example.org", HERE, at=MONDAY).is_refused


def test_begin_many_accounts_from_one_address_wait() -> None:
    for number in range(ADDRESS.free):
        fail(1, account=f"person{number}@example.org")
    assert throttling.begin("login", "another@example.org", HERE, at=MONDAY).is_refused
    assert not throttling.begin("login", "another@example.org", ELSEWHERE, at=MONDAY).is_refused


def test_begin_another_purpose_counts_by_itself() -> None:
    fail(ACCOUNT.free)
    assert not throttling.begin("reset", "vogt@example.org", HERE, at=MONDAY).is_refused


def test_succeed_forgets_the_accounts_failures() -> None:
    fail(ACCOUNT.free - 1)
    attempt = throttling.begin("login", "vogt@example.org", HERE, at=MONDAY)
    throttling.succeed(attempt, at=MONDAY)
    fail(ACCOUNT.free - 1)
    assert not throttling.begin("login", "vogt@example.org", HERE, at=MONDAY).is_refused


def test_succeed_does_not_free_the_address_of_a_guesser() -> None:
    for number in range(ADDRESS.free - 1):
        fail(1, account=f"person{number}@example.org")
    throttling.succeed(throttling.begin("login", "own@example.org", HERE, at=MONDAY), at=MONDAY)
    fail(1, account="last@example.org")
    assert throttling.begin("login", "own@example.org", HERE, at=MONDAY).is_refused


def test_begin_after_a_quiet_day_starts_anew() -> None:
    fail(ACCOUNT.free + 3)
    fail(ACCOUNT.free - 1, at=MONDAY + dt.timedelta(days=1))
    tomorrow = throttling.begin("login", "vogt@example.org", HERE, at=MONDAY + dt.timedelta(days=1))
    assert not tomorrow.is_refused


def test_succeed_removes_rows_of_the_day_before_yesterday() -> None:
    fail(1)
    later = MONDAY + dt.timedelta(days=2)
    throttling.succeed(throttling.begin("login", "else@example.org", ELSEWHERE, at=later), at=later)
    assert LoginThrottle.objects.count() == 2


def test_begin_stores_neither_account_nor_address() -> None:
    fail(1)
    keys = LoginThrottle.objects.values_list("key", flat=True)
    assert all(len(key) == 64 and HERE not in key for key in keys)


@pytest.mark.parametrize(
    ("given", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_address_of_counts_an_ipv6_network_as_one(given: str, counted: str) -> None:
    assert throttling.address_of(RequestFactory().get("/", REMOTE_ADDR=given)) == counted
