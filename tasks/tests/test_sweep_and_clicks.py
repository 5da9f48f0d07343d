"""People who click while a sweep runs wait for the batch their case is in, and for nothing else."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from processes import runtime
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from prozesstool.tests.processes import wait_until
from tasks import deadlines, failpoints
from tasks.models import Task

pytestmark = [
    pytest.mark.race,
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("races"),
]

LATE = MONDAY + dt.timedelta(days=2)
PATIENCE = 20


class Turnstile:
    """Stops a sweep in each batch, with everything judged and locked and nothing written, until let on."""

    def __init__(self):
        self.batches = [threading.Semaphore(0) for _ in range(2)]
        self.point = "sweep-before-insert"

    def reach(self, name):
        if name == self.point:
            self.batches[0].release()
            assert self.batches[1].acquire(timeout=PATIENCE)

    def is_in_a_batch(self):
        return self.batches[0].acquire(timeout=PATIENCE)

    def let_on(self, batches=1):
        self.batches[1].release(batches)


@pytest.fixture
def turnstile(monkeypatch):
    made = Turnstile()
    monkeypatch.setattr(failpoints, "reach", made.reach)
    monkeypatch.setattr(deadlines, "BATCH", 2)
    yield made
    made.let_on(100)


@pytest.fixture
def meanwhile():
    """Calls functions at the same time, each on a connection of its own."""
    with ThreadPoolExecutor() as pool:
        yield lambda change: pool.submit(closing, change)


def closing(change):
    try:
        return change()
    finally:
        connection.close()


def kinds(case):
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def waiting():
    """How many of us wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0]


def test_a_completion_waits_for_the_batch_of_its_case_and_for_no_other(turnstile, meanwhile):
    service = make_team()
    make_user("Lead", service, lead=True)
    anna = make_user("Anna", service)
    version = make_version(single(deadline="8h"))
    cases = [runtime.start(version, by=anna, at=MONDAY) for _ in range(6)]
    tasks = [runtime.claim(case.tasks.get(), by=anna, at=MONDAY) for case in cases]

    def complete(number):
        return lambda: runtime.complete_task(tasks[number], outcome="done", by=anna, at=LATE)

    sweep = meanwhile(lambda: deadlines.sweep(at=LATE))
    assert turnstile.is_in_a_batch()
    meanwhile(complete(4)).result(PATIENCE)
    assert not sweep.done()
    click = meanwhile(complete(0))
    wait_until(lambda: waiting() == 1, PATIENCE)
    assert not click.done()

    turnstile.let_on()
    assert turnstile.is_in_a_batch()
    click.result(PATIENCE)
    assert not sweep.done()

    turnstile.let_on(5)
    done = sweep.result(PATIENCE)
    assert (done.clocks, done.overdue, done.failed) == (5, 5, 0)
    assert kinds(cases[0]) == ["started", "claimed", "overdue", "escalated", "completed", "finished"]
    assert kinds(cases[4]) == ["started", "claimed", "completed", "finished"]
    assert set(Task.objects.filter(overdue_at__isnull=True)) == {tasks[4]}


def test_a_level_that_acts_does_nothing_once_the_task_rests(turnstile, meanwhile):
    """The click comes between the half of a sweep that finds the level due and the half that fires it."""
    turnstile.point = "sweep-between-halves"
    anna = make_user("Anna", make_team())
    level = {"level": 1, "offset": "50%", "acts": [{"do": "raise"}]}
    case = runtime.start(make_version(single(deadline="8h"), levels=[level]), by=anna, at=MONDAY)
    row = runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
    noon, later = MONDAY + dt.timedelta(hours=5), MONDAY + dt.timedelta(days=9)
    sweep = meanwhile(lambda: deadlines.sweep(at=noon))
    assert turnstile.is_in_a_batch()
    runtime.postpone(row, later, by=anna, waits_for="customer", at=noon)
    turnstile.let_on()
    assert sweep.result(PATIENCE).escalated == 0
    turnstile.let_on()
    deadlines.sweep(at=LATE)
    row.refresh_from_db()
    assert (row.urgency, row.overdue_at, row.is_hidden) == (2, None, True)
    assert set(row.clocks.filter(kind="solution").values_list("wake_at", flat=True)) == {None}


def test_resting_and_firing_at_once_end_in_one_of_two_orders(meanwhile):
    anna = make_user("Anna", make_team())
    level = {"level": 1, "offset": "50%", "acts": [{"do": "raise"}]}
    version = make_version(single(deadline="8h"), levels=[level])
    noon, later = MONDAY + dt.timedelta(hours=5), MONDAY + dt.timedelta(days=9)
    for _ in range(8):
        case = runtime.start(version, by=anna, at=MONDAY)
        row = runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
        sweep = meanwhile(lambda: deadlines.sweep(at=noon))
        rest = meanwhile(lambda row=row: runtime.postpone(row, later, by=anna, waits_for="customer", at=noon))
        assert sweep.result(PATIENCE).failed == 0
        rest.result(PATIENCE)
        deadlines.sweep(at=LATE)
        row.refresh_from_db()
        raised = case.events.filter(kind="urgency").count()
        assert (row.urgency, row.overdue_at, row.is_hidden) == (2 - raised, None, True)
