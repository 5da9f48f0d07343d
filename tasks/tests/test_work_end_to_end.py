"""Automatic steps with real processes, killed at the worst moments: done once, or a visible incident."""

import signal

import pytest
from django.utils import timezone

from customers import records
from people.scope import SYSTEM
from processes import runtime
from processes.stepplans import Action, Do
from processes.tests.builders import make_team, make_user, make_version
from prozesstool.tests.processes import wait_until
from tasks import verify
from tasks.automatic import work
from tasks.models import Incident, Job
from tasks.tests.automats import acting, kinds, mail, open_step
from tasks.tests.machine import PATIENCE, Machine
from tasks.tests.receivers import receiver
from tasks.tests.smtp import mail_server

pytestmark = [
    pytest.mark.system,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("system"),
]
POINTS = ("job-claimed", "job-before-effect", "job-after-effect", "job-before-commit")
MAIL = mail("starter")
NOTE = Action(Do.INTERACTION, channel="note", subject="Zu {number}")
CLEAR = Action(Do.SET, values=(("remark", "erledigt"),))


@pytest.fixture
def post(settings):
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server


@pytest.fixture
def other_system(settings):
    with receiver() as server:
        settings.WEBHOOK_HOSTS = [server.origin]
        yield server


@pytest.fixture
def machine(service_env, post, other_system, tmp_path):
    values = {"TICK_SECONDS": "1", "EMAIL_URL": post.url, "WEBHOOK_HOSTS": other_system.origin}
    made = Machine(tmp_path, {**service_env, **values})
    yield made
    made.stop()


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


@pytest.fixture
def customer():
    return records.create(by=SYSTEM, name="Hollerbach")


def started(anna, *actions, customer=None):
    return runtime.start(make_version(acting(*actions)), by=anna, customer=customer)


def kill_at(machine, point):
    """Let a worker die there; its leases end at once, the test does not wait two minutes."""
    assert machine.run_tick(PROZESSTOOL_FAILPOINT=point).returncode == -signal.SIGKILL
    Job.objects.filter(locked_until__isnull=False).update(locked_until=timezone.now())


def assert_whole(case):
    case.refresh_from_db()
    assert list(verify.instance_breaks(case)) == []


@pytest.mark.parametrize(("point", "before"), list(zip(POINTS, (0, 0, 1, 1), strict=True)))
def test_a_mail_is_sent_once_or_the_case_stands_still_visibly(machine, anna, post, point, before):
    case = started(anna, MAIL)
    kill_at(machine, point)
    assert len(post.messages) == before
    done = work.perform()
    if point == "job-claimed":
        assert (done.done, len(post.messages), open_step(case)) == (1, 1, "work")
    else:
        assert (done.incidents, len(post.messages), open_step(case)) == (1, before, "act1")
        assert Incident.objects.get(instance=case).detail == "mail_interrupted"
        runtime.retry_job(Job.objects.get(), by=SYSTEM)
        assert (work.perform().done, len(post.messages)) == (1, before + 1)
    assert len({message["Message-ID"] for message in post.messages}) == 1
    assert kinds(case).count("acted") == 1
    assert_whole(case)


@pytest.mark.parametrize(("point", "calls"), list(zip(POINTS, (1, 1, 2, 2), strict=True)))
def test_a_call_is_made_until_it_counts_always_with_the_same_key(machine, anna, other_system, point, calls):
    case = started(anna, Action(Do.WEBHOOK, url=f"{other_system.origin}/in"))
    kill_at(machine, point)
    assert work.perform().done == 1
    assert len(other_system.calls) == calls
    assert len({call.headers["Idempotency-Key"] for call in other_system.calls}) == 1
    assert (open_step(case), kinds(case)) == ("work", ["acted"])
    assert_whole(case)


@pytest.mark.parametrize("point", POINTS)
def test_what_stays_in_the_database_happens_exactly_once(machine, anna, customer, point):
    case = started(anna, NOTE, CLEAR, customer=customer)
    kill_at(machine, point)
    assert customer.interactions.count() == 0
    assert work.perform().done == 2
    assert (customer.interactions.count(), kinds(case)) == (1, ["acted", "acted"])
    assert_whole(case)
    assert case.data == {"remark": "erledigt"}


def test_two_workers_and_two_beats_do_each_step_once(machine, anna, customer, post):
    version = make_version(acting(MAIL, NOTE))
    cases = [runtime.start(version, by=anna, customer=customer) for _ in range(5)]
    for _ in range(2):
        machine.worker("work")
        machine.beat()
    wait_until(lambda: all(open_step(case) == "work" for case in cases), PATIENCE)
    assert len(post.messages) == 5 == customer.interactions.count()
    for case in cases:
        assert kinds(case) == ["acted", "acted"]
        assert_whole(case)


def test_a_worker_asked_to_end_finishes_its_step_and_takes_no_other(machine, anna, other_system):
    other_system.mode = "slow"
    version = make_version(acting(Action(Do.WEBHOOK, url=f"{other_system.origin}/in")))
    cases = [runtime.start(version, by=anna) for _ in range(4)]
    worker = machine.worker("work")
    machine.beat()
    wait_until(lambda: other_system.calls, PATIENCE)
    worker.terminate()
    assert worker.wait(PATIENCE) == 0
    assert len(other_system.calls) < len(cases)
    assert not Job.objects.filter(locked_until__isnull=False).exists()
    other_system.mode = "answer"
    work.perform()
    assert len({call.headers["Idempotency-Key"] for call in other_system.calls}) == len(cases)
    assert len(other_system.calls) == len(cases)
    for case in cases:
        assert open_step(case) == "work"
        assert_whole(case)


def test_the_command_does_steps_and_prints_how_many(machine, anna, post):
    case = started(anna, MAIL)
    assert machine.tick()["jobs"] == {
        "done": 1, "retried": 0, "failed": 0, "incidents": 0, "held": 0, "late": 0, "left": 0
    }  # fmt: skip
    assert (open_step(case), len(post.messages)) == ("work", 1)
