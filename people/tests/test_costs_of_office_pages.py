"""Pages of teams and plans that process administrators read: their statements do not grow with the rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import Membership
from processes.models import EscalationPlan
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db


def statements(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.fixture
def pia() -> Client:
    client = Client()
    client.force_login(make_user("Pia", is_process_admin=True))
    return client


def test_the_page_of_a_team_costs_the_same_however_many_members_it_has(pia: Client):
    team = make_team()
    for _ in range(2):
        make_user("", team)
    url = reverse("admin:people_team_change", args=[team.pk])
    statements(pia, url)
    few = statements(pia, url)
    for _ in range(10):
        make_user("", team)
    assert Membership.objects.count() == 12
    assert statements(pia, url) == few


def test_the_list_of_plans_costs_the_same_however_many_there_are(pia: Client):
    for number in range(2):
        EscalationPlan.objects.create(key=f"p{number}", name=f"P{number}")
    url = reverse("admin:processes_escalationplan_changelist")
    statements(pia, url)
    few = statements(pia, url)
    for number in range(2, 12):
        EscalationPlan.objects.create(key=f"p{number}", name=f"P{number}")
    assert statements(pia, url) == few
