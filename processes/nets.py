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
from functools import lru_cache
from typing import Any, Final

from django.db.models import F

from people.models import Team, User
from processes import engine, texts
from processes.blueprint import ConditionPlan
from processes.compiledversion import (
    CompiledVersion,
    DeadlineInfo,
    ItemInfo,
    OutcomeInfo,
    StepFieldInfo,
    StepInfo,
)
from processes.conditions import NAMED
from processes.escalation import Level
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
from processes.moments import Moment
from processes.stepplans import StepConfig

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
