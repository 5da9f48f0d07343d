"""Repairs of starts and ends, of ways that lead nowhere and of steps nothing leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint, StepPlan
from processes.checking import soundness, structure
from processes.checking.checks import net_of
from processes.engine import ENDS
from processes.models.definition import split_keys
from processes.repairs import edits
from processes.repairs.loose import Loose, entries, led, loose_ways, unreached
from processes.repairs.repair import Facts, Idea, Maker, Repair, repair

GATEWAYS = frozenset({"exclusive", "parallel", "inclusive"})


def _without_start(plan: Blueprint, _step: str, _facts: Facts) -> Iterator[Idea]:
    """A start in front of the only step nothing leads to."""
    first = entries(plan, frozenset(one.key for one in plan.steps))
    if len(first) == 1:
        start = edits.new_step(plan, "start", gettext("Start"))
        started = led(replace(plan, steps=(start, *plan.steps)), [Loose(start)], first[0])
        target = edits.step_of(plan, first[0]).name
        yield (repair(_("Add a start that leads to “%(target)s”"), started, target=target),)


def _second_start(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Away with a second start that says nothing the first does not say."""
    starts = [one for one in plan.steps if one.kind == "start"]
    ours, first = edits.step_of(plan, step), starts[0]
    targets = {one.target for one in edits.ways_from(plan, step)}
    same = targets <= {one.target for one in edits.ways_from(plan, first.key)}
    if same and not ours.fields and not edits.ways_into(plan, step):
        yield (_removal(plan, ours),)


def _start_entered(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Lead back to the step that follows the start."""
    onward = edits.ways_from(plan, step)
    if len(onward) == 1 and onward[0].target != step:
        target = edits.step_of(plan, onward[0].target)
        changed = edits.with_flows(
            plan, lambda one: replace(one, target=target.key) if one.target == step else one
        )
        yield (repair(_("Lead back to “%(target)s” instead"), changed, target=target.name),)


def _without_end(plan: Blueprint, _step: str, _facts: Facts) -> Iterator[Idea]:
    """An end for everything that leads nowhere."""
    found = loose_ways(plan)
    if found and all(one.is_ordinary for one in found) and not unreached(plan):
        yield (_with_end(plan, found),)


def _with_end(plan: Blueprint, loose: Sequence[Loose]) -> Repair:
    end = edits.new_step(plan, "end", gettext("End"))
    ended = led(replace(plan, steps=(*plan.steps, end)), loose, end.key)
    return repair(_("Add an end and lead there what leads nowhere"), ended)


def _leads_nowhere(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """On to the only step nothing leads to, if this is the only way that leads nowhere. Where every step is
    reached, to the only end, which is added if there is none, if the step leads to no other step."""
    missing = unreached(plan)
    if missing:
        yield from to_the_unreached(plan, step, missing)
        return
    ends = [one for one in plan.steps if one.kind in ENDS]
    if not ends:
        yield from _without_end(plan, step, facts)
    elif len(ends) == 1 and ends[0].kind == "end":
        yield from _to_the_end(plan, step, ends[0])


def _to_the_end(plan: Blueprint, step: str, end: StepPlan) -> Iterator[Idea]:
    """Judged as if everything that leads nowhere led there."""
    loose = loose_ways(plan)
    here = [one for one in loose if one.step.key == step]
    whole = led(plan, [one for one in loose if one.is_ordinary], end.key)
    if here and all(one.is_ordinary for one in here) and _is_last(whole, step):
        yield (_leading(plan, here, end),)


def _is_last(plan: Blueprint, step: str) -> bool:
    """Whether a step leads to an end only, and no case gets there twice: then it is no branch of several."""
    net = net_of(plan)
    is_only = len({flow.target for flow in net.outgoing(step)}) == 1
    return is_only and not structure.check(net) and not soundness.ends_reached_twice(net)


def to_the_unreached(plan: Blueprint, step: str, missing: frozenset[str]) -> Iterator[Idea]:
    """The only way that leads nowhere, led to the only step nothing leads to."""
    loose = [one for one in loose_ways(plan) if one.step.key not in missing]
    first = entries(plan, missing)
    if len(loose) == 1 and len(first) == 1 and (loose[0].step.key == step or step in missing):
        yield (_leading(plan, loose, edits.step_of(plan, first[0])),)


def _leading(plan: Blueprint, loose: Sequence[Loose], target: StepPlan) -> Repair:
    changed = led(plan, loose, target.key)
    facts = {"step": loose[0].step.name, "target": target.name}
    label = loose[0].label if len(loose) == 1 else ""
    if label:
        return repair(_("Lead “%(outcome)s” of “%(step)s” to “%(target)s”"), changed, outcome=label, **facts)
    return repair(_("Lead from “%(step)s” to “%(target)s”"), changed, **facts)


def _unreachable(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """Lead there what leads nowhere; else away with it, if it holds no work of anybody."""
    yield from to_the_unreached(plan, step, unreached(plan))
    ours = edits.step_of(plan, step)
    is_bare = ours.kind in GATEWAYS | ENDS and not edits.ways_into(plan, step)
    if is_bare and not loose_ways(plan) and not _is_named(plan, step, facts):
        yield (_removal(plan, ours),)


def _is_named(plan: Blueprint, key: str, facts: Facts) -> bool:
    """Whether another step, or a caller, names this one."""
    named = {one for step in plan.steps for outcome in step.outcomes for one in outcome.cancels}
    named |= {
        one for step in plan.steps for one in (*split_keys(step.reference_key), *split_keys(step.apart_key))
    }
    named |= {end for caller in facts.outside.callers for end, _outcome in caller.call.ends}
    return key in named


def _removal(plan: Blueprint, step: StepPlan) -> Repair:
    return repair(_("Remove “%(step)s”"), edits.without_step(plan, step.key), step=step.name)


def _end_goes_on(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """What follows an end is never done."""
    ended = edits.without_flows(plan, edits.ways_from(plan, step))
    yield (repair(_("Let nothing follow “%(step)s”"), ended, step=edits.step_of(plan, step).name),)


MAKERS: dict[str, Maker] = {
    "no_start": _without_start,
    "second_start": _second_start,
    "start_entered": _start_entered,
    "no_end": _without_end,
    "outcome_without_target": _leads_nowhere,
    "no_way_on": _leads_nowhere,
    "unreachable": _unreachable,
    "end_goes_on": _end_goes_on,
}
