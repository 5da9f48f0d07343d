"""Scheduled starts in Django's admin: the rule, the start form, and the next dates before saving."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from people import adminchanges, adminlog, worktime
from people.models import AdminEvent, User
from people.recurrence import Occurrence
from processes.adminpages import scheduleforms
from processes.adminpages.rights import OwnPageAdmin
from processes.adminpages.scheduleforms import ScheduleForm
from processes.blueprint import FieldPlan
from processes.models import FormField, StartSchedule
from processes.moments import Basis, Moment
from processes.words import planwords
from tasks import starts

SOON = "_preview"
"""Button that shows the next dates and saves nothing; also after another process was chosen."""
CREATED = "schedule_created"
"""Kind of event in the administration log."""
REPEATED_WITHIN = dt.timedelta(minutes=1)
DATES = frozenset(
    {
        "unit",
        "every",
        "anchor_on",
        "offset",
        "at_time",
        "shift",
        "calendar",
        "ends_on",
        "is_active",
        "definition",
    }
)
"""Fields that say when; `is_active`, for what a schedule missed while it was off is not made up for."""
KEPT_BY_CLOCK = frozenset({"id", "next_on", "wake_at", "last_started_on", "last_error"})


@admin.register(StartSchedule)
class StartScheduleAdmin(OwnPageAdmin):
    """Schedules; each change is one event that says old → new."""

    list_display = ("title", "definition", "rule_words", "next_start", "is_active", "failure")
    list_filter = ("is_active",)
    list_select_related = ("definition", "source")
    search_fields = ("title", "definition__name")
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[StartSchedule]:
        """With the label of the date field, so that the list costs the same however many rows it has."""
        rows: QuerySet[StartSchedule] = super().get_queryset(request)
        labels = _labels(OuterRef("source_id"), OuterRef("source_field"))
        return rows.annotate(source_label=Subquery(labels[:1]))

    @admin.display(description=_("when"))
    def rule_words(self, obj: Any) -> str:
        """The rule in words."""
        return in_words(obj, label=obj.source_label or "")

    @admin.display(description=_("next start"), ordering="wake_at")
    def next_start(self, obj: StartSchedule) -> str:
        """The next date; those of other cases are read on the schedule's own page only."""
        if obj.is_by_field and obj.is_active:
            return gettext("when a date comes")
        return _moment(obj.wake_at) if obj.wake_at and obj.is_active else "–"

    @admin.display(description=_("last failure"))
    def failure(self, obj: StartSchedule) -> str:
        """Why the last start failed."""
        return obj.last_error or "–"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with a warning while starts fail."""
        failing = StartSchedule.objects.filter(is_active=True).exclude(last_error="").count()
        if failing and self.has_view_permission(request):
            text = ngettext(
                "%(count)s scheduled start fails at present.",
                "%(count)s scheduled starts fail at present.",
                failing,
            )
            messages.warning(request, text % {"count": failing})
        return super().changelist_view(request, extra_context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One page for a new schedule and for an existing one."""
        row: StartSchedule = self.found_or_new(request, object_id)
        if request.method == "POST":
            return self._posted(request, row)
        page = {"form": ScheduleForm(instance=row), "shows_faults": False}
        uses = scheduleforms.start_fields(row.definition if row.pk else None)
        page["views"] = scheduleforms.views(uses, row.data, {})
        return self._page(request, row, page)

    def _posted(self, request: HttpRequest, row: StartSchedule) -> HttpResponse:
        before = _beside(row)
        form = ScheduleForm(request.POST, instance=row)
        is_valid = form.is_valid()
        uses = scheduleforms.start_fields(form.cleaned_data.get("definition"))
        typed = scheduleforms.typed_values(uses, request.POST.dict())
        faults = scheduleforms.faults_of(uses, typed)
        row.data = typed
        if is_valid and not faults and SOON not in request.POST:
            save(row, form, before, by=cast(User, request.user))
            messages.success(request, gettext("“%(title)s” is saved.") % {"title": row.title})
            return HttpResponseRedirect(reverse("admin:processes_startschedule_changelist"))
        shows_faults = SOON not in request.POST
        page = {"form": form, "shows_faults": shows_faults}
        page["views"] = scheduleforms.views(uses, typed, faults if shows_faults else {})
        return self._page(request, row, page, is_valid=is_valid)

    def _page(
        self, request: HttpRequest, row: StartSchedule, page: dict[str, Any], *, is_valid: bool = True
    ) -> HttpResponse:
        is_known = is_valid and bool(row.anchor_on)
        context = {
            **self.admin_site.each_context(request),
            **page,
            "title": gettext("Scheduled start “%(title)s”") % {"title": row.title}
            if row.pk
            else gettext("New scheduled start"),
            "opts": self.opts,
            "original": row if row.pk else None,
            "may_delete": row.pk is not None,
            "words": in_words(row) if is_known else "",
            "dates": _dates(row) if is_known else [],
            "is_known": is_known,
            "is_hidden": _is_hidden(row),
        }
        return render(request, "admin/processes/startschedule/change_form.html", context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask before; the name is an object of the sentence there."""
        names = {"object_name": pgettext("whom or what", "scheduled start")}
        return super().delete_view(request, object_id, {**names, **(extra_context or {})})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Remove a schedule; its cases stay."""
        adminlog.record(cast(User, request.user), "schedule_deleted", obj, {"title": [obj.title, None]})
        super().delete_model(request, obj)


def save(row: StartSchedule, form: ScheduleForm, before: dict[str, Any], *, by: User) -> None:
    """Write a schedule with its next date, and one event; what a second click sends again changes nothing."""
    with transaction.atomic():
        is_new = row.pk is None
        if is_new and _is_repeated(row, by):
            return
        _keep_what_the_clock_wrote(row)
        changes = adminchanges.of_form(form)
        for name in ("customer_number", "source_date"):
            changes.pop(name, None)
        after = _beside(row)
        changes |= {name: [before[name], after[name]] for name in after if before[name] != after[name]}
        _plan(row, form, at=timezone.now())
        form.save()
        if changes or is_new:
            adminlog.record(by, CREATED if is_new else "schedule_changed", row, changes)


def _keep_what_the_clock_wrote(row: StartSchedule) -> None:
    """The clock may have started a case since the row was read; its columns are its own."""
    stored = StartSchedule.objects.select_for_update().filter(pk=row.pk).first()
    for name in KEPT_BY_CLOCK - {"id"} if stored else ():
        setattr(row, name, getattr(stored, name))


def _plan(row: StartSchedule, form: ScheduleForm, *, at: dt.datetime) -> None:
    """Set the next date. One that has come and is not started yet stays while nothing about the rule changes,
    and is tried at once if it has failed: for its sake the schedule may have been mended."""
    if row.is_missed(at) and not DATES.intersection(form.changed_data):
        row.wake_at = at if row.last_error else row.wake_at
    else:
        try:
            starts.plan(row, after=at)
        except (worktime.NeverOpen, OverflowError, ValueError):
            # No working day comes, or the next date lies behind the last one a calendar has.
            row.next_on = row.wake_at = None
        row.last_error = ""


def _is_repeated(row: StartSchedule, by: User) -> bool:
    """Whether this person has just made the same schedule: a second click on the button sends it again. The
    lock on the person makes clicks at once come one after the other."""
    User.objects.select_for_update().get(pk=by.pk)
    recent = AdminEvent.objects.filter(by=by, kind=CREATED, at__gt=timezone.now() - REPEATED_WITHIN)
    made = StartSchedule.objects.filter(pk__in=[int(pk) for pk in recent.values_list("object_id", flat=True)])
    return any(_settings(one) == _settings(row) for one in made)


def _settings(row: StartSchedule) -> dict[str, Any]:
    """Everything that was entered; what the clock keeps of it left out."""
    names = (field.attname for field in StartSchedule._meta.concrete_fields)
    return {name: getattr(row, name) for name in names if name not in KEPT_BY_CLOCK}


def _beside(row: StartSchedule) -> dict[str, Any]:
    """What a schedule says besides the fields of its form."""
    return {
        "data": row.data,
        "customer": row.customer.number if row.customer else "",
        "source": f"{row.source_id}: {row.source_field}" if row.source_id else "",
    }


def in_words(row: StartSchedule, *, label: str | None = None) -> str:
    """The rule, such as "every 3 months from 1 January 2027 on, at 08:00"; `label` = what the date field of
    other cases is called, where that is known."""
    if row.is_by_field:
        if label is None:
            label = _labels(row.source_id, row.source_field).first()
        return _by_field_in_words(row, label or row.source_field)
    day = formats.date_format(row.anchor_on, pgettext("day of a schedule", "j F Y"))
    facts = {"day": day, "time": f"{row.at_time:%H:%M}", "every": row.every}
    if row.unit == StartSchedule.Unit.ONCE:
        return _once(row.offset) % {**facts, "duration": planwords.duration(row.offset)}
    return str(EVERY[row.unit](row.every) % facts)


def _once(offset: str) -> str:
    if not offset:
        return gettext("once on %(day)s at %(time)s")
    if offset.startswith("-"):
        return gettext("once, %(duration)s before %(day)s, at %(time)s")
    return gettext("once, %(duration)s after %(day)s, at %(time)s")


def _labels(process_id: Any, key: Any) -> Any:
    """What a field of a process is called, in its newest version first; also for a subquery."""
    named = FormField.objects.filter(version__definition_id=process_id, key=key)
    return named.order_by("-version_id").values_list("label", flat=True)


def _by_field_in_words(row: StartSchedule, label: str) -> str:
    names = planwords.Names({row.source_field: FieldPlan(row.source_field, label, "date")}, {}, {}, {})
    facts = {
        "moment": planwords.moment(Moment(Basis.FIELD, row.offset, row.source_field), names),
        "process": row.source.name if row.source else "–",
        "time": f"{row.at_time:%H:%M}",
        "cases": row.get_origins_display(),
    }
    return gettext("%(moment)s of “%(process)s” (%(cases)s), at %(time)s") % facts


EVERY: dict[str, Any] = {
    "days": lambda number: ngettext(
        "every day from %(day)s on, at %(time)s", "every %(every)s days from %(day)s on, at %(time)s", number
    ),
    "weeks": lambda number: ngettext(
        "every week from %(day)s on, at %(time)s",
        "every %(every)s weeks from %(day)s on, at %(time)s",
        number,
    ),
    "months": lambda number: ngettext(
        "every month from %(day)s on, at %(time)s",
        "every %(every)s months from %(day)s on, at %(time)s",
        number,
    ),
    "years": lambda number: ngettext(
        "every year from %(day)s on, at %(time)s",
        "every %(every)s years from %(day)s on, at %(time)s",
        number,
    ),
}


def _dates(row: StartSchedule) -> list[tuple[str, str]]:
    """The next five dates, and why one was moved; of other cases' dates how many cases each comes to."""
    now = timezone.now()
    if _is_hidden(row):
        return []
    if row.is_by_field:
        return [_of_cases(one, number, now) for one, number in starts.upcoming_by_field(row, after=now)]
    return [(_moment(one.at), _why(one)) for one in starts.upcoming(row, after=timezone.now())]


def _is_hidden(row: StartSchedule) -> bool:
    """Whether its dates would tell of confidential cases, that there are some and how many."""
    processes = (row.definition, row.source) if row.is_by_field and row.definition_id else ()
    return any(one is not None and one.is_confidential for one in processes)


def _of_cases(one: Occurrence, number: int, now: dt.datetime) -> tuple[str, str]:
    text = ngettext("%(number)s case", "%(number)s cases", number) % {"number": number}
    return gettext("at once") if one.at <= now else _moment(one.at), text


def _moment(at: Any) -> str:
    return formats.date_format(timezone.localtime(at), pgettext("moment of a start", "D, j M Y, H:i"))


def _why(one: Occurrence) -> str:
    if not one.was_shifted:
        return ""
    day = formats.date_format(one.nominal_on, pgettext("day of a preview", "D, j M Y"))
    if one.holiday:
        return gettext("instead of %(day)s (%(holiday)s)") % {"day": day, "holiday": one.holiday}
    return gettext("instead of %(day)s, when the office is closed") % {"day": day}
