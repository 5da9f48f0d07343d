"""Ways of a blueprint that lead nowhere yet, and the steps nothing leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext

from processes.blueprint import Blueprint, FlowPlan, OutcomePlan, StepPlan
from processes.checking.checks import net_of
from processes.engine import ENDS
from processes.repairs import edits


@dataclass(frozen=True, slots=True)
class Loose:
    """A way that leads nowhere: a step, and its outcome if it goes on by outcomes; `is_otherwise` = what a
    choice does when no condition holds."""

    step: StepPlan
    outcome: OutcomePlan | None = None
    is_otherwise: bool = False

    def to(self, target: str) -> FlowPlan:
        """The way, led to a step."""
        return FlowPlan(self.step.key, target, self.outcome.key if self.outcome else "", self.is_otherwise)

    @property
    def label(self) -> str:
        """What it is called, if it has a name."""
        if self.is_otherwise:
            return gettext("otherwise")
        return self.outcome.label if self.outcome else ""

    @property
    def is_ordinary(self) -> bool:
        """Whether somebody chose to come here, or all went well: no clock, no failure, no vote undecided."""
        one = self.outcome
        if one is None:
            return not self.is_otherwise
        return not (one.is_clock or one.is_no_agreement or self.step.kind == "action")


def loose_ways(plan: Blueprint) -> tuple[Loose, ...]:
    """All of them, in the order of the steps."""
    return tuple(one for step in plan.steps if step.kind not in ENDS for one in _of_step(plan, step))


def _of_step(plan: Blueprint, step: StepPlan) -> Iterator[Loose]:
    ways = edits.ways_from(plan, step.key)
    taken = {flow.outcome for flow in ways}
    goes_on_by_outcomes = step.kind == "task" or (step.kind == "subprocess" and step.outcomes)
    if not goes_on_by_outcomes and not taken:
        yield Loose(step)
    if step.kind in DECIDING and ways and all(one.conditions and not one.is_default for one in ways):
        yield Loose(step, is_otherwise=True)
    for one in step.outcomes:
        if one.key not in taken and step.kind in OUTCOMES_LEAD:
            yield Loose(step, one)


OUTCOMES_LEAD = frozenset({"task", "subprocess", "action"})
DECIDING = frozenset({"exclusive", "inclusive"})


def led(plan: Blueprint, ways: Iterable[Loose], target: str) -> Blueprint:
    """These ways led to a step."""
    return replace(plan, flows=(*plan.flows, *(one.to(target) for one in ways)))


def unreached(plan: Blueprint) -> frozenset[str]:
    """Keys of the steps nothing leads to from the start."""
    net = net_of(plan)
    return frozenset(net.nodes) - (net.reachable(net.start) if net.start else frozenset())


def entries(plan: Blueprint, steps: frozenset[str]) -> tuple[str, ...]:
    """Those of these steps that no other leads to."""
    entered = {flow.target for flow in plan.flows if flow.source != flow.target}
    return tuple(one.key for one in plan.steps if one.key in steps - entered)
