"""What follows an outcome: the outcome itself, its branches, and the conditions of a branch."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from processes import conditions
from processes.blueprint import ConditionPlan, FieldPlan
from processes.editing import rowform
from processes.editing.rowform import CHOOSE, NOTHING, CarriedKey, RowForm
from processes.editing.sheet import After
from processes.models import Condition
from processes.textfields import Line

NEW = "+"
"""The target “new step”, which the page turns into a row."""
AFTERS = (
    (After.ONE, _("one step")),
    (After.ALL, _("several at the same time")),
    (After.DATA, _("depending on the data")),
    (After.SEVERAL, _("several, depending on the data")),
)
PERSON, CLOCK = "person", "clock"
CHOSEN = ((PERSON, _("a person")), (CLOCK, _("the clock")))
CHOSEN_BY_END = ((PERSON, _("the end of the other process")), (CLOCK, _("the clock")))
ENDS, BESIDES = "ends", "besides"
INTERRUPTING = ((ENDS, _("ends the task")), (BESIDES, _("begins something besides; the task stays open")))


class WayForm(RowForm):
    """How many ways on there are. `gateway` is the key of what divides them, `question` its name."""

    after = rowform.one_of(_("after that"), AFTERS, redraws=True)
    gateway = rowform.hidden(CarriedKey)
    question = rowform.text(
        _("question in the picture"),
        120,
        help_text=_("Stands where the ways part, for example “Approval needed?”"),
    )


class OutcomeForm(WayForm):
    """What a step can end with."""

    label = rowform.text(_("outcome"), 120, required=True)
    key = rowform.hidden(CarriedKey)
    chosen_by = rowform.one_of(_("chosen by"), CHOSEN, redraws=True)
    interrupting = rowform.one_of(_("what it does"), INTERRUPTING)
    requires_note = rowform.yes(_("needs a reason"))
    is_approval = rowform.yes(_("is an approval"))
    is_no_agreement = rowform.yes(
        _("is taken when no agreement is reached"), help_text=_("Then none of the voters can choose it.")
    )
    cancels = rowform.several(_("stops these steps"), help_text=_("The tasks of these steps are withdrawn."))
    ends = rowform.several(_("when the other process ends with"))
    is_otherwise = rowform.yes(_("and in all other cases"))

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        own = prefix.split("-")[0]
        self.offer(cancels=page.stoppable(own))
        self.fields["is_otherwise"].widget.attrs["data-alone"] = own
        if page.kinds.get(own) == "subprocess":
            self.offer(chosen_by=CHOSEN_BY_END)
        self.offer_known("ends", page.called(own).ends)


class BranchForm(RowForm):
    """One way on."""

    target = rowform.one_of(_("next step"), redraws=True)
    is_default = rowform.yes(_("otherwise"), redraws=True)

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        self.offer(target=[CHOOSE, *page.step_names.items(), (NEW, _("new step …"))])
        self.fields["is_default"].widget.attrs["data-alone"] = prefix.rpartition("-")[0]


class ConditionForm(RowForm):
    """A comparison with pickers that fit the field."""

    field = rowform.one_of(_("field"), redraws=True)
    operator = rowform.one_of(_("comparison"), redraws=True)
    value_text = Line(label=_("value"), required=False, max_length=500)

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        self.offer(field=[CHOOSE, *page.field_names.items()])
        self.known: FieldPlan | None = page.field_plans.get(page.typed.get(f"{prefix}-field"))
        fitting = conditions.FITTING.get(self.known.type, frozenset()) if self.known else frozenset()
        self.offer(operator=[one for one in Condition.Operator.choices if one[0] in fitting])
        self.fields["value_text"].widget = self._widget()

    @property
    def operator_now(self) -> str:
        """The comparison chosen, or the first offered."""
        typed = self.page.typed.get(f"{self.prefix}-operator")
        offered = [value for value, _label in self.fields["operator"].choices]  # type: ignore[attr-defined]
        return typed if typed in offered else next(iter(offered), "")

    @property
    def needs_value(self) -> bool:
        """Whether there is something to compare with."""
        return self.known is not None and self.operator_now not in conditions.WITHOUT_VALUE

    def _widget(self) -> forms.Widget:
        type_ = self.known.type if self.known else ""
        offered = self._offered(type_)
        if offered and self.operator_now == Condition.Operator.IN:
            return _Listed(choices=offered)
        if offered:
            return forms.Select(choices=[NOTHING, *offered])
        if type_ == "date" and self.operator_now != Condition.Operator.BETWEEN:
            return forms.DateInput(attrs={"type": "date"})
        return forms.TextInput(attrs=rowform.WITHIN)

    def _offered(self, type_: str) -> Any:
        if type_ in ("choice", "multichoice") and self.known is not None:
            return self.known.choices
        if type_ == "person":
            return self.page.offered.people
        return self.page.offered.teams if type_ == "team" else ()

    def clean(self) -> dict[str, Any]:
        """Read the value by the type of the field."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.known is None:
            raise ValidationError({"field": _("Please choose a field.")}, code="no_field")
        value = cleaned.get("value_text") or None
        typed = ConditionPlan(self.known.key, self.operator_now, value)
        try:
            cleaned["condition"] = conditions.stored(typed, self.known)
        except conditions.Unfit as unfit:
            raise ValidationError({"value_text": str(unfit)}, code="unfit") from unfit
        return cleaned

    @property
    def condition(self) -> ConditionPlan | None:
        """The comparison; None as long as it is not whole."""
        found: ConditionPlan | None = self.value("condition", None)
        return found


class _Listed(forms.CheckboxSelectMultiple):
    """Several values as the line that `conditions.listed` takes apart."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The line."""
        return conditions.show_value(list(data.getlist(name)))

    def format_value(self, value: Any) -> list[str]:
        """The values of a line."""
        return [str(one) for one in conditions.listed(value or "")]
