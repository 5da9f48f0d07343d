"""Escalation plans: which levels a deadline has, when each is due, and what each does.

A plan is a list of levels; a clock holds a snapshot of it, so a changed plan never reaches running cases.
As JSON a level is `{"level": 1, "offset": 0, "actions": [...], "at": "2026-11-23T16:00:00+00:00"}`: `offset`
counts working seconds after the deadline, `at` is the moment it is due in this clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from people import worktime


class Action(StrEnum):
    """What a level does."""

    MARK_OVERDUE = "mark_overdue"
    TELL_LEADS = "tell_leads"


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a clock's plan: number (from 1), distance to the deadline, actions, moment."""

    number: int
    offset: int
    actions: tuple[Action, ...]
    at: dt.datetime

    def to_json(self) -> dict[str, Any]:
        """The form kept in the clock's snapshot."""
        return {
            "level": self.number,
            "offset": self.offset,
            "actions": [str(action) for action in self.actions],
            "at": self.at.astimezone(dt.UTC).isoformat(),
        }

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Level:
        """Read a level of a snapshot; raises KeyError or ValueError for a broken one."""
        return cls(
            number=int(row["level"]),
            offset=int(row["offset"]),
            actions=tuple(Action(action) for action in row["actions"]),
            at=dt.datetime.fromisoformat(row["at"]),
        )


DEFAULT_PLAN: tuple[tuple[int, int, tuple[Action, ...]], ...] = (
    (1, 0, (Action.MARK_OVERDUE,)),
    (2, 0, (Action.TELL_LEADS,)),
)
"""Number, working seconds after the deadline, actions: overdue at the deadline, and the leads are told."""


def snapshot(due_at: dt.datetime) -> list[dict[str, Any]]:
    """The default plan timed for one deadline, in the form a clock keeps."""
    return [
        Level(number, offset, actions, _after(due_at, offset)).to_json()
        for number, offset, actions in DEFAULT_PLAN
    ]


def levels(plan: list[dict[str, Any]]) -> list[Level]:
    """The levels of a snapshot, in their order."""
    return [Level.from_json(row) for row in plan]


def retimed(
    plan: list[dict[str, Any]], first: int, move: Callable[[dt.datetime], dt.datetime]
) -> list[dict[str, Any]]:
    """The same plan with the levels from index `first` on moved in time; fired ones keep their moment."""
    return [
        row if index < first else {**row, "at": move(Level.from_json(row).at).astimezone(dt.UTC).isoformat()}
        for index, row in enumerate(plan)
    ]


def wake_at(plan: list[dict[str, Any]], next_level: int) -> dt.datetime | None:
    """When the next level is due; None when none is left."""
    return Level.from_json(plan[next_level]).at if next_level < len(plan) else None


def _after(due_at: dt.datetime, seconds: int) -> dt.datetime:
    return worktime.add_seconds(due_at, seconds) if seconds else due_at
