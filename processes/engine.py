"""Decides what comes next: pure functions over frozen values, with the meaning BPMN 2.0 gives the node kinds.

A *token* stands for one thread of work. It rests at a step that waits for somebody (task, timer, action,
subprocess) or on a transition into a join. `begin` and `fire` take the tokens where they lie, follow every
step that needs nobody, and answer with the new marking and what was moved. No clock, no database.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

MOST_AUTOMATIC_STEPS = 1000
"""Steps that need nobody, in a row; more mean a loop without a wait (F20)."""


class EngineError(Exception):
    """The net has no answer to an event."""


class NetError(EngineError):
    """The rows make no graph."""


class UnknownToken(EngineError):
    """The marking has no such token."""


class UnknownOutcome(EngineError):
    """The step has no such outcome."""


class NoBranch(EngineError):
    """No condition of a gateway holds and it has no default."""


class TooManySteps(EngineError):
    """A loop without a wait."""


class Kind(StrEnum):
    """Node kinds (design.md §3)."""

    START = "start"
    TASK = "task"
    EXCLUSIVE = "exclusive"
    PARALLEL = "parallel"
    INCLUSIVE = "inclusive"
    TIMER = "timer"
    ACTION = "action"
    SUBPROCESS = "subprocess"
    END = "end"
    TERMINATE = "terminate"


WAITING = frozenset({Kind.TASK, Kind.TIMER, Kind.ACTION, Kind.SUBPROCESS})
GATEWAYS = frozenset({Kind.EXCLUSIVE, Kind.PARALLEL, Kind.INCLUSIVE})
ENDS = frozenset({Kind.END, Kind.TERMINATE})


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field's canonical value; `type` is the field's type."""

    field: str
    operator: str
    value: Any = None
    type: str = "text"


@dataclass(frozen=True, slots=True)
class Flow:
    """A transition; of a task it belongs to an outcome."""

    id: str
    source: str
    target: str
    outcome: str | None = None
    conditions: tuple[Condition, ...] = ()
    is_default: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a task can end with; `cancels` names the steps of its cancel region."""

    key: str
    is_clock: bool = False
    interrupting: bool = True
    cancels: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Node:
    """A step."""

    key: str
    kind: Kind
    outcomes: tuple[Outcome, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class Token:
    """One thread of work: `at` a step's key, or `flow:<id>` on a transition into a join."""

    id: int
    at: str
    visit: int


@dataclass(frozen=True, slots=True)
class Marking:
    """Where a case stands. Ids are never reused; `visits` counts entries per step; `sparked` remembers which
    non-interrupting clock outcomes a token has fired."""

    tokens: tuple[Token, ...] = ()
    next_id: int = 1
    visits: Mapping[str, int] = field(default_factory=dict)
    sparked: frozenset[tuple[int, str]] = frozenset()

    def to_json(self) -> dict[str, Any]:
        """Plain values, small, with a stable order."""
        return {
            "tokens": [[token.id, token.at, token.visit] for token in self.tokens],
            "next": self.next_id,
            "visits": dict(self.visits),
            "sparked": sorted([token, outcome] for token, outcome in self.sparked),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Marking:
        """Read what `to_json` wrote; an empty mapping is the empty marking."""
        return cls(
            tokens=tuple(Token(*row) for row in value.get("tokens", ())),
            next_id=value.get("next", 1),
            visits=dict(value.get("visits", {})),
            sparked=frozenset((token, outcome) for token, outcome in value.get("sparked", ())),
        )

    def token(self, token_id: int) -> Token:
        """The token of that id. Raises UnknownToken."""
        for token in self.tokens:
            if token.id == token_id:
                return token
        raise UnknownToken(token_id)


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
class SubEnded:
    """A called process ended; `outcome` is what its end was mapped to."""

    outcome: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take the token away."""


Event = Chosen | Clock | JobDone | SubEnded | Cancel


@dataclass(frozen=True, slots=True)
class Moves:
    """What an event led to. Tokens that came and went within it (a join) do not appear."""

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


class Net:
    """A compiled graph: nodes, transitions in order, and the paths inclusive joins need."""

    def __init__(self, nodes: Mapping[str, Node], flows: Mapping[str, Flow]) -> None:
        self.nodes = nodes
        self.flows = flows
        self._outgoing: dict[str, tuple[Flow, ...]] = dict.fromkeys(nodes, ())
        self._incoming: dict[str, tuple[Flow, ...]] = dict.fromkeys(nodes, ())
        for flow in flows.values():
            self._outgoing[flow.source] += (flow,)
            self._incoming[flow.target] += (flow,)
        self.start = next((node.key for node in nodes.values() if node.kind is Kind.START), None)
        self.inclusive_joins = tuple(
            node.key
            for node in sorted(nodes.values(), key=lambda node: (node.position, node.key))
            if node.kind is Kind.INCLUSIVE and self.is_join(node.key)
        )
        self._sources = {
            flow.id: self._nodes_leading_to(flow)
            for key in self.inclusive_joins
            for flow in self._incoming[key]
        }

    @classmethod
    def build(cls, nodes: Iterable[Node], flows: Iterable[Flow]) -> Net:
        """Compile rows. Raises NetError for doubled keys and for transitions from or to nowhere."""
        by_key: dict[str, Node] = {}
        for node in nodes:
            if node.key in by_key:
                raise NetError(f"step {node.key} twice")
            by_key[node.key] = node
        by_id: dict[str, Flow] = {}
        for flow in sorted(flows, key=lambda flow: flow.position):
            if flow.id in by_id or flow.source not in by_key or flow.target not in by_key:
                raise NetError(f"transition {flow.id} from {flow.source} to {flow.target}")
            by_id[flow.id] = flow
        return cls(by_key, by_id)

    def outgoing(self, key: str) -> tuple[Flow, ...]:
        """Transitions that leave a step, in order."""
        return self._outgoing[key]

    def incoming(self, key: str) -> tuple[Flow, ...]:
        """Transitions that enter a step, in order."""
        return self._incoming[key]

    def is_join(self, key: str) -> bool:
        """Whether tokens wait in front of this step for each other."""
        return self.nodes[key].kind in (Kind.PARALLEL, Kind.INCLUSIVE) and len(self._incoming[key]) > 1

    def outcome(self, key: str, outcome: str) -> Outcome:
        """An outcome of a step. Raises UnknownOutcome."""
        for candidate in self.nodes[key].outcomes:
            if candidate.key == outcome:
                return candidate
        raise UnknownOutcome(f"{key}: {outcome}")

    def leads_to(self, token: Token, flow: Flow) -> bool:
        """Whether a token can still come along a transition into an inclusive join, not through that join."""
        place = self.flows[token.at[5:]].target if token.at.startswith("flow:") else token.at
        return place in self._sources[flow.id]

    def _nodes_leading_to(self, flow: Flow) -> frozenset[str]:
        found: set[str] = set()
        queue = deque([flow.source])
        while queue:
            key = queue.popleft()
            if key in found or key == flow.target:
                continue
            found.add(key)
            queue.extend(before.source for before in self._incoming[key])
        return frozenset(found)


def begin(net: Net, data: Mapping[str, Any]) -> Moves:
    """Start a case: what lies behind the start step. Raises NetError, NoBranch, TooManySteps."""
    if net.start is None:
        raise NetError("no start")
    run = _Run(net, Marking(), data)
    run.take(net.outgoing(net.start))
    return run.result()


def fire(net: Net, marking: Marking, token_id: int, event: Event, data: Mapping[str, Any]) -> Moves:
    """Answer an event at a token. Raises UnknownToken, UnknownOutcome, NoBranch, TooManySteps."""
    token = marking.token(token_id)
    run = _Run(net, marking, data)
    if isinstance(event, Cancel):
        run.cancel([token])
        run.take(())
        return run.result()
    outcome_key = None if isinstance(event, JobDone) else event.outcome
    if outcome_key is None:
        run.consume(token)
    else:
        outcome = net.outcome(token.at, outcome_key)
        if outcome.is_clock != isinstance(event, Clock):
            raise UnknownOutcome(f"{token.at}: {outcome_key}")
        if outcome.interrupting:
            run.consume(token)
        elif not run.spark(token, outcome_key):
            return run.result()
        run.cancel_region(outcome.cancels)
    run.take(flow for flow in net.outgoing(token.at) if flow.outcome == outcome_key)
    return run.result()


def cancel_all(marking: Marking) -> Moves:
    """Take every token away: the case is given up."""
    emptied = Marking((), marking.next_id, marking.visits)
    return Moves(emptied, (), (), marking.tokens, (), (), ())


class _Run:
    """One answer in the making."""

    def __init__(self, net: Net, marking: Marking, data: Mapping[str, Any]) -> None:
        self.net, self.before, self.data = net, marking, data
        self.tokens = {token.id: token for token in marking.tokens}
        self.next_id = marking.next_id
        self.visits = dict(marking.visits)
        self.sparked = set(marking.sparked)
        self.cancelled: list[Token] = []
        self.ends: list[str] = []
        self.flows: list[str] = []
        self.pending: deque[Flow] = deque()
        self.steps = 0

    def consume(self, token: Token) -> None:
        del self.tokens[token.id]

    def spark(self, token: Token, outcome: str) -> bool:
        """Note a non-interrupting clock outcome; False if this visit has had it."""
        if (token.id, outcome) in self.sparked:
            return False
        self.sparked.add((token.id, outcome))
        return True

    def cancel(self, tokens: Iterable[Token]) -> None:
        for token in tokens:
            del self.tokens[token.id]
            self.cancelled.append(token)

    def cancel_region(self, steps: frozenset[str]) -> None:
        """Remove tokens at these steps and on transitions into them (semantics §1)."""
        if not steps:
            return
        self.cancel([token for token in self.tokens.values() if self._place(token) in steps])

    def _place(self, token: Token) -> str:
        return self.net.flows[token.at[5:]].target if token.at.startswith("flow:") else token.at

    def take(self, flows: Iterable[Flow]) -> None:
        """Send a token along each transition, until all rest; then judge inclusive joins to a fixpoint."""
        self.pending.extend(flows)
        self._drain()
        while self._open_an_inclusive_join():
            self._drain()

    def _drain(self) -> None:
        while self.pending:
            self.steps += 1
            if self.steps > MOST_AUTOMATIC_STEPS:
                raise TooManySteps
            flow = self.pending.popleft()
            self.flows.append(flow.id)
            self._arrive(flow)

    def _arrive(self, flow: Flow) -> None:
        node = self.net.nodes[flow.target]
        if self.net.is_join(node.key):
            self._rest(f"flow:{flow.id}", 1)
            if node.kind is Kind.PARALLEL:
                self._open_parallel_join(node)
        elif node.kind in WAITING:
            self.visits[node.key] = self.visits.get(node.key, 0) + 1
            self._rest(node.key, self.visits[node.key])
        elif node.kind is Kind.END:
            self.ends.append(node.key)
        elif node.kind is Kind.TERMINATE:
            self.ends.append(node.key)
            self.pending.clear()
            self.cancel(list(self.tokens.values()))
        else:
            self.pending.extend(self._branches(node))

    def _rest(self, at: str, visit: int) -> None:
        self.tokens[self.next_id] = Token(self.next_id, at, visit)
        self.next_id += 1

    def _waiting_on(self, flow: Flow) -> Token | None:
        at = f"flow:{flow.id}"
        return next((token for token in self.tokens.values() if token.at == at), None)

    def _open_parallel_join(self, node: Node) -> None:
        waiting = [self._waiting_on(flow) for flow in self.net.incoming(node.key)]
        present = [token for token in waiting if token is not None]
        if len(present) == len(waiting):
            for token in present:
                self.consume(token)
            self.pending.extend(self._branches(node))

    def _open_an_inclusive_join(self) -> bool:
        for key in self.net.inclusive_joins:
            filled = [token for flow in self.net.incoming(key) if (token := self._waiting_on(flow))]
            if filled and not self._more_can_come(key):
                for token in filled:
                    self.consume(token)
                self.pending.extend(self._branches(self.net.nodes[key]))
                return True
        return False

    def _more_can_come(self, join: str) -> bool:
        """Whether a token elsewhere reaches an empty transition of the join but no filled one."""
        incoming = self.net.incoming(join)
        filled = [flow for flow in incoming if self._waiting_on(flow)]
        empty = [flow for flow in incoming if flow not in filled]
        return any(
            any(self.net.leads_to(token, flow) for flow in empty)
            and not any(self.net.leads_to(token, flow) for flow in filled)
            for token in self.tokens.values()
            if self._place(token) != join
        )

    def _branches(self, node: Node) -> list[Flow]:
        outgoing = self.net.outgoing(node.key)
        if node.kind is Kind.PARALLEL or node.kind is Kind.START:
            return list(outgoing)
        if len(outgoing) == 1 and not outgoing[0].conditions:
            return list(outgoing)
        held = [flow for flow in outgoing if not flow.is_default and self._holds(flow)]
        if node.kind is Kind.EXCLUSIVE:
            held = held[:1]
        chosen = held or [flow for flow in outgoing if flow.is_default][:1]
        if not chosen:
            raise NoBranch(node.key)
        return chosen

    def _holds(self, flow: Flow) -> bool:
        return all(holds(condition, self.data) for condition in flow.conditions)

    def result(self) -> Moves:
        before = {token.id for token in self.before.tokens}
        gone = {token.id for token in self.cancelled}
        produced = tuple(token for token in self.tokens.values() if token.id not in before)
        marking = Marking(
            tuple(self.tokens.values()),
            self.next_id,
            self.visits,
            frozenset(spark for spark in self.sparked if spark[0] in self.tokens),
        )
        return Moves(
            marking=marking,
            consumed=tuple(
                token for token in self.before.tokens if token.id not in self.tokens and token.id not in gone
            ),
            produced=produced,
            cancelled=tuple(token for token in self.cancelled if token.id in before),
            entered=tuple(token for token in produced if not token.at.startswith("flow:")),
            ends=tuple(self.ends),
            flows=tuple(self.flows),
        )


def holds(condition: Condition, data: Mapping[str, Any]) -> bool:
    """Judge one comparison. With an empty field everything is false, except "is empty" (semantics §5)."""
    value = data.get(condition.field)
    is_empty = value is None or value == "" or value == []
    if condition.operator in ("is_empty", "is_not_empty"):
        return is_empty == (condition.operator == "is_empty")
    if is_empty:
        return False
    if condition.operator in ("is_true", "is_false"):
        return bool(value) == (condition.operator == "is_true")
    left, right = comparable(condition.type, value), comparable(condition.type, condition.value)
    if left is None or right is None:
        return False
    return COMPARISONS[condition.operator](left, right)


COMPARISONS: Mapping[str, Any] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "le": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "ge": lambda left, right: left >= right,
    "contains": lambda left, right: str(right) in str(left),
}


def comparable(type_: str, value: Any) -> Any:
    """A canonical value in the form in which values of its type are ordered; None if it is none."""
    try:
        if type_ == "money":
            return Decimal(str(value["amount"] if isinstance(value, Mapping) else value))
        if type_ == "number":
            return Decimal(str(value))
        if type_ == "date":
            return dt.date.fromisoformat(str(value)[:10])
    except (InvalidOperation, ValueError, KeyError):
        return None
    if type_ in ("text", "longtext"):
        return str(value).casefold()
    return value
