"""Files of cases: what was uploaded, by whom, and under which name the storage has it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import User
from people.scope import Scope
from processes.models import ProcessInstance
from tasks.models.task import Task


class CaseFileQuerySet(models.QuerySet["CaseFile"]):
    """Questions about many files."""

    def visible_to(self, scope: Scope) -> CaseFileQuerySet:
        """Files of the cases this person may see; one that waits for its case belongs to none yet."""
        return self.filter(instance__in=ProcessInstance.objects.visible_to(scope))

    def waiting_of(self, user_id: int | None) -> CaseFileQuerySet:
        """Files this person uploaded on a start form whose case has not been started."""
        return self.filter(instance__isnull=True, uploaded_by_id=user_id, uploaded_by__isnull=False)


class CaseFile(models.Model):
    """One uploaded file. Its contents never change; another file is another row.

    `instance` is empty while a start form is being filled in: then the file belongs to whoever uploaded it.
    `name` is the cleaned name of the upload, `content_type` what its bytes say it is, `storage_key` the
    random name in the storage.
    """

    instance = models.ForeignKey(
        ProcessInstance, models.PROTECT, null=True, related_name="files", verbose_name=_("case")
    )
    task = models.ForeignKey(Task, models.PROTECT, null=True, related_name="files", verbose_name=_("task"))
    field_key = models.CharField(_("field"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveBigIntegerField(_("size"))
    content_type = models.CharField(_("type"), max_length=100)
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=80, unique=True)
    uploaded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"), default=timezone.now)

    objects = CaseFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("uploaded_at",), name="file_waiting", condition=Q(instance__isnull=True)),
        )

    def __str__(self) -> str:
        return self.name
