"""Working calendars in Django's admin: windows, days, and what comes of them in the near future."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from people import adminchanges, adminlog, calendars
from people.adminrights import ROWS, ReadByProcessAdmins, viewer
from people.calendarforms import (
    SWITCH_NAMES,
    CalendarForm,
    DayForm,
    DayFormSet,
    PersonCalendarForm,
    WindowForm,
    WindowFormSet,
    region_name,
    zone_name,
)
from people.models import CalendarDay, PersonCalendar, WorkCalendar, WorkWindow, restamp_calendars
from people.movedadmin import MovesDeadlines
from people.officedays import show_day, show_hours
from people.publicholidays import Region, Switch, UnknownRegion
from people.worktime import Calendar
from processes import policy
from prozesstool.adminrights import ByPolicy

PREVIEW_DAYS = 14
DAYS_OF_YEAR = 365
MOST_DAYS = 300
"""Rows of days; fewer than a year has, so that they can't close a calendar for ever."""
MOST_WINDOWS = 100


class RowInline(ByPolicy, admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to one page; they may be removed by whoever may change the page."""

    template = ROWS
    extra = 0
    hint: Any = ""
    """What to know before typing; shown to whoever may type."""

    def may(self, request: HttpRequest) -> bool:
        """Manage accounts and teams."""
        return policy.may_manage_users(viewer(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Look at them, as at their page."""
        return policy.may_read_office(viewer(request))


class WindowInline(RowInline):
    """The windows of the week."""

    model = WorkWindow
    form = WindowForm
    formset = WindowFormSet
    readonly_fields = ("window",)
    max_num = MOST_WINDOWS

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Typed by who may change it, told to others."""
        return ("text",) if self.has_change_permission(request) else ("window",)

    @admin.display(description=_("Weekdays and time"))
    def window(self, obj: WorkWindow) -> str:
        """The row as it is typed."""
        return str(obj)


class DayInline(RowInline):
    """The office's own days."""

    model = CalendarDay
    verbose_name = pgettext_lazy("whom or what", "day of the office")
    verbose_name_plural = CalendarDay._meta.verbose_name_plural
    hint = _("24.12. is a day of every year, 24.12.2026 of that year alone.")
    form = DayForm
    formset = DayFormSet
    readonly_fields = ("day_text",)
    max_num = MOST_DAYS

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Typed by who may change it, told to others."""
        return ("when" if self.has_change_permission(request) else "day_text", "kind", "hours", "name")

    @admin.display(description=_("Day"))
    def day_text(self, obj: CalendarDay) -> str:
        """The day as it is typed."""
        return show_day(obj.month, obj.day, obj.year)


class PersonCalendarInline(RowInline):
    """The calendars of one account."""

    model = PersonCalendar
    form = PersonCalendarForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not of accounts one may not edit."""
        return obj is None or policy.may_edit_account(viewer(request), obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not to accounts one may not edit."""
        return self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not of accounts one may not edit."""
        return self.has_change_permission(request, obj)


@dataclass(frozen=True, slots=True)
class PreviewDay:
    """A coming day as the calendar sees it."""

    day: dt.date
    hours: str
    name: str

    @property
    def text(self) -> str:
        """The day with its weekday."""
        return date_format(self.day, pgettext("day of a preview", "D, j M Y"))


@admin.register(WorkCalendar)
class WorkCalendarAdmin(MovesDeadlines, ReadByProcessAdmins, admin.ModelAdmin):  # type: ignore[type-arg]
    """Calendars; each change is one event that says old → new."""

    form = CalendarForm
    inlines = (WindowInline, DayInline)
    list_display = ("name", "place", "zone_name", "week", "standing", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "key", "is_default", "is_active")}),
        (_("Place"), {"fields": ("zone", "region", "switches")}),
    )
    told = (
        (None, {"fields": ("name", "key", "is_default", "is_active")}),
        (_("Place"), {"fields": ("zone_name", "place", "customs")}),
    )
    """The same for who only reads."""

    class Media:
        css = {"all": ("css/people-admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkCalendar]:
        """Calendars with their windows, in two statements."""
        return super().get_queryset(request).prefetch_related("windows")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Boxes to type in, or words for who only reads."""
        return self.fieldsets if self.has_change_permission(request) else self.told

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The key is chosen once: processes name calendars by it."""
        return ("zone_name", "place", "customs", *(("key",) if obj else ()))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Only a new calendar's key follows its name."""
        return {} if obj else dict(self.prepopulated_fields)

    @admin.display(description=_("holidays of"), ordering="region")
    def place(self, obj: WorkCalendar) -> str:
        """The Land or canton by its name."""
        return region_name(obj.region) if obj.region else "–"

    @admin.display(description=_("time zone"), ordering="zone")
    def zone_name(self, obj: WorkCalendar) -> str:
        """The zone by country and city."""
        return zone_name(obj.zone)

    @admin.display(description=_("Regional holidays"))
    def customs(self, obj: WorkCalendar) -> str:
        """Days that only some places of the region have."""
        return ", ".join(str(SWITCH_NAMES[Switch(one)]) for one in obj.switches) or "–"

    @admin.display(description=_("company calendar"), ordering="-is_default")
    def standing(self, obj: WorkCalendar) -> str:
        """A word for the one that is the company's; that another is not is no fault."""
        return gettext("yes") if obj.is_default else ""

    @admin.display(description=_("windows"))
    def week(self, obj: WorkCalendar) -> str:
        """The windows in one line."""
        return "; ".join(map(str, obj.windows.all()))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form, and below it what the saved calendar says about the next days and months."""
        row = self.get_object(request, unquote(object_id))
        context = {**preview(row, timezone.localdate()), **(extra_context or {})} if row else extra_context
        return super().change_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Write the calendar and its event; the company has one, so another takes the mark over."""
        if obj.is_default:
            _take_mark(request, obj)
        super().save_model(request, obj, form, change)
        changes = adminchanges.of_form(form)
        if changes or not change:
            adminlog.record(
                viewer(request), "calendar_changed" if change else "calendar_created", obj, changes
            )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Write rows, and one event for each table of them."""
        adminchanges.save_rows(viewer(request), "calendar_changed", formset)


def _take_mark(request: HttpRequest, obj: WorkCalendar) -> None:
    # Who writes the stamp first is alone here until the commit, so no two calendars take the mark at once.
    restamp_calendars()
    for other in WorkCalendar.objects.filter(is_default=True).exclude(pk=obj.pk):
        other.is_default = False
        other.save()
        adminlog.record(viewer(request), "calendar_changed", other, {"is_default": [True, False]})


def preview(row: Model, today: dt.date) -> dict[str, Any]:
    """The next days and the coming holidays, for the template; empty for a broken calendar."""
    if not isinstance(row, WorkCalendar):
        return {}
    try:
        calendar, region = calendars.calendar_of(row), calendars.region_of_row(row)
    except (ValueError, KeyError, UnknownRegion):
        return {}
    return {
        "preview_days": list(_days(calendar, today)),
        "preview_holidays": list(_holidays(region, today)) if region else [],
    }


def _holidays(region: Region, today: dt.date) -> Iterable[PreviewDay]:
    """Those of the coming twelve months."""
    for year in (today.year, today.year + 1):
        for day, name in region.holidays(year).items():
            if 0 <= (day - today).days < DAYS_OF_YEAR:
                yield PreviewDay(day, "", name)


def _days(calendar: Calendar, today: dt.date) -> Iterable[PreviewDay]:
    for ahead in range(PREVIEW_DAYS):
        day = today + dt.timedelta(days=ahead)
        yield PreviewDay(day, show_hours(calendar.windows_on(day)), calendar.name_of(day))
