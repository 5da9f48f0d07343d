"""Conditions that can be followed through a run: what one answer says about the next. Pure.

A field is followed if it is known which steps write it (`Node.writes` names it at least once; whoever fills
`writes` fills it for every step) and at least two transitions ask for it. All that its conditions can tell
of its value is one of finitely many *kinds*: empty, below 5,000, 5,000 and more. Each answer leaves some of
them. Two gateways that ask the same are so answered alike, complementary conditions never both hold, and a
way behind conditions that leave nothing over is never taken. Everything else is a free choice.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from processes.comparisons import Condition, comparable, holds
from processes.graph import WAITING, Flow, Kind, Net

CHOOSING = frozenset({Kind.EXCLUSIVE, Kind.INCLUSIVE})
PLAIN = frozenset({"eq", "ne", "in", "is_empty", "is_not_empty", "is_true", "is_false"})
ORDERING = frozenset({"lt", "le", "gt", "ge", "between"})
ORDERED_TYPES = frozenset({"number", "money", "date"})

Known = tuple[tuple[str, int], ...]
"""What is known of fields: by name, the kinds still possible as a set of bits. Fields nothing is known of
are left out."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a transition asks: rows that are free choices, and per followed field the kinds for which its rows
    hold, as a set of bits."""

    is_free: bool
    kinds: tuple[tuple[str, int], ...]


class Following:
    """The followed fields of a net. `parts` has the transitions that ask for one; `lasting` are the fields
    asked at several gateways, whose answers must be remembered from one move to the next."""

    def __init__(self, net: Net) -> None:
        rows = _followed_rows(net)
        self.everything: dict[str, int] = {}
        self.parts: dict[str, Part] = {}
        gateways: dict[str, set[str]] = defaultdict(set)
        bits: dict[tuple[str, str], int] = {}
        for field, asked in rows.items():
            samples = _kinds([row for one in asked.values() for row in one])
            self.everything[field] = (1 << len(samples)) - 1
            for flow, conditions in asked.items():
                bits[flow, field] = _bits(conditions, samples)
                gateways[field].add(net.flows[flow].source)
        for flow in {flow for asked in rows.values() for flow in asked}:
            masks = tuple((field, bits[flow, field]) for field in rows if (flow, field) in bits)
            is_free = any(one.field not in rows or not _is_fit(one) for one in net.flows[flow].conditions)
            self.parts[flow] = Part(is_free, masks)
        self.lasting = frozenset(field for field, asking in gateways.items() if len(asking) > 1)
        self.writes = {
            key: node.writes & self.lasting if node.kind in WAITING else frozenset()
            for key, node in net.nodes.items()
        }
        self.ahead = _asked_ahead(net, gateways, self.lasting)

    def remembered(self, known: Mapping[str, int], steps: Iterable[str]) -> Known:
        """What stays known when tokens rest at or in front of these steps.

        Forgotten is what no token can come to ask for any more, and what a step at work can still write: it
        can do so between any two questions, and several times where it has several instances.
        """
        if not known:
            return ()
        at = list(steps)
        asked = frozenset[str]().union(*(self.ahead[step] for step in at))
        written = frozenset[str]().union(*(self.writes[step] for step in at))
        return tuple(
            (field, kinds)
            for field, kinds in sorted(known.items())
            if field in asked and field not in written and kinds != self.everything[field]
        )


def written_fields(net: Net) -> frozenset[str]:
    """Fields whose writers are known; only they can be followed."""
    return frozenset[str]().union(*(node.writes for node in net.nodes.values()))


def _followed_rows(net: Net) -> dict[str, dict[str, list[Condition]]]:
    """By followed field and transition, the conditions that ask for it."""
    written = written_fields(net)
    rows: dict[str, dict[str, list[Condition]]] = defaultdict(dict)
    for flow in net.flows.values() if written else ():
        for one in _asked(net, flow):
            if one.field in written and _is_fit(one):
                rows[one.field].setdefault(flow.id, []).append(one)
    return {field: asked for field, asked in rows.items() if len(asked) > 1}


def _asked(net: Net, flow: Flow) -> tuple[Condition, ...]:
    is_choice = net.nodes[flow.source].kind in CHOOSING and not flow.is_default
    return flow.conditions if is_choice else ()


def _is_fit(condition: Condition) -> bool:
    """Whether kinds of values can be told apart by this comparison. A choice of several cannot be followed:
    its values are sets."""
    if condition.operator in ORDERING:
        return condition.type in ORDERED_TYPES
    return condition.operator in PLAIN and condition.type != "multichoice"


def _kinds(conditions: list[Condition]) -> list[Any]:
    """One value of each kind these conditions can tell apart."""
    found: dict[tuple[bool, ...], Any] = {}
    for value in _samples(conditions):
        answers = tuple(holds(one, {one.field: value}) for one in conditions)
        found.setdefault(answers, value)
    return list(found.values())


def _samples(conditions: list[Condition]) -> Iterator[Any]:
    """Enough values: none, yes and no, those compared with, those in between and beyond, and another one."""
    yield None
    operators = {one.operator for one in conditions}
    if operators & {"is_true", "is_false"}:
        yield from (True, False)
        return
    values = [value for one in conditions for value in _values(one)]
    type_ = conditions[0].type
    if type_ in ORDERED_TYPES:
        yield from _around(type_, values)
    else:
        yield from values
        yield "\0" + "".join(str(value) for value in values)


def _values(condition: Condition) -> list[Any]:
    if condition.operator in ("in", "between") and isinstance(condition.value, list | tuple):
        return list(condition.value)
    return [] if condition.value is None else [condition.value]


def _around(type_: str, values: list[Any]) -> Iterator[Any]:
    """Values compared with, those between two of them, one below and one above; money in every currency."""
    readable = _readable(type_, values)
    if type_ == "date":
        yield from _dates(readable)
        return
    numbers = _between(readable)
    if type_ == "number":
        yield from map(str, numbers)
        return
    for currency in {str(value["currency"]) if isinstance(value, Mapping) else "EUR" for value in values}:
        yield from ({"amount": str(number), "currency": currency} for number in numbers)


def _readable(type_: str, values: list[Any]) -> list[Any]:
    """In order, once each, and one step inside what the type can hold; others compare with nothing."""
    found = set()
    for value in values:
        with suppress(TypeError, ValueError, KeyError, ArithmeticError):
            one = comparable(type_, value)
            if type_ != "date" or dt.date.min < one < dt.date.max:
                found.add(one)
    return sorted(found)


def _between(ordered: list[Decimal]) -> list[Decimal]:
    if not ordered:
        return [Decimal(0)]
    middles = [(low + high) / 2 for low, high in pairwise(ordered)]
    return [ordered[0] - 1, *ordered, *middles, ordered[-1] + 1]


def _dates(values: list[dt.date]) -> Iterator[Any]:
    one = dt.timedelta(days=1)
    for day in values or [dt.date(2000, 1, 1)]:
        yield from (str(near) for near in (day - one, day, day + one))


def _bits(conditions: list[Condition], samples: list[Any]) -> int:
    """The kinds for which all these conditions hold."""
    found = 0
    for place, value in enumerate(samples):
        if all(holds(one, {one.field: value}) for one in conditions):
            found |= 1 << place
    return found


def _asked_ahead(
    net: Net, gateways: Mapping[str, set[str]], lasting: frozenset[str]
) -> dict[str, frozenset[str]]:
    """By step, the lasting fields some gateway behind it (or it itself) asks for."""
    ahead: dict[str, set[str]] = {key: set() for key in net.nodes}
    for field in lasting:
        waiting = list(gateways[field])
        while waiting:
            key = waiting.pop()
            if field not in ahead[key]:
                ahead[key].add(field)
                waiting.extend(flow.source for flow in net.incoming(key))
    return {key: frozenset(fields) for key, fields in ahead.items()}
