"""What a look at the clock costs: two statements when nothing is due, one a table for many clocks."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import User
from processes import runtime
from processes.models import ProcessInstance, StartSchedule
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks import deadlines, jobs
from tasks.clocks import standstills
from tasks.models import Clock, Heartbeat, Standstill, Task

pytestmark = pytest.mark.django_db

LATE = MONDAY + dt.timedelta(days=2)


@pytest.fixture
def version():
    service = make_team()
    make_user("Lead", service, lead=True)
    make_user("Anna", service)
    return make_version(single(deadline="8h"))


def start(version, number=1):
    by = User.objects.get(last_name="Anna")
    return [runtime.start(version, by=by, at=MONDAY) for _ in range(number)]


def ticked(ago=dt.timedelta(seconds=5)):
    """The clock was last looked at so long ago."""
    Heartbeat.objects.update_or_create(name="tick", defaults={"at": timezone.now() - ago})


def statements(tick=deadlines.sweep):
    with CaptureQueriesContext(connection) as captured:
        tick()
    return [row["sql"] for row in captured]


# -- nothing due ---------------------------------------------------------------------------------------------


def test_a_tick_with_nothing_due_costs_one_question_and_the_sign_of_life(version):
    start(version, 3)
    deadlines.sweep(at=LATE)
    ticked()
    question, sign = statements()
    assert question.startswith("SELECT") and '"tasks_clock"' in question and "JOIN" not in question
    assert sign.startswith("UPDATE") and '"tasks_heartbeat"' in sign
    beat = Heartbeat.objects.get(name="tick")
    assert (timezone.now() - beat.at < dt.timedelta(seconds=4), beat.detail["clocks"]) == (True, 0)


def test_the_first_tick_of_all_shows_life_and_notices_no_standstill():
    deadlines.sweep()
    assert Heartbeat.objects.filter(name="tick").exists()
    assert not Standstill.objects.exists()
    assert len(statements()) == 2


def test_a_standstill_is_noticed_once_though_nothing_is_due():
    ticked(ago=dt.timedelta(hours=2))
    last = Heartbeat.objects.get(name="tick").at
    for _ in range(3):
        deadlines.sweep()
    still = Standstill.objects.get()
    assert (still.from_at, timezone.now() - still.until_at < dt.timedelta(minutes=1)) == (last, True)


def test_a_standstill_is_one_although_the_sweep_after_it_died(version):
    start(version)
    ticked(ago=dt.timedelta(hours=2))
    last = Heartbeat.objects.get(name="tick").at
    deadlines.sweep(at=LATE, last_tick=LATE - dt.timedelta(hours=2))
    start(version)
    deadlines.sweep(at=LATE, last_tick=LATE - dt.timedelta(hours=2))
    assert Standstill.objects.count() == 1
    assert Heartbeat.objects.get(name="tick").at > last


@pytest.mark.postgres
def test_the_question_reads_the_index_of_due_clocks_and_nothing_else(version):
    (case,) = start(version)
    fill(case)
    for at in (Now(), timezone.now()):
        plan = deadlines.due_clocks(at)[: deadlines.BATCH].explain()
        assert "Index Scan using clock_due on tasks_clock" in plan
        assert (plan.count("Scan"), plan.count("Sort")) == (1, 0)


def fill(case):
    """Twenty thousand waits that lie ahead."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks_clock (instance_id, root_id, kind, key, token_id, rule, generation, due_at,"
            " paused_seconds, is_moved, is_legal, is_final, plan, next_level, wake_at)"
            " SELECT %s, %s, 'wait', '', n, '{}', 1, at, 0, false, false, false, '[]', 0, at"
            " FROM generate_series(100, 20000) n, LATERAL (SELECT now() + n * interval '1 hour' AS at) soon",
            [case.pk, case.pk],
        )
        cursor.execute("ANALYZE tasks_clock")


def test_a_whole_tick_with_nothing_due_is_one_statement(version):
    start(version, 3)
    deadlines.sweep(at=LATE)
    Clock.objects.filter(wake_at__isnull=False).update(wake_at=timezone.now() + dt.timedelta(hours=1))
    ticked()
    (only,) = statements(jobs.tick)
    assert only.startswith('UPDATE "tasks_heartbeat"')
    assert "JOIN" not in only
    beat = Heartbeat.objects.get(name="tick")
    assert (timezone.now() - beat.at < dt.timedelta(seconds=4), beat.detail["clocks"]) == (True, 0)


def test_a_tick_looks_where_a_clock_is_due(version):
    start(version)
    Clock.objects.update(wake_at=timezone.now() - dt.timedelta(seconds=1))
    ticked()
    jobs.tick()
    assert Heartbeat.objects.get(name="tick").detail["clocks"] == 1


def test_a_tick_starts_what_is_scheduled(version):
    ticked()
    row = StartSchedule.objects.create(
        definition=version.definition,
        title="Monatsabschluss",
        started_by=User.objects.get(last_name="Lead"),
        unit="days",
        anchor_on=timezone.localdate() - dt.timedelta(days=3),
        next_on=timezone.localdate() - dt.timedelta(days=1),
        wake_at=timezone.now() - dt.timedelta(minutes=1),
    )
    jobs.tick()
    row.refresh_from_db()
    assert row.wake_at is None or row.wake_at > timezone.now()
    assert ProcessInstance.objects.filter(title="Monatsabschluss").exists()


def test_a_tick_after_a_standstill_notices_it_though_nothing_is_due():
    ticked(ago=dt.timedelta(hours=2))
    jobs.tick()
    assert Standstill.objects.exists()


@pytest.mark.postgres
def test_the_one_statement_reads_partial_indexes_alone(version):
    (case,) = start(version)
    fill(case)
    sql = statements(lambda: standstills.show_life_if_quiet({}))[0]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "clock_due on tasks_clock" in plan
    assert "Seq Scan on tasks_clock" not in plan


# -- many due ------------------------------------------------------------------------------------------------


def test_a_batch_writes_one_statement_a_table(version):
    start(version, 12)
    done = "\n".join(statements(lambda: deadlines.sweep(at=LATE)))
    written = re.findall(r'(?:INSERT INTO|UPDATE) "(\w+)"', done)
    assert sorted(written) == [
        "processes_processinstance",
        "tasks_clock",
        "tasks_heartbeat",
        "tasks_levelfired",
        "tasks_notification",
        "tasks_processevent",
        "tasks_task",
    ]


def test_the_staff_and_a_process_are_read_once_a_sweep(version, monkeypatch):
    for name in ("BATCH", "BATCH_SQLITE"):
        monkeypatch.setattr(deadlines, name, 2)
    start(version, 7)
    asked = statements(lambda: deadlines.sweep(at=LATE))
    for table in ("people_membership", "people_team", "processes_processdefinition"):
        assert sum(f'FROM "{table}"' in sql for sql in asked) == 1
    assert Task.objects.filter(overdue_at=LATE).count() == 7
