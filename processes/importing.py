"""Brings a process file into the installation: as a new definition or as a new draft of a known one.

All or nothing: of a file that is refused no row is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from people import adminlog
from people.models import Team, User
from processes import availability, planrecords, publishing
from processes.checking import outside
from processes.checking.callchecks import Outside
from processes.checking.checks import problems_of
from processes.checking.findings import ERROR, WARNING, Place, Problem, Sentence
from processes.checking.stepchecks import people_named, teams_named
from processes.escalation import receivers
from processes.files import yamlformat
from processes.files.yamlformat import Head, ProcessFile
from processes.models import EscalationPlan, ProcessDefinition, ProcessVersion


@dataclass
class Report:
    """What became of one file. `lines` has the line of each problem that has one."""

    is_imported: bool = False
    is_publishable: bool = False
    problems: list[Problem] = field(default_factory=list)
    lines: dict[int, int] = field(default_factory=dict)
    process: str = ""
    steps: int = 0
    transitions: int = 0
    version: ProcessVersion | None = None

    def add(self, problem: Problem, line: int | None) -> None:
        """Append a problem with its line, if known."""
        if line is not None:
            self.lines[len(self.problems)] = line
        self.problems.append(problem)


class _OnlyChecked(Exception):
    """Rolls a trial run back."""


def import_yaml(
    raw: bytes,
    *,
    by: User | None = None,
    publish: bool = False,
    create_teams: bool = False,
    only_check: bool = False,
) -> Report:
    """Read a YAML file and write it as a new draft, published at once if wished.

    Refused (nothing written) are files with faults, and with `publish` also those that can't be published.
    With `only_check` the same is said, and nothing is written. Writes AdminEvents.
    """
    return import_parsed(
        yamlformat.read(raw), by=by, publish=publish, create_teams=create_teams, only_check=only_check
    )


def import_parsed(
    parsed: ProcessFile,
    *,
    by: User | None = None,
    publish: bool = False,
    create_teams: bool = False,
    team_names: Mapping[str, str] = MappingProxyType({}),
    only_check: bool = False,
) -> Report:
    """`import_yaml` for a file that has been read; `team_names` = what missing teams are called, by key."""
    report = _first_report(parsed, create_teams=create_teams)
    head = parsed.head
    if head is None or any(problem.severity == ERROR for problem in report.problems):
        return report
    _judge(parsed, head, report, publish=publish, create_teams=create_teams)
    if publish and not report.is_publishable:
        return report
    try:
        with transaction.atomic():
            _create_missing_teams(parsed, head, by, team_names)
            _create_missing_plans(parsed, by)
            report.version = _write(parsed, head, by=by, publish=publish, create_teams=create_teams)
            if only_check:
                raise _OnlyChecked
    except _OnlyChecked:
        report.version = None
    report.is_imported = True
    return report


def _first_report(parsed: ProcessFile, *, create_teams: bool) -> Report:
    report = Report(
        process=parsed.head.key if parsed.head else "",
        steps=len(parsed.plan.steps),
        transitions=len(parsed.plan.flows),
    )
    for fault in parsed.faults:
        report.add(Problem(fault.code, ERROR, "", Sentence(fault.message, fault.facts)), fault.line)
    if parsed.head is not None:
        for problem in _unknown_names(parsed, parsed.head, create_teams=create_teams):
            report.add(problem, parsed.source.line(problem.path))
    return report


def _unknown_names(parsed: ProcessFile, head: Head, *, create_teams: bool) -> Iterator[Problem]:
    """Teams and people the file names and the installation does not have."""
    teams, people = _first_places(_teams(parsed, head)), _first_places(_people(parsed, head))
    known = set(Team.objects.filter(key__in=teams).values_list("key", flat=True))
    for key, path in teams.items():
        if key not in known and not create_teams:
            message = _("There is no team “%(team)s” (--create-teams creates missing ones).")
            yield Problem("unknown_team", ERROR, _step_of(path), Sentence(message, {"team": key}), path)
    emails = set(User.objects.filter(is_active=True, email__in=people).values_list("email", flat=True))
    for email, path in people.items():
        if email not in emails:
            message = _("There is no active account “%(email)s”.")
            yield Problem("unknown_person", ERROR, _step_of(path), Sentence(message, {"email": email}), path)


def _first_places(pairs: Iterator[tuple[str, Place]]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for key, path in pairs:
        places.setdefault(key, path)
    return places


def _teams(parsed: ProcessFile, head: Head) -> Iterator[tuple[str, Place]]:
    """Keys of all teams of a file and where they stand."""
    yield head.owner_team, ("owner_team",)
    for index, key in enumerate(head.start_teams):
        yield key, ("start_teams", index)
    for step in parsed.plan.steps:
        if step.team:
            yield step.team, ("steps", step.key, "team")
    yield from teams_named(parsed.plan)


def _people(parsed: ProcessFile, head: Head) -> Iterator[tuple[str, Place]]:
    """E-mails of all people of a file and where they stand."""
    if head.owner:
        yield head.owner, ("owner",)
    for step in parsed.plan.steps:
        if step.person:
            yield step.person, ("steps", step.key, "assign")
    yield from people_named(parsed.plan)
    for plan in parsed.plans:
        for at, level in enumerate(plan.levels):
            for email in receivers([level]):
                yield email, ("plans", plan.key, "levels", at, "pass_to")


def _step_of(path: Place) -> str:
    return str(path[1]) if path[0] == "steps" else ""


def _judge(parsed: ProcessFile, head: Head, report: Report, *, publish: bool, create_teams: bool) -> None:
    """Add what stands in the way of publishing, as publishing would find it."""
    definition = ProcessDefinition.objects.filter(key=head.key).first()
    found = problems_of(
        parsed.plan,
        number_pattern=head.number_pattern,
        earlier_types=publishing.earlier_types(definition) if definition else {},
        outside=_outside(parsed, head),
        unknown_names=publishing.unknown_names(parsed.plan),
        staff=availability.staff_of(parsed.plan, are_coming=create_teams),
    )
    for problem in found:
        path: Place = ("start",) if problem.step == yamlformat.START else problem.path
        report.add(problem, parsed.source.line(path))
    report.is_publishable = publishing.is_publishable(found)
    if definition is not None and not publish and _differs(definition, head):
        message = _(
            "Name, owner, numbering or rights of the process differ; they change only with --publish."
        )
        report.add(Problem("head_kept", WARNING, "", Sentence(message, {}), ("process",)), 1)
    for problem in _kept_plans(parsed):
        report.add(problem, parsed.source.line(problem.path))


def _outside(parsed: ProcessFile, head: Head) -> Outside:
    """The facts about the installation as they will be once the file's teams and plans are written."""
    found = outside.read(parsed.plan, head.key)
    brought = {plan.key: plan.levels for plan in parsed.plans}
    plans = {**brought, **(found.plans or {})}
    people = found.plan_people | receivers(level for levels in brought.values() for level in levels)
    return replace(found, teams=None, people=None, plans=plans, plan_people=people)


def _kept_plans(parsed: ProcessFile) -> Iterator[Problem]:
    """Plans that are here already and say something else: they belong to the company and stay."""
    keys = [plan.key for plan in parsed.plans]
    here = EscalationPlan.objects.prefetch_related("rows").in_bulk(keys, field_name="key")
    for plan in parsed.plans:
        row = here.get(plan.key)
        if row is not None and planrecords.lines(row.levels()) != planrecords.lines(plan.levels):
            message = _(
                "The escalation plan “%(plan)s” is here already, with other levels; it stays as it is."
            )
            yield Problem(
                "plan_kept", WARNING, "", Sentence(message, {"plan": row.name}), ("plans", plan.key)
            )


def _write(
    parsed: ProcessFile, head: Head, *, by: User | None, publish: bool, create_teams: bool
) -> ProcessVersion:
    definition, is_new = _definition(head, by)
    if publish and not is_new:
        _update_definition(definition, head, by)
    version = publishing.draft_from(parsed.plan, definition, by=by, note=parsed.note)
    return publishing.publish(version, by=by, are_coming=create_teams) if publish else version


def _create_missing_teams(parsed: ProcessFile, head: Head, by: User | None, names: Mapping[str, str]) -> None:
    wanted = {key for key, _place in _teams(parsed, head)}
    known = set(Team.objects.filter(key__in=wanted).values_list("key", flat=True))
    for key in sorted(wanted - known):
        name = names.get(key) or key.replace("-", " ").replace("_", " ").title()
        team = Team.objects.create(key=key, name=name)
        adminlog.record(by, "team_created", team, {"name": [None, team.name]})


def _create_missing_plans(parsed: ProcessFile, by: User | None) -> None:
    known = set(EscalationPlan.objects.values_list("key", flat=True))
    for plan in parsed.plans:
        if plan.key not in known:
            # Somebody else may bring one of this key in at the same moment; then that one stays.
            with suppress(IntegrityError), transaction.atomic():
                planrecords.create(plan, by=by)


def _definition(head: Head, by: User | None) -> tuple[ProcessDefinition, bool]:
    """The definition of that key; a new one takes everything from the file."""
    definition = ProcessDefinition.objects.filter(key=head.key).first()
    if definition is not None:
        return definition, False
    definition = ProcessDefinition(key=head.key)
    _take_over(definition, head)
    definition.save()
    _name_start_teams(definition, head)
    adminlog.record(by, "process_created", definition, {"key": [None, head.key]})
    return definition, True


def _update_definition(definition: ProcessDefinition, head: Head, by: User | None) -> None:
    """Name, owner, numbering and rights change for all versions, so only together with publishing."""
    before = _facts(definition)
    whole = head.completed(head_of(definition))
    _take_over(definition, whole)
    definition.save()
    _name_start_teams(definition, whole)
    after = _facts(definition)
    changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if changes:
        adminlog.record(by, "process_changed", definition, changes)


def _take_over(definition: ProcessDefinition, head: Head) -> None:
    definition.name = head.name
    definition.description = head.description
    definition.category = head.category
    definition.owner_team = Team.objects.get(key=head.owner_team)
    definition.owner = User.objects.get(email=head.owner) if head.owner else None
    definition.number_pattern = head.number_pattern
    definition.visibility = head.visibility
    definition.is_confidential = head.is_confidential
    definition.computes_urgency = head.computes_urgency
    if head.says_who_may_start:
        kinds = ProcessDefinition.MayStart
        definition.may_start = kinds.EVERYONE if head.may_start == yamlformat.EVERYONE else kinds.TEAMS


def _name_start_teams(definition: ProcessDefinition, head: Head) -> None:
    """Those of the file, none where nobody may start; that everyone may says nothing of teams."""
    if head.start_teams or head.may_start == yamlformat.NOBODY:
        definition.start_teams.set(Team.objects.filter(key__in=head.start_teams))


def _facts(definition: ProcessDefinition) -> dict[str, Any]:
    names = (
        "name",
        "description",
        "category",
        "number_pattern",
        "visibility",
        "may_start",
        "is_confidential",
        "computes_urgency",
    )
    facts: dict[str, Any] = {name: getattr(definition, name) for name in names}
    facts["owner_team"] = definition.owner_team.key
    facts["owner"] = definition.owner.email if definition.owner else ""
    facts["start_teams"] = sorted(definition.start_teams.values_list("key", flat=True))
    return facts


def _differs(definition: ProcessDefinition, head: Head) -> bool:
    """Whether the file says other things of the process itself; what it leaves open does not differ."""
    here = head_of(definition)
    whole = head.completed(here)
    return replace(whole, start_teams=tuple(sorted(set(whole.start_teams)))) != here


def head_of(definition: ProcessDefinition) -> Head:
    """The head a file of this definition has (for the export). It always says who may start."""
    facts = _facts(definition)
    is_open = definition.may_start == ProcessDefinition.MayStart.EVERYONE
    teams = () if is_open else tuple(facts["start_teams"])
    without_teams = yamlformat.EVERYONE if is_open else yamlformat.NOBODY
    return Head(
        key=definition.key,
        name=facts["name"],
        owner_team=facts["owner_team"],
        description=facts["description"],
        category=facts["category"],
        owner=facts["owner"],
        number_pattern=facts["number_pattern"],
        visibility=facts["visibility"],
        may_start="" if teams else without_teams,
        start_teams=teams,
        is_confidential=facts["is_confidential"],
        computes_urgency=facts["computes_urgency"],
    )
