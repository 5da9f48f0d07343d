"""A blueprint as the editing page of a draft shows it. Pure; whatever a draft looks like, nothing raises.

`unfolding` is the way back. Only what it would write again is folded, everything else stays a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from processes.blueprint import Blueprint, FlowPlan, StepPlan
from processes.editing.graph import AFTER, Drawing, Folds, is_bare, others_of
from processes.editing.sheet import After, Branch, Gather, Row, Sheet, Wait, Way
from processes.graph import ENDS, Kind


def fold(plan: Blueprint) -> Sheet:
    """The page of a blueprint. Transitions from or to a step that does not exist are left out."""
    drawing = Drawing(plan)
    folds = Folds(drawing)
    firsts = _firsts(drawing, folds)
    silent = {port for sources in firsts.values() for port in sources}
    rows = tuple(
        _row(_without_cancels(step, silent), folds, firsts)
        if drawing.places[step.key] == place
        else Row(step, {key: Way() for key in ways_of(step)})
        for place, step in enumerate(plan.steps)
        if step.key not in folds.folded
    )
    return Sheet(rows, plan.fields, plan.deadlines, plan.plan_keys, plan.language, plan.translations)


def ways_of(step: StepPlan) -> tuple[str, ...]:
    """What a step can be left by: keys of its outcomes, "" for what just goes on."""
    outcomes = tuple(one.key for one in step.outcomes)
    by_outcome_only = step.kind == Kind.TASK or (step.kind == Kind.SUBPROCESS and outcomes)
    return outcomes if by_outcome_only or step.kind in ENDS else ("", *outcomes)


Port = tuple[str, str]
"""A row and one of its outcomes."""


def _row(step: StepPlan, folds: Folds, firsts: Mapping[str, Sequence[Port]]) -> Row:
    flows = folds.drawing.outgoing[step.key]
    keys = dict.fromkeys([*ways_of(step), *(one.outcome for one in flows)])
    wait = folds.waits.get(step.key)
    if step.key in firsts:
        wait = Wait(Gather.FIRST, tuple(dict.fromkeys(row for row, _outcome in firsts[step.key])))
    return Row(step, {key: _way(step, key, folds) for key in keys}, wait)


def _way(step: StepPlan, outcome: str, folds: Folds) -> Way:
    fork = folds.ports.get((step.key, outcome))
    if fork is not None:
        gateway = folds.drawing.steps[fork]
        flows = folds.drawing.outgoing[fork]
        return Way(AFTER[gateway.kind], _branches(flows, folds), gateway.key, gateway.name)
    flows = [one for one in folds.drawing.outgoing[step.key] if one.outcome == outcome]
    return Way(_manner(step, flows), _branches(flows, folds))


def _branches(flows: Iterable[FlowPlan], folds: Folds) -> tuple[Branch, ...]:
    return tuple(
        Branch(folds.shown.get(one.target, one.target), one.conditions, one.is_default) for one in flows
    )


def _manner(step: StepPlan, flows: Sequence[FlowPlan]) -> After:
    """A gateway that stayed a row divides by itself; everything else begins all that follows."""
    several = len(flows) > 1
    if step.kind in AFTER and (several or not all(map(is_bare, flows))):
        return AFTER[step.kind]
    return After.ALL if several else After.ONE


def _firsts(drawing: Drawing, folds: Folds) -> dict[str, Sequence[Port]]:
    """Steps that begin with the first of several, and the outcomes that lead there and stop the others."""
    found: dict[str, Sequence[Port]] = {}
    for target in drawing.steps.keys() - folds.folded - folds.waits.keys():
        ports = _stopping(target, drawing, folds)
        sources = sorted(ports, key=drawing.places.__getitem__)
        regions = others_of(drawing.flows, sources, target)
        if len(sources) > 1 and all(ports[one] == {regions[one]} for one in sources):
            outcomes = {(folds.owner(one), folds.outcome(one)) for one in drawing.incoming[target]}
            found[target] = [port for one in sources for port in sorted(outcomes) if port[0] == one]
    return found


def _stopping(target: str, drawing: Drawing, folds: Folds) -> dict[str, set[frozenset[str]]]:
    """By row that leads to a step, what its outcomes that do so stop; only rows that always stop any."""
    found: dict[str, set[frozenset[str]]] = defaultdict(set)
    for flow in drawing.incoming[target]:
        row, outcome = folds.owner(flow), folds.outcome(flow)
        stops = {frozenset(one.cancels) for one in drawing.steps[row].outcomes if one.key == outcome}
        found[row] |= stops or {frozenset()}
    return {
        row: stops
        for row, stops in found.items()
        if frozenset() not in stops and row in drawing.unique and row != target
    }


def _without_cancels(step: StepPlan, silent: set[Port]) -> StepPlan:
    """The step without the regions that its page shows as a wait of the step behind it."""
    if not any((step.key, one.key) in silent for one in step.outcomes):
        return step
    outcomes = (replace(one, cancels=()) if (step.key, one.key) in silent else one for one in step.outcomes)
    return replace(step, outcomes=tuple(outcomes))
