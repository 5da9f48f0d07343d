"""What the page of a draft says of a vote that is not whole yet."""

from __future__ import annotations

import pytest
from django.test import Client

from people.models import User
from processes.models import ProcessVersion
from processes.tests.draft_page import opened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(admin: Client) -> None:
    User.objects.update(language="en")


def test_a_number_of_votes_that_is_not_said_is_asked_for(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    check = page.row("check")
    page.put(f"{check}-over", "persons").put(f"{check}-quorum", "count").press(f"open:{check}")
    assert "it is not said how many votes for one outcome decide" in page.html
    assert "nobody chosen yet (how many votes decide is not said yet)" in page.html
    assert "can never be reached" not in page.html
    page.put(f"{check}-count", "2").press("redraw")
    assert "it is not said how many votes" not in page.html


def test_what_holds_without_agreement_says_that_nobody_chooses_it(admin: Client, version: ProcessVersion):
    page = opened(admin, version)
    check = page.row("check")
    page.put(f"{check}-over", "team").press(f"open:{check}")
    assert "Then none of the voters can choose it." in page.html
