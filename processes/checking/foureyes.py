"""Can four eyes leave a step with nobody? Pure.

A step T must be done by somebody who did none of the steps it is kept apart from, at any visit. It is left
with nobody when these steps have bound every person who could do it. The argument, step by step:

1. *Only the first visit of T matters.* Whoever did T had no part in the steps kept apart from it, and, since
   four eyes holds both ways, gets none afterwards. So this person stays free for T. What counts are the steps
   that can be done before T was ever done, or are open at the same time: its rivals.
2. *The worst case is a matching.* Each rival binds one person per visit. T can be left with nobody exactly if
   the persons who could do T can be given to rivals, each person to one visit of a rival that he can do, the
   rivals all on ways one case can take. Nothing keeps the rivals from being done by different persons, and
   that is the worst that can happen. In particular (Hall's condition, seen from the last step): of steps that
   are all kept apart from each other and have fewer persons than steps, the last one is found here.
3. *Repeats.* A rival that can be repeated before T binds another person each time, but not more than
   `MOST_REPEATS` are taken into account (or its most visits): a warning, no fault.
4. *Persons nobody can know beforehand* (who starts a case, his lead, the person in a field) may be one of
   those who could do T: a warning too. A step for "the same person as X" binds nobody besides that person.

A certain person binds only himself, as long as he is there. Stand-ins of persons and tasks passed on by hand
to somebody outside of the team are left out of account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from processes.checking import paths
from processes.graph import Net

MOST_REPEATS = 3
"""Different persons who, in one case, can be expected to do one step in turn."""
MOST_TRIES = 20_000
"""Ways of giving persons to steps that are tried; if none was found so far, it is taken for possible."""


class Cause(StrEnum):
    """What is needed for nobody to be left."""

    STEPS = "steps"
    OUTSIDER = "outsider"
    REPEATS = "repeats"


@dataclass(frozen=True, slots=True)
class Doer:
    """Who does a step: one of `persons` (None: anybody), or each of them at one visit.

    `actor` is the same for steps that are always done by the same person.
    """

    actor: str
    persons: frozenset[int] | None
    are_all: bool = False
    most_visits: int | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A step that may be left with nobody, after these other steps were done by different persons."""

    step: str
    others: tuple[str, ...]
    cause: Cause
    persons: int
    """How many could do it if it were not kept apart."""


@dataclass(frozen=True, slots=True)
class _Rival:
    """A step that can bind persons before T is done."""

    step: str
    doer: Doer
    visits: int = 1
    can_repeat: bool = False


def shortfalls(
    net: Net,
    apart: Mapping[str, frozenset[str]],
    doers: Mapping[str, Doer],
    able: Mapping[str, frozenset[int]],
) -> list[Shortfall]:
    """Steps that may be left with nobody, each with the first cause that suffices.

    `apart` both ways; `able` = for each step to be judged, everybody who could be given it.
    """
    if not any(apart.values()):
        return []
    pairs = paths.branches(net)
    found = (
        _judge(_Ways(net, step, pairs), apart[step], doers, able[step]) for step in able if apart.get(step)
    )
    return [one for one in found if one is not None]


class _Ways:
    """The ways of a net as one step sees them."""

    def __init__(self, net: Net, step: str, pairs: paths.Branches) -> None:
        self.net, self.step, self.pairs = net, step, pairs
        origin = net.outgoing(net.start) if net.start else ()
        self.before = paths.beyond(net, (*origin, *paths.besides(net, step)), step)
        self.after: dict[str, frozenset[str]] = {}
        self.together: dict[tuple[str, str], bool] = {}

    def from_(self, other: str) -> frozenset[str]:
        """What can follow another step as long as this one was not done."""
        if other not in self.after:
            self.after[other] = paths.beyond(self.net, self.net.outgoing(other), self.step)
        return self.after[other]

    def is_rival(self, other: str) -> bool:
        """Whether the other step can be done, or taken over, before this one is done for the first time."""
        return other in self.before and (
            self.step in self.from_(other) or paths.at_once(self.pairs, other, self.step)
        )

    def can_repeat(self, other: str) -> bool:
        """Whether it can be done twice before."""
        return other in self.from_(other)

    def are_together(self, one: str, other: str) -> bool:
        """Whether one case can do both before."""
        if (one, other) not in self.together:
            self.together[one, other] = (
                one == other
                or one in self.from_(other)
                or other in self.from_(one)
                or paths.at_once(self.pairs, one, other)
            )
        return self.together[one, other]


def _judge(
    ways: _Ways, apart: frozenset[str], doers: Mapping[str, Doer], able: frozenset[int]
) -> Shortfall | None:
    rivals = _rivals(ways, apart, doers, able)
    for cause, counted in _worse_and_worse(rivals):
        others = _bind_all(able, counted, ways.are_together)
        if others is not None:
            return Shortfall(ways.step, others, cause, len(able))
    return None


def _rivals(
    ways: _Ways, apart: frozenset[str], doers: Mapping[str, Doer], able: frozenset[int]
) -> list[_Rival]:
    """One rival for each actor who can be one of the able, in the order of the net."""
    found: dict[str, _Rival] = {}
    for step in ways.net.nodes:
        doer = doers.get(step) if step in apart else None
        if doer is None or (doer.persons is not None and not doer.persons & able):
            continue
        if doer.actor not in found and ways.is_rival(step):
            found[doer.actor] = _Rival(step, doer, can_repeat=ways.can_repeat(step))
    return list(found.values())


def _worse_and_worse(rivals: Sequence[_Rival]) -> list[tuple[Cause, list[_Rival]]]:
    known = [rival for rival in rivals if rival.doer.persons is not None]
    repeated = [
        replace(rival, visits=min(MOST_REPEATS, rival.doer.most_visits or MOST_REPEATS))
        if rival.can_repeat
        else rival
        for rival in rivals
    ]
    return [(Cause.STEPS, known), (Cause.OUTSIDER, list(rivals)), (Cause.REPEATS, repeated)]


def _bind_all(
    able: frozenset[int], rivals: Sequence[_Rival], are_together: Callable[[str, str], bool]
) -> tuple[str, ...] | None:
    """The steps that can bind everybody, or None.

    Persons are given to rivals one after the other, whoever fits fewest rivals first; a rival that binds all
    of its persons at once costs no visit.
    """
    wholly = [rival for rival in rivals if rival.doer.are_all and rival.doer.persons]
    bound = frozenset().union(*(rival.doer.persons or () for rival in wholly)) & able
    singly = [rival for rival in rivals if rival not in wholly]
    left = sorted(able - bound, key=lambda person: (sum(_fits(one, person) for one in singly), person))
    if len(left) > sum(rival.visits for rival in singly):
        return None
    search = _Search(left, singly, are_together)
    used = search.run(tuple(rival.step for rival in wholly))
    return None if used is None else tuple(dict.fromkeys(used))


def _fits(rival: _Rival, person: int) -> bool:
    return rival.doer.persons is None or person in rival.doer.persons


class _Search:
    """Gives persons to rivals, taking back what leads nowhere."""

    def __init__(
        self, persons: Sequence[int], rivals: Sequence[_Rival], are_together: Callable[[str, str], bool]
    ) -> None:
        self.persons, self.rivals, self.are_together = persons, rivals, are_together
        self.tries = 0

    def run(self, used: tuple[str, ...], at: int = 0) -> tuple[str, ...] | None:
        """The steps used once everybody from position `at` on is bound, or None if that is impossible."""
        if at == len(self.persons) or self.tries > MOST_TRIES:
            return used
        for rival in self.rivals:
            if self._is_free(rival, used) and _fits(rival, self.persons[at]):
                self.tries += 1
                found = self.run((*used, rival.step), at + 1)
                if found is not None:
                    return found
        return None

    def _is_free(self, rival: _Rival, used: tuple[str, ...]) -> bool:
        if used.count(rival.step) >= rival.visits:
            return False
        return all(self.are_together(rival.step, step) for step in dict.fromkeys(used))
