"""Incidents that say that nobody is there: they end when somebody has the task, and begin when nobody has."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation

from people.models import Membership, User
from processes import runtime
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks import deadlines, openincidents, verify
from tasks.models import Incident, Task

pytestmark = pytest.mark.django_db

LATER = MONDAY + dt.timedelta(hours=1)
DUE = MONDAY + dt.timedelta(days=1)


def started(*levels: dict[str, object]) -> ProcessInstance:
    """A case whose task is due after a working day."""
    version = make_version(single(deadline="8h"), levels=levels or LEVELS)
    return runtime.start(version, by=make_user("Starter", make_team("other")), at=MONDAY)


LEVELS = ({"level": 2, "name": "Leitung", "acts": [{"do": "notify", "whom": ["lead"]}]},)
MOVING = ({"level": 2, "acts": [{"do": "raise"}, {"do": "notify", "whom": ["lead"]}]},)


def incident(code: str) -> Incident:
    return Incident.objects.get(code=code)


def joined(name: str, *, lead: bool = False) -> User:
    return make_user(name, make_team(), lead=lead)


def test_whoever_takes_the_task_over_ends_the_incident():
    case = started()
    assert incident("nobody").resolved_at is None
    runtime.claim(case.tasks.get(), by=joined("Anna"), at=LATER)
    assert incident("nobody").resolved_at == LATER
    assert not list(verify.all_breaks())


def test_so_does_giving_it_to_somebody():
    case = started()
    lead, otto = joined("Lea", lead=True), make_user("Otto", make_team("other"))
    runtime.reassign(case.tasks.get(), to=otto, by=lead, at=LATER)
    assert incident("nobody").resolved_at == LATER


def test_an_inbox_that_somebody_opens_ends_it_and_an_empty_one_does_not():
    case = started()
    lead, empty, staffed = joined("Lea", lead=True), make_team("empty"), make_team("other")
    runtime.reassign(case.tasks.get(), to=empty, by=lead, at=LATER)
    assert incident("nobody").resolved_at is None
    Task.objects.update(team=make_team())
    runtime.reassign(case.tasks.get(), to=staffed, by=lead, at=LATER)
    assert incident("nobody").resolved_at == LATER


def test_giving_it_back_to_an_inbox_nobody_opens_begins_one():
    anna = joined("Anna")
    case = started()
    assert not Incident.objects.exists()
    runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
    Membership.objects.filter(user=anna).update(team=make_team("other"))
    runtime.release(case.tasks.get(), by=anna, at=LATER)
    assert incident("nobody").resolved_at is None
    assert not list(verify.all_breaks())


@translation.override("en")
@pytest.mark.parametrize("levels", [LEVELS, MOVING])
def test_a_level_that_could_tell_nobody_is_an_incident_until_somebody_has_the_task(
    levels: tuple[dict[str, object], ...],
):
    anna = joined("Anna")
    case = started(*levels)
    deadlines.sweep(at=DUE)
    found = incident("nobody_told")
    assert found.resolved_at is None
    assert "nobody was there to be told" in openincidents.reason(found)
    runtime.claim(case.tasks.get(), by=anna, at=DUE + dt.timedelta(hours=1))
    assert incident("nobody_told").resolved_at == DUE + dt.timedelta(hours=1)
