"""Escalation: the levels of a deadline, when each is due, and what each does. Pure.

A plan is any number of levels. A level lies before or after its deadline by working or calendar time, or at
a share of the span from the start to the deadline; it may ask for a condition; it acts. A clock keeps a
snapshot of its plan with the moments worked out, so that a changed plan never reaches running cases.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from people import worktime
from processes.comparisons import Condition, holds
from processes.moments import MomentError, signed

SHARE = re.compile(r"([0-9]{1,3})\s*%")
MOST_LEVELS = 20
MOST_REMEMBERED = 1000
"""Levels of snapshots kept in memory."""
PERSON = "person:"
"""In front of the e-mail of whoever gets the task."""
OF_CASE = "case"
"""Among a process's plans by urgency: the plan for the deadline of the whole case alone."""
ASKABLE = ("text", "number", "money", "date", "yesno")
"""Types of fields a level can ask for."""


class LevelError(ValueError):
    """The values make no level."""


class Do(StrEnum):
    """What a level does."""

    MARK = "mark"
    NOTIFY = "notify"
    REASSIGN = "reassign"
    RAISE = "raise"
    OUTCOME = "outcome"
    COMMENT = "comment"


MOVING = frozenset({Do.REASSIGN, Do.RAISE, Do.OUTCOME, Do.COMMENT})
"""Acts that change the task or the case beyond marks and messages; they go one by one through runtime."""


class Whom(StrEnum):
    """Whom a level tells, besides addresses."""

    ASSIGNEE = "assignee"
    TEAM = "team"
    LEAD = "lead"
    LEADS_LEAD = "leads_lead"
    OWNER = "owner"


def _is_above_lead(word: str) -> bool:
    return "@" in word or word in (Whom.LEADS_LEAD, Whom.OWNER)


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a level.

    `whom` = recipients (`Whom`, or e-mail addresses), `to` = who gets the task: `lead`, `pool`, `fewest_open`
    or `person:E-MAIL`, `key` = the outcome of the clock to choose, `text` = the comment.
    """

    do: Do
    whom: tuple[str, ...] = ()
    to: str = ""
    key: str = ""
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values, without empty ones."""
        found = {
            "do": str(self.do), "whom": list(self.whom), "to": self.to, "key": self.key, "text": self.text
        }  # fmt: skip
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Act:
        """Read what `to_json` wrote. Raises LevelError."""
        try:
            return cls(
                Do(row["do"]), tuple(row.get("whom", ())), row.get("to", ""), row.get("key", ""),
                row.get("text", ""),
            )  # fmt: skip
        except (KeyError, ValueError, TypeError) as error:
            raise LevelError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a plan.

    `offset`: empty = at the deadline, `-1d`, `2h`, `3cd` = before or after it, `80%` = that share of the
    span from the start. `is_unclaimed_only`, `least_urgency` (0 = critical … 3 = low) and `condition` must
    all hold at its moment, or it does nothing.
    """

    number: int
    name: str = ""
    offset: str = ""
    acts: tuple[Act, ...] = ()
    is_unclaimed_only: bool = False
    least_urgency: int | None = None
    condition: Condition | None = None

    def moment(
        self,
        start: dt.datetime,
        due: dt.datetime,
        calendar: worktime.Calendar = worktime.STANDARD,
        rested: int = 0,
    ) -> dt.datetime:
        """When it is due, in UTC. A share is one of the time that ran: of the span without the working
        seconds in which the deadline `rested`, which have passed by then. Raises LevelError, NeverOpen."""
        share = SHARE.fullmatch(self.offset)
        if share:
            span = max(0, worktime.seconds_between(start, due, calendar) - rested)
            return min(due, worktime.add_seconds(start, rested + span * int(share[1]) / 100, calendar))
        if not self.offset:
            return due
        try:
            return worktime.due(due, signed(self.offset), calendar)
        except MomentError as error:
            raise LevelError(self.offset) from error

    def fires_at(
        self,
        start: dt.datetime,
        due: dt.datetime,
        calendar: worktime.Calendar = worktime.STANDARD,
        rested: int = 0,
    ) -> dt.datetime | None:
        """When a clock that starts then fires it; None where it is left out.

        Two days before a deadline of four hours lies before the start. A reminder is left out then, as nobody
        needs one of what has just begun; whatever tells the lead or higher, or acts, happens at the start.
        Raises LevelError, NeverOpen.
        """
        at = self.moment(start, due, calendar, rested)
        if at >= start or not self.offset.startswith("-"):
            return at
        return None if self.is_reminder else start

    @property
    def is_behind(self) -> bool:
        """Whether it lies at its deadline or behind it, and not before."""
        return is_behind(self.offset)

    @property
    def is_reminder(self) -> bool:
        """Whether it does nothing but tell whoever is to do the work."""
        words = {word for act in self.acts for word in act.whom}
        return all(act.do is Do.NOTIFY for act in self.acts) and words <= {Whom.ASSIGNEE, Whom.TEAM}

    @property
    def tells_above_lead(self) -> bool:
        """Whether it tells somebody above the lead: the lead's lead, the process owner, an address."""
        return any(_is_above_lead(word) for act in self.acts for word in act.whom)

    def without_lead(self) -> Level:
        """The same, telling only those above the lead."""
        kept = [replace(act, whom=tuple(filter(_is_above_lead, act.whom))) for act in self.acts]
        return replace(self, acts=tuple(act for act in kept if act.whom or act.do is not Do.NOTIFY))

    def act(self, do: Do) -> Act:
        """What it does of a kind; an act without any words if nothing."""
        return next((act for act in self.acts if act.do is do), Act(do))

    @property
    def is_moving(self) -> bool:
        """Whether it does more than mark and tell."""
        return not MOVING.isdisjoint([act.do for act in self.acts])

    def applies(self, *, is_claimed: bool, urgency: int, data: Mapping[str, Any]) -> bool:
        """Whether its conditions hold."""
        if self.is_unclaimed_only and is_claimed:
            return False
        if self.least_urgency is not None and urgency > self.least_urgency:
            return False
        return self.condition is None or holds(self.condition, data)

    def demand_sense(self) -> None:
        """Raise LevelError unless offset and acts can be read."""
        share = SHARE.fullmatch(self.offset)
        if share and int(share[1]) > 100:
            raise LevelError(self.offset)
        if self.offset and not share:
            try:
                signed(self.offset)
            except MomentError as error:
                raise LevelError(self.offset) from error

    def to_json(self) -> dict[str, Any]:
        """Plain values, without empty ones."""
        found: dict[str, Any] = {"level": self.number, "name": self.name, "offset": self.offset}
        found["acts"] = [act.to_json() for act in self.acts]
        found["unclaimed"] = self.is_unclaimed_only
        if self.condition is not None:
            one = self.condition
            found["condition"] = [one.field, one.operator, one.value, one.type]
        kept = {name: value for name, value in found.items() if value}
        if self.least_urgency is not None:
            kept["urgency"] = self.least_urgency
        return kept

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Level:
        """Read what `to_json` wrote. Raises LevelError."""
        try:
            level = cls(
                number=int(row.get("level", 0)),
                name=str(row.get("name", "")),
                offset=str(row.get("offset", "")),
                acts=tuple(Act.from_json(one) for one in row.get("acts", ())),
                is_unclaimed_only=bool(row.get("unclaimed", False)),
                least_urgency=row.get("urgency"),
                condition=Condition(*row["condition"]) if row.get("condition") else None,
            )
        except (ValueError, TypeError) as error:
            raise LevelError(str(error)) from error
        level.demand_sense()
        return level


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan outside the database, as files carry it."""

    key: str
    name: str
    levels: tuple[Level, ...]
    description: str = ""


def is_behind(offset: str) -> bool:
    """Whether an offset lies at the deadline or behind it."""
    share = SHARE.fullmatch(offset)
    return int(share[1]) >= 100 if share else not offset.startswith("-")


def acts_of(
    *, whom: tuple[str, ...] = (), to: str = "", raises: bool = False, outcome: str = "", comment: str = ""
) -> tuple[Act, ...]:
    """What a level does, in a fixed order; empty words mean that it does not."""
    return tuple(
        act
        for is_wished, act in (
            (whom, Act(Do.NOTIFY, whom)),
            (to, Act(Do.REASSIGN, to=to)),
            (raises, Act(Do.RAISE)),
            (outcome, Act(Do.OUTCOME, key=outcome)),
            (comment, Act(Do.COMMENT, text=comment)),
        )
        if is_wished
    )


def receivers(levels: Iterable[Level]) -> frozenset[str]:
    """E-mails of the people tasks are passed on to by name."""
    acts = (act for level in levels for act in level.acts)
    return frozenset(act.to.removeprefix(PERSON) for act in acts if act.to.startswith(PERSON))


def without_outcomes(levels: Iterable[Level]) -> tuple[Level, ...]:
    """The same levels as they watch until when a task is taken over: that nobody has done so yet ends nothing
    that was to be done later (docs/adr/0018-a-reaction-time-ends-no-task.md)."""
    kept = (replace(one, acts=tuple(act for act in one.acts if act.do is not Do.OUTCOME)) for one in levels)
    return tuple(one for one in kept if one.acts)


MARK = Level(number=0, acts=(Act(Do.MARK),))
"""Stands in every snapshot: at its deadline a task is overdue, whatever the plan."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A level with its moment in one clock. `is_held`: it became due in a standstill of the clock and waits,
    with the levels behind it, until then."""

    level: Level
    at: dt.datetime
    is_held: bool = False

    def to_json(self) -> dict[str, Any]:
        """The form kept in the clock's snapshot."""
        held = {"held": True} if self.is_held else {}
        return {
            **self.level.to_json(),
            "level": self.level.number,
            "at": self.at.astimezone(dt.UTC).isoformat(),
            **held,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Timed:
        """Read a level of a snapshot. Raises LevelError."""
        try:
            at = dt.datetime.fromisoformat(row["at"])
            return cls(_level(row), at, is_held=row.get("held", False))
        except (KeyError, TypeError, ValueError) as error:
            raise LevelError(str(error)) from error


_levels: dict[str, Level] = {}


def _level(row: Mapping[str, Any]) -> Level:
    """The level of a row; very many clocks share one, so what it says is read once."""
    text = repr({**row, "at": ""})
    level = _levels.get(text)
    if level is None:
        if len(_levels) >= MOST_REMEMBERED:
            _levels.clear()
        level = _levels[text] = Level.from_json(row)
    return level


PARKED = dt.timedelta(days=365_000)
"""So much later lie levels that are put out of the way."""
PARKED_FROM = 2800
"""No deadline lies in this year or later (`people.durations.LONGEST`)."""
Snapshot = list[dict[str, Any]]
"""Timed levels as JSON, in the order in which they fire."""


def snapshot(
    levels: Iterable[Level],
    start: dt.datetime,
    due: dt.datetime,
    calendar: worktime.Calendar = worktime.STANDARD,
    rested: int = 0,
) -> Snapshot:
    """The levels of a plan and the mark of the deadline, timed for one deadline and put in order; reminders
    that would lie before the start are left out. `rested` as for `Level.moment`."""
    moments = [(level, level.fires_at(start, due, calendar, rested)) for level in (MARK, *levels)]
    timed = [Timed(level, at) for level, at in moments if at is not None]
    return [one.to_json() for one in sorted(timed, key=lambda one: (one.at, one.level.number))]


def timed_levels(plan: Snapshot) -> list[Timed]:
    """The levels of a snapshot, in their order. Raises LevelError."""
    return [Timed.from_json(row) for row in plan]


def due_level(plan: Snapshot, index: int, at: dt.datetime) -> Timed | None:
    """The level at an index if its moment has come; None also behind the last one. Raises LevelError."""
    if index >= len(plan):
        return None
    timed = Timed.from_json(plan[index])
    return timed if timed.at <= at else None


def moved(
    plan: Snapshot,
    first: int,
    move: Callable[[dt.datetime], dt.datetime],
    *,
    stays: Callable[[Level], bool] = lambda level: False,
) -> Snapshot:
    """The same plan with the levels from index `first` on moved in time; fired ones keep their moment, and so
    do levels that `stays` says so of."""
    kept = plan[:first]
    later = [one if stays(one.level) else replace(one, at=move(one.at)) for one in timed_levels(plan[first:])]
    return kept + [one.to_json() for one in sorted(later, key=lambda one: (one.at, one.level.number))]


def parked(plan: Snapshot, first: int, *, stays: Callable[[Level], bool]) -> Snapshot:
    """The same plan with the levels from index `first` on put out of the way, but for those that `stays` says
    so of: for a clock that rests but for them."""
    return moved(plan, first, lambda at: at if is_parked(at) else at + PARKED, stays=stays)


def unparked(plan: Snapshot, first: int) -> Snapshot:
    """The plan as it was before it was `parked`."""
    if not any(is_parked(dt.datetime.fromisoformat(row["at"])) for row in plan[first:]):
        return plan
    return moved(plan, first, lambda at: at - PARKED if is_parked(at) else at)


def is_parked(at: dt.datetime) -> bool:
    """Whether this is the moment of a level that is out of the way."""
    return at.year >= PARKED_FROM


def held_back(plan: Snapshot, index: int, until: dt.datetime) -> Snapshot:
    """The same plan where the level at an index, and those behind it, come no sooner than `until`; the level
    itself then tells only those above the lead."""
    held = Timed.from_json(plan[index])
    rest = Timed(held.level.without_lead(), held.at, is_held=True).to_json()
    return moved([*plan[:index], rest, *plan[index + 1 :]], index, lambda moment: max(moment, until))


def still_held(plan: Snapshot, first: int, former: Snapshot) -> Snapshot:
    """The same plan, timed anew from index `first` on, where the level that the `former` rest of it began
    with waits on, if it has waited."""
    waiting = Timed.from_json(former[0]) if former else None
    if waiting is None or not waiting.is_held:
        return plan
    for index, row in enumerate(plan[first:], first):
        if row["level"] == waiting.level.number:
            return held_back(plan, index, waiting.at)
    return plan


def wake_at(plan: Snapshot, next_level: int) -> dt.datetime | None:
    """When the next level is due; None when none is left."""
    return Timed.from_json(plan[next_level]).at if next_level < len(plan) else None
