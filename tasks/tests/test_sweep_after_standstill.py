"""What became due while nobody looked at the clock: first the lead, in one message; those above a day on."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import CalendarDay
from people.scope import SYSTEM
from processes import runtime
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    make_definition,
    make_team,
    make_user,
    make_version,
    single,
)
from tasks import deadlines, verify
from tasks.models import Clock, LevelFired, Notification, Standstill
from tasks.tests.clockwork import calendar

pytestmark = pytest.mark.django_db

LEVELS = (
    {"level": 1, "name": "Leitung", "acts": [{"do": "notify", "whom": ["assignee", "lead"]}]},
    {"level": 2, "name": "Oben", "offset": "1h", "acts": [{"do": "notify", "whom": ["owner"]}]},
)
DUE = dt.datetime(2026, 11, 17, 10, tzinfo=BERLIN)
"""A Tuesday; the second level is due an hour later."""
BEFORE, BACK = DUE - dt.timedelta(hours=1), DUE + dt.timedelta(hours=5)


@pytest.fixture
def anna():
    service = make_team()
    make_user("Lea", service, lead=True)
    return make_user("Anna", service)


@pytest.fixture
def version(anna):
    owner = make_user("Olga", make_team("owners"))
    return make_version(single(deadline="8h"), make_definition(owner=owner), levels=LEVELS)


def start(version, by, number=1):
    return [runtime.start(version, by=by, at=MONDAY) for _ in range(number)]


def told():
    rows = Notification.objects.filter(channel="app").exclude(kind="assigned")
    return sorted(rows.values_list("recipient__last_name", "kind"))


def test_the_lead_is_told_once_of_all_and_nobody_above_before_a_working_day_has_passed(version, anna):
    cases = start(version, anna, 3)
    done = deadlines.sweep(at=BACK, last_tick=BEFORE)
    assert (done.overdue, done.failed, told()) == (3, 0, [("Lea", "standstill")])
    assert {case.tasks.get().escalation_level for case in cases} == {1}
    assert {clock.wake_at for clock in Clock.objects.all()} == {BACK + dt.timedelta(days=1)}
    still = Standstill.objects.get()
    assert (still.from_at, still.until_at) == (BEFORE, BACK)

    assert deadlines.sweep(at=BACK + dt.timedelta(hours=1), last_tick=BACK).clocks == 0
    deadlines.sweep(at=BACK + dt.timedelta(days=1), last_tick=BACK)
    assert told() == [("Lea", "standstill"), *[("Olga", "overdue")] * 3]
    assert not list(verify.all_breaks())


def test_after_a_standstill_too_statements_do_not_grow_with_the_number_of_clocks(version, anna):
    asked = []
    for day, number in ((0, 2), (1, 20)):
        start(version, anna, number)
        with CaptureQueriesContext(connection) as captured:
            later = dt.timedelta(minutes=day)
            assert deadlines.sweep(at=BACK + later, last_tick=BEFORE + later).overdue == number
        asked.append(len(captured))
    assert asked[0] == asked[1]


# -- which part of a level waits -----------------------------------------------------------------------------

NEXT_DAY = BACK + dt.timedelta(days=1)
COMMENT = {"do": "comment", "text": "x"}


def next_day():
    deadlines.sweep(at=NEXT_DAY, last_tick=NEXT_DAY - dt.timedelta(seconds=5))


def tells(*whom, more=()):
    return ({"level": 1, "name": "Stufe", "acts": [{"do": "notify", "whom": list(whom)}, *more]},)


@pytest.mark.parametrize("more", [(), (COMMENT,)], ids=["tells", "tells and acts"])
@pytest.mark.parametrize("whom", [("owner",), ("lead", "owner"), ("team", "owner", "wache@example.com")])
def test_the_lead_is_told_at_once_and_only_what_goes_above_waits(anna, whom, more):
    owner = make_user("Olga", make_team("owners"))
    levels = tells(*whom, more=more)
    version = make_version(single(deadline="8h"), make_definition(owner=owner), levels=levels)
    (case,) = start(version, anna)
    deadlines.sweep(at=BACK, last_tick=BEFORE)
    assert told() == [("Lea", "standstill")]
    assert not LevelFired.objects.filter(level=1).exists()
    assert case.tasks.get().escalation_level == 0
    for minutes in (1, 5):
        deadlines.sweep(at=BACK + dt.timedelta(minutes=minutes), last_tick=BACK)
    assert told() == [("Lea", "standstill")]
    next_day()
    assert told() == [("Lea", "standstill"), ("Olga", "overdue")]
    mails = Notification.objects.filter(address="wache@example.com").count()
    assert mails == ("wache@example.com" in whom)
    assert case.events.filter(kind="commented").count() == len(more)
    assert not list(verify.all_breaks())


def test_a_level_that_acts_tells_the_lead_in_the_one_message_too(anna):
    levels = tells("assignee", more=(COMMENT,))
    cases = start(make_version(single(deadline="8h"), levels=levels), anna, 2)
    deadlines.sweep(at=BACK, last_tick=BEFORE)
    assert told() == [("Lea", "standstill")]
    assert [case.events.filter(kind="commented").count() for case in cases] == [1, 1]
    assert Notification.objects.filter(channel="mail", recipient__last_name="Lea").count() == 1


def test_what_waits_is_judged_anew_when_its_day_has_come(anna):
    (level,) = tells("owner")
    owner = make_user("Olga", make_team("owners"))
    version = make_version(
        single(deadline="8h"), make_definition(owner=owner), levels=[{**level, "unclaimed": True}]
    )
    (case,) = start(version, anna)
    deadlines.sweep(at=BACK, last_tick=BEFORE)
    runtime.claim(case.tasks.get(), by=anna, at=BACK)
    next_day()
    assert told() == [("Lea", "standstill")]


# -- the grace, whatever happens in it -----------------------------------------------------------------------


def shorten_monday(company):
    CalendarDay.objects.create(
        calendar=company, kind="half", month=11, day=16, year=2026, hours="09:00–16:30"
    )


def test_a_changed_calendar_does_not_end_it(anna):
    company = calendar("company", is_default=True)
    levels = (*tells("lead", "owner"), {"level": 2, "offset": "1h", "acts": [COMMENT]})
    owner = make_user("Olga", make_team("owners"))
    version = make_version(single(deadline="8h"), make_definition(owner=owner), levels=levels)
    (case,) = start(version, anna)
    deadlines.sweep(at=BACK, last_tick=BEFORE)
    shorten_monday(company)
    clock = Clock.objects.get()
    assert runtime.recompute(clock.pk, by=SYSTEM, at=BACK + dt.timedelta(minutes=1))
    deadlines.sweep(at=BACK + dt.timedelta(minutes=2), last_tick=BACK)
    assert told() == [("Lea", "standstill")]
    assert {row["at"] for row in Clock.objects.get().plan[1:]} == {NEXT_DAY.astimezone(dt.UTC).isoformat()}
    next_day()
    assert told() == [("Lea", "standstill"), ("Olga", "overdue")]
    assert case.events.filter(kind="commented").count() == 1
    assert not list(verify.all_breaks())


def test_it_rests_with_the_case_and_stays_so_when_a_calendar_changes_then(anna):
    company = calendar("company", is_default=True)
    owner = make_user("Olga", make_team("owners"))
    version = make_version(single(deadline="8h"), make_definition(owner=owner), levels=tells("lead", "owner"))
    (case,) = start(version, anna)
    deadlines.sweep(at=BACK, last_tick=BEFORE)
    runtime.suspend(case, by=owner, reason="ruht", at=BACK)
    case.refresh_from_db()
    runtime.resume(case, by=owner, at=NEXT_DAY)
    shorten_monday(company)
    assert runtime.recompute(Clock.objects.get().pk, by=SYSTEM, at=NEXT_DAY)
    assert Clock.objects.get().wake_at == NEXT_DAY + dt.timedelta(days=1)


# -- two standstills -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [(), (COMMENT,)], ids=["tells", "tells and acts"])
def test_levels_a_first_one_left_over_are_held_back_after_a_second_one(anna, monkeypatch, more):
    monkeypatch.setattr(deadlines, "BATCH", 2)
    monkeypatch.setattr(deadlines, "BATCH_SQLITE", 2)
    owner = make_user("Olga", make_team("owners"))
    levels = tells("owner", more=more)
    version = make_version(single(deadline="8h"), make_definition(owner=owner), levels=levels)
    start(version, anna, 5)
    deadlines.sweep(at=BACK, last_tick=BEFORE, most=1)
    later = BACK + dt.timedelta(hours=1)
    assert deadlines.sweep(at=later, last_tick=BACK).overdue == 3
    assert told() == [("Lea", "standstill")]
    assert Notification.objects.get(channel="app", kind="standstill").data == {
        "standstill": Standstill.objects.get(until_at=BACK).pk
    }
    deadlines.sweep(at=later + dt.timedelta(days=1), last_tick=later + dt.timedelta(hours=23, minutes=59))
    assert told() == [("Lea", "standstill"), *[("Olga", "overdue")] * 5]


def test_the_lead_is_told_of_each_one_in_which_something_passed(anna):
    owner = make_user("Olga", make_team("owners"))
    version = make_version(single(deadline="8h"), make_definition(owner=owner), levels=LEVELS)
    start(version, anna)
    deadlines.sweep(at=DUE + dt.timedelta(minutes=30), last_tick=BEFORE)
    deadlines.sweep(at=BACK, last_tick=DUE + dt.timedelta(minutes=31))
    assert told() == [("Lea", "standstill"), ("Lea", "standstill")]
