"""The nested rows of a version's editing page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from nested_admin.forms import SortableHiddenMixin
from nested_admin.nested import NestedStackedInline, NestedTabularInline

from people.models import Team, User
from processes import conditions, levelwords, policy
from processes.adminforms import (
    ChecklistFormSet,
    ConditionForm,
    FieldForm,
    ItemForm,
    KeyedFormSet,
    OutcomeForm,
    PageForm,
    StepFieldForm,
    StepFieldFormSet,
    StepForm,
    TransitionForm,
)
from processes.adminpage import SEPARATOR, page_of, show_choices
from processes.blueprint import deadline_plan
from processes.deadlineforms import CaseDeadlineForm, DeadlineForm
from processes.models import (
    ChecklistItem,
    Condition,
    DeadlineRule,
    FormField,
    Outcome,
    ProcessDefinition,
    ProcessVersion,
    Step,
    StepField,
    Transition,
)
from processes.planwords import Names, clock, deadlines, sentences
from prozesstool.adminfilters import OfferedFiltersOnly


class ProcessAdminOnly(OfferedFiltersOnly):
    """Rights by the policy: process admins and nobody else; no per-model permissions of Django."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the section shows at all."""
        return _may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look at it."""
        return _may(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Begin one."""
        return _may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Change it."""
        return _may(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Remove it."""
        return _may(request)


class OwnPageAdmin(ProcessAdminOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """A model with a page of our own for adding and changing; AdminEvent is its log, not Django's."""

    def found_or_new(self, request: HttpRequest, object_id: str | None) -> Any:
        """The row of this page, or one not yet stored. Raises PermissionDenied and Http404."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if object_id is None:
            return self.model()
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return row

    def log_deletions(self, *args: Any, **kwargs: Any) -> Any:
        """AdminEvent is the log."""


def _may(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and policy.may_define_processes(request.user)


def version_of(request: HttpRequest) -> ProcessVersion | None:
    """The version whose page this request is about, read once."""
    if not hasattr(request, "_process_version"):
        match = request.resolver_match
        pk = match.kwargs.get("object_id", "") if match else ""
        found = ProcessVersion.objects.filter(pk=pk).first() if str(pk).isdecimal() else None
        request._process_version = found  # type: ignore[attr-defined]
    version: ProcessVersion | None = request._process_version  # type: ignore[attr-defined]
    return version


class PartInline(SortableHiddenMixin, ProcessAdminOnly):
    """Rows of a version: changed while it is a draft, bound to the names of their page."""

    form: type[PageForm]
    extra = 0
    sortable_field_name = "position"

    def _is_open(self, request: HttpRequest) -> bool:
        version = version_of(request)
        return _may(request) and version is not None and version.is_draft

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only."""
        return self._is_open(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only."""
        return self._is_open(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Drafts only."""
        return self._is_open(request)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Give the forms the names of the page they stand on."""
        version = version_of(request)
        page = page_of(request, version.pk if version else 0)
        kwargs["form"] = type(self.form.__name__, (self.form,), {"page": page})
        return super().get_formset(request, obj, **kwargs)


class FieldInline(PartInline, NestedTabularInline):
    """Fields of the version; they stand before the steps, because steps name them."""

    model = FormField
    form = FieldForm
    verbose_name_plural = _("fields")

    @admin.display(description=_("choices"))
    def choices_text(self, obj: FormField) -> str:
        """Choices where they are only shown."""
        return show_choices(obj.choices)


class OutcomeInline(PartInline, NestedTabularInline):
    """Outcomes of a task and where they lead."""

    model = Outcome
    form = OutcomeForm
    formset = KeyedFormSet
    classes = ("part-task",)

    @admin.display(description=_("next step"))
    def targets(self, obj: Outcome) -> str:
        """Next steps where they are only shown."""
        return f"{SEPARATOR} ".join(one.target.name for one in obj.transitions.select_related("target"))


class ItemInline(PartInline, NestedTabularInline):
    """The checklist of a task."""

    model = ChecklistItem
    form = ItemForm
    formset = ChecklistFormSet
    classes = ("part-task",)


class StepFieldInline(PartInline, NestedTabularInline):
    """Fields a task (or the start form) shows."""

    model = StepField
    form = StepFieldForm
    formset = StepFieldFormSet
    classes = ("part-form",)

    @admin.display(description=_("field"))
    def field_name(self, obj: StepField) -> str:
        """The field where it is only shown."""
        return obj.field.label


class ConditionInline(PartInline, NestedTabularInline):
    """Conditions of a way on; all must hold."""

    model = Condition
    form = ConditionForm

    @admin.display(description=_("field"))
    def field_name(self, obj: Condition) -> str:
        """The field where it is only shown."""
        return obj.field_key

    @admin.display(description=_("value"))
    def value_text(self, obj: Condition) -> str:
        """The value where it is only shown."""
        return conditions.show_value(obj.value)


class TransitionInline(PartInline, NestedStackedInline):
    """Ways on that nobody chooses: from the start and from gateways."""

    model = Transition
    form = TransitionForm
    fk_name = "source"
    inlines = (ConditionInline,)
    classes = ("part-gateway",)
    verbose_name = _("automatic way on")
    verbose_name_plural = _("automatic ways on")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the ways that belong to outcomes."""
        return super().get_queryset(request).filter(outcome__isnull=True).select_related("target", "source")

    @admin.display(description=_("next step"))
    def target_name(self, obj: Transition) -> str:
        """The next step where it is only shown."""
        return obj.target.name


class DeadlineInline(PartInline, NestedStackedInline):
    """More rules for the deadline of a task; the short form stands at the step itself."""

    model = DeadlineRule
    form = DeadlineForm
    fk_name = "step"
    classes: tuple[str, ...] = ("part-task",)
    verbose_name = _("further rule for the deadline")
    verbose_name_plural = _("further rules for the deadline")
    fieldsets = (
        (None, {"fields": (("kind", "offset", "basis", "named", "on"),)}),
        (None, {"fields": (("urgency", "pick", "is_final"),)}),
        (None, {"fields": (("is_legal", "counts_first_day", "shifts_to_working_day"), "position")}),
    )

    @admin.display(description=_("field or step"))
    def named(self, obj: DeadlineRule) -> str:
        """What it is counted from, where it is only shown."""
        return obj.key


class CaseDeadlineInline(DeadlineInline):
    """Until when the whole case is to be done."""

    form = CaseDeadlineForm
    fk_name = "version"
    classes = ()
    verbose_name = _("deadline of the case")
    verbose_name_plural = _("deadline of the whole case")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Without the rules of steps."""
        return super().get_queryset(request).filter(step__isnull=True)


class StepInline(PartInline, NestedStackedInline):
    """Steps with everything that belongs to them."""

    model = Step
    form = StepForm
    fk_name = "version"
    inlines = (OutcomeInline, DeadlineInline, ItemInline, StepFieldInline, TransitionInline)
    verbose_name_plural = _("steps and outcomes")
    readonly_fields = ("does",)
    fieldsets = (
        (None, {"fields": (("name", "kind", "key"),)}),
        (None, {"fields": ("does",), "classes": ("part-auto",)}),
        (None, {"fields": (("team", "deadline", "plan"),), "classes": ("part-task",)}),
        (None, {"fields": (("assignment", "person", "reference_key"),), "classes": ("part-task",)}),
        (None, {"fields": ("instructions",), "classes": ("part-form",)}),
        (None, {"fields": ("result", "position"), "classes": ("part-end",)}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """Steps with team and person in one statement, their outcomes in another."""
        rows = super().get_queryset(request).select_related("team", "person", "version")
        return rows.prefetch_related("outcomes", "deadline_rules")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Keep the names of the page for the sentences about its steps."""
        version = version_of(request)
        page = page_of(request, version.pk if version else 0)
        self.names = Names(page.fields, page.steps, *_outside_names())
        return super().get_formset(request, obj, **kwargs)

    @admin.display(description=_("escalation plan"))
    def plan(self, obj: Step) -> str:
        """The own plan, where it is only shown."""
        return levelwords.plans(obj.plan_keys, {}) or "–"

    @admin.display(description=_("what it does"))
    def does(self, obj: Step) -> SafeString | str:
        """What the step does by itself and what the clock does there; this page does not change it yet."""
        if obj.pk is None:
            return ""
        found = sentences(obj.config, self.names)
        for one in obj.outcomes.all():
            if one.is_clock:
                when = clock(one.after, self.names, is_interrupting=one.is_interrupting)
                found.append(gettext("“%(name)s”: %(about)s") % {"name": one.label, "about": when})
        rules = [deadline_plan(rule) for rule in obj.deadline_rules.all()]
        if rules:
            moments = "; ".join(deadlines(rules, self.names, short=obj.deadline))
            found.append(gettext("Due: %(moments)s.") % {"moments": moments})
        return format_html('<span class="does">{}</span>', " ".join(found)) if found else ""


def _outside_names() -> tuple[dict[str, str], dict[str, str]]:
    """What teams and processes are called, by key."""
    teams = Team.objects.values_list("key", "name")
    return dict(teams), dict(ProcessDefinition.objects.values_list("key", "name"))
