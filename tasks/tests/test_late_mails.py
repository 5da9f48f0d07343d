"""Reminders by mail that could not be delivered in time: they wait for working hours again (G10)."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import User
from processes import runtime
from processes.tests.builders import MONDAY, single
from tasks import deadlines
from tasks.messages import outbox
from tasks.models import Notification
from tasks.tests.clockwork import on
from tasks.tests.test_escalation import Office, act, notify

pytestmark = pytest.mark.django_db
NIGHT, NEXT_OPENING = on(21, 3), on(23, 9)
"""A Saturday, and the Monday behind it."""
NO_SERVER = "tasks.tests.nowhere.Backend"


@pytest.fixture
def office(db):
    return Office()


def remind(office, at=None, **level):
    """A mail of Friday at two o'clock for the lead, or of another moment."""
    office.start(notify("lead", **level), plan=single(deadline="36h"))
    deadlines.sweep(at=at or on(20, 14))


def mail():
    return Notification.objects.get(channel="mail")


def sent(mailoutbox):
    return [one.to for one in mailoutbox]


def test_what_is_left_over_the_weekend_is_not_sent_at_night(office, mailoutbox):
    remind(office)
    assert outbox.deliver(at=NIGHT).total == 0
    assert (mail().available_at, mail().tries, mail().locked_until) == (NEXT_OPENING, 0, None)
    assert (sent(mailoutbox), outbox.deliver(at=NEXT_OPENING).sent) == ([], 1)


def test_what_is_late_within_working_hours_is_sent_at_once(office, mailoutbox):
    remind(office)
    assert outbox.deliver(at=on(20, 16, 59)).sent == 1


def test_what_was_written_right_before_closing_is_sent_right_after_it(office, mailoutbox):
    remind(office, at=on(20, 16, 59))
    assert outbox.deliver(at=on(20, 17, 5)).sent == 1


def test_a_try_that_failed_is_repeated_in_working_hours(office, settings, mailoutbox):
    remind(office, at=on(20, 16, 59))
    settings.EMAIL_BACKEND = NO_SERVER
    assert outbox.deliver(at=on(20, 16, 59)).retried == 1
    assert (mail().available_at, mail().tries) == (NEXT_OPENING, 1)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.deliver(at=NEXT_OPENING).sent == 1


def test_what_does_not_wait_for_working_hours_goes_whenever_it_can(office, mailoutbox):
    office.start({"acts": [*notify("lead")["acts"], *act("raise")["acts"]]}, plan=single(deadline="36h"))
    deadlines.sweep(at=on(20, 14))
    assert outbox.deliver(at=NIGHT).sent == 1


def test_who_is_called_in_by_hand_hears_whenever_it_can(office, mailoutbox):
    case = office.start()
    row = runtime.claim(case.tasks.get(), by=office.anna, at=MONDAY)
    runtime.escalate(row, by=office.anna, reason="Wasserrohrbruch", at=on(20, 14))
    assert outbox.deliver(at=NIGHT).sent == 1


def test_who_wants_mail_at_any_hour_gets_it_then(office, mailoutbox):
    remind(office)
    User.objects.filter(pk=office.lea.pk).update(gets_mail_at_once=True)
    assert outbox.deliver(at=NIGHT).sent == 1


def test_the_office_is_read_once_a_round(office):
    numbers = []
    for number in (1, 5):
        for _ in range(number):
            office.start(notify("lead", "owner"), plan=single(deadline="36h"))
        deadlines.sweep(at=on(20, 14))
        with CaptureQueriesContext(connection) as captured:
            assert outbox.deliver(at=NIGHT).total == 0
        asked = [one["sql"] for one in captured if "people_membership" in one["sql"]]
        numbers.append(len(asked))
        Notification.objects.filter(channel="mail").update(available_at=NIGHT + dt.timedelta(days=9))
    assert numbers == [1, 1]
