"""Who works here: users, teams and who belongs to which; the accounts' own records."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Makes accounts; the e-mail address is the login name and is kept in lower case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Write one account; without a password it can log in only after an invitation."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Write an account for setting the system up; it sees no confidential case."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find an account by its e-mail, whatever its case."""
        return self.get(email__iexact=(username or "").strip())


class UserQuerySet(models.QuerySet["User"]):
    """Questions about many accounts."""

    def active(self) -> UserQuerySet:
        """Accounts that may log in and be given work."""
        return self.filter(is_active=True)

    def in_team(self, team_id: int) -> UserQuerySet:
        """Active members and leads of one team."""
        return self.active().filter(memberships__team_id=team_id).distinct()


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Never deleted, only deactivated (cases keep naming who acted)."""

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    external_id = models.CharField(_("external id"), max_length=100, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100)
    language = models.CharField(
        _("language"), max_length=5, choices=[("de", "Deutsch"), ("en", "English")], default="de"
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_process_admin = models.BooleanField(
        _("process admin"), default=False, help_text=_("Defines processes; sees no cases.")
    )
    is_user_admin = models.BooleanField(
        _("user admin"), default=False, help_text=_("Manages accounts and teams; sees no cases.")
    )
    is_operator = models.BooleanField(
        _("IT operator"), default=False, help_text=_("Sees incidents and queues, without contents.")
    )
    is_auditor = models.BooleanField(
        _("auditor"), default=False, help_text=_("May read cases; each access is logged.")
    )
    has_shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["last_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ("last_name", "first_name", "id")
        constraints = (
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.UniqueConstraint(
                "external_id", name="user_external_id_unique", condition=~models.Q(external_id="")
            ),
        )

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        """First and last name, or the e-mail where neither is known."""
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        """The first name, for greeting."""
        return self.first_name or self.get_full_name()

    @property
    def initials(self) -> str:
        """Two letters for the avatar."""
        return (self.first_name[:1] + self.last_name[:1]).upper() or self.email[:2].upper()

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin opens for this account: only for those with something to do there."""
        return self.is_superuser or self.is_process_admin or self.is_user_admin or self.is_operator

    def get_session_auth_hash(self) -> str:
        """Tie sessions to the password and to `session_epoch`, so that raising it ends all of them."""
        return salted_hmac(
            "people.User.session", f"{self.password}|{self.session_epoch}", algorithm="sha256"
        ).hexdigest()


class Team(models.Model):
    """A group of people that shares an inbox."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    external_id = models.CharField(_("external id"), max_length=100, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Who works in which team, and who leads it."""

    class Role(models.TextChoices):
        """What one is in a team."""

        MEMBER = "member", _("Member")
        LEAD = "lead", _("Lead")

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("user"))
    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships", verbose_name=_("team"))
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (models.UniqueConstraint(fields=("user", "team"), name="membership_unique"),)

    def __str__(self) -> str:
        return f"{self.user}, {self.team}"


class Invitation(models.Model):
    """A one-time link: to a first password (invite) or to the first administrator's account (setup).

    Only a hash of its secret is stored.
    """

    class Purpose(models.TextChoices):
        """What the link opens."""

        INVITE = "invite", _("Invitation")
        SETUP = "setup", _("First administrator")

    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose, default=Purpose.INVITE)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.pk}"


class LoginThrottle(models.Model):
    """Failed log-ins of one account from one address, or of one address alone (`key` says which)."""

    key = models.CharField(max_length=64, unique=True)
    failures = models.PositiveIntegerField(default=0)
    last_failure_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("login throttle")
        verbose_name_plural = _("login throttles")

    def __str__(self) -> str:
        return self.key


class Setting(models.Model):
    """A fact about this installation (such as: it holds example data)."""

    key = models.SlugField(_("key"), max_length=60, primary_key=True)
    value = models.JSONField(_("value"), default=dict)

    class Meta:
        verbose_name = _("setting")
        verbose_name_plural = _("settings")

    def __str__(self) -> str:
        return self.key


class AdminEvent(models.Model):
    """What an administrator changed: who, when, old → new. Written by `people.adminlog` only."""

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    kind = models.CharField(_("kind"), max_length=40)
    object_type = models.CharField(_("object type"), max_length=60)
    object_id = models.CharField(_("object id"), max_length=60, blank=True)
    object_label = models.CharField(_("object"), max_length=250, blank=True)
    changes = models.JSONField(_("changes"), default=dict)

    class Meta:
        verbose_name = _("administration event")
        verbose_name_plural = _("administration events")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("object_type", "object_id"), name="adminevent_object"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.object_label}"
