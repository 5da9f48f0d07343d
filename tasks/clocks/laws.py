"""Legal deadlines behind the one that counts: levels of its plan that warn of them and tell that they passed.

A clock watches the moment of one deadline. Where an earlier one counts and is missed, a Notfrist behind it
would pass in silence; so the plan has two levels for each of these. They are the law's and do not rest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from processes.compiledversion import DeadlineInfo
from processes.escalation import Act, Do, Level, Snapshot, Timed, Whom
from tasks.clocks.dues import Due

WARNED, ENDED = 700, 900
"""Numbers of their levels, each plus the place of its rule: to be begun with, and passed."""
NOTFRIST, LEGAL = "Notfrist", "Rechtsfrist"
TELL_WORKERS = Act(Do.NOTIFY, (Whom.ASSIGNEE, Whom.TEAM))
TELL_LEAD = Act(Do.NOTIFY, (Whom.ASSIGNEE, Whom.TEAM, Whom.LEAD))
PLAN_TEXT = Cast("plan", TextField())
MAY_BE_BESIDE = Q(plan_text__contains=f'"level": {ENDED // 100}')
"""Clocks that may have such a level, with `PLAN_TEXT` as `plan_text`; `ends` tells which do."""


@dataclass(frozen=True, slots=True)
class End:
    """When such a deadline ends."""

    at: dt.datetime
    is_final: bool


def is_warning(number: int) -> bool:
    """Whether a level of this number says that one has to be begun with."""
    return WARNED <= number < ENDED


def is_end(number: int) -> bool:
    """Whether a level of this number says that one has passed."""
    return number >= ENDED


def is_of_law(level: Level) -> bool:
    """Whether a level belongs to such a deadline."""
    return level.number >= WARNED


def has_level_at(plan: Snapshot, index: int) -> bool:
    """Whether the level at an index belongs to such a deadline."""
    return index < len(plan) and plan[index]["level"] >= WARNED


def ends(plan: Snapshot) -> list[End]:
    """The ends of these deadlines, in order."""
    rows = (row for row in plan if is_end(row["level"]))
    return [End(dt.datetime.fromisoformat(row["at"]), row["name"] == NOTFRIST) for row in rows]


def levels(
    rules: Sequence[DeadlineInfo], found: Iterable[Due], due_at: dt.datetime, started_at: dt.datetime
) -> list[Timed]:
    """The levels of what these rules have `found` that the law counts and that ends behind `due_at`, in
    order; none where the latest of them counts."""
    if any(rule.is_latest for rule in rules):
        return []
    timed: dict[int, Timed] = {}
    for due in found:
        if due.is_legal and due.at > due_at:
            place, name = rules.index(due.rule), NOTFRIST if due.rule.is_final else LEGAL
            timed[ENDED + place] = Timed(Level(ENDED + place, name, acts=(TELL_LEAD,)), due.at)
            if due.warn_at is not None and due.warn_at < due.at:
                warning = Level(WARNED + place, "Vorfrist", acts=(TELL_WORKERS,))
                timed[WARNED + place] = Timed(warning, max(due.warn_at, started_at))
    return sorted(timed.values(), key=lambda one: (one.at, one.level.number))
