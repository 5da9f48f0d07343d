"""The clock with real processes: beat, workers, broker, mail server.

Killed anywhere, nothing is lost and nothing doubled.
"""

import datetime as dt
import signal
import socket
import time

import pytest
from django.utils import timezone

from people.models import User
from processes import escalation, runtime
from processes.escalation import Level
from processes.tests.builders import LEAD_AT_DEADLINE, make_team, make_user, make_version, single
from prozesstool.tests.processes import wait_until
from tasks.models import Clock, Heartbeat, LevelFired, Notification, Task
from tasks.tests.machine import PATIENCE, Machine
from tasks.tests.smtp import mail_server

pytestmark = [
    pytest.mark.system,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("system"),
]


@pytest.fixture
def post():
    with mail_server() as server:
        yield server


@pytest.fixture
def environment(service_env, post):
    return {**service_env, "TICK_SECONDS": "1", "EMAIL_URL": post.url}


@pytest.fixture
def machine(environment, tmp_path):
    made = Machine(tmp_path, environment)
    yield made
    made.stop()


@pytest.fixture
def own_broker(environment):
    """The address of a broker this test may stop; nobody listens there yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        environment["REDIS_URL"] = f"redis://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def version():
    service = make_team()
    make_user("Lead", service, lead=True)
    make_user("Anna", service)
    return make_version(single(deadline="8h"))


LEAD = Level.from_json(LEAD_AT_DEADLINE[0])


def due_in(version, seconds):
    """A case whose task is due in so many seconds."""
    case = runtime.start(version, by=User.objects.get(last_name="Anna"))
    due_at = timezone.now() + dt.timedelta(seconds=seconds)
    Task.objects.filter(instance=case).update(due_at=due_at, due_sort_at=due_at)
    Clock.objects.filter(instance=case).update(
        due_at=due_at, plan=escalation.snapshot([LEAD], due_at, due_at), next_level=0, wake_at=due_at
    )
    return case


def kinds(case):
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def is_told(case):
    return Notification.objects.filter(instance=case, channel="mail", state="sent").exists()


def assert_once(*cases):
    """Overdue, escalated and told, each exactly once."""
    for case in cases:
        assert kinds(case) == ["started", "overdue", "escalated"]
        assert LevelFired.objects.filter(clock__instance=case).count() == 2
        told = Notification.objects.filter(instance=case)
        assert sorted(told.values_list("channel", "state")) == [("app", "sent"), ("mail", "sent")]


def ticks():
    beat = Heartbeat.objects.filter(name="tick").first()
    return beat and beat.at


def wait_for_a_tick():
    before = ticks()
    wait_until(lambda: ticks() != before, PATIENCE)


def test_two_workers_and_two_beats_tell_the_lead_exactly_once(machine, version, post):
    for _ in range(2):
        machine.worker()
        machine.beat()
    wait_for_a_tick()
    cases = [due_in(version, 1.5) for _ in range(5)]
    assert not any(task.overdue_at for task in Task.objects.all())
    wait_until(lambda: all(is_told(case) for case in cases), PATIENCE)
    wait_for_a_tick()
    wait_for_a_tick()
    assert_once(*cases)
    assert {message["To"] for message in post.messages} == {"lead@example.org"}
    assert len({message["Message-ID"] for message in post.messages}) == len(post.messages) == 5
    late = Task.objects.get(instance=cases[0])
    assert late.due_at <= late.overdue_at < late.due_at + dt.timedelta(seconds=10)


@pytest.mark.parametrize(
    ("point", "mails"), [("sweep-before-insert", 1), ("mail-before-send", 1), ("mail-after-send", 2)]
)
def test_a_worker_killed_at_the_worst_moment_loses_and_doubles_nothing(machine, version, post, point, mails):
    case = due_in(version, 0)
    machine.beat()
    victim = machine.worker(PROZESSTOOL_FAILPOINT=point)
    assert victim.wait(PATIENCE) == -signal.SIGKILL
    # The lease of a row in hand lasts two minutes; the test does not.
    Notification.objects.filter(locked_until__isnull=False).update(locked_until=timezone.now())
    machine.worker()
    wait_until(lambda: is_told(case), PATIENCE)
    assert_once(case)
    assert len(post.messages) == mails
    assert len({message["Message-ID"] for message in post.messages}) == 1


def test_beat_worker_and_broker_killed_one_after_the_other(own_broker, machine, version, post):
    parts = {"broker": machine.broker(), "beat": machine.beat(), "worker": machine.worker()}
    cases = [due_in(version, 0)]
    wait_until(lambda: is_told(cases[0]), PATIENCE)
    for name in ("beat", "worker", "broker"):
        parts[name].kill()
        parts[name].wait()
        cases.append(due_in(version, 0))
        parts[name] = getattr(machine, name)()
        wait_until(lambda: is_told(cases[-1]), PATIENCE)
    assert_once(*cases)
    assert len(post.messages) == len(cases)


def test_the_clock_ticks_by_command_without_any_broker(own_broker, machine, version, post):
    case = due_in(version, 0)
    assert machine.tick()["overdue"] == 1
    assert_once(case)
    assert machine.tick()["overdue"] == 0
    assert len(post.messages) == 1


def test_with_a_hung_broker_clicks_work_and_nothing_is_doubled_afterwards(own_broker, machine, version, post):
    broker = machine.broker()
    machine.beat()
    machine.worker()
    wait_for_a_tick()
    broker.send_signal(signal.SIGSTOP)
    begin = time.monotonic()
    case, other = due_in(version, 0), due_in(version, 60)
    task = runtime.claim(other.tasks.get(), by=other.started_by)
    runtime.complete_task(task, outcome="done", by=other.started_by)
    assert time.monotonic() - begin < 2
    assert machine.tick()["overdue"] == 1
    broker.send_signal(signal.SIGCONT)
    wait_for_a_tick()
    assert_once(case)
    assert kinds(other) == ["started", "claimed", "completed", "finished"]
    assert len(post.messages) == 1
