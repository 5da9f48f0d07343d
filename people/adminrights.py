"""Who may open the pages of accounts and teams in Django's admin."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest

from people.models import User
from processes import policy
from prozesstool.adminfilters import OfferedFiltersOnly
from prozesstool.adminrights import ByPolicy

ROWS = "admin/people/rows.html"
"""The template of rows that belong to one page."""


def viewer(request: HttpRequest) -> User:
    """The person logged in."""
    return cast(User, request.user)


class UserAdminsOnly(ByPolicy, OfferedFiltersOnly):
    """Who manages accounts; nothing can be deleted."""

    def may(self, request: HttpRequest) -> bool:
        """Manage accounts and teams."""
        return policy.may_manage_users(viewer(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deactivated, never deleted."""
        return False

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def log_change(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""


class ReadByProcessAdmins(UserAdminsOnly):
    """The same, and process admins look at it."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the section shows at all."""
        return policy.may_read_office(viewer(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look at it."""
        return policy.may_read_office(viewer(request))
