"""Which repair is offered for a finding: the only one after which the finding is gone and no new fault there.

Applied one after another, repairs come to an end: each of a fault leaves fewer faults (as pairs of code and
step) and no new one, each of a hint leaves fewer findings and no new one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from processes.blueprint import Blueprint
from processes.checking import soundness, structure
from processes.checking.checks import net_of
from processes.checking.findings import ERROR, Problem
from processes.repairs import calls, choices, ends, joins, parts, people
from processes.repairs.repair import Facts, Idea, Maker, Repair

MOST_MARKINGS = soundness.FEW_MARKINGS
"""Markings visited to judge the runs of one repaired graph."""

MAKERS: Mapping[str, Maker] = {
    **ends.MAKERS,
    **choices.MAKERS,
    **joins.MAKERS,
    **parts.MAKERS,
    **people.MAKERS,
    **calls.MAKERS,
}
Pair = tuple[str, str]


def repair_of(
    plan: Blueprint, problem: Problem, problems: Collection[Problem], facts: Facts
) -> Repair | None:
    """The repair of a finding, or None. `problems` = everything found in the plan with these facts.

    Findings of the same code at the same step are repaired together.
    """
    maker = MAKERS.get(problem.code)
    if maker is None:
        return None
    trial = _Trial(plan, problem, problems, facts)
    try:
        found = [trial.first_that_holds(idea) for idea in maker(plan, problem.step, facts)]
    except _Unknown:
        return None
    holding = [one for one in found if one is not None]
    return holding[0] if len(holding) == 1 else None


def find(plan: Blueprint, problems: Collection[Problem], code: str, step: str, facts: Facts) -> Repair | None:
    """The repair of the finding of this code at this step; None also where there is no such finding."""
    problem = next((one for one in problems if (one.code, one.step) == (code, step)), None)
    return None if problem is None else repair_of(plan, problem, problems, facts)


class _Unknown(Exception):
    """It takes longer than a page may take to find out whether a repair holds, and so whether another one is
    the only one."""


class _Trial:
    """Judges what a plan is like after a repair."""

    def __init__(
        self, plan: Blueprint, problem: Problem, problems: Collection[Problem], facts: Facts
    ) -> None:
        self.plan, self.facts = plan, facts
        self.pair, self.is_fault = (problem.code, problem.step), problem.severity == ERROR
        self.faults = _pairs(one for one in problems if one.severity == ERROR)
        self.all = _pairs(problems)

    def first_that_holds(self, idea: Idea) -> Repair | None:
        return next((one for one in idea if self._holds(one.plan)), None)

    def _holds(self, repaired: Blueprint) -> bool:
        if repaired == self.plan or not self._runs(repaired):
            return False
        after = self.facts.problems(repaired)
        faults = _pairs(one for one in after if one.severity == ERROR)
        if self.pair in _pairs(after) or faults - self.faults:
            return False
        return self.is_fault or _pairs(after) <= self.all

    def _runs(self, repaired: Blueprint) -> bool:
        """Whether the runs, if they change, show no new fault. Raises _Unknown."""
        net, earlier = net_of(repaired), net_of(self.plan)
        if (net.nodes, net.flows) == (earlier.nodes, earlier.flows) or structure.check(net):
            return True
        found = soundness.explore(net, most_markings=MOST_MARKINGS).defects
        new = {(one.code, one.step) for one in found} - (self.faults - {self.pair})
        if new == {UNDECIDED}:
            raise _Unknown
        return not new


UNDECIDED: Pair = ("undecided", "")


def _pairs(problems: Iterable[Problem]) -> set[Pair]:
    return {(one.code, one.step) for one in problems}
