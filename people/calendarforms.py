"""What administrators type about working calendars, read and checked before it is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.models import BaseInlineFormSet
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people import officedays, publicholidays
from people.models import CalendarDay, PersonCalendar, WorkCalendar, WorkWindow
from people.officedays import HoursError, Overlap, WeekRow, show_window
from people.publicholidays import SUBDIVISIONS, Switch, UnknownRegion, region_of, switches_of

COUNTRY_NAMES = {
    "DE": gettext_lazy("Germany"),
    "AT": gettext_lazy("Austria"),
    "CH": gettext_lazy("Switzerland"),
}
ZONE_NAMES = {
    publicholidays.ZONES["DE"]: gettext_lazy("Germany (Berlin)"),
    publicholidays.ZONES["AT"]: gettext_lazy("Austria (Vienna)"),
    publicholidays.ZONES["CH"]: gettext_lazy("Switzerland (Zurich)"),
}
EU_ZONE_NAMES = {
    "Europe/Amsterdam": gettext_lazy("Netherlands (Amsterdam)"),
    "Europe/Athens": gettext_lazy("Greece (Athens)"),
    "Europe/Brussels": gettext_lazy("Belgium (Brussels)"),
    "Europe/Bratislava": gettext_lazy("Slovakia (Bratislava)"),
    "Europe/Bucharest": gettext_lazy("Romania (Bucharest)"),
    "Europe/Budapest": gettext_lazy("Hungary (Budapest)"),
    "Europe/Copenhagen": gettext_lazy("Denmark (Copenhagen)"),
    "Europe/Dublin": gettext_lazy("Ireland (Dublin)"),
    "Europe/Helsinki": gettext_lazy("Finland (Helsinki)"),
    "Europe/Lisbon": gettext_lazy("Portugal (Lisbon)"),
    "Europe/Ljubljana": gettext_lazy("Slovenia (Ljubljana)"),
    "Europe/Luxembourg": gettext_lazy("Luxembourg (Luxembourg)"),
    "Europe/Madrid": gettext_lazy("Spain (Madrid)"),
    "Europe/Malta": gettext_lazy("Malta (Valletta)"),
    "Asia/Nicosia": gettext_lazy("Cyprus (Nicosia)"),
    "Europe/Paris": gettext_lazy("France (Paris)"),
    "Europe/Prague": gettext_lazy("Czechia (Prague)"),
    "Europe/Riga": gettext_lazy("Latvia (Riga)"),
    "Europe/Rome": gettext_lazy("Italy (Rome)"),
    "Europe/Sofia": gettext_lazy("Bulgaria (Sofia)"),
    "Europe/Stockholm": gettext_lazy("Sweden (Stockholm)"),
    "Europe/Tallinn": gettext_lazy("Estonia (Tallinn)"),
    "Europe/Vilnius": gettext_lazy("Lithuania (Vilnius)"),
    "Europe/Warsaw": gettext_lazy("Poland (Warsaw)"),
    "Europe/Zagreb": gettext_lazy("Croatia (Zagreb)"),
}
"""The other countries of the European Union, by the time of their capitals."""
SWITCH_NAMES = {
    Switch.ASSUMPTION: gettext_lazy(
        "15 August: Mariä Himmelfahrt (mainly Catholic municipalities of Bayern)"
    ),
    Switch.PEACE_FESTIVAL: gettext_lazy("8 August: Friedensfest, with 15 August (city of Augsburg)"),
    Switch.CORPUS_CHRISTI: gettext_lazy("Fronleichnam (some municipalities of Sachsen and Thüringen)"),
    Switch.PATRON: gettext_lazy("Patron saint's day of the Austrian Land"),
    Switch.CUSTOMARY: gettext_lazy("Customary days of the Swiss canton"),
}


def region_choices() -> list[tuple[Any, Any]]:
    """No holidays, or a part of one of the countries by its name."""
    groups: list[tuple[Any, Any]] = [("", gettext_lazy("no holidays"))]
    for country, name in COUNTRY_NAMES.items():
        parts = sorted(SUBDIVISIONS[country].items(), key=lambda part: part[1])
        whole = (country, gettext_lazy("only those of the whole country"))
        groups.append((name, [*((f"{country}-{code}", part) for code, part in parts), whole]))
    return groups


def region_name(code: str) -> str:
    """A region's code in words: the Land or canton, or the country; one that is none stays as it is."""
    try:
        region = region_of(code)
    except UnknownRegion:
        return code
    return region.name if region.subdivision else str(COUNTRY_NAMES[region.country])


def zone_choices() -> list[tuple[Any, Any]]:
    """The zones of our countries first, then those of the European Union, then all others."""
    others = sorted(available_timezones() - ZONE_NAMES.keys() - EU_ZONE_NAMES.keys())
    named = [(zone, zone_name(zone)) for zone in others if "/" in zone and "Etc/" not in zone]
    union = sorted(EU_ZONE_NAMES.items(), key=lambda row: str(row[1]))
    return [
        *ZONE_NAMES.items(),
        (gettext_lazy("European Union"), union),
        (gettext_lazy("other time zones"), named),
    ]


def zone_name(zone: str) -> str:
    """A zone by its country and city if it is a near one, else as it is written everywhere."""
    return str(ZONE_NAMES.get(zone) or EU_ZONE_NAMES.get(zone) or zone.replace("_", " "))


class CalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    """A calendar without its rows."""

    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices)
    region = forms.ChoiceField(
        label=gettext_lazy("Holidays of"),
        choices=region_choices,
        required=False,
        help_text=gettext_lazy(
            "Where the work is done. For legal deadlines this is the place of performance."
        ),
    )
    switches = forms.MultipleChoiceField(
        label=gettext_lazy("Regional holidays"),
        choices=list(SWITCH_NAMES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = WorkCalendar
        fields = ("name", "key", "zone", "region", "switches", "is_default", "is_active")

    def _get_validation_exclusions(self) -> set[str]:
        """Who becomes the company's calendar takes the mark from the former one; two marks are no fault."""
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        """Switches must belong to the region, and the company's calendar must be active."""
        cleaned = super().clean() or {}
        self._check_switches(cleaned.get("region", ""), cleaned.get("switches", []))
        if not cleaned.get("is_active"):
            self._check_unused(bool(cleaned.get("is_default")))
        return cleaned

    def _check_unused(self, is_default: bool) -> None:
        """A calendar that holds for somebody can't be deactivated."""
        if is_default:
            self.add_error("is_active", _("The company's calendar must be active."))
        if self.instance.pk is None:
            return
        for sentence, holders in (
            (_("Teams still have this calendar: %(names)s"), self.instance.teams.filter(is_active=True)),
            (_("People still have this calendar: %(names)s"), self.instance.holders(timezone.localdate())),
            (_("Scheduled starts still have this calendar: %(names)s"), self.instance.schedules.all()),
        ):
            if holders:
                self.add_error("is_active", sentence % {"names": ", ".join(map(str, holders))})

    def _check_switches(self, code: str, chosen: list[str]) -> None:
        region = region_of(code) if code else None
        known = switches_of(region.country, region.subdivision) if region else ()
        for one in chosen:
            if one not in known:
                message = _("“%(holiday)s” does not belong to the region chosen.")
                self.add_error("switches", message % {"holiday": SWITCH_NAMES[Switch(one)]})


class WindowForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row such as "Mo–Fr 09:00–12:00"."""

    text = forms.CharField(
        label=gettext_lazy("Weekdays and time"),
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "Mo–Fr 09:00–12:00", "autocomplete": "off"}),
    )

    class Meta:
        model = WorkWindow
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["text"] = str(self.instance)

    def clean_text(self) -> str:
        """Read it into the row's columns."""
        text: str = self.cleaned_data["text"]
        try:
            row = WeekRow(*officedays.read_week_row(text))
        except HoursError as error:
            raise ValidationError(
                _("Please write it like “Mo–Fr 09:00–12:00” or “Sa 22:00–06:00”.")
            ) from error
        window = self.instance
        window.first_weekday, window.last_weekday = row.first, row.last
        window.opens, window.closes = row.window
        return str(window)


class WindowFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """All windows of the week: at least one, and none over another."""

    def clean(self) -> None:
        """Name two windows that overlap, and refuse a calendar that never opens."""
        super().clean()
        if any(self.errors):
            return
        rows = [
            WeekRow(one.first_weekday, one.last_weekday, (one.opens, one.closes)) for one in _kept(self.forms)
        ]
        if not rows:
            raise ValidationError(_("This calendar would never be open: please enter at least one window."))
        try:
            officedays.week_of(rows)
        except Overlap as overlap:
            raise ValidationError(overlap_text(overlap)) from overlap


def overlap_text(overlap: Overlap) -> str:
    """Which two windows lie over each other, and on which day."""
    names = {"first": show_window(overlap.first), "second": show_window(overlap.second)}
    if overlap.weekday is None:
        return _("%(first)s and %(second)s overlap.") % names
    return _("%(first)s and %(second)s overlap on %(day)s.") % {**names, "day": WEEKDAYS[overlap.weekday]}


def _kept(all_forms: Iterable[Any]) -> list[Any]:
    """The rows that will be there after saving."""
    return [
        form.instance
        for form in all_forms
        if (form.has_changed() or form.instance.pk) and not form.cleaned_data.get("DELETE")
    ]


class DayForm(forms.ModelForm):  # type: ignore[type-arg]
    """A day of the office's own: "24.12." every year, or "24.12.2026" once."""

    when = forms.CharField(
        label=gettext_lazy("Day"),
        max_length=20,
        widget=forms.TextInput(attrs={"placeholder": "24.12.", "autocomplete": "off"}),
    )

    class Meta:
        model = CalendarDay
        fields = ("when", "kind", "hours", "name")
        widgets = {"hours": forms.TextInput(attrs={"placeholder": "09:00–12:00"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        one = self.instance
        if one.pk:
            self.initial["when"] = officedays.show_day(one.month, one.day, one.year)

    def clean_when(self) -> str:
        """Read it into the row's columns."""
        try:
            month, day, year = officedays.read_day(self.cleaned_data["when"])
        except HoursError as error:
            raise ValidationError(_("Please write it like “24.12.” (every year) or “24.12.2026”.")) from error
        self.instance.month, self.instance.day, self.instance.year = month, day, year
        return officedays.show_day(month, day, year)

    def clean_hours(self) -> str:
        """The hours as they are always shown."""
        try:
            return officedays.show_hours(officedays.read_hours(self.cleaned_data["hours"]))
        except HoursError as error:
            raise ValidationError(_("Please write it like “09:00–12:00, 13:00–15:00”.")) from error
        except Overlap as overlap:
            raise ValidationError(overlap_text(overlap)) from overlap

    def clean(self) -> dict[str, Any]:
        """A day that is open only for some hours needs them; a closed one has none."""
        cleaned: dict[str, Any] = super().clean() or {}
        hours, kind = cleaned.get("hours"), cleaned.get("kind")
        if hours == "" and kind == CalendarDay.Kind.HALF:
            self.add_error("hours", _("From when until when is it open?"))
        if hours and kind == CalendarDay.Kind.OFF:
            self.add_error("hours", _("A closed day has no hours."))
        return cleaned


class DayFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """All days of the office's own; each once."""

    def clean(self) -> None:
        """Name a day that stands twice, and one that is to be open and has no hours."""
        super().clean()
        if any(self.errors):
            return
        seen: set[tuple[int, int, int | None]] = set()
        for one in _kept(self.forms):
            day = (one.month, one.day, one.year)
            if day in seen:
                message = _("%(day)s stands here twice.")
                raise ValidationError(message % {"day": officedays.show_day(*day)})
            seen.add(day)
            if one.kind == CalendarDay.Kind.OPEN and not one.hours and one.year:
                self._demand_hours(dt.date(one.year, one.month, one.day))

    def _demand_hours(self, day: dt.date) -> None:
        """A day without hours is open as every such weekday; on one that is closed it opens nothing."""
        if day.weekday() not in _typed_weekdays(self.data):
            message = _("%(day)s is a %(weekday)s without working hours: from when until when is it open?")
            names = {"day": officedays.show_day(day.month, day.day, day.year)}
            raise ValidationError(message % {**names, "weekday": WEEKDAYS[day.weekday()]})


def _typed_weekdays(data: Mapping[str, str]) -> set[int]:
    """The weekdays on which the windows typed beside the days open; what cannot be read is told there."""
    found: set[int] = set()
    for number in range(int(data.get("windows-TOTAL_FORMS", 0))):
        if data.get(f"windows-{number}-DELETE"):
            continue
        with suppress(HoursError):
            found |= set(WeekRow(*officedays.read_week_row(data.get(f"windows-{number}-text", ""))).weekdays)
    return found


class PersonCalendarForm(forms.ModelForm):  # type: ignore[type-arg]
    """From when a person has which calendar."""

    class Meta:
        model = PersonCalendar
        fields = ("from_on", "calendar")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_active(self, self.instance.calendar_id)


def offer_active(form: Any, present_id: int | None) -> None:
    """Let only active calendars be chosen, and the one chosen already; who only reads has no such field."""
    if "calendar" in form.fields:
        form.fields["calendar"].queryset = WorkCalendar.objects.filter(Q(is_active=True) | Q(pk=present_id))
