"""Calendars under several hands at once: what one process changes, the others see, and one mark stays one."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from people.models import WorkCalendar, WorkWindow
from people.tests.test_calendar_admin import page, url
from people.tests.test_calendars import hour, make_calendar
from processes.tests.builders import make_user
from processes.tests.races import at_once, losers

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_a_change_on_another_connection_is_seen_by_the_next_question() -> None:
    make_calendar("company", 18, is_default=True)
    assert hour() == 18

    def close_earlier() -> None:
        window = WorkWindow.objects.get()
        window.closes = dt.time(15)
        window.save()

    assert losers(at_once([close_earlier])) == 0
    assert hour() == 15


def test_two_changes_at_once_leave_nobody_with_the_older_one() -> None:
    make_calendar("company", 18, is_default=True)
    make_calendar("other", 12)

    def close(key: str, closes: int) -> int:
        window = WorkWindow.objects.get(calendar__key=key)
        window.closes = dt.time(closes)
        window.save()
        return hour()

    results = at_once([lambda: close("company", 16), lambda: close("other", 13)])
    assert losers(results) == 0
    assert hour() == 16


def test_two_administrators_make_two_calendars_the_companys() -> None:
    by = make_user("Verwaltung", is_user_admin=True, language="en")

    def add(key: str) -> int:
        client = Client()
        client.force_login(by)
        posted = page(key=key, name=key.title(), is_default="on")
        return client.post(url("add"), posted).status_code

    results = at_once([lambda: add("north"), lambda: add("south")])
    assert losers(results) == 0
    assert results == [302, 302]
    assert WorkCalendar.objects.filter(is_default=True).count() == 1
