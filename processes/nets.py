"""A version's rows compiled into one frozen object: the net for the engine, and what steps ask of people.

Published versions never change but for corrected texts, so their compiled form is kept in memory by version
id and by the stamp of its texts (`ProcessVersion.texts_stamp`), which every correction writes anew in its own
transaction. So any number of processes see a correction at once: the stamp is read before the texts, and what
is kept is never older than its stamp. It is read beside a row that is read anyway (`of_case`, `of_version`);
only who has nothing but an id asks for it, one query by primary key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Final

from django.db.models import F

from people.legal import Term
from people.models import Team, User
from processes import engine, texts
from processes.blueprint import ConditionPlan
from processes.conditions import NAMED
from processes.escalation import OF_CASE, Level
from processes.fields import FieldSpec
from processes.models import (
    ChecklistItem,
    Condition,
    DeadlineRule,
    EscalationPlan,
    FormField,
    Outcome,
    ProcessInstance,
    ProcessVersion,
    Step,
    StepField,
    Transition,
)
from processes.moments import Basis, Moment
from processes.stepplans import StepConfig

WAITING = frozenset({Step.Kind.TASK, Step.Kind.TIMER, Step.Kind.ACTION, Step.Kind.SUBPROCESS})
ENDS = frozenset({Step.Kind.END, Step.Kind.TERMINATE})


@dataclass(frozen=True, slots=True)
class OutcomeInfo:
    """An outcome as the task page shows it."""

    id: int
    key: str
    label: str
    requires_note: bool
    is_clock: bool
    after: Moment | None = None
    is_interrupting: bool = True
    is_approval: bool = False
    is_no_agreement: bool = False

    @property
    def is_choosable(self) -> bool:
        """Whether a person may choose it."""
        return not self.is_clock and not self.is_no_agreement


@dataclass(frozen=True, slots=True)
class ItemInfo:
    """A checklist item as the task page shows it; one with parts is ticked by ticking these."""

    id: int
    key: str
    text: str
    is_mandatory: bool
    parent_id: int | None = None
    has_parts: bool = False


@dataclass(frozen=True, slots=True)
class StepFieldInfo:
    """A field and what this step does with it."""

    spec: FieldSpec
    mode: str

    @property
    def is_writable(self) -> bool:
        """Whether the step may fill it in."""
        return self.mode in StepField.MODES_WRITING

    @property
    def is_shown(self) -> bool:
        """Whether the page shows it."""
        return self.mode != StepField.Mode.HIDDEN

    @property
    def is_required(self) -> bool:
        """Whether an outcome chosen by a person needs it."""
        return self.mode == StepField.Mode.REQUIRED


@dataclass(frozen=True, slots=True)
class DeadlineInfo:
    """A rule of a deadline; `term` is set for a legal one, which is counted by the calendar."""

    kind: str
    moment: Moment
    urgency: int | None = None
    is_latest: bool = False
    term: Term | None = None
    is_final: bool = False

    @property
    def is_legal(self) -> bool:
        """Whether it is the law's: counted by BGB §§187-193, or a Notfrist however that is counted (72 hours
        of Art. 33 DSGVO)."""
        return self.term is not None or self.is_final

    @property
    def is_notice(self) -> bool:
        """Whether it is the last day for a notice, counted backwards from a date."""
        return self.term is not None and self.term.is_backwards

    @property
    def rests(self) -> bool:
        """Whether it comes later by the time in which its task or case stood still."""
        return not (self.is_legal or self.moment.keeps_to_date)


@dataclass(frozen=True, slots=True)
class StepInfo:
    """A step with everything that hangs on it."""

    id: int
    key: str
    kind: str
    name: str
    instructions: str
    team_id: int | None
    assignment: str
    person_id: int | None
    reference_keys: tuple[str, ...]
    apart_keys: tuple[str, ...]
    field_key: str
    max_visits: int | None
    approves_fields: tuple[str, ...]
    config: StepConfig
    deadlines: tuple[DeadlineInfo, ...]
    plan_keys: Mapping[str, str]
    result: str
    outcomes: tuple[OutcomeInfo, ...]
    checklist: tuple[ItemInfo, ...]
    fields: tuple[StepFieldInfo, ...]

    def outcome(self, key: str) -> OutcomeInfo | None:
        """The outcome of that key, if the step has it."""
        return next((outcome for outcome in self.outcomes if outcome.key == key), None)

    @property
    def has_reaction_time(self) -> bool:
        """Whether a task has to be taken over until some time."""
        return any(rule.kind == DeadlineRule.Kind.REACTION for rule in self.deadlines)

    @property
    def timed_outcomes(self) -> tuple[OutcomeInfo, ...]:
        """Outcomes the clock chooses."""
        return tuple(outcome for outcome in self.outcomes if outcome.is_clock)

    @property
    def has_token_clocks(self) -> bool:
        """Whether the clock ends or adds something here: a wait, or an outcome of the clock."""
        return self.config.wait is not None or bool(self.timed_outcomes)

    @property
    def tickable_items(self) -> int:
        """How many activities have a tick of their own: all but those that have parts."""
        return sum(not item.has_parts for item in self.checklist)

    @property
    def mandatory_item_ids(self) -> tuple[int, ...]:
        """Items without which no person can end the task: mandatory ones and the parts of mandatory ones."""
        whole = {item.id for item in self.checklist if item.is_mandatory and item.has_parts}
        return tuple(
            item.id
            for item in self.checklist
            if not item.has_parts and (item.is_mandatory or item.parent_id in whole)
        )


@dataclass(frozen=True)
class CompiledVersion:
    """One version, ready to run."""

    version_id: int
    definition_id: int
    net: engine.Net
    steps: Mapping[str, StepInfo]
    fields: Mapping[str, FieldSpec]
    apart: Mapping[str, frozenset[str]]
    """Steps no person may do both of, both ways (four eyes)."""
    behind: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Approving steps that no way from the start leads around, by step."""
    deadlines: tuple[DeadlineInfo, ...] = ()
    """Deadlines of the whole case."""
    plan_keys: Mapping[str, str] = field(default_factory=dict)
    plans: Mapping[str, tuple[Level, ...]] = field(default_factory=dict)
    """Escalation plans by key, as they were when the version was published; "" = the standard one."""

    def plan(self, step: StepInfo | None, urgency: int) -> tuple[Level, ...]:
        """The levels for a step (or the case) and an urgency; none where there is no such plan."""
        return self.plans.get(self.plan_key(step, urgency), ())

    def plan_key(self, step: StepInfo | None, urgency: int) -> str:
        """Which escalation plan watches a step (or the case): its own, else the version's, else the standard
        one ("")."""
        own = step.plan_keys if step else {"": self.plan_keys.get(OF_CASE, "")}
        for keys in (own, self.plan_keys):
            key = keys.get(str(urgency), keys.get("", ""))
            if key:
                return key
        return ""

    @cached_property
    def approving(self) -> tuple[StepInfo, ...]:
        """Steps whose outcome approves values."""
        return tuple(step for step in self.steps.values() if step.approves_fields)

    @cached_property
    def moments(self) -> tuple[Moment, ...]:
        """Everything that is counted from something, wherever it stands in the version."""
        found = [step.config.wait for step in self.steps.values()]
        found += [outcome.after for step in self.steps.values() for outcome in step.outcomes]
        found += [rule.moment for step in self.steps.values() for rule in step.deadlines]
        found += [rule.moment for rule in self.deadlines]
        return tuple(one for one in found if one is not None)

    @cached_property
    def date_keys(self) -> frozenset[str]:
        """Fields that waits and outcomes of the clock are counted from."""
        return frozenset(one.key for one in self.moments if one.basis is Basis.FIELD)

    @cached_property
    def after_keys(self) -> frozenset[str]:
        """Steps whose end waits, outcomes of the clock and deadlines are counted from."""
        return frozenset(one.key for one in self.moments if one.basis is Basis.AFTER)

    def leads_back(self, step_key: str, outcome_key: str, to: str) -> bool:
        """Whether a step can still be reached (again) after an outcome of another one."""
        flows = [flow for flow in self.net.outgoing(step_key) if flow.outcome == outcome_key]
        return any(to in self.net.reachable(flow.target) for flow in flows)

    @property
    def start(self) -> StepInfo:
        """The one start step; its fields are the start form."""
        return next(step for step in self.steps.values() if step.kind == Step.Kind.START)

    @property
    def customer_use(self) -> StepFieldInfo | None:
        """The first customer the start form asks for: whom the case is about."""
        asked = (use for use in self.start.fields if use.is_writable and use.spec.type == "customer")
        return next(asked, None)

    def follow_ups(self, step_key: str, outcome_key: str | None) -> tuple[StepInfo, ...]:
        """What an outcome (None: just going on) leads to, gateways looked through: waiting steps and ends,
        in order."""
        ahead = (self.steps[key] for key in self._ahead(step_key, outcome_key))
        return tuple(step for step in ahead if step.kind in WAITING or step.kind in ENDS)

    def awaited(self, step_key: str, outcome_key: str | None, open_at: Iterable[str]) -> tuple[StepInfo, ...]:
        """Which of the other steps open now come first: a join right behind an outcome waits for them.

        Those that the outcome stops are not waited for.
        """
        joins = {key for key in self._ahead(step_key, outcome_key) if self.net.is_join(key)}
        node = self.net.nodes[step_key]
        stopped = next((one.cancels for one in node.outcomes if one.key == outcome_key), frozenset())
        places = [key for key in dict.fromkeys(open_at) if key in self.steps and key not in stopped]
        return tuple(self.steps[key] for key in places if joins & self.net.reachable(key))

    def _ahead(self, step_key: str, outcome_key: str | None) -> tuple[str, ...]:
        """Gateways behind an outcome, and the waiting steps and ends they lead to."""
        found: dict[str, None] = {}
        queue = [flow.target for flow in self.net.outgoing(step_key) if flow.outcome == outcome_key]
        while queue:
            key = queue.pop(0)
            if key in found:
                continue
            found[key] = None
            if self.steps[key].kind not in WAITING | ENDS:
                queue.extend(flow.target for flow in self.net.outgoing(key))
        return tuple(found)


AS_PUBLISHED: Final = ""
"""The stamp of texts that were never corrected; also for who needs no texts."""
LARGE = ("plans", "plan_keys", "translations", "note", "signed_reason")
"""Columns of a version that nobody needs who reads it for its stamp."""


def compiled(version_id: int, stamp: str | None = None) -> CompiledVersion:
    """The compiled form of a version: from memory when it is published or retired, else made anew.

    `stamp` is that of its texts, if it was read already; `AS_PUBLISHED` leaves corrections out.
    """
    if stamp is None:
        stamp = ProcessVersion.everything.filter(pk=version_id).values_list("texts_stamp", flat=True).first()
    try:
        return _immutable(version_id, stamp or AS_PUBLISHED)
    except _StillDraft:
        return compile_version(ProcessVersion.everything.get(pk=version_id))


def of_version(version: ProcessVersion) -> CompiledVersion:
    """The compiled form of a version that was read just now."""
    return compiled(version.pk, version.texts_stamp)


def of_case(case: ProcessInstance) -> CompiledVersion:
    """The compiled form of a case's version: without a query where the stamp was read with the case
    (`stamp_beside`) or the version was (`select_related`)."""
    stamp: str | None = getattr(case, "texts_stamp", None)
    if stamp is None and "version" in case._state.fields_cache:
        stamp = case.version.texts_stamp
    return compiled(case.version_id, stamp)


def stamp_beside() -> F:
    """The stamp as a column `texts_stamp` of cases that are read anyway."""
    return F("version__texts_stamp")


class _StillDraft(Exception):
    """Keeps a draft out of the cache."""


@lru_cache(maxsize=256)
def _immutable(version_id: int, stamp: str) -> CompiledVersion:
    version = ProcessVersion.everything.get(pk=version_id)
    if version.is_draft:
        raise _StillDraft
    version.texts_stamp = stamp
    return compile_version(version)


def forget() -> None:
    """Empty the memory (for tests, whose databases reuse ids)."""
    _immutable.cache_clear()


def compile_version(version: ProcessVersion) -> CompiledVersion:
    """Read a version's rows (eight statements, one more for corrected texts) and freeze them.

    Raises engine.NetError.
    """
    said = version.text_revisions.effective() if version.texts_stamp else {}
    specs = {field.pk: _spec(field, said) for field in FormField.objects.filter(version=version)}
    rows = list(Step.objects.filter(version=version))
    outcomes = _by_step(Outcome.objects.filter(step__version=version))
    items = _by_step(ChecklistItem.objects.filter(step__version=version))
    uses = _by_step(StepField.objects.filter(step__version=version))
    rules = _by_step(DeadlineRule.objects.filter(version=version))
    steps = {
        row.key: StepInfo(
            id=row.pk,
            key=row.key,
            kind=row.kind,
            name=said.get(f"steps.{row.key}.name", row.name),
            instructions=said.get(f"steps.{row.key}.instructions", row.instructions),
            team_id=row.team_id,
            assignment=row.assignment,
            person_id=row.person_id,
            reference_keys=row.reference_keys,
            apart_keys=row.apart_keys,
            field_key=row.field_key,
            max_visits=row.max_visits,
            approves_fields=tuple(row.approves_fields),
            config=StepConfig.from_json(texts.config(row.key, row.config, said)),
            deadlines=_deadlines(row, rules[row.pk]),
            plan_keys=row.plan_keys,
            result=said.get(f"steps.{row.key}.result", row.result),
            outcomes=tuple(_outcome_info(row.key, one, said) for one in outcomes[row.pk]),
            checklist=_item_infos(row.key, items[row.pk], said),
            fields=tuple(StepFieldInfo(specs[use.field_id], use.mode) for use in uses[row.pk]),
        )
        for row in rows
    }
    net = build_net(version, rows, outcomes)
    return CompiledVersion(
        version_id=version.pk,
        definition_id=version.definition_id,
        net=net,
        steps=steps,
        fields={spec.key: spec for spec in specs.values()},
        apart=kept_apart(steps.values()),
        behind=_behind(net, steps.values()),
        deadlines=tuple(deadline_info(rule) for rule in rules[None]),
        plan_keys=version.plan_keys,
        plans=plans_of(version),
    )


def _deadlines(step: Step, rows: list[DeadlineRule]) -> tuple[DeadlineInfo, ...]:
    """The short form of the step, and its other rules."""
    usual = [DeadlineInfo(DeadlineRule.Kind.SOLUTION, Moment(offset=step.deadline))] if step.deadline else []
    return (*usual, *(deadline_info(row) for row in rows))


def deadline_info(row: DeadlineRule) -> DeadlineInfo:
    """A rule, stored or not, as deadlines are found by it. Raises MomentError, DurationError."""
    return DeadlineInfo(
        kind=row.kind,
        moment=row.moment,
        urgency=row.urgency,
        is_latest=row.pick == DeadlineRule.Pick.LATEST,
        term=row.term,
        is_final=row.is_final,
    )


def plans_of(version: ProcessVersion) -> dict[str, tuple[Level, ...]]:
    """Levels by plan: the copy a published version keeps; of a draft the plans as they are now."""
    stored = version.plans if not version.is_draft else plan_snapshot()
    return {key: tuple(Level.from_json(row) for row in rows) for key, rows in stored.items()}


def plan_snapshot() -> dict[str, list[dict[str, Any]]]:
    """All escalation plans as JSON by key, the standard one also under ""; two statements."""
    found: dict[str, list[dict[str, Any]]] = {}
    for plan in EscalationPlan.objects.prefetch_related("rows"):
        found[plan.key] = [level.to_json() for level in plan.levels()]
        if plan.is_default:
            found[""] = found[plan.key]
    return found


def _outcome_info(step: str, row: Outcome, said: Mapping[str, str]) -> OutcomeInfo:
    return OutcomeInfo(
        id=row.pk,
        key=row.key,
        label=said.get(f"steps.{step}.outcomes.{row.key}.label", row.label),
        requires_note=row.requires_note,
        is_clock=row.is_clock,
        after=Moment.from_json(row.after) if row.after else None,
        is_interrupting=row.is_interrupting,
        is_approval=row.is_approval,
        is_no_agreement=row.is_no_agreement,
    )


def _item_infos(step: str, rows: list[ChecklistItem], said: Mapping[str, str]) -> tuple[ItemInfo, ...]:
    """Activities in order, each followed by its parts."""
    children: dict[int | None, list[ChecklistItem]] = defaultdict(list)
    for row in rows:
        children[row.parent_id].append(row)
    parents = set(children)
    ordered = [one for top in children[None] for one in (top, *children.get(top.pk, ()))]
    return tuple(
        ItemInfo(
            row.pk,
            row.key,
            said.get(f"steps.{step}.checklist.{row.key}.text", row.text),
            row.is_mandatory,
            row.parent_id,
            row.pk in parents,
        )
        for row in ordered
    )


def _by_step(rows: Iterable) -> dict[int | None, list]:  # type: ignore[type-arg]
    grouped: dict[int | None, list] = defaultdict(list)  # type: ignore[type-arg]
    for row in rows:
        grouped[row.step_id].append(row)
    return grouped


def _spec(field: FormField, said: Mapping[str, str]) -> FieldSpec:
    stored = ((str(value), str(label)) for value, label in field.choices)
    return FieldSpec(
        key=field.key,
        label=said.get(f"fields.{field.key}.label", field.label),
        type=field.type,
        help_text=said.get(f"fields.{field.key}.help_text", field.help_text),
        choices=texts.choices(field.key, stored, said),
        limits=field.limits,
        is_indexed=field.is_searchable or field.is_evaluated,
        is_searchable=field.is_searchable,
    )


def build_net(
    version: ProcessVersion, rows: Iterable[Step], outcomes: Mapping[int | None, list[Outcome]]
) -> engine.Net:
    """Turn rows into the engine's net. Raises engine.NetError where they make no graph."""
    by_id = {row.pk: row for row in rows}
    types = dict(FormField.objects.filter(version=version).values_list("key", "type"))
    nodes = [
        engine.Node(
            key=row.key,
            kind=engine.Kind(row.kind),
            outcomes=tuple(
                engine.Outcome(o.key, o.is_clock, o.is_interrupting, frozenset(o.cancels))
                for o in outcomes.get(row.pk, ())
            ),
            position=row.position,
        )
        for row in by_id.values()
    ]
    transitions = (
        Transition.objects.filter(version=version)
        .select_related("outcome")
        .prefetch_related("conditions")
        .order_by("position", "id")
    )
    ids = _ids_of_names((c for row in transitions for c in row.conditions.all()), types)
    flows = [
        engine.Flow(
            id=str(row.pk),
            source=by_id[row.source_id].key,
            target=by_id[row.target_id].key,
            outcome=row.outcome.key if row.outcome else None,
            conditions=tuple(judged(c, types.get(c.field_key, "text"), ids) for c in row.conditions.all()),
            is_default=row.is_default,
            position=row.position,
        )
        for row in transitions
    ]
    return engine.Net.build(nodes, flows)


def _behind(net: engine.Net, steps: Iterable[StepInfo]) -> dict[str, frozenset[str]]:
    """Steps that cannot be reached without passing an approving step (its dominated steps)."""
    found: dict[str, frozenset[str]] = {}
    for step in steps:
        if step.approves_fields and net.start is not None:
            around = net.reachable(net.start, without=step.key)
            for key in set(net.nodes) - around - {step.key}:
                found[key] = found.get(key, frozenset()) | {step.key}
    return found


def judged(
    row: Condition | ConditionPlan, type_: str, ids: Mapping[tuple[str, str], int]
) -> engine.Condition:
    """A comparison as the engine judges it; people and teams by id. Who is gone is equal to nobody."""
    value = row.value
    if type_ in NAMED and isinstance(value, list):
        value = [ids[type_, one] for one in value if (type_, one) in ids]
    elif type_ in NAMED:
        value = ids.get((type_, str(value)))
    return engine.Condition(row.field_key, row.operator, value, type_)


def _ids_of_names(rows: Iterable[Condition], types: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """Ids of the people (by e-mail) and teams (by key) that conditions name: no statement where none does.

    Also of those deactivated since: a case may still name them.
    """
    words: dict[str, set[str]] = {type_: set() for type_ in NAMED}
    for row in rows:
        if types.get(row.field_key) in words:
            named = row.value if isinstance(row.value, list) else [row.value]
            words[types[row.field_key]] |= {str(one) for one in named if one}
    found: dict[tuple[str, str], int] = {}
    if words["person"]:
        people = User.objects.filter(email__in=words["person"]).values_list("email", "pk")
        found |= {("person", email): pk for email, pk in people}
    if words["team"]:
        teams = Team.objects.filter(key__in=words["team"]).values_list("key", "pk")
        found |= {("team", key): pk for key, pk in teams}
    return found


def kept_apart(steps: Iterable[StepInfo]) -> dict[str, frozenset[str]]:
    """Steps no person may do both of, by step, both ways."""
    pairs: dict[str, set[str]] = defaultdict(set)
    for step in steps:
        for other in step.apart_keys:
            pairs[step.key].add(other)
            pairs[other].add(step.key)
    return {key: frozenset(others) for key, others in pairs.items()}
