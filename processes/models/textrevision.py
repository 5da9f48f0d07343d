"""Corrections of a published version's texts: rows that are added, never changed."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import User
from processes.models.definition import ProcessVersion


class AppendOnlyError(Exception):
    """Somebody tried to change or remove a row that is only ever added."""


class TextRevisionQuerySet(models.QuerySet["TextRevision"]):
    """Rows to be read; everything that would change them is refused."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Raise AppendOnlyError."""
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        """Raise AppendOnlyError."""
        raise AppendOnlyError

    def effective(self, *, by: dt.datetime | None = None) -> dict[str, str]:
        """The last text of each path, or the one that held at a moment; one statement."""
        rows = self if by is None else self.filter(at__lte=by)
        return dict(rows.order_by("pk").values_list("path", "new_text"))

    def last_id(self) -> int:
        """The newest row, by which one sees whether another was added since; 0 if there is none."""
        return self.order_by("-pk").values_list("pk", flat=True).first() or 0


class TextRevision(models.Model):
    """One text of a version that is no draft any more, corrected: old → new, by whom and why.

    `path` is as in `processes.texts`. The texts of a version are its rows with the last revision of each path
    laid over them. Append-only, here and (on PostgreSQL) by a trigger; written by `processes.revising` only.
    """

    version = models.ForeignKey(ProcessVersion, models.PROTECT, related_name="text_revisions")
    path = models.CharField(_("text"), max_length=400)
    old_text = models.TextField(_("until now"), blank=True)
    new_text = models.TextField(_("new text"), blank=True)
    reason = models.TextField(_("reason"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = TextRevisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("text correction")
        verbose_name_plural = _("text corrections")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.version} {self.path}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; raises AppendOnlyError for one that is stored already."""
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise AppendOnlyError."""
        raise AppendOnlyError


def new_stamp() -> str:
    """A value of `ProcessVersion.texts_stamp` that never was before.

    Random, not counted up: a number given in a transaction that is rolled back would come again, and memory
    that holds the texts of the first would be taken for that of the second.
    """
    return uuid.uuid4().hex
