"""A scheduled start as a form: the rule, whose case it is, and the values of the process's start form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from people.models import User, WorkCalendar
from processes import fieldforms, fields, nets, policy
from processes.durationfield import DAYS, DurationField
from processes.fieldforms import FieldView
from processes.models import ProcessDefinition, ProcessVersion, StartSchedule
from processes.nets import StepFieldInfo

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
        help_text=_("Only with “once”, such as 90 calendar days before the end of a contract."),
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
        _offer(self.fields["calendar"], WorkCalendar.objects.filter(is_active=True))
        if row.pk:
            self.fields["definition"].disabled = True
        self.initial["customer_number"] = row.customer.number if row.customer else ""

    def clean_customer_number(self) -> str:
        """The number of a customer; the record itself is looked up, its name is not shown here."""
        number: str = self.cleaned_data["customer_number"].strip()
        found = Customer.objects.current().filter(number=number).first() if number else None
        if number and found is None:
            raise ValidationError(_("There is no customer of this number."))
        self.instance.customer = found
        return number

    def clean(self) -> dict[str, Any]:
        """Who a case is started for must be allowed to start it."""
        cleaned: dict[str, Any] = super().clean() or {}
        starter, definition = cleaned.get("started_by"), cleaned.get("definition")
        if starter and definition and not policy.may_start(starter, definition):
            self.add_error("started_by", _("This person may not start cases of this process."))
        return cleaned


def _offer(field: Any, rows: Any) -> None:
    field.queryset = rows


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
