"""Repairs of fields, of what belongs to one outcome, and of what a step is done with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes import limits
from processes.blueprint import Blueprint, FieldPlan, OutcomePlan, StepPlan
from processes.checking.staffing import config_of
from processes.checking.stepchecks import CLOCKED, REPEATED
from processes.repairs import edits
from processes.repairs.repair import Facts, Idea, Maker, Repair, repair
from processes.stepplans import Over

# -- fields --------------------------------------------------------------------------------------------------


def _choices_ignored(plan: Blueprint, _step: str, _facts: Facts) -> Iterator[Idea]:
    def change(one: FieldPlan) -> FieldPlan:
        return one if one.type in ("choice", "multichoice") else replace(one, choices=())

    yield (repair(_("Remove choices nobody is offered"), edits.with_fields(plan, change)),)


def _choice_twice(plan: Blueprint, _step: str, _facts: Facts) -> Iterator[Idea]:
    """The same value with the same words; other words need somebody to decide."""

    def change(one: FieldPlan) -> FieldPlan:
        return replace(one, choices=tuple(dict.fromkeys(one.choices)))

    yield (repair(_("Offer the same choice once"), edits.with_fields(plan, change)),)


def _limits_do_not_fit(plan: Blueprint, _step: str, _facts: Facts) -> Iterator[Idea]:
    """Limits of another type bind nobody."""

    def change(one: FieldPlan) -> FieldPlan:
        fitting = limits.FITTING.get(one.type, frozenset())
        return replace(one, limits={name: limit for name, limit in one.limits.items() if name in fitting})

    yield (repair(_("Remove limits that do not fit"), edits.with_fields(plan, change)),)


def _mask_empty(plan: Blueprint, _step: str, _facts: Facts) -> Iterator[Idea]:
    """A form of nothing demands nothing."""

    def change(one: FieldPlan) -> FieldPlan:
        kept = {name: limit for name, limit in one.limits.items() if name != "pattern" or limit}
        return replace(one, limits=kept)

    yield (repair(_("Remove the empty form"), edits.with_fields(plan, change)),)


# -- outcomes ------------------------------------------------------------------------------------------------


def _changed(
    plan: Blueprint, step: str, label: Any, change: Callable[[OutcomePlan], OutcomePlan], **facts: Any
) -> Repair:
    """Every outcome of a step changed."""
    ours = edits.step_of(plan, step)
    changed = replace(ours, outcomes=tuple(change(one) for one in ours.outcomes))
    return repair(label, edits.with_step(plan, changed), step=ours.name, **facts)


def _cancels(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """A step that does not exist cannot be stopped, and its own ends anyway."""
    known = {one.key for one in plan.steps} - {step}

    def change(one: OutcomePlan) -> OutcomePlan:
        return replace(one, cancels=tuple(key for key in one.cancels if key in known))

    yield (_changed(plan, step, _("Stop only other steps that exist"), change),)


def _further_way(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Without a moment it is no outcome of the clock, so it ends the step as every outcome does."""

    def change(one: OutcomePlan) -> OutcomePlan:
        return one if one.is_clock or one.after else replace(one, is_interrupting=True)

    yield (_changed(plan, step, _("End “%(step)s” with every outcome people choose"), change),)


def _outcome_misplaced(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """A step that goes on by itself has one way and no outcomes; the clock's are another matter."""
    ours = edits.step_of(plan, step)
    wrong = {one.key for one in ours.outcomes if not one.is_clock and _is_misplaced(ours, one)}
    automatic = {one.target for one in edits.ways_from(plan, step) if one.outcome in {"", *wrong}}
    if len(automatic) > 1:
        return
    kept = edits.with_step(
        plan, replace(ours, outcomes=tuple(one for one in ours.outcomes if one.key not in wrong))
    )
    changed = edits.with_flows(
        kept, lambda one: replace(one, outcome="") if one.source == step and one.outcome in wrong else one
    )
    yield (repair(_("Let “%(step)s” go on by itself"), changed, step=ours.name),)


def _is_misplaced(step: StepPlan, one: OutcomePlan) -> bool:
    return step.kind not in CLOCKED and not (step.kind == "action" and one.key == "failed")


def _approves_unknown(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """A field that does not exist cannot change after its approval."""
    ours, known = edits.step_of(plan, step), {one.key for one in plan.fields}
    kept = tuple(key for key in ours.approves_fields if key in known)
    changed = edits.with_step(plan, replace(ours, approves_fields=kept))
    yield (repair(_("Approve only fields that exist"), changed),)


def _approval_missing(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The only outcome people can choose."""
    ours = edits.step_of(plan, step)
    chosen = [one for one in ours.outcomes if not one.is_clock and not one.is_no_agreement]
    if len(chosen) == 1:
        label = _("“%(outcome)s” is the approval")
        yield (
            _changed(
                plan,
                step,
                label,
                lambda one: replace(one, is_approval=True) if one is chosen[0] else one,
                outcome=chosen[0].label,
            ),
        )


# -- votes ---------------------------------------------------------------------------------------------------

NO_AGREEMENT = frozenset({"none", "keine_einigung", "no_agreement", "keine einigung", "no agreement"})
"""Keys and labels that can mean nothing else."""


def _no_agreement_missing(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The only outcome that is called so."""
    ours = edits.step_of(plan, step)
    named = [one for one in ours.outcomes if {one.key, one.label.casefold()} & NO_AGREEMENT]
    if len(named) == 1 and not any(one.is_no_agreement for one in ours.outcomes):
        label = _("Take “%(outcome)s” when no agreement is reached")
        yield (
            _changed(
                plan,
                step,
                label,
                lambda one: replace(one, is_no_agreement=True) if one is named[0] else one,
                outcome=named[0].label,
            ),
        )


def _no_agreement_alone(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """What one person does has no vote that could fail: the outcome is never reached."""
    ours = edits.step_of(plan, step)
    gone = [one for one in ours.outcomes if one.is_no_agreement]
    keys = {one.key for one in gone}
    changed = edits.without_flows(
        edits.with_step(plan, replace(ours, outcomes=tuple(one for one in ours.outcomes if one not in gone))),
        [one for one in edits.ways_from(plan, step) if one.outcome in keys],
    )
    label = _("Remove the outcome “%(outcome)s”")
    yield (repair(label, changed, outcome=gone[0].label),)


def _repeat_misplaced(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Nothing but a task is ever repeated."""
    ours = edits.step_of(plan, step)
    config = {name: part for name, part in ours.config.items() if name != "repeat"}
    changed = edits.with_step(plan, replace(ours, config=config))
    yield (repair(_("Do “%(step)s” once"), changed, step=ours.name),)


def _repeat_field(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The only field somebody can be repeated over."""
    ours = edits.step_of(plan, step)
    repeat = config_of(ours).repeat
    fitting = [one for one in plan.fields if one.type in REPEATED]
    if repeat is not None and repeat.over is Over.FIELD and len(fitting) == 1:
        config = {**ours.config, "repeat": {**ours.config["repeat"], "key": fitting[0].key}}
        changed = edits.with_step(plan, replace(ours, config=config))
        yield (repair(_("Take the field “%(field)s”"), changed, field=fitting[0].label),)


# -- dates and addresses -------------------------------------------------------------------------------------


def _field_no_date(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The only date of the process."""
    dates = [one for one in plan.fields if one.type == "date"]
    if len(dates) == 1:
        yield (
            repair(_("Take the date “%(field)s”"), _dated(plan, step, dates[0].key), field=dates[0].label),
        )


def _dated(plan: Blueprint, step: str, date: str) -> Blueprint:
    """Every moment of a step (empty: of the whole case) that counts from a field counts from this date."""
    if not step:
        return replace(plan, deadlines=tuple(_counted(one, date) for one in plan.deadlines))
    ours = edits.step_of(plan, step)
    config = dict(ours.config)
    if "wait" in config:
        config["wait"] = _moment(config["wait"], date)
    outcomes = tuple(replace(one, after=_moment(one.after, date)) for one in ours.outcomes)
    deadlines = tuple(_counted(one, date) for one in ours.deadlines)
    return edits.with_step(plan, replace(ours, config=config, outcomes=outcomes, deadlines=deadlines))


def _counted(rule: Any, date: str) -> Any:
    return replace(rule, key=date) if rule.basis == "field" else rule


def _moment(moment: Any, date: str) -> Any:
    return {**moment, "key": date} if moment.get("basis") == "field" else moment


def _url_unsafe(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The same address, called safely: another way it is never called."""
    ours = edits.step_of(plan, step)
    action = config_of(ours).action
    if action is not None and action.url.startswith("http:"):
        url = action.url.replace("http:", "https:", 1)
        config = {**ours.config, "action": {**ours.config["action"], "url": url}}
        yield (repair(_("Call “%(url)s”"), edits.with_step(plan, replace(ours, config=config)), url=url),)


MAKERS: dict[str, Maker] = {
    "choices_ignored": _choices_ignored,
    "choice_twice": _choice_twice,
    "limits_does_not_fit": _limits_do_not_fit,
    "limits_mask_empty": _mask_empty,
    "cancels_unknown": _cancels,
    "cancels_itself": _cancels,
    "further_way": _further_way,
    "outcome_misplaced": _outcome_misplaced,
    "approves_unknown": _approves_unknown,
    "approval_missing": _approval_missing,
    "no_agreement_missing": _no_agreement_missing,
    "no_agreement_alone": _no_agreement_alone,
    "repeat_misplaced": _repeat_misplaced,
    "repeat_field": _repeat_field,
    "field_no_date": _field_no_date,
    "url_unsafe": _url_unsafe,
}
