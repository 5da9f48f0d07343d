"""What automatic steps do besides mails: values, calls of other systems, entries in a customer's history."""

import datetime as dt
import hashlib
import hmac
import json

import pytest
from django.utils import translation

from customers import records
from customers.models import Interaction
from people.scope import SYSTEM
from processes import nets, runtime
from processes.stepplans import Action, Do
from processes.tests.builders import MONDAY, make_team, make_user
from tasks import events, history
from tasks.automatic import actions, failures, work
from tasks.models import InteractionLink, Job
from tasks.tests.automats import acting, begun, done, error_of, open_step
from tasks.tests.receivers import receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


@pytest.fixture
def bakery():
    return records.create(by=SYSTEM, name="Bäckerei Hollerbach")


# -- values --------------------------------------------------------------------------------------------------


def test_values_are_written_with_old_and_new_in_the_history(anna):
    pairs = (
        ("limit", "=amount"),
        ("due", "today"),
        ("seen", "today"),
        ("remark", ""),
        ("parts", "b,a"),
        ("urgent", "yes"),
    )
    data = {"amount": "12,50", "remark": "alt"}
    case = done(Action(Do.SET, values=pairs), by=anna, data=data)
    money = {"amount": "12.50", "currency": "EUR"}
    assert case.data == {
        "amount": money,
        "limit": money,
        "due": "2026-11-16",
        "seen": MONDAY.astimezone(dt.UTC).isoformat(),
        "parts": ["a", "b"],
        "urgent": True,
    }
    event = case.events.get(kind="acted")
    assert events.personal_of(event)["values"]["remark"] == ["alt", None]
    assert "alt" not in event.facts
    lines = history.of_instance(case, nets.compiled(case.version_id))
    assert ("Bemerkung", "alt", "") in [(c.label, c.old, c.new) for line in lines for c in line.changes]


@pytest.mark.parametrize(
    ("pair", "label"),
    [
        (("amount", "viel"), "Betrag"),
        (("due", "=remark"), "Termin"),
        (("parts", "a,x"), "Teile"),
        (("nosuch", "1"), "nosuch"),
    ],
)
def test_a_value_that_does_not_fit_writes_nothing_and_stands_still(anna, pair, label):
    case = done(Action(Do.SET, values=(("urgent", "ja"), pair)), by=anna, data={"remark": "kein Tag"})
    assert (open_step(case), error_of(case)) == ("act1", f"value_refused: {label}")
    assert case.data == {"remark": "kein Tag"}


# -- other systems -------------------------------------------------------------------------------------------


@pytest.fixture
def server(settings):
    with receiver() as running:
        settings.WEBHOOK_HOSTS, settings.WEBHOOK_SECRET = [running.origin], "geheim"
        yield running


def hook(server, *keys):
    return Action(Do.WEBHOOK, url=f"{server.origin}/in", fields=keys)


def test_a_call_tells_the_named_fields_signed_and_with_a_key(anna, server):
    case = done(hook(server, "amount", "due"), by=anna, data={"amount": "12,50", "remark": "intern"})
    (call,) = server.calls
    told = json.loads(call.body)
    assert {key: told[key] for key in ("case", "process", "step", "fields")} == {
        "case": case.number,
        "process": case.definition.key,
        "step": "act1",
        "fields": {"amount": {"amount": "12.50", "currency": "EUR"}, "due": None},
    }
    assert dt.datetime.fromisoformat(told["sent_at"]).tzinfo is not None
    signed = call.headers["X-Prozesstool-Timestamp"].encode() + b"." + call.body
    proof = hmac.new(b"geheim", signed, hashlib.sha256).hexdigest()
    assert call.headers["X-Prozesstool-Signature"] == f"sha256={proof}"
    assert open_step(case) == "work"


def test_a_call_is_repeated_with_the_same_key_until_it_is_taken(anna, server):
    server.statuses = [503, 429, 200]
    case = begun(acting(hook(server)), anna)
    for _ in range(3):
        work.perform(at=Job.objects.get(instance=case).available_at)
    assert open_step(case) == "work"
    assert len(server.calls) == 3
    assert len({call.headers["Idempotency-Key"] for call in server.calls}) == 1


def test_a_call_whose_worker_died_is_repeated_with_the_same_key(anna, server):
    case = begun(acting(hook(server)), anna)
    job = work._claim(Job.objects.get(instance=case).pk, MONDAY)
    runtime.begin_job(job.pk, lease_id=job.lease_id, at=MONDAY)
    actions.prepare(job).effect()
    work.perform(at=job.locked_until)
    assert open_step(case) == "work"
    assert len({call.headers["Idempotency-Key"] for call in server.calls}) == 1 < len(server.calls)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://169.254.169.254/latest/meta-data/", "host_not_allowed: 169.254.169.254"),
        ("file:///etc/passwd", "bad_address"),
        ("", "bad_address"),
    ],
)
def test_a_call_that_must_not_be_made_stands_still_at_once(anna, server, url, reason):
    case = done(Action(Do.WEBHOOK, url=url), by=anna)
    assert (open_step(case), error_of(case)) == ("act1", reason)
    assert Job.objects.get(instance=case).begun_at is None


def test_a_final_refusal_is_not_repeated(anna, server):
    server.statuses = [404]
    case = done(hook(server), by=anna)
    assert (error_of(case), len(server.calls)) == ("answered: 404", 1)


# -- a customer's history ------------------------------------------------------------------------------------


def test_an_entry_in_the_customers_history_is_made_once_and_tied_to_the_case(anna, bakery):
    note = Action(Do.INTERACTION, channel="letter", subject="Bescheid {number}", text="Betrag {amount}")
    case = done(note, by=anna, customer=bakery, data={"amount": "12,50"})
    row = Interaction.objects.get()
    assert (row.customer, row.channel, row.direction, row.recorded_by) == (bakery, "letter", "out", None)
    assert (row.subject, row.text, row.at) == (f"Bescheid {case.number}", "Betrag 12,50\u00a0€", MONDAY)
    link = InteractionLink.objects.get()
    assert (link.interaction, link.instance, link.job.step_key, link.task) == (row, case, "act1", None)


def test_without_a_customer_there_is_no_history_to_write_into(anna):
    case = done(Action(Do.INTERACTION, channel="note", subject="x"), by=anna)
    assert (open_step(case), error_of(case)) == ("act1", "no_customer")


# -- reasons -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "kept", "shown"),
    [
        (
            failures.Final("host_not_allowed", "x.example"),
            "host_not_allowed: x.example",
            "The host x.example is not on the list of allowed hosts.",
        ),
        (
            ConnectionRefusedError("no server for anna@example.org"),
            "mail_server: ConnectionRefusedError",
            "The mail server could not be reached (ConnectionRefusedError).",
        ),
        (ValueError("Abmahnung Anna"), "error: ValueError", "An unexpected error (ValueError)."),
        (failures.Uncertain("nosuch"), "nosuch", "Unknown reason."),
    ],
)
def test_reasons_name_no_contents(error, kept, shown):
    assert failures.reason(error) == kept
    with translation.override("en"):
        assert failures.sentence(kept) == shown
