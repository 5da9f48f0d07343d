"""A working calendar that holds for somebody or something stays active; a day must open what it says."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from people.models import PersonCalendar, User, WorkCalendar
from people.tests.test_calendar_admin import page, refusals, stored_page, url
from people.tests.test_calendars import make_calendar
from processes.models import StartSchedule
from processes.tests.builders import make_user, make_version, single

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> User:
    user = make_user("Verwaltung", is_user_admin=True, language="en")
    client.force_login(user)
    return user


@pytest.fixture
def branch(admin: User) -> WorkCalendar:
    return make_calendar("zentrale")


def given(user: User, calendar: WorkCalendar, days: int) -> None:
    """A person's calendar from so many days from now on."""
    day = timezone.localdate() + dt.timedelta(days=days)
    PersonCalendar.objects.create(user=user, calendar=calendar, from_on=day)


@pytest.mark.parametrize("days", [-30, 30])
def test_not_while_a_person_has_it(client: Client, branch: WorkCalendar, days: int):
    given(make_user("Vogt"), branch, days)
    assert "Vogt" in refusals(client.post(url("change", branch.pk), stored_page(branch, is_active="")))


def test_whoever_had_it_or_has_left_is_no_reason(client: Client, branch: WorkCalendar):
    moved = make_user("Vogt")
    given(moved, branch, -30)
    given(moved, make_calendar("filiale"), -10)
    given(make_user("Weg", is_active=False), branch, -30)
    assert client.post(url("change", branch.pk), stored_page(branch, is_active="")).status_code == 302


def test_not_while_a_scheduled_start_goes_by_it(client: Client, branch: WorkCalendar):
    StartSchedule.objects.create(
        definition=make_version(single()).definition,
        title="Jahresabschluss",
        calendar=branch,
        anchor_on=dt.date(2027, 1, 1),
    )
    refused = client.post(url("change", branch.pk), stored_page(branch, is_active=""))
    assert "Jahresabschluss" in refusals(refused)


@pytest.mark.parametrize(
    ("when", "hours", "is_taken"),
    [
        ("27.12.2026", "", False),
        ("27.12.2026", "9-12", True),
        ("25.12.2026", "", True),
        ("27.12.", "", True),
    ],
)
def test_a_day_that_is_to_be_open_opens_something(
    client: Client, admin: User, when: str, hours: str, is_taken: bool
):
    day = {"when": when, "kind": "open", "name": "Inventur", "hours": hours}
    posted = client.post(url("add"), page(("Mo–Fr 09:00–17:00",), (day,)))
    assert (posted.status_code == 302) is is_taken
    if not is_taken:
        assert "Sunday without working hours" in refusals(posted)
