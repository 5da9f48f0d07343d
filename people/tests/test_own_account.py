"""The own account: profile, password change, reset by mail."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from people import postman
from people.models import LoginThrottle, User
from people.throttling import ACCOUNT
from processes.tests.builders import make_user

pytestmark = pytest.mark.django_db
PASSWORD = "geheim-2026!"
NEW = {"new_password": "Regenschirm-77", "repetition": "Regenschirm-77"}
CHANGE, RESET = "/password/", "/password/reset/"


@pytest.fixture
def clerk(client: Client) -> User:
    user = make_user("Vogt")
    client.force_login(user)
    return user


def has_password(user: User, password: str) -> bool:
    return User.objects.get(pk=user.pk).check_password(password)


def mailed_path(email: str = "vogt@example.org") -> str:
    """Ask for a reset and give the path of the mailed link."""
    Client().post(RESET, {"email": email})
    postman.wait()
    found = re.search(r"https?://[^/]+(/\S+)", mail.outbox[-1].body)
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/profile/", CHANGE])
def test_own_pages_ask_strangers_to_log_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/login/?next={path}"
    assert client.post(path, {"language": "en"}).status_code == 302


@pytest.mark.parametrize("path", ["/profile/", CHANGE, RESET])
def test_own_pages_refuse_other_methods(client: Client, clerk: User, path: str) -> None:
    assert client.put(path).status_code == 405


def test_profile_shows_name_and_email(client: Client, clerk: User) -> None:
    page = client.get("/profile/").content.decode()
    assert "Vogt" in page
    assert "vogt@example.org" in page


def test_profile_language_holds_from_the_next_page_on(client: Client, clerk: User) -> None:
    client.post("/profile/", {"language": "en"})
    clerk.refresh_from_db()
    assert (clerk.language, clerk.has_shortcuts) == ("en", False)
    page = client.get("/profile/")
    assert page["Content-Language"] == "en"
    assert 'data-keys="off"' in page.content.decode()


def test_profile_unknown_language_refused(client: Client, clerk: User) -> None:
    assert client.post("/profile/", {"language": "fr"}).status_code == 422
    clerk.refresh_from_db()
    assert clerk.language == "de"


def test_profile_extra_fields_change_nothing(client: Client, clerk: User) -> None:
    wanted = {"is_superuser": "on", "is_user_admin": "on", "is_staff": "on", "email": "x@example.org"}
    client.post("/profile/", {"language": "de", "last_name": "Chef", "session_epoch": "9", **wanted})
    clerk.refresh_from_db()
    assert (clerk.is_superuser, clerk.is_user_admin, clerk.session_epoch) == (False, False, 0)
    assert (clerk.email, clerk.last_name) == ("vogt@example.org", "Vogt")


def test_password_change_keeps_this_session_and_ends_the_others(client: Client, clerk: User) -> None:
    other = Client()
    other.force_login(clerk)
    assert client.post(CHANGE, {"old_password": PASSWORD, **NEW}).status_code == 302
    assert has_password(clerk, NEW["new_password"])
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_password_change_with_a_wrong_present_one_refused(client: Client, clerk: User) -> None:
    assert client.post(CHANGE, {"old_password": "falsch", **NEW}).status_code == 422
    assert has_password(clerk, PASSWORD)


def test_password_change_guessing_the_present_one_is_slowed_down(client: Client, clerk: User) -> None:
    codes = [client.post(CHANGE, {"old_password": "falsch", **NEW}).status_code for _ in range(ACCOUNT.free)]
    assert codes == [422] * ACCOUNT.free
    assert client.post(CHANGE, {"old_password": PASSWORD, **NEW}).status_code == 429
    assert has_password(clerk, PASSWORD)


@pytest.mark.parametrize("email", ["vogt@example.org", "niemand@example.org", "aus@example.org"])
def test_reset_answers_the_same_for_every_address(client: Client, email: str) -> None:
    make_user("Vogt")
    make_user("Aus", is_active=False)
    answer = client.post(RESET, {"email": email})
    assert (answer.status_code, answer["Location"]) == (302, "/password/reset/sent/")
    assert client.get(answer["Location"]).status_code == 200
    postman.wait()
    assert len(mail.outbox) == (1 if email == "vogt@example.org" else 0)


def test_reset_link_carries_the_configured_host_whatever_the_request_says(
    client: Client, settings: object
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.SITE_URL = "https://vorgang.example.org"
    make_user("Vogt")
    client.post(RESET, {"email": "vogt@example.org"}, headers={"host": "evil.example"})
    postman.wait()
    assert "https://vorgang.example.org/password/reset/" in mail.outbox[0].body
    assert "evil" not in mail.outbox[0].body


def test_reset_sends_few_mails_however_often_it_is_asked(client: Client) -> None:
    make_user("Vogt")
    for _ in range(3 * ACCOUNT.free):
        client.post(RESET, {"email": "vogt@example.org"})
    postman.wait()
    assert len(mail.outbox) == ACCOUNT.free


def test_reset_sets_a_password_ends_sessions_and_works_once(client: Client, clerk: User) -> None:
    path, guest = mailed_path(), Client()
    form = guest.get(path, follow=True)
    address = form.redirect_chain[-1][0]
    assert path not in address
    assert guest.post(address, NEW)["Location"] == "/password/reset/done/"
    assert guest.get("/password/reset/done/").status_code == 200
    assert has_password(clerk, NEW["new_password"])
    assert client.get("/profile/").status_code == 302
    assert Client().get(path, follow=True).status_code == 404


def test_reset_poor_password_refused(clerk: User) -> None:
    guest = Client()
    address = guest.get(mailed_path(), follow=True).redirect_chain[-1][0]
    assert guest.post(address, {"new_password": "vogt", "repetition": "vogt"}).status_code == 422
    assert has_password(clerk, PASSWORD)


def test_reset_link_of_an_account_deactivated_meanwhile_is_dead(clerk: User) -> None:
    path = mailed_path()
    User.objects.update(is_active=False)
    assert Client().get(path, follow=True).status_code == 404


@pytest.mark.parametrize("path", ["x/y/", "MQ/abc-def/", "99999999999999999999/abc-def/"])
def test_reset_link_made_up_is_dead(client: Client, path: str) -> None:
    assert client.get(f"{RESET}{path}", follow=True).status_code == 404


def test_reset_link_older_than_two_hours_is_dead(clerk: User, settings: object) -> None:
    path = mailed_path()
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert Client().get(path, follow=True).status_code == 404


def test_throttle_rows_of_a_reset_do_not_hinder_the_log_in(client: Client) -> None:
    make_user("Vogt")
    for _ in range(2 * ACCOUNT.free):
        client.post(RESET, {"email": "vogt@example.org"})
    assert LoginThrottle.objects.filter(blocked_until__gt=timezone.now() - dt.timedelta(hours=1)).exists()
    assert client.post("/login/", {"email": "vogt@example.org", "password": PASSWORD}).status_code == 302
