"""Rules of deadlines as forms on the editing page of a draft, with plain pickers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from processes.adminforms import FIELD_LIST, PageForm
from processes.models import DeadlineRule
from processes.moments import Basis, Moment, MomentError


class DeadlineForm(PageForm):
    """One rule of a step's deadline; fields and steps are named, not chosen by id."""

    named = forms.CharField(
        label=_("field or step"),
        required=False,
        widget=forms.TextInput(attrs=FIELD_LIST),
        help_text=_("The date field or the earlier step it is counted from."),
    )
    on = forms.DateField(
        label=_("date"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    class Meta:
        model = DeadlineRule
        fields = (
            "kind",
            "offset",
            "basis",
            "named",
            "on",
            "urgency",
            "pick",
            "is_legal",
            "counts_first_day",
            "shifts_to_working_day",
            "is_final",
            "position",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = self.instance
        self.initial["named"] = (
            self.page.show_step(rule.key) if rule.basis == DeadlineRule.Basis.AFTER else rule.key
        )

    def clean_on(self) -> str:
        """The date as it is stored."""
        day = self.cleaned_data["on"]
        return day.isoformat() if day else ""

    def clean(self) -> dict[str, Any]:
        """Find what is named, and drop what does not belong to the basis."""
        cleaned: dict[str, Any] = super().clean() or {}
        if "basis" in cleaned and "offset" in cleaned:
            basis = Basis(cleaned["basis"])
            cleaned["on"] = cleaned.get("on", "") if basis is Basis.DATE else ""
            self.instance.key = self._key(basis, cleaned.get("named", ""))
            self._demand_moment(basis, cleaned)
        return cleaned

    def _key(self, basis: Basis, named: str) -> str:
        if basis is Basis.FIELD:
            known = self.page.field_plan(named)
            if known is None:
                raise ValidationError({"named": _("There is no such field on this page.")})
            return known.key
        if basis is Basis.AFTER:
            key = self.page.step_key(named)
            if key is None:
                raise ValidationError({"named": _("There is no such step on this page.")})
            return key
        return ""

    def _demand_moment(self, basis: Basis, cleaned: dict[str, Any]) -> None:
        try:
            Moment(basis, cleaned["offset"], self.instance.key, cleaned["on"]).demand_sense()
        except MomentError as error:
            name = "on" if basis is Basis.DATE and not cleaned["on"] else "offset"
            message = _("Please choose a date.") if name == "on" else _("Please write 4h, 3d, 10cd or -5d.")
            raise ValidationError({name: message}) from error

    def save(self, commit: bool = True) -> DeadlineRule:
        """Write the rule for the version its step belongs to."""
        if self.instance.step is not None:
            self.instance.version = self.instance.step.version
        row: DeadlineRule = super().save(commit=commit)
        return row


class CaseDeadlineForm(DeadlineForm):
    """One rule for the whole case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting = (DeadlineRule.Basis.CASE, DeadlineRule.Basis.FIELD, DeadlineRule.Basis.DATE)
        choices = [(str(one), one.label) for one in fitting]
        self.fields["basis"].choices = choices  # type: ignore[attr-defined]
        if self.instance.pk is None:
            self.initial["basis"] = str(DeadlineRule.Basis.CASE)
