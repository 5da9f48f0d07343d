"""The administration has no door of its own: log-in, log-out and password are the application's."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from people import companycalendar
from people.models import CalendarDay, Membership
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
PAGE = "/admin/people/user/"


def test_log_in_leads_back_to_the_page_asked_for(client: Client) -> None:
    make_user("Verwaltung", is_user_admin=True)
    asked = client.get(PAGE, follow=True)
    login = asked.redirect_chain[-1][0]
    assert login == f"{reverse('people:login')}?next=%2Fadmin%2Fpeople%2Fuser%2F"
    typed = {"email": "verwaltung@example.org", "password": "geheim-2026!"}
    assert client.post(login, typed)["Location"] == PAGE


def test_log_in_leads_to_no_foreign_host(client: Client) -> None:
    make_user("Verwaltung", is_user_admin=True)
    asked = client.get("/admin/login/?next=https://boese.example/", follow=True)
    typed = {"email": "verwaltung@example.org", "password": "geheim-2026!"}
    assert client.post(asked.redirect_chain[-1][0], typed)["Location"] == "/"


def test_who_has_nothing_to_do_there_finds_nothing(client: Client) -> None:
    client.force_login(make_user("Vogt", make_team()))
    assert client.get(PAGE, follow=True).status_code == 404


def test_log_out_by_post_alone(client: Client) -> None:
    client.force_login(make_user("Verwaltung", is_user_admin=True))
    assert client.get("/admin/logout/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/admin/logout/")["Location"] == reverse("people:login")
    assert "_auth_user_id" not in client.session


def test_password_is_changed_on_the_own_page(client: Client) -> None:
    client.force_login(make_user("Verwaltung", is_user_admin=True))
    assert client.get("/admin/password_change/")["Location"] == reverse("people:password_change")
    assert client.get("/admin/password_change/done/").status_code == 404


def test_process_admins_read_teams_and_calendars_and_change_neither(client: Client) -> None:
    team, member = make_team(), make_user("Anna")
    Membership.objects.create(user=member, team=team)
    company = companycalendar.create("DE-SH", by=None)
    CalendarDay.objects.create(calendar=company, month=12, day=24, kind="off", name="Heiligabend")
    client.force_login(make_user("Pia", is_process_admin=True))
    assert "/admin/people/team/" in (index := client.get("/admin/").content.decode())
    assert "/admin/people/workcalendar/" in index
    assert "/admin/people/user/" not in index
    told = client.get(f"/admin/people/team/{team.pk}/change/").content.decode()
    assert "Anna" in told
    assert "/admin/people/user/" not in told
    page = client.get(f"/admin/people/workcalendar/{company.pk}/change/").content.decode()
    for words in ("Mo–Fr 09:00–17:00", "24.12.", "Heiligabend", "Schleswig-Holstein"):
        assert words in page
    assert 'name="_save"' not in page + told
    assert client.post(f"/admin/people/workcalendar/{company.pk}/change/", {"name": "X"}).status_code == 403
    assert client.post(f"/admin/people/team/{team.pk}/change/", {"name": "X"}).status_code == 403
    assert client.get("/admin/people/workcalendar/add/").status_code == 403


def test_filters_are_called_by_their_name(client: Client) -> None:
    client.force_login(make_user("Uta", is_user_admin=True))
    page = client.get("/admin/people/team/").content.decode()
    assert "<summary>Aktiv</summary>" in page
