"""Repairs of who does a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint, StepPlan
from processes.checking.checks import net_of
from processes.models.definition import split_keys
from processes.repairs import edits
from processes.repairs.repair import Facts, Idea, Maker, repair


def _no_team(plan: Blueprint, step: str, facts: Facts) -> Iterator[Idea]:
    """The only team of the process; where no step has one, the team that owns it."""
    teams = {one.team for one in plan.steps if one.team} or {facts.owner_team} - {""}
    ours = edits.step_of(plan, step)
    if len(teams) == 1 and not ours.team:
        (team,) = teams
        changed = edits.with_step(plan, replace(ours, team=team))
        yield (repair(_("Give it to the team “%(team)s”"), changed, team=_name(team, facts)),)


def _name(team: str, facts: Facts) -> str:
    known = facts.staff.teams.get(team) if facts.staff else None
    return known.name if known else team


def _reference(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The only task a case can have come from, where no other one is named."""
    ours = edits.step_of(plan, step)
    tasks = {one.key for one in plan.steps if one.kind == "task"} - {step}
    earlier = _tasks_before(plan, step)
    if len(earlier) == 1 and not tasks & set(split_keys(ours.reference_key)):
        changed = edits.with_step(plan, replace(ours, reference_key=earlier[0].key))
        yield (repair(_("“%(other)s” is meant"), changed, other=earlier[0].name),)


def _tasks_before(plan: Blueprint, step: str) -> list[StepPlan]:
    net = net_of(plan)
    others = (one for one in plan.steps if one.kind == "task" and one.key != step)
    return [one for one in others if step in net.reachable(one.key)]


def _apart(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """Nobody is somebody else than himself: of the keys only the step's own may go."""
    ours = edits.step_of(plan, step)
    kept = ", ".join(key for key in split_keys(ours.apart_key) if key != step)
    changed = edits.with_step(plan, replace(ours, apart_key=kept))
    yield (repair(_("Compare “%(step)s” with other steps only"), changed, step=ours.name),)


def _field_no_person(plan: Blueprint, step: str, _facts: Facts) -> Iterator[Idea]:
    """The only field that names a person or a team."""
    naming = [one for one in plan.fields if one.type in ("person", "team")]
    if len(naming) == 1:
        changed = edits.with_step(plan, replace(edits.step_of(plan, step), field_key=naming[0].key))
        yield (repair(_("Take the field “%(field)s”"), changed, field=naming[0].label),)


MAKERS: dict[str, Maker] = {
    "nobody_responsible": _no_team,
    "no_fallback_team": _no_team,
    "reference_missing": _reference,
    "reference_unknown": _reference,
    "apart_unknown": _apart,
    "field_no_person": _field_no_person,
}
