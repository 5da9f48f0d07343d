"""Who may open the pages of accounts and teams in Django's admin."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest

from people.models import User
from processes import policy
from prozesstool.adminfilters import OfferedFiltersOnly


def viewer(request: HttpRequest) -> User:
    """The person logged in."""
    return cast(User, request.user)


class UserAdminsOnly(OfferedFiltersOnly):
    """Rights by the policy, no per-model permissions of Django; nothing can be deleted."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the section shows at all."""
        return policy.may_manage_users(viewer(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look at it."""
        return policy.may_manage_users(viewer(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Begin one."""
        return policy.may_manage_users(viewer(request))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Change it."""
        return policy.may_manage_users(viewer(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deactivated, never deleted."""
        return False

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def log_change(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""
