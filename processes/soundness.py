"""The model check: does every case that can begin also end, with nothing left over? Pure.

Every marking that can be reached is visited with the engine that runs the cases. What a person, a clock or a
called process may answer, and what a condition may say, is tried in every combination; conditions are free
choices, even two that ask the same. Ids and numbers of visits are left out of a marking, so that what remains
is finite. Nothing is written, no clock is read.

First a smaller net is tried, in which steps that only lead on to one other step take no time (`shortened`).
It is sound exactly if the whole net is; only if it is not, the whole net is searched for an example. It has
no marking the whole net lacks: where it is too large, so is the whole.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from processes import engine
from processes.engine import EngineError, Event, Flow, Kind, Marking, Moves, Net, Node, Token
from processes.graph import ON_FLOW
from processes.shortening import most_at_once, shortened

MOST_MARKINGS = 50_000
"""Markings visited before the check gives up (semantics §1)."""
MOST_ANSWERS = 400_000
"""Answers tried before the check gives up: gateways with many conditions make many from one marking."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One event of a run: what happened at which token, and how each condition asked was judged, in order.

    `outcome` is empty where a step just goes on; the first turn of a run is the start. `ways` are the choices
    of gateways on the way: gateway and step it chose.
    """

    step: str
    outcome: str = ""
    token: int = 0
    event: Event | None = None
    answers: tuple[bool, ...] = ()
    ways: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Defect:
    """One fault: its code, the step, and the shortest run to it (empty where no run can show it)."""

    code: str
    step: str = ""
    example: tuple[Turn, ...] = ()


UNDECIDED = Defect("undecided")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check found, and how many markings and answers it took."""

    defects: tuple[Defect, ...]
    markings: int
    answers: int

    @property
    def is_sound(self) -> bool:
        """Whether every case ends with nothing left over, and every step is reached in some case."""
        return not self.defects


def explore(net: Net, *, most_markings: int = MOST_MARKINGS) -> Verdict:
    """Judge a net without structural faults (`structure.check`).

    Codes: `deadlock` (an answer cannot be carried out, or all wait for each other), `join_cannot_complete`
    (a join no run ever passes), `work_left_over` (a token waits at a join when all others have ended),
    `livelock` (work goes on for ever), `two_tokens_on_transition`, `step_never_reached`, `undecided`.
    """
    smaller = shortened(net)
    if smaller is not None:
        quick = _Search(smaller, net, most_markings).verdict()
        if quick.is_sound:
            return quick
        if any(one.code == UNDECIDED.code for one in quick.defects):
            return Verdict((UNDECIDED,), quick.markings, quick.answers)
    return _Search(net, net, most_markings).verdict()


def replay(net: Net, example: tuple[Turn, ...]) -> Moves:
    """Run an example again; the last moves. Raises EngineError where that is the fault it shows."""
    moves = engine.begin_judged(net, _Oracle(example[0].answers))
    for turn in example[1:]:
        moves = _run(net, moves.marking, turn, _Oracle(turn.answers))
    return moves


def _run(net: Net, marking: Marking, turn: Turn, judge: engine.Judge) -> Moves:
    if turn.event is None:
        return engine.begin_judged(net, judge)
    return engine.fire_judged(net, marking, turn.token, turn.event, judge)


class _Oracle:
    """Judges conditions by a script, those behind its end with no; remembers what it said."""

    def __init__(self, script: tuple[bool, ...]) -> None:
        self.script, self.said = script, list[bool]()

    def __call__(self, flow: Flow) -> bool:
        place = len(self.said)
        self.said.append(place < len(self.script) and self.script[place])
        return self.said[-1]


def _every_answer(run: Callable[[_Oracle], Moves]) -> Iterator[tuple[tuple[bool, ...], Moves | None]]:
    """Run once for every way conditions can be judged; no moves where the engine has no answer. A loop
    without a wait is not followed in every way."""
    script: tuple[bool, ...] | None = ()
    while script is not None:
        oracle = _Oracle(script)
        try:
            moves = run(oracle)
        except EngineError as error:
            yield tuple(oracle.said), None
            if isinstance(error, engine.TooManySteps):
                return
        else:
            yield tuple(oracle.said), moves
        script = _next_script(oracle.said)


def _next_script(said: list[bool]) -> tuple[bool, ...] | None:
    """Count up: the last no becomes a yes, and what came behind it is forgotten."""
    while said and said[-1]:
        said.pop()
    return (*said[:-1], True) if said else None


def _events(node: Node) -> Iterator[tuple[str, Event]]:
    """Everything a step can be answered with, by the key of its outcome (empty: it just goes on)."""
    if node.kind in (Kind.TIMER, Kind.ACTION):
        yield "", engine.JobDone()
    if node.kind is Kind.SUBPROCESS and not node.outcomes:
        yield "", engine.SubEnded("")
    for outcome in node.outcomes:
        if outcome.is_clock:
            yield outcome.key, engine.Clock(outcome.key)
        elif node.kind is Kind.TASK:
            yield outcome.key, engine.Chosen(outcome.key)
        elif node.kind is Kind.SUBPROCESS:
            yield outcome.key, engine.SubEnded(outcome.key)
        elif node.kind is Kind.ACTION and outcome.key == engine.FAILED:
            yield outcome.key, engine.JobFailed()


Place = tuple[str, tuple[str, ...]]
"""Where a token rests, and which extra paths the clock has started for it already."""


def _place(marking: Marking, token: Token) -> Place:
    if not marking.sparked:
        return token.at, ()
    return token.at, tuple(sorted(outcome for number, outcome in marking.sparked if number == token.id))


class _Search:
    """Breadth first, so that examples are short. Markings are numbered in the order they are found."""

    def __init__(self, net: Net, whole: Net, most_markings: int) -> None:
        self.net, self.most_markings = net, most_markings
        self.most_at_once = most_at_once(whole)
        self.numbers: dict[tuple[Place, ...], int] = {}
        self.markings: list[Marking] = []
        self.came: list[tuple[int, Turn]] = []
        self.before: list[set[int]] = []
        self.stuck: list[int] = []
        self.crowded: set[int] = set()
        self.taken: set[str] = set()
        self.answers = 0
        self.defects: dict[tuple[str, str], Defect] = {}

    def verdict(self) -> Verdict:
        """Search, then judge what was seen."""
        is_complete = self._search()
        self._judge_stuck(is_complete and not self.crowded)
        if is_complete:
            self._judge_livelock()
        else:
            self._add(UNDECIDED.code, "", ())
        if not self.defects:
            self._judge_unreached()
        return Verdict(tuple(self.defects.values()), len(self.markings), self.answers)

    def _add(self, code: str, step: str, example: tuple[Turn, ...]) -> None:
        self.defects.setdefault((code, step), Defect(code, step, example))

    # -- seeing --------------------------------------------------------------------------------------------

    def _search(self) -> bool:
        """Visit every marking; False if there are too many."""
        self._try(-1, Marking(), Turn(self.net.start or ""))
        visited = 0
        while visited < len(self.markings):
            if len(self.markings) > self.most_markings or self.answers > MOST_ANSWERS:
                return False
            if visited not in self.crowded:
                self._visit(visited)
            visited += 1
        return True

    def _visit(self, number: int) -> None:
        marking = self.markings[number]
        if not marking.tokens:
            return
        goes_on = False
        for token in {_place(marking, token): token for token in reversed(marking.tokens)}.values():
            node = self.net.nodes.get(token.at)
            for outcome, event in _events(node) if node else ():
                goes_on |= self._try(number, marking, Turn(token.at, outcome, token.id, event))
        if not goes_on:
            self.stuck.append(number)

    def _try(self, origin: int, marking: Marking, turn: Turn) -> bool:
        """Do one thing in every way conditions allow; whether anything comes of it."""
        goes_on = False
        for answers, moves in _every_answer(lambda judge: _run(self.net, marking, turn, judge)):
            self.answers += 1
            if self.answers > MOST_ANSWERS:
                return goes_on
            done = self._turn(turn, answers, moves)
            if moves is None:
                self._add("deadlock", turn.step, (*self._way_to(origin), done))
                goes_on = True
            else:
                self.taken.update(moves.flows)
                self._note(origin, moves.marking, done)
                goes_on |= bool(moves.flows)
        return goes_on

    def _turn(self, turn: Turn, answers: tuple[bool, ...], moves: Moves | None) -> Turn:
        if not answers:
            return turn
        flows = [self.net.flows[one] for one in moves.flows] if moves else []
        ways = tuple((one.source, one.target) for one in flows if self._is_choice(one.source))
        return Turn(turn.step, turn.outcome, turn.token, turn.event, answers, ways)

    def _is_choice(self, step: str) -> bool:
        kind = self.net.nodes[step].kind
        return kind in (Kind.EXCLUSIVE, Kind.INCLUSIVE) and len(self.net.outgoing(step)) > 1

    def _note(self, origin: int, marking: Marking, turn: Turn) -> None:
        """Number a marking, and keep how it was reached first."""
        key = tuple(sorted(_place(marking, token) for token in marking.tokens))
        number = self.numbers.setdefault(key, len(self.markings))
        if number == len(self.markings):
            self.markings.append(marking)
            self.came.append((origin, turn))
            self.before.append(set())
            self._judge_crowd(number)
        self.before[number].add(origin)

    def _way_to(self, number: int) -> tuple[Turn, ...]:
        turns: deque[Turn] = deque()
        while number >= 0:
            number, turn = self.came[number]
            turns.appendleft(turn)
        return tuple(turns)

    # -- judging -------------------------------------------------------------------------------------------

    def _judge_crowd(self, number: int) -> None:
        """Two tokens that came along one transition; such markings are not followed any further."""
        places = Counter(token.at for token in self.markings[number].tokens)
        for place, tokens in places.items():
            if tokens > 1 and tokens > self.most_at_once.get(place, 1):
                self.crowded.add(number)
                self._add("two_tokens_on_transition", self.net.step_at(place), self._way_to(number))

    def _judge_stuck(self, saw_all: bool) -> None:
        """Name one step for each dead end, none twice."""
        named: set[str] = set()
        for number in self.stuck:
            marking = self.markings[number]
            steps = [self.net.step_at(token.at) for token in marking.tokens]
            if named.isdisjoint(steps):
                named.add(steps[0])
                code = "work_left_over" if marking.first_end else "deadlock"
                if saw_all and not self._is_passed(steps[0]):
                    code = "join_cannot_complete"
                self._add(code, steps[0], self._way_to(number))

    def _is_passed(self, step: str) -> bool:
        return any(flow.id in self.taken for flow in self.net.outgoing(step))

    def _judge_unreached(self) -> None:
        """Steps nothing led to although something before them was passed."""
        for node in self.net.nodes.values():
            incoming = self.net.incoming(node.key)
            if not any(flow.id in self.taken for flow in incoming) and any(
                self._is_passed(flow.source) or self._is_entered(flow.source) for flow in incoming
            ):
                self._add("step_never_reached", node.key, ())

    def _is_entered(self, step: str) -> bool:
        return any(flow.id in self.taken for flow in self.net.incoming(step))

    def _judge_livelock(self) -> None:
        """The first marking from which neither an end nor another fault can be reached."""
        closed = [number for number, marking in enumerate(self.markings) if not marking.tokens]
        closing = {*closed, *self.stuck, *self.crowded}
        waiting = deque(closing)
        while waiting:
            new = self.before[waiting.popleft()] - closing - {-1}
            closing |= new
            waiting.extend(new)
        for number, marking in enumerate(self.markings):
            if number not in closing:
                steps = [token.at for token in marking.tokens if not token.at.startswith(ON_FLOW)]
                self._add("livelock", steps[0], self._way_to(number))
                return
