"""What administrators type about accounts and teams, checked before it is written."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import DELETION_FIELD_NAME
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from people import adminleaving
from people.calendarforms import offer_active
from people.models import Membership, Team, User
from processes import policy

ONCE_MORE = _("To do it nevertheless, save once more.")


def ask_once(form: forms.BaseForm, sentences: list[str], sent: QueryDict) -> None:
    """Refuse a form until it is sent a second time after these sentences were shown.

    The form's field `seen`, which nobody sees, remembers them; `sent` is what the browser sent. Raises
    ValidationError.
    """
    name, seen = form.add_prefix("seen"), " ".join(sentences)
    if sentences and sent.get(name) != seen:
        form.data = sent.copy()
        form.data[name] = seen
        raise ValidationError([*sentences, ONCE_MORE])


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An account without its password: nobody sets that but its owner."""

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007 - the admin's fieldsets say which

    def clean_email(self) -> str:
        """The login name, in lower case and used once."""
        email = str(self.cleaned_data["email"]).strip().lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("There is an account with this e-mail already."))
        return email


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    """A team; teams can be part of teams, but not in a circle."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Team
        fields = ("name", "key", "external_id", "parent", "calendar", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_active(self, self.instance.calendar_id)

    def clean(self) -> dict[str, Any]:
        """Tell what stands in the inbox of a team before it is closed."""
        cleaned = super().clean() or self.cleaned_data
        if "is_active" in self.changed_data and not cleaned.get("is_active") and self.instance.pk:
            ask_once(self, adminleaving.warnings([self.instance]), cast(QueryDict, self.data))
        return cleaned

    def clean_parent(self) -> Team | None:
        """Refuse a parent that is this team or below it."""
        parent: Team | None = self.cleaned_data["parent"]
        above = parent
        while above is not None:
            if above.pk == self.instance.pk:
                raise ValidationError(_("A team can't be part of itself."))
            above = above.parent
        return parent


class MembershipFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows of members; `by` (set by the admin page) may not put himself into teams."""

    by: User
    leaving: frozenset[adminleaving.Pair] | set[adminleaving.Pair] = frozenset()

    @cached_property
    def management_form(self) -> Any:
        """The usual counters, and what was shown before saving."""
        form = super().management_form
        form.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False)
        return form

    def clean(self) -> None:
        """Ask the policy about every account whose membership would change; tell of teams left empty."""
        super().clean()
        touched = {account for form in self.forms if form.has_changed() for account in _accounts(form)}
        if not all(policy.may_set_teams(self.by, account) for account in touched):
            raise ValidationError(_("Nobody changes their own teams; please ask another administrator."))
        before, after = self._pairs()
        self.leaving = before - after
        sentences = adminleaving.warnings(adminleaving.emptied(self.leaving, after))
        ask_once(self.management_form, sentences, cast(QueryDict, self.data))

    def _pairs(self) -> tuple[set[adminleaving.Pair], set[adminleaving.Pair]]:
        """Persons and teams of the rows that were touched, as they are stored and as they are typed."""
        touched = [form for form in self.forms if form.has_changed()]
        stored = Membership.objects.filter(pk__in=[form.instance.pk for form in touched if form.instance.pk])
        typed = {
            (form.instance.user_id, form.instance.team_id)
            for form in touched
            if not form.cleaned_data.get(DELETION_FIELD_NAME)
        }
        return set(stored.values_list("user_id", "team_id")), typed


def _accounts(form: forms.ModelForm[Membership]) -> set[int | None]:
    """Whose membership a row was and becomes."""
    return {form.initial.get("user"), form.instance.user_id} - {None}
