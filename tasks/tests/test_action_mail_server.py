"""Automatic mails and a mail server that is down, slow, strict or drops the line (F9)."""

import time

import pytest

from processes import runtime
from processes.tests.builders import MONDAY, make_team, make_user
from tasks import leases
from tasks.automatic import work
from tasks.automatic.work import Performed
from tasks.models import Job
from tasks.tests.automats import acting, begun, error_of, open_step
from tasks.tests.automats import mail as mailing
from tasks.tests.smtp import mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(settings):
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_TIMEOUT = 1
        yield server


@pytest.fixture
def case():
    return begun(acting(mailing("starter")), make_user("Anna", make_team()))


@pytest.fixture
def lead():
    return make_user("Lead", make_team(), lead=True)


def job_of(case):
    return Job.objects.get(instance=case)


def test_a_mail_server_that_works_gets_it_once(case, post):
    assert work.perform(at=MONDAY) == Performed(done=1)
    (message,) = post.messages
    assert (message["To"], message["Subject"]) == ("anna@example.org", f"Zu {case.number}")


@pytest.mark.parametrize(
    ("command", "answer", "reason"),
    [
        ("RCPT", "451 later", "mail_refused: 451"),
        ("DATA", "421 busy", "mail_refused: 421"),
        ("MAIL", "550 who are you", "mail_refused: 550"),
    ],
)
def test_refusals_of_the_moment_are_tried_again(case, post, command, answer, reason):
    post.refusals = {command: answer}
    assert work.perform(at=MONDAY) == Performed(retried=1)
    assert error_of(case) == reason
    post.refusals = {}
    assert work.perform(at=job_of(case).available_at) == Performed(done=1)
    assert len(post.messages) == 1


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_refusals_for_good_stand_still_at_once(case, post, command):
    post.refusals = {command: "550 anna@example.org does not work here"}
    assert work.perform(at=MONDAY) == Performed(incidents=1)
    assert error_of(case) == "mail_refused: 550"


def test_a_silent_server_is_tried_again(case, post):
    post.mode, began = "silent", time.monotonic()
    assert work.perform(at=MONDAY) == Performed(retried=1)
    assert time.monotonic() - began < 3
    assert error_of(case).startswith("mail_server: ")


def test_a_server_that_takes_it_and_drops_the_line_leaves_it_uncertain(case, post, lead):
    post.mode = "drop"
    assert work.perform(at=MONDAY) == Performed(incidents=1)
    assert (error_of(case), open_step(case)) == ("mail_uncertain", "act1")
    assert work.perform(at=job_of(case).available_at + leases.LEASE) == Performed()
    post.mode = ""
    runtime.retry_job(job_of(case), by=lead, at=MONDAY)
    assert work.perform(at=MONDAY) == Performed(done=1)
    assert len({message["Message-ID"] for message in post.messages}) == 1


def test_a_server_that_is_away_for_hours_gets_it_once_when_somebody_says_so(case, post, lead, settings):
    settings.EMAIL_PORT = 1
    for _ in range(leases.MOST_TRIES):
        work.perform(at=job_of(case).available_at)
    assert job_of(case).state == "incident"
    settings.EMAIL_PORT = post.server_address[1]
    assert work.perform(at=MONDAY.replace(year=2027)) == Performed()
    runtime.retry_job(job_of(case), by=lead, at=MONDAY)
    assert work.perform(at=MONDAY) == Performed(done=1)
    assert len(post.messages) == 1
