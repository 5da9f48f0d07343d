"""Our process format: one YAML file a process, made for people. Reads it into a head and a blueprint.

Three stages, each naming lines: plain values (`yamlsource`), shape (the JSON Schema that is shipped beside),
meaning (targets, fields and conditions that do not exist). What remains is judged by `checks`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any

from django.utils.translation import gettext_lazy as _
from jsonschema import Draft202012Validator

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
from processes.engine import FAILED
from processes.escalation import Plan
from processes.files.yamlerrors import explain
from processes.files.yamlparts import ACTION_WORDS, Raw
from processes.files.yamlplans import PlanReader
from processes.files.yamlsource import Fault, Path, Source, load
from processes.models import ProcessDefinition, Step
from processes.stepplans import Call, StepConfig

SCHEMA_PATH = FilePath(__file__).parent / "schema" / "process.schema.json"
START = "start"
KEY = re.compile(r"[a-z][a-z0-9_-]{0,59}")
MODES = {"!": "required", "=": "readonly", "~": "hidden"}
DONE = ("erledigt", "Erledigt")
"""Key and label of the only outcome of a task that just says `next`."""
GIVEN_UP = "Gescheitert"
"""Label of the outcome of an action that is given up, unless the file has one."""
EVERYONE, NOBODY = "everyone", "nobody"
"""Who may start, where it is no matter of teams."""


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
    may_start: str = ""
    """EVERYONE or NOBODY; "" with `start_teams`: only they may, without: the file does not say."""
    start_teams: tuple[str, ...] = ()
    is_confidential: bool = False
    computes_urgency: bool = False
    left_open: frozenset[str] = field(default=frozenset(), compare=False)
    """What the file does not say, by the names above: a known process keeps it."""

    def completed(self, known: Head) -> Head:
        """The same with what it leaves open as it is known."""
        return replace(self, **{name: getattr(known, name) for name in self.left_open})

    @property
    def says_who_may_start(self) -> bool:
        """Whether the file decides it; else a known process stays as it is, and everyone starts a new one."""
        return bool(self.may_start or self.start_teams)


@dataclass
class ProcessFile:
    """A file that could be read: head, contents, and the faults found (none = it may be written)."""

    head: Head | None = None
    plan: Blueprint = field(default_factory=Blueprint)
    plans: tuple[Plan, ...] = ()
    """Escalation plans it brings along."""
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
    plan = reader.blueprint()
    result = ProcessFile(
        head=_head(source.value),
        plan=plan,
        plans=reader.plans(plan.plans_named),
        note=source.value.get("note", ""),
        source=source,
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
        may_start=value.get("may_start", ""),
        start_teams=tuple(value.get("start_teams", ())),
        is_confidential=value.get("confidential", False),
        computes_urgency=value.get("computed_urgency", False),
        left_open=_left_open(value),
    )


MAY_BE_LEFT_OPEN = {
    "description": "description",
    "category": "category",
    "owner": "owner",
    "number": "number_pattern",
    "visible_to": "visibility",
    "confidential": "is_confidential",
    "computed_urgency": "computes_urgency",
}
"""Keys of a file, and what they are called in a head."""


def _left_open(value: Raw) -> frozenset[str]:
    names = {name for key, name in MAY_BE_LEFT_OPEN.items() if key not in value}
    says_who = "may_start" in value or "start_teams" in value
    return frozenset(names if says_who else names | {"may_start", "start_teams"})


class _Reader(PlanReader):
    """Turns a file of the right shape into a blueprint, collecting what has no meaning."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.flows: list[FlowPlan] = []

    def _field(self, key: str, raw: Any) -> FieldPlan:
        if isinstance(raw, str):
            return FieldPlan(key=key, label=raw)
        plan = FieldPlan(
            key=key,
            label=raw["label"],
            type=raw.get("type", "choice" if "choices" in raw else "text"),
            help_text=raw.get("help", ""),
            choices=_choices(raw.get("choices", ())),
            is_searchable=raw.get("search", False),
            is_evaluated=raw.get("report", False),
        )
        return replace(plan, limits=self.limits(plan, raw))

    def blueprint(self) -> Blueprint:
        """Fields, steps and flows of the whole file."""
        if "may_start" in self.value and "start_teams" in self.value:
            message = _("Either “may_start” or “start_teams” says who may start, not both.")
            self.fault("misplaced", ("may_start",), message)
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
            deadlines=self.deadlines(self.value.get("deadlines", []), ("deadlines",), of_case=True),
            plan_keys=self.escalation(self.value.get("escalation", {}), ("escalation",), of_case=True),
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
        kind = raw.get("kind") or next((IMPLIED[word] for word in IMPLIED if word in raw), "task")
        path = ("steps", key)
        self._refuse_misplaced(kind, raw, path)
        text = raw.get("about") if kind == "action" else raw.get("text")
        return StepPlan(
            key=key,
            kind=kind,
            name=raw["name"],
            instructions=(text or "").strip(),
            team=raw.get("team", ""),
            deadline=raw.get("deadline", ""),
            deadlines=self.deadlines(raw.get("deadlines", []), (*path, "deadlines")),
            plan_keys=self.escalation(raw.get("escalation", {}), (*path, "escalation")),
            result=raw.get("result", raw["name"] if kind in ("end", "terminate") else ""),
            outcomes=self._outcomes(key, kind, raw),
            checklist=self._checklist(raw.get("checklist", ()), (*path, "checklist")),
            fields=self._uses(raw.get("fields", ()), (*path, "fields")),
            config=self._config(kind, raw, path),
            **self._rules(raw, path),
        )

    def _refuse_misplaced(self, kind: str, raw: Raw, path: tuple[str, ...]) -> None:
        for name in raw:
            if name not in PLACES or kind in PLACES[name]:
                continue
            self.fault(
                "misplaced", (*path, name), _("“%(name)s” does not belong to this kind of step."), name=name
            )
        if kind in WITH_OUTCOMES and "next" in raw and "outcomes" in raw:
            self.fault("misplaced", (*path, "next"), _("A step has either outcomes or next, not both."))

    def _config(self, kind: str, raw: Raw, path: tuple[str, ...]) -> Raw:
        """What only some kinds of steps have, as it is stored."""
        call = self.call(raw, path) if kind == "subprocess" else None
        return StepConfig(
            wait=self.moment(raw["wait"], (*path, "wait")) if "wait" in raw else None,
            action=self.action(raw, path) if kind == "action" else None,
            call=self._with_ends(call, raw, path) if call else None,
            repeat=self.repeat(raw["repeat"], (*path, "repeat")) if "repeat" in raw else None,
        ).to_json()

    def _with_ends(self, call: Call, raw: Raw, path: tuple[str, ...]) -> Call:
        """The call with what its ends mean: the outcomes say so."""
        entries = _entries(raw)
        others = [key for key, _name, entry in entries if entry.get("otherwise")]
        if len(others) > 1:
            message = _("Only one outcome can be “otherwise”.")
            self.fault("otherwise_twice", (*path, "outcomes", others[1], "otherwise"), message)
        ends = [(end, key) for key, _name, entry in entries for end in _keys(entry.get("ends", ()))]
        return replace(call, ends=tuple(ends), otherwise=others[0] if others else "")

    def _rules(self, raw: Raw, path: tuple[str, ...]) -> dict[str, Any]:
        """Who gets the task and who not, how often, and what is approved with it."""
        apart = _keys(raw.get("not_same_as", ()))
        self.demand_steps(apart, (*path, "not_same_as"))
        self.demand_fields(raw.get("approves", ()), (*path, "approves"))
        return {
            "apart_key": ", ".join(apart),
            "max_visits": raw.get("max_visits"),
            "approves_fields": tuple(raw.get("approves", ())),
            **self._assignment(raw.get("assign", "pool"), (*path, "assign")),
        }

    def _assignment(self, raw: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if isinstance(raw, str):
            return {"assignment": raw}
        ((kind, value),) = raw.items()
        if kind == "person":
            return {"assignment": kind, "person": value.strip().lower()}
        if kind == "from_field":
            self.demand_fields([value], (*path, kind))
            return {"assignment": kind, "field_key": value}
        keys = _keys(value)
        self.demand_steps(keys, (*path, kind))
        return {"assignment": kind, "reference_key": ", ".join(keys)}

    # -- ways on ---------------------------------------------------------------------------------------------

    def _outcomes(self, key: str, kind: str, raw: Raw) -> tuple[OutcomePlan, ...]:
        """What a step can end with; steps without outcomes only get their ways on."""
        if kind in WITH_OUTCOMES and "outcomes" in raw:
            return tuple(self._outcome(key, kind, *one) for one in _entries(raw))
        if kind == "task":
            return self._only_outcome(key, raw)
        self._ways_on(key, raw)
        return self._giving_up(key, raw) if kind == "action" else ()

    def _outcome(self, step: str, kind: str, key: str, name: str, entry: Raw) -> OutcomePlan:
        path = ("steps", step, "outcomes")
        for word in ("", *entry):
            self._same_line((*path, key, word), (*path, name, word))
        self._refuse_words(kind, entry, (*path, name))
        after = self.moment(entry["after"], (*path, name, "after")) if "after" in entry else None
        self.demand_steps(_keys(entry.get("cancels", ())), (*path, name, "cancels"))
        self._flows_to(step, key, entry["next"], (*path, name))
        return OutcomePlan(
            key=key,
            label=entry.get("label", name),
            requires_note=entry.get("reason", False),
            is_clock="after" in entry,
            after=after.to_json() if after else {},
            is_interrupting=entry.get("interrupts", True),
            is_approval=entry.get("approval", False),
            is_no_agreement=entry.get("no_agreement", False),
            cancels=_keys(entry.get("cancels", ())),
        )

    def _same_line(self, key: Path, name: Path) -> None:
        """Let a place be found under the key as well as under the name that is written in the file."""
        key, name = (path if path[-1] else path[:-1] for path in (key, name))
        self.source.lines[key] = self.source.line(name)

    def _refuse_words(self, kind: str, entry: Raw, path: Path) -> None:
        """Fault what an outcome of this kind of step cannot have."""
        for name in entry:
            if kind in OUTCOME_PLACES.get(name, WITH_OUTCOMES):
                continue
            message = _("“%(name)s” does not belong to an outcome of this kind of step.")
            self.fault("misplaced", (*path, name), message, name=name)
        if "interrupts" in entry and "after" not in entry:
            message = _("“interrupts” belongs to an outcome that the clock chooses (after).")
            self.fault("misplaced", (*path, "interrupts"), message)

    def _only_outcome(self, key: str, raw: Raw) -> tuple[OutcomePlan, ...]:
        if "next" not in raw:
            return ()
        self._flows_to(key, DONE[0], raw["next"], ("steps", key, "next"))
        return (OutcomePlan(*DONE),)

    def _giving_up(self, key: str, raw: Raw) -> tuple[OutcomePlan, ...]:
        """The outcome of an action that is given up."""
        if "failed" not in raw:
            return ()
        entry, path = _entry(raw["failed"]), ("steps", key, "failed")
        cancels = _keys(entry.get("cancels", ()))
        self.demand_steps(cancels, (*path, "cancels"))
        self._same_line(("steps", key, "outcomes", FAILED), path)
        self._flows_to(key, FAILED, entry["next"], path)
        return (OutcomePlan(FAILED, entry.get("label", GIVEN_UP), cancels=cancels),)

    def _ways_on(self, key: str, raw: Raw) -> None:
        path = ("steps", key)
        if "next" in raw:
            self._flows_to(key, "", raw["next"], (*path, "next"))
        for index, branch in enumerate(raw.get("branches", ())):
            self._branch(key, branch, (*path, "branches", index))

    def _branch(self, key: str, branch: Raw, path: Path) -> None:
        if "else" in branch:
            if len(branch) > 1:
                self.fault("misplaced", path, _("“else” stands alone in its branch."))
            self._flows_to(key, "", branch["else"], (*path, "else"), is_default=True)
            return
        lines = [branch["if"]] if isinstance(branch["if"], str) else branch["if"]
        found = tuple(self.condition(line, (*path, "if")) for line in lines)
        self._flows_to(key, "", branch["next"], (*path, "next"), conditions_=found)

    def _flows_to(
        self,
        source: str,
        outcome: str,
        targets: str | list[str],
        path: Path,
        *,
        is_default: bool = False,
        conditions_: tuple[ConditionPlan, ...] = (),
    ) -> None:
        self.demand_steps(_keys(targets), path)
        for target in _keys(targets):
            self.flows.append(FlowPlan(source, target, outcome, is_default, conditions_))

    # -- fields and checklist --------------------------------------------------------------------------------

    def _uses(self, uses: Any, path: tuple[str, ...]) -> tuple[StepFieldPlan, ...]:
        plans: list[StepFieldPlan] = []
        for index, text in enumerate(uses):
            key = text.rstrip("".join(MODES))
            if key not in self.fields:
                self.demand_fields([key], (*path, index))
            elif any(one.field_key == key for one in plans):
                self.fault("field_twice", (*path, index), _("“%(field)s” stands here twice."), field=key)
            else:
                plans.append(StepFieldPlan(key, MODES.get(text[-1], "optional")))
        return tuple(plans)

    def _checklist(self, raw: Any, path: Path) -> tuple[ItemPlan, ...]:
        """Activities, each followed by its parts."""
        plans: list[ItemPlan] = []
        for index, one in enumerate(raw):
            item = self._item(one, plans, "", (*path, index))
            parts = one.get("parts", ()) if isinstance(one, Mapping) else ()
            for at, part in enumerate(parts):
                self._item(part, plans, item.key, (*path, index, "parts", at))
        return tuple(plans)

    def _item(self, one: Any, plans: list[ItemPlan], parent: str, path: Path) -> ItemPlan:
        """Append one activity, keyed by its text unless a key is given."""
        entry: Raw = one if isinstance(one, Mapping) else {"text": one}
        text = entry["text"].strip()
        is_marked = text.endswith("!")
        text = text.rstrip("! ") if is_marked else text
        taken = [plan.key for plan in plans]
        key = entry.get("key") or key_from(text[:40], taken, "punkt")
        if key in taken:
            self.fault("duplicate_key", path, _("“%(key)s” stands here a second time."), key=key)
        plans.append(ItemPlan(key, text, entry.get("mandatory", is_marked), parent))
        return plans[-1]


def _entry(body: Any) -> Raw:
    """What stands at an outcome, also where only its next step does."""
    return body if isinstance(body, Mapping) else {"next": body}


def _entries(raw: Raw) -> list[tuple[str, str, Raw]]:
    """Key, name as written, and contents of each outcome. A name that is a key stays as it is."""
    bodies = raw.get("outcomes", {})
    taken = [name for name in bodies if KEY.fullmatch(name)]
    found: list[tuple[str, str, Raw]] = []
    for name, body in bodies.items():
        key = name if KEY.fullmatch(name) else key_from(name, taken, "ergebnis")
        taken.append(key)
        found.append((key, name, _entry(body)))
    return found


def _keys(raw: Any) -> tuple[str, ...]:
    """One key or several."""
    return (raw,) if isinstance(raw, str) else tuple(raw)


WITH_OUTCOMES = frozenset({"task", "subprocess"})
IMPLIED = {"branches": "exclusive", "wait": "timer", "do": "action", "process": "subprocess"}
"""Words that say the kind of a step by themselves."""
TASK, ACTION, CALL = (frozenset({kind}) for kind in ("task", "action", "subprocess"))
PLACES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("team", "assign", "not_same_as", "max_visits", "deadline", "repeat"), TASK),
    **dict.fromkeys(("checklist", "fields", "approves", "deadlines", "escalation"), TASK),
    **dict.fromkeys(("do", "about", "failed", *(ACTION_WORDS.keys() - {"text"})), ACTION),
    **dict.fromkeys(("process", "in", "out"), CALL),
    "outcomes": WITH_OUTCOMES,
    "branches": frozenset({"exclusive", "inclusive"}),
    "next": frozenset({"task", "exclusive", "parallel", "inclusive", "timer", "action", "subprocess"}),
    "result": frozenset({"end", "terminate"}),
    "wait": frozenset({"timer"}),
}
"""Which words belong to which kinds of steps; words not listed belong to all."""
OUTCOME_PLACES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("reason", "approval", "no_agreement"), TASK),
    **dict.fromkeys(("ends", "otherwise"), CALL),
}
"""Words of an outcome that only one kind of step has."""


def _choices(raw: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(raw, Mapping):
        return tuple(raw.items())
    pairs: list[tuple[str, str]] = []
    for label in raw:
        pairs.append((key_from(label, [key for key, _label in pairs], "wert"), label))
    return tuple(pairs)
