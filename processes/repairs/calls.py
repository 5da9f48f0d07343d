"""Repairs of steps that call another process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint
from processes.checking.callchecks import calls_of
from processes.repairs import edits
from processes.repairs.repair import Facts, Idea, Maker, Repair, repair
from processes.stepplans import Call, StepConfig


def _changed(plan: Blueprint, step: str, call: Call, label: Any, **facts: Any) -> Repair:
    ours = edits.step_of(plan, step)
    config = {**ours.config, "call": StepConfig(call=call).to_json()["call"]}
    return repair(label, edits.with_step(plan, replace(ours, config=config)), step=ours.name, **facts)


def _otherwise_missing(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The only outcome; of several the only one no end means."""
    call = calls_of(plan)[step]
    chosen = [one for one in edits.step_of(plan, step).outcomes if not one.is_clock]
    named = set(dict(call.ends).values())
    fitting = chosen if len(chosen) == 1 else [one for one in chosen if one.key not in named]
    if len(fitting) == 1:
        label = _("Take “%(outcome)s” for all ends that are not named")
        changed = replace(call, otherwise=fitting[0].key)
        yield (_changed(plan, step, changed, label, outcome=fitting[0].label),)


def _end_twice(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The same end with the same outcome; another outcome needs somebody to decide."""
    call = calls_of(plan)[step]
    changed = replace(call, ends=tuple(dict.fromkeys(call.ends)))
    yield (_changed(plan, step, changed, _("Name each end of “%(step)s” once")),)


def _end_unknown(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """An end the called process does not have is never reached. Where one that it has is not named, that one
    may be meant: it would count as all others do."""
    call = calls_of(plan)[step]
    called = facts.outside.called.get(call.process)
    if called is not None and called.ends.keys() <= dict(call.ends).keys():
        kept = tuple(pair for pair in call.ends if pair[0] in called.ends)
        changed = replace(call, ends=kept)
        yield (
            _changed(
                plan, step, changed, _("Forget ends that “%(process)s” does not have"), process=called.name
            ),
        )


def _input_missing(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """Fields of the same key and type mean the same."""
    call = calls_of(plan)[step]
    called = facts.outside.called.get(call.process)
    if called is None:
        return
    ours = {one.key: one.type for one in plan.fields}
    missing = sorted(called.demanded - {their for their, _our in call.inputs})
    same = [key for key in missing if key in ours and ours[key] == called.fields.get(key)]
    if same == missing:
        labels = ", ".join(one.label for one in plan.fields if one.key in missing)
        changed = replace(call, inputs=(*call.inputs, *((key, key) for key in missing)))
        yield (_changed(plan, step, changed, _("Hand over: %(fields)s"), fields=labels),)


MAKERS: dict[str, Maker] = {
    "otherwise_missing": _otherwise_missing,
    "end_twice": _end_twice,
    "end_unknown": _end_unknown,
    "input_missing": _input_missing,
}
