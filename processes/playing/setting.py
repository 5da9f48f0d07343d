"""What is known around a version that is played through, read once a request; and its moments. Reads only.

The number of statements depends neither on the turns nor on how much is open.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils import timezone

from people import calendars, explaining, worktime
from people.calendars import Calendars
from people.models import Membership, Team, User, WorkCalendar
from processes import availability, blueprint, conditions, fieldforms, nets, plannets
from processes.blueprint import Blueprint
from processes.checking.callchecks import calls_of
from processes.checking.stepchecks import people_named, teams_named
from processes.compiledversion import ENDS, CompiledVersion
from processes.marking import Token
from processes.models import EscalationPlan, ProcessDefinition, ProcessVersion
from processes.playing import simulation
from processes.playing.receiving import People
from processes.playing.simulation import Play, PlayError, Run
from processes.words import planwords
from tasks import duetime


@dataclass(frozen=True)
class Called:
    """A called process as it is published now; without a net it is not."""

    name: str
    net: CompiledVersion | None = None

    @property
    def ends(self) -> dict[str, str]:
        """What the ends are called that a way from the start leads to, by key."""
        if self.net is None or self.net.net.start is None:
            return {}
        reached = self.net.net.reachable(self.net.net.start)
        steps = (step for step in self.net.steps.values() if step.kind in ENDS and step.key in reached)
        return {step.key: step.result or step.name for step in steps}


@dataclass(frozen=True)
class Setting:
    """A version and what is known around it, read once a request."""

    version: ProcessVersion
    plan: Blueprint
    net: CompiledVersion
    names: planwords.Names
    people: People
    options: Mapping[str, list[tuple[str, str]]]
    calendars: Calendars
    calendar_names: tuple[tuple[str, str], ...]
    called: Mapping[str, Called]
    """The processes it calls, by key; one that does not exist is left out."""
    plan_names: Mapping[str, str]
    """What escalation plans are called, by key, the standard one also under ""."""

    def calendar(
        self, play: Play, on: dt.datetime, team_id: int | None = None, person_id: int | None = None
    ) -> worktime.Calendar:
        """The calendar chosen for the page, else the one that would hold: of the person, of the team, of the
        owning team, of the company."""
        if play.calendar in self.calendars.ids:
            return self.calendars.by_id[self.calendars.ids[play.calendar]]
        return self.calendars.from_moment(person_id, team_id or self.version.definition.owner_team_id, on)


def setting_of(version: ProcessVersion) -> Setting:
    """Read a version and what it names. Raises engine.NetError where it makes no graph."""
    plan = blueprint.read(version)
    teams, people = _teams(plan), _people(plan)
    ids = plannets.Ids(
        {key: pk for key, (pk, _name) in teams.items()}, {email: pk for email, (pk, _name) in people.items()}
    )
    net = plannets.compile_plan(plan, ids, nets.plans_of(version))
    options = fieldforms.references({one.type for one in plan.fields} - simulation.EXAMPLES)
    called = _called(plan)
    return Setting(
        version=version,
        plan=plan,
        net=net,
        names=planwords.Names.of(
            plan,
            teams={key: name for key, (_pk, name) in teams.items()},
            processes={key: one.name for key, one in called.items()},
            people={email: name for email, (_pk, name) in people.items()},
        ),
        people=_known_people(
            dict(teams.values()) | _by_id(options.get("team", ())),
            dict(people.values()) | _by_id(options.get("person", ())),
        ),
        options=options,
        calendars=calendars.current(),
        calendar_names=tuple(WorkCalendar.objects.filter(is_active=True).values_list("key", "name")),
        called=called,
        plan_names=_plan_names(),
    )


def _known_people(teams: Mapping[int, str], people: Mapping[int, str]) -> People:
    """These with who of them can be given no work (two statements)."""
    workers = availability.workers().filter(pk__in=people).values_list("pk", flat=True)
    staffed = Membership.objects.filter(team__in=teams, team__is_active=True, user__is_active=True)
    return People(
        teams,
        people,
        idle=frozenset(people) - frozenset(workers),
        empty=frozenset(teams) - frozenset(staffed.values_list("team_id", flat=True)),
    )


def _by_id(rows: Iterable[tuple[str, str]]) -> dict[int, str]:
    return {int(pk): name for pk, name in rows}


def _named(plan: Blueprint, type_: str) -> set[str]:
    known = {one.key: one for one in plan.fields}
    found = conditions.names((one for flow in plan.flows for one in flow.conditions), known)
    return {word for kind, word in found if kind == type_}


def _teams(plan: Blueprint) -> dict[str, tuple[int, str]]:
    keys = {step.team for step in plan.steps} | _named(plan, "team")
    keys |= {key for key, _path in teams_named(plan)}
    rows = Team.objects.filter(key__in=keys)
    return {row.key: (row.pk, row.name) for row in rows}


def _people(plan: Blueprint) -> dict[str, tuple[int, str]]:
    voters = {email for email, _path in people_named(plan)}
    emails = {step.person for step in plan.steps} | _named(plan, "person") | voters
    return {row.email: (row.pk, str(row)) for row in User.objects.filter(email__in=emails)}


def _called(plan: Blueprint) -> dict[str, Called]:
    """The processes it calls: two statements, and those of the published ones that are not in memory."""
    keys = {call.process for call in calls_of(plan).values()}
    if not keys:
        return {}
    found = dict(ProcessDefinition.objects.filter(key__in=keys).values_list("key", "name"))
    rows = ProcessVersion.objects.filter(definition__key__in=keys, state=ProcessVersion.State.PUBLISHED)
    published = {row.definition.key: nets.of_version(row) for row in rows.select_related("definition")}
    return {key: Called(name, published.get(key)) for key, name in found.items()}


def _plan_names() -> dict[str, str]:
    rows = EscalationPlan.objects.values_list("key", "name", "is_default")
    return {word: name for key, name, is_default in rows for word in ((key, "") if is_default else (key,))}


# -- moments -------------------------------------------------------------------------------------------------


def moment_of(setting: Setting, play: Play, run: Run, token: Token, outcome: str = "") -> dt.datetime | None:
    """When a wait is over (or the clock chooses an outcome), by the calendar of the step's team whoever has
    it; None while its date is missing."""
    step, begun = setting.net.steps[token.at], run.since[token.id]
    known = step.outcome(outcome) if outcome else None
    rule = known.after if known else step.config.wait
    if rule is None:
        return None
    found = simulation.anchors(play, run, begun)
    try:
        calendar = setting.calendar(play, begun, step.team_id)
        return simulation.moment(rule, found, calendar, is_wait=not outcome)
    except PlayError:
        return None


def stamp(moment: dt.datetime) -> str:
    """A moment of the play: Do 26.11.2026, 17:30 Uhr."""
    return f"{explaining.day_text(timezone.localdate(moment), 0)}, {duetime.clock_text(moment)}"
