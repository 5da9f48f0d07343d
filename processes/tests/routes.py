"""Plans ways through a net that take as many transitions as possible, and the values that open them. Pure.

A route follows one token from the start to an end; beside it, others may be on their way. It visits one
wanted transition after another, always the nearest next, as long as one set of values opens every gateway.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from processes.comparisons import Condition, comparable, holds
from processes.graph import ENDS, Flow, Kind, Net

Values = Mapping[str, Any]
LONGEST = 120
"""Transitions of a route: a loop that is wanted again and again ends there."""
MOST_WAYS = 3000
"""Ways looked at between two wanted transitions before they count as out of reach."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way from the start to an end, and canonical values of fields that open its gateways."""

    flows: tuple[Flow, ...]
    values: Values

    @property
    def decisions(self) -> list[tuple[str, str]]:
        """Steps that wait, with the outcome to take, in order (no outcome: they just go on)."""
        return [(flow.source, flow.outcome or "") for flow in self.flows]


class Planner:
    """Routes through one net."""

    def __init__(self, net: Net, choices: Mapping[str, Sequence[str]]) -> None:
        """`choices` = what can be chosen in the fields that offer something."""
        self.net = net
        self.candidates = {**_candidates(net), **choices}

    def route(self, wanted: Collection[str], first: str | None = None) -> Route | None:
        """A route that takes the transition `first`, then others of `wanted`; None if none can take it."""
        assert self.net.start is not None
        way = self._to({first} if first else wanted, self.net.start, ())
        if way is None:
            return None
        while len(way) < LONGEST:
            further = self._to(set(wanted) - {flow.id for flow in way}, way[-1].target, way)
            if further is None:
                break
            way = further
        whole = self.to_end(way)
        return None if whole is None else Route(whole, self._values(whole) or {})

    def to_end(self, way: tuple[Flow, ...], end: str = "") -> tuple[Flow, ...] | None:
        """The way, prolonged by the shortest one to an end (to this one, if it is named)."""

        def is_there(found: Sequence[Flow]) -> bool:
            return self.net.nodes[found[-1].target].kind in ENDS and end in ("", found[-1].target)

        origin = way[-1].target if way else self.net.start or ""
        return way if way and is_there(way) else self._search(origin, way, is_there)

    def ending_at(self, end: str) -> Route | None:
        """The shortest route to an end."""
        way = self.to_end((), end)
        return None if way is None else Route(way, self._values(way) or {})

    def _to(self, wanted: Collection[str], origin: str, way: tuple[Flow, ...]) -> tuple[Flow, ...] | None:
        return self._search(origin, way, lambda found: found[-1].id in wanted) if wanted else None

    def _search(
        self, origin: str, way: tuple[Flow, ...], is_there: Callable[[Sequence[Flow]], bool]
    ) -> tuple[Flow, ...] | None:
        """Breadth first over ways without a repeated transition behind `way`."""
        queue: deque[tuple[tuple[Flow, ...], str]] = deque([((), origin)])
        for _ in range(MOST_WAYS):
            if not queue:
                break
            behind, key = queue.popleft()
            for flow in self.net.outgoing(key):
                found = (*behind, flow)
                if flow in behind or self._values((*way, *found)) is None:
                    continue
                if is_there(found):
                    return (*way, *found)
                queue.append((found, flow.target))
        return None

    def _values(self, way: Sequence[Flow]) -> Values | None:
        """Values with which every gateway of the way leads along it; None if there are none."""
        turns = [flow for flow in way if self.net.nodes[flow.source].kind is Kind.EXCLUSIVE]
        asked = [one for flow in turns for one in self.net.outgoing(flow.source) if one.conditions]
        fields = sorted({condition.field for flow in asked for condition in flow.conditions})
        for values in product(*(self.candidates[field] for field in fields)):
            found = dict(zip(fields, values, strict=True))
            if all(self._chosen(flow.source, found) == flow for flow in turns):
                return found
        return None

    def _chosen(self, key: str, values: Values) -> Flow | None:
        """The way a gateway takes with these values."""
        flows = self.net.outgoing(key)
        fitting = (
            one for one in flows if not one.is_default and all(holds(each, values) for each in one.conditions)
        )
        return next(fitting, None) or next((one for one in flows if one.is_default), None)


def _candidates(net: Net) -> dict[str, list[Any]]:
    """For each field that is asked for: values of all kinds its conditions tell apart."""
    found: dict[str, list[Any]] = {}
    for flow in net.flows.values():
        for condition in flow.conditions:
            values = found.setdefault(condition.field, [])
            values += [one for one in _around(condition) if one not in values]
    return found


def _around(condition: Condition) -> Iterator[Any]:
    """Values for which the condition holds and for which it does not."""
    if condition.type == "yesno":
        yield from (True, False)
    elif condition.type in STEPPED:
        yield from STEPPED[condition.type](condition)
    else:
        yield condition.value
        yield ANOTHER


ANOTHER = "another"
"""Stands for any other choice or text."""


def _amounts(condition: Condition) -> Iterator[Any]:
    amount = comparable("money", condition.value)
    for one in (amount, amount - 1, amount + 1):
        yield {"amount": f"{one:.2f}", "currency": "EUR"}


def _numbers(condition: Condition) -> Iterator[Any]:
    for one in (Decimal(0), Decimal(-1), Decimal(1)):
        yield str(comparable("number", condition.value) + one)


def _days(condition: Condition) -> Iterator[Any]:
    for one in (0, -1, 1):
        yield (comparable("date", condition.value) + dt.timedelta(days=one)).isoformat()


STEPPED: Mapping[str, Callable[[Condition], Iterator[Any]]] = {
    "money": _amounts,
    "number": _numbers,
    "date": _days,
}
