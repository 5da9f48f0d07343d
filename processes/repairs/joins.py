"""Repairs where ways meet: joins that wait for what never comes, and places where nobody waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint, FlowPlan, OutcomePlan, StepPlan, key_from
from processes.engine import ENDS, WAITING
from processes.repairs import edits
from processes.repairs.repair import Facts, Idea, Maker, Repair, repair
from processes.words.stepnames import step_names

MOST_PLACES = 6
"""Places tried for a finding, the nearest first: each may take a search of all runs."""


def _waits_in_vain(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The join waits for less; where a case is stuck elsewhere, one of the joins around."""
    ours = edits.step_of(plan, step)
    if _waits_for_all(plan, ours):
        yield _loosened(plan, ours)
    else:
        near = (edits.step_of(plan, key) for key in _around(plan, step))
        yield from [_loosened(plan, one) for one in near if _waits_for_all(plan, one)][:MOST_PLACES]


def _comes_twice(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Wait where the ways meet that come one after the other. A join at which work is left over is not made
    to wait for less: the other branch may have ended with a refusal."""
    before = (edits.step_of(plan, key) for key in _before(plan, step))
    yield from [_tightened(plan, one) for one in before if _is_merge(plan, one)][:MOST_PLACES]


def _left_over(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """An outcome that stops the other branches stops what waits for it at the join too: they may have been
    done before."""
    ours = edits.step_of(plan, step)
    if _is_join(plan, ours):
        yield from _stopping(plan, ours)
    yield from _comes_twice(plan, step, facts)


def _stopping(plan: Blueprint, join: StepPlan) -> Iterator[Idea]:
    for key in [one for one in _before(plan, join.key) if edits.step_of(plan, one).outcomes][:MOST_PLACES]:
        step = edits.step_of(plan, key)
        for outcome in step.outcomes:
            if outcome.cancels and join.key not in outcome.cancels:
                yield (_stopped_too(plan, step, outcome, join.key),)


def _stopped_too(plan: Blueprint, step: StepPlan, outcome: OutcomePlan, join: str) -> Repair:
    target = next((one.target for one in edits.ways_from(plan, join)), join)
    changed = _with_stop(plan, step, outcome, join)
    names = {"outcome": outcome.label, "target": step_names(plan)[target]}
    return repair(_("“%(outcome)s” also stops what waits before “%(target)s”"), changed, **names)


def _with_stop(plan: Blueprint, step: StepPlan, outcome: OutcomePlan, join: str) -> Blueprint:
    wider = replace(outcome, cancels=(*outcome.cancels, join))
    outcomes = tuple(wider if one is outcome else one for one in step.outcomes)
    return edits.with_step(plan, replace(step, outcomes=outcomes))


def _end_twice(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Rather than waiting in front of the end, the only outcome that forgets to stop what waits at a join
    stops it: else what it has ended goes on beside it."""
    waiting = _waiting_at_the_end(plan, step)
    joins = [one for key in _before(plan, step) if _is_join(plan, one := edits.step_of(plan, key))]
    forgotten = [(join, *one) for join in joins for one in _forgetful(plan, join.key)]
    if len(forgotten) == 1:
        ((join, task, outcome),) = forgotten
        waiting = (_stopped_too(plan, task, outcome, join.key), *waiting)
    if waiting:
        yield waiting


def _waiting_at_the_end(plan: Blueprint, step: str) -> Idea:
    """Wait in front of the only end: the case ends when no work is left anyway. With several ends its result
    might become another one."""
    if sum(one.kind in ENDS for one in plan.steps) != 1:
        return ()
    end = edits.step_of(plan, step)
    ways = edits.ways_into(plan, step)
    place = edits.step_of(plan, ways[0].source) if len(ways) == 1 else end
    holds = _is_merge(plan, place) and (place is end or place.kind == "exclusive")
    return _tightened(plan, place) if holds else ()


# -- what waits at a join, and should be stopped -------------------------------------------------------------


def _forgetful(plan: Blueprint, join: str) -> list[tuple[StepPlan, OutcomePlan]]:
    """Outcomes that leave the branches of a join and stop a step of another branch, but not what this has
    sent to the join already."""
    before = _before(plan, join)
    return [
        (step, outcome)
        for step in (edits.step_of(plan, key) for key in before)
        for outcome in step.outcomes
        if join not in outcome.cancels and not set(before).isdisjoint(outcome.cancels)
        if not _leads_to(plan, step.key, outcome.key, join)
    ]


def _leads_to(plan: Blueprint, step: str, outcome: str, join: str) -> bool:
    """Whether a case gets from an outcome to a join without passing the step again."""
    bare = replace(plan, flows=tuple(one for one in plan.flows if one.target != step))
    firsts = [one.target for one in edits.ways_from(bare, step) if one.outcome == outcome]
    return any(join in _after(bare, key) for key in firsts)


def _stops(plan: Blueprint, join: str) -> tuple[Blueprint, str]:
    """The plan in which all these outcomes stop what waits at the join, and what they are called."""
    forgotten = _forgetful(plan, join)
    for key, name in [(step.key, outcome.key) for step, outcome in forgotten]:
        step = edits.step_of(plan, key)
        plan = _with_stop(plan, step, next(one for one in step.outcomes if one.key == name), join)
    return plan, ", ".join(outcome.label for _step, outcome in forgotten)


# -- waiting for less ----------------------------------------------------------------------------------------


def _waits_for_all(plan: Blueprint, step: StepPlan) -> bool:
    return step.kind == "parallel" and _is_join(plan, step)


def _is_join(plan: Blueprint, step: StepPlan) -> bool:
    return step.kind in ("parallel", "inclusive") and len(edits.ways_into(plan, step.key)) > 1


def _loosened(plan: Blueprint, join: StepPlan) -> Idea:
    """An inclusive join comes first: it never does twice what follows, and is as good as a merge where only
    one way is ever taken."""
    begun = edits.with_step(plan, replace(join, kind="inclusive"))
    name = _shown(plan, join)
    stopping, outcomes = _stops(begun, join.key)
    label = _("At “%(step)s”, wait only for what has begun; “%(outcomes)s” ends this waiting")
    found = [repair(label, stopping, step=name, outcomes=outcomes)] if outcomes else []
    found.append(repair(_("At “%(step)s”, wait only for what has begun"), begun, step=name))
    if len(edits.ways_from(plan, join.key)) == 1:
        plain = edits.with_step(plan, replace(join, kind="exclusive"))
        found.append(repair(_("At “%(step)s”, do not wait"), plain, step=name))
    return tuple(found)


# -- waiting at all ------------------------------------------------------------------------------------------


def _is_merge(plan: Blueprint, step: StepPlan) -> bool:
    """Whether several ways meet at a step and none waits for another."""
    if len(edits.ways_into(plan, step.key)) < 2:
        return False
    onward = edits.ways_from(plan, step.key)
    is_plain = step.kind == "exclusive" and len(onward) == 1 and not onward[0].conditions
    return is_plain or step.kind in WAITING or step.kind == "end"


def _tightened(plan: Blueprint, place: StepPlan) -> Idea:
    """A parallel join comes first: where it holds, all ways are always taken, and it says so. Where an
    outcome stops other branches, it stops what has come to the join too: an inclusive one would go on."""
    name = _shown(plan, place)
    everything, begun = (_with_join(plan, place, kind) for kind in ("parallel", "inclusive"))
    found = [repair(_("Wait in front of “%(step)s” until all ways have arrived"), everything[0], step=name)]
    for label, waiting in ((ALL_STOPPED, everything), (BEGUN_STOPPED, begun)):
        changed, outcomes = _stops(*waiting)
        if outcomes:
            found.append(repair(label, changed, step=name, outcomes=outcomes))
    found.append(repair(_("Wait in front of “%(step)s” for all ways that have begun"), begun[0], step=name))
    return tuple(found)


ALL_STOPPED = _("Wait in front of “%(step)s” until all ways have arrived; “%(outcomes)s” ends this waiting")
BEGUN_STOPPED = _(
    "Wait in front of “%(step)s” for all ways that have begun; “%(outcomes)s” ends this waiting"
)


def _with_join(plan: Blueprint, place: StepPlan, kind: str) -> tuple[Blueprint, str]:
    """The plan with a join at a place, and its key."""
    if place.kind == "exclusive":
        return edits.with_step(plan, replace(place, kind=kind)), place.key
    key = key_from(f"vor {place.key}", (one.key for one in plan.steps))
    join = StepPlan(key, kind, "")
    at = plan.steps.index(place)
    steps = (*plan.steps[:at], join, *plan.steps[at:])
    flows = (replace(one, target=join.key) if one.target == place.key else one for one in plan.flows)
    return replace(plan, steps=steps, flows=(*flows, FlowPlan(join.key, place.key))), key


def _shown(plan: Blueprint, step: StepPlan) -> str:
    """What a place is called; of a gateway without a name it is the step it leads to."""
    onward = edits.ways_from(plan, step.key)
    return step.name if step.name or len(onward) != 1 else edits.step_of(plan, onward[0].target).name


# -- near ----------------------------------------------------------------------------------------------------


def _before(plan: Blueprint, step: str) -> list[str]:
    """The step and all that lead to it, the nearest first."""
    return _spread(step, lambda key: [one.source for one in edits.ways_into(plan, key)])


def _around(plan: Blueprint, step: str) -> list[str]:
    """What follows a step, then what leads to it, the nearest first: a case can be stuck before a join."""
    return list(dict.fromkeys((*_after(plan, step), *_before(plan, step))))


def _after(plan: Blueprint, step: str) -> list[str]:
    """The step and all that follows it, the nearest first."""
    return _spread(step, lambda key: [one.target for one in edits.ways_from(plan, key)])


def _spread(origin: str, neighbours: Callable[[str], Iterable[str]]) -> list[str]:
    found, waiting = [origin], deque([origin])
    while waiting:
        for key in neighbours(waiting.popleft()):
            if key not in found:
                found.append(key)
                waiting.append(key)
    return found


MAKERS: dict[str, Maker] = {
    "join_of_alternatives": _waits_in_vain,
    "deadlock": _waits_in_vain,
    "join_cannot_complete": _waits_in_vain,
    "work_left_over": _left_over,
    "two_tokens_on_transition": _comes_twice,
    "end_reached_twice": _end_twice,
}
