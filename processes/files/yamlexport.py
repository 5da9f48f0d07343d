"""Writes a blueprint in our process format; reading it again gives the same blueprint."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

import yaml

from processes import conditions
from processes.blueprint import (
    Blueprint,
    FieldPlan,
    FlowPlan,
    ItemPlan,
    OutcomePlan,
    StepFieldPlan,
    StepPlan,
    key_from,
)
from processes.engine import FAILED
from processes.escalation import Plan
from processes.files import yamlplans
from processes.files.yamldeadlines import shown, shown_plans
from processes.files.yamlformat import GIVEN_UP, IMPLIED, MODES, Head
from processes.files.yamlparts import ACTION_WORDS, BASES
from processes.files.yamlplans import PLANS
from processes.models import Step
from processes.models.definition import split_keys
from processes.moments import Basis, Moment
from processes.stepplans import Action, Call, Do, Over, Quorum, Repeat, StepConfig

MARKS = {"optional": "", **{mode: mark for mark, mode in MODES.items()}}
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


ALWAYS_SAID = frozenset({"confidential", "computed_urgency"})
"""Keys that stand in a file also where the answer is no: what a file leaves open, a known process keeps."""


def dump(head: Head, plan: Blueprint, *, plans: Iterable[Plan] = (), note: str = "") -> str:
    """The whole file as text; `plans` = the escalation plans it brings along."""
    table = {**_head(head), "language": plan.language, "note": note}
    start = next((step for step in plan.steps if step.kind == Step.Kind.START), None)
    table["deadlines"] = shown(plan.deadlines, of_case=True)
    table["escalation"] = shown_plans(plan.plan_keys)
    table[PLANS] = yamlplans.shown(plans, plan.fields)
    table["fields"] = {one.key: _field(one) for one in plan.fields}
    if start is not None:
        table["start"] = _start(start, plan)
    table["steps"] = {step.key: _step(step, plan) for step in plan.steps if step is not start}
    return yaml.dump(
        _filled(table, ALWAYS_SAID),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=100,
        default_flow_style=False,
    )


def _filled(table: Mapping[str, Any], always: Container[str] = ()) -> Table:
    empty: tuple[Any, ...] = ("", None, False, [], {}, ())
    return {key: value for key, value in table.items() if key in always or value not in empty}


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
        "may_start": head.may_start,
        "start_teams": list(head.start_teams),
        "confidential": head.is_confidential,
        "computed_urgency": head.computes_urgency,
    }


def _field(one: FieldPlan) -> str | Table:
    table = _filled(
        {
            "label": one.label,
            "type": "" if one.type == "text" else one.type,
            "help": one.help_text,
            "choices": dict(one.choices),
            **one.limits,
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
    config = StepConfig.from_json(step.config)
    table: Table = {
        "kind": step.kind,
        "name": step.name,
        "about" if step.kind == Step.Kind.ACTION else "text": step.instructions,
        "team": step.team,
        "assign": _assign(step),
        "not_same_as": _one_or_several(split_keys(step.apart_key)),
        "max_visits": step.max_visits,
        "deadline": step.deadline,
        "deadlines": shown(step.deadlines),
        "escalation": shown_plans(step.plan_keys),
        "repeat": _repeat(config.repeat) if config.repeat else {},
        "checklist": _checklist(step.checklist),
        "fields": _uses(step.fields),
        "approves": list(step.approves_fields),
        "wait": _moment(config.wait) if config.wait else "",
        **(_action(config.action) if config.action else {}),
        **(_call(config.call) if config.call else {}),
        **_ways_on(step, flows, config.call),
        "result": "" if step.result == step.name else step.result,
    }
    if step.kind == "task" or any(IMPLIED.get(word) == step.kind for word in _filled(table)):
        table["kind"] = ""
    return _filled(table)


def _ways_on(step: StepPlan, flows: list[FlowPlan], call: Call | None) -> Table:
    """Outcomes, branches, the next step, and what happens when an action is given up."""
    table: Table = {}
    direct = [flow for flow in flows if not flow.outcome]
    if any(flow.conditions or flow.is_default for flow in direct):
        table["branches"] = [_branch(flow) for flow in direct]
    elif direct:
        table["next"] = _targets(direct)
    for outcome in step.outcomes:
        targets = _targets(flow for flow in flows if flow.outcome == outcome.key)
        if step.kind == Step.Kind.ACTION and outcome.key == FAILED:
            table["failed"] = _failed(outcome, targets)
        else:
            table.setdefault("outcomes", {})[outcome.key] = _outcome(outcome, targets, call)
    return table


def _outcome(one: OutcomePlan, targets: str | list[str], call: Call | None) -> Table:
    return _filled(
        {
            "label": one.label,
            "next": targets,
            "after": _moment(Moment.from_json(one.after)) if one.after else "",
            "reason": one.requires_note,
            "approval": one.is_approval,
            "no_agreement": one.is_no_agreement,
            "ends": _one_or_several([end for end, key in call.ends if key == one.key]) if call else "",
            "otherwise": call is not None and call.otherwise == one.key,
            "cancels": list(one.cancels),
        }
    ) | ({} if one.is_interrupting else {"interrupts": False})


def _failed(one: OutcomePlan, targets: str | list[str]) -> str | list[str] | Table:
    if one.label == GIVEN_UP and not one.cancels:
        return targets
    label = "" if one.label == GIVEN_UP else one.label
    return _filled({"label": label, "next": targets, "cancels": list(one.cancels)})


def _moment(moment: Moment) -> str | Table:
    if moment.basis is Basis.STEP:
        return moment.offset
    if moment.basis is Basis.CASE:
        return {"case": moment.offset}
    word = next(word for word, basis in BASES.items() if basis is moment.basis)
    return _filled({word: moment.key or moment.on, "offset": moment.offset})


def _action(action: Action) -> Table:
    words: Table = {
        "to": _one_or_several(action.to),
        "subject": action.subject,
        "text": action.text,
        "values": dict(action.values),
        "url": action.url,
        "send": list(action.fields),
        "channel": action.channel,
    }
    fitting = {word: value for word, value in words.items() if action.do in ACTION_WORDS[word]}
    return {"do": Do(action.do).value, **fitting}


def _call(call: Call) -> Table:
    return {"process": call.process, "in": dict(call.inputs), "out": dict(call.outputs)}


def _repeat(repeat: Repeat) -> Table:
    over = list(repeat.persons) if repeat.over is Over.PERSONS else repeat.key
    quorum: Any = repeat.count if repeat.quorum is Quorum.COUNT else repeat.quorum.value
    return _filled(
        {
            repeat.over.value: over,
            "one_after_another": repeat.is_sequential,
            "quorum": "" if repeat.quorum is Quorum.ALL else quorum,
        }
    )


def _assign(step: StepPlan) -> str | Table:
    if step.assignment == "person":
        return {"person": step.person}
    if step.assignment == "from_field":
        return {"from_field": step.field_key}
    if step.assignment in ("same_as", "not_same_as"):
        return {step.assignment: _one_or_several(split_keys(step.reference_key))}
    return "" if step.assignment == "pool" else step.assignment


def _one_or_several(keys: Iterable[str]) -> str | list[str]:
    """One alone, several as a list."""
    found = list(keys)
    return found[0] if len(found) == 1 else found


def _checklist(items: tuple[ItemPlan, ...]) -> list[str | Table]:
    """Activities; one with parts is a table that holds them."""
    lines: list[str | Table] = []
    taken: list[str] = []
    for item in items:
        line = _item(item, taken)
        taken.append(item.key)
        if not item.parent:
            lines.append(line)
            continue
        whole = lines[-1]
        if isinstance(whole, str):
            whole = lines[-1] = {"text": whole}
        whole.setdefault("parts", []).append(line)
    return lines


def _item(item: ItemPlan, taken: list[str]) -> str | Table:
    if item.key == key_from(item.text[:40], taken, "punkt") and not item.text.endswith("!"):
        return f"{item.text}!" if item.is_mandatory else item.text
    return _filled({"key": item.key, "text": item.text, "mandatory": item.is_mandatory})


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
