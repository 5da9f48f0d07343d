"""Reminders by mail wait for the recipient's working hours (G10); the message in the application does not."""

import datetime as dt

import pytest

from people import calendars
from people.models import PersonCalendar, User, WorkCalendar, WorkWindow
from processes import runtime
from processes.tests.builders import MONDAY, make_team, single
from tasks import deadlines
from tasks.messages import outbox, telling
from tasks.models import Notification
from tasks.tests.clockwork import calendar
from tasks.tests.test_escalation import Office, act, notify, on

pytestmark = pytest.mark.django_db

SUNDAY, NEXT_OPENING = on(22), on(23, 9)
ON_SUNDAY = {"offset": "5cd"}
"""Behind a deadline of a Tuesday, ten o'clock."""


@pytest.fixture
def office(db):
    return Office()


def mail_for(person):
    rows = Notification.objects.filter(channel="mail", recipient=person)
    return rows.values_list("available_at", flat=True).get()


def test_a_level_on_a_sunday_sends_its_mail_on_monday_and_shows_its_message_at_once(office, mailoutbox):
    office.start(notify("lead", **ON_SUNDAY))
    deadlines.sweep(at=SUNDAY)
    shown = Notification.objects.get(channel="app", recipient=office.lea)
    assert (shown.available_at, shown.state) == (SUNDAY, "sent")
    assert mail_for(office.lea) == NEXT_OPENING
    assert outbox.deliver(at=SUNDAY + dt.timedelta(hours=1)).total == 0
    assert outbox.deliver(at=NEXT_OPENING).sent == 1
    assert [one.to for one in mailoutbox] == [["lea@example.org"]]


def test_within_working_hours_it_goes_at_once(office):
    office.start(notify("lead"))
    deadlines.sweep(at=on(18, 12))
    assert mail_for(office.lea) == on(18, 12)


def test_a_person_works_by_a_calendar_of_his_own(office):
    early = WorkCalendar.objects.create(key="early", name="Frühdienst")
    WorkWindow.objects.create(
        calendar=early, first_weekday=0, last_weekday=6, opens=dt.time(6), closes=dt.time(14)
    )
    PersonCalendar.objects.create(user=office.lea, calendar=early, from_on=dt.date(2026, 1, 1))
    office.start(notify("lead", "owner", **ON_SUNDAY))
    deadlines.sweep(at=on(22, 15))
    assert (mail_for(office.lea), mail_for(office.owner)) == (on(23, 6), NEXT_OPENING)
    assert calendars.current().people


def test_of_several_teams_the_first_that_opens_counts(office):
    weekend = WorkCalendar.objects.create(key="weekend", name="Wochenende")
    WorkWindow.objects.create(
        calendar=weekend, first_weekday=5, last_weekday=6, opens=dt.time(8), closes=dt.time(20)
    )
    office.lea.memberships.create(team=make_team("watch", calendar=weekend))
    office.start(notify("lead", **ON_SUNDAY))
    deadlines.sweep(at=SUNDAY)
    assert mail_for(office.lea) == SUNDAY


def test_addresses_go_by_the_company(office):
    office.start(notify("wache@example.org", **ON_SUNDAY))
    deadlines.sweep(at=SUNDAY)
    assert Notification.objects.get(address="wache@example.org").available_at == NEXT_OPENING


def test_what_is_critical_does_not_wait(office):
    office.start(notify("lead", **ON_SUNDAY), urgency=0)
    deadlines.sweep(at=SUNDAY)
    assert mail_for(office.lea) == SUNDAY


def test_a_level_that_acts_does_not_wait(office):
    both = [*notify("lead")["acts"], *act("raise")["acts"]]
    office.start({"acts": both, **ON_SUNDAY})
    deadlines.sweep(at=SUNDAY)
    assert mail_for(office.lea) == SUNDAY


def test_who_is_called_in_by_hand_hears_at_once(office):
    case = office.start()
    row = runtime.claim(case.tasks.get(), by=office.anna, at=MONDAY)
    runtime.escalate(row, by=office.anna, reason="Wasserrohrbruch", at=SUNDAY)
    assert mail_for(office.lea) == SUNDAY


def test_a_person_may_want_it_at_any_hour(office):
    User.objects.filter(pk=office.lea.pk).update(gets_mail_at_once=True)
    office.start(notify("lead", "owner", **ON_SUNDAY))
    deadlines.sweep(at=SUNDAY)
    assert (mail_for(office.lea), mail_for(office.owner)) == (SUNDAY, NEXT_OPENING)


def test_an_installation_may_send_at_any_hour(office, settings):
    settings.MAIL_WAITS = False
    office.start(notify("lead", **ON_SUNDAY))
    deadlines.sweep(at=SUNDAY)
    assert mail_for(office.lea) == SUNDAY


def test_the_message_about_a_standstill_waits_too(office):
    office.start(notify("lead"), plan=single(deadline="8h"))
    deadlines.sweep(at=SUNDAY, last_tick=on(16, 11))
    assert mail_for(office.lea) == NEXT_OPENING


# -- who changes calendars -----------------------------------------------------------------------------------


def changes_to(person, made, day):
    PersonCalendar.objects.create(user=person, calendar=made, from_on=day)


def test_mail_waits_for_the_calendar_a_person_has_by_then(office):
    """Lea works in Bavaria from 6 January on, which is a holiday there."""
    calendar("nw", region="DE-NW", is_default=True)
    changes_to(office.lea, calendar("by", region="DE-BY"), dt.date(2026, 1, 6))
    evening = MONDAY.replace(month=1, day=5, hour=18)
    hours = telling.office(evening).hours
    assert hours.opens(office.lea.pk) == MONDAY.replace(month=1, day=7, hour=9)
    assert hours.opens(office.bela.pk) == MONDAY.replace(month=1, day=6, hour=9)


def test_a_mail_after_midnight_asks_the_calendar_of_that_day_where_people_work(office):
    calendar("office", is_default=True)
    changes_to(office.lea, calendar("early", opens=6, last=6), dt.date(2026, 11, 18))
    office.start(notify("lead", offset="14ch"))
    deadlines.sweep(at=on(18, 0, 30).astimezone(dt.UTC))
    assert mail_for(office.lea) == on(18, 6)
