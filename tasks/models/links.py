"""What ties a customer's history to cases; customers know nothing of cases, so it stands here."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Interaction
from processes.models import ProcessInstance
from tasks.models.outbox import Job
from tasks.models.task import Task


class InteractionLink(models.Model):
    """The case (and task, or automatic step) a contact with a customer belongs to."""

    interaction = models.OneToOneField(
        Interaction, models.CASCADE, related_name="link", verbose_name=_("contact with a customer")
    )
    instance = models.ForeignKey(ProcessInstance, models.PROTECT, related_name="interaction_links")
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="interaction_links")
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="interaction_link")

    class Meta:
        verbose_name = _("contact of a case")
        verbose_name_plural = _("contacts of cases")

    def __str__(self) -> str:
        return f"{self.instance_id}: {self.interaction_id}"
