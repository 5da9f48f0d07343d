"""Process definitions in Django's admin: drafts on one page, publishing, history of versions.

Only process admins come here; they see definitions and no case. Published versions are shown, never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from nested_admin.nested import NestedModelAdmin

from people import adminlog
from people.models import User
from processes import (
    blueprint,
    levelwords,
    planadmin,  # noqa: F401 - registers its pages
    policy,
    publishing,
    scheduleadmin,  # noqa: F401 - registers its pages
    templateadmin,
    trialadmin,
)
from processes.adminforms import PLAN, PLAN_URGENCIES, VersionForm
from processes.admininlines import CaseDeadlineInline, FieldInline, ProcessAdminOnly, StepInline
from processes.adminpage import page_of
from processes.blueprint import Blueprint, DeadlinePlan, StepPlan
from processes.callchecks import Caller
from processes.errors import ProcessError
from processes.models import EscalationPlan, ProcessDefinition, ProcessInstance, ProcessVersion
from processes.planwords import Names, clock, deadlines, sentences
from processes.versiondiff import differences, place

LONGEST_REASON = 2000
"""Characters kept of the reason of a signature."""
EMPTY = Blueprint(
    steps=(StepPlan("start", "start", "Start"), StepPlan("ende", "end", "Ende", result="Ende")),
)


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _change_url(version: ProcessVersion) -> str:
    return reverse("admin:processes_processversion_change", args=[version.pk])


@admin.register(ProcessDefinition)
class ProcessDefinitionAdmin(ProcessAdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """The family: name, owner, rights, and its versions."""

    list_display = ("name", "key", "owner_team", "published_version", "drafts", "is_active")
    list_filter = ("is_active", "owner_team")
    search_fields = ("name", "key")
    filter_horizontal = ("start_teams",)
    fieldsets = (
        (None, {"fields": ("name", "key", "category", "description", "is_active")}),
        (_("Responsible"), {"fields": ("owner_team", "owner", "number_pattern")}),
        (_("Rights"), {"fields": ("may_start", "start_teams", "visibility", "is_confidential")}),
        (_("Versions"), {"fields": ("all_versions",)}),
    )
    readonly_fields = ("all_versions",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key is chosen once."""
        return (*self.readonly_fields, "key") if obj else self.readonly_fields

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

    @admin.display(description=_("versions"))
    def all_versions(self, obj: ProcessDefinition) -> SafeString | str:
        """Links to all versions."""
        return _version_links(obj.versions.all() if obj.pk else ())

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

    def log_addition(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def log_change(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on with the steps."""
        return HttpResponseRedirect(_change_url(obj.versions.get()))

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, the templates, and the button for a new version."""
        own = path(
            "<path:object_id>/new-version/",
            self.admin_site.admin_view(require_POST(self.new_version)),
            name="processes_processdefinition_new_version",
        )
        return [own, *templateadmin.urls(self.admin_site), *super().get_urls()]

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
class ProcessVersionAdmin(ProcessAdminOnly, NestedModelAdmin):
    """One version: a draft is edited here on one page, another one is only shown."""

    form = VersionForm
    inlines = (FieldInline, CaseDeadlineInline, StepInline)
    list_display = ("definition", "number", "state", "created_at", "published_at")
    list_filter = ("state", "definition")
    list_select_related = ("definition",)
    change_form_template = "admin/processes/processversion/change_form.html"
    list_display_links = ("definition", "number")

    class Media:
        css = {"all": ("css/process-admin.css",)}
        js = ("js/process-admin.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The hidden state of the draft belongs to drafts only."""
        if obj and obj.is_draft:
            selects = tuple(f"{PLAN}{urgency}" for urgency in PLAN_URGENCIES)
            about = _("What happens around deadlines; publishing copies the plans into the version.")
            plans = (_("Escalation plans"), {"fields": (selects,), "description": about})
            return ((None, {"fields": ("note", "language", "seen_version")}), plans)
        return ((None, {"fields": ("note", "language", "shown_plans")}),)

    @admin.display(description=_("Escalation plans"))
    def shown_plans(self, obj: ProcessVersion) -> str:
        """The plans of a version that is only shown."""
        return levelwords.plans(obj.plan_keys, dict(EscalationPlan.objects.values_list("key", "name"))) or "–"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Versions begin as a copy or with their process, never empty on their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only: nothing ever ran on them."""
        return super().has_delete_permission(request, obj) and obj is not None and obj.is_draft

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No bulk deletion."""
        return {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Count the draft's state on, and keep what it held before for the log."""
        stored = ProcessVersion.objects.get(pk=obj.pk)  # `obj` has the plans just chosen already.
        request._before = blueprint.read(stored)  # type: ignore[attr-defined]
        obj.lock_version += 1
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Write all rows of the page and log what changed."""
        super().save_related(request, form, formsets, change)
        after = blueprint.read(ProcessVersion.objects.get(pk=form.instance.pk))
        changes = differences(request._before, after)  # type: ignore[attr-defined]
        for name in form.changed_data:
            if not name.startswith(PLAN):
                changes[name] = [form.initial.get(name), form.cleaned_data[name]]
        if changes:
            adminlog.record(_user(request), "draft_changed", form.instance, changes)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a draft."""
        adminlog.record(_user(request), "draft_deleted", obj, {"number": [obj.number, None]})
        super().delete_model(request, obj)

    def log_change(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def log_deletions(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """“Publish” saves first and then shows what would happen."""
        if "_publish" in request.POST:
            return HttpResponseRedirect(reverse("admin:processes_processversion_publish", args=[obj.pk]))
        response: HttpResponse = super().response_change(request, obj)
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the findings and the names that are offered while typing."""
        version = kwargs.get("obj")
        if version is not None:
            page = page_of(request, version.pk)
            context["version"] = version
            context["step_names"] = [page.show_step(key) for key in page.steps]
            context["field_plans"] = page.fields.values()
            context["problems"] = _findings(version) if version.is_draft else []
            context["callers"] = publishing.callers(version)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def get_urls(self) -> list[URLPattern]:
        """The usual pages, and the life of a version."""
        wrap = self.admin_site.admin_view
        own = [
            ("publish", self.publish_view),
            ("new-version", require_POST(self.new_version)),
            ("retire", require_POST(self.retire_view)),
        ]
        urls = [
            path(
                f"<path:object_id>/{name}/",
                wrap(view),
                name=f"processes_processversion_{name.replace('-', '_')}",
            )
            for name, view in own
        ]
        return [*urls, *trialadmin.urls(self.admin_site), *super().get_urls()]

    def _found(self, request: HttpRequest, object_id: str) -> ProcessVersion:
        version: ProcessVersion | None = self.get_object(request, unquote(object_id))
        if version is None or not policy.may_define_processes(_user(request)):
            raise Http404
        return version

    def publish_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what publishing means and what stands in its way; a POST publishes."""
        version = self._found(request, object_id)
        if request.method == "POST":
            return self._publish(request, version)
        return self._publish_page(request, version)

    def _publish(self, request: HttpRequest, version: ProcessVersion) -> HttpResponse:
        seen = request.POST.get("seen_version", "")
        try:
            publishing.publish(
                version,
                by=_user(request),
                expected=int(seen) if seen.isdecimal() else 0,
                signed_reason=request.POST.get("signed_reason", "")[:LONGEST_REASON].replace("\x00", ""),
            )
        except publishing.NotPublishable as refusal:
            messages.error(request, str(refusal))
            return self._publish_page(request, version, status=422)
        except ProcessError as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(_change_url(version))
        messages.success(request, gettext("Version %(number)s is published.") % {"number": version.number})
        return HttpResponseRedirect(_change_url(version))

    def _publish_page(self, request: HttpRequest, version: ProcessVersion, status: int = 200) -> HttpResponse:
        if not version.is_draft:
            return HttpResponseRedirect(_change_url(version))
        former = version.definition.published
        found = _findings(version)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Publish version %(number)s") % {"number": version.number},
            "opts": self.opts,
            "version": version,
            "former": former,
            "problems": found,
            "is_publishable": publishing.is_publishable(found),
            "is_signable": publishing.is_signable(found),
            "may_sign": policy.may_sign(_user(request), version.definition),
            "changes": _shown_changes(former, version) if former else [],
            "running": _running_on(former),
            "plans": [
                (plan, [levelwords.sentence(level) for level in plan.levels()])
                for plan in publishing.copied_plans(version)
            ],
        }
        return render(request, "admin/processes/processversion/publish.html", context, status=status)

    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin a draft as a copy of this version."""
        draft = publishing.new_draft(self._found(request, object_id), by=_user(request))
        return HttpResponseRedirect(_change_url(draft))

    def retire_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Offer the published version no more."""
        version = self._found(request, object_id)
        callers = publishing.callers(version)
        try:
            publishing.retire(version, by=_user(request))
        except ProcessError as refusal:
            messages.error(request, str(refusal))
        else:
            _warn_of(callers, request)
        return HttpResponseRedirect(_change_url(version))


def _findings(version: ProcessVersion) -> list[publishing.Problem]:
    return [*publishing.problems(version), *publishing.hints(version)]


def _warn_of(callers: tuple[Caller, ...], request: HttpRequest) -> None:
    """Say which processes will find nothing to call any more."""
    for one in callers:
        message = gettext("“%(process)s” still calls this process in “%(step)s”; its cases stop there.")
        messages.warning(request, message % {"process": one.process, "step": one.step})


def _running_on(version: ProcessVersion | None) -> int | None:
    """How many cases stay on the former version; nothing is said of a confidential process."""
    if version is None or version.definition.is_confidential:
        return None
    return ProcessInstance.objects.running().filter(version=version).count()


def _shown_changes(former: ProcessVersion, version: ProcessVersion) -> list[tuple[str, str, str]]:
    plans = blueprint.read(former), blueprint.read(version)
    found = differences(*plans)
    before, after = (Names.of(plan) for plan in plans)
    return [
        (place(path_, *plans), _short(_in_words(path_, old, before)), _short(_in_words(path_, new, after)))
        for path_, (old, new) in found.items()
    ]


def _in_words(path_: str, value: Any, names: Names) -> Any:
    """What is stored as a table, in sentences."""
    if path_.endswith("deadlines") and value:
        return "; ".join(deadlines((DeadlinePlan(**one) for one in value), names))
    if path_.endswith("plan_keys") and value:
        return levelwords.plans(value, {})
    if not isinstance(value, dict):
        return value
    if path_.endswith(".config"):
        return " ".join(sentences(value, names))
    if path_.endswith(".after"):
        return clock(value, names)
    return ", ".join(f"{name} {one}" for name, one in value.items())


def _short(value: Any) -> str:
    text = (
        "–"
        if value in (None, "", [])
        else ", ".join(map(str, value))
        if isinstance(value, list)
        else str(value)
    )
    return text if len(text) <= 200 else text[:197] + "…"
