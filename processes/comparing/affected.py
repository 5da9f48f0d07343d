"""Whom a new version touches: teams and people who get other tasks by it than before.

What a step's rule decides only in a case (who started it, who did another step, whom a field names) is told
by the rule, because nobody can be named before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from people.models import Membership, User
from processes.blueprint import Blueprint, StepPlan
from processes.checking.staffing import config_of
from processes.comparing.versionchanges import Known
from processes.models import Step
from processes.stepplans import Over
from processes.words import responsible
from processes.words.planwords import Names

BY_RULE = frozenset(
    {
        Step.Assignment.STARTER,
        Step.Assignment.STARTER_LEAD,
        Step.Assignment.SAME_AS,
        Step.Assignment.FROM_FIELD,
    }
)
"""Rules that find the person in the case; the step's team only stands in for nobody."""
TEAM, PERSON, RULE, FIELD = "team", "person", "rule", "field"


@dataclass(frozen=True, order=True, slots=True)
class Receiver:
    """Who gets a task: a team (by key), a person (by e-mail), a rule (with the key of the field or step it
    asks), or whom a field lists."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Affected:
    """A receiver with the names of the steps gained and lost. `people` are the members of a team."""

    name: str
    is_team: bool
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    people: tuple[str, ...] = field(default=())


def receivers(step: StepPlan) -> frozenset[Receiver]:
    """Who gets the task of a step; nobody for steps without people."""
    if step.kind != Step.Kind.TASK:
        return frozenset()
    repeat = config_of(step).repeat
    if repeat is not None and repeat.over is Over.PERSONS:
        return frozenset(Receiver(PERSON, email.lower()) for email in repeat.persons)
    if repeat is not None:
        return frozenset({Receiver(TEAM if repeat.over is Over.TEAM else FIELD, repeat.key)})
    if step.assignment == Step.Assignment.PERSON:
        return frozenset({Receiver(PERSON, step.person)})
    if step.assignment in BY_RULE:
        return frozenset({_rule(step)})
    return frozenset({Receiver(TEAM, step.team)}) if step.team else frozenset()


def _rule(step: StepPlan) -> Receiver:
    asked = {Step.Assignment.SAME_AS: step.reference_key, Step.Assignment.FROM_FIELD: step.field_key}
    return Receiver(RULE, f"{step.assignment} {asked.get(Step.Assignment(step.assignment), '')}".strip())


def between(old: Blueprint | None, new: Blueprint, known: Known) -> tuple[Affected, ...]:
    """Who gains or loses steps, teams first, by name; two statements. Without `old` everything is gained."""
    before, after = _by_receiver(old or Blueprint()), _by_receiver(new)
    touched = {one for one in before.keys() | after.keys() if before[one].keys() != after[one].keys()}
    emails, teams = _keys(touched, PERSON), _keys(touched, TEAM)
    people = {one.email: str(one) for one in User.objects.filter(email__in=emails)}
    members = _members(teams)
    labels = {one.key: one.label for plan in (old or Blueprint(), new) for one in plan.fields}
    names = {
        **{Receiver(TEAM, key): known.teams.get(key, key) for key in teams},
        **{Receiver(PERSON, key): people.get(key, key) for key in emails},
        **_rules_in_words(old or Blueprint(), new),
        **{Receiver(FIELD, key): labels.get(key, key) for key in _keys(touched, FIELD)},
    }
    found = [
        Affected(
            names[one],
            one.kind == TEAM,
            gained=tuple(name for key, name in after[one].items() if key not in before[one]),
            lost=tuple(name for key, name in before[one].items() if key not in after[one]),
            people=members[one.key] if one.kind == TEAM else (),
        )
        for one in touched
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_team, one.name)))


def _by_receiver(plan: Blueprint) -> dict[Receiver, dict[str, str]]:
    """Steps (key and name) by who gets them."""
    found: dict[Receiver, dict[str, str]] = defaultdict(dict)
    for step in plan.steps:
        for one in receivers(step):
            found[one][step.key] = step.name
    return found


def _rules_in_words(*plans: Blueprint) -> dict[Receiver, str]:
    """In the words of the last plan that has the rule."""
    return {
        _rule(step): responsible.briefly(step, names)
        for plan, names in ((one, Names.of(one)) for one in plans)
        for step in plan.steps
        if step.assignment in BY_RULE
    }


def _keys(touched: Iterable[Receiver], kind: str) -> set[str]:
    return {one.key for one in touched if one.kind == kind}


def _members(teams: set[str]) -> dict[str, tuple[str, ...]]:
    """Active members of teams, by name."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = Membership.objects.filter(team__key__in=teams, user__is_active=True).select_related("user", "team")
    for row in rows.order_by("user__last_name", "user__first_name", "pk"):
        found[row.team.key].append(str(row.user))
    return defaultdict(tuple, {key: tuple(people) for key, people in found.items()})
