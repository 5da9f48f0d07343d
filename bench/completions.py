"""Completions per second of `runtime.complete_task` beside the same rows written in plain psycopg2 SQL.

Workload W: capture → check (ok, or one loop back) → approve → execute → archive. Clients are processes in a
closed loop without think time; subjects take turns in one run. One completion of either subject reads and
locks the case, reads the task, ends it, makes the next task, appends an event and commits; the plain one does
so with hand-written statements and without rights, gates, hashes or a definition read from rows.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django
import psycopg2

django.setup()

from django.core.management import call_command  # noqa: E402 - needs the settings
from django.db import connection, connections  # noqa: E402

from people.models import Membership, Team, User  # noqa: E402
from people.scope import scope_of  # noqa: E402
from processes import blueprint, runtime  # noqa: E402
from processes.blueprint import Blueprint, FlowPlan, OutcomePlan, StepPlan  # noqa: E402
from processes.models import ProcessDefinition, ProcessInstance, ProcessVersion  # noqa: E402
from tasks.models import Task  # noqa: E402

CHAIN = ("capture", "check", "approve", "execute", "archive")
CLIENTS = (1, 2, 8)

PLAIN_SCHEMA = """
CREATE TABLE plain_case (
    id bigserial PRIMARY KEY, state text NOT NULL, marking text NOT NULL, seq int NOT NULL,
    changed timestamptz NOT NULL
);
CREATE TABLE plain_task (
    id bigserial PRIMARY KEY, case_id bigint NOT NULL REFERENCES plain_case, step text NOT NULL,
    state text NOT NULL, team_id bigint, assignee_id bigint, due timestamptz, created timestamptz NOT NULL,
    ended timestamptz, outcome text NOT NULL DEFAULT ''
);
CREATE INDEX ON plain_task (assignee_id, due, id) WHERE state = 'open';
CREATE INDEX ON plain_task (team_id, due, id) WHERE state = 'open' AND assignee_id IS NULL;
CREATE INDEX ON plain_task (case_id, id);
CREATE TABLE plain_event (
    id bigserial PRIMARY KEY, case_id bigint NOT NULL REFERENCES plain_case, seq int NOT NULL,
    kind text NOT NULL, task_id bigint, actor_id bigint, at timestamptz NOT NULL, facts text NOT NULL,
    UNIQUE (case_id, seq)
);
"""


def run(seconds: float, rounds: int) -> list[dict[str, Any]]:
    """Measure both subjects with 1, 2 and 8 clients; medians over the rounds."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(PLAIN_SCHEMA)
    user = _office()
    version = _version()
    address = dict(connection.get_connection_params())
    connections.close_all()
    rows = []
    for clients in CLIENTS:
        ours, plain = [], []
        for _ in range(rounds):
            ours.append(_rate(clients, seconds, partial(_ours, user.pk, version.pk)))
            plain.append(_rate(clients, seconds, partial(_plain, address)))
        medians = statistics.median(ours), statistics.median(plain)
        rows.append(
            {
                "case": f"complete, {clients} client{'s' if clients > 1 else ''}",
                "ours": round(medians[0], 1),
                "limit": round(medians[1], 1),
                "ratio": round(medians[0] / medians[1], 3),
                "unit": "completions/s",
            }
        )
    return rows


def _office() -> User:
    team = Team.objects.create(key="office", name="Office")
    user = User.objects.create_user("bench@example.org", last_name="Bench")
    Membership.objects.create(user=user, team=team)
    return user


def _version() -> ProcessVersion:
    definition = ProcessDefinition.objects.create(
        key="bench", name="Bench", owner_team=Team.objects.get(key="office")
    )
    version = ProcessVersion.objects.create(definition=definition, number=1)
    steps = [
        StepPlan(
            key, "task", key.title(), team="office", assignment="starter",
            outcomes=(OutcomePlan("ok", "Ok"), OutcomePlan("back", "Back")),
        )
        for key in CHAIN
    ]  # fmt: skip
    forward = [FlowPlan(a, b, "ok") for a, b in zip(CHAIN, (*CHAIN[1:], "end"), strict=True)]
    back = [FlowPlan(b, a, "back") for a, b in zip(("capture", *CHAIN[:-1]), CHAIN, strict=True)]
    plan = Blueprint(
        steps=(StepPlan("start", "start", "Start"), *steps, StepPlan("end", "end", "End")),
        flows=(FlowPlan("start", CHAIN[0]), *forward, *back),
    )
    blueprint.write(version, plan)
    version.publish(by=None, at=version.created_at)
    version.save()
    return version


def _rate(clients: int, seconds: float, subject: Callable[[Any, float], int]) -> float:
    """Completions per second of so many processes together."""
    context = multiprocessing.get_context("fork")
    start, results = context.Event(), context.Queue()

    def work() -> None:
        results.put(subject(start, seconds))

    processes = [context.Process(target=work) for _ in range(clients)]
    for process in processes:
        process.start()
    time.sleep(0.8)
    start.set()
    total = sum(results.get() for _ in processes)
    for process in processes:
        process.join()
    return float(total) / seconds


def _ours(user_id: int, version_id: int, start: Any, seconds: float) -> int:
    connections.close_all()
    user = User.objects.get(pk=user_id)
    scope_of(user)
    version = ProcessVersion.objects.select_related("definition").get(pk=version_id)
    cases = [runtime.start(version, by=user) for _ in range(10)]
    tasks = [Task.objects.get(instance=case) for case in cases]
    start.wait()
    end, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        slot = done % len(tasks)
        outcome = "back" if tasks[slot].step_key == CHAIN[-1] else "ok"
        tasks[slot] = runtime.complete_task(tasks[slot], outcome=outcome, by=user).new_tasks[0]
        done += 1
    assert ProcessInstance.objects.filter(pk=cases[0].pk).exists()  # noqa: S101 - the rows are really there
    return done


def _plain(address: dict[str, Any], start: Any, seconds: float) -> int:
    db = psycopg2.connect(**{key: value for key, value in address.items() if key != "cursor_factory"})
    cursor = db.cursor()
    tasks = [_plain_start(cursor) for _ in range(10)]
    db.commit()
    start.wait()
    end, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        slot = done % len(tasks)
        tasks[slot] = _plain_complete(db, cursor, tasks[slot])
        done += 1
    db.close()
    return done


def _plain_start(cursor: Any) -> int:
    cursor.execute(
        "INSERT INTO plain_case (state, marking, seq, changed)"
        " VALUES ('running', 'capture', 0, now()) RETURNING id"
    )
    case = cursor.fetchone()[0]
    cursor.execute(
        "INSERT INTO plain_task (case_id, step, state, team_id, assignee_id, created)"
        " VALUES (%s, 'capture', 'open', 1, 1, now()) RETURNING id",
        [case],
    )
    return int(cursor.fetchone()[0])


def _plain_complete(db: Any, cursor: Any, task: int) -> int:
    """Six statements and a commit."""
    cursor.execute("SELECT case_id FROM plain_task WHERE id = %s", [task])
    case = cursor.fetchone()[0]
    cursor.execute("SELECT state, seq FROM plain_case WHERE id = %s FOR NO KEY UPDATE", [case])
    state, seq = cursor.fetchone()
    cursor.execute("SELECT state, step FROM plain_task WHERE id = %s", [task])
    task_state, step = cursor.fetchone()
    if state != "running" or task_state != "open":
        raise RuntimeError("stale")
    following = CHAIN[(CHAIN.index(step) + 1) % len(CHAIN)]
    cursor.execute(
        "UPDATE plain_task SET state = 'done', outcome = 'ok', ended = now() WHERE id = %s", [task]
    )
    cursor.execute(
        "INSERT INTO plain_task (case_id, step, state, team_id, assignee_id, created)"
        " VALUES (%s, %s, 'open', 1, 1, now()) RETURNING id",
        [case, following],
    )
    new = int(cursor.fetchone()[0])
    cursor.execute(
        "WITH e AS (INSERT INTO plain_event (case_id, seq, kind, task_id, actor_id, at, facts)"
        " VALUES (%s, %s, 'completed', %s, 1, now(), '{}'))"
        " UPDATE plain_case SET seq = %s, marking = %s, changed = now() WHERE id = %s",
        [case, seq + 1, task, seq + 1, following, case],
    )
    db.commit()
    return new
