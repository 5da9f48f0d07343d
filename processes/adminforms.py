"""Forms of the editing page of a draft: names instead of ids, so that new rows can point to new rows."""

from __future__ import annotations

from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from nested_admin.formsets import NestedInlineFormSet

from processes import conditions
from processes.adminpage import SEPARATOR, Page, read_choices, show_choices
from processes.blueprint import ConditionPlan, key_from
from processes.models import (
    ChecklistItem,
    Condition,
    EscalationPlan,
    FormField,
    Outcome,
    ProcessVersion,
    Step,
    StepField,
    Transition,
    Urgency,
)
from processes.publishing import DraftChanged

WORKING_KINDS = ("start", "task", "exclusive", "parallel", "inclusive", "end", "terminate")
"""Kinds that can be chosen: those a running case can pass today."""
STEP_LIST = {"list": "step-names", "autocomplete": "off", "class": "vTextField names-steps"}
FIELD_LIST = {"list": "field-names", "autocomplete": "off", "class": "vTextField"}


PLAN = "plan_"
"""In front of an urgency in the names of the selects for escalation plans; alone: for every urgency."""
PLAN_URGENCIES = ("", *(str(one.value) for one in Urgency))


def _plan_names() -> list[tuple[str, str]]:
    return list(EscalationPlan.objects.values_list("key", "name"))


def _usual_plans() -> list[tuple[str, Any]]:
    return [("", _("the standard plan")), *_plan_names()]


def _special_plans() -> list[tuple[str, Any]]:
    return [("", _("as for every urgency")), *_plan_names()]


class PageForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that knows the other rows of its page (`page` is set per request by the inline)."""

    page: ClassVar[Page] = Page()


class VersionForm(forms.ModelForm):  # type: ignore[type-arg]
    """The version itself, with the state of the draft the person looked at."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    plan_ = forms.ChoiceField(label=_("for every urgency"), choices=_usual_plans, required=False)
    plan_0 = forms.ChoiceField(label=Urgency.CRITICAL.label, choices=_special_plans, required=False)
    plan_1 = forms.ChoiceField(label=Urgency.HIGH.label, choices=_special_plans, required=False)
    plan_2 = forms.ChoiceField(label=Urgency.NORMAL.label, choices=_special_plans, required=False)
    plan_3 = forms.ChoiceField(label=Urgency.LOW.label, choices=_special_plans, required=False)

    class Meta:
        model = ProcessVersion
        fields = ("note", "language")
        widgets = {"note": forms.Textarea(attrs={"rows": 2, "cols": 80})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen_version"].initial = self.instance.lock_version
        for urgency, key in self.instance.plan_keys.items():
            self.initial[f"{PLAN}{urgency}"] = key

    def save(self, commit: bool = True) -> ProcessVersion:
        """Write the version with the escalation plans chosen."""
        chosen = {name: self.cleaned_data.get(f"{PLAN}{name}", "") for name in PLAN_URGENCIES}
        self.instance.plan_keys = {name: key for name, key in chosen.items() if key}
        version: ProcessVersion = super().save(commit=commit)
        return version

    def clean(self) -> dict[str, Any]:
        """Refuse if another administrator saved in between; locks the draft until the end of the request."""
        cleaned: dict[str, Any] = super().clean() or {}
        current = ProcessVersion.objects.select_for_update().get(pk=self.instance.pk)
        if not current.is_draft or current.lock_version != cleaned.get("seen_version"):
            raise ValidationError(str(DraftChanged()), code="draft_changed")
        return cleaned


class StepForm(PageForm):
    """One step; the key comes from the name if left blank."""

    key = forms.SlugField(label=_("key"), max_length=60, required=False)
    plan = forms.ChoiceField(label=_("escalation plan"), required=False)

    class Meta:
        model = Step
        fields = (
            "name",
            "key",
            "kind",
            "team",
            "assignment",
            "person",
            "reference_key",
            "deadline",
            "instructions",
            "result",
            "position",
        )
        widgets = {
            "instructions": forms.Textarea(attrs={"rows": 3, "cols": 80}),
            "reference_key": forms.TextInput(attrs=STEP_LIST),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = cast(forms.ChoiceField, self.fields["kind"])
        kind.choices = [one for one in Step.Kind.choices if one[0] in (*WORKING_KINDS, self.instance.kind)]
        self.fields["reference_key"].help_text = _("Name of the step meant; several separated by ;")
        keys = self.instance.reference_keys
        self.initial["reference_key"] = f"{SEPARATOR} ".join(self.page.show_step(key) for key in keys)
        plan = cast(forms.ChoiceField, self.fields["plan"])
        plan.choices = [("", _("that of the process")), *self.page.plans.items()]
        self.initial["plan"] = self.instance.plan_keys.get("", "")

    def clean_key(self) -> str:
        """The typed key, or the one made of the name."""
        key: str = self.cleaned_data["key"] or self.page.keys_by_prefix.get(self.prefix or "", "")
        return key

    def clean_instructions(self) -> str:
        """Lines end as they do in files, whatever the browser sends."""
        text: str = self.cleaned_data["instructions"]
        return text.replace("\r\n", "\n")

    def clean_reference_key(self) -> str:
        """Names turned into keys."""
        return ", ".join(_keys(self.page, self.cleaned_data["reference_key"]))

    def save(self, commit: bool = True) -> Step:
        """Write the step with its own escalation plan; those a file named for single urgencies stay."""
        others = {urgency: key for urgency, key in self.instance.plan_keys.items() if urgency}
        chosen = self.cleaned_data.get("plan", "")
        self.instance.plan_keys = others | ({"": chosen} if chosen else {})
        step: Step = super().save(commit=commit)
        return step


def _keys(page: Page, text: str) -> list[str]:
    found, unknown = page.step_keys(text)
    if unknown:
        message = _("There is no step “%(name)s” on this page.")
        raise ValidationError(message, params={"name": unknown[0]}, code="unknown_step")
    return found


class OutcomeForm(PageForm):
    """An outcome and where it leads."""

    key = forms.SlugField(label=_("key"), max_length=60, required=False)
    targets = forms.CharField(
        label=_("next step"),
        required=False,
        widget=forms.TextInput(attrs=STEP_LIST),
        help_text=_("Name of the next step; several at once separated by ;"),
    )

    class Meta:
        model = Outcome
        fields = ("label", "targets", "requires_note", "key", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            names = [self.page.show_step(one.target.key) for one in _transitions(self.instance)]
            self.initial["targets"] = f"{SEPARATOR} ".join(names)

    def clean_targets(self) -> list[str]:
        """Keys of the next steps."""
        return _keys(self.page, self.cleaned_data["targets"])

    def save(self, commit: bool = True) -> Outcome:
        """Write the outcome and, when where it leads has changed, its transitions."""
        outcome: Outcome = super().save(commit=commit)
        if commit:
            _lead_to(outcome, self.cleaned_data["targets"])
        return outcome


def _transitions(outcome: Outcome) -> list[Transition]:
    return list(outcome.transitions.select_related("target"))


def _lead_to(outcome: Outcome, keys: list[str]) -> None:
    """Replace the transitions of an outcome unless they lead to these steps already."""
    existing = _transitions(outcome)
    if [one.target.key for one in existing] == keys:
        return
    for one in existing:
        one.delete()
    version = outcome.step.version
    steps = {step.key: step for step in Step.objects.filter(version=version, key__in=keys)}
    for position, key in enumerate(keys):
        Transition.objects.create(
            version=version, source=outcome.step, outcome=outcome, target=steps[key], position=position
        )


class TransitionForm(PageForm):
    """A way on that no person chooses: from the start and from gateways."""

    target_name = forms.CharField(label=_("next step"), widget=forms.TextInput(attrs=STEP_LIST))

    class Meta:
        model = Transition
        fields = ("target_name", "is_default", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["target_name"] = self.page.show_step(self.instance.target.key)

    def clean_target_name(self) -> str:
        """The key of the next step."""
        keys = _keys(self.page, self.cleaned_data["target_name"])
        if len(keys) != 1:
            raise ValidationError(_("Please name one step."), code="one_step")
        return keys[0]

    def save(self, commit: bool = True) -> Transition:
        """Write the transition with the step its target's name stands for."""
        version = self.instance.source.version
        self.instance.version = version
        self.instance.target = Step.objects.get(version=version, key=self.cleaned_data["target_name"])
        transition: Transition = super().save(commit=commit)
        return transition


class ConditionForm(PageForm):
    """A comparison; the value is stored in the form the field's own values have."""

    field_name = forms.CharField(label=_("field"), widget=forms.TextInput(attrs=FIELD_LIST))
    value_text = forms.CharField(label=_("value"), required=False)

    class Meta:
        model = Condition
        fields = ("field_name", "operator", "value_text", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["field_name"] = self.instance.field_key
            self.initial["value_text"] = conditions.show_value(self.instance.value)

    def clean(self) -> dict[str, Any]:
        """Find the field and read the value by its type."""
        cleaned: dict[str, Any] = super().clean() or {}
        known = self.page.field_plan(cleaned.get("field_name", ""))
        if known is None:
            raise ValidationError({"field_name": _("There is no such field on this page.")})
        typed = ConditionPlan(known.key, cleaned.get("operator", ""), cleaned.get("value_text") or None)
        try:
            stored = conditions.stored(typed, known)
        except conditions.Unfit as unfit:
            raise ValidationError({"value_text": str(unfit)}) from unfit
        self.instance.field_key = stored.field_key
        self.instance.value = stored.value
        return cleaned


class StepFieldForm(PageForm):
    """A field shown in a step, named by its label."""

    field_name = forms.CharField(label=_("field"), widget=forms.TextInput(attrs=FIELD_LIST))

    class Meta:
        model = StepField
        fields = ("field_name", "mode", "position")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["field_name"] = self.instance.field.key

    def clean_field_name(self) -> str:
        """The key of the field."""
        known = self.page.field_plan(self.cleaned_data["field_name"])
        if known is None:
            raise ValidationError(_("There is no such field on this page."), code="unknown_field")
        return known.key

    def save(self, commit: bool = True) -> StepField:
        """Write the row with the field its name stands for (fields are saved before steps)."""
        version = self.instance.step.version
        self.instance.field = FormField.objects.get(version=version, key=self.cleaned_data["field_name"])
        row: StepField = super().save(commit=commit)
        return row


class FieldForm(PageForm):
    """A field of the version; its choices are lines of text."""

    key = forms.SlugField(label=_("key"), max_length=60, required=False)
    choices_text = forms.CharField(
        label=_("choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 28}),
        help_text=_("One a line: a text, or key = text."),
    )

    class Meta:
        model = FormField
        fields = (
            "label",
            "key",
            "type",
            "choices_text",
            "help_text",
            "is_searchable",
            "is_evaluated",
            "position",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["choices_text"] = show_choices(self.instance.choices)

    def clean_key(self) -> str:
        """The typed key, or the one made of the label."""
        key: str = self.cleaned_data["key"] or self.page.keys_by_prefix.get(self.prefix or "", "")
        return key

    def save(self, commit: bool = True) -> FormField:
        """Write the field with its choices."""
        self.instance.choices = [list(pair) for pair in read_choices(self.cleaned_data["choices_text"])]
        row: FormField = super().save(commit=commit)
        return row


class ItemForm(PageForm):
    """An activity of the checklist."""

    key = forms.SlugField(label=_("key"), max_length=60, required=False)

    class Meta:
        model = ChecklistItem
        fields = ("text", "is_mandatory", "key", "position")


class KeyedFormSet(NestedInlineFormSet):
    """Rows of one step that get a key of their text where none was typed."""

    key_source = "label"
    fallback = "ergebnis"

    def clean(self) -> None:
        """Fill in missing keys, unique within the step, before uniqueness is judged."""
        rows = [form for form in self.forms if _counts(form) and not self._should_delete_form(form)]
        taken = [form.cleaned_data["key"] for form in rows if form.cleaned_data.get("key")]
        for form in rows:
            if not form.cleaned_data.get("key"):
                text = form.cleaned_data.get(self.key_source, "")[:40]
                form.cleaned_data["key"] = form.instance.key = key_from(text, taken, self.fallback)
                taken.append(form.instance.key)
        super().clean()


class ChecklistFormSet(KeyedFormSet):
    """Checklist items are keyed by their text."""

    key_source = "text"
    fallback = "punkt"


class StepFieldFormSet(NestedInlineFormSet):
    """A step shows each field once."""

    def clean(self) -> None:
        """Refuse a field that stands twice."""
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            key = getattr(form, "cleaned_data", {}).get("field_name")
            if key is None or self._should_delete_form(form):
                continue
            if key in seen:
                raise ValidationError(
                    _("The field “%(field)s” stands twice in this step."), params={"field": key}
                )
            seen.add(key)


def _counts(form: forms.BaseForm) -> bool:
    return bool(getattr(form, "cleaned_data", None)) and form.is_valid()
