"""Who may use the pages of processes in the administration, and what pages of our own have in common."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest

from people.models import User
from processes import policy
from prozesstool.adminfilters import OfferedFiltersOnly
from prozesstool.adminrights import ByPolicy


class ProcessAdminOnly(ByPolicy, OfferedFiltersOnly):
    """Process admins and nobody else."""

    def may(self, request: HttpRequest) -> bool:
        """Define processes."""
        return isinstance(request.user, User) and policy.may_define_processes(request.user)


class OwnPageAdmin(ProcessAdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """A model with a page of our own for adding and changing; AdminEvent is its log, not Django's."""

    def found_or_new(self, request: HttpRequest, object_id: str | None) -> Any:
        """The row of this page, or one not yet stored. Raises PermissionDenied and Http404."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if object_id is None:
            return self.model()
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return row

    def log_deletions(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""
