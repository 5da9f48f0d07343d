"""What administrators did, and which one-time links were made: read in Django's admin, changed by nobody."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from people import adminchanges
from people.adminrights import viewer
from people.models import AdminEvent, Invitation
from processes import policy
from prozesstool.adminfilters import ReadOnly


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    """Which one-time links were made, for whom, and whether they were used; never the links themselves."""

    list_display = ("created_at", "purpose", "user", "created_by", "expires_at", "used_at")
    list_filter = ("purpose",)
    list_select_related = ("user", "created_by")
    fields = list_display
    search_fields = ("user__last_name", "user__email")
    date_hierarchy = "created_at"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the section shows at all."""
        return policy.may_manage_users(viewer(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Read it."""
        return policy.may_manage_users(viewer(request))


class KindFilter(admin.SimpleListFilter):
    """Kinds of events, in words."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """All kinds that have words."""
        return list(adminchanges.KINDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[AdminEvent]) -> QuerySet[AdminEvent]:
        """Events of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(AdminEvent)
class AdminEventAdmin(ReadOnly):
    """What administrators changed."""

    list_display = ("at", "by", "what", "object_label", "differences")
    list_filter = (KindFilter,)
    list_select_related = ("by",)
    search_fields = ("object_label", "by__last_name", "by__email")
    date_hierarchy = "at"

    @admin.display(description=_("what"))
    def what(self, obj: AdminEvent) -> str:
        """The kind of event in words."""
        return str(adminchanges.KINDS.get(obj.kind, obj.kind))

    @admin.display(description=_("changes"))
    def differences(self, obj: AdminEvent) -> SafeString:
        """Old → new, one line each."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in adminchanges.sentences(obj)))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the section shows at all."""
        return policy.may_read_adminlog(viewer(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Read it."""
        return policy.may_read_adminlog(viewer(request))
