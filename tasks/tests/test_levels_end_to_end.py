"""Three levels of one deadline reach three persons, each once, whatever worker is killed when."""

import datetime as dt
import signal
from collections import Counter, defaultdict

import pytest
from django.utils import timezone

from people.models import Team, User
from processes import escalation, runtime
from processes.escalation import Act, Do, Level, Timed, Whom
from processes.tests.builders import make_team, make_user, make_version, single
from prozesstool.tests.processes import wait_until
from tasks import verify
from tasks.models import Clock, Heartbeat, LevelFired, Notification, Task
from tasks.tests.machine import PATIENCE, Machine
from tasks.tests.smtp import mail_server

pytestmark = [
    pytest.mark.system,
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("system"),
]

STEP = dt.timedelta(seconds=2)
"""Between two levels."""
REACHED = {1: "bela@example.org", 2: "lea@example.org", 3: "hedda@example.org"}
KINDS = {1: "reminder", 2: "overdue", 3: "overdue"}


@pytest.fixture
def post():
    with mail_server() as server:
        yield server


@pytest.fixture
def machine(service_env, tmp_path, post):
    made = Machine(tmp_path, {**service_env, "TICK_SECONDS": "1", "EMAIL_URL": post.url})
    yield made
    made.stop()


@pytest.fixture
def version():
    above, service = make_team("house"), make_team()
    Team.objects.filter(pk=service.pk).update(parent=above)
    make_user("Hedda", above, lead=True)
    make_user("Lea", service, lead=True)
    make_user("Bela", service)
    return make_version(single(deadline="8h"))


def levels():
    """Whoever has the task before the deadline, the lead at it, the lead's lead after it."""
    whom = (Whom.ASSIGNEE, Whom.LEAD, Whom.LEADS_LEAD)
    told = [Level(number, acts=(Act(Do.NOTIFY, (one,)),)) for number, one in enumerate(whom, start=1)]
    return [told[0], escalation.MARK, told[1], told[2]]


def started(version, first):
    """A task Bela has, with its first level at this moment."""
    bela = User.objects.get(last_name="Bela")
    case = runtime.start(version, by=bela)
    runtime.claim(case.tasks.get(), by=bela)
    moments = [first, first + STEP, first + STEP, first + 2 * STEP]
    plan = [Timed(level, at).to_json() for level, at in zip(levels(), moments, strict=True)]
    Task.objects.filter(instance=case).update(due_at=moments[1], due_sort_at=moments[1])
    Clock.objects.filter(instance=case).update(due_at=moments[1], plan=plan, next_level=0, wake_at=first)
    return case


def mails(case, state="sent"):
    return Notification.objects.filter(instance=case, channel="mail", state=state).count()


def wait_for_two_ticks():
    for _ in range(2):
        before = Heartbeat.objects.get(name="tick").at
        wait_until(lambda before=before: Heartbeat.objects.get(name="tick").at != before, PATIENCE)


def assert_each_once(cases, post):
    """Each level fired once, at its moment, and told its person once in each channel."""
    for case in cases:
        kinds = Counter(case.events.values_list("kind", flat=True))
        assert (kinds["overdue"], kinds["escalated"]) == (1, 3)
        clock = Clock.objects.get(instance=case)
        fired = dict(LevelFired.objects.filter(clock=clock).values_list("level", "fired_at"))
        assert fired.keys() == {0, 1, 2, 3}
        assert all(Timed.from_json(row).at <= fired[row["level"]] for row in clock.plan)
        rows = Notification.objects.filter(instance=case)
        expected = [
            (address, channel, KINDS[level], "sent")
            for level, address in REACHED.items()
            for channel in ("app", "mail")
        ]
        found = rows.values_list("recipient__email", "channel", "kind", "state")
        assert sorted(found) == sorted(expected)
    letters = defaultdict(set)
    for message in post.messages:
        letters[message["To"]].add(message["Message-ID"])
    assert {address: len(ids) for address, ids in letters.items()} == dict.fromkeys(
        REACHED.values(), len(cases)
    )
    assert not list(verify.all_breaks())


def test_three_levels_reach_three_persons_each_once(machine, version, post):
    for _ in range(2):
        machine.beat()
        machine.worker()
    wait_until(lambda: Heartbeat.objects.exists(), PATIENCE)
    cases = [started(version, timezone.now() + STEP) for _ in range(3)]
    wait_until(lambda: all(mails(case) == 3 for case in cases), PATIENCE)
    wait_for_two_ticks()
    assert_each_once(cases, post)
    assert len(post.messages) == 9


@pytest.mark.parametrize(
    ("point", "again"), [("sweep-before-insert", 0), ("mail-before-send", 0), ("mail-after-send", 1)]
)
def test_a_worker_killed_at_the_worst_moment_costs_nobody_a_message(machine, version, post, point, again):
    """`again`: mails sent twice, recognisable by their Message-ID: sent, and nobody lived to note it down."""
    case = started(version, timezone.now())
    victim = machine.worker(PROZESSTOOL_FAILPOINT=point)
    for _ in range(2):
        machine.beat()
    assert victim.wait(PATIENCE) == -signal.SIGKILL
    # The lease of a row in hand lasts two minutes; the test does not.
    Notification.objects.filter(locked_until__isnull=False).update(locked_until=timezone.now())
    for _ in range(2):
        machine.worker()
    wait_until(lambda: mails(case) == 3, PATIENCE)
    wait_for_two_ticks()
    assert_each_once([case], post)
    assert len(post.messages) == 3 + again
