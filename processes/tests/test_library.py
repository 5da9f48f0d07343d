"""The shipped templates: proved, and walked through until every outcome of every step was taken to an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from processes import library
from processes.tests import walks
from tasks import verify

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def office(django_db_setup: None, django_db_blocker: Any) -> Iterator[walks.Office]:
    """One office for all templates; what happens in it is rolled back with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield walks.Office.open()
        transaction.set_rollback(True)


@pytest.mark.parametrize("key", [one.key for one in library.templates()])
def test_every_outcome_of_a_template_leads_to_an_end(key: str, office: walks.Office):
    found = walks.cover(office, key)
    print(f"\n{found.line()}")
    assert (found.missing, found.missing_flows) == ([], [])
    assert list(verify.all_breaks()) == []


@pytest.mark.parametrize("template", library.templates(), ids=lambda one: one.key)
def test_no_instruction_of_a_template_breaks_in_the_middle_of_a_sentence(template: library.Template):
    lines = [line for step in template.plan.steps for line in step.instructions.splitlines() if line]
    assert [line for line in lines if line[-1] not in ".:?!"] == []
