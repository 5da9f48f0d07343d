"""Templates as the administration shows them: a row of the list, and the steps of one as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from processes import escalation, outlines
from processes.blueprint import Blueprint, OutcomePlan, StepFieldPlan, StepPlan
from processes.editing.sheet import Row as SheetRow
from processes.escalation import OF_CASE, Plan
from processes.files.yamlformat import Head
from processes.library import TEAM_NAMES, Template, template
from processes.models import FormField, ProcessDefinition, Step, StepField, Urgency
from processes.models.definition import split_keys
from processes.words import levelwords, responsible
from processes.words.planwords import Names, clock, deadlines, sentences
from processes.words.responsible import Assigned
from processes.words.waywords import Onward, Ways, begins

Rule = Step.Assignment
UNSHOWN = frozenset({"start", "end", "terminate"})
"""Kinds of steps that have no row of their own."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A row of the list. `adopted` is the process of that key, if there is one."""

    key: str
    name: str
    category: str
    description: str
    steps: int
    teams: tuple[str, ...]
    adopted: ProcessDefinition | None


@dataclass(frozen=True, slots=True)
class Way:
    """What a step ends with and where that leads."""

    label: str
    targets: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A step."""

    key: str
    name: str
    kind: str
    notes: tuple[str, ...]
    responsible: str
    deadline: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """A field, and the steps that must, may or do not fill it in."""

    label: str
    type: str
    required: str
    optional: str
    shown: str


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a plan."""

    name: str
    when: str
    acts: str


@dataclass(frozen=True, slots=True)
class Watch:
    """An escalation plan the template brings along, what it watches, and its levels."""

    key: str
    name: str
    watches: tuple[str, ...]
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One template."""

    key: str
    name: str
    description: str
    category: str
    teams: tuple[str, ...]
    visibility: str
    is_confidential: bool
    called: tuple[str, ...]
    asked: tuple[str, ...]
    first: str
    rows: tuple[Row, ...]
    plans: tuple[Watch, ...]
    ends: tuple[str, ...]


def summary(one: Template, adopted: ProcessDefinition | None) -> Summary:
    """A row of the list."""
    head = one.head
    return Summary(
        head.key,
        head.name,
        head.category,
        head.description,
        len(one.working_steps),
        _team_names(one),
        adopted,
    )


def _judged(head: Head) -> tuple[str, ...]:
    """What the urgency is computed from, where the process demands it."""
    return (_("Impact"), _("Time pressure")) if head.computes_urgency else ()


def page(one: Template) -> Page:
    """Everything about one template."""
    names = Names.of(one.plan, teams=TEAM_NAMES, processes=_processes(one))
    start = next(step for step in one.plan.steps if step.kind == "start")
    return Page(
        key=one.key,
        name=one.head.name,
        description=one.head.description,
        category=one.head.category,
        teams=_team_names(one),
        visibility=str(ProcessDefinition.Visibility(one.head.visibility).label),
        is_confidential=one.head.is_confidential,
        called=tuple(_processes(one).values()),
        asked=(*(names.field(use.field_key) for use in start.fields), *_judged(one.head)),
        first=_first(one.plan, names),
        rows=rows(one.plan, names),
        plans=tuple(_watch(one.plan, plan) for plan in one.parsed.plans),
        ends=tuple(step.name for step in one.plan.steps if step.kind in ("end", "terminate")),
    )


def _first(plan: Blueprint, names: Names) -> str:
    """What a case begins with."""
    ways = Ways(plan, names)
    start = next(row for row in ways.sheet.rows if row.step.kind == "start")
    return ways.sentence(start, "")


def _watch(blueprint: Blueprint, plan: Plan) -> Watch:
    of_tasks = {urgency: key for urgency, key in blueprint.plan_keys.items() if urgency != OF_CASE}
    parts: list[tuple[str, Mapping[str, str]]] = [
        (_("the whole case"), {"": blueprint.plan_keys.get(OF_CASE, "")}),
        (_("every task without a plan of its own"), of_tasks),
        *((_("“%(step)s”") % {"step": step.name}, step.plan_keys) for step in blueprint.steps),
    ]
    watches = tuple(_watched(part, keys, plan.key) for part, keys in parts if plan.key in keys.values())
    return Watch(plan.key, plan.name, watches, tuple(map(_level, plan.levels)))


def _level(one: escalation.Level) -> Level:
    when = ", ".join(part for part in (levelwords.when(one.offset), levelwords.only_if(one)) if part)
    return Level(one.name, when, levelwords.acts(one))


def _watched(part: str, keys: Mapping[str, str], key: str) -> str:
    """A part, with the urgencies the plan is for if there are several."""
    named = [str(Urgency(int(urgency)).label) for urgency, one in keys.items() if one == key and urgency]
    return f"{part} ({', '.join(named)})" if named else part


def _team_names(one: Template) -> tuple[str, ...]:
    return tuple(TEAM_NAMES.get(key, key) for key in one.teams)


def _processes(one: Template) -> dict[str, str]:
    found = {key: template(key) for key in one.called}
    return {key: called.head.name if called else key for key, called in found.items()}


def rows(plan: Blueprint, names: Names) -> tuple[Row, ...]:
    """The steps of a plan as a table, without start and ends; gateways as the editing page shows them."""
    ways = Ways(plan, names)
    return tuple(_row(row, ways) for row in ways.sheet.rows if row.step.kind not in UNSHOWN)


def _row(row: SheetRow, ways: Ways) -> Row:
    step, names = row.step, ways.names
    return Row(
        key=step.key,
        name=names.step(step.key),
        kind="" if step.kind == "task" else str(Step.Kind(step.kind).label),
        notes=tuple(_notes(row, names)),
        responsible=_responsible(step, names),
        deadline="; ".join(deadlines(step.deadlines, names, short=step.deadline)),
        ways=tuple(_ways(row, ways)),
    )


def _notes(row: SheetRow, names: Names) -> Iterator[str]:
    """When it begins, what it does by itself, how much is to be ticked, and how often it may come back."""
    step = row.step
    if row.wait:
        yield _("Begins %(when)s.") % {"when": begins(row.wait, names)}
    yield from sentences(step.config, names)
    items = [item for item in step.checklist if not item.parent]
    if items:
        number = sum(item.is_mandatory for item in items)
        text = ngettext("Checklist: %(all)s activity", "Checklist: %(all)s activities", len(items))
        must = _(", %(must)s of them mandatory") % {"must": number} if number else ""
        yield text % {"all": len(items)} + must
    if step.max_visits:
        yield _("Goes to the lead when it comes more than %(count)s times.") % {"count": step.max_visits}


def _responsible(step: StepPlan, names: Names) -> str:
    if step.kind != "task":
        return ""
    assigned = responsible.of_plan(step, names)
    if assigned.repeat is not None:
        return responsible.text(assigned, names)
    found = [_rule(assigned), assigned.team, _apart(step, names)]
    return "; ".join(part for part in found if part)


def _rule(one: Assigned) -> str:
    if one.rule in (Rule.FEWEST_OPEN, Rule.ROUND_ROBIN):
        return str(Rule(one.rule).label)
    return responsible.by_rule(one)


def _apart(step: StepPlan, names: Names) -> str:
    keys = split_keys(step.reference_key) if step.assignment == Rule.NOT_SAME_AS else ()
    steps = [_("“%(step)s”") % {"step": names.step(key)} for key in (*keys, *split_keys(step.apart_key))]
    return _("nobody who did %(steps)s") % {"steps": ", ".join(steps)} if steps else ""


def _ways(row: SheetRow, ways: Ways) -> Iterator[Way]:
    outcomes = {one.key: one for one in row.step.outcomes}
    for key in row.ways:
        outcome = outcomes.get(key)
        label, when = (outcome.label, _when(outcome, ways)) if outcome else (key, "")
        yield from _of_outcome(label, when, ways.onward(row, key))


def _of_outcome(label: str, when: str, onward: Sequence[Onward]) -> Iterator[Way]:
    """One line for all that follow together, a line each for those that depend on the data."""
    always = [one.step for one in onward if not one.when]
    if always or not onward:
        yield Way(label, ", ".join(always) or "–", when)
    for one in onward:
        if one.when:
            yield Way(": ".join(part for part in (label, one.when) if part), one.step, when)


def _when(outcome: OutcomePlan, ways: Ways) -> str:
    """When an outcome is chosen by itself, what it asks for, and what it ends besides."""
    by_clock = clock(outcome.after, ways.names, is_interrupting=outcome.is_interrupting)
    parts = (
        by_clock if outcome.is_clock else "",
        _("when the votes find no agreement") if outcome.is_no_agreement else "",
        _("with a reason") if outcome.requires_note else "",
        outlines.stopping(outcome.cancels, outlines.stoppable_of(ways.plan, ways.names)),
    )
    return "; ".join(part for part in parts if part)


def uses(plan: Blueprint, names: Names) -> tuple[Use, ...]:
    """Each field of a plan with the steps that fill it in and those that only show it."""
    return tuple(
        Use(
            one.label,
            str(FormField.Type(one.type).label),
            _steps_with(plan, names, one.key, StepField.Mode.REQUIRED),
            _steps_with(plan, names, one.key, StepField.Mode.OPTIONAL),
            _steps_with(plan, names, one.key, StepField.Mode.READONLY),
        )
        for one in plan.fields
    )


def _steps_with(plan: Blueprint, names: Names, field: str, mode: str) -> str:
    """The steps that do this with a field; the start by its own word."""
    steps = [one for one in plan.steps if StepFieldPlan(field, mode) in one.fields]
    return ", ".join(_("when starting") if one.kind == "start" else names.step(one.key) for one in steps)
