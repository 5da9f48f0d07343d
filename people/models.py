"""Who works here: users, teams and who belongs to which; the accounts' own records."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.officedays import WeekRow, show_day, show_window


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
    gets_mail_at_once = models.BooleanField(
        _("mail at any hour"),
        default=False,
        help_text=_("Reminders by mail do not wait for working hours."),
    )
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
    calendar = models.ForeignKey(
        "WorkCalendar",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="teams",
        verbose_name=_("working calendar"),
        help_text=_("Empty: that of the team it is part of, else the company's."),
    )

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the team; what is known about calendars becomes stale."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if self.calendar_id or self.parent_id or not is_new:
            restamp_calendars()


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


CALENDAR_STAMP = "calendars"
"""Key of the setting that says which state of the calendars is the present one."""


def restamp_calendars() -> None:
    """Say in this transaction that calendars, or who has which, have changed.

    The stamp is random, not counted up: a number given in a transaction that is rolled back would come again,
    and a process that had read it would keep what was never committed. Writers wait for one another on it.
    """
    Setting.objects.update_or_create(key=CALENDAR_STAMP, defaults={"value": {"stamp": uuid.uuid4().hex}})


class Restamping(models.Model):
    """A row of a calendar. Whoever writes many at once past `save` calls `restamp_calendars` himself."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it; what is known about calendars becomes stale."""
        super().save(*args, **kwargs)
        restamp_calendars()

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Remove it; what is known about calendars becomes stale."""
        removed = super().delete(*args, **kwargs)
        restamp_calendars()
        return removed


class WorkCalendar(Restamping):
    """Working windows, holidays of a region and the office's own days. Never deleted, only deactivated."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    zone = models.CharField(_("time zone"), max_length=60, default="Europe/Berlin")
    region = models.CharField(
        _("holidays of"),
        max_length=5,
        blank=True,
        help_text=_("Where the work is done. For legal deadlines this is the place of performance."),
    )
    switches = models.JSONField(_("regional holidays"), default=list, blank=True)
    is_default = models.BooleanField(
        _("company calendar"),
        default=False,
        help_text=_("Holds wherever neither a team nor a person has another one."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("working calendar")
        verbose_name_plural = _("working calendars")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",),
                name="workcalendar_one_default",
                condition=models.Q(is_default=True),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def holders(self, today: dt.date) -> models.QuerySet[User]:
        """Active people who have this calendar now or from a day to come."""
        later = PersonCalendar.objects.filter(user=models.OuterRef("user"), from_on__lte=today)
        is_past = models.Exists(later.filter(from_on__gt=models.OuterRef("from_on")))
        rows = PersonCalendar.objects.filter(calendar=self).exclude(is_past)
        return User.objects.filter(pk__in=rows.values("user"), is_active=True)


class WorkWindow(Restamping):
    """One window on a run of weekdays (Monday = 0); an end at or before its beginning is on the next day."""

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="windows")
    first_weekday = models.PositiveSmallIntegerField(_("from weekday"))
    last_weekday = models.PositiveSmallIntegerField(_("to weekday"))
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("working window")
        verbose_name_plural = _("working windows")
        ordering = ("first_weekday", "opens", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(first_weekday__lte=6, last_weekday__lte=6), name="workwindow_weekdays"
            ),
        )

    def __str__(self) -> str:
        row = WeekRow(self.first_weekday, self.last_weekday, (self.opens, self.closes))
        names = [str(WEEKDAYS_ABBR[day]) for day in (row.first, row.last)]
        days = names[0] if row.first == row.last else "–".join(names)
        return f"{days} {show_window(row.window)}"


class CalendarDay(Restamping):
    """A day of the office's own, once or every year (no year): closed, open for some hours only, or extra."""

    class Kind(models.TextChoices):
        """What the day is."""

        OFF = "off", pgettext_lazy("kind of day", "Closed")
        HALF = "half", pgettext_lazy("kind of day", "Open only")
        OPEN = "open", pgettext_lazy("kind of day", "Open extra")

    calendar = models.ForeignKey(WorkCalendar, models.CASCADE, related_name="days")
    month = models.PositiveSmallIntegerField(_("month"))
    day = models.PositiveSmallIntegerField(_("day"))
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.OFF)
    hours = models.CharField(_("hours"), max_length=100, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("day of the office")
        verbose_name_plural = _("days of the office")
        ordering = ("month", "day", "year", "id")

    def __str__(self) -> str:
        parts = (show_day(self.month, self.day, self.year), self.name, self.get_kind_display(), self.hours)
        return " ".join(part for part in parts if part)


class PersonCalendar(Restamping):
    """Which calendar a person has from a day on; none: from then on again that of the team."""

    user = models.ForeignKey(User, models.PROTECT, related_name="calendars", verbose_name=_("user"))
    calendar = models.ForeignKey(
        WorkCalendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("working calendar"),
        help_text=_("Empty: that of the team."),
    )
    from_on = models.DateField(_("valid from"))

    class Meta:
        verbose_name = _("working calendar of a person")
        verbose_name_plural = _("working calendars of the person")
        ordering = ("from_on",)
        constraints = (models.UniqueConstraint(fields=("user", "from_on"), name="personcalendar_unique"),)

    def __str__(self) -> str:
        calendar = self.calendar or _("as the team")
        return f"{calendar} ({self.from_on:%d.%m.%Y})"


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
