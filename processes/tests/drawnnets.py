"""Nets drawn by hypothesis for the model check: blocks of all the engine can do, and blocks gone wrong.

A block has one way in and one way out. Bent nets have a few transitions led elsewhere: mostly unsound, always
close to what people draw. Graphs have no blocks at all.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from processes.comparisons import Condition
from processes.engine import ENDS, Flow, Kind, Net, Node, Outcome
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


CHOOSING = (Kind.EXCLUSIVE, Kind.INCLUSIVE)
KINDS = [
    *[Kind.TASK] * 4,
    Kind.EXCLUSIVE,
    *[Kind.PARALLEL] * 2,
    *[Kind.INCLUSIVE] * 2,
    Kind.ACTION,
    Kind.TERMINATE,
]


@st.composite
def graphs(draw) -> Net:
    """Steps that all are reached and go on, mostly to a later one."""
    kinds = [*draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=8)), Kind.END]
    nodes, flows = [Node("start", Kind.START)], [Flow("begin", "start", "n0", position=-1)]
    for number, kind in enumerate(kinds):
        node = Node(f"n{number}", kind, draw(outcomes(kind)), draw(st.integers(0, 9)))
        nodes.append(node)
        ways = draw(ways_of(node))
        for way, outcome in enumerate(ways, start=1):
            later = st.integers(min(number + 1, len(kinds) - 1), len(kinds) - 1)
            target = draw(st.one_of(later, later, later, st.integers(0, len(kinds) - 1)))
            is_last = kind in CHOOSING and way == len(ways)
            asked = (FREE,) if kind in CHOOSING and not is_last else ()
            key = f"{number}.{way}"
            flows.append(Flow(key, node.key, f"n{target}", outcome, asked, is_last, len(flows)))
    reached = Net.build(nodes, flows).reachable("start")
    return Net.build(
        [node for node in nodes if node.key in reached], [flow for flow in flows if flow.source in reached]
    )


FREE = Condition("x", "is_true", type="yesno")


@st.composite
def outcomes(draw, kind: Kind) -> tuple[Outcome, ...]:
    """Of a task up to three, some of them by the clock; a few cancel one or two of the first steps."""
    if kind is Kind.ACTION:
        return draw(st.sampled_from([(), (Outcome("failed"),)]))
    further = [
        draw(st.sampled_from([Outcome(key), clock(key), clock(key, interrupting=False)]))
        for key in (draw(st.sampled_from([[], ["b"], ["b", "c"]])) if kind is Kind.TASK else ())
    ]
    regions = st.frozensets(st.sampled_from(["n1", "n2", "n3"]), min_size=1, max_size=2)
    cancels = st.one_of(*[st.just(frozenset())] * 9, regions)
    first = [Outcome(ON)] if kind is Kind.TASK else []
    return tuple(replace(one, cancels=draw(cancels)) for one in [*first, *further])


@st.composite
def ways_of(draw, node: Node) -> list[str | None]:
    """The outcomes of its transitions: one each, of a task sometimes one more."""
    keys = [one.key for one in node.outcomes]
    if node.kind is Kind.TASK:
        return [*keys, *draw(st.sampled_from([[], [], keys[-1:]]))]
    if node.kind is Kind.ACTION:
        return [None, *keys]
    return [] if node.kind in ENDS else [None] * draw(st.integers(1, 3))


FIELDS = ("u", "v")
VALUES = {"u": (None, True, False), "v": (None, "3", "5", "8"), "w": (True, False)}
"""Values of each kind the conditions below can tell apart; `w` has no writer, so anybody may change it."""
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
    """Nets whose gateways ask for fields that some of the steps write."""
    net = draw(bent_nets(most_bends=1) | graphs())
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
