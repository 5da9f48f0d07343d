"""Tokens: what an event at one leads to, carried out in rows, until nothing more follows by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from processes import engine
from processes.casework import calling, rows, values
from processes.casework.change import Casework, Followup
from processes.errors import NoWayOn, StaleError
from tasks import events
from tasks.clocks import rescheduling, schedule
from tasks.models import Task

MOST_MOVES = engine.MOST_AUTOMATIC_STEPS
"""Moves in one change; more mean calls without a wait."""


def begin(work: Casework, *, facts: Mapping[str, Any], personal: Mapping[str, Any]) -> list[Task]:
    """Put the first tokens of a case and record its start. Returns the new tasks. Raises NoWayOn."""
    schedule.start_case(work.version, work.instance)
    made = _carry_out(Followup(work, 0, None, events.Kind.STARTED, dict(facts), dict(personal)))
    settle(work)
    return made


def advance(
    work: Casework,
    token_id: int,
    event: engine.Event,
    kind: events.Kind,
    *,
    task: Task | None = None,
    facts: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> list[Task]:
    """Let an event act on a token: move, write the rows of what is entered and cancelled, record one event,
    end the case when no token is left, and go on with whatever follows at once. Returns the new tasks.

    Raises StaleError (no such token), NoWayOn (the definition has no answer, or none within 1,000 steps).
    """
    made = _carry_out(
        Followup(work, token_id, event, kind, dict(facts or {}), dict(personal or {})), task=task
    )
    settle(work)
    return made


def _carry_out(one: Followup, task: Task | None = None) -> list[Task]:
    work = one.work
    work.family.moves += 1
    if work.family.moves > MOST_MOVES:
        raise NoWayOn(code="too_many_steps")
    moves = _moves(one)
    work.instance.marking = moves.marking.to_json()
    skipped = rows.drop(work, moves.cancelled)
    rows.end_clocks(work, moves.consumed)
    _count_from_ended(work, moves)
    made = rows.make(work, moves.entered)
    facts = {**one.facts, **rows.moved_facts(moves, made)}
    gates = sorted({*one.facts.get("gates_skipped", ()), *skipped})
    if gates:
        facts["gates_skipped"] = gates
    work.record(one.kind, task=task, facts=facts, personal=one.personal)
    if moves.finished:
        _finish(work, moves.marking.first_end)
    return made.tasks


def _count_from_ended(work: Casework, moves: engine.Moves) -> None:
    """What is open besides and counts from the end of a step that has just ended gets its moment."""
    ended = {token.at for token in moves.consumed} & work.version.after_keys
    work.instance.ending.update(dict.fromkeys(ended, work.at))
    stayed = set(moves.marking.tokens) - set(moves.produced)
    if ended and any(token.at in work.version.steps for token in stayed):
        changes = rescheduling.redate(work.instance, work.version, ended, at=work.at)
        values.note_changes(work, changes, why="step")


def _moves(one: Followup) -> engine.Moves:
    net, data = one.work.version.net, one.work.instance.data
    try:
        if one.event is None:
            return engine.begin(net, data)
        return engine.fire(net, one.work.marking, one.token_id, one.event, data)
    except engine.UnknownToken as error:
        raise StaleError from error
    except engine.EngineError as error:
        raise NoWayOn(code=error.code) from error


def _finish(work: Casework, first_end: str) -> None:
    """The last token is gone: the result is the first end reached on the whole way; a caller goes on."""
    end = work.version.steps.get(first_end)
    work.instance.finish(result=(end.result or end.name) if end else "", at=work.at)
    work.record(events.Kind.FINISHED, facts={"result": first_end})
    schedule.stop_case(work.instance)
    rows.close_incidents(work)
    calling.return_to_caller(work, first_end)


def settle(work: Casework) -> None:
    """Do what follows at once, in any case of the call tree, until nothing is left. Raises NoWayOn."""
    followups = work.family.followups
    while followups:
        one = followups.popleft()
        if one.is_due:
            _carry_out(one)
