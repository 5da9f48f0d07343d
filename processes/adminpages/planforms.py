"""An escalation plan as a form: levels with plain pickers, never raw JSON.

Buttons add, move and remove levels by rearranging what was typed, so the page needs no script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from people import calendars, worktime
from people.durations import Duration, parse_duration
from people.models import WorkCalendar
from processes import conditions, escalation
from processes.adminpages import planchoices
from processes.adminpages.planchoices import Known
from processes.blueprint import ConditionPlan, FieldPlan, key_from
from processes.comparisons import Condition
from processes.durationfield import UNITS, DurationField
from processes.escalation import MOST_LEVELS, SHARE, Act, Do, Level, Whom, acts_of
from processes.models import Condition as ConditionRow
from processes.models import EscalationPlan, Urgency
from processes.moments import signed
from processes.textfields import Line, Lines
from processes.words import levelwords

PREFIX = "levels"
WORDS = frozenset(str(word) for word in Whom)
KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")
DUE, BEFORE, AFTER, SHARED = "due", "before", "after", "share"
WHEN = (
    (DUE, _("at the deadline")),
    (BEFORE, _("before the deadline")),
    (AFTER, _("after the deadline")),
    (SHARED, _("after a share of the time (percent)")),
)
PERSON = "person"
LONGEST_CHOICE = 80
USUAL_TIME = "3d"
"""For the example of the time line."""
RECEIVERS = (("", _("nobody")), *levelwords.RECEIVERS.items(), (PERSON, _("a certain person")))
URGENCIES = (("", _("any urgency")), *((str(value), label) for value, label in Urgency.choices))
NO_CONDITION = (("", "–"),)
UNTOUCHED = {"when": DUE, "unit": "d"}
"""What the browser sends for a level nobody has touched."""


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and standing of a plan."""

    class Meta:
        model = EscalationPlan
        fields = ("name", "description", "is_default", "key")
        field_classes = {"name": Line, "key": Line, "description": Lines}
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = False
        if self.instance.pk:
            self.fields["key"].disabled = True
        else:
            self.fields["key"].help_text = _("For files. Made from the name if left empty.")

    def clean_key(self) -> str:
        """The key typed, or one made from the name."""
        key: str = self.cleaned_data["key"]
        if key or not self.cleaned_data.get("name"):
            return key
        return key_from(
            self.cleaned_data["name"], EscalationPlan.objects.values_list("key", flat=True), "plan"
        )

    def _get_validation_exclusions(self) -> set[str]:
        """Who becomes the standard takes the mark from the former one; two marks are no fault."""
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def clean_is_default(self) -> bool:
        """There is always one standard plan: the mark can be taken over, not given away."""
        is_default: bool = self.cleaned_data["is_default"]
        if self.initial.get("is_default") and not is_default:
            raise ValidationError(_("One plan must be the standard; mark another one instead."))
        return is_default


class OpenChoice(forms.ChoiceField):
    """Something to pick; what a stored plan names need not be offered at present."""

    def valid_value(self, value: Any) -> bool:
        """Anything that reads like a key; the form looks closer."""
        return len(str(value)) <= LONGEST_CHOICE


class LevelForm(forms.Form):
    """One level."""

    name = Line(label=_("name"), max_length=80, required=False)
    when = forms.ChoiceField(label=_("when"), choices=WHEN, initial=DUE)
    amount = forms.IntegerField(label=_("how much"), min_value=0, max_value=9999, required=False)
    unit = forms.ChoiceField(label=_("unit"), choices=UNITS, initial="d", required=False)
    is_unclaimed_only = forms.BooleanField(label=_("only while nobody has taken it over"), required=False)
    least_urgency = forms.ChoiceField(label=_("only from this urgency"), choices=URGENCIES, required=False)
    field = OpenChoice(label=_("only by this value of the case"), required=False)
    operator = forms.ChoiceField(
        label=_("comparison"), choices=[*NO_CONDITION, *ConditionRow.Operator.choices], required=False
    )
    value = Line(label=_("value"), max_length=200, required=False)
    whom = forms.MultipleChoiceField(
        label=_("tell"),
        choices=[(str(word), label) for word, label in levelwords.WHOM.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    addresses = Line(
        label=_("tell these addresses"),
        max_length=1000,
        required=False,
        help_text=_("E-mail addresses separated by commas; they are told no contents."),
    )
    passes_to = forms.ChoiceField(label=_("pass the task on to"), choices=RECEIVERS, required=False)
    person = forms.ChoiceField(label=_("person"), required=False)
    raises = forms.BooleanField(label=_("raise the urgency by one"), required=False)
    outcome = OpenChoice(
        label=_("choose the outcome"),
        required=False,
        help_text=_("Outcomes the clock may choose, of all processes."),
    )
    comment = Lines(
        label=_("write a comment"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, known: Known, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self._offer("person", list(known.people.items()))
        self._offer("field", known.fields)
        self._offer("outcome", known.outcomes)

    def _offer(self, name: str, choices: planchoices.Choices) -> None:
        """These, and what is chosen already."""
        present = str(self[name].value() or "")
        label = present.partition(planchoices.APART)[0]
        rows = choices if name == "person" else planchoices.with_value(choices, present, label)
        self.fields[name].choices = [("", "–"), *rows]  # type: ignore[attr-defined]

    def lacks_outcome(self) -> str:
        """Processes that use the plan, but at whose steps the clock cannot choose this outcome."""
        return self.known.lacking(str(self["outcome"].value() or ""))

    def lacks_field(self) -> str:
        """Processes that use the plan, but have no such field."""
        return self.known.lacking(str(self["field"].value() or ""))

    def clean_addresses(self) -> tuple[str, ...]:
        """The addresses, each checked."""
        found = tuple(one for part in self.cleaned_data["addresses"].split(",") if (one := part.strip()))
        for one in found:
            validate_email(one)
        return found

    def clean_outcome(self) -> str:
        """A key."""
        key: str = self.cleaned_data["outcome"].strip()
        if key and not KEY.fullmatch(key):
            raise ValidationError(_("A key has lower-case letters, digits, - and _."))
        return key

    def clean(self) -> dict[str, Any]:
        """A level says when, and what happens; a condition is whole."""
        cleaned = super().clean() or {}
        if cleaned.get("when", DUE) != DUE and "amount" in cleaned:
            self._check_amount(cleaned["when"], cleaned["amount"])
        if cleaned.get("passes_to") == PERSON and not cleaned.get("person"):
            self.add_error("person", _("Please choose a person."))
        if cleaned.get("field") or cleaned.get("operator"):
            cleaned["condition"] = self._condition(cleaned)
        if not self.errors and not _acts(cleaned):
            raise ValidationError(_("What should happen? Please choose at least one thing."))
        return cleaned

    def _check_amount(self, when: str, amount: int | None) -> None:
        if amount is None:
            self.add_error("amount", _("Please enter a number."))
        elif when != SHARED and not amount:
            self.add_error("amount", _("At least 1; for the deadline itself choose “at the deadline”."))
        elif when == SHARED and amount > 100:
            self.add_error("amount", _("At most 100 percent."))

    def _condition(self, cleaned: Mapping[str, Any]) -> Condition | None:
        key, _apart, type_ = cleaned.get("field", "").partition(planchoices.APART)
        operator = cleaned.get("operator", "")
        if not KEY.fullmatch(key) or type_ not in escalation.ASKABLE or not operator:
            self.add_error("field", _("A condition needs a value of the case and a comparison."))
            return None
        known = FieldPlan(key, self._label(cleaned["field"]), type_)
        try:
            one = conditions.stored(ConditionPlan(key, operator, cleaned.get("value") or None), known)
        except conditions.Unfit as unfit:
            self.add_error("value", str(unfit))
            return None
        return Condition(key, operator, one.value, known.type)

    def _label(self, chosen: str) -> str:
        choices: Any = self.fields["field"].choices  # type: ignore[attr-defined]
        return planchoices.label_of(choices, chosen)

    def level(self, number: int) -> Level:
        """The level as plain values; only of a valid form."""
        cleaned = self.cleaned_data
        urgency = cleaned["least_urgency"]
        return Level(
            number=number,
            name=cleaned["name"],
            offset=_offset(cleaned),
            acts=_acts(cleaned),
            is_unclaimed_only=cleaned["is_unclaimed_only"],
            least_urgency=int(urgency) if urgency else None,
            condition=cleaned.get("condition"),
        )


def _offset(cleaned: Mapping[str, Any]) -> str:
    when, amount = cleaned["when"], cleaned["amount"]
    if when == DUE:
        return ""
    if when == SHARED:
        return f"{amount}%"
    return f"{'-' if when == BEFORE else ''}{amount}{cleaned['unit'] or 'd'}"


def _acts(cleaned: Mapping[str, Any]) -> tuple[Act, ...]:
    """What is chosen."""
    to = cleaned.get("passes_to", "")
    return acts_of(
        whom=(*cleaned.get("whom", ()), *cleaned.get("addresses", ())),
        to=f"{escalation.PERSON}{cleaned.get('person', '')}" if to == PERSON else to,
        raises=cleaned.get("raises", False),
        outcome=cleaned.get("outcome", ""),
        comment=cleaned.get("comment", "").strip(),
    )


def shown(level: Level) -> dict[str, Any]:
    """A stored level as the form has it."""
    told, to = level.act(Do.NOTIFY).whom, level.act(Do.REASSIGN).to
    is_person = to.startswith(escalation.PERSON)
    return {
        "name": level.name,
        **_shown_moment(level.offset),
        "is_unclaimed_only": level.is_unclaimed_only,
        "least_urgency": "" if level.least_urgency is None else str(level.least_urgency),
        **_shown_condition(level.condition),
        "whom": [word for word in told if word in WORDS],
        "addresses": ", ".join(word for word in told if word not in WORDS),
        "passes_to": PERSON if is_person else to,
        "person": to.removeprefix(escalation.PERSON) if is_person else "",
        "raises": any(act.do is Do.RAISE for act in level.acts),
        "outcome": level.act(Do.OUTCOME).key,
        "comment": level.act(Do.COMMENT).text,
    }


def _shown_moment(offset: str) -> dict[str, Any]:
    share = SHARE.fullmatch(offset)
    if share:
        return {"when": SHARED, "amount": int(share[1])}
    if not offset:
        return {"when": DUE}
    found = signed(offset)
    return {"when": BEFORE if found.amount < 0 else AFTER, "amount": abs(found.amount), "unit": found.unit}


def _shown_condition(one: Condition | None) -> dict[str, Any]:
    if one is None:
        return {}
    value = conditions.show_value(one.value)
    chosen = f"{one.field}{planchoices.APART}{one.type}"
    return {"field": chosen, "operator": one.operator, "value": value}


class _Levels(forms.BaseFormSet):  # type: ignore[type-arg]
    """The levels in the order in which they stand."""

    def levels(self) -> tuple[Level, ...]:
        """All filled in, numbered from 1; only of a valid formset."""
        filled = [form for form in self.forms if form.has_changed()]
        return tuple(form.level(number) for number, form in enumerate(filled, start=1))

    def clean(self) -> None:
        """A plan without levels would watch nothing."""
        if not any(self.errors) and not any(form.has_changed() for form in self.forms):
            raise ValidationError(_("Please fill in at least one level."))


LevelFormSet = forms.formset_factory(
    LevelForm, formset=_Levels, extra=1, max_num=MOST_LEVELS, validate_max=True, absolute_max=MOST_LEVELS + 1
)


def level_forms(data: QueryDict | None, levels: Iterable[Level] = (), *, known: Known) -> Any:
    """The formset, of what was typed or of stored levels; with none there is an empty one to begin with."""
    kwargs: dict[str, Any] = {"prefix": PREFIX, "form_kwargs": {"known": known}}
    if data is not None:
        return LevelFormSet(data, **kwargs)
    found = LevelFormSet(initial=[shown(level) for level in levels], **kwargs)
    found.extra = 0 if found.initial else 1
    return found


# -- rearranging what was typed ------------------------------------------------------------------------------


def rearranged(data: QueryDict) -> QueryDict:
    """What was typed, with the level added, moved or removed that a button names."""
    changed = data.copy()
    count = _count(changed)
    order = list(range(count))
    if "_up" in data or "_down" in data:
        _swap(order, data)
    if "_remove" in data and _index(data, "_remove") in order:
        order.remove(_index(data, "_remove"))
    if "_add" in data and count < MOST_LEVELS:
        order.append(count)
        changed.update({f"{PREFIX}-{count}-{name}": value for name, value in UNTOUCHED.items()})
    _reorder(changed, order)
    return changed


def _swap(order: list[int], data: QueryDict) -> None:
    name, step = ("_up", -1) if "_up" in data else ("_down", 1)
    index = _index(data, name)
    other = index + step
    if 0 <= index < len(order) and 0 <= other < len(order):
        order[index], order[other] = order[other], order[index]


def _count(data: QueryDict) -> int:
    return min(max(_number(data.get(f"{PREFIX}-TOTAL_FORMS")), 0), MOST_LEVELS)


def _index(data: QueryDict, name: str) -> int:
    return _number(data.get(name))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 5 else -1


def _reorder(data: QueryDict, order: list[int]) -> None:
    """Number the rows anew in this order; every row counts as typed, so none of them is initial."""
    rows = {name: data.getlist(name) for name in list(data) if re.fullmatch(rf"{PREFIX}-\d+-\w+", name)}
    for name in rows:
        del data[name]
    for new, old in enumerate(order):
        start = f"{PREFIX}-{old}-"
        for name, values in rows.items():
            if name.startswith(start):
                data.setlist(f"{PREFIX}-{new}-{name.removeprefix(start)}", values)
    data[f"{PREFIX}-TOTAL_FORMS"] = str(len(order))
    data[f"{PREFIX}-INITIAL_FORMS"] = "0"


# -- the example ---------------------------------------------------------------------------------------------


class ExampleForm(forms.Form):
    """For which calendar and deadline the time line is drawn."""

    calendar = forms.ModelChoiceField(
        label=_("Working calendar"),
        queryset=WorkCalendar.objects.filter(is_active=True),
        required=False,
        empty_label=_("the company's"),
    )
    time = DurationField(label=_("due after"), initial=USUAL_TIME)

    def chosen(self) -> tuple[worktime.Calendar, Duration]:
        """Calendar and time; the company's and three days where nothing sensible is chosen."""
        known = calendars.current()
        usual = known.by_id.get(known.default_id or 0, worktime.STANDARD)
        if not self.is_bound or not self.is_valid():
            return usual, parse_duration(USUAL_TIME)
        row = self.cleaned_data["calendar"]
        return known.by_id.get(row.pk, usual) if row else usual, parse_duration(self.cleaned_data["time"])
