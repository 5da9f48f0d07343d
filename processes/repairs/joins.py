"""Repairs where ways meet: joins that wait for what never comes, and places where nobody waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint, FlowPlan, StepPlan, key_from
from processes.engine import WAITING
from processes.repairs import edits
from processes.repairs.repair import Facts, Idea, Maker, repair
from processes.words.stepnames import step_names

MOST_PLACES = 6
"""Places tried for a finding, the nearest first: each may take a search of all runs."""


def _waits_in_vain(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The join waits for less; where a case is stuck elsewhere, one of the joins around."""
    ours = edits.step_of(plan, step)
    if _is_join(plan, ours):
        yield _loosened(plan, ours)
    else:
        near = (edits.step_of(plan, key) for key in _around(plan, step))
        yield from [_loosened(plan, one) for one in near if _is_join(plan, one)][:MOST_PLACES]


def _comes_twice(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Wait where the ways meet that come one after the other. A join at which work is left over is not made
    to wait for less: the other branch may have ended with a refusal."""
    before = (edits.step_of(plan, key) for key in _before(plan, step))
    yield from [_tightened(plan, one) for one in before if _is_merge(plan, one)][:MOST_PLACES]


def _left_over(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """An outcome that stops the other branches stops what waits for it at the join too: they may have been
    done before."""
    ours = edits.step_of(plan, step)
    if ours.kind in ("parallel", "inclusive") and len(edits.ways_into(plan, step)) > 1:
        yield from _stopping(plan, ours)
    yield from _comes_twice(plan, step, facts)


def _stopping(plan: Blueprint, join: StepPlan) -> Iterator[Idea]:
    target = next((one.target for one in edits.ways_from(plan, join.key)), join.key)
    for key in [one for one in _before(plan, join.key) if edits.step_of(plan, one).outcomes][:MOST_PLACES]:
        step = edits.step_of(plan, key)
        for outcome in step.outcomes:
            if outcome.cancels and join.key not in outcome.cancels:
                wider = replace(outcome, cancels=(*outcome.cancels, join.key))
                outcomes = tuple(wider if one is outcome else one for one in step.outcomes)
                changed = edits.with_step(plan, replace(step, outcomes=outcomes))
                names = {"outcome": outcome.label, "target": step_names(plan)[target]}
                yield (
                    repair(_("“%(outcome)s” also stops what waits before “%(target)s”"), changed, **names),
                )


def _end_twice(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Wait in front of the only end: the case ends when no work is left anyway. With several ends its result
    might become another one."""
    if sum(one.kind in ("end", "terminate") for one in plan.steps) != 1:
        return
    end = edits.step_of(plan, step)
    ways = edits.ways_into(plan, step)
    place = edits.step_of(plan, ways[0].source) if len(ways) == 1 else end
    if _is_merge(plan, place) and (place is end or place.kind == "exclusive"):
        yield _tightened(plan, place)


# -- waiting for less ----------------------------------------------------------------------------------------


def _is_join(plan: Blueprint, step: StepPlan) -> bool:
    return step.kind == "parallel" and len(edits.ways_into(plan, step.key)) > 1


def _loosened(plan: Blueprint, join: StepPlan) -> Idea:
    """An inclusive join comes first: it never does twice what follows, and is as good as a merge where only
    one way is ever taken."""
    begun = edits.with_step(plan, replace(join, kind="inclusive"))
    found = [repair(_("At “%(step)s”, wait only for what has begun"), begun, step=_shown(plan, join))]
    if len(edits.ways_from(plan, join.key)) == 1:
        plain = edits.with_step(plan, replace(join, kind="exclusive"))
        found.append(repair(_("At “%(step)s”, do not wait"), plain, step=_shown(plan, join)))
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
    """A parallel join comes first: where it holds, all ways are always taken, and it says so."""
    label = _("Wait in front of “%(step)s” until all ways have arrived")
    begun = _("Wait in front of “%(step)s” for all ways that have begun")
    return (
        repair(label, _with_join(plan, place, "parallel"), step=_shown(plan, place)),
        repair(begun, _with_join(plan, place, "inclusive"), step=_shown(plan, place)),
    )


def _with_join(plan: Blueprint, place: StepPlan, kind: str) -> Blueprint:
    if place.kind == "exclusive":
        return edits.with_step(plan, replace(place, kind=kind))
    key = key_from(f"vor {place.key}", (one.key for one in plan.steps))
    join = StepPlan(key, kind, "")
    at = plan.steps.index(place)
    steps = (*plan.steps[:at], join, *plan.steps[at:])
    flows = (replace(one, target=join.key) if one.target == place.key else one for one in plan.flows)
    return replace(plan, steps=steps, flows=(*flows, FlowPlan(join.key, place.key)))


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
    behind = _spread(step, lambda key: [one.target for one in edits.ways_from(plan, key)])
    return list(dict.fromkeys((*behind, *_before(plan, step))))


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
