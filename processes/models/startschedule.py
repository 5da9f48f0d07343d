"""Cases that start by themselves, at dates that come again."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from people.durations import DurationError, parse_signed_duration
from people.models import User, WorkCalendar
from people.recurrence import Rule, Shift, Unit
from processes.models.definition import ProcessDefinition
from processes.models.instance import ProcessInstance, Urgency


class StartSchedule(models.Model):
    """When a case of a process starts without anybody starting it.

    `next_on` is the next date by the rule, before any shift; `wake_at` the moment at which the clock looks at
    it (null: nothing comes any more). `data` are values of the start form as they are typed.

    With the unit `field` every case of `source` starts one at each date its field `source_field` has had when
    that came (`ScheduledCase`); `anchor_on` is the first such date that counts.
    """

    class Unit(models.TextChoices):
        """How often (`recurrence.Unit`)."""

        DAYS = "days", _("days")
        WEEKS = "weeks", _("weeks")
        MONTHS = "months", _("months")
        YEARS = "years", _("years")
        ONCE = "once", _("once")
        FIELD = "field", _("at a date of other cases")

    class Origins(models.TextChoices):
        """Whose dates count, where it starts at dates of other cases."""

        LIVE = "live", _("running cases")
        ENDED = "ended", _("finished cases")
        BOTH = "both", _("running and finished cases")

    class Shift(models.TextChoices):
        """On days on which the office is closed (`recurrence.Shift`)."""

        NONE = "none", _("all the same on that day")
        NEXT = "next", _("on the next working day")
        PREVIOUS = "previous", _("on the working day before")

    definition = models.ForeignKey(
        ProcessDefinition, models.PROTECT, related_name="schedules", verbose_name=_("process")
    )
    title = models.CharField(_("title of the cases"), max_length=200)
    data = models.JSONField(_("values of the start form"), default=dict, blank=True, editable=False)
    started_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("started for"),
        help_text=_("Whose case it is. Empty: started by the system."),
    )
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, default=Urgency.NORMAL)
    unit = models.CharField(_("unit"), max_length=10, choices=Unit, default=Unit.MONTHS)
    every = models.PositiveSmallIntegerField(
        _("every"), default=1, validators=[MinValueValidator(1), MaxValueValidator(999)]
    )
    anchor_on = models.DateField(
        _("first on"),
        help_text=_(
            "Every further date is counted from here: the 1st stays the 1st, a Monday a Monday, the 31st is"
            " the last day of shorter months. Of other cases' dates those from here on count."
        ),
    )
    offset = models.CharField(
        _("before or after it"),
        max_length=20,
        blank=True,
        help_text=_("Once only: -90cd is 90 days before that date, -10d ten working days before, 1m after."),
    )
    shift = models.CharField(_("on closed days"), max_length=10, choices=Shift, default=Shift.NONE)
    at_time = models.TimeField(_("time"), default=dt.time(8))
    calendar = models.ForeignKey(
        WorkCalendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="schedules",
        verbose_name=_("Working calendar"),
        help_text=_("Empty: that of the owning team."),
    )
    source = models.ForeignKey(
        ProcessDefinition,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("cases of"),
    )
    source_field = models.CharField(_("date of the cases"), max_length=60, blank=True, editable=False)
    origins = models.CharField(_("which cases"), max_length=10, choices=Origins, default=Origins.LIVE)
    ends_on = models.DateField(_("last on"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    catches_up = models.BooleanField(
        _("catch up"),
        default=True,
        help_text=_("Of dates missed while the clock stood still, the last one is started late."),
    )
    next_on = models.DateField(_("next date"), null=True, blank=True, editable=False)
    wake_at = models.DateTimeField(_("next start"), null=True, blank=True, editable=False)
    last_started_on = models.DateField(_("last started for"), null=True, blank=True, editable=False)
    last_error = models.TextField(_("last failure"), blank=True, editable=False)

    class Meta:
        verbose_name = _("scheduled start")
        verbose_name_plural = _("scheduled starts")
        ordering = ("title", "id")
        indexes = (
            models.Index(
                fields=("wake_at", "id"),
                name="schedule_due",
                condition=models.Q(wake_at__isnull=False, is_active=True),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse an offset that cannot be read, and an end before the beginning."""
        try:
            parse_signed_duration(self.offset) if self.offset else None
        except DurationError as error:
            raise ValidationError({"offset": _("Please write -90cd, -10d or 1m.")}) from error
        if self.ends_on and self.anchor_on and self.ends_on < self.anchor_on and self.is_recurring:
            raise ValidationError({"ends_on": _("The last date lies before the first one.")})

    @property
    def is_recurring(self) -> bool:
        """Whether its dates come again; else there is one, or one of each case."""
        return self.unit not in (self.Unit.ONCE, self.Unit.FIELD)

    def is_missed(self, at: dt.datetime) -> bool:
        """Whether one of its own dates has come and no case was started for it yet."""
        if self.next_on is None or self.wake_at is None or self.is_by_field:
            return False
        return bool(self.last_error) or self.wake_at <= at

    @property
    def is_by_field(self) -> bool:
        """Whether it starts at dates of other cases."""
        return self.unit == self.Unit.FIELD

    @property
    def rule(self) -> Rule:
        """The rule as plain values. Raises DurationError."""
        if not self.is_recurring:
            return self.rule_of(self.anchor_on)
        return Rule(
            unit=Unit(self.unit),
            anchor_on=self.anchor_on,
            every=self.every,
            shift=Shift(self.shift),
            time=self.at_time,
            ends_on=self.ends_on,
        )

    def rule_of(self, day: dt.date) -> Rule:
        """The rule of one date: so long before or after it. Raises DurationError."""
        return Rule(
            unit=Unit.ONCE,
            anchor_on=day,
            offset=parse_signed_duration(self.offset) if self.offset else None,
            shift=Shift(self.shift),
            time=self.at_time,
        )


class ScheduledCase(models.Model):
    """What a date of a case has started: one case for each schedule, case and date, or why it could not be.

    `date` is as the index of values has it: midnight UTC of that day. The schedule may be gone.
    """

    schedule = models.ForeignKey(StartSchedule, models.SET_NULL, null=True, related_name="cases")
    origin = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="+")
    date = models.DateTimeField()
    case = models.OneToOneField(ProcessInstance, models.PROTECT, null=True, related_name="scheduled")
    failed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("case started at a date of another one")
        verbose_name_plural = _("cases started at dates of others")
        constraints = (
            models.UniqueConstraint(fields=("schedule", "origin", "date"), name="scheduled_case_once"),
        )

    def __str__(self) -> str:
        return f"{self.origin_id} {self.date:%Y-%m-%d}"
