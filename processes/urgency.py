"""Urgency computed from how many are hit and how much time presses (G11). Pure.

Levels are those of `models.Urgency`: 0 critical, 1 high, 2 normal, 3 low. The table is a decision of this
product (docs/deadlines.md); it never falls with more impact or more pressure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

CRITICAL, HIGH, NORMAL, LOW = range(4)


class Impact(StrEnum):
    """How many are hit (Auswirkung)."""

    PERSON = "person"
    TEAM = "team"
    TEAMS = "teams"
    HOUSE = "house"


class Pressure(StrEnum):
    """How much time presses (Zeitdruck)."""

    CAN_WAIT = "can_wait"
    NORMAL = "normal"
    URGENT = "urgent"
    STANDS_STILL = "stands_still"


TABLE: Mapping[Impact, tuple[int, int, int, int]] = {
    Impact.PERSON: (LOW, NORMAL, NORMAL, HIGH),
    Impact.TEAM: (LOW, NORMAL, HIGH, HIGH),
    Impact.TEAMS: (NORMAL, HIGH, HIGH, CRITICAL),
    Impact.HOUSE: (NORMAL, HIGH, CRITICAL, CRITICAL),
}
"""The level for an impact and each pressure, in the order of `Pressure`."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody said about a case or task, and the level that follows."""

    impact: Impact
    pressure: Pressure

    @property
    def level(self) -> int:
        """The urgency, 0 (critical) to 3 (low)."""
        return TABLE[self.impact][list(Pressure).index(self.pressure)]

    @property
    def facts(self) -> dict[str, str]:
        """What history keeps of it."""
        return {"impact": str(self.impact), "pressure": str(self.pressure)}


def judged(impact: str, pressure: str) -> Judgement | None:
    """The judgement two words make; None unless both are known."""
    try:
        return Judgement(Impact(impact), Pressure(pressure))
    except ValueError:
        return None
