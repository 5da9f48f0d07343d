"""Playing a version through: what a case of it would do, turn by turn, without there being one. No database.

What was entered and chosen is a `Play`. It travels with the page, and `replay` finds from it where such a
case would stand: with the engine and the arithmetic of real cases, so it cannot tell another story than they.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import reduce
from typing import Any

from django.utils.translation import gettext

from people import worktime
from processes import engine, fields
from processes.compiledversion import CompiledVersion, DeadlineInfo, StepInfo
from processes.fields import FieldError
from processes.graph import ON_FLOW
from processes.marking import Marking, Token, UnknownToken
from processes.models import DeadlineRule, Urgency
from processes.moments import Anchors, Moment, resolve
from processes.trail import Trail
from tasks.clocks import dues
from tasks.clocks.dues import Due

MOST_TURNS = 200
FORMAT = 2
EARLIEST, LATEST = dt.datetime(1990, 1, 1, tzinfo=dt.UTC), dt.datetime(2150, 1, 1, tzinfo=dt.UTC)


class PlayError(ValueError):
    """These values are no play, or none of this version any more."""


class By(StrEnum):
    """Who or what ends a step."""

    PERSON = "person"
    CLOCK = "clock"
    DONE = "done"
    FAILED = "failed"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Turn:
    """One click: at which token, by whom or what, with which outcome, when, and values (canonical) that were
    entered or written with it; None empties a field."""

    token: int
    by: By
    outcome: str
    at: dt.datetime
    values: Mapping[str, Any] = field(default_factory=dict)
    end: str = ""
    """Of a called process: the end it reaches, where that is known."""

    @property
    def event(self) -> engine.Event:
        """What it is for the engine."""
        if self.by is By.PERSON:
            return engine.Chosen(self.outcome)
        if self.by is By.CLOCK:
            return engine.Clock(self.outcome)
        if self.by is By.CALL:
            return engine.SubEnded(self.outcome)
        return engine.JobDone() if self.by is By.DONE else engine.JobFailed()


@dataclass(frozen=True, slots=True)
class Play:
    """Everything entered and chosen; `calendar` is the key of one to count by, empty for those that hold."""

    at: dt.datetime
    urgency: int = Urgency.NORMAL
    calendar: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    is_begun: bool = False
    turns: tuple[Turn, ...] = ()

    def then(self, turn: Turn) -> Play:
        """With one more turn."""
        return replace(self, turns=(*self.turns, turn))

    def back_to(self, number: int) -> Play:
        """With so many turns only."""
        return replace(self, turns=self.turns[:number])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "format": FORMAT,
            "at": self.at.isoformat(),
            "urgency": int(self.urgency),
            "calendar": self.calendar,
            "values": dict(self.values),
            "begun": self.is_begun,
            "turns": [
                [one.token, str(one.by), one.outcome, one.at.isoformat(), dict(one.values), one.end]
                for one in self.turns
            ],
        }

    @classmethod
    def from_json(cls, found: Any, version: CompiledVersion) -> Play:
        """Read what `to_json` wrote, trusting nothing in it. Raises PlayError."""
        try:
            if found["format"] != FORMAT or len(found["turns"]) > MOST_TURNS:
                raise PlayError("format")
            return cls(
                at=_moment(found["at"]),
                urgency=Urgency(found["urgency"]),
                calendar=_word(found["calendar"]),
                values=_values(found["values"], version),
                is_begun=found["begun"] is True,
                turns=tuple(_turn(one, version) for one in found["turns"]),
            )
        except (TypeError, KeyError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            raise PlayError(str(error)) from error


def _turn(row: Any, version: CompiledVersion) -> Turn:
    token, by, outcome, at, values, end = row
    if type(token) is not int:
        raise PlayError("token")
    return Turn(token, By(by), _word(outcome), _moment(at), _values(values, version), _word(end))


def _word(text: Any) -> str:
    if not isinstance(text, str) or not text.isprintable():
        raise PlayError("word")
    return text


def _moment(text: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None or not EARLIEST <= moment <= LATEST:
        raise PlayError("moment")
    return moment


def _values(found: Any, version: CompiledVersion) -> dict[str, Any]:
    return {key: _value(version, key, value) for key, value in found.items()}


def _value(version: CompiledVersion, key: str, value: Any) -> Any:
    """A canonical value as it is; one that is none of its field (any more) is refused."""
    spec = version.fields.get(key)
    if spec is None:
        raise PlayError(key)
    try:
        same = fields.read(playable(spec), value)
    except (FieldError, ArithmeticError) as error:
        raise PlayError(key) from error
    if same != value:
        raise PlayError(key)
    return same


EXAMPLES = frozenset({"file", "customer"})
EXAMPLE = "example"


def playable(spec: fields.FieldSpec) -> fields.FieldSpec:
    """A field as it is played with: for files and customers stands one example, because nothing is uploaded
    and whoever defines processes sees no customers; conditions ask of them only whether there is one."""
    if spec.type not in EXAMPLES:
        return spec
    return replace(spec, type="choice", choices=((EXAMPLE, gettext("an example")),), limits={})


# -- where the case would stand ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Passed:
    """One turn and what it led to; `data` is what the case had then, `visit` how often it was at the step."""

    turn: Turn | None
    step: str
    visit: int
    at: dt.datetime
    data: Mapping[str, Any]
    tokens: tuple[int, ...] = ()
    """Those that came to the steps entered."""
    entered: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    """Joins in front of which something waits now that did not before."""
    cancelled: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """Where the case would stand. `since` = when each token came to where it is."""

    marking: Marking
    data: Mapping[str, Any]
    since: Mapping[int, dt.datetime]
    passed: tuple[Passed, ...]
    ended_at: Mapping[str, dt.datetime] = field(default_factory=dict)
    steps: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()

    @property
    def trail(self) -> Trail:
        """What was passed."""
        return Trail(self.steps, self.flows)

    @property
    def open(self) -> tuple[Token, ...]:
        """Tokens at steps that wait for somebody or something."""
        return tuple(token for token in self.marking.tokens if not token.at.startswith(ON_FLOW))

    @property
    def is_over(self) -> bool:
        """Whether an end was reached and nothing is open."""
        return not self.marking.tokens

    def stuck_at(self, net: engine.Net) -> tuple[str, ...]:
        """Joins that something waits at although nothing is open that could still come."""
        if self.open:
            return ()
        return tuple(dict.fromkeys(net.step_at(token.at) for token in self.marking.tokens))


def replay(version: CompiledVersion, play: Play) -> Run:
    """Play everything from the start. Raises engine.EngineError, PlayError."""
    return reduce(lambda run, turn: follow(version, run, turn), play.turns, begin(version, play))


def begin(version: CompiledVersion, play: Play) -> Run:
    """Where a case stands that was just started. Raises engine.EngineError."""
    data = _merged({}, play.values)
    moves = engine.begin(version.net, data)
    start = version.net.start or ""
    passed = _effects(version.net, moves, Passed(None, start, 1, play.at, data))
    empty = Run(Marking(), data, {}, ())
    return _moved(version, empty, moves, play.at, passed)


def follow(version: CompiledVersion, run: Run, turn: Turn) -> Run:
    """One turn on. Raises engine.EngineError, PlayError (before the step was even reached)."""
    token = run.marking.token(turn.token)
    begun = run.since.get(token.id)
    if begun is None or token.at.startswith(ON_FLOW):
        raise UnknownToken(token.id)
    if turn.at < begun:
        raise PlayError("too early")
    data = _merged(run.data, turn.values)
    moves = engine.fire(version.net, run.marking, turn.token, turn.event, data)
    passed = _effects(version.net, moves, Passed(turn, token.at, token.visit, turn.at, data))
    return _moved(version, replace(run, data=data), moves, turn.at, passed)


def _merged(data: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**data, **values}.items() if value is not None}


def _effects(net: engine.Net, moves: engine.Moves, passed: Passed) -> Passed:
    """With what became of the tokens."""
    waiting = (net.step_at(one.at) for one in moves.produced if one.at.startswith(ON_FLOW))
    cancelled = (net.step_at(one.at) for one in moves.cancelled)
    return replace(
        passed,
        tokens=tuple(one.id for one in moves.entered),
        entered=tuple(one.at for one in moves.entered),
        waiting=tuple(dict.fromkeys(waiting)),
        cancelled=tuple(dict.fromkeys(cancelled)),
        ends=moves.ends,
    )


def _moved(version: CompiledVersion, run: Run, moves: engine.Moves, at: dt.datetime, passed: Passed) -> Run:
    """A token begins when all that it waited for was there, whatever the order of the clicks."""
    begun = max([at, *(run.since[one.id] for one in moves.consumed if one.at.startswith(ON_FLOW))])
    since = {**run.since, **{one.id: begun for one in moves.produced}}
    left = {version.net.flows[one].source for one in moves.flows}
    ended = dict(run.ended_at)
    if any(one.at == passed.step for one in moves.consumed):
        ended[passed.step] = at
    return replace(
        run,
        marking=moves.marking,
        since={one.id: since[one.id] for one in moves.marking.tokens},
        passed=(*run.passed, passed),
        ended_at=ended,
        steps=run.steps | left | set(moves.ends),
        flows=run.flows | set(moves.flows),
    )


# -- when ----------------------------------------------------------------------------------------------------


def anchors(play: Play, run: Run, begun: dt.datetime) -> Anchors:
    """What moments of a step that began then are counted from."""
    return Anchors(step_at=begun, case_at=play.at, ended_at=run.ended_at, data=run.data)


def due(
    rules: Iterable[DeadlineInfo],
    found: Anchors,
    calendar: worktime.Calendar,
    urgency: int,
    kind: str = DeadlineRule.Kind.SOLUTION,
) -> Due | None:
    """The deadline by these rules; None where there is none or its date is missing. Raises PlayError."""
    try:
        return dues.find(list(rules), found, calendar, kind=kind, urgency=urgency)
    except UNCOUNTABLE as error:
        raise PlayError("deadline") from error


def moment(one: Moment, found: Anchors, calendar: worktime.Calendar, *, is_wait: bool) -> dt.datetime | None:
    """When a wait is over or the clock chooses, never before the step begins; None while a date is missing.
    Raises PlayError."""
    try:
        at = resolve(one, found, at_closing=not is_wait, calendar=calendar)
    except UNCOUNTABLE as error:
        raise PlayError("moment") from error
    return None if at is None else max(at, found.step_at)


UNCOUNTABLE = (worktime.NeverOpen, ValueError, OverflowError)
"""What counting raises for moments that make no sense or lie beyond all calendars."""


def clock_outcomes(step: StepInfo, run: Run, token: Token) -> tuple[str, ...]:
    """Outcomes the clock can still choose; one besides the task comes once a visit."""
    sparked = {key for number, key in run.marking.sparked if number == token.id}
    return tuple(one.key for one in step.timed_outcomes if one.key not in sparked)
