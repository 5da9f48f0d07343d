"""The steps of a blueprint as a graph, and which of its gateways fold into the steps around them. Pure.

What is folded depends on the graph alone, not on the order in which steps and transitions are written down:
a draft that was unfolded folds into the same page again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from processes.blueprint import Blueprint, FlowPlan, StepPlan
from processes.editing.sheet import After, Gather, Merge, Wait
from processes.graph import JOINING, Kind

AFTER: Mapping[str, After] = {
    Kind.EXCLUSIVE.value: After.DATA,
    Kind.INCLUSIVE.value: After.SEVERAL,
    Kind.PARALLEL.value: After.ALL,
}
"""What a gateway is where it divides."""
GATHER: Mapping[str, Gather] = {Kind.PARALLEL.value: Gather.ALL, Kind.INCLUSIVE.value: Gather.BEGUN}
"""What a gateway is where it joins."""
BEHIND, BEFORE = "nach", "vor"
"""What the key of a gateway begins with that the page writes behind a step, or in front of one."""


class Drawing:
    """Steps by key and the transitions between them; those from or to no step are left out."""

    def __init__(self, plan: Blueprint) -> None:
        self.places: dict[str, int] = {}
        for place, step in enumerate(plan.steps):
            self.places.setdefault(step.key, place)
        self.steps = {key: plan.steps[place] for key, place in self.places.items()}
        self.flows = [one for one in plan.flows if one.source in self.steps and one.target in self.steps]
        self.incoming: dict[str, list[FlowPlan]] = defaultdict(list)
        self.outgoing: dict[str, list[FlowPlan]] = defaultdict(list)
        for one in self.flows:
            self.incoming[one.target].append(one)
            self.outgoing[one.source].append(one)
        counts = Counter(step.key for step in plan.steps)
        self.unique = frozenset(key for key, count in counts.items() if count == 1)
        self.plain = frozenset(key for key in self.unique if self._is_plain(key))

    def _is_plain(self, key: str) -> bool:
        """Whether a step is a gateway and nothing but its name belongs to it: a way has no place for more."""
        step = self.steps[key]
        bare = StepPlan(key, step.kind, step.name)
        return step.kind in AFTER and step == bare and not any(one.outcome for one in self.outgoing[key])

    def only_way_on(self, key: str) -> FlowPlan | None:
        """The one transition that leaves a gateway, if it asks nothing."""
        found = self.outgoing[key]
        return found[0] if len(found) == 1 and is_bare(found[0]) else None


def is_bare(flow: FlowPlan) -> bool:
    """Whether a transition asks nothing."""
    return not flow.conditions and not flow.is_default


@dataclass(frozen=True, slots=True)
class Fork:
    """A gateway that divides what comes of one outcome of a row."""

    key: str
    row: str
    outcome: str


class Folds:
    """What becomes of the gateways of a drawing: `forks` by key, `waits` by the step they are in front of.

    `shown` = the step a way leads to on the page, by the join or merge it leads to in the graph.
    """

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        idle = frozenset(key for key in drawing.plain if self._can_wait_alone(key))
        self._arrange(idle)
        standing = {wait.gateway for wait in self.waits.values()}
        if idle - standing:
            self._arrange(idle & standing)

    def _arrange(self, idle: frozenset[str]) -> None:
        """Say what each gateway is; `idle` are joins although only one way leads into them at the moment."""
        drawing = self.drawing
        plain, incoming = drawing.plain, drawing.incoming
        self._single = frozenset(key for key in plain - idle if len(incoming[key]) == 1)
        self._joins = idle | frozenset(
            key
            for key in plain - self._single
            if drawing.steps[key].kind in JOINING and incoming[key] and drawing.only_way_on(key)
        )
        self.forks = {one.key: one for one in map(self._fork, sorted(self._single)) if one is not None}
        self.ports = {(one.row, one.outcome): one.key for one in self.forks.values()}
        found = [(self._target_of(key), self._wait(key)) for key in sorted(self._joins)]
        self.waits = {target: wait for target, wait in found if wait is not None}
        self.shown = {key: target for target, wait in self.waits.items() for key in keys_of(wait)}

    def _can_wait_alone(self, key: str) -> bool:
        """Whether a gateway with one way in and one out is what is left of a join. The graph does not tell it
        from a part that is to run at the same time and has one branch yet; the page's own name for that does.
        """
        is_joining = self.drawing.steps[key].kind in GATHER and bool(self.drawing.only_way_on(key))
        return is_joining and len(self.drawing.incoming[key]) == 1 and not key.startswith(f"{BEHIND}_")

    @property
    def folded(self) -> frozenset[str]:
        """Gateways that are no rows."""
        return frozenset(self.forks) | frozenset(self.shown)

    def owner(self, flow: FlowPlan) -> str:
        """The row a transition belongs to: its source, or whose outcome the gateway it leaves divides."""
        fork = self.forks.get(flow.source)
        return fork.row if fork else flow.source

    def outcome(self, flow: FlowPlan) -> str:
        """The outcome of `owner` a transition belongs to."""
        fork = self.forks.get(flow.source)
        return fork.outcome if fork else flow.outcome

    def _fork(self, key: str) -> Fork | None:
        """A gateway behind another that may itself be folded stays a row: a way has room for one."""
        (flow,) = self.drawing.incoming[key]
        beside = [one for one in self.drawing.outgoing[flow.source] if one.outcome == flow.outcome]
        if len(beside) > 1 or not is_bare(flow) or flow.source in self._single | self._joins:
            return None
        return Fork(key, flow.source, flow.outcome)

    def _target_of(self, join: str) -> str:
        return self.drawing.outgoing[join][0].target

    def _wait(self, key: str) -> Wait | None:
        """What a join says of the step behind it; None where it has to stay."""
        step, ways = self.drawing.steps[key], self._ways_into(key)
        if not self._is_clear(key, ways) or not all(_are_alike(step.kind, one) for one in ways.values()):
            return None
        sources = tuple(sorted(ways, key=self.drawing.places.__getitem__))
        merges = ((one, ways[one][0]) for one in sources if ways[one][0])
        named = tuple(Merge(source, merge, self.drawing.steps[merge].name) for source, merge in merges)
        return Wait(GATHER[step.kind], sources, key, step.name, named)

    def _ways_into(self, join: str) -> Mapping[str, list[str]]:
        """By row, for each transition of it into a join the gateway in between, or "" for none."""
        found: dict[str, list[str]] = defaultdict(list)
        for flow in self.drawing.incoming[join]:
            merged = self._merged(flow.source)
            found[merged or self.owner(flow)].append(flow.source if merged else "")
        return found

    def _is_clear(self, join: str, sources: Collection[str]) -> bool:
        """Whether the page still tells which ways lead through a join, if they name the step behind it."""
        target = self._target_of(join)
        direct = (self.owner(one) for one in self.drawing.incoming[target] if one.source != join)
        return (
            bool(sources)
            and not any(one in sources for one in direct)
            and not any(one.source in self._joins for one in self.drawing.incoming[join])
            and [self._target_of(one) for one in self._joins].count(target) == 1
        )

    def _merged(self, key: str) -> str:
        """The one row whose ways an exclusive gateway brings together; empty where it does anything else."""
        coming = self.drawing.incoming[key]
        is_merge = self.drawing.steps[key].kind == Kind.EXCLUSIVE and self.drawing.only_way_on(key)
        owners = {self.owner(one) for one in coming}
        if key not in self.drawing.plain or not is_merge or len(coming) < 2 or len(owners) > 1:
            return ""
        return owners.pop()


def _are_alike(kind: str, merges: Sequence[str]) -> bool:
    """Whether unfolding leads the ways of one row into a join like this: by one transition or, where that
    waits for what has begun only, each by its own."""
    return len(merges) == 1 or (kind == Kind.INCLUSIVE and not any(merges))


def keys_of(wait: Wait) -> tuple[str, ...]:
    """The gateways in front of a step that waits."""
    return (wait.gateway, *(one.key for one in wait.merges))


Neighbours = Mapping[str, Collection[str]]


def others_of(flows: Iterable[FlowPlan], sources: Iterable[str], target: str) -> dict[str, frozenset[str]]:
    """By source of a step that begins with the first of several: what the first stops. That is the other
    sources, what stands on the ways to them and not on the way to the first, and what leads from there back
    before them. A way that leads back makes nothing stand before a source."""
    found = list(dict.fromkeys(sources))
    if len(found) < 2:
        return {}
    steps = {(one.source, one.target) for one in flows}
    ahead = steps - _leading_back(steps)
    leading = {one: _reached([one], _before(ahead), target) for one in found}
    looped = _reached(found, _before(steps), target).difference(*leading.values())
    regions = {}
    for source, mine in leading.items():
        beside = frozenset().union(*leading.values()) - mine | frozenset(found) - {source}
        regions[source] = beside | looped & _reached(beside, _after(ahead), target)
    return regions


def _leading_back(steps: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The ways to a step that every case has passed which takes them."""
    after = _after(steps)
    entries = frozenset(after) - {target for _source, target in steps}
    past = {target: _reached(entries, after, target) for _source, target in steps}
    reached = _reached(entries, after)
    return frozenset((one, to) for one, to in steps if one in reached and one not in past[to])


def _after(steps: Iterable[tuple[str, str]]) -> Neighbours:
    found: dict[str, set[str]] = defaultdict(set)
    for source, target in steps:
        found[source].add(target)
    return found


def _before(steps: Iterable[tuple[str, str]]) -> Neighbours:
    return _after((target, source) for source, target in steps)


def _reached(beginning: Iterable[str], beside: Neighbours, without: str = "") -> frozenset[str]:
    """What is reached from these steps, themselves among it, on ways that do not pass a certain step."""
    found: set[str] = set()
    queue = list(beginning)
    while queue:
        key = queue.pop()
        if key not in found and key != without:
            found.add(key)
            queue.extend(beside.get(key, ()))
    return frozenset(found)
