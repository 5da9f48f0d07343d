"""Customer records: organisations and persons, how to reach them, what is known about them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers import folding
from people.models import User
from people.scope import Scope


class CustomerQuerySet(models.QuerySet["Customer"]):
    """Questions about many customers."""

    def visible_to(self, scope: Scope) -> CustomerQuerySet:
        """All customers for everybody who works cases; nothing for pure administrators."""
        return self if scope.works_cases else self.none()

    def current(self) -> CustomerQuerySet:
        """Without records that were merged into another one."""
        return self.filter(merged_into__isnull=True)


class Customer(models.Model):
    """One organisation or person we deal with.

    A merged record keeps its row and points to the surviving one: `merged_into` directly, `canonical_id`
    with the path compressed (null = itself). Foreign keys of cases never move.
    """

    class Kind(models.TextChoices):
        """Whether the record stands for an organisation or a human being."""

        ORGANISATION = "organisation", _("Organisation")
        PERSON = "person", _("Person")

    class Relation(models.TextChoices):
        """What the record is to us."""

        CUSTOMER = "customer", _("Customer")
        PROSPECT = "prospect", _("Prospect")
        SUPPLIER = "supplier", _("Supplier")
        CITIZEN = "citizen", _("Citizen")
        APPLICANT = "applicant", _("Applicant")
        OTHER = "other", _("Other")

    number = models.CharField(_("customer number"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.ORGANISATION)
    relation = models.CharField(_("relation"), max_length=20, choices=Relation, default=Relation.CUSTOMER)
    name = models.CharField(
        _("name"), max_length=200, help_text=_("Name of the organisation, or last name of the person.")
    )
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    salutation = models.CharField(_("salutation"), max_length=60, blank=True)
    contact_name = models.CharField(_("contact person"), max_length=150, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    postcode = models.CharField(_("postcode"), max_length=12, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=2, default="DE")
    notes = models.TextField(_("notes"), blank=True)
    external_id = models.CharField(_("external id"), max_length=100, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )
    canonical = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    search_text = models.TextField(editable=False, blank=True)
    sort_key = models.CharField(max_length=320, editable=False, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    idempotency_key = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    updated_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ("sort_key", "id")
        indexes = (models.Index(fields=("sort_key", "id"), name="customer_sort_key"),)
        constraints = (
            models.UniqueConstraint(
                "external_id", name="customer_external_id_unique", condition=~models.Q(external_id="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.first_name} {self.name}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row with the key it is ordered and compared by."""
        self.sort_key = folding.name_key(self.name, self.first_name)
        self.search_text = self.search_text or folding.searchable(str(self), self.number, self.city)
        super().save(*args, **kwargs)

    @property
    def place(self) -> str:
        """Postcode and city as far as known."""
        return f"{self.postcode} {self.city}".strip()

    @property
    def address_line(self) -> str:
        """Street, postcode and city in one line, as far as known."""
        return ", ".join(part for part in (self.street, self.place) if part)


class ContactPoint(models.Model):
    """One way to reach a customer."""

    class Kind(models.TextChoices):
        """Which channel."""

        PHONE = "phone", _("Phone")
        MOBILE = "mobile", _("Mobile")
        EMAIL = "email", _("E-mail")
        WEB = "web", _("Website")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contact_points")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    value = models.CharField(_("value"), max_length=254)
    normalized = models.CharField(max_length=254, db_index=True, editable=False, blank=True)
    label = models.CharField(_("label"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("contact detail")
        verbose_name_plural = _("contact details")
        ordering = ("id",)

    def __str__(self) -> str:
        return self.value

    @property
    def href(self) -> str:
        """Where a click on it leads; only schemes that cannot run anything."""
        if self.kind == self.Kind.EMAIL:
            return f"mailto:{self.value}"
        if self.kind == self.Kind.WEB:
            known = self.value.lower().startswith(("http://", "https://"))
            return self.value if known else f"https://{self.value}"
        return f"tel:{self.normalized}"


class CustomerEvent(models.Model):
    """One change of a record: who, when, old → new. Written by `customers.records` only."""

    class Kind(models.TextChoices):
        """What happened to the record."""

        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        CONTACT_ADDED = "contact_added", _("Contact detail added")
        CONTACT_CHANGED = "contact_changed", _("Contact detail changed")
        CONTACT_REMOVED = "contact_removed", _("Contact detail removed")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    acting_for = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    changes = models.JSONField(_("changes"), default=dict)

    class Meta:
        verbose_name = _("change of a customer")
        verbose_name_plural = _("changes of customers")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("customer", "-at", "-id"), name="customerevent_newest"),)

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.kind}"


class Interaction(models.Model):
    """One contact with a customer: who reached whom, how, and what it was about.

    Recorded by a person, or by an automatic step of a case (`recorded_by` null). Never moved to another
    record (semantics §8); which case it belongs to stands in `tasks.InteractionLink`.
    """

    class Channel(models.TextChoices):
        """How."""

        PHONE = "phone", _("Phone call")
        EMAIL = "email", _("E-mail")
        LETTER = "letter", _("Letter")
        MEETING = "meeting", _("Meeting")
        WEB = "web", _("Website")
        NOTE = "note", _("Note")

    class Direction(models.TextChoices):
        """Who reached whom."""

        IN = "in", _("from the customer")
        OUT = "out", _("to the customer")
        INTERNAL = "internal", _("internal")

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="interactions")
    at = models.DateTimeField(_("at"), default=timezone.now)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    direction = models.CharField(_("direction"), max_length=10, choices=Direction)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"), blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    recorded_for = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    idempotency_key = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001

    class Meta:
        verbose_name = _("contact with a customer")
        verbose_name_plural = _("contacts with customers")
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=("customer", "-at", "-id"), name="interaction_newest"),)

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.subject}"
