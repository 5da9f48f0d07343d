"""What happened in a case, the indexed copies of its values, and whom it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from people.models import User
from processes.models import ProcessInstance
from tasks.models.task import Task


class AppendOnlyError(Exception):
    """Somebody tried to change or delete history."""


class ProcessEvent(models.Model):
    """What happened in a case, in order of `seq`; append-only, chained by hash (semantics §4).

    `facts` is canonical JSON text of ids, tokens and plain facts, without personal values; these stand in the
    erasable payload, of which the event holds only a salted digest.
    """

    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(_("kind"), max_length=40)
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="events")
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    acting_for = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"))
    facts = models.TextField(default="{}")
    payload_digest = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        ordering = ("instance", "seq")
        constraints = (models.UniqueConstraint(fields=("instance", "seq"), name="event_seq_unique"),)

    def __str__(self) -> str:
        return f"{self.instance_id}/{self.seq} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only; raises AppendOnlyError for a change."""
        if self.pk is not None:
            raise AppendOnlyError(str(self))
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Always raises AppendOnlyError."""
        raise AppendOnlyError(str(self))


class EventPayload(models.Model):
    """The personal part of an event; may be erased, then an `erased` event says so."""

    event = models.OneToOneField(ProcessEvent, models.PROTECT, related_name="payload", primary_key=True)
    salt = models.CharField(max_length=32)
    value = models.TextField()

    class Meta:
        verbose_name = _("event payload")
        verbose_name_plural = _("event payloads")

    def __str__(self) -> str:
        return str(self.event_id)


class FieldValueQuerySet(models.QuerySet["FieldValue"]):
    """Questions about the values of cases."""

    def containing(self, words: Iterable[str], instance: Any) -> FieldValueQuerySet:
        """Searchable values of one case (or of an outer row's) in which all of these folded words occur."""
        return self.filter(*(Q(words__contains=word) for word in words), instance=instance)


class FieldValue(models.Model):
    """An indexed copy of a searchable, evaluated or reference field of a case.

    `words` is what a search looks in, folded; it is empty unless the field is searchable.
    """

    instance = models.ForeignKey(ProcessInstance, models.CASCADE, related_name="field_values")
    key = models.CharField(max_length=60)
    text = models.CharField(max_length=500, blank=True)
    number = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    date = models.DateTimeField(null=True)
    ref = models.BigIntegerField(null=True)
    words = models.CharField(max_length=1000, blank=True)

    objects = FieldValueQuerySet.as_manager()

    class Meta:
        verbose_name = _("field value")
        verbose_name_plural = _("field values")
        constraints = (models.UniqueConstraint(fields=("instance", "key"), name="field_value_unique"),)
        indexes = (
            models.Index(fields=("key", "text"), name="field_value_text"),
            models.Index(fields=("key", "number"), name="field_value_number"),
            models.Index(fields=("key", "date"), name="field_value_date"),
            models.Index(fields=("key", "ref"), name="field_value_ref"),
        )

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.key}"


class Participant(models.Model):
    """A customer's part in a case; a case may have several."""

    instance = models.ForeignKey(ProcessInstance, models.CASCADE, related_name="participants")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="participations")
    role = models.CharField(_("role"), max_length=60, default="customer")

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = (
            models.UniqueConstraint(fields=("instance", "customer", "role"), name="participant_unique"),
        )

    def __str__(self) -> str:
        return f"{self.customer} ({self.role})"
