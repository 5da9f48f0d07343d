"""What administrators' forms changed, as AdminEvents, and these events in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.forms.models import BaseInlineFormSet, BaseModelFormSet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people import adminlog
from people.calendarforms import region_name
from people.models import AdminEvent, Membership, User

KINDS: Mapping[str, Any] = {
    "first_administrator": gettext_lazy("First administrator"),
    "user_created": gettext_lazy("Account created"),
    "user_changed": gettext_lazy("Account changed"),
    "user_invited": gettext_lazy("Invited"),
    "invitation_accepted": gettext_lazy("Invitation accepted"),
    "user_deactivated": gettext_lazy("Account deactivated"),
    "user_reactivated": gettext_lazy("Account reactivated"),
    "team_created": gettext_lazy("Team created"),
    "team_changed": gettext_lazy("Team changed"),
    "membership_added": gettext_lazy("Put into the team"),
    "membership_changed": gettext_lazy("Role in the team changed"),
    "membership_removed": gettext_lazy("Taken out of the team"),
    "user_calendar_changed": gettext_lazy("Working calendar of the account changed"),
    "calendar_created": gettext_lazy("Working calendar created"),
    "calendar_changed": gettext_lazy("Working calendar changed"),
    "process_created": gettext_lazy("Process created"),
    "process_changed": gettext_lazy("Process changed"),
    "template_adopted": gettext_lazy("Template taken over"),
    "version_drafted": gettext_lazy("Draft begun"),
    "draft_changed": gettext_lazy("Draft changed"),
    "draft_deleted": gettext_lazy("Draft deleted"),
    "version_published": gettext_lazy("Version published"),
    "version_signed": gettext_lazy("Version signed"),
    "version_retired": gettext_lazy("Version retired"),
    "texts_corrected": gettext_lazy("Texts of a version corrected"),
    "trial_started": gettext_lazy("Trial run started"),
    "trial_removed": gettext_lazy("Trial run removed"),
    "plan_created": gettext_lazy("Escalation plan created"),
    "plan_changed": gettext_lazy("Escalation plan changed"),
    "plan_deleted": gettext_lazy("Escalation plan deleted"),
    "schedule_created": gettext_lazy("Scheduled start created"),
    "schedule_changed": gettext_lazy("Scheduled start changed"),
    "schedule_deleted": gettext_lazy("Scheduled start deleted"),
    "schedule_missed": gettext_lazy("Scheduled starts left out after a standstill"),
    "schedule_moved": gettext_lazy("Scheduled start moved because a calendar changed"),
    "deadlines_recomputed": gettext_lazy("Deadlines found anew"),
}
"""Words for the kinds of events; a kind without words is shown as it is."""


def of_form(form: forms.ModelForm[Any]) -> dict[str, list[Any]]:
    """Old and new value of each changed field: name → [old, new]."""
    return {
        name: [_old(form.fields[name], form.initial.get(name)), _new(form.cleaned_data.get(name))]
        for name in form.changed_data
    }


def _old(field: forms.Field, value: Any) -> Any:
    """A stored value; for the key of another row that row's name."""
    if value is None or not isinstance(field, forms.ModelChoiceField) or field.queryset is None:
        return value
    return str(field.queryset.filter(pk=value).first() or value)


def _new(value: Any) -> Any:
    return str(value) if isinstance(value, Model) else value


def save_memberships(by: User, formset: BaseModelFormSet[Membership, Any]) -> None:
    """Write what an inline of memberships says, with one event for each row it touches."""
    formset.save(commit=False)
    for removed in formset.deleted_objects:
        adminlog.record(by, "membership_removed", removed, {"role": [removed.role, None]})
        removed.delete()
    for form in formset.forms:
        if form.has_changed() and form.instance in formset.new_objects:
            form.instance.save()
            adminlog.record(by, "membership_added", form.instance, {"role": [None, form.instance.role]})
    for changed, _names in formset.changed_objects:
        form = next(form for form in formset.forms if form.instance is changed)
        changed.save()
        adminlog.record(by, "membership_changed", changed, of_form(form))
    formset.save_m2m()


def save_rows(by: User, kind: str, formset: BaseInlineFormSet[Any, Any, Any]) -> None:
    """Write an inline's rows; if any differ, one event about the page's object tells old → new."""
    before = _rows_text(formset)
    formset.save()
    after = _rows_text(formset)
    if before != after:
        adminlog.record(by, kind, formset.instance, {str(formset.prefix): [before, after]})


def _rows_text(formset: BaseInlineFormSet[Any, Any, Any]) -> str:
    """The stored rows of an inline in one line."""
    # Not `all()`, which would answer from what the page has prefetched.
    stored = getattr(formset.instance, str(formset.prefix)).filter()
    return "; ".join(str(row) for row in stored)


ROW_NAMES: Mapping[str, Any] = {
    "windows": gettext_lazy("Working windows"),
    "days": gettext_lazy("Days of the office"),
    "calendars": gettext_lazy("Working calendars of the person"),
    "rows": gettext_lazy("Levels"),
    "moved_deadlines": gettext_lazy("Moved deadlines"),
    "left_out": gettext_lazy("Left out"),
}
"""Words for changes that are told as rows."""


def sentences(event: AdminEvent) -> list[str]:
    """Each change in words: field: old → new."""
    return [
        _("%(field)s: %(old)s → %(new)s")
        % {"field": _field_name(event.object_type, name), "old": _word(name, old), "new": _word(name, new)}
        for name, (old, new) in sorted(event.changes.items())
    ]


def _field_name(object_type: str, name: str) -> str:
    if name in ROW_NAMES:
        return str(ROW_NAMES[name])
    try:
        return capfirst(str(apps.get_model(object_type)._meta.get_field(name).verbose_name))
    except (LookupError, FieldDoesNotExist, AttributeError):
        return name


def _word(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "region" and value:
        return region_name(str(value))
    return "–" if value in (None, "", []) else str(value)
