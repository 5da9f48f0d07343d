"""What differs between two blueprints: old → new facts for the administration log, words for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes import conditions
from processes.blueprint import Blueprint, DeadlinePlan, FlowPlan, StepPlan
from processes.models import ChecklistItem, DeadlineRule, FormField, Outcome, Step

MODELS: dict[str, type[Model]] = {
    "fields": FormField,
    "steps": Step,
    "outcomes": Outcome,
    "checklist": ChecklistItem,
}
NESTED = {"outcomes", "checklist", "fields", "deadlines"}
Facts = dict[str, Any]


def differences(old: Blueprint, new: Blueprint) -> dict[str, list[Any]]:
    """Changed facts by path, such as `steps.pruefen.deadline`: [old, new]; None where there was nothing."""
    before, after = _facts(old), _facts(new)
    common = set(before["steps"]) & set(after["steps"])
    for facts in (before, after):
        facts["steps"] = [key for key in facts["steps"] if key in common]
    paths = sorted(before.keys() | after.keys())
    return {
        path: [before.get(path), after.get(path)] for path in paths if before.get(path) != after.get(path)
    }


def _facts(plan: Blueprint) -> Facts:
    facts: Facts = {"language": plan.language, "steps": [step.key for step in plan.steps]}
    facts |= _timing("", plan.deadlines, plan.plan_keys)
    for one in plan.fields:
        facts |= _plain(f"fields.{one.key}", one)
    for step in plan.steps:
        facts |= _step_facts(step)
    for flow in plan.flows:
        path = f"steps.{flow.source}.next.{flow.outcome}".rstrip(".")
        facts.setdefault(path, []).append(_flow(flow))
    return facts


def _step_facts(step: StepPlan) -> Facts:
    path = f"steps.{step.key}"
    facts = _plain(path, step) | _timing(f"{path}.", step.deadlines, step.plan_keys)
    for outcome in step.outcomes:
        facts |= _plain(f"{path}.outcomes.{outcome.key}", outcome)
    for item in step.checklist:
        facts |= _plain(f"{path}.checklist.{item.key}", item)
    for one in step.fields:
        facts[f"{path}.fields.{one.field_key}"] = one.mode
    return facts


def _timing(path: str, rules: Iterable[DeadlinePlan], plan_keys: Mapping[str, str]) -> Facts:
    """Rules of deadlines and keys of escalation plans, where there are any."""
    found: Facts = {f"{path}deadlines": [_short(one) for one in rules], f"{path}plan_keys": dict(plan_keys)}
    return {name: value for name, value in found.items() if value}


def _short(rule: DeadlinePlan) -> Facts:
    """What a rule says beyond what is usual."""
    return {one.name: value for one in fields(rule) if (value := getattr(rule, one.name)) != one.default}


def _plain(path: str, plan: Any) -> Facts:
    """The own values of one part that say something; empty ones are left out."""
    found: Facts = {}
    for one in fields(plan):
        value = getattr(plan, one.name)
        if one.name in NESTED or one.name == "key" or value == one.default or value in ("", (), {}):
            continue
        found[f"{path}.{one.name}"] = _listed(value)
    return found


def _listed(value: Any) -> Any:
    """Tuples as lists, also within."""
    return [_listed(one) for one in value] if isinstance(value, tuple) else value


def _flow(flow: FlowPlan) -> str:
    parts = [conditions.show(one) for one in flow.conditions]
    if flow.is_default:
        parts.append("else")
    return f"{flow.target} ({', '.join(parts)})" if parts else flow.target


def about(path: str, *plans: Blueprint) -> str:
    """What a path of `differences` says about its step or field (or the whole version), in words."""
    kind, *rest = path.split(".")
    if not rest:
        return str(WHOLE[kind])
    if len(rest) == 1:
        return str(MODELS[kind]._meta.verbose_name)
    return _about(kind, rest[0], rest[1:], plans)


def _about(kind: str, key: str, rest: list[str], plans: tuple[Blueprint, ...]) -> str:
    if rest[0] == "next":
        outcome = _part_name(plans, key, "outcomes", ".".join(rest[1:]))
        return gettext("next step after “%(outcome)s”") % {"outcome": outcome} if outcome else str(NEXT)
    if rest[0] == "fields":
        label = next((one.label for plan in plans for one in plan.fields if one.key == rest[1]), rest[1])
        return gettext("field “%(name)s”") % {"name": label}
    if rest[0] in MODELS and len(rest) > 2:
        model = MODELS[rest[0]]
        facts = {"part": model._meta.verbose_name, "name": _part_name(plans, key, *rest[:2])}
        what = str(WORDING) if rest[2] in ("label", "text") else _label(model, rest[2])
        return gettext("%(part)s “%(name)s”: %(about)s") % {**facts, "about": what}
    return _label(MODELS[kind], rest[0])


def _part_name(plans: tuple[Blueprint, ...], step: str, parts: str, key: str) -> str:
    """What an outcome or an activity of a step is called; its key if it has none."""
    found = (
        part
        for plan in plans
        for one in plan.steps
        if one.key == step
        for part in getattr(one, parts)
        if part.key == key
    )
    part = next(found, None)
    return getattr(part, "label", "") or getattr(part, "text", "") or key


NEXT = _("next step")
WORDING = _("wording")
DOES = _("what it does")
WHOLE = {
    "steps": _("Order of the steps"),
    "language": _("Language of the texts"),
    "deadlines": _("Deadline of the case"),
    "plan_keys": _("Escalation plans"),
}
"""Facts of the whole version."""


def _label(model: type[Model], name: str) -> str:
    if name == "config":
        return str(DOES)
    if name == "deadlines":
        return str(DeadlineRule._meta.verbose_name_plural)
    return str(getattr(model._meta.get_field(name), "verbose_name", name))
