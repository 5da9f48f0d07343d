"""A scheduled start as a form: the rule, whose case it is, and the values of the process's start form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from people.calendarforms import offer_active
from people.models import User
from processes import fieldforms, fields, nets, policy
from processes.compiledversion import StepFieldInfo
from processes.durationfield import DAYS, DurationField
from processes.fieldforms import FieldView
from processes.models import FormField, ProcessDefinition, ProcessVersion, StartSchedule

DATA = "field_"
"""In front of the keys of the start form's fields, as `FieldView.name` has them."""
LONGEST_VALUE = 2000


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]
    """The schedule without the values of the start form, which depend on the process."""

    customer_number = forms.CharField(
        label=_("customer number"),
        required=False,
        max_length=30,
        help_text=_("For cases of one customer."),
    )

    offset = DurationField(
        label=_("before or after it"),
        units=DAYS,
        is_signed=True,
        required=False,
        help_text=_("Only of a single date, such as 90 calendar days before the end of a contract."),
    )
    source_date = forms.ChoiceField(
        label=_("date of the cases"),
        required=False,
        help_text=_(
            "Date fields of published processes that are searchable or evaluated in reports. A new case takes"
            " over title and customer only where nobody sees it who may not see the other one; else it names"
            " that one's number. What was started this way starts no further case of the same process."
        ),
    )

    class Meta:
        model = StartSchedule
        fields = (
            "definition",
            "title",
            "started_by",
            "urgency",
            "every",
            "unit",
            "origins",
            "anchor_on",
            "offset",
            "at_time",
            "shift",
            "calendar",
            "ends_on",
            "catches_up",
            "is_active",
        )
        widgets = {
            "anchor_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "at_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        _offer(self.fields["definition"], ProcessDefinition.objects.filter(is_active=True))
        _offer(self.fields["started_by"], User.objects.active())
        offer_active(self, row.calendar_id)
        if row.pk:
            self.fields["definition"].disabled = True
        self.initial["customer_number"] = row.customer.number if row.customer else ""
        self.initial["source_date"] = f"{row.source_id}:{row.source_field}" if row.source_id else ""
        _offer_choices(self.fields["source_date"], [("", "–"), *dates_of_processes()])
        self.fields["origins"].required = False

    def clean_anchor_on(self) -> dt.date:
        """Dates are those a field takes: the calendar has to go on behind them."""
        return _in_calendar(self.cleaned_data["anchor_on"])

    def clean_ends_on(self) -> dt.date | None:
        """As the first date."""
        day: dt.date | None = self.cleaned_data["ends_on"]
        return _in_calendar(day) if day else None

    def clean_customer_number(self) -> str:
        """The number of a customer; the record itself is looked up, its name is not shown here."""
        number: str = self.cleaned_data["customer_number"].strip()
        found = Customer.objects.current().filter(number=number).first() if number else None
        if number and found is None:
            raise ValidationError(_("There is no customer of this number."))
        self.instance.customer = found
        return number

    def clean(self) -> dict[str, Any]:
        """Who a case is started for must be allowed to start it; dates of other cases stand in a field."""
        cleaned: dict[str, Any] = super().clean() or {}
        starter, definition = cleaned.get("started_by"), cleaned.get("definition")
        is_by_field = cleaned.get("unit") == StartSchedule.Unit.FIELD
        source, _colon, key = (cleaned.get("source_date") or "").partition(":")
        if is_by_field and not source and "source_date" not in self.errors:
            self.add_error("source_date", _("Please choose a date."))
        found = ProcessDefinition.objects.filter(pk=int(source)).first() if is_by_field and source else None
        if found and found.is_confidential and definition and not definition.is_confidential:
            message = _("Cases of “%(process)s” are confidential; what they start must be so too.")
            self.add_error("source_date", ValidationError(message, params={"process": found.name}))
        if found and found == definition and self.data.get(f"{DATA}{key}", "").strip():
            message = _(
                "Every new case would have this date too and start another one. Leave it empty below."
            )
            self.add_error("source_date", message)
        has_customer = is_by_field or cleaned.get("customer_number")
        if definition and not has_customer and _demands_customer(definition):
            self.add_error("customer_number", _("The start form of this process demands a customer."))
        self.instance.source = found
        self.instance.source_field = key if is_by_field else ""
        cleaned["origins"] = cleaned.get("origins") or StartSchedule.Origins.LIVE
        if definition and definition.computes_urgency and cleaned.get("is_active"):
            message = _("The urgency of “%(process)s” is computed; somebody has to judge each case.")
            self.add_error("definition", ValidationError(message, params={"process": definition.name}))
        if starter and definition and not policy.may_start(starter, definition):
            self.add_error("started_by", _("This person may not start cases of this process."))
        return cleaned


def _demands_customer(definition: ProcessDefinition) -> bool:
    version = definition.published
    return version is not None and nets.of_version(version).customer_use is not None


def _in_calendar(day: dt.date) -> dt.date:
    if not fields.EARLIEST <= day <= fields.LATEST:
        years = {"first": fields.EARLIEST.year, "last": fields.LATEST.year}
        raise ValidationError(_("Please choose a day between %(first)s and %(last)s."), params=years)
    return day


def dates_of_processes() -> list[tuple[str, list[tuple[str, str]]]]:
    """Date fields of published versions by process, as far as their values are indexed; for a select."""
    indexed = Q(is_searchable=True) | Q(is_evaluated=True)
    rows = FormField.objects.filter(
        indexed, type=FormField.Type.DATE, version__state=ProcessVersion.State.PUBLISHED
    ).select_related("version__definition")
    ordered = rows.order_by("version__definition__name", "version__definition_id", "position", "id")
    groups = groupby(ordered, key=lambda one: one.version.definition)
    return [
        (process.name, [(f"{process.pk}:{one.key}", one.label) for one in found]) for process, found in groups
    ]


def _offer(field: Any, rows: Any) -> None:
    field.queryset = rows


def _offer_choices(field: Any, choices: Any) -> None:
    field.choices = choices


def start_fields(definition: ProcessDefinition | None) -> list[StepFieldInfo]:
    """What the start form of the published version asks for.

    Customers are left out: cases name the schedule's own customer.
    """
    version: ProcessVersion | None = definition.published if definition else None
    if version is None:
        return []
    uses = nets.of_version(version).start.fields
    return [use for use in uses if use.is_writable and use.spec.type not in ("customer", "file")]


def typed_values(uses: list[StepFieldInfo], posted: Mapping[str, str]) -> dict[str, str]:
    """What was typed into the start form, by key; empty values are left out."""
    found = {use.spec.key: posted.get(f"{DATA}{use.spec.key}", "") for use in uses}
    return {key: value[:LONGEST_VALUE].strip() for key, value in found.items() if value.strip()}


def faults_of(uses: list[StepFieldInfo], typed: Mapping[str, str]) -> dict[str, fields.FieldError]:
    """What the start form would refuse."""
    faults: dict[str, fields.FieldError] = {}
    for use in uses:
        key = use.spec.key
        try:
            value = fields.parse(use.spec, typed.get(key, ""), today=timezone.localdate())
        except fields.FieldError as fault:
            faults[key] = fault
            continue
        if value is None and use.is_required:
            faults[key] = fields.FieldError("required")
    return faults


def views(
    uses: list[StepFieldInfo], typed: Mapping[str, str], faults: Mapping[str, fields.FieldError]
) -> list[FieldView]:
    """The start form's fields as the page shows them."""
    return fieldforms.views(
        uses,
        {},
        versions={},
        typed=dict(typed),
        errors=faults,
        language=(get_language() or "de")[:2],
    )
