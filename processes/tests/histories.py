"""What a case has taken: its history fed to the engine once more, which must lead where the case went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from processes import engine, nets
from processes.marking import Marking
from processes.models import ProcessInstance
from tasks import events
from tasks.events import Kind
from tasks.models import ProcessEvent


@dataclass
class Taken:
    """Ids of transitions, and outcomes by step."""

    flows: set[str] = field(default_factory=set)
    outcomes: set[tuple[str, str]] = field(default_factory=set)


def taken(case: ProcessInstance) -> Taken:
    """Replay a case's history on the engine. Raises AssertionError where it leads elsewhere."""
    net, found = nets.compiled(case.version_id).net, Taken()
    marking, data = Marking(), dict[str, Any]()
    for entry in ProcessEvent.objects.filter(instance=case).select_related("payload").order_by("seq"):
        facts = events.facts_of(entry)
        if "moves" not in facts:
            continue
        _learn(data, entry)
        moves = _moves(net, marking, entry.kind, facts, data)
        produced = {(token.id, token.at) for token in moves.produced}
        assert produced == {(one[0], one[1]) for one in facts["moves"]["produced"]}, (case, entry.seq)
        marking = moves.marking
        found.flows |= set(moves.flows)
        if outcome := _outcome(entry.kind, facts):
            found.outcomes.add((facts["step"], outcome))
    assert not marking.tokens, case
    return found


def _learn(data: dict[str, Any], entry: ProcessEvent) -> None:
    values = events.personal_of(entry).get("values", {})
    data |= {key: new if entry.kind == Kind.STARTED else new[1] for key, new in values.items()}


def _moves(
    net: engine.Net, marking: Marking, kind: str, facts: Mapping[str, Any], data: Mapping[str, Any]
) -> engine.Moves:
    if kind == Kind.STARTED:
        return engine.begin(net, data)
    token = next(one[0] for one in facts["moves"]["consumed"] if one[1] == facts["step"])
    return engine.fire(net, marking, token, _event(kind, facts), data)


def _event(kind: str, facts: Mapping[str, Any]) -> engine.Event:
    outcome = facts.get("outcome", "")
    if kind == Kind.COMPLETED:
        return engine.Chosen(outcome)
    if kind == Kind.RETURNED:
        return engine.SubEnded(outcome)
    if kind == Kind.GAVE_UP:
        return engine.JobFailed()
    return engine.Clock(outcome) if outcome else engine.JobDone()


def _outcome(kind: str, facts: Mapping[str, Any]) -> str:
    return engine.FAILED if kind == Kind.GAVE_UP else str(facts.get("outcome", ""))
