"""What is wrong with a blueprint, in sentences that name steps. Pure: no row is read or written.

The structure and, if it has no fault, every possible run are judged on the engine's net; here stands what the
net cannot know: who does it, until when, and whether fields and conditions fit.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people import worktime
from processes import conditions, engine, limits
from processes.blueprint import Blueprint, ConditionPlan, FieldPlan, FlowPlan, StepPlan
from processes.checking import (
    callchecks,
    courses,
    deadlinechecks,
    following,
    soundness,
    staffing,
    stepchecks,
    structure,
)
from processes.checking.callchecks import Outside
from processes.checking.findings import ERROR, WARNING, Place, Problem, Sentence, warning
from processes.checking.findings import error as _error
from processes.checking.staffing import Staff
from processes.models import Step, StepField
from processes.numbers import is_valid_pattern
from processes.stepplans import Over
from processes.words.stepnames import step_names

ALONE = Outside()


def problems_of(
    plan: Blueprint,
    *,
    number_pattern: str,
    earlier_types: Mapping[str, str] | None = None,
    outside: Outside = ALONE,
    unknown_names: Collection[tuple[str, str]] = (),
    staff: Staff | None = None,
    most_markings: int = soundness.MOST_MARKINGS,
) -> list[Problem]:
    """Everything that is wrong, errors first, otherwise in the order of the steps.

    `outside` are the facts about other processes, teams and people that a blueprint relies on.
    `unknown_names` = people and teams that conditions name and the installation does not have, as pairs of
    type and e-mail or key (`conditions.names`). `staff` are the people it counts on; without it only what the
    plan itself says of them is judged. `most_markings` bounds how long its runs are looked at.
    """
    plan = _named(plan)
    found = [
        *_about_number(number_pattern),
        *_about_fields(plan, earlier_types or {}),
        *(list(_about_structure(plan)) or _about_runs(plan, most_markings)),
        *_about_steps(plan),
        *_about_conditions(plan, unknown_names),
        *stepchecks.problems(plan, outside),
        *callchecks.problems(plan, net_of(plan), outside),
        *_about_staff(plan, staff),
        *deadlinechecks.problems(plan, net_of(plan), outside),
    ]
    order = {step.key: position for position, step in enumerate(plan.steps)}
    return sorted(found, key=lambda one: (one.severity != ERROR, order.get(one.step, -1)))


def _named(plan: Blueprint) -> Blueprint:
    """The blueprint with words for whatever has no name yet, so that every sentence can name it."""
    names, nameless = step_names(plan), gettext("(without a name)")
    return replace(
        plan,
        steps=tuple(_with_names(step, names[step.key], nameless) for step in plan.steps),
        fields=tuple(one if one.label else replace(one, label=nameless) for one in plan.fields),
    )


def _with_names(step: StepPlan, name: str, nameless: str) -> StepPlan:
    if step.name and all(one.label for one in step.outcomes):
        return step
    outcomes = tuple(one if one.label else replace(one, label=nameless) for one in step.outcomes)
    return replace(step, name=step.name or name, outcomes=outcomes)


def _about_number(pattern: str) -> Iterator[Problem]:
    if not is_valid_pattern(pattern):
        message = _("The number pattern “%(pattern)s” needs {seq} once; besides it only {year} is possible.")
        yield _error("number_pattern", "", message, ("number",), pattern=pattern)


def _about_fields(plan: Blueprint, earlier_types: Mapping[str, str]) -> Iterator[Problem]:
    for one in plan.fields:
        path = ("fields", one.key)
        yield from _about_choices(one, path)
        for fault in limits.faults(one.type, one.limits):
            yield _error(f"limits_{fault}", "", LIMITS[fault], path, field=one.label)
        earlier = earlier_types.get(one.key, one.type)
        if earlier != one.type:
            message = _("The field “%(field)s” was of another type in an earlier version.")
            yield _error("type_changed", "", message, path, field=one.label)


def _about_choices(one: FieldPlan, path: Place) -> Iterator[Problem]:
    offers = one.type in ("choice", "multichoice")
    if offers and not one.choices:
        message = _("The field “%(field)s” has nothing to choose from.")
        yield _error("choices_missing", "", message, path, field=one.label)
    if one.choices and not offers:
        message = _("The field “%(field)s” has choices, but its type has none.")
        yield Problem("choices_ignored", WARNING, "", Sentence(message, {"field": one.label}), path)
    if len({value for value, _label in one.choices}) != len(one.choices):
        message = _("The field “%(field)s” offers the same value twice.")
        yield _error("choice_twice", "", message, path, field=one.label)


LIMITS: Mapping[str, Any] = {
    "does_not_fit": _("The field “%(field)s” has limits that do not fit its type."),
    "unreadable": _(
        "The limits of the field “%(field)s” cannot be read; write numbers such as 5,00, days such as"
        " 2026-12-31, today or +3."
    ),
    "crossed": _("The limits of the field “%(field)s” let nothing through."),
    "mask_empty": _("The form of the field “%(field)s” is empty."),
    "mask_too_long": _("The form of the field “%(field)s” is too long; at most 80 characters are possible."),
    "mask_nothing_to_repeat": _(
        "In the form of the field “%(field)s” + or ? stands where nothing can be repeated; a backslash before"
        " it means the sign itself."
    ),
    "mask_open_end": _("In the form of the field “%(field)s” nothing follows the last backslash."),
}


def _about_structure(plan: Blueprint) -> Iterator[Problem]:
    names = step_names(plan)
    for finding in structure.check(net_of(plan)):
        labels = {
            one.key: one.label for step in plan.steps if step.key == finding.step for one in step.outcomes
        }
        path: Place = ("steps", finding.step) if finding.step else ()
        if finding.outcome:
            path = (*path, "outcomes", finding.outcome)
        facts = {"name": names.get(finding.step, ""), "outcome": labels.get(finding.outcome, "")}
        yield _error(finding.code, finding.step, STRUCTURE[finding.code], path, **facts)


STRUCTURE: Mapping[str, Any] = {
    "no_start": _("The process has no start."),
    "second_start": _("“%(name)s”: the process has a second start; only one is possible."),
    "start_entered": _("“%(name)s”: nothing may lead back to the start."),
    "no_end": _("The process has no end."),
    "unreachable": _("“%(name)s” can never be reached."),
    "no_way_to_an_end": _("From “%(name)s” no way leads to an end."),
    "end_goes_on": _("“%(name)s” is an end; nothing may follow it."),
    "outcome_without_target": _("“%(name)s”: the outcome “%(outcome)s” leads nowhere."),
    "way_without_outcome": _("“%(name)s”: a task goes on by its outcomes only, not automatically."),
    "no_way_on": _("“%(name)s”: it is not said what comes next."),
    "no_default": _("“%(name)s”: the way for “otherwise” is missing."),
    "join_of_alternatives": _(
        "“%(name)s” waits for all ways that lead to it, but two of them can never be taken both."
    ),
    "condition_ignored": _("“%(name)s”: conditions are possible only where the way depends on the data."),
    "endless": _("“%(name)s” leads back to itself without a task in between."),
}


def _about_runs(plan: Blueprint, most_markings: int) -> Iterator[Problem]:
    """What only a run shows, each with one that does: faults, else what is allowed but perhaps not meant."""
    names = step_names(plan)
    net = net_of(plan)
    flows = tuple(_remembered(one, following.written_fields(net)) for one in net.flows.values())
    for defect in _defects(tuple(net.nodes.values()), flows, most_markings):
        facts = {"name": names.get(defect.step, ""), "example": Example(plan, defect.example)}
        find = warning if defect.code == soundness.END_REACHED_TWICE else _error
        yield find(defect.code, defect.step, RUNS[defect.code], **facts)


ANYTHING = engine.Condition("", "is_true")


def _remembered(flow: engine.Flow, written: frozenset[str]) -> engine.Flow:
    """A transition as the check tells it apart from others: what is compared matters only for fields that can
    be followed. Values become text, because some are no keys of a memory."""
    conditions = dict.fromkeys(
        replace(one, value=json.dumps(one.value, sort_keys=True, default=str))
        if one.field in written
        else ANYTHING
        for one in flow.conditions
    )
    return replace(flow, conditions=tuple(conditions))


@lru_cache(maxsize=64)
def _defects(
    nodes: tuple[engine.Node, ...], flows: tuple[engine.Flow, ...], most_markings: int
) -> tuple[soundness.Defect, ...]:
    """Remembered, because a large net can take seconds and a page about a draft asks on every visit."""
    asking = (
        replace(
            flow,
            conditions=tuple(
                one if one == ANYTHING else replace(one, value=json.loads(one.value))
                for one in flow.conditions
            ),
        )
        for flow in flows
    )
    net = engine.Net.build(nodes, asking)
    found = soundness.explore(net, most_markings=most_markings).defects
    return found or soundness.ends_reached_twice(net)


RUNS: Mapping[str, Any] = {
    "deadlock": _("At “%(name)s” a case can get stuck. Example: %(example)s."),
    "join_cannot_complete": _(
        "“%(name)s” waits for ways that never all arrive; no case gets past it. Example: %(example)s."
    ),
    "work_left_over": _(
        "At “%(name)s” work can be left over when the case has reached an end. Example: %(example)s."
    ),
    "livelock": _("From “%(name)s” on, a case can go on for ever without an end. Example: %(example)s."),
    "two_tokens_on_transition": _(
        "“%(name)s” can be reached a second time by the same way while it still waits from the first time."
        " Example: %(example)s."
    ),
    "step_never_reached": _("“%(name)s” is never reached, whatever is chosen."),
    "no_default": STRUCTURE["no_default"],
    soundness.END_REACHED_TWICE: _(
        "A case can reach “%(name)s” more than once, because other ways are still open then. That is allowed:"
        " the case ends when no work is left. Example: %(example)s."
    ),
    "undecided": _(
        "It could not be proved that every case ends: the process allows too many combinations. Please let"
        " fewer ways run at the same time, or divide it into several processes."
    ),
}


class Example:
    """A run in plain words, put together when it is shown: "step: outcome, step: outcome, ..."."""

    def __init__(self, plan: Blueprint, turns: Sequence[soundness.Turn]) -> None:
        self.names = step_names(plan)
        self.labels = {(step.key, one.key): one.label for step in plan.steps for one in step.outcomes}
        self.turns = turns

    def __str__(self) -> str:
        return ", ".join(self.steps())

    def steps(self) -> list[str]:
        """The run in short."""
        return courses.shortened([part for turn in self.turns for part in self._parts(turn)])

    def _parts(self, turn: soundness.Turn) -> Iterator[str]:
        if turn.event is None:
            yield self.names[turn.step]
        else:
            outcome = self.labels.get((turn.step, turn.outcome)) or gettext("done")
            yield f"{self.names[turn.step]}: {outcome}"
        for gateway, target in turn.ways:
            words = gettext("on to “%(step)s”") % {"step": self.names[target]}
            yield f"{self.names[gateway]}: {words}"


def net_of(plan: Blueprint) -> engine.Net:
    """The engine's net of a blueprint. Raises engine.NetError where it makes no graph."""
    types = {one.key: one.type for one in plan.fields}
    nodes = [
        engine.Node(
            key=step.key,
            kind=engine.Kind(step.kind),
            outcomes=tuple(
                engine.Outcome(one.key, one.is_clock, one.is_interrupting, frozenset(one.cancels))
                for one in step.outcomes
            ),
            position=position,
            writes=_writes(step),
        )
        for position, step in enumerate(plan.steps)
    ]
    flows = [
        engine.Flow(
            id=str(position),
            source=one.source,
            target=one.target,
            outcome=one.outcome or None,
            conditions=tuple(
                engine.Condition(each.field_key, each.operator, each.value, types.get(each.field_key, "text"))
                for each in one.conditions
            ),
            is_default=one.is_default,
            position=position,
        )
        for position, one in enumerate(plan.flows)
    ]
    return engine.Net.build(nodes, flows)


def _writes(step: StepPlan) -> frozenset[str]:
    """Fields a step can change: by its form, by what an action sets, by what a called process gives back."""
    found = {one.field_key for one in step.fields if one.mode in StepField.MODES_WRITING}
    action, call = step.config.get("action", {}), step.config.get("call", {})
    found |= {key for key, _value in action.get("values", ())}
    found |= {ours for ours, _theirs in call.get("outputs", ())}
    return frozenset(found)


def _about_steps(plan: Blueprint) -> Iterator[Problem]:
    tasks = {step.key: step for step in plan.steps if step.kind == Step.Kind.TASK}
    names = step_names(plan)
    for step in tasks.values():
        yield from _about_responsibility(step, tasks, names)
        yield from _about_deadline(step)
        if not any(not outcome.is_clock for outcome in step.outcomes):
            message = _("“%(step)s”: the task has no outcome.")
            yield _error("no_outcome", step.key, message, step=step.name)
    for step in plan.steps:
        yield from _about_outcome_names(step)


def _about_staff(plan: Blueprint, staff: Staff | None) -> Iterator[Problem]:
    for found in staffing.check(plan, net_of(plan), staff):
        message = Sentence(staffing.SENTENCES[found.code], found.facts)
        yield Problem(found.code, found.severity, found.step, message, ("steps", found.step, found.place))


def _about_responsibility(
    step: StepPlan, tasks: Mapping[str, StepPlan], names: Mapping[str, str]
) -> Iterator[Problem]:
    path = ("steps", step.key)
    needs_person = step.assignment == Step.Assignment.PERSON
    if (needs_person and not step.person) or (not needs_person and not step.team and not _finds_person(step)):
        message = _("“%(step)s”: nobody is responsible.")
        yield _error("nobody_responsible", step.key, message, path, step=step.name)
    elif not step.team:
        message = _("“%(step)s” has no team that steps in when the person is no longer there.")
        yield Problem("no_fallback_team", WARNING, step.key, Sentence(message, {"step": step.name}), path)
    if step.assignment not in REFERRING:
        return
    keys = [part.strip() for part in step.reference_key.split(",") if part.strip()]
    if not keys:
        message = _("“%(step)s”: it is not said which other step is meant.")
        yield _error("reference_missing", step.key, message, (*path, "assign"), step=step.name)
    for key in keys:
        if key not in tasks or key == step.key:
            message = _("“%(step)s”: the other step “%(other)s” does not exist or is no other task.")
            yield _error(
                "reference_unknown",
                step.key,
                message,
                (*path, "assign"),
                step=step.name,
                other=names.get(key, key),
            )


REFERRING = frozenset({Step.Assignment.SAME_AS.value, Step.Assignment.NOT_SAME_AS.value})


FINDING = frozenset(
    {
        Step.Assignment.STARTER.value,
        Step.Assignment.STARTER_LEAD.value,
        Step.Assignment.SAME_AS.value,
        Step.Assignment.FROM_FIELD.value,
    }
)
"""Rules that find somebody without a team."""


def _finds_person(step: StepPlan) -> bool:
    repeat = staffing.config_of(step).repeat
    return step.assignment in FINDING or (repeat is not None and repeat.over is not Over.FIELD)


def _about_deadline(step: StepPlan) -> Iterator[Problem]:
    if step.deadline and not _is_duration(step.deadline):
        message = _("“%(step)s”: the deadline “%(deadline)s” cannot be read; write 4h, 3d or 10cd.")
        path = ("steps", step.key, "deadline")
        yield _error("deadline", step.key, message, path, step=step.name, deadline=step.deadline)


def _is_duration(text: str) -> bool:
    try:
        worktime.parse_duration(text)
    except worktime.DurationError:
        return False
    return True


def _about_outcome_names(step: StepPlan) -> Iterator[Problem]:
    labels = [outcome.label.casefold() for outcome in step.outcomes]
    for outcome in step.outcomes:
        if labels.count(outcome.label.casefold()) > 1:
            message = _("“%(step)s”: two outcomes are called “%(outcome)s”.")
            path = ("steps", step.key, "outcomes", outcome.key)
            yield _error("outcome_twice", step.key, message, path, step=step.name, outcome=outcome.label)
            return


def _about_conditions(plan: Blueprint, unknown_names: Collection[tuple[str, str]]) -> Iterator[Problem]:
    fields = {one.key: one for one in plan.fields}
    names = step_names(plan)
    for flow in plan.flows:
        for condition in flow.conditions:
            yield from _about_condition(condition, flow, fields, names[flow.source])
        for type_, word in sorted(conditions.names(flow.conditions, fields) & set(unknown_names)):
            yield _error(f"unknown_{type_}", flow.source, UNKNOWN[type_], step=names[flow.source], word=word)


UNKNOWN: Mapping[str, Any] = {
    "person": _("“%(step)s”: a condition names the person “%(word)s”, who has no active account."),
    "team": _("“%(step)s”: a condition names the team “%(word)s”, which does not exist."),
}


def _about_condition(
    condition: ConditionPlan, flow: FlowPlan, fields: Mapping[str, FieldPlan], name: str
) -> Iterator[Problem]:
    known = fields.get(condition.field_key)
    if known is None:
        message = _("“%(step)s”: a condition asks for the field “%(field)s”, which does not exist.")
        yield _error("condition_field", flow.source, message, step=name, field=condition.field_key)
        return
    try:
        conditions.stored(condition, known)
    except conditions.Unfit as unfit:
        message = _("“%(step)s”: %(reason)s")
        yield _error("condition", flow.source, message, step=name, reason=unfit)
