"""What administrators type about accounts and teams, checked before it is written."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from people.calendarforms import offer_active
from people.models import Membership, Team, User
from processes import policy


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

    class Meta:
        model = Team
        fields = ("name", "key", "external_id", "parent", "calendar", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_active(self.fields["calendar"], self.instance.calendar_id)

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

    def clean(self) -> None:
        """Ask the policy about every account whose membership would change."""
        super().clean()
        touched = {account for form in self.forms if form.has_changed() for account in _accounts(form)}
        if not all(policy.may_set_teams(self.by, account) for account in touched):
            raise ValidationError(_("Nobody changes their own teams; please ask another administrator."))


def _accounts(form: forms.ModelForm[Membership]) -> set[int | None]:
    """Whose membership a row was and becomes."""
    return {form.initial.get("user"), form.instance.user_id} - {None}
