"""Our process format: one YAML file a process, made for people. Reads it into a head and a blueprint.

Three stages, each naming lines: plain values (`yamlsource`), shape (the JSON Schema that is shipped beside),
meaning (targets, fields and conditions that do not exist). What remains is judged by `checks`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator

from processes import conditions
from processes.blueprint import (
    Blueprint,
    ConditionPlan,
    FieldPlan,
    FlowPlan,
    ItemPlan,
    OutcomePlan,
    StepFieldPlan,
    StepPlan,
    key_from,
)
from processes.models import ProcessDefinition, Step
from processes.yamlerrors import explain
from processes.yamlsource import Fault, Source, load

SCHEMA_PATH = Path(__file__).parent / "schema" / "process.schema.json"
START = "start"
MODES = {"!": "required", "=": "readonly"}
DONE = ("erledigt", "Erledigt")
"""Key and label of the only outcome of a task that just says `next`."""
Raw = Mapping[str, Any]


@dataclass(frozen=True)
class Head:
    """What belongs to the process itself and not to one version of it."""

    key: str
    name: str
    owner_team: str
    description: str = ""
    category: str = ""
    owner: str = ""
    number_pattern: str = "V-{year}-{seq:05}"
    visibility: str = "team"
    start_teams: tuple[str, ...] = ()
    is_confidential: bool = False


@dataclass
class ProcessFile:
    """A file that could be read: head, contents, and the faults found (none = it may be written)."""

    head: Head | None = None
    plan: Blueprint = field(default_factory=Blueprint)
    note: str = ""
    source: Source = field(default_factory=Source)
    faults: list[Fault] = field(default_factory=list)


def read(raw: bytes) -> ProcessFile:
    """Read one file; never raises for what a stranger may have written, but lists it as faults."""
    try:
        source = load(raw)
    except Fault as fault:
        return ProcessFile(faults=[fault])
    faults = [*source.repeated, *_shape_faults(source)]
    if faults:
        return ProcessFile(source=source, faults=_in_order(faults))
    reader = _Reader(source)
    result = ProcessFile(
        head=_head(source.value), plan=reader.blueprint(), note=source.value.get("note", ""), source=source
    )
    result.faults = _in_order(reader.faults)
    return result


@lru_cache(maxsize=1)
def schema() -> Any:
    """The JSON Schema as shipped."""
    return json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))


def _shape_faults(source: Source) -> list[Fault]:
    errors = Draft202012Validator(schema()).iter_errors(source.value)
    return [fault for error in errors for fault in explain(error, source)]


def _in_order(faults: list[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.line)


def _head(value: Raw) -> Head:
    return Head(
        key=value["process"],
        name=value["name"],
        owner_team=value["owner_team"],
        description=(value.get("description") or "").strip(),
        category=value.get("category", ""),
        owner=value.get("owner", "").strip().lower(),
        number_pattern=value.get("number", "V-{year}-{seq:05}"),
        visibility=value.get("visible_to", ProcessDefinition.Visibility.TEAM.value),
        start_teams=tuple(value.get("start_teams", ())),
        is_confidential=value.get("confidential", False),
    )


class _Reader:
    """Turns a file of the right shape into a blueprint, collecting what has no meaning."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.value: Raw = source.value
        self.faults: list[Fault] = []
        self.fields = {key: _field(key, raw) for key, raw in self.value.get("fields", {}).items()}
        self.flows: list[FlowPlan] = []

    def fault(self, code: str, path: tuple[str | int, ...], message: Any, /, **facts: Any) -> None:
        """Note what is wrong at a place of the file."""
        self.faults.append(Fault(code, self.source.line(path), message, **facts))

    def blueprint(self) -> Blueprint:
        """Fields, steps and flows of the whole file."""
        if START in self.value["steps"]:
            self.fault(
                "start", ("steps", START), _("“start” is described under start:, not among the steps.")
            )
        start = self._start(self.value["start"])
        steps = [self._step(key, raw) for key, raw in self.value["steps"].items()]
        return Blueprint(
            fields=tuple(self.fields.values()),
            steps=(start, *steps),
            flows=tuple(self.flows),
            language=self.value.get("language", "de"),
        )

    def _start(self, raw: Raw) -> StepPlan:
        self._flows_to(START, "", raw["next"], (START, "next"))
        return StepPlan(
            key=START,
            kind=Step.Kind.START.value,
            name=raw.get("name", "Start"),
            instructions=(raw.get("text") or "").strip(),
            fields=self._uses(raw.get("fields", ()), (START, "fields")),
        )

    def _step(self, key: str, raw: Raw) -> StepPlan:
        kind = raw.get("kind", "exclusive" if "branches" in raw else "task")
        path = ("steps", key)
        self._refuse_misplaced(kind, raw, path)
        if kind == "task":
            outcomes = self._outcomes(key, raw)
        else:
            outcomes = ()
            self._ways_on(key, raw)
        return StepPlan(
            key=key,
            kind=kind,
            name=raw["name"],
            instructions=(raw.get("text") or "").strip(),
            team=raw.get("team", ""),
            deadline=raw.get("deadline", ""),
            result=raw.get("result", raw["name"] if kind in ("end", "terminate") else ""),
            outcomes=outcomes,
            checklist=self._checklist(raw.get("checklist", ()), (*path, "checklist")),
            fields=self._uses(raw.get("fields", ()), (*path, "fields")),
            **self._assignment(raw.get("assign", "pool"), (*path, "assign")),
        )

    def _refuse_misplaced(self, kind: str, raw: Raw, path: tuple[str, ...]) -> None:
        for name in raw:
            if name not in PLACES or kind in PLACES[name]:
                continue
            self.fault(
                "misplaced", (*path, name), _("“%(name)s” does not belong to this kind of step."), name=name
            )
        if kind == "task" and "next" in raw and "outcomes" in raw:
            self.fault("misplaced", (*path, "next"), _("A task has either outcomes or next, not both."))

    def _assignment(self, raw: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if isinstance(raw, str):
            return {"assignment": raw}
        ((kind, value),) = raw.items()
        if kind == "person":
            return {"assignment": kind, "person": value.strip().lower()}
        keys = [value] if isinstance(value, str) else value
        for key in keys:
            if key not in self.value["steps"]:
                self._unknown_step((*path, kind), key)
        return {"assignment": kind, "reference_key": ", ".join(keys)}

    def _outcomes(self, key: str, raw: Raw) -> tuple[OutcomePlan, ...]:
        path = ("steps", key, "outcomes")
        if "outcomes" not in raw:
            return self._only_outcome(key, raw)
        plans: list[OutcomePlan] = []
        for name, body in raw["outcomes"].items():
            entry: Raw = body if isinstance(body, Mapping) else {"next": body}
            plan = OutcomePlan(
                key=key_from(name, [one.key for one in plans], "ergebnis"),
                label=entry.get("label", name),
                requires_note=entry.get("reason", False),
            )
            plans.append(plan)
            self.source.lines[*path, plan.key] = self.source.line((*path, name))
            self._flows_to(key, plan.key, entry["next"], (*path, name))
        return tuple(plans)

    def _only_outcome(self, key: str, raw: Raw) -> tuple[OutcomePlan, ...]:
        if "next" not in raw:
            return ()
        self._flows_to(key, DONE[0], raw["next"], ("steps", key, "next"))
        return (OutcomePlan(*DONE),)

    def _ways_on(self, key: str, raw: Raw) -> None:
        path = ("steps", key)
        if "next" in raw:
            self._flows_to(key, "", raw["next"], (*path, "next"))
        for index, branch in enumerate(raw.get("branches", ())):
            self._branch(key, branch, (*path, "branches", index))

    def _branch(self, key: str, branch: Raw, path: tuple[str | int, ...]) -> None:
        if "else" in branch:
            if len(branch) > 1:
                self.fault("misplaced", path, _("“else” stands alone in its branch."))
            self._flows_to(key, "", branch["else"], (*path, "else"), is_default=True)
            return
        lines = [branch["if"]] if isinstance(branch["if"], str) else branch["if"]
        found = tuple(self._condition(line, (*path, "if")) for line in lines)
        self._flows_to(key, "", branch["next"], (*path, "next"), conditions_=found)

    def _condition(self, line: str, path: tuple[str | int, ...]) -> ConditionPlan:
        plan = conditions.read(line)
        if plan is None:
            self.fault(
                "condition", path, _("“%(line)s” is no condition; write it like: amount >= 5000"), line=line
            )
            return ConditionPlan("", "eq")
        known = self.fields.get(plan.field_key)
        if known is None:
            self._unknown_field(path, plan.field_key)
            return plan
        try:
            return conditions.stored(plan, known)
        except conditions.Unfit as unfit:
            self.fault("condition", path, unfit.message, **unfit.facts)
            return plan

    def _flows_to(
        self,
        source: str,
        outcome: str,
        targets: str | list[str],
        path: tuple[str | int, ...],
        *,
        is_default: bool = False,
        conditions_: tuple[ConditionPlan, ...] = (),
    ) -> None:
        for target in [targets] if isinstance(targets, str) else targets:
            if target not in self.value["steps"]:
                self._unknown_step(path, target)
            self.flows.append(FlowPlan(source, target, outcome, is_default, conditions_))

    def _uses(self, uses: Any, path: tuple[str, ...]) -> tuple[StepFieldPlan, ...]:
        plans: list[StepFieldPlan] = []
        for index, text in enumerate(uses):
            key = text.rstrip("!=")
            if key not in self.fields:
                self._unknown_field((*path, index), key)
            elif any(one.field_key == key for one in plans):
                self.fault("field_twice", (*path, index), _("“%(field)s” stands here twice."), field=key)
            else:
                plans.append(StepFieldPlan(key, MODES.get(text[-1], "optional")))
        return tuple(plans)

    def _checklist(self, raw: Any, path: tuple[str, ...]) -> tuple[ItemPlan, ...]:
        plans: list[ItemPlan] = []
        for index, one in enumerate(raw):
            entry: Raw = one if isinstance(one, Mapping) else {"text": one}
            text = entry["text"].strip()
            is_marked = text.endswith("!")
            text = text.rstrip("! ") if is_marked else text
            taken = [plan.key for plan in plans]
            key = entry.get("key") or key_from(text[:40], taken, "punkt")
            if key in taken:
                self.fault(
                    "duplicate_key", (*path, index), _("“%(key)s” stands here a second time."), key=key
                )
            plans.append(ItemPlan(key, text, entry.get("mandatory", is_marked)))
        return tuple(plans)

    def _unknown_step(self, path: tuple[str | int, ...], key: str) -> None:
        self.fault("unknown_step", path, _("There is no step “%(step)s” in this file."), step=key)

    def _unknown_field(self, path: tuple[str | int, ...], key: str) -> None:
        self.fault("unknown_field", path, _("There is no field “%(field)s” in this file."), field=key)


TASK_ONLY = frozenset({"task"})
PLACES: dict[str, frozenset[str]] = {
    "team": TASK_ONLY,
    "assign": TASK_ONLY,
    "deadline": TASK_ONLY,
    "checklist": TASK_ONLY,
    "fields": TASK_ONLY,
    "outcomes": TASK_ONLY,
    "branches": frozenset({"exclusive", "inclusive"}),
    "next": frozenset({"task", "exclusive", "parallel", "inclusive"}),
    "result": frozenset({"end", "terminate"}),
}
"""Which words belong to which kinds of steps; words not listed belong to all."""


def _field(key: str, raw: Any) -> FieldPlan:
    if isinstance(raw, str):
        return FieldPlan(key=key, label=raw)
    return FieldPlan(
        key=key,
        label=raw["label"],
        type=raw.get("type", "choice" if "choices" in raw else "text"),
        help_text=raw.get("help", ""),
        choices=_choices(raw.get("choices", ())),
        is_searchable=raw.get("search", False),
        is_evaluated=raw.get("report", False),
    )


def _choices(raw: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(raw, Mapping):
        return tuple(raw.items())
    pairs: list[tuple[str, str]] = []
    for label in raw:
        pairs.append((key_from(label, [key for key, _label in pairs], "wert"), label))
    return tuple(pairs)
