"""Which calendar holds for whom and when, and that no process keeps an old one."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import pytest
from django.db import transaction
from django.test.utils import CaptureQueriesContext

from people import calendars, worktime
from people.models import CalendarDay, PersonCalendar, Team, User, WorkCalendar, WorkWindow
from processes.tests.builders import make_team, make_user

pytestmark = pytest.mark.django_db
MONDAY = dt.date(2026, 11, 23)


def make_calendar(key: str, closes: int = 17, **fields: Any) -> WorkCalendar:
    """Monday to Friday from nine until `closes`."""
    calendar = WorkCalendar.objects.create(key=key, name=key.title(), **fields)
    WorkWindow.objects.create(
        calendar=calendar, first_weekday=0, last_weekday=4, opens=dt.time(9), closes=dt.time(closes)
    )
    return calendar


def closing(calendar: worktime.Calendar) -> int:
    """The hour at which the Monday ends, by which these tests tell calendars apart."""
    return calendar.windows_on(MONDAY)[0][1].hour


def hour(user: User | None = None, team: Team | None = None, on: dt.date = MONDAY) -> int:
    return closing(calendars.calendar_for(user and user.pk, team and team.pk, on))


def test_without_any_calendar_it_is_monday_to_friday_nine_to_five() -> None:
    assert calendars.calendar_for(None, None, MONDAY) is worktime.STANDARD


def test_the_person_comes_before_the_team_and_the_team_before_the_company() -> None:
    make_calendar("company", 18, is_default=True)
    team = make_team("service", calendar=make_calendar("service", 19))
    person = make_user("Vogt", team)
    assert (hour(), hour(team=team), hour(person, team)) == (18, 19, 19)
    PersonCalendar.objects.create(user=person, calendar=make_calendar("own", 20), from_on=dt.date(2026, 1, 1))
    assert (hour(person, team), hour(person)) == (20, 20)
    assert hour(make_user("Arndt", team), team) == 19


def test_a_person_changes_calendars_on_a_day() -> None:
    person, first, second = make_user("Vogt"), make_calendar("first", 15), make_calendar("second", 16)
    PersonCalendar.objects.create(user=person, calendar=second, from_on=MONDAY)
    PersonCalendar.objects.create(user=person, calendar=first, from_on=dt.date(2026, 3, 1))
    PersonCalendar.objects.create(user=person, calendar=None, from_on=MONDAY + dt.timedelta(days=7))
    days = ("2026-02-28", "2026-03-01", "2026-11-22", "2026-11-23", "2026-11-30")
    assert [hour(person, on=dt.date.fromisoformat(day)) for day in days] == [17, 15, 15, 16, 17]


def test_a_team_without_a_calendar_has_that_of_the_team_it_is_part_of() -> None:
    site = make_team("site", calendar=make_calendar("site", 14))
    assert hour(team=make_team("desk", parent=make_team("floor", parent=site))) == 14


def test_an_inactive_calendar_holds_for_nobody() -> None:
    make_calendar("company", 18, is_default=True)
    team = make_team("service", calendar=make_calendar("service", 19, is_active=False))
    assert hour(team=team) == 18
    with pytest.raises(calendars.UnknownCalendar):
        calendars.calendar_by_key("service")


def test_a_stored_calendar_has_zone_holidays_and_days_of_its_own() -> None:
    row = make_calendar("wien", zone="Europe/Vienna", region="AT-9", switches=["patron"])
    CalendarDay.objects.create(calendar=row, month=12, day=24, kind="half", hours="09:00–12:00")
    calendar = calendars.calendar_by_key("wien")
    assert calendar.zone.key == "Europe/Vienna"
    assert calendar.windows_on(dt.date(2026, 10, 26)) == ()
    assert calendar.name_of(dt.date(2027, 11, 15)) == "Hl. Leopold (Wien)"
    assert calendar.windows_on(dt.date(2026, 12, 24)) == ((dt.time(9), dt.time(12)),)


@pytest.mark.parametrize(
    ("code", "zone", "day"),
    [
        ("DE-NW", "Europe/Berlin", "2026-06-04"),
        ("AT-W", "Europe/Vienna", "2026-10-26"),
        ("CH-ZH", "Europe/Zurich", "2026-05-01"),
    ],
)
def test_the_code_of_a_region_is_a_calendar(code: str, zone: str, day: str) -> None:
    calendar = calendars.calendar_by_key(code)
    assert calendar.zone.key == zone
    assert closing(calendar) == 17
    assert calendar.windows_on(dt.date.fromisoformat(day)) == ()


def test_a_stored_key_comes_before_a_code() -> None:
    make_calendar("DE-NW", 12)
    assert closing(calendars.calendar_by_key("DE-NW")) == 12


@pytest.mark.parametrize("key", ["", "nix", "DE-XX"])
def test_an_unknown_key_is_refused(key: str) -> None:
    with pytest.raises(calendars.UnknownCalendar):
        calendars.calendar_by_key(key)


def test_every_change_is_seen_at_once() -> None:
    row = make_calendar("company", 18, is_default=True)
    team = make_team()
    assert hour(team=team) == 18
    window = row.windows.get()
    window.closes = dt.time(16)
    window.save()
    assert hour(team=team) == 16
    CalendarDay.objects.create(calendar=row, month=11, day=23, kind="half", hours="09:00–11:00")
    assert hour(team=team) == 11
    row.days.get().delete()
    assert hour(team=team) == 16
    team.calendar = make_calendar("other", 13)
    team.save()
    assert hour(team=team) == 13
    team.calendar = None
    team.save()
    assert hour(team=team) == 16


def test_what_was_rolled_back_is_forgotten() -> None:
    make_calendar("company", 18, is_default=True)
    with transaction.atomic():
        WorkWindow.objects.get().delete()
        make_calendar("other", 10)
        assert calendars.calendar_for(None, None, MONDAY) is worktime.STANDARD
        transaction.set_rollback(True)
    assert hour() == 18


def test_an_unchanged_calendar_costs_one_query(django_assert_num_queries: Any) -> None:
    make_calendar("company", 18, is_default=True)
    team = make_team()
    hour(team=team)
    with django_assert_num_queries(1):
        known = calendars.current()
        assert {closing(known.of(None, team.pk, MONDAY)) for _ in range(50)} == {18}


def test_the_number_of_queries_does_not_grow_with_the_calendars() -> None:
    def reading() -> int:
        from django.db import connection

        with CaptureQueriesContext(connection) as queries:
            calendars.current()
        return len(queries)

    make_calendar("first")
    one = reading()
    for number in range(5):
        make_calendar(f"more-{number}")
    assert reading() == one


@pytest.mark.parametrize(
    "broken",
    [
        {"zone": "Europe/Nirgendwo"},
        {"region": "DE-XX"},
        {"region": "DE-NW", "switches": ["assumption"]},
        {"switches": ["nix"], "region": "DE-BY"},
    ],
)
def test_a_broken_calendar_is_logged_and_left_out(broken: dict[str, Any], caplog: Any) -> None:
    make_calendar("company", 18, is_default=True)
    team = make_team("service", calendar=make_calendar("broken", 19, **broken))
    with caplog.at_level(logging.ERROR):
        assert hour(team=team) == 18
    assert "broken" in caplog.text


def test_a_calendar_that_never_opens_is_left_out(caplog: Any) -> None:
    team = make_team("service", calendar=WorkCalendar.objects.create(key="shut", name="Zu"))
    assert hour(team=team) == 17
    assert "shut" in caplog.text
