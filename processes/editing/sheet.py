"""A draft in the words of its editing page: steps, what follows their outcomes, what they wait for. Pure.

Choices and joins are no steps of their own here. A gateway is folded into the outcome it follows or into the
step it stands in front of; only one that fits neither stays a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from processes.blueprint import ConditionPlan, DeadlinePlan, FieldPlan, StepPlan


class After(StrEnum):
    """What follows an outcome."""

    ONE = "one"
    ALL = "all"
    DATA = "data"
    SEVERAL = "several"

    @classmethod
    def _missing_(cls, value: object) -> After:
        """A word that is none, perhaps of a page from another version: the usual one."""
        return cls.ONE


class Gather(StrEnum):
    """When a step begins that several ways lead to: all of them are there (parallel join), all that have
    begun (inclusive join), or the first, which stops the others (cancel region)."""

    ALL = "all"
    BEGUN = "begun"
    FIRST = "first"


@dataclass(frozen=True, slots=True)
class Branch:
    """One way on; conditions and `is_default` only where it depends on the data."""

    target: str
    conditions: tuple[ConditionPlan, ...] = ()
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """What follows one outcome. `gateway` is the key of the gateway folded into it (empty: none yet),
    `question` its name, which the picture shows."""

    after: After = After.ONE
    branches: tuple[Branch, ...] = ()
    gateway: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """A gateway that brings several ways of one source together before a join: its key and its name."""

    source: str
    key: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A step begins when these are done. `gateway` is the key of the join folded into it (empty: none yet),
    `name` its name; `merges` are gateways in front of the join."""

    gather: Gather
    sources: tuple[str, ...]
    gateway: str = ""
    name: str = ""
    merges: tuple[Merge, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One step, with what follows each of its outcomes (by key; "" where it has none)."""

    step: StepPlan
    ways: Mapping[str, Way] = field(default_factory=dict)
    wait: Wait | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A draft as its editing page shows it."""

    rows: tuple[Row, ...] = ()
    fields: tuple[FieldPlan, ...] = ()
    deadlines: tuple[DeadlinePlan, ...] = ()
    plan_keys: Mapping[str, str] = field(default_factory=dict)
    language: str = "de"
    translations: Mapping[str, Any] = field(default_factory=dict)
