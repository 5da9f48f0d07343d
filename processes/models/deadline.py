"""Until when, and what happens if not: deadline rules of a version, escalation plans for all processes."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from people import legal
from people.durations import Duration
from people.legal import Counting, Term
from processes import escalation, moments
from processes.models.definition import KEY_VALIDATOR, ProcessVersion, Step, VersionPart
from processes.models.instance import Urgency


class DeadlineRule(VersionPart):
    """One rule of a deadline: of a step, or of the whole case (no step).

    Several rules for the same thing give several moments; the step's (or version's) pick says whether the
    earliest or the latest counts. A rule for one urgency wins over rules for all.
    """

    class Kind(models.TextChoices):
        """What has to be done until then."""

        REACTION = "reaction", _("Reaction: taken over")
        SOLUTION = "solution", _("Solution: done")

    class Basis(models.TextChoices):
        """What it is counted from (`moments.Basis`)."""

        STEP = "step", _("Start of the task")
        CASE = "case", _("Start of the case")
        AFTER = "after", _("End of an earlier step")
        FIELD = "field", _("A date of the case")
        DATE = "date", _("A fixed date")

    class Pick(models.TextChoices):
        """Which of several rules counts."""

        EARLIEST = "earliest", _("The earliest")
        LATEST = "latest", _("The latest")

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="deadline_rules")
    step = models.ForeignKey(Step, models.CASCADE, null=True, blank=True, related_name="deadline_rules")
    kind = models.CharField(_("what"), max_length=10, choices=Kind, default=Kind.SOLUTION)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Urgency, null=True, blank=True)
    basis = models.CharField(_("counted from"), max_length=10, choices=Basis, default=Basis.STEP)
    offset = models.CharField(
        _("time"),
        max_length=20,
        blank=True,
        help_text=_("4h (working hours), 3d (working days), 10cd (calendar days); -5d = before."),
    )
    key = models.CharField(_("field or step"), max_length=60, blank=True)
    on = models.CharField(_("date"), max_length=10, blank=True)
    pick = models.CharField(_("of several"), max_length=10, choices=Pick, default=Pick.EARLIEST)
    is_legal = models.BooleanField(
        _("legal deadline"), default=False, help_text=_("Counted by the calendar, §§ 187-193 BGB.")
    )
    counts_first_day = models.BooleanField(
        _("the first day counts"), default=False, help_text=_("§ 187 II BGB; otherwise § 187 I.")
    )
    shifts_to_working_day = models.BooleanField(
        _("moves to the next working day"), default=True, help_text=_("§ 193 BGB; not for notice periods.")
    )
    is_final = models.BooleanField(
        _("cannot be extended"), default=False, help_text=_("Notfrist: nobody may move it.")
    )
    adds_half_month = models.BooleanField(
        _("and half a month"), default=False, help_text=_("15 days, counted last: § 189 II BGB.")
    )
    days_before_end = models.PositiveSmallIntegerField(
        _("days back from there"),
        default=0,
        help_text=_("Six months, 14 days back: two weeks before its end."),
    )
    early_warning = models.CharField(
        _("early warning"),
        max_length=20,
        blank=True,
        help_text=_("1w, 10cd: so long before; empty: as usual; 0: none."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ("position", "id")

    def __str__(self) -> str:
        return f"{self.basis} {self.offset}{self.on}".strip()

    def owning_version(self) -> ProcessVersion:
        """The version this rule belongs to."""
        version: ProcessVersion = self.version
        return version

    @property
    def moment(self) -> moments.Moment:
        """The rule as a moment. Raises MomentError."""
        found = {"basis": self.basis, "offset": self.offset, "key": self.key, "on": self.on}
        return moments.Moment.from_json({name: value for name, value in found.items() if value})

    @property
    def term(self) -> Term | None:
        """The type of a legal deadline; None for one that is worked by the office's calendar.

        Without a time the date itself was set as the last day; with a minus it is counted backwards.
        Raises MomentError, DurationError.
        """
        if not self.is_legal:
            return None
        offset = moments.signed(self.offset) if self.offset else None
        return Term(
            Duration(abs(offset.amount), offset.unit) if offset else None,
            Counting.START_OF_DAY if self.counts_first_day else Counting.EVENT,
            extra_days=legal.HALF_MONTH.amount if self.adds_half_month else 0,
            days_before_end=self.days_before_end,
            is_shifted=self.shifts_to_working_day,
            early_warning=legal.read_warning(self.early_warning),
            is_unextendable=self.is_final,
            is_backwards=offset is not None and offset.amount < 0,
        )


class EscalationPlan(models.Model):
    """What happens around a deadline, level by level; copied into a version when that is published."""

    key = models.CharField(_("key"), max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    is_default = models.BooleanField(
        _("standard"), default=False, help_text=_("For processes and steps that name no plan.")
    )

    class Meta:
        verbose_name = _("escalation plan")
        verbose_name_plural = _("escalation plans")
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("is_default",), name="plan_one_default", condition=models.Q(is_default=True)
            ),
        )

    def __str__(self) -> str:
        return self.name

    def levels(self) -> list[escalation.Level]:
        """Its levels, in their order."""
        return [row.level for row in self.rows.all()]


class EscalationLevel(models.Model):
    """One level; `acts` are `escalation.Act` as JSON, `condition` is [field, operator, value, type]."""

    plan = models.ForeignKey(EscalationPlan, models.CASCADE, related_name="rows", verbose_name=_("plan"))
    number = models.PositiveSmallIntegerField(_("level"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    offset = models.CharField(
        _("when"),
        max_length=20,
        blank=True,
        help_text=_("Empty: at the deadline. -2h or -1d: before it; 1d or 3cd: after it; 80%: of the time."),
    )
    is_unclaimed_only = models.BooleanField(_("only while nobody has taken it over"), default=False)
    least_urgency = models.PositiveSmallIntegerField(
        _("only from this urgency"), choices=Urgency, null=True, blank=True
    )
    condition = models.JSONField(_("only if"), default=list, blank=True, editable=False)
    acts = models.JSONField(_("what happens"), default=list, blank=True, editable=False)

    class Meta:
        verbose_name = _("level")
        verbose_name_plural = _("levels")
        ordering = ("plan", "number")
        constraints = (models.UniqueConstraint(fields=("plan", "number"), name="level_number_unique"),)

    def __str__(self) -> str:
        return self.name or str(self.number)

    def clean(self) -> None:
        """Refuse an offset that cannot be read."""
        try:
            escalation.Level(self.number or 0, offset=self.offset).demand_sense()
        except escalation.LevelError as error:
            raise ValidationError({"offset": _("Please write -2h, 1d, 3cd or 80%.")}) from error

    @property
    def level(self) -> escalation.Level:
        """The level as plain values. Raises LevelError."""
        row: dict[str, Any] = {
            "level": self.number,
            "name": self.name,
            "offset": self.offset,
            "unclaimed": self.is_unclaimed_only,
            "urgency": self.least_urgency,
            "condition": self.condition,
            "acts": self.acts,
        }
        return escalation.Level.from_json(row)
