"""A duration as one field of a form: how much, of which unit, before or after. Its value is `3d`, `-90cd`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.durations import CALENDAR_UNITS, LONGEST, Duration, DurationError, parse_signed_duration

UNITS = (
    ("d", _("working days")),
    ("h", _("working hours")),
    ("min", _("working minutes")),
    ("ch", _("hours around the clock")),
    ("cd", _("calendar days")),
    ("w", _("weeks")),
    ("m", _("months")),
    ("y", _("years")),
)
"""Words of the units of `people.durations`."""
LAWFUL_UNITS = tuple((unit, label) for unit, label in UNITS if unit in CALENDAR_UNITS)
"""Those that legal deadlines are counted in."""
DAYS = ("d", "cd", "w", "m", "y")
"""Units that come to whole days."""
BEFORE, AFTER = "-", "+"
SIDES = ((BEFORE, _("before it")), (AFTER, _("after it")))


class DurationWidget(forms.MultiWidget):
    """The pickers side by side."""

    use_fieldset = True

    def __init__(self, units: Iterable[tuple[str, Any]], *, is_signed: bool) -> None:
        number = forms.NumberInput(
            attrs={"min": 0, "max": max(LONGEST.values()), "aria-label": _("how much")}
        )
        parts: list[forms.Widget] = [
            number,
            forms.Select(attrs={"aria-label": _("unit")}, choices=units),
        ]
        if is_signed:
            parts.append(forms.Select(attrs={"aria-label": _("before or after")}, choices=SIDES))
        super().__init__(parts)

    def decompress(self, value: str | None) -> list[Any]:
        """`-90cd` as 90, cd, before; what cannot be read leaves them empty."""
        try:
            found = parse_signed_duration(value or "")
        except DurationError:
            return [None, None, None]
        return [abs(found.amount), found.unit, BEFORE if found.amount < 0 else AFTER]


class DurationField(forms.MultiValueField):
    """Text as `people.durations` reads it; empty without an amount. Signed: before or after is asked too."""

    def __init__(self, *, units: Iterable[str] = LONGEST, is_signed: bool = False, **more: Any) -> None:
        offered = [(unit, label) for unit, label in UNITS if unit in set(units)]
        self.units = [unit for unit, _label in offered]
        parts: list[forms.Field] = [
            forms.IntegerField(min_value=0, required=False),
            forms.ChoiceField(choices=offered, required=False),
        ]
        if is_signed:
            parts.append(forms.ChoiceField(choices=SIDES, required=False))
        widget = DurationWidget(offered, is_signed=is_signed)
        super().__init__(parts, widget=widget, require_all_fields=False, **more)

    def compress(self, data_list: list[Any]) -> str:
        """The chosen parts as text. Raises ValidationError for what lies beyond a working life."""
        amount, unit, *side = [*data_list, None][:3] if data_list else (None, None, None)
        if amount is None:
            return ""
        unit = unit or self.units[0]
        if amount > LONGEST[unit]:
            raise forms.ValidationError(_("At most %(most)s."), params={"most": LONGEST[unit]})
        return f"{BEFORE if side[0] == BEFORE else ''}{Duration(amount, unit)}"
