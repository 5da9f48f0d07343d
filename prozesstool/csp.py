"""The content security policy: nothing inline, nothing from elsewhere, on every page and file."""

from __future__ import annotations

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

ADMIN_PATHS = ("/admin/",)


class ContentSecurityPolicy(CSPMiddleware):
    """Sends the policy of the settings; on admin pages with the images their style sheets carry as data."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The policy for one answer."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(ADMIN_PATHS):
            parts.replace = {**(parts.replace or {}), "img-src": settings.ADMIN_IMAGE_SOURCES}
        return parts
