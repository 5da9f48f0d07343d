"""Which rules of a version can leave a task with nobody, or a list with too few persons. Pure.

What is known of the people is given as a frozen `Staff`. Without it only what the definition itself says is
judged; of a team that `Staff` does not know, because it is made before its people come, only a warning is
given.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from processes.blueprint import Blueprint, StepPlan
from processes.checking import foureyes, paths
from processes.checking.foureyes import Cause, Doer
from processes.graph import Net
from processes.models import Step, StepField
from processes.models.definition import split_keys
from processes.stepplans import Do, Over, PlanError, Repeat, StepConfig

ERROR, WARNING = "error", "warning"
Rule = Step.Assignment
ANYBODY = frozenset({Rule.STARTER.value, Rule.STARTER_LEAD.value, Rule.FROM_FIELD.value})
"""Rules whose person nobody can know before the case runs."""


@dataclass(frozen=True, slots=True)
class TeamStaff:
    """Who is in a team: ids of active persons, leads among them."""

    name: str
    is_active: bool = True
    members: frozenset[int] = frozenset()
    leads: frozenset[int] = frozenset()

    @property
    def workers(self) -> frozenset[int]:
        """Who can take a task out of its inbox."""
        return self.members if self.is_active else frozenset()


@dataclass(frozen=True, slots=True)
class Staff:
    """The people a version counts on: teams by key, persons who can be given a task by e-mail."""

    teams: Mapping[str, TeamStaff] = field(default_factory=dict)
    persons: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `SENTENCES` has its words, `place` is the part of the step it is about."""

    code: str
    severity: str
    step: str
    facts: Mapping[str, Any]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Names in the quotation marks of whoever reads them."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(gettext("“%(step)s”") % {"step": name} for name in self.names)


def check(plan: Blueprint, net: Net, staff: Staff | None) -> Iterator[Finding]:
    """Everything found, step by step. `net` is the plan's."""
    cast = _Cast(plan, net, staff)
    if staff is not None:
        yield from _about_teams(cast, staff)
    for step in cast.tasks.values():
        yield from _about_references(cast, step)
        yield from _about_field(cast, step)
        yield from _about_visits(cast, step)
    if staff is not None:
        for step in cast.tasks.values():
            yield from _about_person(staff, step)
            yield from _about_list(staff, step, cast.repeats[step.key])
        yield from _about_four_eyes(cast)


class _Cast:
    """A plan with its people."""

    def __init__(self, plan: Blueprint, net: Net, staff: Staff | None) -> None:
        self.net, self.staff = net, staff or Staff()
        self.steps = {step.key: step for step in plan.steps}
        self.tasks = {step.key: step for step in plan.steps if step.kind == Step.Kind.TASK}
        self.fields = {one.key: one for one in plan.fields}
        self.repeats = {key: config_of(step).repeat for key, step in self.tasks.items()}
        self.knows_staff = staff is not None

    def members(self, team: str) -> frozenset[int]:
        """Who can take a task out of a team's inbox."""
        return self.staff.teams[team].workers if team in self.staff.teams else frozenset()

    def teams_of(self, step: StepPlan) -> tuple[str, ...]:
        """Keys of the teams the step counts on, each once; of one it is repeated over only if it is known."""
        repeat = self.repeats[step.key]
        over = repeat.key if repeat is not None and repeat.over is Over.TEAM else ""
        return tuple(
            dict.fromkeys(
                key for key in (step.team, over) if key and (key == step.team or key in self.staff.teams)
            )
        )

    @cached_property
    def apart(self) -> dict[str, frozenset[str]]:
        """Steps no person may do both of, both ways."""
        pairs: dict[str, set[str]] = {key: set() for key in self.tasks}
        for step in self.tasks.values():
            for other in _apart_keys(step):
                if other in self.tasks and other != step.key:
                    pairs[step.key].add(other)
                    pairs[other].add(step.key)
        return {key: frozenset(others) for key, others in pairs.items()}

    def able(self, step: StepPlan) -> frozenset[int]:
        """Everybody the rule or its fallback can give the step to."""
        own = self.staff.persons.get(step.person) if step.assignment == Rule.PERSON else None
        return self.members(step.team) | ({own} if own is not None else set())

    def doer(self, step: StepPlan) -> Doer:
        """Who does the step, as far as that is known before a case runs."""
        repeat = self.repeats[step.key]
        if repeat is not None:
            return self._doer_of_list(step, repeat)
        if step.assignment == Rule.SAME_AS:
            return self._doer_of_same(step)
        if step.assignment in ANYBODY:
            actor = step.assignment if step.assignment == Rule.STARTER else step.key
            return Doer(actor, None, most_visits=step.max_visits)
        own = self.staff.persons.get(step.person) if step.assignment == Rule.PERSON else None
        persons = self.members(step.team) if own is None else frozenset({own})
        return Doer(step.key, persons, most_visits=step.max_visits)

    def _doer_of_list(self, step: StepPlan, repeat: Repeat) -> Doer:
        if repeat.over is Over.FIELD:
            return Doer(step.key, None)
        listed = _listed(self.staff, repeat)
        return Doer(step.key, frozenset(listed), are_all=True)

    def _doer_of_same(self, step: StepPlan) -> Doer:
        """The doer of the step at the end of the references; a circle of them finds nobody."""
        seen = {step.key}
        while step.assignment == Rule.SAME_AS:
            keys = split_keys(step.reference_key)
            if not keys or keys[0] not in self.tasks or keys[0] in seen:
                return Doer(step.key, frozenset())
            seen.add(keys[0])
            step = self.tasks[keys[0]]
        return self.doer(step)


def config_of(step: StepPlan) -> StepConfig:
    """What only some steps have; nothing where it can't be read, which is found elsewhere."""
    try:
        return StepConfig.from_json(step.config)
    except PlanError:
        return StepConfig()


def _apart_keys(step: StepPlan) -> tuple[str, ...]:
    own = split_keys(step.reference_key) if step.assignment == Rule.NOT_SAME_AS else ()
    return tuple(dict.fromkeys((*own, *split_keys(step.apart_key))))


def _error(code: str, step: StepPlan, place: str = "", /, **facts: Any) -> Finding:
    return Finding(code, ERROR, step.key, {"step": step.name, **facts}, place)


def _warning(code: str, step: StepPlan, place: str = "", /, **facts: Any) -> Finding:
    return Finding(code, WARNING, step.key, {"step": step.name, **facts}, place)


# -- teams and persons ---------------------------------------------------------------------------------------


def _about_teams(cast: _Cast, staff: Staff) -> Iterator[Finding]:
    """Each team once, at the first step that counts on it, with the names of all that do."""
    relying: dict[str, list[StepPlan]] = defaultdict(list)
    for step in cast.tasks.values():
        for key in cast.teams_of(step):
            relying[key].append(step)
    for key, steps in relying.items():
        yield from _about_team(staff.teams.get(key), key, steps)


def _about_team(team: TeamStaff | None, key: str, steps: Sequence[StepPlan]) -> Iterator[Finding]:
    first = steps[0]
    facts = {
        "team": team.name if team else key,
        "key": key,
        "steps": Quoted(tuple(one.name for one in steps)),
    }
    if team is None:
        yield _warning("team_new", first, "team", **facts)
    elif not team.is_active:
        yield _error("team_inactive", first, "team", **facts)
    elif not team.members:
        yield _error("team_empty", first, "team", **facts)
    elif not team.leads:
        yield _warning("team_without_lead", first, "team", **facts)


def _about_person(staff: Staff, step: StepPlan) -> Iterator[Finding]:
    if step.assignment == Rule.PERSON and step.person and step.person not in staff.persons:
        yield _error("person_gone", step, "assign", person=step.person)


# -- rules that point elsewhere ------------------------------------------------------------------------------


def _about_references(cast: _Cast, step: StepPlan) -> Iterator[Finding]:
    for other in split_keys(step.apart_key):
        if other not in cast.tasks or other == step.key:
            named = cast.steps[other].name if other in cast.steps else other
            yield _error("apart_unknown", step, "apart", other=named)
    if step.assignment != Rule.SAME_AS:
        return
    other = next(iter(split_keys(step.reference_key)), "")
    if other not in cast.tasks or other == step.key:
        return
    names = {"other": cast.tasks[other].name}
    if other in cast.apart[step.key]:
        yield _error("same_and_apart", step, "assign", **names)
    elif paths.can_skip(cast.net, step.key, {other}):
        yield _warning("same_as_uncertain", step, "assign", **names)


def _about_field(cast: _Cast, step: StepPlan) -> Iterator[Finding]:
    if step.assignment != Rule.FROM_FIELD:
        return
    known = cast.fields.get(step.field_key)
    if known is None or known.type not in ("person", "team"):
        yield _error("field_no_person", step, "assign", field=known.label if known else step.field_key or "–")
    elif paths.can_skip(cast.net, step.key, _filling(cast, step.field_key) - {step.key}):
        yield _warning("field_not_required", step, "assign", field=known.label)


def _filling(cast: _Cast, field_key: str) -> set[str]:
    """Steps after which the field has a value: those that require it, and actions that set it."""
    found = {
        step.key
        for step in cast.steps.values()
        if any(use.field_key == field_key and use.mode == StepField.Mode.REQUIRED for use in step.fields)
    }
    for step in cast.steps.values():
        action = config_of(step).action
        if action is not None and action.do is Do.SET and dict(action.values).get(field_key):
            found.add(step.key)
    return found


def _about_visits(cast: _Cast, step: StepPlan) -> Iterator[Finding]:
    if step.max_visits is None:
        return
    if step.max_visits < 1:
        yield _error("visits_low", step, "max_visits")
    team = cast.staff.teams.get(step.team)
    if cast.knows_staff and (team is None or (team.members and not team.leads)):
        yield _warning("visits_without_lead", step, "max_visits")


# -- repeated steps ------------------------------------------------------------------------------------------


def _about_list(staff: Staff, step: StepPlan, repeat: Repeat | None) -> Iterator[Finding]:
    """Whether enough are there; persons of a field are not known, nor is a team that is not made yet. A team
    without anybody has a finding of its own."""
    if repeat is None or repeat.over is Over.FIELD:
        return
    if repeat.over is Over.TEAM and repeat.key not in staff.teams:
        return
    number = len(_listed(staff, repeat))
    if number == 0 and repeat.over is not Over.TEAM:
        yield _error("list_unattended", step, "repeat")
    elif 0 < number < repeat.needed(number):
        yield _error("list_short", step, "repeat", count=repeat.count, number=number)


def _listed(staff: Staff, repeat: Repeat) -> set[int]:
    if repeat.over is Over.TEAM:
        team = staff.teams.get(repeat.key)
        return set(team.workers) if team is not None else set()
    return {staff.persons[one.lower()] for one in repeat.persons if one.lower() in staff.persons}


# -- four eyes -----------------------------------------------------------------------------------------------


def _about_four_eyes(cast: _Cast) -> Iterator[Finding]:
    able = {
        key: cast.able(step)
        for key, step in cast.tasks.items()
        if cast.repeats[key] is None and cast.able(step)
    }
    doers = {key: cast.doer(step) for key, step in cast.tasks.items()}
    for found in foureyes.shortfalls(cast.net, cast.apart, doers, able):
        step = cast.tasks[found.step]
        team = cast.staff.teams.get(step.team)
        facts = {
            "others": Quoted(tuple(cast.tasks[key].name for key in found.others)),
            "team": team.name if team is not None else "–",
            "size": found.persons,
            "needed": found.persons + 1,
        }
        make = _error if found.cause is Cause.STEPS else _warning
        yield make(f"four_eyes_{found.cause}", step, "assign", **facts)


SENTENCES: Mapping[str, Any] = {
    "team_new": _("Nobody is in the team “%(team)s” yet."),
    "team_inactive": _("The team “%(team)s” is not active. Steps concerned: %(steps)s."),
    "team_empty": _("In the team “%(team)s” nobody is active. Steps concerned: %(steps)s."),
    "team_without_lead": _(
        "The team “%(team)s” has no lead; what is late there is told to the process owner."
    ),
    "person_gone": _("“%(step)s”: “%(person)s” has no active account or belongs to no team."),
    "apart_unknown": _(
        "“%(step)s” must be done by somebody else than “%(other)s”, which does not exist or is no other task."
    ),
    "same_and_apart": _(
        "“%(step)s” is given to whoever did “%(other)s”, and at the same time must be done by somebody else."
    ),
    "same_as_uncertain": _(
        "“%(step)s” is given to whoever did “%(other)s”, but a case can come here without that; then it"
        " stands in the team's inbox."
    ),
    "field_no_person": _("“%(step)s”: the field “%(field)s” does not exist or names no person and no team."),
    "field_not_required": _(
        "“%(step)s”: the field “%(field)s” can still be empty here; then the task stands in the team's inbox."
    ),
    "visits_low": _("“%(step)s”: at least one visit must be possible."),
    "visits_without_lead": _(
        "“%(step)s”: the team has no lead; when it is visited too often, the process owner gets the task."
    ),
    "list_unattended": _("“%(step)s” is done by several, but none of them is there."),
    "list_short": _("“%(step)s”: %(count)s have to agree, but the list has only %(number)s."),
    "four_eyes_steps": _(
        "“%(step)s”: nobody may be left to do it. With %(others)s it needs %(needed)s different persons; the"
        " team “%(team)s” has %(size)s."
    ),
    "four_eyes_outsider": _(
        "“%(step)s”: nobody is left to do it if %(others)s falls to members of the team “%(team)s” (%(size)s"
        " persons), as when one of them starts the case."
    ),
    "four_eyes_repeats": _(
        "“%(step)s”: if %(others)s is repeated by ever different persons, nobody of the team “%(team)s”"
        " (%(size)s persons) is left to do it."
    ),
}
