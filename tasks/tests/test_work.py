"""Automatic steps: each done once or visibly not done, whoever dies, comes late or loses a race."""

import datetime as dt
from functools import partial

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import records
from people.scope import SYSTEM
from processes import runtime
from processes.errors import NotAllowed, StaleError
from processes.models import ProcessInstance
from processes.runtime.working import Settled
from processes.stepplans import Action, Do
from processes.tests.builders import MONDAY, make_team, make_user
from processes.tests.races import at_once, losers
from tasks import leases, verify
from tasks.automatic import work
from tasks.automatic.work import Performed
from tasks.models import Incident, Job
from tasks.tests.automats import acting, acting_into_a_gate, begun, kinds, open_step
from tasks.tests.automats import mail as mailing

MINUTE = dt.timedelta(minutes=1)
CLEAR = Action(Do.SET, values=(("remark", "erledigt"),))
TO_TEAM = mailing("team:service")


class DownBackend(EmailBackend):
    """A mail server that refuses every connection."""

    def open(self):
        raise ConnectionRefusedError("no mail server for anna@example.org")


@pytest.fixture
def server_down(settings):
    settings.EMAIL_BACKEND = f"{__name__}.DownBackend"


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lead(db):
    return make_user("Lead", make_team(), lead=True)


@pytest.fixture
def case(anna):
    return begun(acting(TO_TEAM), anna)


def job_of(case):
    return Job.objects.get(instance=case)


def claim(case, at=MONDAY):
    return work._claim(job_of(case).pk, at)


def perform(at=MONDAY, **expected):
    assert work.perform(at=at) == Performed(**expected)


def assert_whole(case):
    case.refresh_from_db()
    assert list(verify.instance_breaks(case)) == []


def fail_until_incident(case):
    for _ in range(leases.MOST_TRIES):
        work.perform(at=job_of(case).available_at)
    assert job_of(case).state == "incident"


# -- doing ---------------------------------------------------------------------------------------------------


def test_a_step_is_done_once_and_the_case_goes_on(case):
    assert open_step(case) == "act1"
    perform(done=1)
    perform(at=MONDAY + 200 * MINUTE)
    assert (open_step(case), kinds(case), len(mail.outbox)) == ("work", ["acted"], 1)
    job = job_of(case)
    assert (job.state, job.tries, job.lease_id, job.ended_at) == ("done", 1, "", MONDAY)
    assert_whole(case)


def test_steps_in_a_row_are_done_in_one_round(anna):
    case = begun(acting(TO_TEAM, CLEAR, TO_TEAM), anna)
    perform(done=3)
    assert (open_step(case), kinds(case), len(mail.outbox)) == ("work", ["acted"] * 3, 2)


def test_an_idle_round_reads_once_and_writes_nothing(db):
    with CaptureQueriesContext(connection) as captured:
        work.perform()
    assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_the_effect_happens(case, monkeypatch):
    seen = []
    monkeypatch.setattr(EmailBackend, "send_messages", lambda *a: seen.append(connection.in_atomic_block))
    perform(done=1)
    assert seen == [False]


# -- failing -------------------------------------------------------------------------------------------------


def test_a_step_is_tried_again_ever_later_then_stands_still_and_its_owner_is_told(anna, lead, server_down):
    case = begun(acting(TO_TEAM), anna)
    case.definition.owner = lead
    case.definition.save()
    at, waits = MONDAY, []
    for _ in range(leases.MOST_TRIES - 1):
        perform(at=at, retried=1)
        job = job_of(case)
        assert job.begun_at is None
        perform(at=job.available_at - MINUTE / 60)
        waits.append((job.available_at - at) / MINUTE)
        at = job.available_at
    perform(at=at, incidents=1)
    assert waits == [1, 4, 16, 64]
    incident = Incident.objects.get()
    assert (incident.code, incident.step_key, incident.opened_at) == ("job", "act1", at)
    assert incident.detail == job_of(case).last_error == "mail_server: ConnectionRefusedError"
    assert (open_step(case), kinds(case)) == ("act1", ["incident"])
    assert lead.notifications.get().kind == "incident"
    assert_whole(case)


def test_given_up_a_case_goes_on_by_the_outcome_for_failures(anna, server_down):
    case = begun(acting(TO_TEAM, has_failed=True), anna)
    for _ in range(leases.MOST_TRIES - 1):
        work.perform(at=job_of(case).available_at)
    perform(at=job_of(case).available_at, failed=1)
    assert (open_step(case), kinds(case)) == ("mend", ["gave_up"])
    assert not Incident.objects.exists()
    assert_whole(case)


def test_what_can_never_succeed_is_not_tried_again(anna):
    case = begun(acting(mailing("customer")), anna)
    perform(incidents=1)
    assert job_of(case).last_error == "no_recipient"


def test_a_poisoned_step_fails_alone(anna):
    cases = [
        begun(acting(mailing("field:remark")), anna, data={"remark": f"p{n}@x.example"}) for n in range(20)
    ]
    type(cases[0]).objects.filter(pk=cases[0].pk).update(data={"remark": "a@x.example\r\nBcc: b@x.example"})
    perform(done=19, incidents=1)
    assert (open_step(cases[0]), job_of(cases[0]).last_error) == ("act1", "bad_recipient")
    assert len(mail.outbox) == 19


# -- trying anew ---------------------------------------------------------------------------------------------


def test_tried_anew_by_those_who_may_it_is_done_once(anna, lead, server_down, settings):
    case = begun(acting(TO_TEAM), anna)
    fail_until_incident(case)
    with pytest.raises(NotAllowed):
        runtime.retry_job(Incident.objects.get(), by=anna, at=MONDAY)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    runtime.retry_job(Incident.objects.get(), by=lead, at=MONDAY)
    incident = Incident.objects.get()
    assert (incident.resolved_by, incident.resolved_at) == (lead, MONDAY)
    perform(done=1)
    assert (open_step(case), kinds(case), len(mail.outbox)) == ("work", ["incident", "resolved", "acted"], 1)
    with pytest.raises(StaleError):
        runtime.retry_job(incident, by=lead)
    assert_whole(case)


def test_operators_may_let_it_be_tried_anew_and_all_tries_are_there_again(anna, server_down):
    case = begun(acting(TO_TEAM), anna)
    fail_until_incident(case)
    runtime.retry_job(job_of(case), by=make_user("Operator", is_operator=True), at=MONDAY)
    fail_until_incident(case)
    assert Incident.objects.filter(resolved_at__isnull=True).count() == 1


# -- leases and late results ---------------------------------------------------------------------------------


def test_a_claimed_step_is_hidden_until_its_lease_ends(case):
    assert claim(case).tries == 1
    perform(at=MONDAY + leases.LEASE - MINUTE / 60)
    perform(at=MONDAY + leases.LEASE, done=1)
    assert job_of(case).tries == 2


def test_a_result_without_the_lease_is_late_and_nothing_else(case):
    first, second = claim(case), claim(case, MONDAY + leases.LEASE)
    for settle in (partial(runtime.finish_job), partial(runtime.fail_job, error="no_customer", final=True)):
        assert settle(first.pk, lease_id=first.lease_id, at=MONDAY) is Settled.LATE
    assert (open_step(case), kinds(case), job_of(case).state) == ("act1", ["late", "late"], "waiting")
    assert runtime.finish_job(second.pk, lease_id=second.lease_id, at=MONDAY) is Settled.DONE
    assert runtime.finish_job(second.pk, lease_id=second.lease_id, at=MONDAY) is Settled.LATE
    assert kinds(case) == ["late", "late", "acted", "late"]
    assert_whole(case)


def test_a_result_for_a_cancelled_case_is_late(case, lead):
    job = claim(case)
    runtime.cancel(case, by=lead, reason="Irrtum", at=MONDAY)
    assert runtime.finish_job(job.pk, lease_id=job.lease_id, at=MONDAY) is Settled.LATE
    assert (kinds(case), job_of(case).state) == (["cancelled", "late"], "cancelled")
    assert_whole(case)


def test_the_effect_of_a_cancelled_case_is_not_begun(case, lead):
    job = claim(case)
    runtime.cancel(case, by=lead, reason="Irrtum", at=MONDAY)
    assert work._perform_one(job, MONDAY) is None
    assert not mail.outbox


# -- workers that die ----------------------------------------------------------------------------------------


def test_a_mail_whose_worker_died_while_sending_is_an_incident_not_a_second_mail(case, lead):
    job = claim(case)
    assert runtime.begin_job(job.pk, lease_id=job.lease_id, at=MONDAY)
    perform(at=MONDAY + leases.LEASE, incidents=1)
    assert (job_of(case).last_error, mail.outbox) == ("mail_interrupted", [])
    runtime.retry_job(job_of(case), by=lead, at=MONDAY)
    perform(done=1)
    assert len(mail.outbox) == 1


def test_an_uncertain_mail_never_goes_on_by_the_outcome_for_failures(anna):
    case = begun(acting(TO_TEAM, has_failed=True), anna)
    job = claim(case)
    runtime.begin_job(job.pk, lease_id=job.lease_id, at=MONDAY)
    perform(at=MONDAY + leases.LEASE, incidents=1)
    assert open_step(case) == "act1"


def test_a_step_whose_worker_dies_every_time_becomes_an_incident(anna):
    case = begun(acting(CLEAR), anna)
    at = MONDAY
    for _ in range(leases.MOST_TRIES):
        assert claim(case, at) is not None
        at += leases.LEASE
    perform(at=at, incidents=1)
    assert job_of(case).last_error == "worker_died"


# -- suspended cases -----------------------------------------------------------------------------------------


def test_steps_of_a_suspended_case_wait(case, lead):
    runtime.suspend(case, by=lead, reason="Streit", at=MONDAY)
    perform(at=MONDAY + 60 * MINUTE)
    runtime.resume(case, by=lead, at=MONDAY)
    perform(done=1)


def test_no_effect_begins_once_the_case_is_suspended(case, lead):
    job = claim(case)
    runtime.suspend(case, by=lead, reason="Streit", at=MONDAY)
    assert work._perform_one(job, MONDAY) is None
    assert not mail.outbox


def test_the_result_of_a_case_suspended_meanwhile_waits_and_the_effect_happens_once(case, lead, monkeypatch):
    send = EmailBackend.send_messages

    def suspended_meanwhile(backend, messages):
        runtime.suspend(case, by=lead, reason="Streit", at=MONDAY)
        return send(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", suspended_meanwhile)
    perform(held=1)
    monkeypatch.undo()
    job = job_of(case)
    assert (job.state, job.tries, job.effect_at, open_step(case)) == ("waiting", 0, MONDAY, "act1")
    runtime.resume(case, by=lead, at=MONDAY)
    perform(at=MONDAY + MINUTE, done=1)
    assert (open_step(case), len(mail.outbox)) == ("work", 1)
    assert_whole(case)


def test_a_case_that_leads_nowhere_stands_still_and_the_effect_is_not_repeated(anna, lead):
    case = begun(acting_into_a_gate(TO_TEAM), anna)
    perform(incidents=1)
    assert (job_of(case).last_error, job_of(case).effect_at, open_step(case)) == ("no_way_on", MONDAY, "act1")
    ProcessInstance.objects.filter(pk=case.pk).update(data={"remark": "ja"})
    runtime.retry_incident(Incident.objects.get(), by=lead, at=MONDAY)
    perform(done=1)
    assert (open_step(case), len(mail.outbox)) == ("work", 1)
    assert_whole(case)


# -- races ---------------------------------------------------------------------------------------------------


@pytest.mark.race
@pytest.mark.xdist_group("races")
@pytest.mark.django_db(transaction=True)
def test_workers_at_once_do_each_step_once(anna):
    customer = records.create(by=SYSTEM, name="Hollerbach", contacts=[("email", "h@example.org", "")])
    contact = Action(Do.INTERACTION, channel="note", subject="Zu {number}")
    cases = [begun(acting(TO_TEAM, contact), anna, customer=customer) for _ in range(10)]
    results = at_once([partial(work.perform, at=MONDAY)] * 4)
    assert losers(results) == 0
    work.perform(at=MONDAY)
    assert len(mail.outbox) == 10 == customer.interactions.count()
    for case in cases:
        assert (open_step(case), kinds(case)) == ("work", ["acted", "acted"])
        assert_whole(case)
