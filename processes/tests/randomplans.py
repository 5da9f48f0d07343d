"""Random processes of every kind of step, built of blocks that are sound by construction.

A block has one way in and one way out. `Plan.block` draws it into a blueprint; every task and every choice of
a task can be left by the outcome `on`, which leads towards the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from typing import Any

from hypothesis import strategies as st

from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan, StepFieldPlan, StepPlan
from processes.tests.builders import call, clock, node, repeated, stopping, task, wait

FLAGS = ("u", "v", "w")
FIELDS = (*(FieldPlan(one, one.upper(), "yesno") for one in FLAGS), FieldPlan("day", "Tag", "date"))
WRITTEN = tuple(StepFieldPlan(one.key) for one in FIELDS)
ON, AGAIN = "on", "again"
LEAVES = ("task", "approve", "wait", "wait_for_day", "vote", "count_votes", "call")
ONE_AFTER_ANOTHER = ("sequence", "loop", "deadline", "beside", "call_deadline", "stop")
AT_ONCE = ("choice", "exclusive", "parallel", "split", "inclusive", "race", "veto")
BLOCKS = (*ONE_AFTER_ANOTHER, *AT_ONCE)
GATES = ("exclusive", "parallel", "inclusive")

Tree = tuple[str, list[Any]]


@st.composite
def trees(draw: st.DrawFn, depth: int, leaves: Sequence[str] = LEAVES) -> Tree:
    """Blocks within blocks, so deep or one less."""
    names = BLOCKS if depth > 1 else (*BLOCKS, *leaves) if depth else leaves
    name = draw(st.sampled_from(names))
    if name in leaves:
        return name, []
    fewest = 2 if name in AT_ONCE else 1
    return name, draw(st.lists(trees(depth - 1, leaves), min_size=fewest, max_size=3))


@dataclass(frozen=True)
class Part:
    """A drawn block: its first step, its last one with the outcome that leads on, and all its steps."""

    into: str
    out: str
    outcome: str
    keys: tuple[str, ...]


def only(key: str, outcome: str = "") -> Part:
    """A block of one step."""
    return Part(key, key, outcome, (key,))


@dataclass
class Plan:
    """A blueprint in the making."""

    called: str
    steps: list[StepPlan] = field(default_factory=list)
    flows: list[FlowPlan] = field(default_factory=list)
    numbers: count[int] = field(default_factory=count)

    @classmethod
    def of(cls, tree: Tree, called: str = "") -> Blueprint:
        """The blueprint of a tree: start → its block → end."""
        plan = cls(called)
        part = plan.block(tree)
        start = StepPlan("start", "start", "Start", fields=WRITTEN)
        plan.steps = [start, *plan.steps, node("end", "end")]
        plan.link(only("start"), part.into)
        plan.link(part, "end")
        return Blueprint(fields=FIELDS, steps=tuple(plan.steps), flows=tuple(plan.flows))

    def block(self, tree: Tree) -> Part:
        """Draw a block and what it consists of."""
        name, inner = tree
        if name in GATES:
            return self.branches(name, inner)
        drawn: Part = getattr(self, name)(*([inner] if name in BLOCKS else []))
        return drawn

    def add(self, step: StepPlan, outcome: str = "") -> Part:
        """Take a step up."""
        self.steps.append(step)
        return only(step.key, outcome)

    def key(self, name: str) -> str:
        """A free key."""
        return f"{name}{next(self.numbers)}"

    def link(self, part: Part, target: str, condition: str = "", *, is_default: bool = False) -> None:
        """Lead on from a block."""
        conditions = (ConditionPlan(condition, "is_true"),) if condition else ()
        self.flows.append(FlowPlan(part.out, target, part.outcome, is_default, conditions))

    def new_task(self, outcomes: str = ON, **more: Any) -> StepPlan:
        """A task that may write every field."""
        return task(self.key("task"), outcomes=outcomes, deadline="1d", fields=WRITTEN, **more)

    # -- leaves ------------------------------------------------------------------------------------------

    def task(self) -> Part:
        return self.add(self.new_task(), ON)

    def approve(self) -> Part:
        step = self.new_task(approves_fields=("u", "day"))
        return self.add(replace(step, outcomes=(replace(step.outcomes[0], is_approval=True),)), ON)

    def wait(self) -> Part:
        return self.add(wait(self.key("wait"), offset="1d"))

    def wait_for_day(self) -> Part:
        return self.add(wait(self.key("wait"), basis="field", key="day", offset="2cd"))

    def vote(self) -> Part:
        return self.voting(over="team", key="board", quorum="majority")

    def count_votes(self) -> Part:
        return self.voting(over="team", key="board", quorum="count", count=2, is_sequential=True)

    def voting(self, **repeat: Any) -> Part:
        vote = self.add(repeated(task(self.key("vote"), "board", "on no"), **repeat))
        merge = self.add(node(self.key("merge"), "exclusive"))
        for outcome in (ON, "no", "none"):
            self.link(replace(vote, outcome=outcome), merge.into)
        return Part(vote.into, merge.out, "", vote.keys + merge.keys)

    def call(self) -> Part:
        return self.add(self.new_call(), ON)

    def new_call(self) -> StepPlan:
        """A called process that gets some values, and gives some back."""
        step = call(self.key("call"), self.called, ON)
        data = {"inputs": [["day", "day"], ["u", "u"]], "outputs": [["day", "day"], ["v", "u"]]}
        return replace(step, config={"call": {**step.config["call"], **data}})

    # -- blocks ------------------------------------------------------------------------------------------

    def sequence(self, inner: list[Tree]) -> Part:
        parts = [self.block(tree) for tree in inner]
        for one, following in pairwise(parts):
            self.link(one, following.into)
        return Part(parts[0].into, parts[-1].out, parts[-1].outcome, _keys(*parts))

    def choice(self, inner: list[Tree]) -> Part:
        """A task with an outcome for each branch; the first is the way on."""
        keys = [ON, "b", "c"][: len(inner)]
        fork = self.add(self.new_task(" ".join(keys)))
        parts = [self.block(tree) for tree in inner]
        for key, part in zip(keys, parts, strict=True):
            self.link(replace(fork, outcome=key), part.into)
        return self.merged(fork, parts, "exclusive")

    def split(self, inner: list[Tree]) -> Part:
        """An outcome with several targets."""
        fork = self.add(self.new_task(), ON)
        parts = [self.block(tree) for tree in inner]
        for part in parts:
            self.link(fork, part.into)
        return self.merged(fork, parts, "parallel")

    def branches(self, kind: str, inner: list[Tree]) -> Part:
        """A gateway and the one that brings its branches together; the first branch is for "otherwise"."""
        fork = self.add(node(self.key("fork"), kind))
        parts = [self.block(tree) for tree in inner]
        for number, part in enumerate(parts):
            if kind == "parallel":
                self.link(fork, part.into)
            else:
                flag = FLAGS[number - 1] if number else ""
                self.link(fork, part.into, flag, is_default=not number)
        return self.merged(fork, parts, kind)

    def merged(self, fork: Part, parts: Sequence[Part], kind: str) -> Part:
        join = self.add(node(self.key("join"), kind))
        for part in parts:
            self.link(part, join.into)
        return Part(fork.into, join.out, "", _keys(fork, *parts, join))

    def loop(self, inner: list[Tree]) -> Part:
        """The inner block, until a task says that it is enough."""
        merge = self.add(node(self.key("merge"), "exclusive"))
        body = self.sequence(inner)
        decide = self.add(self.new_task(f"{ON} {AGAIN}"), ON)
        self.link(merge, body.into)
        self.link(body, decide.into)
        self.link(replace(decide, outcome=AGAIN), merge.into)
        return Part(merge.into, decide.out, ON, _keys(merge, body, decide))

    def deadline(self, inner: list[Tree]) -> Part:
        """A task the clock may end; then the inner block comes instead."""
        step = self.new_task()
        step = replace(step, outcomes=(*step.outcomes, clock("late", offset="2d")))
        return self.instead(self.add(step, ON), inner)

    def call_deadline(self, inner: list[Tree]) -> Part:
        """A called process, or a task where there is none, that the clock may end."""
        step = self.new_call() if self.called else self.new_task()
        late = clock("late", basis="field", key="day", offset="5d")
        return self.instead(self.add(replace(step, outcomes=(*step.outcomes, late)), ON), inner)

    def instead(self, watched: Part, inner: list[Tree]) -> Part:
        body = self.sequence(inner)
        self.link(replace(watched, outcome="late"), body.into)
        return self.merged(watched, [watched, body], "exclusive")

    def beside(self, inner: list[Tree]) -> Part:
        """A task; after some time the inner block begins beside it, and ends by itself."""
        step = self.new_task()
        nag = clock("nag", offset="1d", interrupting=False)
        watched = self.add(replace(step, outcomes=(*step.outcomes, nag)), ON)
        body = self.sequence(inner)
        self.link(replace(watched, outcome="nag"), body.into)
        end = self.add(node(self.key("end"), "end"))
        self.link(body, end.into)
        return Part(watched.into, watched.out, ON, _keys(watched, body, end))

    def race(self, inner: list[Tree]) -> Part:
        """The branch that is first stops the others."""
        fork = self.add(node(self.key("fork"), "parallel"))
        bodies = [self.block(tree) for tree in inner]
        lasts = [self.key("last") for _ in inner]
        for number, (body, last) in enumerate(zip(bodies, lasts, strict=True)):
            others = [key for other, one in enumerate(bodies) if other != number for key in one.keys]
            others += [key for key in lasts if key != last]
            self.add(stopping(task(last, outcomes=ON), on=" ".join(others)))
            self.link(fork, body.into)
            self.link(body, last)
        parts = [replace(one, out=last, outcome=ON) for one, last in zip(bodies, lasts, strict=True)]
        drawn = self.merged(fork, parts, "exclusive")
        return replace(drawn, keys=(*drawn.keys, *lasts))

    def veto(self, inner: list[Tree]) -> Part:
        """The inner block, and beside it a task one outcome of which stops it."""
        fork = self.add(node(self.key("fork"), "parallel"))
        body, guard = self.sequence(inner), self.key("guard")
        join = self.add(node(self.key("join"), "parallel"))
        merge = self.add(node(self.key("merge"), "exclusive"))
        self.add(stopping(task(guard, outcomes="on stop"), stop=" ".join((*body.keys, join.into))))
        for part, target in (
            (fork, body.into),
            (fork, guard),
            (body, join.into),
            (only(guard, ON), join.into),
            (join, merge.into),
            (only(guard, "stop"), merge.into),
        ):
            self.link(part, target)
        return Part(fork.into, merge.out, "", (*_keys(fork, body, join, merge), guard))

    def stop(self, inner: list[Tree]) -> Part:
        """A task one outcome of which ends everything."""
        body = self.sequence(inner)
        decide = self.add(self.new_task("on stop"), ON)
        kill = self.add(node(self.key("kill"), "terminate"))
        self.link(body, decide.into)
        self.link(replace(decide, outcome="stop"), kill.into)
        return Part(body.into, decide.out, ON, _keys(body, decide, kill))


def _keys(*parts: Part) -> tuple[str, ...]:
    return tuple(key for part in parts for key in part.keys)
