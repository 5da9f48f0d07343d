"""One round from cron sends all that waits, within its time; a mail server that hangs does not hold it."""

import json
import time
from io import StringIO

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command

from processes import runtime
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks import jobs
from tasks.messages import outbox
from tasks.models import Notification

pytestmark = pytest.mark.django_db


class HangingBackend(EmailBackend):
    """A mail server that answers nothing until the time is over."""

    def send_messages(self, messages):
        time.sleep(0.05)
        raise TimeoutError("timed out")


class SlowBackend(EmailBackend):
    """A mail server that takes its time."""

    def send_messages(self, messages):
        time.sleep(0.3)
        return super().send_messages(messages)


def wait_for_sending(number):
    case = runtime.start(make_version(single()), by=make_user("Anna", make_team()), at=MONDAY)
    lead = make_user("Lea", make_team(), lead=True)
    for one in range(number):
        rows = outbox.notice("overdue", recipients=[lead.pk], key=f"k{one}", at=MONDAY, instance=case)
        outbox.put(rows)


def tick():
    out = StringIO()
    call_command("tick", at=MONDAY.isoformat(), stdout=out)
    return json.loads(out.getvalue())


def waiting():
    return Notification.objects.filter(state="pending", tries=0).count()


def test_a_tick_sends_more_than_a_batch(mailoutbox):
    wait_for_sending(120)
    assert tick()["sent"] == 120
    assert (len(mailoutbox), waiting()) == (120, 0)


def test_so_does_the_mail_worker(mailoutbox):
    wait_for_sending(60)
    jobs.deliver()
    assert (len(mailoutbox), waiting()) == (60, 0)


def test_it_stops_when_its_time_is_over(settings, mailoutbox):
    settings.TICK_BUDGET_SECONDS = 1
    settings.EMAIL_BACKEND = f"{__name__}.SlowBackend"
    wait_for_sending(20)
    begun = time.monotonic()
    sent = tick()["sent"]
    assert time.monotonic() - begun < 5
    assert 1 <= sent < 20
    assert waiting() == 20 - sent


def test_a_server_that_hangs_holds_it_for_one_mail_only(settings):
    settings.EMAIL_TIMEOUT = 0.04
    settings.EMAIL_BACKEND = f"{__name__}.HangingBackend"
    wait_for_sending(20)
    done = tick()
    assert (done["sent"], done["retried"], done["held_up"]) == (0, 1, 1)
    assert waiting() == 19
