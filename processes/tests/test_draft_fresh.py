"""A draft that was not begun yet says what to do first."""

from __future__ import annotations

import pytest
from django.test import Client

from people.models import User
from processes import publishing
from processes.admin import EMPTY
from processes.models import ProcessVersion
from processes.tests.builders import make_definition
from processes.tests.draft_page import opened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english(admin: Client) -> None:
    User.objects.update(language="en")


@pytest.fixture
def fresh() -> ProcessVersion:
    return publishing.draft_from(EMPTY, make_definition(), by=None)


def test_it_greets_with_one_sentence_and_the_button_for_it(admin: Client, fresh: ProcessVersion):
    page = opened(admin, fresh)
    findings = page.html.partition('class="ed-tags"')[2].partition("</ul>")[0]
    assert findings.count("<li") == 1
    assert "This process has no tasks yet." in findings
    page.press(f"insert:{page.row('start')}")
    assert len(page.typed["steps"]) == 3
    assert "This process has no tasks yet." not in page.html


def test_what_leads_somewhere_is_judged(admin: Client, fresh: ProcessVersion):
    page = opened(admin, fresh)
    page.put(f"{page.row('start')}-on-w1-target", page.row("ende")).press("redraw")
    assert "This process has no tasks yet." not in page.html
