"""One-time links: the first password of an account, and the first administrator."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from people import accounts, postman
from people.models import AdminEvent, Invitation, User
from processes.tests.builders import make_user

pytestmark = pytest.mark.django_db
NEW = {"new_password": "Regenschirm-77", "repetition": "Regenschirm-77"}
FIRST = {
    "first_name": "Karin",
    "last_name": "Brandt",
    "email": "Brandt@Example.org",
    "region": "DE-NW",
    **NEW,
}


@pytest.fixture
def newcomer() -> User:
    return User.objects.create_user("neu@example.org", first_name="Nele", last_name="Neu")


@pytest.fixture
def admin() -> User:
    return make_user("Verwaltung", is_user_admin=True)


def path_of(link: str) -> str:
    """The address without the host."""
    return "/" + link.split("/", 3)[3]


def ago(**span: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(**span)


def test_invite_mails_a_link_to_the_configured_host(newcomer: User, admin: User, settings: object) -> None:
    settings.SITE_URL = "https://vorgang.example.org"
    link = accounts.invite(newcomer, by=admin)
    postman.wait()
    assert link.startswith("https://vorgang.example.org/invitation/")
    assert [message.to for message in mail.outbox] == [["neu@example.org"]]
    assert link in mail.outbox[0].body


def test_invite_stores_only_a_hash(newcomer: User, admin: User) -> None:
    secret = path_of(accounts.invite(newcomer, by=admin)).split("/")[2]
    stored = Invitation.objects.get()
    assert secret not in str(vars(stored))
    assert stored.created_by == admin
    assert secret not in str(list(AdminEvent.objects.values()))


def test_invite_account_with_a_password_refused(admin: User) -> None:
    with pytest.raises(accounts.AccountRefused):
        accounts.invite(make_user("Vogt"), by=admin)


def test_invite_inactive_account_refused(newcomer: User, admin: User) -> None:
    accounts.deactivate(newcomer, by=admin)
    with pytest.raises(accounts.AccountRefused):
        accounts.invite(newcomer, by=admin)


def test_invitation_page_shows_whose_account_it_is(client: Client, newcomer: User, admin: User) -> None:
    page = client.get(path_of(accounts.invite(newcomer, by=admin)))
    assert page.status_code == 200
    assert "neu@example.org" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "same-origin"


def test_invitation_sets_the_password_and_logs_in(client: Client, newcomer: User, admin: User) -> None:
    answer = client.post(path_of(accounts.invite(newcomer, by=admin)), NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW["new_password"])
    assert client.session["_auth_user_id"] == str(newcomer.pk)
    assert AdminEvent.objects.filter(kind="invitation_accepted", by=newcomer).exists()


def test_invitation_works_once(client: Client, newcomer: User, admin: User) -> None:
    path = path_of(accounts.invite(newcomer, by=admin))
    client.post(path, NEW)
    other = {"new_password": "Gartenzwerg-88", "repetition": "Gartenzwerg-88"}
    assert Client().get(path).status_code == 404
    assert Client().post(path, other).status_code == 404
    newcomer.refresh_from_db()
    assert newcomer.check_password(NEW["new_password"])


@pytest.mark.parametrize(("days", "status"), [(6, 200), (7, 404), (8, 404)])
def test_invitation_holds_for_seven_days(
    client: Client, newcomer: User, admin: User, days: int, status: int
) -> None:
    path = path_of(accounts.invite(newcomer, by=admin, at=ago(days=days)))
    assert client.get(path).status_code == status
    assert client.post(path, NEW).status_code == (302 if status == 200 else 404)


def test_invitation_replaced_by_a_newer_one_is_dead(client: Client, newcomer: User, admin: User) -> None:
    first = path_of(accounts.invite(newcomer, by=admin, at=ago(hours=1)))
    second = path_of(accounts.invite(newcomer, by=admin))
    assert [client.get(path).status_code for path in (first, second)] == [404, 200]


def test_invitation_of_a_deactivated_account_is_dead(client: Client, newcomer: User, admin: User) -> None:
    path = path_of(accounts.invite(newcomer, by=admin))
    accounts.deactivate(newcomer, by=admin)
    assert client.post(path, NEW).status_code == 404
    accounts.reactivate(newcomer, by=admin)
    assert client.post(path, NEW).status_code == 404


def test_dead_links_all_look_the_same(client: Client, newcomer: User, admin: User) -> None:
    old = path_of(accounts.invite(newcomer, by=admin, at=ago(days=8)))
    pages = [client.get(path).content for path in (old, "/invitation/gibtsnicht/", "/setup/gibtsnicht/")]
    assert len(set(map(_without_token, pages))) == 1


def _without_token(page: bytes) -> str:
    return "\n".join(line for line in page.decode().splitlines() if "CSRF" not in line)


@pytest.mark.parametrize(
    "typed",
    [
        {"new_password": "kurz", "repetition": "kurz"},
        {"new_password": "Regenschirm-77", "repetition": "Regenschirm-78"},
        {"new_password": "neu@example.org", "repetition": "neu@example.org"},
        {"new_password": "1234567890", "repetition": "1234567890"},
        {"new_password": "x" * 300, "repetition": "x" * 300},
        {"x": "1"},
    ],
)
def test_invitation_poor_password_refused_and_link_stays(
    client: Client, newcomer: User, admin: User, typed: dict[str, str]
) -> None:
    path = path_of(accounts.invite(newcomer, by=admin))
    assert client.post(path, typed).status_code == 422
    assert client.get(path).status_code == 200


def test_invitation_extra_fields_give_no_role(client: Client, newcomer: User, admin: User) -> None:
    wanted = {"is_superuser": "on", "is_user_admin": "on", "email": "boss@example.org"}
    client.post(path_of(accounts.invite(newcomer, by=admin)), {**NEW, **wanted})
    newcomer.refresh_from_db()
    assert (newcomer.is_superuser, newcomer.is_user_admin) == (False, False)
    assert newcomer.email == "neu@example.org"


def test_invitation_link_is_no_setup_link(client: Client, newcomer: User, admin: User) -> None:
    secret = path_of(accounts.invite(newcomer, by=admin)).split("/")[2]
    assert client.get(f"/setup/{secret}/").status_code == 404


@pytest.mark.parametrize("path", ["/invitation/x/", "/setup/x/"])
def test_one_time_pages_refuse_other_methods(client: Client, path: str) -> None:
    assert client.delete(path).status_code == 405


def test_deactivate_own_account_refused(admin: User) -> None:
    with pytest.raises(accounts.AccountRefused):
        accounts.deactivate(admin, by=admin)


@pytest.mark.parametrize("act", [accounts.deactivate, accounts.reactivate])
def test_user_admin_may_not_touch_a_superuser(admin: User, act: object) -> None:
    chief = make_user("Chefin", is_superuser=True)
    with pytest.raises(PermissionDenied):
        act(chief, by=admin)


def test_deactivate_writes_who_and_what_once(newcomer: User, admin: User) -> None:
    for _ in range(2):
        accounts.deactivate(newcomer, by=admin)
    event = AdminEvent.objects.get(kind="user_deactivated")
    assert (event.by, event.object_id) == (admin, str(newcomer.pk))
    assert event.changes == {"is_active": [True, False]}


# -- first administrator -------------------------------------------------------------------------------------


def test_setup_makes_the_first_administrator_and_logs_in(client: Client) -> None:
    path = path_of(accounts.make_setup_link())
    assert client.get(path).status_code == 200
    assert client.post(path, FIRST).status_code == 302
    user = User.objects.get()
    assert user.email == "brandt@example.org"
    assert (user.is_superuser, user.is_user_admin, user.is_process_admin) == (True, True, True)
    assert client.get("/", follow=True).status_code == 200


def test_setup_code_burns(client: Client) -> None:
    path = path_of(accounts.make_setup_link())
    client.post(path, FIRST)
    User.objects.update(is_superuser=False)
    assert Client().get(path).status_code == 404
    assert Client().post(path, {**FIRST, "email": "zweite@example.org"}).status_code == 404
    assert User.objects.count() == 1


def test_setup_refused_while_there_is_an_administrator(client: Client) -> None:
    path = path_of(accounts.make_setup_link())
    make_user("Chefin", is_superuser=True)
    assert client.get(path).status_code == 404
    assert client.post(path, FIRST).status_code == 404
    with pytest.raises(accounts.AccountRefused):
        accounts.make_setup_link()


def test_setup_again_when_the_only_administrator_is_inactive(client: Client) -> None:
    make_user("Chefin", is_superuser=True, is_active=False)
    assert client.post(path_of(accounts.make_setup_link()), FIRST).status_code == 302


def test_setup_with_an_email_in_use_names_it(client: Client) -> None:
    make_user("Brandt")
    answer = client.post(path_of(accounts.make_setup_link()), FIRST)
    assert answer.status_code == 422
    assert "email" in answer.context["form"].errors


def test_setup_code_is_no_invitation(client: Client) -> None:
    code = path_of(accounts.make_setup_link()).split("/")[2]
    assert client.get(f"/invitation/{code}/").status_code == 404


def test_setup_code_command_prints_a_link_that_works_and_ends_the_former(client: Client) -> None:
    links = []
    for _ in range(2):
        out = StringIO()
        call_command("setup_code", stdout=out)
        links.append(next(word for word in out.getvalue().split() if "/setup/" in word))
    assert [client.get(path_of(link)).status_code for link in links] == [404, 200]


def test_setup_code_command_with_an_administrator_refused() -> None:
    make_user("Chefin", is_superuser=True)
    with pytest.raises(CommandError):
        call_command("setup_code")
