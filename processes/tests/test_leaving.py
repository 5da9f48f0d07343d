"""Who leaves hands open tasks back; what nobody is there for is an incident, and verify misses nothing."""

from __future__ import annotations

import pytest
from django.test import Client

from people.models import User
from processes import runtime
from processes.models import ProcessInstance
from processes.runtime import HandedBack
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from processes.tests.handouts import after_first, given, pair, why
from tasks import events, unattended, verify
from tasks.models import Incident, Notification, ProcessEvent, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return make_user("Anna", make_team())


@pytest.fixture
def boss() -> User:
    """Who takes accounts away; has no part in cases."""
    return make_user("Boss", is_user_admin=True)


def leave(user: User) -> None:
    user.is_active = False
    user.save()


def broken() -> list[str]:
    return [place.code for place in verify.all_breaks()]


def last_event(row: Task) -> tuple[ProcessEvent, dict[str, object]]:
    event = ProcessEvent.objects.filter(instance=row.instance).latest("seq")
    return event, events.facts_of(event)


def test_all_open_tasks_go_back_to_the_inbox_and_ended_ones_stay(anna: User, boss: User):
    make_user("Bert", make_team())
    version = make_version(pair({"assignment": "starter"}, assignment="starter"))
    second, fresh = after_first(version, anna), given(version, anna)
    leave(anna)
    assert broken() == ["task_of_the_gone"] * 2
    assert runtime.hand_back(anna, by=boss, at=MONDAY) == HandedBack(2, 0)
    for row in (second, fresh):
        version_before = row.lock_version
        row.refresh_from_db()
        assert (row.assignee, row.team, row.assignment_reason) == (None, make_team(), {"code": "inactive"})
        assert row.lock_version == version_before + 1
        event, facts = last_event(row)
        assert (event.kind, event.actor, facts["why"]) == ("released", boss, "inactive")
        assert "left" in why(row)
    assert second.instance.tasks.get(step_key="first").completed_by == anna
    assert broken() == []
    assert runtime.hand_back(anna, by=boss) == HandedBack()


def test_suspended_cases_are_not_forgotten(anna: User, boss: User):
    make_user("Bert", make_team())
    lead = make_user("Lead", make_team(), lead=True)
    row = given(make_version(single(assignment="starter")), anna)
    runtime.suspend(ProcessInstance.objects.get(), by=lead, reason="Rückfrage")
    leave(anna)
    assert runtime.hand_back(anna, by=boss).tasks == 1
    row.refresh_from_db()
    assert row.assignee is None


def test_without_a_team_the_owner_gets_it_and_is_told(anna: User, boss: User):
    owner = make_user("Olga", make_team("board"))
    row = given(make_version(single(assignment="starter"), make_definition(owner=owner)), anna)
    leave(anna)
    assert runtime.hand_back(anna, by=boss) == HandedBack(1, 0)
    row.refresh_from_db()
    assert row.assignee == owner
    event, facts = last_event(row)
    assert (event.kind, facts["to_user"], facts["why"]) == ("reassigned", owner.pk, "inactive")
    assert Notification.objects.get(recipient=owner).kind == "assigned"
    assert broken() == []


def test_what_nobody_is_there_for_becomes_one_incident(anna: User, boss: User):
    row = given(make_version(single(assignment="starter")), anna)
    leave(anna)
    assert list(unattended.of_the_gone()) == [row]
    assert runtime.hand_back(anna, by=boss, at=MONDAY) == HandedBack(1, 1)
    incident = Incident.objects.get()
    assert (incident.code, incident.instance, incident.token_id) == ("nobody", row.instance, row.token_id)
    assert (incident.step_key, incident.opened_at) == ("work", MONDAY)
    assert list(unattended.in_empty_inboxes()) == [row]
    assert broken() == []
    incident.delete()
    assert broken() == ["task_with_nobody"]


def test_a_person_kept_apart_does_not_count_as_somebody(boss: User):
    team = make_team()
    anna, bert = make_user("Anna", team), make_user("Bert", team)
    row = after_first(make_version(pair(assignment="person", person=bert.email, apart_key="first")), anna)
    assert row.assignee == bert
    leave(bert)
    assert runtime.hand_back(bert, by=boss) == HandedBack(1, 1)


@pytest.mark.parametrize("kind", ["gone", "inbox"])
def test_operators_find_what_nobody_is_there_for(client: Client, anna: User, kind: str):
    version = make_version(single(assignment="starter"))
    attended, wanted = given(version, make_user("Bert", make_team("quality"))), given(version, anna)
    leave(anna)
    if kind == "inbox":
        runtime.hand_back(anna, by=anna)
    client.force_login(make_user("Betrieb", is_operator=True))
    shown = client.get("/admin/tasks/task/", {"unattended": kind}).context["cl"].result_list
    assert list(shown) == [wanted] and attended.is_open
