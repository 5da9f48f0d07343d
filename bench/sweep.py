"""Escalated tasks per second beside the same rows written in plain SQL, batches with SKIP LOCKED.

A million open tasks, a tenth of them due. One escalation of either subject locks the case, fires two levels
(overdue; the lead is told), marks the task, sets the clock's next moment, appends two events, writes a
message in the application and one for the mail worker, and commits five hundred at a time. The plain one has
no calendars, conditions, history hashes or rights, and tables without foreign keys. What our own tables allow
is measured beside it: the same rows, written into them by one statement a batch that judges nothing. Subjects
take turns in one run, each on due rows of its own.
"""

from __future__ import annotations

import datetime as dt
import resource
import statistics
import time
from collections.abc import Iterable
from typing import Any

import django
from psycopg2.extras import Json

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the settings
from django.db import connection  # noqa: E402

from people.models import Membership, Team, User  # noqa: E402
from processes import blueprint, escalation  # noqa: E402
from processes.blueprint import Blueprint, FlowPlan, OutcomePlan, StepPlan  # noqa: E402
from processes.escalation import Act, Do, Level, Whom  # noqa: E402
from processes.models import ProcessDefinition, ProcessVersion, Step  # noqa: E402
from tasks import deadlines  # noqa: E402

DUE = dt.datetime(2026, 11, 16, 9, tzinfo=dt.UTC)
LATER = DUE + dt.timedelta(days=365)
BATCH = 500
FACTS = '{"addresses":0,"clock":"solution","level":1,"name":"Lead","recipients":[1],"step":"work"}'

CASES = """
INSERT INTO processes_processinstance (
    number, title, definition_id, version_id, state, result, urgency, started_at, data, field_versions,
    marking, granted, approvals, event_seq, head_hash, is_public, is_confidential, is_trial, depth, root_id
)
SELECT 'B-' || n, '', %(definition)s, %(version)s, 'running', '', 2, %(at)s, '{}', '{}',
    '{"tokens": [[1, "work", 1]], "next": 2}', '{}', '{}', 0, '', true, false, false, 0, NULL
FROM generate_series(1, %(number)s) n
"""
TASKS = """
UPDATE processes_processinstance SET root_id = id;
INSERT INTO tasks_task (
    instance_id, root_id, step_id, step_key, token_id, visit, mi_index, state, title, team_id,
    assignment_reason, urgency, created_at, due_at, due_sort_at, escalation_level, is_hidden,
    is_confidential, is_trial, draft, outcome_key, completion_key, lock_version, waits_for
)
SELECT id, id, %(step)s, 'work', 1, 1, 0, 'open', 'Work', %(team)s, '{}', 2, %(at)s, %(later)s, %(later)s, 0,
    false, false, false, '{}', '', '', 1, ''
FROM processes_processinstance
"""
CLOCKS = """
INSERT INTO tasks_clock (
    instance_id, root_id, task_id, kind, key, rule, generation, due_at, paused_seconds, is_moved, is_legal,
    is_final, plan, next_level, wake_at
)
SELECT instance_id, root_id, id, 'solution', '', '{}', 1, %(later)s, 0, false, false, false, %(plan)s, 0,
    %(later)s
FROM tasks_task
"""
PLAIN = """
CREATE TABLE plain_case (id bigint PRIMARY KEY, seq int NOT NULL);
CREATE TABLE plain_task (
    id bigint PRIMARY KEY, case_id bigint NOT NULL, team_id bigint, due timestamptz NOT NULL,
    urgency int NOT NULL, overdue timestamptz, level int NOT NULL, wake timestamptz
);
CREATE INDEX ON plain_task (team_id, due, urgency, id);
CREATE INDEX ON plain_task (wake, id) WHERE wake IS NOT NULL;
CREATE TABLE plain_fired (
    task_id bigint NOT NULL, level int NOT NULL, at timestamptz, UNIQUE (task_id, level)
);
CREATE TABLE plain_event (
    id bigserial PRIMARY KEY, case_id bigint NOT NULL, seq int NOT NULL, kind text NOT NULL, task_id bigint,
    at timestamptz NOT NULL, facts text NOT NULL, UNIQUE (case_id, seq)
);
CREATE TABLE plain_notice (
    id bigserial PRIMARY KEY, recipient bigint NOT NULL, channel text NOT NULL, task_id bigint,
    key text NOT NULL, at timestamptz NOT NULL, UNIQUE (key, recipient, channel)
);
INSERT INTO plain_case SELECT id, 0 FROM processes_processinstance;
INSERT INTO plain_task SELECT id, instance_id, team_id, due_at, urgency, NULL, 0, due_at FROM tasks_task;
"""
CHOOSE = """
DROP TABLE IF EXISTS chosen;
CREATE TEMP TABLE chosen AS
SELECT id FROM tasks_task WHERE id %% %(rounds)s = %(turn)s ORDER BY id LIMIT %(number)s
"""
MADE_DUE = (
    "UPDATE tasks_clock SET wake_at = %(due)s, due_at = %(due)s WHERE task_id IN (SELECT id FROM chosen)",
    "UPDATE tasks_task SET due_at = %(due)s, due_sort_at = %(due)s WHERE id IN (SELECT id FROM chosen)",
    "UPDATE plain_task SET wake = %(due)s, due = %(due)s WHERE id IN (SELECT id FROM chosen)",
)
PLAIN_BATCH = """
WITH due AS (
    SELECT t.id, t.case_id FROM plain_task t JOIN plain_case c ON c.id = t.case_id
    WHERE t.wake <= %(at)s ORDER BY t.wake, t.id LIMIT %(batch)s FOR UPDATE OF c SKIP LOCKED
), marked AS (
    UPDATE plain_task SET overdue = %(at)s, level = 1, wake = NULL FROM due WHERE plain_task.id = due.id
), heads AS (
    UPDATE plain_case SET seq = seq + 2 FROM due WHERE plain_case.id = due.case_id
), fired AS (
    INSERT INTO plain_fired SELECT id, level, %(at)s FROM due, generate_series(0, 1) level
), told AS (
    INSERT INTO plain_notice (recipient, channel, task_id, key, at)
    SELECT %(lead)s, channel, id, 'level:' || id, %(at)s FROM due, unnest(ARRAY['app', 'mail']) channel
)
INSERT INTO plain_event (case_id, seq, kind, task_id, at, facts)
SELECT case_id, step, CASE step WHEN 1 THEN 'overdue' ELSE 'escalated' END, id, %(at)s, '{"step": "work"}'
FROM due, generate_series(1, 2) step
"""
OWN_TABLES_BATCH = """
WITH due AS (
    SELECT k.id, k.task_id, k.instance_id FROM tasks_clock k
    JOIN processes_processinstance c ON c.id = k.root_id
    WHERE k.wake_at <= %(at)s ORDER BY k.wake_at, k.id LIMIT %(batch)s FOR NO KEY UPDATE OF c SKIP LOCKED
), marked AS (
    UPDATE tasks_task SET overdue_at = %(at)s, escalation_level = 1 FROM due WHERE tasks_task.id = due.task_id
), clocks AS (
    UPDATE tasks_clock SET next_level = 2, wake_at = NULL FROM due WHERE tasks_clock.id = due.id
), heads AS (
    UPDATE processes_processinstance c SET event_seq = 2, head_hash = %(hash)s FROM due
    WHERE c.id = due.instance_id
), fired AS (
    INSERT INTO tasks_levelfired (clock_id, generation, level, fired_at)
    SELECT id, 1, level, %(at)s FROM due, generate_series(0, 1) level
), told AS (
    INSERT INTO tasks_notification (
        recipient_id, address, channel, kind, key, instance_id, task_id, data, created_at, available_at,
        state, tries, lease_id, last_error
    )
    SELECT %(lead)s, '', channel, 'overdue', 'level:' || id, instance_id, task_id, %(data)s, %(at)s, %(at)s,
        CASE channel WHEN 'app' THEN 'sent' ELSE 'pending' END, 0, '', ''
    FROM due, unnest(ARRAY['app', 'mail']) channel
    ON CONFLICT DO NOTHING
)
INSERT INTO tasks_processevent (instance_id, seq, kind, task_id, at, facts, payload_digest, hash)
SELECT instance_id, step, CASE step WHEN 1 THEN 'overdue' ELSE 'escalated' END, task_id, %(at)s, %(facts)s,
    '', %(hash)s
FROM due, generate_series(1, 2) step
"""


def run(tasks: int, due: int, rounds: int) -> list[dict[str, Any]]:
    """Seed, then let the subjects take turns; medians over the rounds."""
    call_command("migrate", verbosity=0)
    lead = _seed(tasks)
    lags, plain, own = [], [], []
    for turn in range(rounds):
        _make_due(turn, due, 2 * rounds)
        lags.append(_our_seconds(due))
        plain.append(_seconds(PLAIN_BATCH, lead, due))
        _make_due(rounds + turn, due, 2 * rounds)
        own.append(_seconds(OWN_TABLES_BATCH, lead, due))
    lag, limit, bound = (statistics.median(seconds) for seconds in (lags, plain, own))
    return [
        {
            "case": f"{due} due of {tasks} open",
            "ours": round(due / lag),
            "limit": round(due / limit),
            "ratio": round(limit / lag, 3),
            "own_tables": round(due / bound),
            "ratio_own_tables": round(bound / lag, 3),
            "unit": "tasks/s",
            "lag_seconds": round(lag, 1),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    ]


def _our_seconds(due: int) -> float:
    begun = time.perf_counter()
    done = deadlines.sweep(at=DUE)
    seconds = time.perf_counter() - begun
    if done.overdue != due or done.failed:
        raise SystemExit(f"{done.overdue} of {due} escalated, {done.failed} failed")
    return seconds


def _seed(tasks: int) -> int:
    team = Team.objects.create(key="office", name="Office")
    lead = User.objects.create_user("lead@example.org", last_name="Lead")
    Membership.objects.create(user=lead, team=team, role=Membership.Role.LEAD)
    definition = ProcessDefinition.objects.create(key="bench", name="Bench", owner_team=team)
    version = ProcessVersion.objects.create(definition=definition, number=1)
    blueprint.write(version, _ticket())
    version.publish(by=None, at=DUE)
    version.save()
    plan = escalation.snapshot([Level(1, "Lead", acts=(Act(Do.NOTIFY, (Whom.LEAD,)),))], DUE, DUE)
    facts: dict[str, Any] = {
        "definition": definition.pk,
        "version": version.pk,
        "number": tasks,
        "step": Step.objects.get(version=version, key="work").pk,
        "team": team.pk,
        "at": DUE - dt.timedelta(days=3),
        "later": LATER,
        "plan": Json(plan),
    }
    _prepare((CASES, TASKS, CLOCKS, PLAIN, "ANALYZE"), facts)
    return lead.pk


def _prepare(statements: Iterable[str], facts: dict[str, Any]) -> None:
    """Rows by the million take longer than a statement may otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in statements:
            cursor.execute(statement, facts)
        cursor.execute("RESET statement_timeout")


def _ticket() -> Blueprint:
    work = StepPlan("work", "task", "Work", team="office", outcomes=(OutcomePlan("done", "Done"),))
    return Blueprint(
        steps=(StepPlan("start", "start", "Start"), work, StepPlan("end", "end", "End")),
        flows=(FlowPlan("start", "work"), FlowPlan("work", "end", "done")),
    )


def _make_due(turn: int, due: int, rounds: int) -> None:
    """Let another part of the tasks be due, spread over the table, for both subjects."""
    facts: dict[str, Any] = {"due": DUE, "rounds": rounds, "turn": turn, "number": due}
    _prepare((CHOOSE, *MADE_DUE, "VACUUM ANALYZE"), facts)


def _seconds(statement: str, lead: int, due: int) -> float:
    facts: dict[str, Any] = {"at": DUE, "batch": BATCH, "lead": lead, "hash": "0" * 64}
    facts |= {"facts": FACTS, "data": Json({"level": 1, "name": "Lead", "clock": "solution"})}
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        for _ in range(0, due, BATCH):
            cursor.execute(statement, facts)
    return time.perf_counter() - begun
