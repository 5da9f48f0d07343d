"""Ways and waits of a process as its editing page shows them, in words: what follows an outcome, and when a
step begins that several ways lead to. No gateway is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes import conditions
from processes.blueprint import Blueprint, FlowPlan
from processes.editing.folding import fold
from processes.editing.sheet import After, Branch, Gather, Row, Sheet, Wait, Way
from processes.words.planwords import Names

BEGINS: Mapping[Gather, Any] = {
    Gather.ALL: _("when all are done of: %(steps)s"),
    Gather.BEGUN: _("when all are done that were begun of: %(steps)s"),
    Gather.FIRST: _("as soon as the first is done of: %(steps)s; the others are stopped"),
}


def begins(wait: Wait, names: Names) -> str:
    """When a step begins that waits."""
    return str(BEGINS[wait.gather]) % {"steps": ", ".join(names.step(key) for key in wait.sources)}


@dataclass(frozen=True, slots=True)
class Onward:
    """A step that can follow, and when it does (empty: always)."""

    step: str
    when: str = ""


class Ways:
    """The ways of a blueprint in words."""

    def __init__(self, plan: Blueprint, names: Names) -> None:
        self.plan, self.sheet, self.names = plan, fold(plan), names
        self._waits = {row.step.key: row.wait for row in self.sheet.rows if row.wait}
        self._specs = {one.key: one.spec for one in plan.fields}

    def onward(self, row: Row, outcome: str) -> list[Onward]:
        """What follows an outcome ("" where the step just goes on)."""
        way = row.ways.get(outcome, Way())
        return [Onward(self._target(row, one), self._when(one)) for one in way.branches]

    def sentence(self, row: Row, outcome: str) -> str:
        """The same in one line, with the question that the picture shows where the ways part."""
        way = row.ways.get(outcome, Way())
        onward = self.onward(row, outcome)
        found = "; ".join(f"{one.step} ({one.when})" if one.when else one.step for one in onward)
        is_plain = len(onward) < 2 or (way.after is After.ALL and any(one.when for one in onward))
        manner = "" if is_plain else str(MANNERS.get(way.after, ""))
        return ": ".join(part for part in (way.question, manner, found) if part)

    def _target(self, row: Row, branch: Branch) -> str:
        """The step, and what it waits for besides."""
        name, wait = self.names.step(branch.target), self._waits.get(branch.target)
        if wait is None or row.step.key not in wait.sources:
            return name
        return f"{name} ({begins(wait, self.names)})"

    def _when(self, branch: Branch) -> str:
        if branch.is_default:
            return gettext("otherwise")
        words = (conditions.in_words(one, self._specs.get(one.field_key)) for one in branch.conditions)
        return gettext(" and ").join(words)


MANNERS: Mapping[After, Any] = {
    After.ALL: _("at the same time"),
    After.SEVERAL: _("all that apply"),
}


def as_read(sheet: Sheet) -> Blueprint:
    """The blueprint of a page without the gateways folded into its steps: ways lead from step to step."""
    flows = tuple(flow for row in sheet.rows for flow in _flows(row))
    return Blueprint(
        fields=sheet.fields,
        steps=tuple(row.step for row in sheet.rows),
        flows=flows,
        deadlines=sheet.deadlines,
        plan_keys=sheet.plan_keys,
        language=sheet.language,
        translations=sheet.translations,
    )


def _flows(row: Row) -> Iterator[FlowPlan]:
    for outcome, way in row.ways.items():
        for one in way.branches:
            yield FlowPlan(row.step.key, one.target, outcome, one.is_default, one.conditions)


def without_gateways(way: Way) -> Way:
    """What a way says, whatever the gateway folded into it is called in files."""
    return replace(way, gateway="")


def what_it_waits_for(wait: Wait | None) -> tuple[object, ...]:
    """What a wait says, whatever the gateways folded into it are called in files."""
    return () if wait is None else (wait.gather, frozenset(wait.sources), wait.name)


def is_same(one: Row, other: Row) -> bool:
    """Whether two rows say the same."""
    return (
        one.step == other.step
        and {key: without_gateways(way) for key, way in one.ways.items()}
        == {key: without_gateways(way) for key, way in other.ways.items()}
        and what_it_waits_for(one.wait) == what_it_waits_for(other.wait)
    )
