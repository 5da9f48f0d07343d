"""What holds for every net and run: tokens are conserved, sound nets end, nothing unforeseen is raised."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count, pairwise

from hypothesis import given
from hypothesis import strategies as st

from processes import engine
from processes.engine import (
    WAITING,
    Cancel,
    Chosen,
    Clock,
    Condition,
    EngineError,
    Flow,
    JobDone,
    JobFailed,
    Kind,
    Marking,
    Moves,
    Net,
    Node,
    Outcome,
    SubEnded,
)
from processes.tests.examples import examples

FIELDS = ("u", "v", "w")
DATA = st.fixed_dictionaries({name: st.booleans() for name in FIELDS})


def check_books(net: Net, before: Marking, moves: Moves) -> None:
    """Every token is accounted for, and the marking can be stored."""
    old, new = Counter(before.tokens), Counter(moves.marking.tokens)
    gone = Counter(moves.consumed) + Counter(moves.cancelled)
    assert old - gone + Counter(moves.produced) == new
    assert gone <= old
    assert max(new.values(), default=1) == 1
    assert all(before.next_id <= token.id < moves.marking.next_id for token in moves.produced)
    waiting = {key for key, node in net.nodes.items() if node.kind in WAITING}
    assert moves.entered == tuple(token for token in moves.produced if token.at in waiting)
    assert all(token.visit == moves.marking.visits[token.at] for token in moves.entered[-1:])
    assert moves.finished == (not new)
    assert Marking.from_json(moves.marking.to_json()) == moves.marking


# -- sound nets, built of blocks -----------------------------------------------------------------------------

BLOCKS = st.recursive(
    st.sampled_from(["task", "timer", "job", "sub"]).map(lambda kind: (kind, [])),
    lambda inner: st.tuples(
        st.sampled_from(["sequence", "choice", "exclusive", "parallel", "split", "inclusive", "loop"]),
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=12,
)
WAITS = {"task": Kind.TASK, "timer": Kind.TIMER, "job": Kind.ACTION, "sub": Kind.SUBPROCESS}
GATES = {"exclusive": Kind.EXCLUSIVE, "parallel": Kind.PARALLEL, "inclusive": Kind.INCLUSIVE}
ON, AGAIN = "on", "again"


@dataclass
class Builder:
    """Draws blocks as nodes and transitions; every block has one way in and one way out."""

    nodes: list[Node] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    numbers: count = field(default_factory=count)

    def node(self, kind: Kind, *outcomes: str | Outcome) -> str:
        key = f"{kind}{next(self.numbers)}"
        made = tuple(one if isinstance(one, Outcome) else Outcome(one) for one in outcomes)
        self.nodes.append(Node(key, kind, made, len(self.nodes)))
        return key

    def link(self, source: str, target: str, outcome: str | None = None, branch: int | None = None) -> None:
        """`branch` = number of the branch at a gateway; 0 is the default."""
        conditions = (Condition(FIELDS[branch - 1], "is_true", type="yesno"),) if branch else ()
        number = next(self.numbers)
        self.flows.append(Flow(str(number), source, target, outcome, conditions, branch == 0, number))

    def block(self, tree) -> tuple[str, str, str | None]:
        """Way in, way out, and the outcome to leave by."""
        name, inner = tree
        if name in WAITS:
            return self.wait(WAITS[name])
        if name == "loop":
            return self.loop(inner[0])
        if name == "sequence":
            return self.sequence(inner)
        return self.branches(name, inner)

    def wait(self, kind: Kind) -> tuple[str, str, str | None]:
        if kind is not Kind.TASK:
            key = self.node(kind)
            return key, key, None
        key = self.node(kind, ON)
        return key, key, ON

    def sequence(self, inner) -> tuple[str, str, str | None]:
        parts = [self.block(tree) for tree in inner]
        for (_, out, outcome), (into, _, _) in pairwise(parts):
            self.link(out, into, outcome)
        return parts[0][0], parts[-1][1], parts[-1][2]

    def loop(self, inner) -> tuple[str, str, str | None]:
        merge, decide = self.node(Kind.EXCLUSIVE), self.node(Kind.TASK, ON, AGAIN)
        into, out, outcome = self.block(inner)
        self.link(merge, into)
        self.link(out, decide, outcome)
        self.link(decide, merge, AGAIN)
        return merge, decide, ON

    def branches(self, name, inner) -> tuple[str, str, str | None]:
        """A task that chooses or splits, or a gateway; and the gateway that brings the branches together."""
        keys = [str(number) for number in range(len(inner))]
        is_task = name in ("choice", "split")
        if is_task:
            fork = self.node(Kind.TASK, *(keys if name == "choice" else [ON]))
            join = self.node(Kind.EXCLUSIVE if name == "choice" else Kind.PARALLEL)
        else:
            fork, join = self.node(GATES[name]), self.node(GATES[name])
        for number, tree in enumerate(inner):
            into, out, outcome = self.block(tree)
            if is_task:
                self.link(fork, into, keys[number] if name == "choice" else ON)
            else:
                self.link(fork, into, branch=None if name == "parallel" else number)
            self.link(out, join, outcome)
        return fork, join, None


def build(tree) -> Net:
    builder = Builder()
    start, end = builder.node(Kind.START), builder.node(Kind.END)
    into, out, outcome = builder.block(tree)
    builder.link(start, into)
    builder.link(out, end, outcome)
    return Net.build(builder.nodes, builder.flows)


def answer(node: Node, pick: int, *, onwards: bool) -> engine.Event:
    """An event the node waits for; `onwards` leaves every loop."""
    if node.kind in (Kind.TIMER, Kind.ACTION):
        return JobDone()
    if node.kind is Kind.SUBPROCESS:
        return SubEnded("done")
    keys = [outcome.key for outcome in node.outcomes]
    return Chosen(ON if onwards and ON in keys else keys[pick % len(keys)])


@examples(150)
@given(tree=BLOCKS, data=DATA, picks=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=60))
def test_a_net_of_blocks_keeps_its_tokens_and_ends(tree, data, picks):
    net = build(tree)
    moves = engine.begin(net, data)
    check_books(net, Marking(), moves)
    rounds = 0
    while not moves.finished:
        which, pick = picks[rounds] if rounds < len(picks) else (0, 0)
        at_work = [token for token in moves.marking.tokens if net.nodes.get(token.at)]
        assert at_work, "nothing left to do, but not finished"
        token = at_work[which % len(at_work)]
        event = answer(net.nodes[token.at], pick, onwards=rounds >= len(picks))
        before = moves.marking
        moves = engine.fire(net, before, token.id, event, data)
        check_books(net, before, moves)
        assert engine.fire(net, before, token.id, event, data) == moves
        rounds += 1
        assert rounds < 1000
    assert moves.marking.first_end == "end1"


# -- any net at all ------------------------------------------------------------------------------------------

KEYS = [f"n{number}" for number in range(6)]
OUTCOMES = ["a", "b", "failed", "late"]


@st.composite
def any_node(draw, key: str) -> Node:
    outcomes = tuple(
        Outcome(
            name,
            is_clock=draw(st.booleans()),
            interrupting=draw(st.booleans()),
            cancels=frozenset(draw(st.lists(st.sampled_from(KEYS), max_size=2))),
        )
        for name in draw(st.lists(st.sampled_from(OUTCOMES), unique=True, max_size=3))
    )
    return Node(key, draw(st.sampled_from(list(Kind))), outcomes, draw(st.integers(0, 3)))


@st.composite
def any_net(draw) -> Net:
    nodes = [Node("start", Kind.START), *(draw(any_node(key)) for key in KEYS)]
    keys = [node.key for node in nodes]
    flows = [
        Flow(
            str(number),
            draw(st.sampled_from(keys)),
            draw(st.sampled_from(keys)),
            draw(st.none() | st.sampled_from(OUTCOMES)),
            tuple(
                Condition(name, "is_true", type="yesno") for name in draw(st.sets(st.sampled_from(FIELDS)))
            ),
            draw(st.booleans()),
            draw(st.integers(0, 3)),
        )
        for number in range(draw(st.integers(1, 14)))
    ]
    return Net.build(nodes, [Flow("begin", "start", draw(st.sampled_from(KEYS))), *flows])


EVENTS = st.one_of(
    st.sampled_from(OUTCOMES).map(Chosen),
    st.sampled_from(OUTCOMES).map(Clock),
    st.sampled_from(OUTCOMES).map(SubEnded),
    st.sampled_from([JobDone(), JobFailed(), Cancel()]),
)


@examples(300)
@given(net=any_net(), data=DATA, plan=st.lists(st.tuples(st.integers(0, 9), EVENTS), max_size=25))
def test_any_net_keeps_its_books_and_raises_only_engine_errors(net, data, plan):
    try:
        moves = engine.begin(net, data)
    except EngineError:
        return
    check_books(net, Marking(), moves)
    for which, event in plan:
        if moves.finished:
            break
        before = moves.marking
        try:
            moves = engine.fire(net, before, before.tokens[which % len(before.tokens)].id, event, data)
        except EngineError:
            continue
        check_books(net, before, moves)
