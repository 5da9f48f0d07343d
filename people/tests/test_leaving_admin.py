"""Letting people go in the administration: told before, handed back after."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import translation

from people.models import Membership, Team, User
from processes import runtime
from processes.tests.builders import make_definition, make_team, make_user, make_version, single
from tasks.models import Incident, Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def admin(client: Client) -> User:
    user = make_user("Verwaltung", is_user_admin=True, language="en")
    client.force_login(user)
    return user


@pytest.fixture
def anna() -> User:
    return make_user("Anna", make_team())


def task_of(user: User, **definition: Any) -> Task:
    made = make_definition(**definition) if definition else None
    return runtime.start(make_version(single(assignment="starter"), made), by=user).tasks.get()


def open_task(team: Team, key: str, **definition: Any) -> Task:
    """One more task in the team's inbox."""
    made = make_definition(key, number_pattern=key + "{seq}", **definition)
    starter = team.memberships.first().user
    return runtime.start(make_version(single(team=team.key), made), by=starter).tasks.get()


def press(client: Client, user: User) -> list[str]:
    """Press the button; the messages shown."""
    answer = client.post(reverse("admin:people_user_deactivate", args=[user.pk]))
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


def team_form(team: Team, delete: tuple[User, ...] = (), **changes: Any) -> dict[str, Any]:
    """What the team's page posts."""
    rows = list(team.memberships.order_by("pk"))
    posted = {
        "name": team.name,
        "key": team.key,
        "is_active": "on",
        "memberships-TOTAL_FORMS": len(rows),
        "memberships-INITIAL_FORMS": len(rows),
    }
    for number, row in enumerate(rows):
        prefix = f"memberships-{number}"
        posted |= {f"{prefix}-id": row.pk, f"{prefix}-team": team.pk, f"{prefix}-user": row.user_id}
        posted |= {f"{prefix}-role": row.role}
        if row.user in delete:
            posted[f"{prefix}-DELETE"] = "on"
    return {key: value for key, value in {**posted, **changes}.items() if value is not None}


def save(client: Client, team: Team, **form: Any) -> Any:
    with translation.override("en"):
        page = reverse("admin:people_team_change", args=[team.pk])
        return client.post(page, team_form(team, **form), headers={"accept-language": "en"})


def test_deactivating_hands_open_tasks_back_and_says_so(client: Client, anna: User):
    make_user("Bert", make_team())
    row = task_of(anna)
    assert any("Anna" in sentence for sentence in press(client, anna))
    row.refresh_from_db()
    assert (row.assignee, row.assignment_reason) == (None, {"code": "inactive"})


def test_deactivating_the_last_one_leaves_an_incident(client: Client, anna: User):
    task_of(anna)
    assert len(press(client, anna)) == 3
    assert Incident.objects.get().code == "nobody"


def test_a_refused_deactivation_hands_nothing_back(client: Client, admin: User):
    Membership.objects.create(user=admin, team=make_team())
    row = task_of(admin)
    press(client, admin)
    row.refresh_from_db()
    assert row.assignee == admin


def test_the_account_page_tells_of_teams_that_would_be_empty(client: Client, anna: User):
    team = make_team()
    open_task(team, "a")
    open_task(team, "b")
    open_task(team, "secret", is_confidential=True)
    page = reverse("admin:people_user_change", args=[anna.pk])
    shown = client.get(page).context["warnings"]
    assert len(shown) == 1 and "2" in shown[0] and "3" not in shown[0] and team.name in shown[0]
    make_user("Bert", team)
    assert client.get(page).context["warnings"] == []


def test_taking_the_last_member_out_must_be_confirmed(client: Client, anna: User):
    team, gone = make_team(), make_user("Gone", make_team(), is_active=False)
    open_task(team, "a")
    refused = save(client, team, delete=(anna,))
    assert refused.status_code == 200
    assert Membership.objects.filter(user=anna).exists()
    formset = refused.context["inline_admin_formsets"][0].formset
    sentence = formset.non_form_errors()[0]
    assert "1" in sentence and team.name in sentence
    seen = formset.management_form["seen"].value()
    assert f'value="{seen}"' in refused.content.decode()
    assert save(client, team, delete=(anna,), **{"memberships-seen": seen}).status_code == 302
    assert set(Membership.objects.values_list("user", flat=True)) == {gone.pk}


def test_taking_one_of_several_out_asks_nothing_and_hands_back_what_the_teamless_have(
    client: Client, anna: User
):
    make_user("Bert", make_team())
    row = task_of(anna)
    assert save(client, make_team(), delete=(anna,)).status_code == 302
    row.refresh_from_db()
    assert row.assignee is None


def test_who_still_works_elsewhere_keeps_the_tasks(client: Client):
    make_user("Bert", make_team())
    anna = make_user("Anna", make_team(), make_team("quality"))
    row = task_of(anna)
    assert save(client, make_team(), delete=(anna,)).status_code == 302
    row.refresh_from_db()
    assert row.assignee == anna


def test_closing_a_team_must_be_confirmed(client: Client, anna: User):
    team = make_team()
    open_task(team, "a")
    refused = save(client, team, is_active=None)
    form = refused.context["adminform"].form
    assert (refused.status_code, Team.objects.get().is_active) == (200, True)
    assert team.name in form.non_field_errors()[0]
    assert save(client, team, is_active=None, seen=form["seen"].value()).status_code == 302
    assert not Team.objects.get().is_active
