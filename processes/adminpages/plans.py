"""Escalation plans in Django's admin: levels with plain pickers, and the time line they make.

Only process admins come here. A changed plan reaches versions that are published from then on; published
versions, and cases running on them, keep the copy they have.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people import adminchanges, adminlog
from people.models import User
from processes import planrecords
from processes.adminpages import planchoices, planpreview
from processes.adminpages.planforms import ExampleForm, PlanForm, level_forms, rearranged
from processes.adminpages.rights import OwnPageAdmin
from processes.escalation import OF_CASE, Level
from processes.models import EscalationPlan, ProcessVersion, Step
from processes.words import levelwords

REARRANGING = ("_up", "_down", "_remove", "_add")
"""Buttons that change the page and save nothing."""


@admin.register(EscalationPlan)
class EscalationPlanAdmin(OwnPageAdmin):
    """Plans; each change is one event that says old → new."""

    search_fields = ("name", "key")
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        """Plans with their levels, in two statements."""
        return super().get_queryset(request).prefetch_related("rows")

    @admin.display(description=_("levels"))
    def summary(self, obj: EscalationPlan) -> str:
        """The levels in one line."""
        return "; ".join(f"{row}: {levelwords.when(row.offset)}" for row in obj.rows.all())

    def get_list_display(self, request: HttpRequest) -> Any:
        """With the processes each holds for, which are read once for the whole list."""
        users: Any = SimpleLazyObject(users_by_plan)

        @admin.display(description=_("holds"))
        def standing(plan: EscalationPlan) -> str:
            if plan.is_default:
                return gettext("standard: where no plan is named")
            return ", ".join(users.get(plan.key, ())) or gettext("no process names it")

        return ("name", "summary", standing)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One page for a new plan and for an existing one."""
        plan: EscalationPlan = self.found_or_new(request, object_id)
        if request.method == "POST":
            return self._posted(request, plan)
        users = users_of(plan.key) if plan.pk else []
        known = planchoices.known(_watched(plan, users))
        levels = level_forms(None, _levels(plan), known=known)
        page = {"plan": PlanForm(instance=plan), "levels": levels, "example": ExampleForm(), "users": users}
        return self._page(request, plan, {**page, "shown": _levels(plan)}, known)

    def _posted(self, request: HttpRequest, plan: EscalationPlan) -> HttpResponse:
        data: QueryDict = request.POST
        is_rearranging = any(name in data for name in REARRANGING)
        is_preview = "_preview" in data
        users = users_of(plan.key) if plan.pk else []
        data, known = rearranged(data), planchoices.known(_watched(plan, users))
        form, levels = PlanForm(data, instance=plan), level_forms(data, known=known)
        is_valid = all([levels.is_valid(), is_preview or form.is_valid()])
        if is_valid and not is_rearranging and not is_preview:
            _save(plan, form, levels.levels(), by=cast(User, request.user))
            messages.success(request, gettext("“%(plan)s” is saved.") % {"plan": plan.name})
            return HttpResponseRedirect(reverse("admin:processes_escalationplan_changelist"))
        page = {"plan": form, "levels": levels, "example": ExampleForm(data), "users": users}
        page["shown"] = levels.levels() if levels.is_valid() else None
        page["shows_faults"] = not is_valid and not is_rearranging
        return self._page(request, plan, page, known)

    def _page(
        self, request: HttpRequest, plan: EscalationPlan, page: dict[str, Any], known: planchoices.Known
    ) -> HttpResponse:
        levels, example = page.pop("shown"), page["example"]
        context = {
            **self.admin_site.each_context(request),
            **page,
            "title": gettext("Escalation plan “%(plan)s”") % {"plan": plan.name}
            if plan.pk
            else gettext("New escalation plan"),
            "opts": self.opts,
            "original": plan if plan.pk else None,
            "preview": _preview(levels, example, known) if levels else None,
            "may_delete": plan.pk is not None and not _kept_because(plan),
        }
        return render(request, "admin/processes/escalationplan/change_form.html", context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Asks first; refuses with a reason while the plan is needed."""
        plan: EscalationPlan = self.found_or_new(request, object_id)
        reason = _kept_because(plan)
        if reason:
            messages.error(request, reason)
            return HttpResponseRedirect(reverse("admin:processes_escalationplan_change", args=[plan.pk]))
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a plan nothing names."""
        lines = [levelwords.sentence(level) for level in obj.levels()]
        adminlog.record(cast(User, request.user), "plan_deleted", obj, {"rows": ["; ".join(lines), None]})
        super().delete_model(request, obj)


def _levels(plan: EscalationPlan) -> list[Level]:
    return plan.levels() if plan.pk else []


def _preview(
    levels: Iterable[Level], example: ExampleForm, known: planchoices.Known
) -> planpreview.Preview | None:
    calendar, time = example.chosen()
    return planpreview.of_plan(levels, calendar, time, timezone.localdate(), known)


def _watched(plan: EscalationPlan, named: list[str]) -> list[str]:
    """Processes for which it holds: those that name it, and with the standard one those that name none."""
    if not plan.is_default:
        return named
    versions = ProcessVersion.objects.filter(state__in=planchoices.STATES)
    rows = versions.values_list("definition__name", "plan_keys")
    return sorted({*named, *(name for name, keys in rows if not keys.keys() - {OF_CASE})})


def users_of(key: str) -> list[str]:
    """Processes whose draft or published version names this plan, each once."""
    return users_by_plan().get(key, [])


def users_by_plan() -> dict[str, list[str]]:
    """The same for every plan that is named, by its key; two statements."""
    state = planchoices.STATES
    versions = ProcessVersion.objects.filter(state__in=state).exclude(plan_keys={})
    steps = Step.objects.filter(version__state__in=state).exclude(plan_keys={})
    rows = [
        *versions.values_list("definition__name", "plan_keys"),
        *steps.values_list("version__definition__name", "plan_keys"),
    ]
    found: dict[str, set[str]] = {}
    for name, keys in rows:
        for key in keys.values():
            found.setdefault(key, set()).add(name)
    return {key: sorted(names) for key, names in found.items()}


def _kept_because(plan: EscalationPlan) -> str:
    """Why a plan cannot be deleted; empty if it can."""
    if plan.is_default:
        return gettext("The standard plan cannot be deleted; mark another one as standard first.")
    users = users_of(plan.key)
    if users:
        text = gettext("“%(plan)s” cannot be deleted: these processes name it: %(processes)s.")
        return text % {"plan": plan.name, "processes": ", ".join(users)}
    return ""


def _save(plan: EscalationPlan, form: PlanForm, levels: tuple[Level, ...], *, by: User) -> None:
    """Write a plan with its levels and one event."""
    with transaction.atomic():
        before = planrecords.lines(_levels(plan))
        is_new = plan.pk is None
        changes: dict[str, list[Any]] = adminchanges.of_form(form)
        if plan.is_default:
            _take_mark(plan, by)
        form.save()
        planrecords.write_levels(plan, levels)
        if before != planrecords.lines(levels):
            changes["rows"] = [before, planrecords.lines(levels)]
        if changes or is_new:
            adminlog.record(by, "plan_created" if is_new else "plan_changed", plan, changes)


def _take_mark(plan: EscalationPlan, by: User) -> None:
    """The installation has one standard plan, so the former one is that no longer."""
    for other in EscalationPlan.objects.select_for_update().filter(is_default=True).exclude(pk=plan.pk):
        other.is_default = False
        other.save(update_fields=["is_default"])
        adminlog.record(by, "plan_changed", other, {"is_default": [True, False]})
