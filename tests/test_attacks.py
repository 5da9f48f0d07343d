"""Attacks that once got through, each with what must answer it."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.test import Client
from django.urls import reverse

from people.models import User
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
ADMINS = list(admin.site._registry.values())


@pytest.fixture
def user_admin(client: Client) -> Client:
    client.force_login(make_user("Useradmin", is_user_admin=True))
    return client


@pytest.mark.parametrize("table", ADMINS, ids=lambda table: table.opts.label_lower)
def test_columns_that_no_filter_offers_cannot_be_probed(table: ModelAdmin) -> None:
    for column in table.opts.get_fields():
        for lookup in (f"{column.name}__startswith", f"{column.name}__regex", f"{column.name}__id__gt"):
            assert not table.lookup_allowed(lookup, "a", None), lookup


def test_password_hashes_cannot_be_read_letter_by_letter(user_admin: Client) -> None:
    answer = user_admin.get(reverse("admin:people_user_changelist"), {"password__startswith": "argon2"})
    assert answer.status_code == 400


def test_every_offered_filter_leads_somewhere(user_admin: Client) -> None:
    """The links the list itself shows keep working."""
    team = make_team("service")
    list_url = reverse("admin:people_user_changelist")
    for query in (f"memberships__team__id__exact={team.pk}", "is_active__exact=1", "is_auditor__exact=0"):
        answer = user_admin.get(f"{list_url}?{query}")
        assert answer.status_code == 200, query


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_numbers_no_database_holds_are_refused_in_filters(user_admin: Client, number: int) -> None:
    answer = user_admin.get(reverse("admin:people_user_changelist"), {"memberships__team": number})
    assert answer.status_code == 400


@pytest.mark.parametrize("target", ["%2f%2fevil.example", "logout", "people:logout", "a b", "?x", "ä"])
def test_log_in_leads_home_where_the_wanted_address_is_none(client: Client, target: str) -> None:
    """Words without a slash are no addresses, and must not be taken for names of views either."""
    person = User.objects.create_user("mia@example.org", "Nordlicht-2026")
    typed = {"email": person.email, "password": "Nordlicht-2026", "next": target}
    assert client.post(reverse("people:login"), typed).headers["Location"] == reverse("home")
    assert client.get(reverse("people:login"), {"next": target}).headers["Location"] == reverse("home")
