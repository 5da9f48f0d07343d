"""The engine's tables for IT operators: read-only, and without what the cases are about.

No titles, no values, no comments, no names of customers: ids, states, moments and counters only. What belongs
to a confidential process is not listed at all.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from people.models import User
from processes import doors, policy, runtime
from processes.errors import ProcessError
from processes.models import NumberCounter, ProcessDefinition, ProcessInstance
from prozesstool.adminfilters import ReadOnly
from tasks import openincidents, unattended
from tasks.automatic import failures
from tasks.models import Clock, Heartbeat, Incident, Job, Notification, ProcessEvent, Task


class EngineTable(ReadOnly):
    """Looked at by operators, changed by nobody; the columns of the list are all there is to see."""

    show_full_result_count = False
    list_per_page = 50
    confidential_path = ""
    """Lookup of the flag that keeps a row out of the list; empty where rows have no case."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Rows of processes that are not confidential, and of no trial."""
        rows = super().get_queryset(request)
        if not self.confidential_path:
            return rows
        trial_path = self.confidential_path.replace("is_confidential", "is_trial")
        return rows.exclude(**{self.confidential_path: True}).exclude(**{trial_path: True})

    def get_urls(self) -> list[URLPattern]:
        """The list alone: a page of one row would carry the row's title in its head."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_changelist"
        return [path("", self.admin_site.admin_view(self.changelist_view), name=name)]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Operators."""
        return isinstance(request.user, User) and policy.may_operate(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators."""
        return self.has_module_permission(request)


@admin.register(ProcessInstance)
class InstanceTable(EngineTable):
    """Cases by number and state."""

    confidential_path = "is_confidential"
    list_display = ("id", "number", "definition", "version_number", "state", "started_at", "ended_at")
    list_filter = ("state", "definition")
    list_select_related = ("definition", "version")
    search_fields = ("number",)

    @admin.display(description=_("version"))
    def version_number(self, obj: ProcessInstance) -> int:
        """Number of the version the case runs on."""
        return obj.version.number


class UnattendedFilter(admin.SimpleListFilter):
    """Tasks that nobody is there to do."""

    title = _("nobody there")
    parameter_name = "unattended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Why nobody is there."""
        return [("inbox", _("Inbox of an empty team")), ("gone", _("Person has left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Tasks of the chosen kind."""
        found = {"inbox": unattended.in_empty_inboxes, "gone": unattended.of_the_gone}.get(self.value() or "")
        return queryset if found is None else queryset.filter(pk__in=found().values("pk"))


@admin.register(Task)
class TaskTable(EngineTable):
    """Tasks by step and state."""

    confidential_path = "is_confidential"
    list_display = (
        "id",
        "instance_number",
        "step_key",
        "state",
        "team",
        "created_at",
        "due_at",
        "overdue_at",
        "escalation_level",
    )
    list_filter = ("state", "team", UnattendedFilter)
    list_select_related = ("instance", "team")
    search_fields = ("instance__number",)

    @admin.display(description=_("case"))
    def instance_number(self, obj: Task) -> str:
        """Number of the case."""
        return obj.instance.number


@admin.register(ProcessEvent)
class EventTable(EngineTable):
    """History without persons and payloads."""

    confidential_path = "instance__is_confidential"
    list_display = ("id", "instance_number", "seq", "kind", "at")
    list_filter = ("kind",)
    list_select_related = ("instance",)
    ordering = ("-id",)

    @admin.display(description=_("case"))
    def instance_number(self, obj: ProcessEvent) -> str:
        """Number of the case."""
        return obj.instance.number


@admin.register(Clock)
class ClockTable(EngineTable):
    """What the clock watches and when it has something to do next."""

    confidential_path = "instance__is_confidential"
    list_display = (
        "id",
        "instance_number",
        "task_id",
        "kind",
        "generation",
        "due_at",
        "wake_at",
        "paused_at",
    )
    list_filter = ("kind",)
    list_select_related = ("instance",)

    @admin.display(description=_("case"))
    def instance_number(self, obj: Clock) -> str:
        """Number of the case."""
        return obj.instance.number


@admin.register(Notification)
class NotificationTable(EngineTable):
    """The outbox: what waits and what failed; without the last error, which may name an address."""

    confidential_path = "instance__is_confidential"
    list_display = ("id", "channel", "kind", "state", "created_at", "available_at", "sent_at", "tries")
    list_filter = ("state", "channel", "kind")


class HappenedFilter(admin.SimpleListFilter):
    """Open incidents, or those somebody has looked after."""

    title = _("state")
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The two."""
        return [("open", _("open")), ("resolved", _("resolved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All without a choice."""
        if self.value() not in ("open", "resolved"):
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() == "open")


class RetryTable(EngineTable):
    """Rows that may be tried anew."""

    confidential_path = "instance__is_confidential"
    actions = ("retry",)

    @admin.action(description=_("Try again"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let the chosen automatic steps be tried from now on; says of each one why not."""
        tried = 0
        for row in queryset.select_related("instance"):
            try:
                self.retry_one(row, doors.viewer(request))
                tried += 1
            except ProcessError as refusal:
                self.message_user(request, f"{row.instance.number}: {refusal}", messages.WARNING)
        if tried:
            text = ngettext("%(n)s step is being tried again.", "%(n)s steps are being tried again.", tried)
            self.message_user(request, text % {"n": tried})

    def retry_one(self, row: Any, by: User) -> None:
        """Try this row again. Raises ProcessError."""
        raise NotImplementedError

    @admin.display(description=_("case"))
    def instance_number(self, obj: Job | Incident) -> str:
        """Number of the case."""
        return obj.instance.number


@admin.register(Job)
class JobTable(RetryTable):
    """Automatic steps: what waits, what is done, what could not be done and why."""

    list_display = (
        "id",
        "instance_number",
        "step_key",
        "state",
        "created_at",
        "available_at",
        "ended_at",
        "tries",
        "reason",
    )
    list_filter = ("state",)
    list_select_related = ("instance",)
    search_fields = ("instance__number",)

    def retry_one(self, row: Job, by: User) -> None:
        """An automatic step."""
        runtime.retry_job(row, by=by)

    @admin.display(description=_("last error"))
    def reason(self, obj: Job) -> str:
        """Why its last try failed, without anything of the case."""
        return failures.sentence(obj.last_error) if obj.last_error else ""


@admin.register(Incident)
class IncidentTable(RetryTable):
    """What stands still, since when and why."""

    list_display = ("id", "instance_number", "step_key", "reason", "opened_at", "resolved_at")
    list_filter = (HappenedFilter, "code")
    list_select_related = ("instance",)
    search_fields = ("instance__number",)

    def retry_one(self, row: Incident, by: User) -> None:
        """Whatever stands still."""
        runtime.retry_incident(row, by=by)

    @admin.display(description=_("reason"))
    def reason(self, obj: Incident) -> str:
        """Why, without anything of the case."""
        return openincidents.reason(obj)


@admin.register(Heartbeat)
class HeartbeatTable(EngineTable):
    """Signs of life."""

    list_display = ("name", "at", "detail")


@admin.register(NumberCounter)
class CounterTable(EngineTable):
    """Number counters; moving one would break a series without gaps."""

    list_display = ("prefix", "last")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without series of confidential processes, whose very counts tell something."""
        rows = super().get_queryset(request)
        patterns = ProcessDefinition.objects.filter(is_confidential=True)
        for pattern in patterns.values_list("number_pattern", flat=True):
            rows = rows.exclude(prefix__startswith=pattern.split("{")[0])
        return rows
