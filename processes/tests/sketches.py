"""Nets for engine tests, drawn in words.

A step's kind follows from its key: `start`, `end…`, `kill…` (terminate), `xor…`, `and…`, `or…`, `timer…`,
`job…` (action), `sub…`; everything else is a task. A transition is `source.outcome>target?field*`: the
outcome of a task, the field that must be yes, `*` = otherwise. An outcome `@late` is the clock's, `~nag` the
clock's without interrupting.
"""

from __future__ import annotations

from processes import engine
from processes.engine import Chosen, Condition, Flow, Kind, Net, Node, Outcome

PREFIXES = {
    "start": Kind.START,
    "end": Kind.END,
    "kill": Kind.TERMINATE,
    "xor": Kind.EXCLUSIVE,
    "and": Kind.PARALLEL,
    "or": Kind.INCLUSIVE,
    "timer": Kind.TIMER,
    "job": Kind.ACTION,
    "sub": Kind.SUBPROCESS,
}


def kind_of(key: str) -> Kind:
    """The kind a key stands for."""
    return next((kind for prefix, kind in PREFIXES.items() if key.startswith(prefix)), Kind.TASK)


def sketch(drawing: str, *, cancels: dict[str, str] | None = None) -> Net:
    """The net of a drawing; ids of transitions are `source>target`, positions follow the drawing.

    `cancels` maps `step.outcome` to the steps of its cancel region, separated by blanks.
    """
    flows = [_flow(words, position) for position, words in enumerate(drawing.split())]
    keys = dict.fromkeys(key for flow in flows for key in (flow.source, flow.target))
    outcomes: dict[str, dict[str, Outcome]] = {key: {} for key in keys}
    for flow in flows:
        if flow.outcome is not None:
            region = (cancels or {}).get(f"{flow.source}.{flow.outcome}", "")
            outcomes[flow.source][flow.outcome] = Outcome(
                key=flow.outcome,
                is_clock=flow.outcome[0] in "@~",
                interrupting=flow.outcome[0] != "~",
                cancels=frozenset(region.split()),
            )
    nodes = [
        Node(key, kind_of(key), tuple(outcomes[key].values()), position) for position, key in enumerate(keys)
    ]
    return Net.build(nodes, flows)


def _flow(words: str, position: int) -> Flow:
    left, _, right = words.partition(">")
    source, _, outcome = left.partition(".")
    target, _, field = right.removesuffix("*").partition("?")
    return Flow(
        id=f"{source}>{target}" if not outcome else f"{source}.{outcome}>{target}",
        source=source,
        target=target,
        outcome=outcome or None,
        conditions=(Condition(field, "is_true", type="yesno"),) if field else (),
        is_default=right.endswith("*"),
        position=position,
    )


TOGETHER = "start>and1 and1>a and1>b a.ok>and2 b.ok>and2 and2>d d.ok>end"
"""Two tasks at once, then one."""


class Case:
    """A running case on a net; events go to the oldest token of the step named."""

    def __init__(self, drawing, data=None, cancels=None):
        self.net, self.data = sketch(drawing, cancels=cancels), data or {}
        self.moves = engine.begin(self.net, self.data)

    @property
    def places(self):
        return [token.at for token in self.moves.marking.tokens]

    def fire(self, step, event):
        token = next(token for token in self.moves.marking.tokens if token.at == step)
        self.moves = engine.fire(self.net, self.moves.marking, token.id, event, self.data)
        return self

    def choose(self, *steps):
        """End steps with the outcome `ok`, or with `step.outcome`."""
        for words in steps:
            step, _, outcome = words.partition(".")
            self.fire(step, Chosen(outcome or "ok"))
        return self
