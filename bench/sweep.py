"""Escalated tasks per second beside the same rows written in plain SQL, batches with SKIP LOCKED.

A million open tasks, a tenth of them due. One escalation of either subject locks the case, fires two levels
(overdue; the lead is told), marks the task, sets the clock's next moment, appends two events, writes a
message in the application and one for the mail worker, and commits five hundred at a time. The plain one has
no calendars, conditions, history hashes or rights. Subjects take turns in one run, each on due rows of its
own.
"""

from __future__ import annotations

import datetime as dt
import resource
import statistics
import time
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

CASES = """
INSERT INTO processes_processinstance (
    number, title, definition_id, version_id, state, result, urgency, started_at, data, field_versions,
    marking, granted, approvals, event_seq, head_hash, is_public, is_confidential, depth, root_id
)
SELECT 'B-' || n, '', %(definition)s, %(version)s, 'running', '', 2, %(at)s, '{}', '{}',
    '{"tokens": [[1, "work", 1]], "next": 2}', '{}', '{}', 0, '', true, false, 0, NULL
FROM generate_series(1, %(number)s) n
"""
TASKS = """
UPDATE processes_processinstance SET root_id = id;
INSERT INTO tasks_task (
    instance_id, root_id, step_id, step_key, token_id, visit, mi_index, state, title, team_id,
    assignment_reason, urgency, created_at, due_at, due_sort_at, escalation_level, is_hidden,
    is_confidential, draft, outcome_key, completion_key, lock_version, waits_for
)
SELECT id, id, %(step)s, 'work', 1, 1, 0, 'open', 'Work', %(team)s, '{}', 2, %(at)s, %(later)s, %(later)s, 0,
    false, false, '{}', '', '', 1, ''
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


def run(tasks: int, due: int, rounds: int) -> list[dict[str, Any]]:
    """Seed, then let the subjects take turns; medians over the rounds."""
    call_command("migrate", verbosity=0)
    lead = _seed(tasks)
    ours, plain, lags = [], [], []
    for turn in range(rounds):
        _make_due(turn, due, rounds)
        begun = time.perf_counter()
        done = deadlines.sweep(at=DUE)
        lags.append(time.perf_counter() - begun)
        if done.overdue != due or done.failed:
            raise SystemExit(f"{done.overdue} of {due} escalated, {done.failed} failed")
        ours.append(due / lags[-1])
        plain.append(due / _plain_seconds(lead, due))
    rate, limit = statistics.median(ours), statistics.median(plain)
    return [
        {
            "case": f"{due} due of {tasks} open",
            "ours": round(rate),
            "limit": round(limit),
            "ratio": round(rate / limit, 3),
            "unit": "tasks/s",
            "lag_seconds": round(statistics.median(lags), 1),
            "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
    ]


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
    with connection.cursor() as cursor:
        for statement in (CASES, TASKS, CLOCKS, PLAIN, "ANALYZE"):
            cursor.execute(statement, facts)
    return lead.pk


def _ticket() -> Blueprint:
    work = StepPlan("work", "task", "Work", team="office", outcomes=(OutcomePlan("done", "Done"),))
    return Blueprint(
        steps=(StepPlan("start", "start", "Start"), work, StepPlan("end", "end", "End")),
        flows=(FlowPlan("start", "work"), FlowPlan("work", "end", "done")),
    )


def _make_due(turn: int, due: int, rounds: int) -> None:
    """Let another part of the tasks be due, spread over the table, for both subjects."""
    facts: dict[str, Any] = {"due": DUE, "rounds": rounds, "turn": turn, "number": due}
    with connection.cursor() as cursor:
        for statement in (CHOOSE, *MADE_DUE, "VACUUM ANALYZE"):
            cursor.execute(statement, facts)


def _plain_seconds(lead: int, due: int) -> float:
    left = due
    facts: dict[str, Any] = {"at": DUE, "batch": BATCH, "lead": lead}
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        while left > 0:
            cursor.execute(PLAIN_BATCH, facts)
            left -= BATCH
    return time.perf_counter() - begun
