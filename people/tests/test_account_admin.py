"""Accounts and teams in the administration: who may do what, and that every change is recorded."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from people import postman
from people.models import AdminEvent, Invitation, LoginThrottle, Membership, Team, User
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
ROLES = ("is_superuser", "is_process_admin", "is_user_admin", "is_operator", "is_auditor")
LISTS = ("user", "team", "adminevent", "invitation")
ACTIONS = ("invite", "deactivate", "reactivate")


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user("Verwaltung", is_user_admin=True)
    client.force_login(user)
    return user


@pytest.fixture
def clerk() -> User:
    return make_user("Vogt", make_team())


def url(model: str, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:people_{model}_{page}", args=args)


def account(name: str = "Neu", **more: Any) -> dict[str, Any]:
    """What the account's page posts; memberships empty unless given."""
    rows = {f"memberships-{key}": value for key, value in management(more.pop("existing", 0)).items()}
    rows |= {f"calendars-{key}": value for key, value in management(0).items()}
    typed = {
        "first_name": "Nele",
        "last_name": name,
        "email": f"{name.lower()}@example.org",
        "language": "de",
    }
    return {**typed, **rows, **more}


def management(existing: int) -> dict[str, Any]:
    return {
        "TOTAL_FORMS": existing,
        "INITIAL_FORMS": existing,
        "MIN_NUM_FORMS": 0,
        "MAX_NUM_FORMS": 1000,
    }


def roles_of(user: User) -> set[str]:
    fresh = User.objects.get(pk=user.pk)
    return {role for role in ROLES if getattr(fresh, role)}


# -- doors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", LISTS)
def test_lists_open_for_user_admins(client: Client, admin: User, clerk: User, model: str) -> None:
    assert client.get(url(model)).status_code == 200


@pytest.mark.parametrize(
    "fields", [{}, {"is_process_admin": True}, {"is_operator": True}, {"is_auditor": True}]
)
def test_pages_of_accounts_closed_for_others(client: Client, clerk: User, fields: dict[str, bool]) -> None:
    client.force_login(make_user("Jemand", make_team(), **fields))
    pages = [
        url("user"),
        url("user", "add"),
        url("user", "change", clerk.pk),
        url("team", "add"),
        url("invitation"),
    ]
    assert {client.get(page, follow=True).status_code for page in pages} <= {403, 404}
    for action in ACTIONS:
        assert client.post(url("user", action, clerk.pk), follow=True).status_code in (403, 404)
    clerk.refresh_from_db()
    assert clerk.is_active


def test_pages_of_accounts_ask_strangers_to_log_in(client: Client, clerk: User) -> None:
    for page in (url("user"), url("user", "change", clerk.pk), url("team")):
        assert client.get(page, follow=True).redirect_chain[-1][0].startswith("/login/")


def test_nothing_can_be_deleted(client: Client, admin: User, clerk: User) -> None:
    admin.is_superuser = True
    admin.save()
    for model, pk in (("user", clerk.pk), ("team", Team.objects.get().pk)):
        assert client.post(url(model, "delete", pk), {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
        client.post(url(model), chosen)
    assert User.objects.filter(pk=clerk.pk).exists()
    assert Team.objects.exists()


def test_throttle_settings_and_groups_have_no_page(client: Client, admin: User) -> None:
    LoginThrottle.objects.create(key="x", last_failure_at=admin.joined_at)
    shown = {
        model["object_name"] for app in client.get("/admin/").context["app_list"] for model in app["models"]
    }
    assert shown == {"User", "Team", "WorkCalendar", "AdminEvent", "Invitation"}


def test_account_page_shows_no_password(client: Client, admin: User, clerk: User) -> None:
    page = client.get(url("user", "change", clerk.pk)).content.decode()
    assert clerk.password not in page
    assert 'name="password"' not in page


@pytest.mark.parametrize("action", ACTIONS)
def test_buttons_act_by_post_only(client: Client, admin: User, clerk: User, action: str) -> None:
    assert client.get(url("user", action, clerk.pk)).status_code == 405


# -- new accounts --------------------------------------------------------------------------------------------


def test_new_account_is_invited_and_shows_the_link_once(client: Client, admin: User) -> None:
    page = client.post(url("user", "add"), account(email="Neu@Example.org"))
    postman.wait()
    user = User.objects.get(email="neu@example.org")
    link = page.context["link"]
    assert not user.has_usable_password()
    assert link in page.content.decode()
    assert link in mail.outbox[0].body
    kinds = AdminEvent.objects.order_by("pk").values_list("kind", "by", "object_id")
    assert list(kinds) == [(kind, admin.pk, str(user.pk)) for kind in ("user_created", "user_invited")]
    assert link.split("/")[-2] not in client.get(url("invitation")).content.decode()


def test_new_account_with_an_email_in_use_refused(client: Client, admin: User, clerk: User) -> None:
    page = client.post(url("user", "add"), account(email="VOGT@example.org"))
    assert "email" in page.context["adminform"].errors
    assert User.objects.count() == 2


def test_new_account_with_a_team_becomes_a_member(client: Client, admin: User) -> None:
    team = make_team()
    row = {"memberships-TOTAL_FORMS": 1, "memberships-0-team": team.pk, "memberships-0-role": "lead"}
    client.post(url("user", "add"), account(**row))
    member = Membership.objects.get()
    assert (member.user.email, member.team, member.role) == ("neu@example.org", team, "lead")
    assert AdminEvent.objects.filter(kind="membership_added", object_id=str(member.pk)).exists()


@pytest.mark.parametrize("role", [*ROLES, "is_staff"])
def test_new_account_by_a_user_admin_gets_no_role(client: Client, admin: User, role: str) -> None:
    client.post(url("user", "add"), account(**{role: "on"}))
    assert roles_of(User.objects.get(email="neu@example.org")) == set()


# -- changes -------------------------------------------------------------------------------------------------


def test_change_writes_old_and_new(client: Client, admin: User, clerk: User) -> None:
    member = clerk.memberships.get()
    row = {"memberships-0-id": member.pk, "memberships-0-user": clerk.pk}
    row |= {"memberships-0-team": member.team_id, "memberships-0-role": "lead"}
    client.post(url("user", "change", clerk.pk), account("Vogt-Beck", existing=1, **row))
    changed = AdminEvent.objects.get(kind="user_changed")
    assert changed.by == admin
    assert changed.changes["last_name"] == ["Vogt", "Vogt-Beck"]
    assert AdminEvent.objects.get(kind="membership_changed").changes == {"role": ["member", "lead"]}
    shown = client.get(url("adminevent")).content.decode()
    assert "Vogt → Vogt-Beck" in shown


def test_change_of_the_email_tells_the_former_address(client: Client, admin: User) -> None:
    user = make_user("Allein")
    client.post(url("user", "change", user.pk), account("Allein", email="anders@example.org"))
    postman.wait()
    assert [message.to for message in mail.outbox] == [["allein@example.org"]]


@pytest.mark.parametrize("role", ROLES)
def test_user_admin_gives_himself_no_role(client: Client, admin: User, role: str) -> None:
    client.post(url("user", "change", admin.pk), account("Verwaltung", **{role: "on"}))
    assert roles_of(admin) == {"is_user_admin"}


@pytest.mark.parametrize("role", ROLES)
def test_user_admin_gives_others_no_role(client: Client, admin: User, role: str) -> None:
    other = make_user("Allein")
    client.post(url("user", "change", other.pk), account("Allein", **{role: "on"}))
    assert roles_of(other) == set()


@pytest.mark.parametrize("role", ["is_superuser", "is_process_admin", "is_operator", "is_auditor"])
def test_user_admin_may_not_change_accounts_that_may_more(client: Client, admin: User, role: str) -> None:
    chief = make_user("Chefin", **{role: True})
    answer = client.post(url("user", "change", chief.pk), account("Chefin", email="mir@example.org"))
    assert answer.status_code == 403
    chief.refresh_from_db()
    assert chief.email == "chefin@example.org"


def test_user_admin_puts_himself_into_no_team(client: Client, admin: User) -> None:
    team = make_team()
    row = {"memberships-TOTAL_FORMS": 1, "memberships-0-team": team.pk, "memberships-0-role": "lead"}
    client.post(url("user", "change", admin.pk), account("Verwaltung", **row))
    from_team = {f"memberships-{key}": value for key, value in management(0).items()}
    from_team |= {"memberships-TOTAL_FORMS": 1, "memberships-0-user": admin.pk, "memberships-0-role": "lead"}
    client.post(url("team", "change", team.pk), {"name": team.name, "is_active": "on", **from_team})
    assert not admin.memberships.exists()


def test_superuser_gives_roles_and_it_is_recorded(client: Client, admin: User) -> None:
    User.objects.filter(pk=admin.pk).update(is_superuser=True)
    other = make_user("Allein")
    client.post(url("user", "change", other.pk), account("Allein", is_process_admin="on"))
    assert roles_of(other) == {"is_process_admin"}
    assert AdminEvent.objects.get(kind="user_changed").changes["is_process_admin"] == [False, True]


def test_session_epoch_and_password_are_no_fields(client: Client, admin: User) -> None:
    other = make_user("Allein")
    typed = {"password": "x", "session_epoch": "7", "is_active": ""}
    client.post(url("user", "change", other.pk), account("Allein", **typed))
    fresh = User.objects.get(pk=other.pk)
    assert (fresh.password, fresh.session_epoch, fresh.is_active) == (other.password, 0, True)


# -- buttons and bulk actions --------------------------------------------------------------------------------


def test_deactivate_and_reactivate_by_button(client: Client, admin: User, clerk: User) -> None:
    session = Client()
    session.force_login(clerk)
    client.post(url("user", "deactivate", clerk.pk))
    assert not User.objects.get(pk=clerk.pk).is_active
    assert session.get("/profile/").status_code == 302
    client.post(url("user", "reactivate", clerk.pk))
    assert User.objects.get(pk=clerk.pk).is_active
    kinds = AdminEvent.objects.filter(by=admin).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["user_deactivated", "user_reactivated"]


def test_bulk_deactivation_leaves_the_own_account(client: Client, admin: User, clerk: User) -> None:
    chosen = {"action": "deactivate_selected", "_selected_action": [admin.pk, clerk.pk]}
    client.post(url("user"), chosen)
    assert list(User.objects.filter(is_active=True)) == [admin]


@pytest.mark.parametrize("action", ["invite_selected", "deactivate_selected", "reactivate_selected"])
def test_bulk_action_with_a_superuser_among_the_chosen_does_nothing(
    client: Client, admin: User, clerk: User, action: str
) -> None:
    chief = make_user("Chefin", is_superuser=True)
    chosen = {"action": action, "_selected_action": [clerk.pk, chief.pk]}
    assert client.post(url("user"), chosen).status_code == 403
    assert User.objects.filter(is_active=True).count() == 3
    assert not AdminEvent.objects.exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_button_on_a_superuser_refused_for_user_admins(client: Client, admin: User, action: str) -> None:
    chief = make_user("Chefin", is_superuser=True)
    assert client.post(url("user", action, chief.pk)).status_code == 403
    assert User.objects.get(pk=chief.pk).is_active


@pytest.mark.parametrize("role", ["is_process_admin", "is_auditor"])
def test_invitation_of_an_account_that_may_more_refused(client: Client, admin: User, role: str) -> None:
    User.objects.create_user("neu@example.org", last_name="Neu", **{role: True})
    user = User.objects.get(email="neu@example.org")
    assert client.post(url("user", "invite", user.pk)).status_code == 403
    chosen = {"action": "invite_selected", "_selected_action": [user.pk]}
    assert client.post(url("user"), chosen).status_code == 403
    assert not Invitation.objects.exists()


def test_invite_again_ends_the_former_link(client: Client, admin: User) -> None:
    first = client.post(url("user", "add"), account()).context["link"]
    postman.wait()  # the mail's text is written in a thread, and the test client listens to every template
    user = User.objects.get(email="neu@example.org")
    second = client.post(url("user", "invite", user.pk)).context["link"]
    found = [Client().get("/" + link.split("/", 3)[3]).status_code for link in (first, second)]
    assert found == [404, 200]


def test_invite_account_with_a_password_says_no(client: Client, admin: User, clerk: User) -> None:
    assert client.post(url("user", "invite", clerk.pk)).status_code == 302
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("model", ["adminevent", "invitation"])
def test_records_are_read_only(client: Client, admin: User, model: str) -> None:
    client.post(url("user", "add"), account())
    first = (AdminEvent if model == "adminevent" else Invitation).objects.earliest("pk")
    assert client.post(url(model, "add"), {}).status_code == 403
    assert client.post(url(model, "change", first.pk), {"kind": "x"}).status_code == 403
    assert client.post(url(model, "delete", first.pk), {"post": "yes"}).status_code == 403


# -- teams ---------------------------------------------------------------------------------------------------


def test_team_with_a_member_in_one_save(client: Client, admin: User, clerk: User) -> None:
    rows = {f"memberships-{key}": value for key, value in management(0).items()}
    rows |= {"memberships-TOTAL_FORMS": 1, "memberships-0-user": clerk.pk, "memberships-0-role": "member"}
    client.post(url("team", "add"), {"name": "Lager", "key": "lager", "is_active": "on", **rows})
    assert Membership.objects.filter(team__key="lager", user=clerk).exists()
    kinds = set(AdminEvent.objects.values_list("kind", flat=True))
    assert kinds == {"team_created", "membership_added"}


def test_team_within_itself_refused(client: Client, admin: User) -> None:
    team = make_team()
    rows = {f"memberships-{key}": value for key, value in management(0).items()}
    client.post(url("team", "change", team.pk), {"name": "X", "parent": team.pk, "is_active": "on", **rows})
    team.refresh_from_db()
    assert team.parent is None


def test_member_taken_out_is_recorded(client: Client, admin: User, clerk: User) -> None:
    make_user("Bleibt", make_team())
    member = clerk.memberships.get()
    rows = {f"memberships-{key}": value for key, value in management(1).items()}
    rows |= {"memberships-0-id": member.pk, "memberships-0-team": member.team_id}
    rows |= {"memberships-0-user": clerk.pk, "memberships-0-role": "member", "memberships-0-DELETE": "on"}
    page = url("team", "change", member.team_id)
    client.post(page, {"name": "Service", "is_active": "on", **rows})
    assert not clerk.memberships.exists()
    event = AdminEvent.objects.get(kind="membership_removed")
    assert event.object_id == str(member.pk)
    assert event.changes == {"role": ["member", None]}


def test_record_is_filtered_by_kind_and_day(client: Client, admin: User, clerk: User) -> None:
    client.post(url("user", "deactivate", clerk.pk))
    page = url("adminevent")
    shown = [
        clerk.last_name in client.get(page, query).content.decode()
        for query in (
            {"kind": "user_deactivated", "at__year": str(timezone.now().year)},
            {"kind": "team_created"},
        )
    ]
    assert client.get(page, {"changes__startswith": "x"}).status_code in (302, 400)
    assert client.get(page, {"at__year": str(timezone.now().year)}).status_code == 200
    assert shown == [True, False]
