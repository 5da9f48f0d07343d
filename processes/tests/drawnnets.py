"""Nets drawn by hypothesis for the model check: blocks of all the engine can do, and blocks gone wrong.

A block has one way in and one way out. Bent nets have a few transitions led elsewhere: mostly unsound, always
close to what people draw.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from processes.comparisons import Condition
from processes.engine import Kind, Net, Outcome
from processes.tests.test_engine_properties import ON, Builder

SINGLE = ["task", "timer", "job", "sub", "late", "nag", "kill", "again", "failing", "mapped", "undo"]
SEVERAL = ["sequence", "choice", "exclusive", "parallel", "split", "inclusive", "loop", "while"]

BLOCKS = st.recursive(
    st.sampled_from(SINGLE).map(lambda name: (name, [])),
    lambda inner: st.tuples(st.sampled_from(SEVERAL), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=9,
)


class FullBuilder(Builder):
    """Draws blocks with clocks, extra paths, terminate, failing actions, and regions that are cancelled."""

    def block(self, tree) -> tuple[str, str, str | None]:
        name, inner = tree
        draw = getattr(self, f"{name}_block", None)
        return draw(inner) if draw else super().block(tree)

    def merged(self, key: str, outcomes) -> tuple[str, str, None]:
        """Every outcome of a step leads on to the same place."""
        merge = self.node(Kind.EXCLUSIVE)
        for outcome in outcomes:
            self.link(key, merge, outcome)
        return key, merge, None

    def late_block(self, inner):
        return self.merged(self.node(Kind.TASK, ON, clock("late")), [ON, "late"])

    def failing_block(self, inner):
        return self.merged(self.node(Kind.ACTION, "failed"), [None, "failed"])

    def mapped_block(self, inner):
        return self.merged(self.node(Kind.SUBPROCESS, "yes", "no"), ["yes", "no"])

    def nag_block(self, inner):
        key, note = self.node(Kind.TASK, ON, clock("nag", interrupting=False)), self.node(Kind.TASK, ON)
        self.link(key, note, "nag")
        self.link(note, self.node(Kind.END), ON)
        return key, key, ON

    def kill_block(self, inner):
        key = self.node(Kind.TASK, ON, "stop")
        self.link(key, self.node(Kind.TERMINATE), "stop")
        return key, key, ON

    def again_block(self, inner):
        key = self.node(Kind.TASK, ON, "again")
        self.link(key, key, "again")
        return key, key, ON

    def undo_block(self, inner):
        """A task with an outcome that cancels the step drawn before it."""
        earlier = self.nodes[-1].key
        return self.merged(
            self.node(Kind.TASK, ON, Outcome("undo", cancels=frozenset({earlier}))), [ON, "undo"]
        )

    def while_block(self, inner):
        """A gateway that asks before each round."""
        gate = self.node(Kind.EXCLUSIVE)
        into, out, outcome = self.block(inner[0])
        self.link(gate, into, branch=1)
        self.link(out, gate, outcome)
        after = self.node(Kind.EXCLUSIVE)
        self.link(gate, after, branch=0)
        return gate, after, None


def clock(key: str, *, interrupting: bool = True) -> Outcome:
    return Outcome(key, is_clock=True, interrupting=interrupting)


def built(tree) -> Net:
    """The net of a block between start and end."""
    builder = FullBuilder()
    start, end = builder.node(Kind.START), builder.node(Kind.END)
    into, out, outcome = builder.block(tree)
    builder.link(start, into)
    builder.link(out, end, outcome)
    return Net.build(builder.nodes, builder.flows)


@st.composite
def bent_nets(draw, most_bends: int = 2) -> Net:
    """Blocks with some transitions led elsewhere."""
    net = built(draw(BLOCKS))
    flows = list(net.flows.values())
    targets = [key for key in net.nodes if key != net.start]
    for _ in range(draw(st.integers(0, most_bends))):
        place = draw(st.integers(0, len(flows) - 1))
        flows[place] = replace(flows[place], target=draw(st.sampled_from(targets)))
    return Net.build(net.nodes.values(), flows)


FIELDS = ("u", "v")
ASKED = [
    Condition("u", "is_true", type="yesno"),
    Condition("u", "is_false", type="yesno"),
    Condition("u", "is_empty", type="yesno"),
    Condition("v", "ge", "5", "number"),
    Condition("v", "lt", "5", "number"),
    Condition("v", "ge", "8", "number"),
    Condition("w", "is_true", type="yesno"),
]


@st.composite
def asking_nets(draw) -> Net:
    """Bent nets whose gateways ask for fields that some of the steps write."""
    net = draw(bent_nets(most_bends=1))
    flows = [
        replace(flow, conditions=(draw(st.sampled_from(ASKED)),)) if flow.conditions else flow
        for flow in net.flows.values()
    ]
    written = st.frozensets(st.sampled_from(FIELDS), max_size=1)
    nodes = [
        replace(node, writes=frozenset(FIELDS) if node.kind is Kind.START else draw(written))
        for node in net.nodes.values()
    ]
    return Net.build(nodes, flows)
