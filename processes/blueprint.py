"""A process version as plain frozen values: what an import brings, what a copy carries, what an export shows.

Steps, fields, teams and people are named by key, so that a blueprint fits any installation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from dataclasses import fields as dataclass_fields
from typing import Any

from people.models import Team, User
from processes import texts
from processes.fields import FieldSpec
from processes.models import (
    ChecklistItem,
    Condition,
    DeadlineRule,
    FormField,
    Outcome,
    ProcessVersion,
    Step,
    StepField,
    Transition,
)
from processes.moments import Moment

FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
KEY_LENGTH = 60


def key_from(name: str, taken: Iterable[str] = (), fallback: str = "schritt") -> str:
    """Make a key of a name (`Prüfung` → `pruefung`), numbered where it is taken already."""
    folded = name.lower().translate(FOLDED)
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in folded).split()
    key = "_".join(words).lstrip("0123456789_")[: KEY_LENGTH - 4] or fallback
    used = set(taken)
    number = 2
    free = key
    while free in used:
        free = f"{key}_{number}"
        number += 1
    return free


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One value the cases carry."""

    key: str
    label: str
    type: str = "text"
    help_text: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    is_searchable: bool = False
    is_evaluated: bool = False

    @property
    def spec(self) -> FieldSpec:
        """The field, compiled."""
        return FieldSpec(
            key=self.key,
            label=self.label,
            type=self.type,
            help_text=self.help_text,
            choices=self.choices,
            limits=self.limits,
        )


@dataclass(frozen=True, slots=True)
class OutcomePlan:
    """What a task can end with: chosen by a person, or by the clock (`after`, a `moments.Moment` as JSON)."""

    key: str
    label: str
    requires_note: bool = False
    is_clock: bool = False
    after: Mapping[str, Any] = field(default_factory=dict)
    is_interrupting: bool = True
    is_approval: bool = False
    is_no_agreement: bool = False
    cancels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """One activity of a checklist; `parent` is the key of the activity it is a part of."""

    key: str
    text: str
    is_mandatory: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True)
class StepFieldPlan:
    """What a step does with a field."""

    field_key: str
    mode: str = "optional"


@dataclass(frozen=True, slots=True)
class DeadlinePlan:
    """One rule of a deadline (`models.DeadlineRule`); `basis`, `offset`, `key` and `on` are a moment."""

    basis: str = "step"
    offset: str = ""
    key: str = ""
    on: str = ""
    kind: str = "solution"
    urgency: int | None = None
    pick: str = "earliest"
    is_legal: bool = False
    counts_first_day: bool = False
    shifts_to_working_day: bool = True
    is_final: bool = False
    adds_half_month: bool = False
    days_before_end: int = 0
    early_warning: str = ""

    @property
    def moment(self) -> Moment:
        """The rule as a moment. Raises MomentError."""
        found = {"basis": self.basis, "offset": self.offset, "key": self.key, "on": self.on}
        return Moment.from_json({name: value for name, value in found.items() if value})


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step with everything that belongs to it alone; `config` is a `stepplans.StepConfig` as JSON."""

    key: str
    kind: str
    name: str
    instructions: str = ""
    team: str = ""
    assignment: str = "pool"
    person: str = ""
    reference_key: str = ""
    apart_key: str = ""
    field_key: str = ""
    max_visits: int | None = None
    approves_fields: tuple[str, ...] = ()
    deadline: str = ""
    deadlines: tuple[DeadlinePlan, ...] = ()
    plan_keys: Mapping[str, str] = field(default_factory=dict)
    result: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    outcomes: tuple[OutcomePlan, ...] = ()
    checklist: tuple[ItemPlan, ...] = ()
    fields: tuple[StepFieldPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionPlan:
    """One comparison of a field with a value."""

    field_key: str
    operator: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """From a step (by an outcome or under conditions) to the next."""

    source: str
    target: str
    outcome: str = ""
    is_default: bool = False
    conditions: tuple[ConditionPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class Blueprint:
    """The contents of one version."""

    fields: tuple[FieldPlan, ...] = ()
    steps: tuple[StepPlan, ...] = ()
    flows: tuple[FlowPlan, ...] = ()
    deadlines: tuple[DeadlinePlan, ...] = ()
    """Of the whole case."""
    plan_keys: Mapping[str, str] = field(default_factory=dict)
    """Escalation plan by urgency ("" = any other)."""
    language: str = "de"
    translations: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plans_named(self) -> frozenset[str]:
        """Keys of the escalation plans the process and its steps name."""
        named = (self.plan_keys, *(step.plan_keys for step in self.steps))
        return frozenset(key for keys in named for key in keys.values() if key)


def read(version: ProcessVersion) -> Blueprint:
    """The rows of a version as a blueprint, with its corrected texts; about ten statements however large it
    is, and time in proportion. So a copy begins with the corrected texts, and an export or a picture shows
    them."""
    fields = list(version.fields.all())
    steps = list(version.steps.select_related("team", "person"))
    rules = list(version.deadline_rules.all())
    of_steps = _grouped(rules)
    parts = _Parts.of(version, {row.pk: row.key for row in fields})
    plan = Blueprint(
        fields=tuple(_field_plan(row) for row in fields),
        steps=tuple(_step_plan(row, parts, of_steps[row.pk]) for row in steps),
        flows=_flow_plans(version, {row.pk: row.key for row in steps}, parts),
        deadlines=tuple(deadline_plan(row) for row in rules if row.step_id is None),
        plan_keys=version.plan_keys,
        language=version.language,
        translations=version.translations,
    )
    return texts.corrected(plan, version.text_revisions.effective()) if version.texts_stamp else plan


@dataclass(frozen=True, slots=True)
class _Parts:
    """What hangs on the steps of a version, by step: a statement a table."""

    outcomes: Mapping[int | None, list[Outcome]]
    checklist: Mapping[int | None, list[ChecklistItem]]
    fields: Mapping[int | None, list[StepField]]
    keys: Mapping[int, str]
    """Keys of fields by id."""

    @classmethod
    def of(cls, version: ProcessVersion, keys: Mapping[int, str]) -> _Parts:
        return cls(
            _grouped(Outcome.objects.filter(step__version=version)),
            _grouped(ChecklistItem.objects.filter(step__version=version)),
            _grouped(StepField.objects.filter(step__version=version)),
            keys,
        )


def _grouped(rows: Iterable[Any]) -> Mapping[int | None, list[Any]]:
    """Rows by the step they hang on, in their order."""
    found: dict[int | None, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.step_id].append(row)
    return found


def _field_plan(row: FormField) -> FieldPlan:
    return FieldPlan(
        key=row.key,
        label=row.label,
        type=row.type,
        help_text=row.help_text,
        choices=tuple((str(value), str(label)) for value, label in row.choices or ()),
        limits=row.limits,
        is_searchable=row.is_searchable,
        is_evaluated=row.is_evaluated,
    )


def deadline_plan(row: DeadlineRule) -> DeadlinePlan:
    """A stored rule as plain values."""
    return DeadlinePlan(**{one.name: getattr(row, one.name) for one in dataclass_fields(DeadlinePlan)})


def _step_plan(row: Step, parts: _Parts, rules: Iterable[DeadlineRule]) -> StepPlan:
    return StepPlan(
        key=row.key,
        kind=row.kind,
        name=row.name,
        instructions=row.instructions,
        team=row.team.key if row.team else "",
        assignment=row.assignment,
        person=row.person.email if row.person else "",
        reference_key=row.reference_key,
        apart_key=row.apart_key,
        field_key=row.field_key,
        max_visits=row.max_visits,
        approves_fields=tuple(row.approves_fields),
        deadline=row.deadline,
        deadlines=tuple(deadline_plan(one) for one in rules),
        plan_keys=row.plan_keys,
        result=row.result,
        config=row.config,
        outcomes=tuple(_outcome_plan(one) for one in parts.outcomes[row.pk]),
        checklist=_item_plans(parts.checklist[row.pk]),
        fields=tuple(StepFieldPlan(parts.keys[one.field_id], one.mode) for one in parts.fields[row.pk]),
    )


def _outcome_plan(row: Outcome) -> OutcomePlan:
    return OutcomePlan(
        key=row.key,
        label=row.label,
        requires_note=row.requires_note,
        is_clock=row.is_clock,
        after=row.after,
        is_interrupting=row.is_interrupting,
        is_approval=row.is_approval,
        is_no_agreement=row.is_no_agreement,
        cancels=tuple(row.cancels),
    )


def _item_plans(rows: Iterable[ChecklistItem]) -> tuple[ItemPlan, ...]:
    """Activities, each followed by its parts."""
    children: dict[int | None, list[ChecklistItem]] = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row)
    return tuple(
        ItemPlan(row.key, row.text, row.is_mandatory, top.key if row is not top else "")
        for top in children[None]
        for row in (top, *children[top.pk])
    )


def _flow_plans(version: ProcessVersion, steps: Mapping[int, str], parts: _Parts) -> tuple[FlowPlan, ...]:
    """The ways, in their order; `steps` = keys by id."""
    outcomes = {one.pk: one.key for rows in parts.outcomes.values() for one in rows}
    tests: dict[int, list[Condition]] = defaultdict(list)
    for one in Condition.objects.filter(transition__version=version):
        tests[one.transition_id].append(one)
    return tuple(
        FlowPlan(
            source=steps[row.source_id],
            target=steps[row.target_id],
            outcome=outcomes[row.outcome_id] if row.outcome_id else "",
            is_default=row.is_default,
            conditions=tuple(ConditionPlan(one.field_key, one.operator, one.value) for one in tests[row.pk]),
        )
        for row in version.transitions.all()
    )


def write(version: ProcessVersion, plan: Blueprint) -> None:
    """Fill an empty draft with the rows of a blueprint, one statement a table.

    Teams and people are looked up by key and e-mail; raises KeyError for a name that does not exist (the
    caller has checked before).
    """
    fields = _write_fields(version, plan)
    steps = _write_steps(version, plan)
    outcomes = _write_step_parts(plan, steps, fields)
    _write_flows(version, plan, steps, outcomes)
    _write_deadlines(version, plan, steps)


def _write_fields(version: ProcessVersion, plan: Blueprint) -> dict[str, FormField]:
    rows = [
        FormField(
            version=version,
            key=one.key,
            label=one.label,
            type=one.type,
            help_text=one.help_text,
            choices=[list(pair) for pair in one.choices],
            limits=dict(one.limits),
            is_searchable=one.is_searchable,
            is_evaluated=one.is_evaluated,
            position=position,
        )
        for position, one in enumerate(plan.fields)
    ]
    return {row.key: row for row in FormField.objects.bulk_create(rows)}


def _write_steps(version: ProcessVersion, plan: Blueprint) -> dict[str, Step]:
    teams = {team.key: team for team in Team.objects.filter(key__in={one.team for one in plan.steps})}
    emails = {one.person for one in plan.steps}
    people = {user.email: user for user in User.objects.filter(email__in=emails)}
    rows = [
        Step(
            version=version,
            key=one.key,
            kind=one.kind,
            name=one.name,
            instructions=one.instructions,
            team=teams[one.team] if one.team else None,
            assignment=one.assignment,
            person=people[one.person] if one.person else None,
            reference_key=one.reference_key,
            apart_key=one.apart_key,
            field_key=one.field_key,
            max_visits=one.max_visits,
            approves_fields=list(one.approves_fields),
            deadline=one.deadline,
            plan_keys=dict(one.plan_keys),
            result=one.result,
            config=dict(one.config),
            position=position,
        )
        for position, one in enumerate(plan.steps)
    ]
    return {row.key: row for row in Step.objects.bulk_create(rows)}


def _write_step_parts(
    plan: Blueprint, steps: Mapping[str, Step], fields: Mapping[str, FormField]
) -> dict[tuple[str, str], Outcome]:
    outcomes = [
        _outcome(steps[step.key], one, at) for step in plan.steps for at, one in enumerate(step.outcomes)
    ]
    shown = [
        StepField(step=steps[step.key], field=fields[one.field_key], mode=one.mode, position=position)
        for step in plan.steps
        for position, one in enumerate(step.fields)
    ]
    _write_checklists(plan, steps)
    StepField.objects.bulk_create(shown)
    return {(row.step.key, row.key): row for row in Outcome.objects.bulk_create(outcomes)}


def _write_checklists(plan: Blueprint, steps: Mapping[str, Step]) -> None:
    """Activities first, then their parts, which point to them."""
    tops: dict[tuple[str, str], ChecklistItem] = {}
    for wants_parts in (False, True):
        rows = [
            ChecklistItem(
                step=steps[step.key],
                parent=tops.get((step.key, one.parent)),
                key=one.key,
                text=one.text,
                is_mandatory=one.is_mandatory,
                position=position,
            )
            for step in plan.steps
            for position, one in enumerate(step.checklist)
            if bool(one.parent) == wants_parts
        ]
        tops |= {(row.step.key, row.key): row for row in ChecklistItem.objects.bulk_create(rows)}


def _outcome(step: Step, one: OutcomePlan, position: int) -> Outcome:
    return Outcome(
        step=step,
        key=one.key,
        label=one.label,
        requires_note=one.requires_note,
        is_clock=one.is_clock,
        after=dict(one.after),
        is_interrupting=one.is_interrupting,
        is_approval=one.is_approval,
        is_no_agreement=one.is_no_agreement,
        cancels=list(one.cancels),
        position=position,
    )


def _write_deadlines(version: ProcessVersion, plan: Blueprint, steps: Mapping[str, Step]) -> None:
    """Rules of steps and of the case; a version that names plans of its own is saved with them."""
    of_steps = [(steps[step.key], one) for step in plan.steps for one in step.deadlines]
    of_case: list[tuple[Step | None, DeadlinePlan]] = [(None, one) for one in plan.deadlines]
    rows = [
        DeadlineRule(version=version, step=step, position=position, **asdict(one))
        for position, (step, one) in enumerate([*of_case, *of_steps])
    ]
    DeadlineRule.objects.bulk_create(rows)
    if plan.plan_keys:
        version.plan_keys = dict(plan.plan_keys)
        version.save(update_fields=["plan_keys"])


def _write_flows(
    version: ProcessVersion,
    plan: Blueprint,
    steps: Mapping[str, Step],
    outcomes: Mapping[tuple[str, str], Outcome],
) -> None:
    rows = [
        Transition(
            version=version,
            source=steps[one.source],
            outcome=outcomes[one.source, one.outcome] if one.outcome else None,
            target=steps[one.target],
            is_default=one.is_default,
            position=position,
        )
        for position, one in enumerate(plan.flows)
    ]
    Transition.objects.bulk_create(rows)
    conditions = [
        Condition(
            transition=row, field_key=one.field_key, operator=one.operator, value=one.value, position=position
        )
        for row, flow in zip(rows, plan.flows, strict=True)
        for position, one in enumerate(flow.conditions)
    ]
    Condition.objects.bulk_create(conditions)
