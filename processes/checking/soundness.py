"""The model check: does every case that can begin also end, with nothing left over? Pure.

Every marking that can be reached is visited with the engine that runs the cases. What a person, a clock or a
called process may answer, and what a condition may say, is tried in every combination; conditions are free
choices, except those that can be followed (`following`): what they have answered is part of what is visited.
Ids and numbers of visits are left out of a marking, so that what remains is finite. Nothing is written, no
clock is read.

First a smaller net is tried, in which each well-formed block is one step (`reduction`). It is sound exactly
if the whole net is; only if it is not, the whole net is searched for an example. It has no marking the whole
net lacks: where it is too large, so is the whole.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from processes import engine
from processes.checking import structure
from processes.checking.following import Following, Known
from processes.checking.loosenet import answers
from processes.checking.reduction import most_at_once, reduced
from processes.engine import EngineError, Event, Flow, Kind, Marking, Moves, Net, Node, Outcome, Token
from processes.graph import ON_FLOW

MOST_MARKINGS = 50_000
"""Markings visited before the check gives up (semantics §1)."""
MOST_ANSWERS = 400_000
"""Answers tried before the check gives up: gateways with many conditions make many from one marking."""
MOST_MARKINGS_OF_A_HINT = 5_000
"""Markings visited in search of what is allowed and only shown."""
EFFORT_OF_A_MARKING = 100
"""Tokens carried along, and ten for each answer, that a search of fewer than `MOST_MARKINGS` has for each
marking it may visit: more than twice what usual processes need, so that dense ones keep nobody waiting."""
FEW_MARKINGS = 500
"""Markings visited in search of the shortest example, before a quicker one is looked for."""


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

    @property
    def is_undecided(self) -> bool:
        """Whether not everything could be tried; what was found nevertheless is true."""
        return any(one.code == UNDECIDED.code for one in self.defects)


NO_DEFAULT = "no_default"


def check(net: Net) -> Verdict:
    """Everything that can be said of a net, with or without faults in its graph.

    Codes: those of `structure.check`, which are seen without a run, and those of `explore`. A gateway without
    "otherwise" comes with a run that is stuck there.
    """
    findings = structure.check(net)
    codes = {one.code for one in findings}
    runs = Verdict((), 0, 0) if codes & UNRUNNABLE else explore(net)
    known = {(one.code, one.step): one for one in runs.defects}
    faults = {(one.code, one.step): Defect(one.code, one.step) for one in findings}
    return Verdict(tuple({**faults, **known}.values()), runs.markings, runs.answers)


UNRUNNABLE = frozenset({"no_start", "second_start", "endless"})
"""Faults of a graph with which its runs say nothing."""


def ends_reached_twice(net: Net) -> tuple[Defect, ...]:
    """Ends that one case can reach more than once, each with a run to the second time. No fault (semantics
    §1): the first end is the result, and the second changes nothing. Not everything is tried in a large net;
    empty for nets with other faults.

    Whoever comes to an end is kept in front of it, as if it were a task, until a second one comes along.
    """
    ends = frozenset(node.key for node in net.nodes.values() if node.kind is Kind.END)
    keeping = _keeping(net, ends)
    places = {**most_at_once(keeping), **dict.fromkeys(ends, 1)}
    found = explore(keeping, most_markings=MOST_MARKINGS_OF_A_HINT, places=places).defects
    return tuple(
        Defect(END_REACHED_TWICE, one.step, _without_waits(net, keeping, ends, one.example))
        for one in found
        if one.code == "two_tokens_on_transition" and one.step in ends
    )


END_REACHED_TWICE = "end_reached_twice"
END_OF = "end of "


def _keeping(net: Net, ends: frozenset[str]) -> Net:
    """The net with a task in place of each of these ends, and the end behind it; no region cancels them."""
    nodes = [
        Node(node.key, Kind.TASK, (Outcome(END_OF),), node.position)
        if node.key in ends
        else replace(node, outcomes=tuple(replace(one, cancels=one.cancels - ends) for one in node.outcomes))
        for node in net.nodes.values()
    ]
    behind = [Node(f"{END_OF}{key}", Kind.END) for key in ends]
    onward = [Flow(f"{END_OF}{key}", key, f"{END_OF}{key}", END_OF) for key in ends]
    return Net.build([*nodes, *behind], [*net.flows.values(), *onward])


def _without_waits(
    net: Net, keeping: Net, ends: frozenset[str], example: tuple[Turn, ...]
) -> tuple[Turn, ...]:
    """A run of the net that keeps, as a run of the net itself: tokens have other numbers there."""
    turns = [example[0]]
    for place, turn in enumerate(example[1:], start=1):
        if turn.step not in ends:
            kept = _resting(replay(keeping, example[:place]), turn.step)
            ours = _resting(replay(net, tuple(turns)), turn.step)
            turns.append(replace(turn, token=ours[kept.index(turn.token)]))
    return tuple(turns)


def _resting(moves: Moves, step: str) -> list[int]:
    return [token.id for token in moves.marking.tokens if token.at == step]


def explore(
    net: Net,
    *,
    most_markings: int = MOST_MARKINGS,
    is_reducing: bool = True,
    places: Mapping[str, int] | None = None,
) -> Verdict:
    """Judge the runs of a net without structural faults (`structure.check`).

    Codes: `deadlock` (an answer cannot be carried out, or all wait for each other), `join_cannot_complete`
    (a join no run ever passes), `work_left_over` (a token waits at a join when all others have ended),
    `livelock` (work goes on for ever), `two_tokens_on_transition`, `no_default` (a choice nothing of which
    holds), `step_never_reached`, `undecided`. Without reducing, the whole net is searched for everything: the
    measure for the reduction. `places`: how many tokens may rest at each step, else one for each transition.
    """
    places, following = places or most_at_once(net), Following(net)
    if not is_reducing:
        return _Search(net, following, places, most_markings).verdict()
    smaller = reduced(net, following, places)
    never_passed: frozenset[str] | None = None
    if smaller is not None:
        quick = _Search(smaller.net, Following(smaller.net), smaller.most_at_once, most_markings)
        verdict = quick.verdict()
        if verdict.is_sound and len(quick.taken) == len(smaller.net.flows):
            return verdict
        never_passed = quick.never_passed()
        if verdict.is_undecided:
            narrow = _Search(net, following, places, most_markings, is_narrow=True).verdict()
            return narrow if narrow.defects else Verdict((UNDECIDED,), verdict.markings, verdict.answers)
    return _search_whole(net, following, places, most_markings, never_passed)


def _search_whole(
    net: Net,
    following: Following,
    places: Mapping[str, int],
    most_markings: int,
    never_passed: frozenset[str] | None,
) -> Verdict:
    """Find examples in a net: the shortest if that is quick, else any, else all there is time for."""
    few = min(FEW_MARKINGS, most_markings)
    verdict = _Search(net, following, places, few).verdict()
    if not verdict.is_undecided or few == most_markings:
        return verdict
    if never_passed is not None:
        narrow = _Search(net, following, places, most_markings, is_narrow=True)
        narrow.passed_by_none = never_passed
        found = narrow.verdict()
        if found.defects:
            return found
    return _Search(net, following, places, most_markings).verdict()


def replay(net: Net, example: tuple[Turn, ...]) -> Moves:
    """Run an example again; the last moves. Raises EngineError where that is the fault it shows."""
    moves = engine.begin_judged(net, _as_said(example[0]))
    for turn in example[1:]:
        moves = _run(net, moves.marking, turn, _as_said(turn))
    return moves


def _as_said(turn: Turn) -> engine.Judge:
    said = iter(turn.answers)
    return lambda flow: next(said, False)


def _run(net: Net, marking: Marking, turn: Turn, judge: engine.Judge) -> Moves:
    if turn.event is None:
        return engine.begin_judged(net, judge)
    return engine.fire_judged(net, marking, turn.token, turn.event, judge)


class _Oracle:
    """Judges conditions. Where both answers are possible it answers by a script, behind its end with no; it
    remembers what it chose, what it said, and what is known since."""

    def __init__(self, following: Following, known: Known, script: tuple[bool, ...]) -> None:
        self.following, self.known, self.script = following, dict(known), script
        self.chosen, self.said = list[bool](), list[bool]()

    def __call__(self, flow: Flow) -> bool:
        part = self.following.parts.get(flow.id)
        if part is None:
            answer = self._choose()
        else:
            answer = (not part.is_free or self._choose()) and all(self._holds(*one) for one in part.kinds)
        self.said.append(answer)
        return answer

    def _choose(self) -> bool:
        place = len(self.chosen)
        self.chosen.append(place < len(self.script) and self.script[place])
        return self.chosen[-1]

    def _holds(self, field: str, holding: int) -> bool:
        """Whether a followed field's value is of one of these kinds; from then on that is known."""
        possible = self.known.get(field, self.following.everything[field])
        yes, no = possible & holding, possible & ~holding
        answer = self._choose() if yes and no else bool(yes)
        self.known[field] = yes if answer else no
        return answer


def _every_answer(
    following: Following, known: Known, run: Callable[[engine.Judge], Moves]
) -> Iterator[tuple[_Oracle, Moves | EngineError]]:
    """Run once for every way conditions can be judged. A loop without a wait is not followed in every way."""
    script: tuple[bool, ...] | None = ()
    while script is not None:
        oracle = _Oracle(following, known, script)
        try:
            yield oracle, run(oracle)
        except EngineError as error:
            yield oracle, error
            if isinstance(error, engine.TooManySteps):
                return
        script = _next_script(oracle.chosen)


def _next_script(chosen: list[bool]) -> tuple[bool, ...] | None:
    """Count up: the last no becomes a yes, and what came behind it is forgotten."""
    while chosen and chosen[-1]:
        chosen.pop()
    return (*chosen[:-1], True) if chosen else None


Place = tuple[str, tuple[str, ...]]
"""Where a token rests, and which extra paths the clock has started for it already."""


def _place(marking: Marking, token: Token) -> Place:
    if not marking.sparked:
        return token.at, ()
    return token.at, tuple(sorted(outcome for number, outcome in marking.sparked if number == token.id))


def _only_ends(net: Net, step: str) -> bool:
    return all(net.nodes[flow.target].kind is Kind.END for flow in net.outgoing(step))


class _Search:
    """Breadth first, so that examples are short. Markings are numbered in the order they are found, each with
    what is known of followed fields.

    A narrow search answers at one step of each marking only. It misses runs, but what it finds is true, and
    many ways at once are no obstacle to it.
    """

    def __init__(
        self,
        net: Net,
        following: Following,
        places: Mapping[str, int],
        most_markings: int,
        *,
        is_narrow: bool = False,
    ) -> None:
        self.net, self.following, self.most_at_once = net, following, places
        self.most_markings, self.is_narrow = most_markings, is_narrow
        self.events = {node.key: tuple(answers(node)) for node in net.nodes.values()}
        self.ending = {key for key in net.nodes if _only_ends(net, key)}
        self.numbers: dict[tuple[tuple[Place, ...], Known], int] = {}
        self.markings: list[Marking] = []
        self.known: list[Known] = []
        self.came: list[tuple[int, Turn]] = []
        self.before: list[set[int]] = []
        self.stuck: list[int] = []
        self.crowded: set[int] = set()
        self.taken: set[str] = set()
        self.passed_by_none: frozenset[str] | None = None
        self.answers = self.effort = 0
        self.defects: dict[tuple[str, str], Defect] = {}

    def verdict(self) -> Verdict:
        """Search, then judge what was seen."""
        is_complete = self._search()
        if is_complete and not self.crowded and not self.is_narrow:
            self.passed_by_none = frozenset(step for step in self.net.joins if not self._is_passed(step))
        self._judge_stuck()
        if not self.is_narrow:
            self._judge_whole(is_complete)
        return Verdict(tuple(self.defects.values()), len(self.markings), self.answers)

    def never_passed(self) -> frozenset[str]:
        """Joins no run passes, where that is known."""
        return self.passed_by_none or frozenset()

    def _judge_whole(self, is_complete: bool) -> None:
        if is_complete:
            self._judge_livelock()
        else:
            self._add(UNDECIDED.code, "", ())
        if not self.defects:
            self._judge_unreached()

    def _add(self, code: str, step: str, example: tuple[Turn, ...]) -> None:
        self.defects.setdefault((code, step), Defect(code, step, example))

    # -- seeing --------------------------------------------------------------------------------------------

    def _search(self) -> bool:
        """Visit every marking; False if there are too many."""
        self._try(-1, Marking(), Turn(self.net.start or ""))
        visited = 0
        while visited < len(self.markings):
            if len(self.markings) > self.most_markings or self._is_given_up():
                return False
            if visited not in self.crowded:
                self._visit(visited)
            visited += 1
        return not self._is_given_up()

    def _visit(self, number: int) -> None:
        marking = self.markings[number]
        if not marking.tokens:
            return
        goes_on = False
        for token in self._to_be_answered(marking):
            for outcome, event in self.events.get(token.at, ()):
                goes_on |= self._try(number, marking, Turn(token.at, outcome, token.id, event))
            if goes_on and self.is_narrow:
                return
        if not goes_on and not self._is_given_up():
            self.stuck.append(number)

    def _is_given_up(self) -> bool:
        """Whether so much was tried that nothing follows from what was not."""
        is_hasty = self.most_markings < MOST_MARKINGS
        is_tired = is_hasty and self.effort > self.most_markings * EFFORT_OF_A_MARKING
        return is_tired or self.answers > MOST_ANSWERS

    def _to_be_answered(self, marking: Marking) -> list[Token]:
        """One token of each place. In a narrow search the newest goes first and what only ends goes last,
        so that others come along in the meantime."""
        tokens = list({_place(marking, token): token for token in reversed(marking.tokens)}.values())
        return sorted(tokens, key=lambda token: token.at in self.ending) if self.is_narrow else tokens

    def _try(self, origin: int, marking: Marking, turn: Turn) -> bool:
        """Do one thing in every way conditions allow; whether anything comes of it."""
        goes_on = False
        known = self.known[origin] if origin >= 0 else ()
        run = partial(_run, self.net, marking, turn)
        for oracle, moves in _every_answer(self.following, known, run):
            self.answers += 1
            self.effort += 10 + len(marking.tokens)
            if self._is_given_up():
                return goes_on
            if isinstance(moves, EngineError):
                self._note_error(origin, moves, self._turn(turn, oracle, None))
                goes_on = True
            else:
                self.taken.update(moves.flows)
                self._note(origin, moves.marking, oracle, self._turn(turn, oracle, moves))
                goes_on |= bool(moves.flows)
        return goes_on

    def _turn(self, turn: Turn, oracle: _Oracle, moves: Moves | None) -> Turn:
        if not oracle.said:
            return turn
        flows = [self.net.flows[one] for one in moves.flows] if moves else []
        ways = tuple((one.source, one.target) for one in flows if self._is_choice(one.source))
        return Turn(turn.step, turn.outcome, turn.token, turn.event, tuple(oracle.said), ways)

    def _is_choice(self, step: str) -> bool:
        kind = self.net.nodes[step].kind
        return kind in (Kind.EXCLUSIVE, Kind.INCLUSIVE) and len(self.net.outgoing(step)) > 1

    def _note_error(self, origin: int, error: EngineError, turn: Turn) -> None:
        """An answer that cannot be carried out; at a choice, because "otherwise" is missing."""
        example = (*self._way_to(origin), turn)
        step = str(error) if isinstance(error, engine.NoBranch) else ""
        if step in self.net.nodes and self._is_choice(step):
            self._add(NO_DEFAULT, step, example)
        else:
            self._add("deadlock", turn.step, example)

    def _note(self, origin: int, marking: Marking, oracle: _Oracle, turn: Turn) -> None:
        """Number a marking, and keep how it was reached first."""
        known: Known = ()
        if oracle.known:
            steps = (self.net.step_at(token.at) for token in marking.tokens)
            known = self.following.remembered(oracle.known, steps)
        key = tuple(sorted(_place(marking, token) for token in marking.tokens)), known
        number = self.numbers.setdefault(key, len(self.markings))
        if number == len(self.markings):
            self.markings.append(marking)
            self.known.append(known)
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

    def _judge_stuck(self) -> None:
        """Name one step for each dead end, none twice."""
        named: set[str] = set()
        for number in self.stuck:
            marking = self.markings[number]
            steps = [self.net.step_at(token.at) for token in marking.tokens]
            if named.isdisjoint(steps):
                named.add(steps[0])
                code = "work_left_over" if marking.first_end else "deadlock"
                if steps[0] in self.never_passed():
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
