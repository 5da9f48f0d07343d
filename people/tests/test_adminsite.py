"""The administration has no door of its own: log-in, log-out and password are the application's."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

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
