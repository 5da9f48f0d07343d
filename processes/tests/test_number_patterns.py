"""Patterns of case numbers: several spellings of one row, numbers that meet, and lengths."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from processes import numbers, runtime
from processes.adminpages import numberpatterns
from processes.models import ProcessDefinition, ProcessInstance
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from processes.tests.test_templates import LIST, browser, typed

__all__ = ["browser"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("typed", ["REK-{Jahr}-{Nummer:5}", "REK-{Jahr}-{Nummer: 5}", "REK-{year}-{seq:5}"])
def test_another_spelling_of_a_pattern_is_the_same_row(typed):
    make_definition("first", number_pattern="REK-{year}-{seq:05}")
    with pytest.raises(ValidationError):
        numberpatterns.own(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("REK-{year}-{seq:05}", "REK-{year}-{seq:5}"),
        ("A-{seq}", "A-{seq:1}"),
        ("A-{seq:0}", "A-{seq}"),
        ("V-{year}-{seq}", "V-2026-{seq}"),
    ],
)
def test_two_processes_whose_numbers_meet_can_both_start(one, other):
    anna = make_user("Anna", make_team())
    first = make_version(single(), make_definition("first", number_pattern=one))
    second = make_version(single(), make_definition("second", number_pattern=other))
    assert numbers.is_valid_pattern(one) and numbers.is_valid_pattern(other)
    runtime.start(first, by=anna, at=MONDAY)
    runtime.start(second, by=anna, at=MONDAY)


def test_a_pattern_is_not_longer_once_it_is_stored(browser):
    browser.raise_request_exception = False
    answer = browser.post(f"{LIST}ticket/", typed("ticket", number_pattern="R" * 56 + "{Nr}"))
    longest = ProcessDefinition._meta.get_field("number_pattern").max_length
    assert answer.status_code < 500
    assert all(len(one.number_pattern) <= longest for one in ProcessDefinition.objects.all())


def test_numbers_that_meet_are_told_where_a_case_is_started():
    anna = make_user("Anna", make_team())
    runtime.start(
        make_version(single(), make_definition("first", number_pattern="REK-{year}-{seq:05}")), by=anna
    )
    make_version(single(), make_definition("second", number_pattern="REK-{year}-{seq:5}"))
    client = Client(raise_request_exception=False)
    client.force_login(anna)
    key = client.get("/processes/second/start/").context["entered"].key
    assert client.post("/processes/second/start/", {"key": key}).status_code < 500


def test_a_pattern_gives_numbers_that_fit():
    pattern = "R-{seq:99}"
    number = numbers.render(numbers.prefix(pattern, MONDAY), 1)
    fits = len(number) <= ProcessInstance._meta.get_field("number").max_length
    assert fits or not numbers.is_valid_pattern(pattern)
