"""Who gets a task, in words: one place for pictures, tables and the page before publishing.

What only a case can tell (whom a field names, who did another step) is told by its rule, also where a team
stands in for nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from people.models import Team, User
from processes.blueprint import Blueprint, FieldPlan, StepPlan
from processes.compiledversion import CompiledVersion, StepInfo
from processes.models import Step
from processes.models.definition import split_keys
from processes.stepplans import Over, PlanError, Quorum, Repeat, StepConfig
from processes.words.planwords import Names

Rule = Step.Assignment
MOST_NAMES = 3
"""Voters named one by one; more are counted."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """How a step is assigned, in names: of its team, its person, the field, the first step referred to."""

    rule: str
    team: str = ""
    person: str = ""
    field: str = ""
    step: str = ""
    repeat: Repeat | None = None


def briefly(step: StepPlan, names: Names) -> str:
    """Who gets the task of a step of a blueprint, in a few words."""
    return text(of_plan(step, names), names)


def of_plan(step: StepPlan, names: Names) -> Assigned:
    """How a step of a blueprint is assigned; what it repeats is left out where it cannot be read."""
    return Assigned(
        step.assignment,
        names.teams.get(step.team, step.team),
        names.people.get(step.person, step.person),
        names.field(step.field_key) if step.field_key else "",
        next((names.step(key) for key in split_keys(step.reference_key)), ""),
        _repeat(step.config),
    )


def _repeat(config: Mapping[str, object]) -> Repeat | None:
    try:
        return StepConfig.from_json(config).repeat
    except PlanError:
        return None


def text(one: Assigned, names: Names) -> str:
    """The same of any step; `names` are asked for voters only."""
    if one.repeat is not None:
        voters = _voters(one.repeat, names) or _("nobody chosen yet")
        facts = {"voters": voters, "quorum": _quorum(one.repeat)}
        return _("vote: %(voters)s (%(quorum)s)") % facts
    told = by_rule(one)
    if told or one.team or one.rule not in Rule.values:
        return told or one.team
    return str(Rule(one.rule).label)


def by_rule(one: Assigned) -> str:
    """What finds the person; nothing where the task goes to a team."""
    if one.rule == Rule.PERSON and one.person:
        return one.person
    if one.rule == Rule.FROM_FIELD and one.field:
        return _("as “%(field)s” says") % {"field": one.field}
    if one.rule == Rule.SAME_AS and one.step:
        return _("who did “%(step)s”") % {"step": one.step}
    return str(Rule(one.rule).label) if one.rule in (Rule.STARTER, Rule.STARTER_LEAD) else ""


def _voters(one: Repeat, names: Names) -> str:
    if one.over is Over.TEAM:
        return names.teams.get(one.key, one.key)
    if one.over is Over.FIELD:
        return _("as “%(field)s” says") % {"field": names.field(one.key)}
    if len(one.persons) > MOST_NAMES:
        many = len(one.persons)
        return ngettext("%(n)s person", "%(n)s people", many) % {"n": many}
    return ", ".join(names.people.get(email, email) for email in one.persons)


def _quorum(one: Repeat) -> str:
    if one.quorum is Quorum.COUNT and not one.count:
        return _("how many votes decide is not said yet")
    if one.quorum is Quorum.COUNT:
        return ngettext("%(n)s vote decides", "%(n)s votes decide", one.count) % {"n": one.count}
    if one.quorum is Quorum.FIRST:
        return _("the first one decides")
    return _("majority") if one.quorum is Quorum.MAJORITY else _("all must agree")


# -- names ---------------------------------------------------------------------------------------------------


def names_of(plan: Blueprint) -> Names:
    """The names that the rules of a blueprint use. One statement, a second where people are named."""
    votes = [vote for step in plan.steps if (vote := _repeat(step.config)) is not None]
    teams = {step.team for step in plan.steps} | {vote.key for vote in votes}
    emails = {step.person for step in plan.steps} | {email for vote in votes for email in vote.persons}
    known = Team.objects.filter(key__in=teams).values_list("key", "name")
    people = _people(User.objects.filter(email__in=emails)) if emails - {""} else {}
    return Names.of(plan, teams=dict(known), people=people)


def _people(users: Iterable[User]) -> dict[str, str]:
    return {user.email: str(user) for user in users}


@dataclass(frozen=True)
class Compiled:
    """The names that the rules of a compiled version use; teams and people also by id."""

    names: Names
    teams: Mapping[int, str]
    people: Mapping[int, str]

    @classmethod
    def of(cls, version: CompiledVersion) -> Compiled:
        """One statement, a second where people are named."""
        steps = version.steps.values()
        votes = [step.config.repeat for step in steps if step.config.repeat is not None]
        emails = {email for vote in votes for email in vote.persons}
        ids = {step.person_id for step in steps if step.person_id}
        teams = list(
            Team.objects.filter(
                Q(pk__in={step.team_id for step in steps if step.team_id})
                | Q(key__in={vote.key for vote in votes})
            )
        )
        found = User.objects.filter(Q(pk__in=ids) | Q(email__in=emails))
        users = list(found) if ids or emails else []
        labels = {one.key: FieldPlan(one.key, one.label) for one in version.fields.values()}
        called = {step.key: step.name or _("(without a name)") for step in steps}
        names = Names(labels, called, {one.key: one.name for one in teams}, {}, _people(users))
        return cls(names, {one.pk: one.name for one in teams}, {one.pk: str(one) for one in users})

    def briefly(self, step: StepInfo) -> str:
        """Who gets the task of a step, in a few words."""
        assigned = Assigned(
            step.assignment,
            self.teams.get(step.team_id or 0, ""),
            self.people.get(step.person_id or 0, ""),
            self.names.field(step.field_key) if step.field_key else "",
            next(map(self.names.step, step.reference_keys), ""),
            step.config.repeat,
        )
        return text(assigned, self.names)
