"""A sheet as the names and values its page would send: the page is always drawn from what was typed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from processes import conditions
from processes.blueprint import ConditionPlan, DeadlinePlan, FieldPlan, ItemPlan, OutcomePlan, StepPlan
from processes.editing import fieldrow, meeting, momentforms
from processes.editing.page import JOIN, Page
from processes.editing.sheet import Gather, Row, Sheet, Wait, Way
from processes.editing.stepforms import CLEAR, COPY, LITERAL, TODAY
from processes.editing.typed import ALWAYS, Typed
from processes.editing.wayforms import BESIDES, CLOCK, ENDS, PERSON
from processes.fieldforms import input_text
from processes.fields import FieldSpec
from processes.models import Step
from processes.models.definition import split_keys
from processes.moments import Basis, Moment, MomentError
from processes.stepplans import Action, Call, Do, Over, PlanError, Repeat, StepConfig

TICKED = ("choice", "multichoice", "person", "team")
"""Types of fields whose values are chosen, not typed."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Prefixes by key."""

    steps: Mapping[str, str]
    fields: Mapping[str, str]
    joins: Mapping[str, str]
    """Prefix of the step a join stands in front of."""

    def stopped(self, keys: Iterable[str]) -> list[str]:
        """What an outcome stops, as the page has it."""
        found = [f"{JOIN}{self.joins[key]}" if key in self.joins else self.steps.get(key, "") for key in keys]
        return [one for one in found if one]

    def of_steps(self, keys: Iterable[str]) -> list[str]:
        """Prefixes of the steps that exist."""
        return [self.steps[key] for key in keys if key in self.steps]

    def of_fields(self, keys: Iterable[str]) -> list[str]:
        """Prefixes of the fields that exist."""
        return [self.fields[key] for key in keys if key in self.fields]


def typed_of(sheet: Sheet) -> Typed:
    """What the page of this sheet would send, unchanged."""
    typed = Typed({})
    fields = {one.key: typed.add("fields", fieldrow.shown(one)) for one in sheet.fields}
    steps = {row.step.key: typed.add("steps") for row in sheet.rows}
    waits = {row.wait.gateway: steps[row.step.key] for row in sheet.rows if row.wait and row.wait.gateway}
    rows = Rows(steps, fields, waits)
    by_key = {one.key: one for one in sheet.fields}
    for rule in sheet.deadlines:
        _add_rule(typed, "deadlines", rule, rows)
    for row, prefix in zip(sheet.rows, typed.rows("steps"), strict=False):
        _show_step(typed, prefix, row.step, rows)
        _show_ways(typed, prefix, row, rows, by_key)
        _show_wait(typed, prefix, row.wait, rows)
    page = Page(typed)
    _note_those_alone(page)
    meeting.note_few(page)
    return typed


def _note_those_alone(page: Page) -> None:
    """Let the page know who waits although one way leads there only, and what gets there without waiting: so
    it can tell that another way is new. `rearranging` lets the step wait for that too."""
    typed = page.typed
    for row in page.step_names:
        waited = typed.data.getlist(f"{row}-sources")
        if typed.get(f"{row}-gather") and len(waited) == 1:
            typed.set(f"{row}-alone", "on")
            typed.set(f"{row}-direct", *(one for one, _name in page.leading_to(row) if one not in waited))


def _put(typed: Typed, prefix: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if value:
            typed.set(f"{prefix}-{name}", value)


def _flags(row: object, *names: str) -> dict[str, str]:
    return {name: "on" for name in names if getattr(row, name)}


# -- steps ---------------------------------------------------------------------------------------------------


def _show_step(typed: Typed, prefix: str, step: StepPlan, rows: Rows) -> None:
    rule, same, apart = _assigned(step)
    _put(
        typed,
        prefix,
        {
            "name": step.name,
            "key": step.key,
            "kind": step.kind,
            "result": step.result,
            "team": step.team,
            "assignment": rule,
            "person": step.person,
            "from_field": rows.fields.get(step.field_key, ""),
            "max_visits": str(step.max_visits or ""),
            "instructions": step.instructions,
            "plan": step.plan_keys.get("", ""),
        },
    )
    typed.set(f"{prefix}-same", *rows.of_steps(same))
    typed.set(f"{prefix}-apart", *rows.of_steps(apart))
    typed.set(f"{prefix}-approves", *rows.of_fields(step.approves_fields))
    for item in step.checklist:
        typed.add(f"{prefix}-checklist", _item(item))
    for one in step.fields:
        typed.add(f"{prefix}-shown", {"field": rows.fields.get(one.field_key, ""), "mode": one.mode})
    _show_deadlines(typed, prefix, step, rows)
    _show_config(typed, prefix, step, rows)


def _assigned(step: StepPlan) -> tuple[str, Iterable[str], Iterable[str]]:
    """The rule, the steps it refers to, and those whose persons must not get the task. “Anyone but who did
    another step” is the team's inbox with such a step; `reading.assigned` is the way back."""
    references, apart = split_keys(step.reference_key), split_keys(step.apart_key)
    if step.assignment != Step.Assignment.NOT_SAME_AS:
        return step.assignment, references, apart
    return Step.Assignment.POOL, (), dict.fromkeys((*references, *apart))


def _item(item: ItemPlan) -> dict[str, str]:
    return {
        "text": item.text,
        "key": item.key,
        **({"is_part": "on"} if item.parent else {}),
        **_flags(item, "is_mandatory"),
    }


def _show_deadlines(typed: Typed, prefix: str, step: StepPlan, rows: Rows) -> None:
    """The first plain rule makes the sentence, a second one its “at the latest”; others stand below."""
    rules = list(step.deadlines)
    due = Moment(Basis.STEP, step.deadline) if step.deadline else None
    if due is None and rules and _is_plain(rules[0]):
        due = rules.pop(0).moment
    latest = rules.pop(0) if due is not None and rules and _is_plain(rules[0]) else None
    _put(typed, f"{prefix}-due", _shown(due, rows) or {"unit": "d", "direction": "after", "basis": "step"})
    if latest is not None:
        _put(typed, f"{prefix}-latest", {**_shown(latest.moment, rows), "pick": latest.pick})
    for rule in rules:
        _add_rule(typed, f"{prefix}-deadlines", rule, rows)


def _is_plain(rule: DeadlinePlan) -> bool:
    """Whether the sentence can say it: the solution, for every urgency, by the office's calendar."""
    plain = DeadlinePlan(rule.basis, rule.offset, rule.key, rule.on, pick=rule.pick)
    try:
        return rule == plain and bool(rule.moment)
    except MomentError:
        return False


def _shown(moment: Moment | None, rows: Rows) -> dict[str, str]:
    try:
        return momentforms.shown(moment, rows)
    except MomentError:
        return {}


def _add_rule(typed: Typed, name: str, rule: DeadlinePlan, rows: Rows) -> None:
    try:
        moment = _shown(rule.moment, rows)
    except MomentError:
        moment = {}
    typed.add(name, {**momentforms.shown_rule(rule), **moment})


# -- ways ----------------------------------------------------------------------------------------------------


def _show_ways(typed: Typed, prefix: str, row: Row, rows: Rows, fields: Mapping[str, FieldPlan]) -> None:
    call = _config(row.step).call
    for outcome in row.step.outcomes:
        own = typed.add(f"{prefix}-outcomes", _outcome(outcome, call))
        typed.set(f"{own}-cancels", *rows.stopped(outcome.cancels))
        typed.set(f"{own}-ends", *(end for end, ours in call.ends if ours == outcome.key) if call else ())
        if outcome.after:
            _put(typed, f"{own}-clock", _shown(_moment(outcome.after), rows))
        _show_way(typed, own, row.ways.get(outcome.key, Way()), rows, fields)
    if "" in row.ways:
        _show_way(typed, f"{prefix}-{ALWAYS}", row.ways[""], rows, fields)


def _outcome(one: OutcomePlan, call: Call | None) -> dict[str, str]:
    return {
        "label": one.label,
        "key": one.key,
        "chosen_by": CLOCK if one.is_clock else PERSON,
        "interrupting": ENDS if one.is_interrupting else BESIDES,
        **_flags(one, "requires_note", "is_approval", "is_no_agreement"),
        **({"is_otherwise": "on"} if call and call.otherwise == one.key else {}),
    }


def _moment(value: Mapping[str, str]) -> Moment | None:
    try:
        return Moment.from_json(value)
    except MomentError:
        return None


def _show_way(typed: Typed, prefix: str, way: Way, rows: Rows, fields: Mapping[str, FieldPlan]) -> None:
    _put(typed, prefix, {"after": str(way.after), "gateway": way.gateway, "question": way.question})
    for branch in way.branches:
        values = {"target": rows.steps.get(branch.target, ""), **_flags(branch, "is_default")}
        own = typed.add(f"{prefix}-branches", values)
        for one in branch.conditions:
            known = typed.add(
                f"{own}-conditions", {"field": rows.fields.get(one.field_key, ""), "operator": one.operator}
            )
            _show_value(typed, known, one, fields.get(one.field_key))


def _show_value(typed: Typed, prefix: str, one: ConditionPlan, field: FieldPlan | None) -> None:
    """A value as it is typed; several that are ticked as several, two ends with a word between them."""
    is_ticked = field is not None and field.type in TICKED
    value, operator = one.value, one.operator
    if operator == "in" and is_ticked and isinstance(value, list):
        typed.set(f"{prefix}-value_text", *(conditions.show_value(one) for one in value))
    elif operator == "between" and isinstance(value, list):
        typed.set(f"{prefix}-value_text", " und ".join(_text(one, field) for one in value))
    else:
        typed.set(f"{prefix}-value_text", _text(value, field))


def _text(value: object, field: FieldPlan | None) -> str:
    """One value, numbers as they are written here."""
    if field is None or field.type not in ("money", "number") or isinstance(value, list):
        return conditions.show_value(value)
    try:
        return input_text(FieldSpec(field.key, field.label, field.type), value)
    except (TypeError, KeyError, ArithmeticError):
        return conditions.show_value(value)


def _show_wait(typed: Typed, prefix: str, wait: Wait | None, rows: Rows) -> None:
    if wait is None:
        return
    merges = [[one.source, one.key, one.name] for one in wait.merges]
    _put(
        typed,
        prefix,
        {
            "gather": str(wait.gather),
            "wait_gateway": "" if wait.gather is Gather.FIRST else wait.gateway,
            "wait_name": wait.name,
            "merges": json.dumps(merges) if merges else "",
        },
    )
    typed.set(f"{prefix}-sources", *rows.of_steps(wait.sources))


# -- what a step does itself ---------------------------------------------------------------------------------


def _config(step: StepPlan) -> StepConfig:
    try:
        return StepConfig.from_json(step.config)
    except PlanError:
        return StepConfig()


def _show_config(typed: Typed, prefix: str, step: StepPlan, rows: Rows) -> None:
    config = _config(step)
    if config.wait is not None:
        _put(typed, f"{prefix}-timer", _shown(config.wait, rows))
    if config.action is not None:
        _show_action(typed, prefix, config.action, rows)
    if config.repeat is not None:
        _show_repeat(typed, prefix, config.repeat, rows)
    if config.call is not None:
        typed.set(f"{prefix}-process", config.call.process)
        for theirs, ours in config.call.inputs:
            typed.add(f"{prefix}-inputs", {"theirs": theirs, "ours": rows.fields.get(ours, "")})
        for ours, theirs in config.call.outputs:
            typed.add(f"{prefix}-outputs", {"theirs": theirs, "ours": rows.fields.get(ours, "")})


def _show_action(typed: Typed, prefix: str, action: Action, rows: Rows) -> None:
    named = [one for one in action.to if "@" not in one]
    _put(
        typed,
        prefix,
        {
            "do": str(action.do),
            "addresses": ", ".join(one for one in action.to if "@" in one),
            "subject": action.subject,
            "text": action.text,
            "url": action.url,
            "channel": action.channel,
        },
    )
    typed.set(f"{prefix}-to", *(_receiver(one, rows) for one in named))
    typed.set(f"{prefix}-told", *rows.of_fields(action.fields))
    for key, text in action.values if action.do is Do.SET else ():
        typed.add(f"{prefix}-values", {"field": rows.fields.get(key, ""), **_value(text, rows)})


def _receiver(one: str, rows: Rows) -> str:
    word, _colon, key = one.partition(":")
    return f"field:{rows.fields.get(key, '')}" if word == "field" else one


def _value(text: str, rows: Rows) -> dict[str, str]:
    if text.startswith("="):
        return {"how": COPY, "other": rows.fields.get(text[1:], "")}
    if text == "today":
        return {"how": TODAY}
    return {"how": LITERAL, "value_text": text} if text else {"how": CLEAR}


def _show_repeat(typed: Typed, prefix: str, repeat: Repeat, rows: Rows) -> None:
    found = {"over": str(repeat.over), "quorum": str(repeat.quorum), "count": str(repeat.count or "")}
    if repeat.over is Over.TEAM:
        found["repeat_team"] = repeat.key
    if repeat.over is Over.FIELD:
        found["repeat_field"] = rows.fields.get(repeat.key, "")
    if repeat.is_sequential:
        found["one_after_another"] = "on"
    _put(typed, prefix, found)
    typed.set(f"{prefix}-persons", *repeat.persons)
