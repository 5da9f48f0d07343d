"""Django's admin with our door: the same log-in page, and only for those with something to do there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import redirect, resolve_url
from django.urls import reverse_lazy
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

BUTTONS = (
    gettext_noop("Save as new"),
    gettext_noop("Save and add another"),
    gettext_noop("Save and continue editing"),
    gettext_noop("Save and view"),
)
"""Words of Django's own buttons that our catalogue translates: a page calls one thing by one word, and
Django's German for saving is another one than ours."""


class OfficeAdminConfig(AdminConfig):
    """Puts our site in the place of Django's."""

    default_site = "prozesstool.adminsite.OfficeAdminSite"


class OfficeAdminSite(AdminSite):
    """Administration: accounts, teams, processes."""

    site_header = _("Prozesstool administration")
    site_title = _("Administration")
    index_title = _("Administration")
    enable_nav_sidebar = False
    site_url = reverse_lazy("tasks:inbox")  # type: ignore[assignment]
    """Where one's own pages are: the start page would lead back here whoever works no cases."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Every page of the administration: log in first; 404 for those with nothing to do here."""
        inner: Callable[..., HttpResponseBase] = super().admin_view(view, cacheable)

        @wraps(inner)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if self.has_permission(request):
                return inner(request, *args, **kwargs)
            if request.user.is_authenticated:
                raise Http404
            return _to_login(request.get_full_path())

        return door

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The application's own log-in, with its throttling; there is no second door.

        Who is logged in and still comes here has nothing to do in the administration: 404.
        """
        if request.user.is_authenticated:
            raise Http404
        return _to_login(request.GET.get("next") or resolve_url("admin:index"))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """End the session, by POST alone, and lead to the one log-in."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        auth.logout(request)
        return redirect(settings.LOGOUT_REDIRECT_URL)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The application's own page, where guessing the old password is slowed down."""
        return redirect("people:password_change")

    def password_change_done(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """There is no page of that name."""
        raise Http404


def _to_login(target: str) -> HttpResponse:
    """To the application's log-in, which leads back to `target`."""
    return redirect(f"{resolve_url('people:login')}?{urlencode({'next': target})}")
