"""Decides what comes next: pure functions over frozen values, with the meaning BPMN 2.0 gives the node kinds.

A *token* stands for one thread of work. It rests at a step that waits for somebody (task, timer, action,
subprocess) or on a transition into a join. `begin` and `fire` take the tokens where they lie, follow every
step that needs nobody, and answer with the new marking and what was moved. No clock, no database. Whatever
net and event they are given, they raise nothing but `EngineError` and never lose a token silently.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from processes.comparisons import Condition, holds
from processes.graph import (
    ENDS,
    ON_FLOW,
    WAITING,
    EngineError,
    Flow,
    Kind,
    Net,
    NetError,
    Node,
    Outcome,
    UnknownOutcome,
)
from processes.marking import Marking, Token, UnknownToken

__all__ = [
    "ENDS",
    "WAITING",
    "Cancel",
    "Chosen",
    "Clock",
    "Condition",
    "EngineError",
    "Event",
    "Flow",
    "JobDone",
    "JobFailed",
    "Kind",
    "Marking",
    "Moves",
    "Net",
    "NetError",
    "NoBranch",
    "Node",
    "Outcome",
    "SubEnded",
    "Token",
    "TooManySteps",
    "UnknownOutcome",
    "UnknownToken",
    "begin",
    "begin_judged",
    "cancel_all",
    "fire",
    "fire_judged",
    "holds",
]

MOST_AUTOMATIC_STEPS = 1000
"""Steps that need nobody, in a row; more mean a loop without a wait (F20)."""


class NoBranch(EngineError):
    """Nothing comes next: no condition of a gateway holds and it has no default, or no transition leaves."""

    code = "no_branch"


class TooManySteps(EngineError):
    """A loop without a wait."""

    code = "too_many_steps"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A person ended a task with an outcome."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock reached an outcome's moment."""

    outcome: str


@dataclass(frozen=True, slots=True)
class JobDone:
    """A timer ran out, or an action is done."""


@dataclass(frozen=True, slots=True)
class JobFailed:
    """An action is given up: its outcome `failed` if it has one, else the token stays (an incident)."""


@dataclass(frozen=True, slots=True)
class SubEnded:
    """A called process ended; `outcome` is what its end was mapped to. A step without outcomes goes on."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take the token away."""


Event = Chosen | Clock | JobDone | JobFailed | SubEnded | Cancel
FAILED = "failed"
ANSWERED_BY: Mapping[type, frozenset[Kind]] = {
    Chosen: frozenset({Kind.TASK}),
    Clock: WAITING,
    JobDone: frozenset({Kind.TIMER, Kind.ACTION}),
    JobFailed: frozenset({Kind.ACTION}),
    SubEnded: frozenset({Kind.SUBPROCESS}),
}
"""Which steps wait for which events."""


@dataclass(frozen=True, slots=True)
class Moves:
    """What an event led to. Tokens that came and went within it (a join) do not appear, so that the tokens
    before, less consumed and cancelled, plus produced are the tokens after."""

    marking: Marking
    consumed: tuple[Token, ...]
    produced: tuple[Token, ...]
    cancelled: tuple[Token, ...]
    entered: tuple[Token, ...]
    ends: tuple[str, ...]
    flows: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether no token is left."""
        return not self.marking.tokens


Judge = Callable[[Flow], bool]
"""Says whether a transition's conditions hold."""


def begin(net: Net, data: Mapping[str, Any]) -> Moves:
    """Start a case: what lies behind the start step. Raises NetError, NoBranch, TooManySteps."""
    return begin_judged(net, _judge(data))


def begin_judged(net: Net, judge: Judge) -> Moves:
    """`begin` with conditions judged by the caller; the model check tries every answer."""
    if net.start is None:
        raise NetError("no start")
    run = _Run(net, Marking(), judge)
    run.leave(net.start, None)
    return run.result()


def fire(net: Net, marking: Marking, token_id: int, event: Event, data: Mapping[str, Any]) -> Moves:
    """Answer an event at a token. Raises UnknownToken, UnknownOutcome, NoBranch, TooManySteps, NetError (the
    marking is none of this net)."""
    return fire_judged(net, marking, token_id, event, _judge(data))


def fire_judged(net: Net, marking: Marking, token_id: int, event: Event, judge: Judge) -> Moves:
    """`fire` with conditions judged by the caller."""
    token = marking.token(token_id)
    run = _Run(net, marking, judge)
    if isinstance(event, Cancel):
        run.cancel([token])
        run.follow()
        return run.result()
    node = net.nodes.get(token.at)
    if node is None or node.kind not in ANSWERED_BY[type(event)]:
        raise UnknownToken(f"{token.at} waits for no {type(event).__name__}")
    if not isinstance(event, JobFailed) or any(outcome.key == FAILED for outcome in node.outcomes):
        run.answer(token, node, event)
    return run.result()


def cancel_all(marking: Marking) -> Moves:
    """Take every token away: the case is given up."""
    emptied = Marking((), marking.next_id, marking.visits, frozenset(), marking.first_end)
    return Moves(emptied, (), (), marking.tokens, (), (), ())


def _judge(data: Mapping[str, Any]) -> Judge:
    return lambda flow: all(holds(condition, data) for condition in flow.conditions)


def _named_outcome(net: Net, node: Node, event: Event) -> Outcome | None:
    """The outcome an event names; None where the step just goes on. Raises UnknownOutcome."""
    if isinstance(event, JobDone) or (isinstance(event, SubEnded) and not node.outcomes):
        return None
    outcome = net.outcome(node.key, getattr(event, "outcome", FAILED))
    if outcome.is_clock != isinstance(event, Clock):
        raise UnknownOutcome(f"{node.key}: {outcome.key}")
    return outcome


class _Run:
    """One answer in the making."""

    def __init__(self, net: Net, marking: Marking, judge: Judge) -> None:
        self.net, self.before, self.judge = net, marking, judge
        self.tokens = {token.id: token for token in marking.tokens}
        self.next_id = marking.next_id
        self.visits = dict(marking.visits)
        self.sparked = marking.sparked
        self.cancelled: list[Token] = []
        self.ends: list[str] = []
        self.flows: list[str] = []
        self.pending: deque[Flow] = deque()

    def answer(self, token: Token, node: Node, event: Event) -> None:
        """Let an event act on the token it is for; cancel before producing."""
        outcome = _named_outcome(self.net, node, event)
        if outcome is None or outcome.interrupting or not outcome.is_clock:
            del self.tokens[token.id]
        elif (token.id, outcome.key) in self.sparked:
            return
        else:
            self.sparked |= {(token.id, outcome.key)}
        if outcome is not None and outcome.cancels:
            self._cancel_region(outcome.cancels)
        self.leave(node.key, outcome.key if outcome else None)

    def leave(self, step: str, outcome: str | None) -> None:
        """Take every transition of an outcome. Raises NoBranch if there is none."""
        self.pending.extend(flow for flow in self.net.outgoing(step) if flow.outcome == outcome)
        if not self.pending:
            raise NoBranch(f"{step}: {outcome}")
        self.follow()

    def cancel(self, tokens: Iterable[Token]) -> None:
        """Take tokens away without anything coming next."""
        for token in tokens:
            del self.tokens[token.id]
            self.cancelled.append(token)

    def _cancel_region(self, steps: frozenset[str]) -> None:
        """Remove tokens at these steps and on transitions into them (semantics §1)."""
        self.cancel([token for token in self.tokens.values() if self.net.step_at(token.at) in steps])

    def follow(self) -> None:
        """Move tokens until all rest; then judge inclusive joins to a fixpoint."""
        self._drain()
        while self._open_an_inclusive_join():
            self._drain()

    def _drain(self) -> None:
        while self.pending:
            if len(self.flows) >= MOST_AUTOMATIC_STEPS:
                raise TooManySteps
            flow = self.pending.popleft()
            self.flows.append(flow.id)
            self._arrive(flow)

    def _arrive(self, flow: Flow) -> None:
        node = self.net.nodes[flow.target]
        if node.kind in WAITING:
            visit = self.visits[node.key] = self.visits.get(node.key, 0) + 1
            self._rest(node.key, visit)
        elif node.kind in ENDS:
            self.ends.append(node.key)
            if node.kind is Kind.TERMINATE:
                self.pending.clear()
                self.cancel(list(self.tokens.values()))
        elif self.net.is_join(node.key):
            self._rest(f"{ON_FLOW}{flow.id}", 1)
            if node.kind is Kind.PARALLEL:
                self._open_parallel_join(node)
        else:
            self.pending.extend(self._branches(node))

    def _rest(self, at: str, visit: int) -> None:
        self.tokens[self.next_id] = Token(self.next_id, at, visit)
        self.next_id += 1

    def _waiting_on(self, flow: Flow) -> Token | None:
        """The token that has waited longest on a transition."""
        at = f"{ON_FLOW}{flow.id}"
        return next((token for token in self.tokens.values() if token.at == at), None)

    def _open_parallel_join(self, node: Node) -> None:
        waiting = [self._waiting_on(flow) for flow in self.net.incoming(node.key)]
        present = [token for token in waiting if token is not None]
        if len(present) == len(waiting):
            self._pass_join(node, present)

    def _open_an_inclusive_join(self) -> bool:
        for key in self.net.inclusive_joins:
            present = {flow.id: self._waiting_on(flow) for flow in self.net.incoming(key)}
            filled = [token for token in present.values() if token is not None]
            if filled and not self._more_can_come(key, present):
                self._pass_join(self.net.nodes[key], filled)
                return True
        return False

    def _pass_join(self, node: Node, tokens: Iterable[Token]) -> None:
        for token in tokens:
            del self.tokens[token.id]
        self.pending.extend(self._branches(node))

    def _more_can_come(self, join: str, present: Mapping[str, Token | None]) -> bool:
        """Whether a token elsewhere reaches an empty transition of the join but no filled one (§13.4)."""
        incoming = self.net.incoming(join)
        filled = [flow for flow in incoming if present[flow.id]]
        empty = [flow for flow in incoming if not present[flow.id]]
        places = {self.net.step_at(token.at) for token in self.tokens.values()} - {join}
        return any(
            any(self.net.leads_to(place, flow) for flow in empty)
            and not any(self.net.leads_to(place, flow) for flow in filled)
            for place in places
        )

    def _branches(self, node: Node) -> tuple[Flow, ...]:
        outgoing = self.net.outgoing(node.key)
        chosen: tuple[Flow, ...]
        if node.kind is Kind.EXCLUSIVE:
            chosen = next(((flow,) for flow in outgoing if self._holds(flow)), ())
        elif node.kind is Kind.INCLUSIVE:
            chosen = tuple(flow for flow in outgoing if self._holds(flow))
        else:
            chosen = outgoing
        chosen = chosen or tuple(flow for flow in outgoing if flow.is_default)[:1]
        if not chosen:
            raise NoBranch(node.key)
        return chosen

    def _holds(self, flow: Flow) -> bool:
        return not flow.is_default and (not flow.conditions or self.judge(flow))

    def result(self) -> Moves:
        """What has changed since the marking before."""
        before = {token.id for token in self.before.tokens}
        gone = {token.id for token in self.cancelled}
        produced = tuple(token for token in self.tokens.values() if token.id not in before)
        marking = Marking(
            tuple(self.tokens.values()),
            self.next_id,
            self.visits,
            frozenset(spark for spark in self.sparked if spark[0] in self.tokens),
            self.before.first_end or (self.ends[0] if self.ends else ""),
        )
        return Moves(
            marking=marking,
            consumed=tuple(
                token for token in self.before.tokens if token.id not in self.tokens and token.id not in gone
            ),
            produced=produced,
            cancelled=tuple(token for token in self.cancelled if token.id in before),
            entered=tuple(token for token in produced if not token.at.startswith(ON_FLOW)),
            ends=tuple(self.ends),
            flows=tuple(self.flows),
        )
