"""Deadlines in words; the moment is always given."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from tasks import duetime

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 11, 25, 10, 0, tzinfo=BERLIN)
"""A Wednesday."""


def at(day, hour=12, minute=0, month=11, year=2026):
    return dt.datetime(year, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("due", "group"),
    [
        (None, "none"),
        (at(25, 9, 59), "overdue"),
        (at(25, 10, 0), "today"),
        (at(25, 23, 59), "today"),
        (at(26), "week"),
        (at(29, 23), "week"),
        (at(30), "later"),
        (at(4, month=1, year=2027), "later"),
    ],
)
def test_group_by_distance(due, group):
    assert duetime.group(due, NOW) == group


@pytest.mark.parametrize(
    ("due", "long"),
    [
        (None, "no deadline"),
        (at(20, 17), "3 working days overdue, since Fri, 20 Nov"),
        (at(24, 17), "1 working day overdue, since Tue, 24 Nov"),
        (at(25, 9), "overdue, since 09:00"),
        (at(25, 11, 30), "today, 11:30"),
        (at(26), "tomorrow"),
        (at(27), "Fri, 27 Nov"),
        (at(4, month=12), "4 Dec"),
        (at(4, month=1, year=2027), "4 Jan 2027"),
    ],
)
def test_label_in_words(due, long):
    with translation.override("en"):
        assert duetime.label(due, NOW).long == long


def test_label_of_a_suspended_case_rests():
    with translation.override("en"):
        label = duetime.label(at(20), NOW, is_suspended=True)
    assert (label.text, label.mark, label.icon) == ("resting", "", "pause")


def test_weekend_days_do_not_count_as_overdue():
    with translation.override("en"):
        assert duetime.label(at(20, 17), at(22)).text == "overdue"


def test_day_after_is_midnight_in_local_time():
    assert duetime.day_after(dt.datetime(2026, 11, 25, 23, 30, tzinfo=dt.UTC)) == at(27, 0)
