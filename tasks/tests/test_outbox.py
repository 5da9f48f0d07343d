"""Mail leaves at least once, recognisable, and a row that can't be sent fails alone."""

import datetime as dt

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext

from processes import runtime
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from processes.tests.races import at_once, losers
from tasks import leases
from tasks.messages import mails, outbox
from tasks.models import Notification

NOW = MONDAY
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def case(db):
    return runtime.start(make_version(single()), by=make_user("Anna", make_team()), title="Glas", at=NOW)


@pytest.fixture
def lead(case):
    return make_user("Lead", make_team(), lead=True)


def put(case, *people, key="k", kind="overdue"):
    rows = outbox.notice(
        kind,
        recipients=[person.pk for person in people],
        key=key,
        at=NOW,
        instance=case,
        task=case.tasks.get(),
    )
    outbox.put(rows)


def only_mail():
    return Notification.objects.get(channel="mail")


class DownBackend(EmailBackend):
    """A mail server that refuses every connection."""

    def send_messages(self, messages):
        raise ConnectionRefusedError("no mail server")


@pytest.fixture
def server_down(settings):
    settings.EMAIL_BACKEND = f"{__name__}.DownBackend"


# -- writing -------------------------------------------------------------------------------------------------


def test_notice_makes_one_row_per_person_and_channel(case, lead):
    anna = case.started_by
    put(case, lead, anna, lead)
    rows = Notification.objects.values_list("recipient", "channel", "state")
    assert sorted(rows) == sorted(
        (person.pk, channel, state)
        for person in (lead, anna)
        for channel, state in (("app", "sent"), ("mail", "pending"))
    )


def test_the_same_key_is_written_once(case, lead):
    put(case, lead)
    put(case, lead)
    put(case, lead, key="other")
    assert Notification.objects.count() == 4


# -- sending -------------------------------------------------------------------------------------------------


def test_mail_is_sent_once_and_marked(case, lead):
    put(case, lead)
    assert outbox.deliver(at=NOW) == outbox.Delivery(sent=1)
    assert outbox.deliver(at=NOW + 60 * MINUTE) == outbox.Delivery()
    row = only_mail()
    assert (row.state, row.tries, row.locked_until, row.last_error) == ("sent", 1, None, "")
    assert row.sent_at is not None
    (message,) = mail.outbox
    assert message.to == ["lead@example.org"]
    assert message.extra_headers["Message-ID"] == mails.message_id(row)


def test_mail_speaks_the_recipients_language_and_links_to_the_task(case, lead, settings):
    settings.SITE_URL = "https://vorgang.example.org"
    put(case, lead, make_user("Smith", make_team(), language="en"))
    outbox.deliver(at=NOW)
    german, english = mail.outbox
    assert english.subject == f"Overdue: Work ({case.number})"
    assert german.subject == f"Überfällig: Work ({case.number})"
    for message in mail.outbox:
        assert f"https://vorgang.example.org/tasks/{case.tasks.get().pk}/" in message.body


def test_who_may_not_see_the_case_gets_no_word_of_it(db, lead):
    definition = make_definition("secret", is_confidential=True, visibility="participants")
    version = make_version(single(), definition)
    secret = runtime.start(version, by=make_user("Berta", make_team()), title="Abmahnung", at=NOW)
    put(secret, make_user("Stranger", make_team("other")))
    outbox.deliver(at=NOW)
    (message,) = mail.outbox
    text = message.subject + message.body
    assert not any(word in text for word in (secret.number, "Abmahnung", "Work", "Secret"))


def test_line_breaks_never_reach_a_header(case, lead):
    case.tasks.update(title="Glas\r\nBcc: alle@example.org")
    put(case, lead)
    outbox.deliver(at=NOW)
    (message,) = mail.outbox
    assert "\n" not in message.subject and "\r" not in message.subject
    assert "Bcc" not in message.message()


def test_mail_to_a_deactivated_person_is_an_incident_at_once(case, lead):
    lead.is_active = False
    lead.save()
    put(case, lead)
    assert outbox.deliver(at=NOW) == outbox.Delivery(incidents=1)
    assert (only_mail().state, only_mail().last_error) == ("incident", "the account is not active")
    assert not mail.outbox


# -- failing -------------------------------------------------------------------------------------------------


def test_a_server_that_is_down_is_tried_again_ever_later_then_is_an_incident(case, lead, server_down):
    put(case, lead)
    at, waits = NOW, []
    for _ in range(leases.MOST_TRIES - 1):
        assert outbox.deliver(at=at).retried == 1
        row = only_mail()
        assert outbox.deliver(at=row.available_at - MINUTE / 60) == outbox.Delivery()
        waits.append((row.available_at - at) / MINUTE)
        at = row.available_at
    assert waits == [1, 4, 16, 64]
    assert outbox.deliver(at=at) == outbox.Delivery(incidents=1)
    row = only_mail()
    assert (row.state, row.tries, row.locked_until) == ("incident", 5, None)
    assert row.last_error == "ConnectionRefusedError: no mail server"


def test_in_app_messages_do_not_wait_for_the_mail_server(case, lead, server_down):
    put(case, lead)
    assert Notification.objects.get(channel="app").state == "sent"


def test_a_poisoned_row_fails_alone(case, lead):
    people = [make_user(f"Person{number}x", make_team()) for number in range(20)]
    people[0].email = "broken\r\nBcc: x@example.org"
    people[0].save()
    put(case, *people)
    assert outbox.deliver(at=NOW) == outbox.Delivery(sent=19, retried=1)
    poisoned = Notification.objects.get(state="pending")
    assert (poisoned.recipient, bool(poisoned.last_error)) == (people[0], True)


def test_more_than_a_batch_goes_out_over_several_rounds(case, lead, monkeypatch):
    monkeypatch.setattr(leases, "BATCH", 3)
    put(case, *[make_user(f"Person{number}y", make_team()) for number in range(5)])
    assert [outbox.deliver(at=NOW).sent for _ in range(3)] == [3, 2, 0]


# -- leases --------------------------------------------------------------------------------------------------


def claim(at):
    return outbox._claim(only_mail().pk, at, outbox.Delivery())


def test_a_claimed_row_is_hidden_until_its_lease_ends(case, lead):
    put(case, lead)
    assert claim(NOW).tries == 1
    assert outbox.deliver(at=NOW + leases.LEASE - MINUTE / 60) == outbox.Delivery()
    assert outbox.deliver(at=NOW + leases.LEASE).sent == 1
    assert only_mail().tries == 2


def test_a_late_result_without_the_lease_counts_for_nothing(case, lead, caplog):
    put(case, lead)
    first = claim(NOW)
    second = claim(NOW + leases.LEASE)
    outbox._deliver_one(first, outbox.Delivery(), outbox._Hours())
    assert "late result" in caplog.text
    assert (only_mail().state, only_mail().lease_id) == ("pending", second.lease_id)
    outbox._deliver_one(second, outbox.Delivery(), outbox._Hours())
    assert only_mail().state == "sent"
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1


def test_a_row_whose_worker_dies_every_time_becomes_an_incident(case, lead):
    put(case, lead)
    at = NOW
    for _ in range(leases.MOST_TRIES):
        assert claim(at) is not None
        at += leases.LEASE
    assert outbox.deliver(at=at) == outbox.Delivery(incidents=1)
    assert only_mail().state == "incident"


def test_an_idle_round_reads_once_and_writes_nothing(db):
    with CaptureQueriesContext(connection) as captured:
        outbox.deliver()
    assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_sending(case, lead, monkeypatch):
    seen = []
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *a: seen.append(connection.in_atomic_block))
    put(case, lead)
    outbox.deliver(at=NOW)
    assert seen == [False]


@pytest.mark.race
@pytest.mark.xdist_group("races")
@pytest.mark.django_db(transaction=True)
def test_workers_at_once_send_each_mail_once(case, lead):
    people = [make_user(f"Person{number}z", make_team()) for number in range(30)]
    put(case, *people)
    results = at_once([lambda: outbox.deliver(at=NOW)] * 4)
    assert losers(results) == 0
    assert sum(done.sent for done in results) == 30
    assert sorted(message.to[0] for message in mail.outbox) == sorted(person.email for person in people)
