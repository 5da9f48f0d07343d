"""What people type about their own account: log-in, passwords, profile, first set-up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from people.calendarforms import region_choices
from people.models import User, WorkCalendar

LONGEST_PASSWORD = 256
"""Longer input is refused unread: hashing it would only cost time."""
PASSWORD_HINT = _("At least 10 characters; not only digits, no common password, no part of the own name.")


class Styled:
    """Gives the widgets of a form the classes of the shared style sheet."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            is_box = isinstance(field.widget, forms.CheckboxInput)
            field.widget.attrs["class"] = "chk" if is_box else "inp"


def password_field(label: Any, *, autocomplete: str, hint: Any = "") -> forms.CharField:
    """A password box; what is typed there is taken as it is, blanks included."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, help_text=hint, widget=widget, strip=False, max_length=LONGEST_PASSWORD
    )


class LoginForm(Styled, forms.Form):
    """E-mail and password."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = password_field(_("Password"), autocomplete="current-password")


class ResetForm(Styled, forms.Form):
    """The address a link to a new password is sent to."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )


class NewPasswordForm(Styled, forms.Form):
    """A new password, typed twice, for the account `user` (which the form does not write)."""

    new_password = password_field(_("New password"), autocomplete="new-password", hint=PASSWORD_HINT)
    repetition = password_field(_("Repeat the new password"), autocomplete="new-password")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Both the same, and good enough for this account."""
        cleaned = self.cleaned_data
        check_new_password(self, self.user)
        return cleaned

    def save(self) -> User:
        """Set the password (the reset view of Django calls this)."""
        self.user.set_password(self.cleaned_data["new_password"])
        self.user.save(update_fields=["password"])
        return self.user


class ChangePasswordForm(NewPasswordForm):
    """A new password, for who knows the old one."""

    old_password = password_field(_("Present password"), autocomplete="current-password")
    field_order = ("old_password", "new_password", "repetition")


NO_HOLIDAYS = "none"


def _regions() -> list[tuple[Any, Any]]:
    """Nothing is chosen beforehand: whoever overlooked a wrong Land would find out by a missed deadline."""
    regions = [choice for choice in region_choices() if choice[0]]
    return [("", _("– please choose –")), *regions, (NO_HOLIDAYS, _("no holidays"))]


class SetupForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """The first administrator: name, e-mail and password; and where the company works."""

    new_password = password_field(_("Password"), autocomplete="new-password", hint=PASSWORD_HINT)
    repetition = password_field(_("Repeat the password"), autocomplete="new-password")
    region = forms.ChoiceField(
        label=_("Where the company works"),
        choices=_regions,
        help_text=_(
            "Its holidays count in deadlines. Working time is Monday to Friday, 9 to 17, until you change the"
            " working calendar."
        ),
    )

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """An installation that has calendars already keeps them."""
        super().__init__(*args, **kwargs)
        if WorkCalendar.objects.exists():
            del self.fields["region"]

    def clean_region(self) -> str:
        """The code, empty for no holidays."""
        code = str(self.cleaned_data["region"])
        return "" if code == NO_HOLIDAYS else code

    def clean_email(self) -> str:
        """Kept in lower case; an address belongs to one account, however it is spelt."""
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email__iexact=email).exists():
            raise ValidationError(_("There is an account with this e-mail already."))
        return email

    def clean(self) -> dict[str, Any]:
        """The password is judged against the name typed beside it."""
        cleaned = super().clean() or self.cleaned_data
        names = {name: cleaned.get(name) or "" for name in self.Meta.fields}
        check_new_password(self, User(**names))
        return cleaned


class ProfileForm(Styled, forms.ModelForm):  # type: ignore[type-arg]
    """What everybody may set for himself, and nothing else."""

    class Meta:
        model = User
        fields = ("language", "has_shortcuts", "gets_mail_at_once")


def check_new_password(form: forms.BaseForm, user: User) -> None:
    """Add errors for a repetition that differs and for a password the rules refuse."""
    password = form.cleaned_data.get("new_password")
    if not password:
        return
    if form.cleaned_data.get("repetition") not in (None, password):
        form.add_error("repetition", ValidationError(_("The repetition differs.")))
    try:
        validate_password(password, user)
    except ValidationError as error:
        form.add_error("new_password", error)
