"""Pages of working calendars in the administration: typing, refusals, who has which, the record of it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from people import adminchanges, calendars
from people.calendarforms import zone_choices, zone_name
from people.models import AdminEvent, CalendarDay, PersonCalendar, Team, User, WorkCalendar
from people.tests.test_account_admin import account, management
from people.tests.test_calendars import make_calendar
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
OFFICE = ("Mo–Do 09:00–12:00", "Mo–Do 13:00–17:00", "Fr 9-12")


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user("Verwaltung", is_user_admin=True, language="en")
    client.force_login(user)
    return user


def url(page: str, *args: Any, model: str = "workcalendar") -> str:
    return reverse(f"admin:people_{model}_{page}", args=args)


def page(
    windows: tuple[str, ...] = OFFICE, days: tuple[dict[str, str], ...] = (), **more: Any
) -> dict[str, Any]:
    """What the page of a new calendar posts."""
    typed: dict[str, Any] = {
        "name": "Zentrale",
        "key": "zentrale",
        "zone": "Europe/Berlin",
        "is_active": "on",
    }
    for prefix, count in (("windows", len(windows)), ("days", len(days))):
        typed |= {f"{prefix}-{key}": value for key, value in management(0).items()}
        typed[f"{prefix}-TOTAL_FORMS"] = count
    typed |= {f"windows-{number}-text": text for number, text in enumerate(windows)}
    for number, day in enumerate(days):
        typed |= {f"days-{number}-{name}": value for name, value in ({"kind": "off"} | day).items()}
    return typed | more


def stored_page(row: WorkCalendar, **more: Any) -> dict[str, Any]:
    """The page of a stored calendar as it is, with changes."""
    typed = page(tuple(map(str, row.windows.all())), zone=row.zone, region=row.region, name=row.name)
    typed["windows-INITIAL_FORMS"] = row.windows.count()
    for number, window in enumerate(row.windows.all()):
        typed |= {f"windows-{number}-id": window.pk, f"windows-{number}-calendar": row.pk}
    return typed | more


def refusals(response: Any) -> str:
    """All messages of a page that was not saved."""
    assert response.status_code == 200, response.status_code
    parts = [str(response.context["adminform"].form.errors)]
    for formset in response.context["inline_admin_formsets"]:
        parts += [str(formset.formset.errors), str(formset.formset.non_form_errors())]
    return " ".join(parts)


def events() -> list[tuple[str, dict[str, Any]]]:
    return list(AdminEvent.objects.order_by("pk").values_list("kind", "changes"))


# -- typing a calendar ---------------------------------------------------------------------------------------


def test_a_calendar_is_typed_in_rows_and_recorded(client: Client, admin: User) -> None:
    days = (
        {"when": "24.12.", "kind": "half", "hours": "9-12", "name": "Heiligabend"},
        {"when": "15.5.2026", "name": "Brückentag"},
    )
    posted = page(days=days, region="DE-BY", switches=["assumption"], is_default="on")
    assert client.post(url("add"), posted).status_code == 302
    row = WorkCalendar.objects.get()
    assert list(map(str, row.windows.all())) == [
        "Mon–Thu 09:00–12:00",
        "Mon–Thu 13:00–17:00",
        "Fri 09:00–12:00",
    ]
    assert [str(day) for day in row.days.all()] == [
        "15.05.2026 Brückentag Closed",
        "24.12. Heiligabend Open only 09:00–12:00",
    ]
    calendar = calendars.calendar_for(None, None, dt.date(2026, 8, 14))
    assert calendar.name_of(dt.date(2026, 8, 15)) == "Mariä Himmelfahrt (BY)"
    kinds = [kind for kind, _changes in events()]
    assert kinds == ["calendar_created", "calendar_changed", "calendar_changed"]
    assert events()[1][1]["windows"][1].startswith("Mon–Thu 09:00–12:00; ")


def test_changed_rows_are_recorded_old_and_new(client: Client, admin: User) -> None:
    row = make_calendar("zentrale")
    changed = stored_page(row, **{"windows-0-text": "Mo–Fr 22:00–06:00"})
    assert client.post(url("change", row.pk), changed).status_code == 302
    event = AdminEvent.objects.get(kind="calendar_changed", changes__has_key="windows")
    assert event.by == admin
    assert event.changes == {"windows": ["Mon–Fri 09:00–17:00", "Mon–Fri 22:00–06:00"]}
    assert adminchanges.sentences(event) == ["Working windows: Mon–Fri 09:00–17:00 → Mon–Fri 22:00–06:00"]


def test_saving_without_a_change_records_nothing(client: Client, admin: User) -> None:
    row = make_calendar("zentrale")
    assert client.post(url("change", row.pk), stored_page(row)).status_code == 302
    assert events() == []


def test_another_calendar_takes_the_mark_of_the_company_over(client: Client, admin: User) -> None:
    old = make_calendar("old", is_default=True)
    assert client.post(url("add"), page(is_default="on")).status_code == 302
    assert list(WorkCalendar.objects.filter(is_default=True).values_list("key", flat=True)) == ["zentrale"]
    assert AdminEvent.objects.get(object_id=str(old.pk)).changes == {"is_default": [True, False]}


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        (page(windows=()), "never be open"),
        (page(windows=("Mo–Fr 9-13", "Mi 12-17")), "09:00–13:00 and 12:00–17:00 overlap on Wednesday"),
        (page(windows=("So 22-6", "Mo 5-9")), "22:00–06:00 and 05:00–09:00 overlap on Monday"),
        (page(windows=("Mo–Fr neun",)), "Please write it like “Mo–Fr 09:00–12:00”"),
        (page(days=({"when": "31.2."},)), "Please write it like “24.12.”"),
        (page(days=({"when": "24.12."}, {"when": "24.12"})), "24.12. stands here twice"),
        (page(days=({"when": "24.12.", "kind": "half"},)), "From when until when"),
        (page(days=({"when": "24.12.", "hours": "9-12"},)), "A closed day has no hours"),
        (page(days=({"when": "24.12.", "kind": "half", "hours": "neun"},)), "13:00–15:00”"),
        (page(days=({"when": "1.6.", "kind": "open", "hours": "9-13, 12-14"},)), "12:00–14:00 overlap."),
        (page(region="DE-NW", switches=["assumption"]), "does not belong to the region"),
        (page(region="", switches=["patron"]), "does not belong to the region"),
        (page(region="DE-XX"), "Select a valid choice"),
        (page(zone="Europe/Nirgendwo"), "Select a valid choice"),
        (page(is_default="on", is_active=""), "must be active"),
    ],
)
def test_what_makes_no_calendar_is_refused_in_words(
    client: Client, admin: User, posted: dict[str, Any], words: str
) -> None:
    assert words in refusals(client.post(url("add"), posted))
    assert not WorkCalendar.objects.exists()
    assert not events()


def test_removing_the_last_window_is_refused(client: Client, admin: User) -> None:
    row = make_calendar("zentrale")
    changed = stored_page(row, **{"windows-0-DELETE": "on"})
    assert "never be open" in refusals(client.post(url("change", row.pk), changed))
    assert row.windows.count() == 1


def test_a_calendar_of_a_team_stays_active(client: Client, admin: User) -> None:
    row = make_calendar("zentrale")
    make_team("service", name="Kundendienst", calendar=row)
    changed = stored_page(row, is_active="")
    assert "Kundendienst" in refusals(client.post(url("change", row.pk), changed))


# -- looking at it -------------------------------------------------------------------------------------------


def test_the_page_shows_the_next_days_and_the_holidays(client: Client, admin: User) -> None:
    today = timezone.localdate()
    row = make_calendar("zentrale", region="DE-NW")
    tomorrow = today + dt.timedelta(days=1)
    CalendarDay.objects.create(
        calendar=row, year=tomorrow.year, month=tomorrow.month, day=tomorrow.day, name="Betriebsausflug"
    )
    response = client.get(url("change", row.pk))
    shown = response.content.decode()
    assert len(response.context["preview_days"]) == 14
    assert "Betriebsausflug" in shown
    holidays = [one.day for one in response.context["preview_holidays"]]
    assert holidays == sorted(holidays)
    assert today <= holidays[0] and holidays[-1] < today + dt.timedelta(days=365) and len(holidays) > 9
    assert "Tag der Deutschen Einheit" in shown
    assert "24.12.2026 of that year alone" in shown
    assert "Mon–Fri 09:00–17:00" in client.get(url("changelist")).content.decode()


def test_near_time_zones_are_named_by_their_countries_and_the_others_come_last() -> None:
    *ours, (_union, near), (_others, far) = zone_choices()
    assert str(ours[0][1]) == "Germany (Berlin)"
    assert str(dict(near)["Europe/Copenhagen"]) == zone_name("Europe/Copenhagen") == "Denmark (Copenhagen)"
    zones = [zone for zone, _name in [*ours, *near, *far]]
    assert len(zones) == len(set(zones)) and {*dict(near)} <= available_timezones() and len(near) == 25
    assert {"Africa/Addis_Ababa", "Europe/Oslo"} <= {*dict(far)}


def test_a_calendar_broken_by_hand_still_opens(client: Client, admin: User) -> None:
    row = make_calendar("zentrale", zone="Europe/Nirgendwo")
    assert client.get(url("change", row.pk)).status_code == 200


@pytest.mark.parametrize(
    "fields", [{}, {"is_process_admin": True}, {"is_operator": True}, {"is_auditor": True}]
)
def test_calendars_are_closed_for_others(client: Client, fields: dict[str, bool]) -> None:
    row = make_calendar("zentrale")
    client.force_login(make_user("Jemand", make_team(), **fields))
    reading = () if "is_process_admin" in fields else (url("changelist"), url("change", row.pk))
    for path in (url("add"), *reading):
        assert client.get(path).status_code in (403, 404)
    assert client.post(url("change", row.pk), stored_page(row, name="Neu")).status_code in (403, 404)
    assert WorkCalendar.objects.get().name == "Zentrale"


def test_a_calendar_is_never_deleted(client: Client, admin: User) -> None:
    row = make_calendar("zentrale")
    assert client.post(url("delete", row.pk), {"post": "yes"}).status_code == 403
    assert WorkCalendar.objects.exists()


# -- who has which -------------------------------------------------------------------------------------------


def test_a_team_gets_a_calendar(client: Client, admin: User) -> None:
    team, row = make_team("service"), make_calendar("zentrale", 15)
    posted = {"name": "Service", "is_active": "on", "calendar": row.pk}
    posted |= {f"memberships-{key}": value for key, value in management(0).items()}
    assert client.post(url("change", team.pk, model="team"), posted).status_code == 302
    assert Team.objects.get().calendar == row
    assert AdminEvent.objects.get(kind="team_changed").changes == {"calendar": [None, "Zentrale"]}


def test_an_account_gets_calendars_from_days_on(client: Client, admin: User) -> None:
    clerk, row = make_user("Vogt"), make_calendar("zentrale", 15)
    posted = account("Vogt") | {
        "calendars-TOTAL_FORMS": 1,
        "calendars-0-from_on": "2026-07-01",
        "calendars-0-calendar": row.pk,
    }
    assert client.post(url("change", clerk.pk, model="user"), posted).status_code == 302
    assert PersonCalendar.objects.get().user == clerk
    event = AdminEvent.objects.get(kind="user_calendar_changed")
    assert (event.object_id, event.changes) == (str(clerk.pk), {"calendars": ["", "Zentrale (01.07.2026)"]})


@pytest.mark.parametrize(("is_used", "offered"), [(True, True), (False, False)])
def test_only_active_calendars_are_offered_and_the_present_one(
    client: Client, admin: User, is_used: bool, offered: bool
) -> None:
    row = make_calendar("alt", is_active=False)
    team = make_team("service", calendar=row if is_used else None)
    field = client.get(url("change", team.pk, model="team")).context["adminform"].form.fields["calendar"]
    assert (row in field.queryset) is offered


def test_lists_and_records_name_the_land(client: Client, admin: User) -> None:
    row = make_calendar("wien", region="AT-9", zone="Europe/Vienna")
    assert ">Wien<" in client.get(url("changelist")).content.decode()
    client.post(url("change", row.pk), stored_page(row, region="DE-NW"))
    (event,) = AdminEvent.objects.filter(kind="calendar_changed")
    assert adminchanges.sentences(event) == ["Holidays of: Wien → Nordrhein-Westfalen"]
