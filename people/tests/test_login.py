"""Getting in and out: one answer for every failure, slowed guessing, no way to another host."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth import hashers
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people import accounts
from people.models import LoginThrottle, User
from people.throttling import ACCOUNT
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "geheim-2026!"
LOGIN = "/login/"


@pytest.fixture
def clerk() -> User:
    return make_user("Vogt", make_team())


def log_in(client: Client, email: str = "vogt@example.org", password: str = PASSWORD, **more: str) -> int:
    address = more.pop("address", "192.0.2.1")
    data = {"email": email, "password": password, **more}
    return client.post(LOGIN, data, REMOTE_ADDR=address).status_code


def make_all_blocks_end() -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    LoginThrottle.objects.update(blocked_until=past)


def test_login_page_is_german_and_keeps_the_address_wanted(client: Client) -> None:
    page = client.get(LOGIN, {"next": "/customers/"})
    assert page["Content-Language"] == "de"
    assert 'name="next" value="/customers/"' in page.content.decode()


def test_login_right_password_leads_to_the_start_page(client: Client, clerk: User) -> None:
    answer = client.post(LOGIN, {"email": "vogt@example.org", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(clerk.pk)


def test_login_capitals_and_blanks_in_the_email_do_not_matter(client: Client, clerk: User) -> None:
    assert log_in(client, " VOGT@example.ORG ") == 302


def test_login_gives_the_session_a_new_key(client: Client, clerk: User) -> None:
    client.get(LOGIN)
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["session"] = planted = session.session_key
    log_in(client)
    assert client.session.session_key != planted


@pytest.mark.parametrize("condition", ["unknown", "wrong", "inactive", "invited"])
def test_login_every_failure_answers_the_same(client: Client, clerk: User, condition: str) -> None:
    if condition == "inactive":
        User.objects.update(is_active=False)
    if condition == "invited":
        clerk.set_unusable_password()
        clerk.save()
    email = "niemand@example.org" if condition == "unknown" else "vogt@example.org"
    password = "falsch-2026!" if condition == "wrong" else PASSWORD
    answer = client.post(LOGIN, {"email": email, "password": password})
    assert answer.status_code == 422
    assert list(answer.context["form"].non_field_errors()) == _reference(Client())


def _reference(client: Client) -> list[str]:
    answer = client.post(LOGIN, {"email": "sonst@example.org", "password": PASSWORD})
    return list(answer.context["form"].non_field_errors())


@pytest.mark.parametrize("email", ["vogt@example.org", "niemand@example.org"])
def test_login_hashes_one_password_whether_the_account_exists_or_not(
    client: Client, clerk: User, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = []
    hasher = type(hashers.get_hasher())
    encode = hasher.encode
    monkeypatch.setattr(hasher, "encode", lambda self, *args: counted.append(1) or encode(self, *args))
    log_in(client, email, "falsch-2026!")
    assert len(counted) == 1


def test_login_too_many_failures_wait_even_with_the_right_password(client: Client, clerk: User) -> None:
    codes = [log_in(client, password="falsch-2026!") for _ in range(ACCOUNT.free)]
    assert codes == [422] * ACCOUNT.free
    answer = client.post(LOGIN, {"email": "vogt@example.org", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


def test_login_victim_of_a_guesser_gets_in_from_elsewhere(client: Client, clerk: User) -> None:
    for _ in range(ACCOUNT.free + 1):
        log_in(client, password="falsch-2026!", address="198.51.100.9")
    assert log_in(client, address="192.0.2.1") == 302


def test_login_after_the_wait_the_right_password_works(client: Client, clerk: User) -> None:
    for _ in range(ACCOUNT.free + 1):
        log_in(client, password="falsch-2026!")
    make_all_blocks_end()
    assert log_in(client) == 302


def test_login_unknown_account_waits_like_a_known_one(client: Client) -> None:
    codes = [log_in(client, "niemand@example.org") for _ in range(ACCOUNT.free + 1)]
    assert codes[-2:] == [422, 429]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
    ],
)
def test_login_next_on_another_host_is_ignored(client: Client, clerk: User, target: str) -> None:
    answer = client.post(LOGIN, {"email": clerk.email, "password": PASSWORD, "next": target})
    assert answer["Location"] == "/"


def test_login_next_on_this_host_is_followed(client: Client, clerk: User) -> None:
    answer = client.post(LOGIN, {"email": clerk.email, "password": PASSWORD, "next": "/customers/?q=a"})
    assert answer["Location"] == "/customers/?q=a"


def test_login_page_for_somebody_logged_in_leads_on(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert client.get(LOGIN)["Location"] == "/"


def test_login_refuses_other_methods(client: Client) -> None:
    assert client.put(LOGIN).status_code == 405
    assert client.delete(LOGIN).status_code == 405


def test_login_without_token_refused(clerk: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert log_in(strict) == 403


@pytest.mark.parametrize("data", [{}, {"email": "x"}, {"email": "a@b.de", "password": "x" * 300}])
def test_login_incomplete_or_endless_input_is_named(client: Client, data: dict[str, str]) -> None:
    assert client.post(LOGIN, data or {"x": "1"}).status_code == 422


def test_logout_ends_the_session_by_post_only(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == LOGIN
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("fields", "has_team", "start"),
    [
        ({}, True, "/tasks/"),
        ({"is_user_admin": True}, False, "/admin/"),
        ({"is_user_admin": True}, True, "/tasks/"),
        ({}, False, "/profile/"),
    ],
)
def test_home_leads_to_where_the_work_is(
    client: Client, fields: dict[str, bool], has_team: bool, start: str
) -> None:
    user = make_user("Wer", *([make_team()] if has_team else []), **fields)
    client.force_login(user)
    assert client.get("/")["Location"] == start


def test_deactivation_ends_every_session_with_the_next_request(client: Client, clerk: User) -> None:
    second = Client()
    client.force_login(clerk)
    second.force_login(clerk)
    accounts.deactivate(clerk, by=make_user("Verwaltung", is_user_admin=True))
    for each in (client, second):
        assert each.get("/profile/")["Location"].startswith(LOGIN)


def test_reactivation_does_not_revive_old_sessions(client: Client, clerk: User) -> None:
    client.force_login(clerk)
    admin = make_user("Verwaltung", is_user_admin=True)
    accounts.deactivate(clerk, by=admin)
    accounts.reactivate(clerk, by=admin)
    assert client.get("/profile/")["Location"].startswith(LOGIN)
    assert log_in(client) == 302


def test_role_taken_away_closes_the_administration_with_the_next_request(client: Client) -> None:
    admin = make_user("Verwaltung", is_user_admin=True)
    client.force_login(admin)
    assert client.get(reverse("admin:index")).status_code == 200
    User.objects.filter(pk=admin.pk).update(is_user_admin=False)
    assert client.get(reverse("admin:index"), follow=True).status_code == 404


@pytest.mark.parametrize(("role", "start"), [("is_user_admin", "/admin/"), ("is_auditor", "/tasks/")])
def test_from_the_root_everybody_comes_to_the_own_start_page(client: Client, role: str, start: str) -> None:
    make_user("Ada", **{role: True})
    login = client.get("/")["Location"]
    typed = {"email": "ada@example.org", "password": "geheim-2026!"}
    assert client.post(login, typed, follow=True).redirect_chain[-1] == (start, 302)
