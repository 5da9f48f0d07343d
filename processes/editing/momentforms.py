"""A moment as one sentence of pickers: [3] [working days] [after] [start of the task]."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people import legal
from people.durations import LONGEST, Duration, DurationError
from processes.adminpages import planforms
from processes.blueprint import DeadlinePlan
from processes.durationfield import LAWFUL_UNITS, UNITS
from processes.editing import rowform
from processes.editing.rowform import REDRAWN, RowForm
from processes.fields import EARLIEST, LATEST
from processes.models import DeadlineRule
from processes.moments import Basis, Moment, MomentError, signed

AFTER, BEFORE, ON = "after", "before", "on"
DIRECTIONS = ((AFTER, _("after")), (BEFORE, _("before")), (ON, pgettext_lazy("moment", "exactly at")))
STARTS = {
    Basis.STEP: pgettext_lazy("after or before", "the start of the task"),
    Basis.CASE: pgettext_lazy("after or before", "the start of the case"),
}
ABOUT = {
    "due": _("Deadline"),
    "latest": _("at the latest"),
    "timer": _("Waits"),
    "clock": _("chosen by the clock"),
}
END_OF, FIELD = "after:", "field:"
"""In front of the prefix of the step or of the field that a moment is counted from."""
WAIT_BEGINS = pgettext_lazy("after or before", "the start of the wait")
END = pgettext_lazy("after or before", "the end of “%(step)s”")
DATE_OF = pgettext_lazy("after or before", "the date “%(field)s”")
WORKING_KINDS = ("task", "timer", "action", "subprocess")


class MomentForm(RowForm):
    """An amount, a unit, and what it is counted from. Without an amount nothing is due."""

    amount = rowform.number(_("how much"), 99_999, least=0)
    unit = rowform.one_of(_("unit"), UNITS)
    direction = rowform.one_of(_("before or after"), DIRECTIONS)
    basis = forms.ChoiceField(label=_("counted from"), required=False, widget=forms.Select(attrs=REDRAWN))
    day = forms.DateField(
        label=_("date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
    )
    bases: tuple[Basis, ...] = (Basis.STEP, Basis.CASE, Basis.AFTER, Basis.FIELD, Basis.DATE)

    def __init__(self, page: Any, prefix: str) -> None:
        super().__init__(page, prefix)
        self.part = prefix.rpartition("-")[2]
        self.about = ABOUT.get(self.part, "")
        self.offer(basis=[*self._bases()])
        if page.typed.get(f"{prefix}-is_legal"):
            for name in ("amount", "unit", "direction"):
                self.fields[name].widget.attrs |= REDRAWN

    def _bases(self) -> Any:
        page, own = self.page, self.prefix.split("-")[0] if self.prefix else ""
        for basis in self.bases:
            if basis in STARTS:
                is_wait = self.part == "timer" and basis is Basis.STEP
                yield str(basis), WAIT_BEGINS if is_wait else STARTS[basis]
            elif basis is Basis.AFTER:
                for row, name in page.step_names.items():
                    if row != own and page.kinds[row] in WORKING_KINDS:
                        yield f"{END_OF}{row}", END % {"step": name}
            elif basis is Basis.FIELD:
                for row, label in page.field_names.items():
                    if page.types[row] == "date":
                        yield f"{FIELD}{row}", DATE_OF % {"field": label}
            else:
                yield str(basis), pgettext_lazy("after or before", "a fixed date")

    @property
    def is_dated(self) -> bool:
        """Whether a fixed date is asked for."""
        return self.page.typed.get(f"{self.prefix}-basis") == Basis.DATE

    @property
    def is_by_start(self) -> bool:
        """Whether it is the usual sentence: so long after the start."""
        basis = self.page.typed.get(f"{self.prefix}-basis")
        return basis in ("", Basis.STEP)

    def clean(self) -> dict[str, Any]:
        """A fixed date is filled in; an amount stays within a working life."""
        cleaned = super().clean() or {}
        if cleaned.get("basis") == Basis.DATE and not cleaned.get("day") and "day" not in self.errors:
            self.add_error("day", _("Please choose a date."))
        is_by_start = cleaned.get("basis") in ("", *STARTS)
        if "amount" in cleaned and is_by_start and self._is_missing(cleaned):
            self.add_error("amount", _("Please enter a number from 1."))
        unit, amount = cleaned.get("unit") or "d", cleaned.get("amount") or 0
        if amount > LONGEST[unit]:
            message = _("At most %(most)s.") % {"most": LONGEST[unit]}
            self.add_error("amount", message)
        return cleaned

    def _is_missing(self, cleaned: Mapping[str, Any]) -> bool:
        amount = cleaned["amount"]
        return amount == 0 or (amount is None and cleaned.get("basis") == Basis.CASE)

    def moment(self) -> Moment | None:
        """The moment; None where nothing is due, or as long as something is missing."""
        basis_text = self.value("basis") or str(self.bases[0])
        word, _colon, row = basis_text.partition(":")
        basis = Basis(word)
        key = self.page.keys.get(row, "") if row else ""
        amount, day = self.value("amount", None) or None, self.value("day", None)
        if basis in STARTS and amount is None:
            return None
        if self.value("direction") == ON:
            amount = None
        found = Moment(basis, self._offset(amount), key, day.isoformat() if day and not row else "")
        try:
            found.demand_sense()
        except MomentError:
            return None
        return found

    def _offset(self, amount: int | None) -> str:
        if amount is None:
            return ""
        sign = "-" if self.value("direction") == BEFORE else ""
        return f"{sign}{Duration(amount, self.value('unit') or 'd')}"


class CaseMomentForm(MomentForm):
    """A moment of the whole case."""

    bases = (Basis.CASE, Basis.FIELD, Basis.DATE)


def shown(moment: Moment | None, rows: Any) -> dict[str, str]:
    """A moment as the form has it; `rows` = prefixes by key, of steps and of fields."""
    if moment is None:
        return {}
    found = {"basis": str(moment.basis), "unit": "d", "direction": AFTER if moment.offset else ON}
    if moment.basis is Basis.AFTER:
        found["basis"] = f"{END_OF}{rows.steps.get(moment.key, '')}"
    if moment.basis is Basis.FIELD:
        found["basis"] = f"{FIELD}{rows.fields.get(moment.key, '')}"
    if moment.offset:
        offset = signed(moment.offset)
        found |= {"amount": str(abs(offset.amount)), "unit": offset.unit}
        found["direction"] = BEFORE if offset.amount < 0 else AFTER
    if moment.on:
        found["day"] = dt.date.fromisoformat(moment.on[:10]).isoformat()
    return found


# -- further rules -------------------------------------------------------------------------------------------


USUAL, OWN = "", "own"
WARNINGS = (
    (USUAL, _("as usual: a week for months, three days for weeks")),
    (OWN, _("own time")),
    (legal.NO_WARNING, _("none at all")),
)


class RuleForm(RowForm):
    """What a further rule of a deadline says besides its moment. A legal one that is counted backwards asks
    other things than one counted forwards or set by a date."""

    kind = rowform.one_of(_("what"), DeadlineRule.Kind.choices)
    urgency = rowform.one_of(_("only for the urgency"), planforms.URGENCIES)
    pick = rowform.one_of(_("of several"), DeadlineRule.Pick.choices)
    is_legal = rowform.yes(
        _("legal deadline"), redraws=True, help_text=_("Counted by the calendar, §§ 187-193 BGB.")
    )
    counts_first_day = rowform.yes(_("the first day counts"), help_text=_("§ 187 II BGB; otherwise § 187 I."))
    shifts_to_working_day = rowform.yes(
        _("moves to the next working day"), help_text=_("§ 193 BGB; not for notice periods.")
    )
    is_final = rowform.yes(_("cannot be extended"), help_text=_("Notfrist: nobody may move it."))
    ends_with_date = rowform.yes(
        _("the date is the last day of the period"), help_text=_("The end of a contract, not an event.")
    )
    moves_up = rowform.yes(
        _("moves to the working day before"), help_text=_("Without it the day stays, as for notices.")
    )
    adds_half_month = rowform.yes(_("and half a month"), help_text=_("15 days, counted last: § 189 II BGB."))
    days_before_end = rowform.number(
        _("days back from there"), 999, help_text=_("Six months, 14 days back: two weeks before its end.")
    )
    warns = rowform.one_of(_("early warning"), WARNINGS, redraws=True)
    warning_amount = rowform.number(_("how long before"), 999)
    warning_unit = rowform.one_of(_("unit"), LAWFUL_UNITS)

    @property
    def is_backwards(self) -> bool:
        """Whether its moment lies before a date."""
        return bool(self.page.typed.get(f"{self.prefix}-direction") == BEFORE)

    @property
    def has_period(self) -> bool:
        """Whether a period is counted; else the date itself is the last day."""
        return bool(self.page.typed.get(f"{self.prefix}-direction") != ON)

    @property
    def is_in_months(self) -> bool:
        """Whether half a month can be added."""
        return self.has_period and bool(self.page.typed.get(f"{self.prefix}-unit") == "m")

    @property
    def has_own_warning(self) -> bool:
        """Whether it is asked how long before."""
        return bool(self.page.typed.get(f"{self.prefix}-warns") == OWN)

    def clean(self) -> dict[str, Any]:
        """An early warning of one's own has its time."""
        cleaned = super().clean() or {}
        is_asked = cleaned.get("is_legal") and cleaned.get("warns") == OWN
        if is_asked and cleaned.get("warning_amount") is None and "warning_amount" not in self.errors:
            self.add_error("warning_amount", _("Please enter a number from 1."))
        return cleaned

    def rule(self, moment: Moment | None) -> DeadlinePlan | None:
        """The rule; None as long as its moment is not said."""
        if moment is None:
            return None
        urgency = self.value("urgency")
        return DeadlinePlan(
            basis=str(moment.basis),
            offset=moment.offset,
            key=moment.key,
            on=moment.on,
            kind=self.value("kind") or str(DeadlineRule.Kind.SOLUTION),
            urgency=int(urgency) if urgency else None,
            pick=self.value("pick") or str(DeadlineRule.Pick.EARLIEST),
            is_final=bool(self.value("is_final", False)),
            **(self._law(moment) if self.value("is_legal", False) else {}),
        )

    def _law(self, moment: Moment) -> dict[str, Any]:
        """What only a legal deadline says. What the page does not ask here is not meant."""
        days, rest = "counts_first_day", "shifts_to_working_day"
        if moment.is_backwards:
            days, rest = "ends_with_date", "moves_up"
        is_forwards = bool(moment.offset) and not moment.is_backwards
        is_in_months = bool(moment.offset) and signed(moment.offset).unit == "m"
        return {
            "is_legal": True,
            "counts_first_day": bool(moment.offset) and bool(self.value(days, False)),
            "shifts_to_working_day": bool(self.value(rest, False)),
            "adds_half_month": is_in_months and bool(self.value("adds_half_month", False)),
            "days_before_end": (is_forwards and self.value("days_before_end", None)) or 0,
            "early_warning": self._warning(),
        }

    def _warning(self) -> str:
        amount = self.value("warning_amount", None)
        if self.value("warns") != OWN or amount is None:
            return legal.NO_WARNING if self.value("warns") == legal.NO_WARNING else ""
        return str(Duration(amount, self.value("warning_unit") or "w"))


def shown_rule(rule: DeadlinePlan) -> dict[str, str]:
    """The facts of a rule as the form has them, without its moment."""
    flags = {
        "is_legal": rule.is_legal,
        "is_final": rule.is_final,
        "adds_half_month": rule.adds_half_month,
        "counts_first_day": rule.counts_first_day,
        "ends_with_date": rule.counts_first_day,
        "shifts_to_working_day": rule.shifts_to_working_day or _is_backwards(rule),
        "moves_up": rule.shifts_to_working_day and rule.is_legal and _is_backwards(rule),
    }
    found = {name: "on" for name, is_set in flags.items() if is_set}
    found["days_before_end"] = str(rule.days_before_end or "")
    urgency = "" if rule.urgency is None else str(rule.urgency)
    return {"kind": rule.kind, "urgency": urgency, "pick": rule.pick, **found, **_shown_warning(rule)}


def _is_backwards(rule: DeadlinePlan) -> bool:
    try:
        return rule.moment.is_backwards
    except MomentError:
        return False


def _shown_warning(rule: DeadlinePlan) -> dict[str, str]:
    """The early warning; where none of its own is stored, a week is offered for it."""
    offered = {"warning_amount": "1", "warning_unit": "w"}
    try:
        found = legal.read_warning(rule.early_warning)
    except DurationError:
        return offered
    if found is None or not found.amount:
        return {"warns": USUAL if found is None else legal.NO_WARNING, **offered}
    return {"warns": OWN, "warning_amount": str(found.amount), "warning_unit": found.unit}
