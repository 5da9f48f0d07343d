"""Process definitions in Django's admin: drafts on one page, publishing, history of versions.

Only process admins come here; they see definitions and no case. Published versions are shown, never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import CheckboxSelectMultiple
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from people import adminlog
from people.models import User
from processes import policy, publishing, textfields
from processes.adminpages import (
    compare,
    plans,  # noqa: F401 - registers its pages
    publish,
    revise,
    schedules,  # noqa: F401 - registers its pages
    simulate,
    templates,
    trials,
    versionpage,
)
from processes.adminpages.definitionform import DefinitionForm
from processes.adminpages.rights import OwnPageAdmin, ProcessAdminOnly
from processes.blueprint import Blueprint, StepPlan
from processes.editing.typed import TooManyRows
from processes.editing.views import draft_page
from processes.models import ProcessDefinition, ProcessVersion

HELP = {
    "key": _("For files and addresses; stays the same in all versions. Small letters, digits, - and _."),
    # xgettext:no-python-brace-format
    "number_pattern": _("{year} is the year, {seq:05} a running number of five digits: REK-{year}-{seq:05}."),
}
EMPTY = Blueprint(
    steps=(StepPlan("start", "start", "Start"), StepPlan("ende", "end", "Ende")),
)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _change_url(version: ProcessVersion) -> str:
    return reverse("admin:processes_processversion_change", args=[version.pk])


@admin.register(ProcessDefinition)
class ProcessDefinitionAdmin(ProcessAdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """The family: name, owner, rights, and its versions."""

    form = DefinitionForm
    list_display = ("name", "key", "owner_team", "published_version", "drafts", "is_active")
    list_filter = ("is_active", "owner_team")
    search_fields = ("name", "key")
    formfield_overrides = textfields.OF_COLUMNS
    fieldsets = (
        (None, {"fields": ("name", "key", "category", "description", "computes_urgency", "is_active")}),
        (_("Responsible"), {"fields": ("owner_team", "owner", "number_pattern")}),
        (_("Rights"), {"fields": ("may_start", "start_teams", "visibility", "is_confidential")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key is chosen once."""
        return ("key",) if obj else ()

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Sequence[str]]:
        """The key follows the name until it is chosen."""
        return {} if obj else {"key": ("name",)}

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Say what is not clear by itself."""
        return super().get_form(request, obj, change, **kwargs, help_texts=HELP)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Teams as check boxes; the usual boxes side by side speak English."""
        return super().formfield_for_manytomany(db_field, request, **kwargs, widget=CheckboxSelectMultiple)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Definitions with their versions, in two statements."""
        return super().get_queryset(request).select_related("owner_team").prefetch_related("versions")

    @admin.display(description=_("published"))
    def published_version(self, obj: ProcessDefinition) -> str:
        """Number of the published version."""
        numbers = [str(one.number) for one in obj.versions.all() if one.state == one.State.PUBLISHED]
        return ", ".join(numbers) or "–"

    @admin.display(description=_("drafts"))
    def drafts(self, obj: ProcessDefinition) -> SafeString | str:
        """Links to the drafts."""
        return _version_links(one for one in obj.versions.all() if one.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Processes are taken out of the offer, never deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write the definition; a new one gets an empty draft to begin with."""
        super().save_model(request, obj, form, change)
        if not change:
            publishing.draft_from(EMPTY, obj, by=_user(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write the teams and log old → new."""
        super().save_related(request, form, formsets, change)
        changes = {
            name: [_plain(form.initial.get(name)), _plain(form.cleaned_data[name])]
            for name in form.changed_data
        }
        kind = "process_changed" if change else "process_created"
        if changes:
            adminlog.record(_user(request), kind, form.instance, changes)
        if policy.is_closed(form.instance):
            said = publishing.NOBODY_MAY_START
            messages.warning(request, f"{said.message} {said.advice}")

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def log_change(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on with the steps."""
        return HttpResponseRedirect(_change_url(obj.versions.get()))

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Back to the steps of a process that is still being built, else to the list."""
        drafts = [one for one in obj.versions.all() if one.is_draft]
        if "_continue" in request.POST or obj.published or not drafts:
            return super().response_change(request, obj)
        return HttpResponseRedirect(_change_url(drafts[0]))

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, the templates, and the button for a new version."""
        own = path(
            "<path:object_id>/new-version/",
            self.admin_site.admin_view(require_POST(self.new_version)),
            name="processes_processdefinition_new_version",
        )
        return [own, *templates.urls(self.admin_site), *super().get_urls()]

    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin a draft from the published version, else from the newest."""
        definition = self.get_object(request, unquote(object_id))
        if definition is None or not policy.may_define_processes(_user(request)):
            raise Http404
        draft = publishing.new_draft(definition.published or definition, by=_user(request))
        return HttpResponseRedirect(_change_url(draft))


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, Iterable):
        return sorted(str(one) for one in value)
    return str(value)


def _version_links(versions: Iterable[ProcessVersion]) -> SafeString | str:
    rows = [(_change_url(one), one.number, one.get_state_display()) for one in versions]
    return format_html_join(", ", '<a href="{}">{} ({})</a>', rows) or "–"


@admin.register(ProcessVersion)
class ProcessVersionAdmin(OwnPageAdmin):
    """One version: a draft is edited on a page of its own (`editing.views`), another one is only shown."""

    list_display = ("definition", "number", "state", "created_at", "published_at")
    list_filter = ("state", "definition")
    list_select_related = ("definition",)
    list_display_links = ("definition", "number")
    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Versions begin as a copy or with their process, never empty on their own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only: nothing ever ran on them."""
        return super().has_delete_permission(request, obj) and obj is not None and obj.is_draft

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """The page of a draft, or of a version that changes no more. Raises PermissionDenied without one."""
        if object_id is None:
            raise PermissionDenied
        version: ProcessVersion = self.found_or_new(request, object_id)
        if version.is_draft or request.method == "POST":
            try:
                return draft_page(self.admin_site, request, version)
            except TooManyRows as full:
                messages.error(
                    request, _("This draft is too large to be edited here. %(why)s") % {"why": full}
                )
        return versionpage.page(self.admin_site, request, version)

    @transaction.atomic
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask, or remove, a draft that nobody saves or publishes meanwhile."""
        if request.method == "POST":
            try:
                publishing.locked_draft(self.found_or_new(request, object_id))
            except publishing.NotADraft as refusal:
                raise PermissionDenied(str(refusal)) from refusal
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a draft."""
        adminlog.record(_user(request), "draft_deleted", obj, {"number": [obj.number, None]})
        super().delete_model(request, obj)

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and the life of a version."""
        new_version = path(
            "<path:object_id>/new-version/",
            self.admin_site.admin_view(require_POST(self.new_version)),
            name="processes_processversion_new_version",
        )
        site = self.admin_site
        modules = (compare, publish, revise, simulate, trials)
        pages = [page for module in modules for page in module.urls(site)]
        return [new_version, *pages, *super().get_urls()]

    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin a draft as a copy of this version."""
        origin = self.found_or_new(request, object_id)
        others = [one.number for one in origin.definition.versions.all() if one.is_draft]
        draft = publishing.new_draft(origin, by=_user(request))
        if others:
            numbers = ", ".join(str(number) for number in others)
            messages.warning(
                request, _("There is a draft already: version %(numbers)s.") % {"numbers": numbers}
            )
        return HttpResponseRedirect(_change_url(draft))
