"""What happens to accounts: invitation, first administrator, deactivation. Every change is recorded.

One-time links carry 256 bits of chance; the database has only their hash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _

from people import adminlog, companycalendar, postman
from people.models import Invitation, User

VALID_FOR = dt.timedelta(days=7)


class LinkInvalid(Exception):
    """The one-time link is unknown, used, replaced or too old; which of these is not told."""


class AccountRefused(Exception):
    """What was asked for does not go; the text is a sentence for the person who asked."""


def invite(user: User, *, by: User | None, at: dt.datetime | None = None) -> str:
    """Make the one-time link to an account's first password, mail it, and return it for printing.

    Earlier links of the account end. Raises AccountRefused for accounts that are inactive or have a password:
    a link would let the inviting person take them over.
    """
    moment = at or timezone.now()
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if not user.is_active or user.has_usable_password():
            raise AccountRefused(_("Only active accounts without a password can be invited."))
        _end_links(Invitation.Purpose.INVITE, user, moment)
        secret = _make_link(Invitation.Purpose.INVITE, user=user, by=by, at=moment)
        adminlog.record(by, "user_invited", user, at=moment)
    link = f"{settings.SITE_URL}{reverse('people:accept_invitation', args=[secret])}"
    postman.send(user, "invitation", {"link": link, "by": by, "days": VALID_FOR.days})
    return link


def invitation(secret: str, *, at: dt.datetime) -> Invitation:
    """The open invitation a link belongs to. Raises LinkInvalid."""
    found = _open(Invitation.Purpose.INVITE, secret, at)
    if found.user is None or not found.user.is_active:
        raise LinkInvalid
    return found


def accept(secret: str, password: str, *, at: dt.datetime) -> User:
    """Use an invitation up: set the account's first password. Raises LinkInvalid."""
    with transaction.atomic():
        found = _use_up(invitation(secret, at=at), at)
        user = User.objects.select_for_update().get(invitations=found)
        if not user.is_active:
            raise LinkInvalid
        user.set_password(password)
        user.save(update_fields=["password"])
        adminlog.record(user, "invitation_accepted", user, at=at)
    return user


def email_changed(user: User, *, old: str, at: dt.datetime | None = None) -> None:
    """After a new log-in name was written: links sent to the old address end, and it is told."""
    _end_links(Invitation.Purpose.INVITE, user, at or timezone.now())
    if user.has_usable_password():
        postman.send(user, "email_changed", {"old": old}, to=old)


def send_reset_link(email: str) -> None:
    """Mail a link to a new password, if there is an active account that has one; else do nothing.

    The mail leaves after the answer, so that the answer's time does not tell the two cases apart.
    """
    user = User.objects.filter(is_active=True, email__iexact=email.strip()).first()
    if user is None or not user.has_usable_password():
        return
    path = reverse(
        "people:password_reset_confirm",
        args=[urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)],
    )
    postman.send(user, "password_reset", {"link": f"{settings.SITE_URL}{path}"})


def make_setup_link(*, at: dt.datetime | None = None) -> str:
    """The one-time link to the first administrator's account; an earlier one ends.

    Raises AccountRefused when there is an administrator already.
    """
    moment = at or timezone.now()
    with transaction.atomic():
        if has_administrator():
            raise AccountRefused(_("There is an administrator already."))
        _end_links(Invitation.Purpose.SETUP, None, moment)
        secret = _make_link(Invitation.Purpose.SETUP, user=None, by=None, at=moment)
    return f"{settings.SITE_URL}{reverse('people:setup', args=[secret])}"


def check_setup(secret: str, *, at: dt.datetime) -> Invitation:
    """The open setup link. Raises LinkInvalid, also when there is an administrator already."""
    if has_administrator():
        raise LinkInvalid
    return _open(Invitation.Purpose.SETUP, secret, at)


def set_up(
    secret: str,
    *,
    email: str,
    first_name: str,
    last_name: str,
    password: str,
    at: dt.datetime,
    region: str | None = None,
) -> User:
    """Use the setup link up: write the first administrator. Raises LinkInvalid.

    With a region's code, or an empty one for no holidays, the company's calendar as well.
    """
    with transaction.atomic():
        _use_up(check_setup(secret, at=at), at)
        user = User.objects.create_superuser(
            email,
            password,
            first_name=first_name,
            last_name=last_name,
            is_user_admin=True,
            is_process_admin=True,
        )
        adminlog.record(user, "first_administrator", user, {"email": [None, user.email]}, at=at)
        if region is not None:
            companycalendar.create(region, by=user, at=at)
    return user


def has_administrator() -> bool:
    """Whether somebody can set the system up from inside."""
    return User.objects.filter(is_active=True, is_superuser=True).exists()


def deactivate(user: User, *, by: User, at: dt.datetime | None = None) -> None:
    """End an account's use: no log-in, all sessions and links end at once.

    Raises AccountRefused for the own account and PermissionDenied for a superuser's by somebody else.
    """
    _check_may_change(user, by)
    if user.pk == by.pk:
        raise AccountRefused(_("Nobody deactivates their own account."))
    moment = at or timezone.now()
    with transaction.atomic():
        rows = User.objects.filter(pk=user.pk, is_active=True)
        if rows.update(is_active=False, session_epoch=F("session_epoch") + 1):
            _end_links(Invitation.Purpose.INVITE, user, moment)
            adminlog.record(by, "user_deactivated", user, {"is_active": [True, False]}, at=moment)


def reactivate(user: User, *, by: User, at: dt.datetime | None = None) -> None:
    """Let an account log in again, with the password it had. Raises PermissionDenied."""
    _check_may_change(user, by)
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=False).update(is_active=True):
            adminlog.record(by, "user_reactivated", user, {"is_active": [False, True]}, at=at)


def may_change(user: User, by: User) -> bool:
    """Whether a user admin may touch this account: a superuser's only if he is one himself."""
    return by.is_superuser or not user.is_superuser


def _check_may_change(user: User, by: User) -> None:
    if not may_change(user, by):
        raise PermissionDenied


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _make_link(purpose: str, *, user: User | None, by: User | None, at: dt.datetime) -> str:
    secret = secrets.token_urlsafe(32)
    Invitation.objects.create(
        purpose=purpose,
        user=user,
        created_by=by,
        token_hash=_hash(secret),
        created_at=at,
        expires_at=at + VALID_FOR,
    )
    return secret


def _end_links(purpose: str, user: User | None, at: dt.datetime) -> None:
    rows = Invitation.objects.filter(purpose=purpose, user=user, used_at__isnull=True)
    rows.filter(expires_at__gt=at).update(expires_at=at)


def _open(purpose: str, secret: str, at: dt.datetime) -> Invitation:
    rows = Invitation.objects.select_related("user").filter(purpose=purpose, token_hash=_hash(secret))
    found = rows.filter(used_at__isnull=True, expires_at__gt=at).first()
    if found is None:
        raise LinkInvalid
    return found


def _use_up(found: Invitation, at: dt.datetime) -> Invitation:
    """Mark the link used in one conditional UPDATE, so that of two tries at once only one gets on."""
    rows = Invitation.objects.filter(pk=found.pk, used_at__isnull=True, expires_at__gt=at)
    if not rows.update(used_at=at):
        raise LinkInvalid
    return found
