"""Who has a draft open: so that two administrators on one draft hear of each other."""

from __future__ import annotations

from django.db import models

from people.models import User
from processes.models.definition import ProcessVersion


class DraftVisit(models.Model):
    """An administrator was last seen on the page of a draft at this moment."""

    version = models.ForeignKey(ProcessVersion, models.CASCADE, related_name="visits")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("version", "user"), name="draft_visit_unique"),)

    def __str__(self) -> str:
        return f"{self.user}: {self.version}"
