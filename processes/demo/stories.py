"""The cases of the demo company: who wanted what, and how far it has come. Days count back from today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CUSTOMER = "{customer}"
"""As a value of a start form: the customer of the story."""


@dataclass(frozen=True, slots=True)
class Move:
    """What is done in a step: outcome, typed values, reason, working hours until then."""

    outcome: str
    data: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    hours: float = 3


@dataclass(frozen=True, slots=True)
class Story:
    """One case. Steps of `moves` are done in turn; the first step without a move stays open.

    `tail` says what happens there: claim, draft, tick, suspend, cancel.
    """

    process: str
    days_ago: int
    customer: str
    title: str
    data: Mapping[str, Any]
    moves: Mapping[str, tuple[Move, ...]]
    tail: str = ""
    urgency: int = 2
    comment: str = ""


Moves = dict[str, tuple[Move, ...]]
