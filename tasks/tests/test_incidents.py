"""Incidents are open once per token and code, and resolved once."""

import datetime as dt

import pytest

from processes import runtime
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks import incidents
from tasks.models import Incident

pytestmark = pytest.mark.django_db
LATER = MONDAY + dt.timedelta(hours=1)


@pytest.fixture
def case():
    return runtime.start(make_version(single()), by=make_user("Anna", make_team()), at=MONDAY)


def test_the_same_trouble_of_one_token_is_one_incident(case):
    first = incidents.open_incident(case, "nobody", at=MONDAY, token_id=1, step_key="work")
    assert incidents.open_incident(case, "nobody", at=LATER, token_id=1) == first
    others = {
        incidents.open_incident(case, "nobody", at=LATER, token_id=2),
        incidents.open_incident(case, "no_way_on", at=LATER, token_id=1),
    }
    assert first not in others and Incident.objects.count() == 3
    assert (first.opened_at, first.step_key) == (MONDAY, "work")


def test_a_resolved_incident_keeps_who_and_when_and_a_new_one_can_open(case):
    boss = make_user("Boss")
    first = incidents.open_incident(case, "nobody", at=MONDAY)
    incidents.resolve(first, by=boss, at=LATER)
    incidents.resolve(first, by=None, at=LATER + dt.timedelta(days=1))
    first.refresh_from_db()
    assert (first.resolved_by, first.resolved_at) == (boss, LATER)
    assert incidents.open_incident(case, "nobody", at=LATER) != first


def test_a_long_detail_is_cut_to_what_the_column_holds(case):
    made = incidents.open_incident(case, "job", at=MONDAY, detail="x" * 2000)
    made.refresh_from_db()
    assert made.detail == "x" * 500
