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
from processes.models.instance import Urgency


class StartSchedule(models.Model):
    """When a case of a process starts without anybody starting it.

    `next_on` is the next date by the rule, before any shift; `wake_at` the moment at which the clock looks at
    it (null: nothing comes any more). `data` are values of the start form as they are typed.
    """

    class Unit(models.TextChoices):
        """How often (`recurrence.Unit`)."""

        DAYS = "days", _("days")
        WEEKS = "weeks", _("weeks")
        MONTHS = "months", _("months")
        YEARS = "years", _("years")
        ONCE = "once", _("once")

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
            " the last day of shorter months."
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
        related_name="+",
        verbose_name=_("Working calendar"),
        help_text=_("Empty: that of the owning team."),
    )
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
        if self.ends_on and self.anchor_on and self.ends_on < self.anchor_on and self.unit != self.Unit.ONCE:
            raise ValidationError({"ends_on": _("The last date lies before the first one.")})

    @property
    def rule(self) -> Rule:
        """The rule as plain values. Raises DurationError."""
        is_once = self.unit == self.Unit.ONCE
        return Rule(
            unit=Unit(self.unit),
            anchor_on=self.anchor_on,
            every=self.every,
            offset=parse_signed_duration(self.offset) if is_once and self.offset else None,
            shift=Shift(self.shift),
            time=self.at_time,
            ends_on=None if is_once else self.ends_on,
        )
