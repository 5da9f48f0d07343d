"""How many ends does one run reach? A called process must reach exactly one, or its caller would not know
which outcome it got (semantics §1). Pure.

A net that can never hold two tokens is answered at once. Of others every marking is visited, together with
whether an end was reached before, with the engine that runs the cases; conditions are free choices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum

from processes import engine
from processes.engine import EngineError, Event, Flow, Kind, Marking, Moves, Net, Node

MOST_MARKINGS = 5_000
"""Markings visited before the question is left open; called processes are small."""
MOST_ANSWERS = 40_000
"""Answers tried before the question is left open."""


class Endings(StrEnum):
    """What was found; runs that reach no end at all are the model check's business."""

    ONE = "one"
    SEVERAL = "several"
    UNDECIDED = "undecided"


def ends_per_run(net: Net, *, most_markings: int = MOST_MARKINGS) -> Endings:
    """Whether a run can reach more than one end, for a net without structural faults (`structure.check`)."""
    if not any(_divides(net, node) for node in net.nodes.values()):
        return Endings.ONE
    return _Search(net, most_markings).verdict()


def _divides(net: Net, node: Node) -> bool:
    """Whether one token can become two here."""
    if any(outcome.is_clock and not outcome.interrupting for outcome in node.outcomes):
        return True
    flows = net.outgoing(node.key)
    if node.kind is Kind.EXCLUSIVE:
        return False
    return len(flows) > len({flow.outcome for flow in flows})


class _Search:
    """Visits each marking twice at most: before an end was reached, and after it."""

    def __init__(self, net: Net, most_markings: int) -> None:
        self.net, self.most_markings = net, most_markings
        self.seen: set[tuple[object, ...]] = set()
        self.waiting: deque[tuple[Marking, bool]] = deque()
        self.answers = 0
        self.found_several = False

    def verdict(self) -> Endings:
        """Search until a run with two ends is found, or all is seen, or it takes too long."""
        self._try(lambda judge: engine.begin_judged(self.net, judge), False)
        while self.waiting and not self.found_several:
            if len(self.seen) > self.most_markings or self.answers > MOST_ANSWERS:
                return Endings.UNDECIDED
            self._visit(*self.waiting.popleft())
        return Endings.SEVERAL if self.found_several else Endings.ONE

    def _visit(self, marking: Marking, had_end: bool) -> None:
        for token in marking.tokens:
            node = self.net.nodes.get(token.at)
            for event in _events(node) if node else ():
                self._try(
                    lambda judge, token=token, event=event: engine.fire_judged(  # type: ignore[misc]
                        self.net, marking, token.id, event, judge
                    ),
                    had_end,
                )

    def _try(self, run: Callable[[engine.Judge], Moves], had_end: bool) -> None:
        for moves in _every_way(run):
            self.answers += 1
            if self.answers > MOST_ANSWERS:
                return
            self.found_several |= len(moves.ends) + had_end > 1
            self._note(moves.marking, had_end or bool(moves.ends))

    def _note(self, marking: Marking, had_end: bool) -> None:
        places = sorted(
            (token.at, *sorted(outcome for number, outcome in marking.sparked if number == token.id))
            for token in marking.tokens
        )
        key = (had_end, *places)
        if key not in self.seen:
            self.seen.add(key)
            self.waiting.append((marking, had_end))


def _events(node: Node) -> Iterator[Event]:
    """Everything a waiting step can be answered with."""
    if node.kind in (Kind.TIMER, Kind.ACTION):
        yield engine.JobDone()
    if node.kind is Kind.ACTION:
        yield engine.JobFailed()
    if node.kind is Kind.SUBPROCESS and not node.outcomes:
        yield engine.SubEnded("")
    for outcome in node.outcomes:
        if outcome.is_clock:
            yield engine.Clock(outcome.key)
        elif node.kind is Kind.TASK:
            yield engine.Chosen(outcome.key)
        elif node.kind is Kind.SUBPROCESS:
            yield engine.SubEnded(outcome.key)


def _every_way(run: Callable[[engine.Judge], Moves]) -> Iterator[Moves]:
    """Run once for every way conditions can be judged; ways the engine has no answer to are left out."""
    script: list[bool] | None = []
    while script is not None:
        said: list[bool] = []

        def judge(flow: Flow, said: list[bool] = said, script: list[bool] = script) -> bool:
            said.append(len(said) < len(script) and script[len(said)])
            return said[-1]

        try:
            moves = run(judge)
        except engine.TooManySteps:
            return
        except EngineError:
            pass
        else:
            yield moves
        script = _next(said)


def _next(said: list[bool]) -> list[bool] | None:
    """Count up: the last no becomes a yes, and what came behind it is forgotten."""
    while said and said[-1]:
        said.pop()
    return [*said[:-1], True] if said else None
