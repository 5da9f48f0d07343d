"""What people type about customers, checked before `customers.records` writes it."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, RegexValidator, URLValidator
from django.utils.translation import gettext_lazy as _

from customers import folding
from customers.models import ContactPoint, Customer, Interaction

LONGEST_NOTES = 20_000
LONGEST_CONTACT = 10_000
PHONE_VALIDATOR = RegexValidator(
    r"^\+?[\d\s/().-]{3,40}$", _("Enter a telephone number, for example +49 711 555-12.")
)
EMAIL_VALIDATOR = EmailValidator(_("Enter an e-mail address, for example name@example.org."))
WEB_VALIDATOR = URLValidator(["http", "https"], message=_("Enter a web address, for example example.org."))
GERMAN_POSTCODE = RegexValidator(r"^\d{5}$", _("Enter a postcode of five digits."))
COUNTRIES = [
    ("DE", _("Germany")),
    ("AT", _("Austria")),
    ("CH", _("Switzerland")),
    ("LI", _("Liechtenstein")),
    ("LU", _("Luxembourg")),
    ("BE", _("Belgium")),
    ("BG", _("Bulgaria")),
    ("CZ", _("Czechia")),
    ("DK", _("Denmark")),
    ("ES", _("Spain")),
    ("FI", _("Finland")),
    ("FR", _("France")),
    ("GB", _("United Kingdom")),
    ("GR", _("Greece")),
    ("HR", _("Croatia")),
    ("HU", _("Hungary")),
    ("IE", _("Ireland")),
    ("IT", _("Italy")),
    ("NL", _("Netherlands")),
    ("NO", _("Norway")),
    ("PL", _("Poland")),
    ("PT", _("Portugal")),
    ("RO", _("Romania")),
    ("SE", _("Sweden")),
    ("SI", _("Slovenia")),
    ("SK", _("Slovakia")),
    ("TR", _("Türkiye")),
    ("UA", _("Ukraine")),
    ("US", _("United States")),
]


def check_contact(kind: str, value: str) -> None:
    """Raise ValidationError with a sentence for the person if the value is no such way of contact."""
    if kind == ContactPoint.Kind.EMAIL:
        EMAIL_VALIDATOR(value)
    elif kind == ContactPoint.Kind.WEB:
        WEB_VALIDATOR(value if "://" in value else f"https://{value}")
    else:
        PHONE_VALIDATOR(value)
        if sum(character.isdecimal() for character in value) < 3:
            raise ValidationError(PHONE_VALIDATOR.message)


def style(form: forms.BaseForm) -> None:
    """Give every input the look of the product; radio buttons have their own."""
    for field in form.fields.values():
        if not isinstance(field.widget, forms.RadioSelect):
            field.widget.attrs["class"] = "inp"


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """The record's own fields. Its values go to `records`; it never saves by itself."""

    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=LONGEST_NOTES,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    country = forms.ChoiceField(label=_("Country"), choices=COUNTRIES, initial="DE")

    class Meta:
        model = Customer
        fields = (
            "kind",
            "relation",
            "salutation",
            "first_name",
            "name",
            "contact_name",
            "street",
            "postcode",
            "city",
            "country",
            "notes",
        )
        widgets: ClassVar[dict[str, Any]] = {"kind": forms.RadioSelect}
        error_messages: ClassVar[dict[str, Any]] = {"name": {"required": _("Enter a name.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer_country(self.instance.country)
        style(self)

    def _offer_country(self, known: str) -> None:
        """Keep a country that came with an import and is not on offer."""
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        if known and known not in dict(COUNTRIES):
            field.choices = [*COUNTRIES, (known, known)]

    def clean_name(self) -> str:
        """A name of characters that can be seen."""
        name = folding.printable(self.cleaned_data["name"])
        if not folding.fold(name):
            raise ValidationError(_("Enter a name."))
        return name

    def clean(self) -> dict[str, Any]:
        """German postcodes have five digits; an organisation has no first name, a person no contact."""
        data = super().clean() or {}
        if data.get("kind") == Customer.Kind.PERSON:
            data["contact_name"] = ""
        else:
            data["first_name"] = data["salutation"] = ""
        if data.get("country") == "DE" and data.get("postcode"):
            self._check_postcode(data["postcode"])
        return data

    def _check_postcode(self, postcode: str) -> None:
        try:
            GERMAN_POSTCODE(postcode)
        except ValidationError as error:
            self.add_error("postcode", error)

    @property
    def values(self) -> dict[str, Any]:
        """The checked values by the names `records` knows, spelled as they are stored."""
        return {name: folding.printable(self.cleaned_data[name]) for name in self.Meta.fields}


class NewCustomerForm(CustomerForm):
    """A new record with the two ways of contact that are known most often."""

    phone = forms.CharField(
        label=_("Phone"), required=False, max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = forms.CharField(
        label=_("E-mail"), required=False, max_length=254, widget=forms.TextInput(attrs={"type": "email"})
    )

    def clean_phone(self) -> str:
        """Digits and the usual signs between them."""
        return self._checked(ContactPoint.Kind.PHONE, "phone")

    def clean_email(self) -> str:
        """One address."""
        return self._checked(ContactPoint.Kind.EMAIL, "email")

    def _checked(self, kind: str, name: str) -> str:
        value: str = self.cleaned_data[name]
        if value:
            check_contact(kind, value)
        return value

    @property
    def contacts(self) -> list[tuple[str, str, str]]:
        """The ways of contact that were filled in, as `records.create` takes them."""
        filled = (
            (ContactPoint.Kind.PHONE, self.cleaned_data["phone"]),
            (ContactPoint.Kind.EMAIL, self.cleaned_data["email"]),
        )
        return [(kind, value, "") for kind, value in filled if value]


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """One way to reach a customer."""

    class Meta:
        model = ContactPoint
        fields = ("kind", "value", "label")
        labels: ClassVar[dict[str, Any]] = {"value": _("Number or address")}
        error_messages: ClassVar[dict[str, Any]] = {
            "value": {"required": _("Enter a number or address.")},
            "kind": {"required": _("Choose a kind of contact.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        style(self)
        self.fields["value"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        """The value fits its kind."""
        data = super().clean() or {}
        kind, value = data.get("kind"), data.get("value")
        if kind and value:
            try:
                check_contact(kind, value)
            except ValidationError as error:
                self.add_error("value", error)
        return data

    @property
    def values(self) -> dict[str, Any]:
        """The checked values by the names `records` knows."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class InteractionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A contact with a customer, as somebody writes it down."""

    text = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=LONGEST_CONTACT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = Interaction
        fields = ("channel", "direction", "subject", "text")
        labels: ClassVar[dict[str, Any]] = {
            "channel": _("Channel"),
            "direction": _("Direction"),
            "subject": _("Subject"),
        }
        error_messages: ClassVar[dict[str, Any]] = {
            "subject": {"required": _("Say in a few words what it was about.")},
            "channel": {"required": _("Choose a channel.")},
            "direction": {"required": _("Choose a direction.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"channel": "phone", "direction": "in"})
        super().__init__(*args, **kwargs)
        style(self)

    def clean_subject(self) -> str:
        """A subject of characters that can be seen."""
        subject = folding.printable(self.cleaned_data["subject"])
        if not folding.fold(subject):
            raise ValidationError(_("Say in a few words what it was about."))
        return subject

    @property
    def values(self) -> dict[str, Any]:
        """The checked values by the names `records` knows."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}
