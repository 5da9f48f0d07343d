"""Repairs of what decides where a case goes: outcomes of tasks, conditions, "otherwise"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint, FlowPlan, OutcomePlan, key_from
from processes.repairs import edits, ends
from processes.repairs.loose import led, loose_ways, unreached
from processes.repairs.repair import Facts, Idea, Maker, repair

OPPOSITES = frozenset(
    frozenset(pair)
    for pair in (
        ("is_true", "is_false"),
        ("is_empty", "is_not_empty"),
        ("eq", "ne"),
        ("lt", "ge"),
        ("gt", "le"),
    )
)
"""Operators of which one holds and the other does not, whatever a field says that is filled in."""
SAYS_NO = frozenset({"is_false", "is_empty", "ne"})
"""Of two opposites, what "otherwise" means in an office: not said is not yes."""


def _way_without_outcome(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """An automatic way is the way of the outcomes that lead nowhere; without such it is never taken."""
    automatic = [one for one in edits.ways_from(plan, step) if not one.outcome]
    loose = [one for one in loose_ways(plan) if one.step.key == step and one.is_ordinary]
    bare = edits.without_flows(plan, automatic)
    name = edits.step_of(plan, step).name
    if not loose:
        yield (repair(_("Remove the automatic way behind “%(step)s”"), bare, step=name),)
    elif len({one.target for one in automatic}) == 1:
        target = edits.step_of(plan, automatic[0].target)
        label = _("Lead every open outcome of “%(step)s” to “%(target)s”")
        yield (repair(label, led(bare, loose, target.key), step=name, target=target.name),)


def _no_outcome(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """One outcome, and with it the automatic way; without one, on to where a way that leads nowhere would."""
    task = edits.step_of(plan, step)
    done = OutcomePlan(key_from("done", (one.key for one in task.outcomes)), gettext("Done"))
    changed = edits.with_step(plan, replace(task, outcomes=(*task.outcomes, done)))
    automatic = any(not one.outcome for one in edits.ways_from(plan, step))
    following = _way_without_outcome if automatic else ends.MAKERS["outcome_without_target"]
    for idea in following(changed, step, facts):
        label = _("Add the outcome “%(outcome)s”")
        yield tuple(repair(label, one.plan, outcome=done.label) for one in idea)


def _no_default(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """On to the only step nothing leads to. Where every step is reached, and the conditions leave nothing
    open, one of them is "otherwise"."""
    missing, ways = unreached(plan), edits.ways_from(plan, step)
    if missing:
        yield from ends.to_the_unreached(plan, step, missing)
    if missing or not _say_everything(plan, ways):
        return
    refusing = [one for one in ways if one.conditions[0].operator in SAYS_NO]
    chosen = refusing[0] if refusing else ways[-1]
    changed = edits.with_flows(
        plan, lambda one: replace(one, conditions=(), is_default=True) if one is chosen else one
    )
    target = edits.step_of(plan, chosen.target).name
    yield (repair(_("Go to “%(target)s” whenever nothing else applies"), changed, target=target),)


def _say_everything(plan: Blueprint, ways: Sequence[FlowPlan]) -> bool:
    """Whether ways ask one thing each of the same field, and one of them holds for every value."""
    asked = [one.conditions[0] for one in ways if len(one.conditions) == 1]
    if len(asked) != len(ways) or len({one.field_key for one in asked}) != 1:
        return False
    operators = [one.operator for one in asked]
    if len(asked) == 2 and asked[0].value == asked[1].value and frozenset(operators) in OPPOSITES:
        return True
    known = next((one for one in plan.fields if one.key == asked[0].field_key), None)
    if known is None or known.type != "choice" or set(operators) != {"eq"}:
        return False
    return sorted(str(one.value) for one in asked) == sorted(value for value, _label in known.choices)


def _condition_ignored(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Where there is only one way, a condition decides nothing."""
    ways = edits.ways_from(plan, step)
    outcomes = [one.outcome for one in ways]
    if all(outcomes.count(one.outcome) == 1 for one in ways if one.conditions):
        changed = edits.with_flows(
            plan, lambda one: replace(one, conditions=()) if one.source == step else one
        )
        name = edits.step_of(plan, step).name
        yield (repair(_("Remove the conditions behind “%(step)s”"), changed, step=name),)


MAKERS: dict[str, Maker] = {
    "way_without_outcome": _way_without_outcome,
    "no_outcome": _no_outcome,
    "no_default": _no_default,
    "condition_ignored": _condition_ignored,
}
