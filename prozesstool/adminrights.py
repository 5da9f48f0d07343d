"""Rights in the administration: one question to the policy, instead of Django's permissions by model."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


class ByPolicy:
    """Whoever `may` use a page or its rows may do with it what it offers; classes narrow single rights."""

    def may(self, request: HttpRequest) -> bool:
        """Ask the policy."""
        raise NotImplementedError

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the section shows at all."""
        return self.may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look at it."""
        return self.may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Begin one."""
        return self.may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Change it."""
        return self.may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Remove it."""
        return self.may(request)
