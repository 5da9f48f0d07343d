"""Writes a blueprint in our process format; reading it again gives the same blueprint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from processes import conditions
from processes.blueprint import Blueprint, FieldPlan, FlowPlan, ItemPlan, StepFieldPlan, StepPlan, key_from
from processes.models import Step
from processes.yamlformat import Head

MARKS = {"required": "!", "readonly": "=", "optional": ""}
Table = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """Indents lists, writes long texts as blocks, never writes references."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write every value out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Lists stand indented under their name."""
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(head: Head, plan: Blueprint, *, note: str = "") -> str:
    """The whole file as text."""
    table = {**_head(head), "language": plan.language, "note": note}
    start = next((step for step in plan.steps if step.kind == Step.Kind.START), None)
    table["fields"] = {one.key: _field(one) for one in plan.fields}
    if start is not None:
        table["start"] = _start(start, plan)
    table["steps"] = {step.key: _step(step, plan) for step in plan.steps if step is not start}
    return yaml.dump(
        _filled(table),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=100,
        default_flow_style=False,
    )


def _filled(table: Mapping[str, Any]) -> Table:
    return {key: value for key, value in table.items() if value not in ("", None, False, [], {}, ())}


def _head(head: Head) -> Table:
    return {
        "process": head.key,
        "name": head.name,
        "description": head.description,
        "category": head.category,
        "owner_team": head.owner_team,
        "owner": head.owner,
        "number": head.number_pattern,
        "visible_to": head.visibility,
        "start_teams": list(head.start_teams),
        "confidential": head.is_confidential,
    }


def _field(one: FieldPlan) -> str | Table:
    table = _filled(
        {
            "label": one.label,
            "type": "" if one.type == "text" else one.type,
            "help": one.help_text,
            "choices": dict(one.choices),
            "search": one.is_searchable,
            "report": one.is_evaluated,
        }
    )
    return one.label if list(table) == ["label"] else table


def _start(step: StepPlan, plan: Blueprint) -> Table:
    return _filled(
        {
            "name": "" if step.name == "Start" else step.name,
            "text": step.instructions,
            "fields": _uses(step.fields),
            "next": _targets(flow for flow in plan.flows if flow.source == step.key),
        }
    )


def _step(step: StepPlan, plan: Blueprint) -> Table:
    flows = [flow for flow in plan.flows if flow.source == step.key]
    table: Table = {
        "kind": "" if step.kind == "task" else step.kind,
        "name": step.name,
        "text": step.instructions,
        "team": step.team,
        "assign": _assign(step),
        "deadline": step.deadline,
        "checklist": _checklist(step.checklist),
        "fields": _uses(step.fields),
        "outcomes": {},
        "result": "" if step.result == step.name else step.result,
    }
    for outcome in step.outcomes:
        entry = {
            "label": outcome.label,
            "next": _targets(flow for flow in flows if flow.outcome == outcome.key),
            "reason": outcome.requires_note,
        }
        table["outcomes"][outcome.key] = _filled(entry)
    if any(flow.conditions or flow.is_default for flow in flows):
        table["branches"] = [_branch(flow) for flow in flows]
    elif step.kind != "task":
        table["next"] = _targets(flows)
    return _filled(table)


def _assign(step: StepPlan) -> str | Table:
    if step.assignment == "person":
        return {"person": step.person}
    if step.assignment in ("same_as", "not_same_as"):
        keys = [key.strip() for key in step.reference_key.split(",") if key.strip()]
        return {step.assignment: keys[0] if len(keys) == 1 else keys}
    return "" if step.assignment == "pool" else step.assignment


def _checklist(items: tuple[ItemPlan, ...]) -> list[str | Table]:
    lines: list[str | Table] = []
    taken: list[str] = []
    for item in items:
        text = f"{item.text}!" if item.is_mandatory else item.text
        if item.key == key_from(item.text[:40], taken, "punkt") and not item.text.endswith("!"):
            lines.append(text)
        else:
            lines.append(_filled({"key": item.key, "text": item.text, "mandatory": item.is_mandatory}))
        taken.append(item.key)
    return lines


def _uses(uses: tuple[StepFieldPlan, ...]) -> list[str]:
    return [one.field_key + MARKS[one.mode] for one in uses]


def _branch(flow: FlowPlan) -> Table:
    if not flow.conditions:
        return {"else": flow.target}
    lines = [conditions.show(one) for one in flow.conditions]
    return {"if": lines[0] if len(lines) == 1 else lines, "next": flow.target}


def _targets(flows: Any) -> str | list[str]:
    keys = [flow.target for flow in flows]
    return keys[0] if len(keys) == 1 else keys
