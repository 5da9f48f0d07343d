"""Who gets a new task, and why (the reason is stored with the task and shown as a sentence).

A step's rule names a person or leaves the task to a team's inbox. Whoever has left, works in no active team
or may not do the step (four eyes) is never given it, by whatever rule. Then it goes to the inbox of the
step's team, and where nobody there can take it, to its lead, the process owner or a lead of the owning team,
in this order. If there is none of them either, the task stands in the inbox with the reason `nobody`, and an
incident says so.

Everything is read when it is needed, at most three statements for a rule that finds somebody, whatever the
number of members and tasks.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from people.models import Membership, User, UserQuerySet
from processes import availability
from processes.compiledversion import CompiledVersion, StepInfo
from processes.models import ProcessInstance, Step
from processes.stepplans import Over, Repeat
from tasks.models import Task, TaskGroup

Reason = dict[str, Any]
Item = dict[str, Any]
"""One item of a repeated step's list: `{"person": id}` or `{"value": "text"}`."""
NOBODY = "nobody"
"""Code of the reason of a task that belongs to nobody, and of the incident that says so."""
LOOKED_BACK = 500
"""Tasks of a step that are looked at to see whose turn it is; who had none of them is next."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The team whose inbox it stands in, the person if one is meant, and why."""

    team_id: int | None
    assignee_id: int | None = None
    reason: Reason = field(default_factory=dict)

    @property
    def is_nobody(self) -> bool:
        """Whether no one is there who could do it."""
        return self.reason.get("code") == NOBODY


def in_trial(chosen: Assignment, step: StepInfo, instance: ProcessInstance) -> Assignment:
    """The task of a trial: its starter's, in no inbox; the reason keeps who would have got it.

    Of a rule that follows people of the case itself (its starter, who did a step) only the rule is kept.
    """
    follows_people = step.assignment in FOLLOWS_PEOPLE and step.config.repeat is None
    meant: Reason = {"team": chosen.team_id, "person": chosen.assignee_id, "why": chosen.reason}
    if follows_people:
        keys = {"step": step.reference_keys[0]} if step.reference_keys else {}
        meant |= {"person": None, "why": {"code": str(step.assignment), **keys}}
    return Assignment(None, instance.started_by_id, {"code": "trial", **meant})


FOLLOWS_PEOPLE = frozenset({Step.Assignment.STARTER, Step.Assignment.STARTER_LEAD, Step.Assignment.SAME_AS})


# -- four eyes -----------------------------------------------------------------------------------------------


def persons_of(
    instance: ProcessInstance, step_keys: Iterable[str], beside: Sequence[Task] = ()
) -> frozenset[int]:
    """The person set of steps (semantics §6), at most one statement.

    Acting and represented persons of all completions in this case, over all visits, plus whoever has one of
    the steps now; `beside` = open tasks of the same change that are not stored yet.
    """
    return frozenset().union(*_persons_by_step(instance, step_keys, beside).values())


def _persons_by_step(
    instance: ProcessInstance, step_keys: Iterable[str], beside: Sequence[Task] = ()
) -> dict[str, frozenset[int]]:
    keys = set(step_keys)
    if not keys:
        return {}
    rows = (
        Task.objects.filter(instance=instance, step_key__in=keys)
        .exclude(state=Task.State.CANCELLED)
        .values_list("step_key", "state", "assignee_id", "completed_by_id", "completed_for_id")
    )
    found: dict[str, set[int | None]] = {key: set() for key in keys}
    for key, state, assignee, completed_by, completed_for in rows:
        found[key] |= {assignee} if state == Task.State.OPEN else {completed_by, completed_for}
    for key in keys:
        found[key].update(instance.approvals.get(key, {}).get("by", ()))
    for task in beside:
        if task.step_key in keys:
            found[task.step_key].add(task.assignee_id)
    return {key: frozenset(one for one in persons if one is not None) for key, persons in found.items()}


def conflict(
    version: CompiledVersion, instance: ProcessInstance, task: Task, persons: frozenset[int]
) -> tuple[int, str] | None:
    """The first (person, step key) that four eyes forbids for this task, or None."""
    by_step = _persons_by_step(instance, version.apart.get(task.step_key, ()))
    for other in sorted(by_step):
        taken = by_step[other] & persons
        if taken:
            return min(taken), other
    return None


def voices_beside(version: CompiledVersion, instance: ProcessInstance, task: Task) -> frozenset[int]:
    """Who has, has given or is still to be given another voice in the vote this task belongs to
    (docs/adr/0011-one-voice-a-person.md); nobody where it is repeated over values, or in a trial, where
    every voice is its starter's. No statement outside votes, two where voices follow one another."""
    step = version.steps[task.step_key]
    if not task.mi_index or instance.is_trial or not is_vote(version, step):
        return frozenset()
    of_vote = Task.objects.filter(instance=instance, token_id=task.token_id)
    others = of_vote.exclude(pk=task.pk).exclude(state=Task.State.CANCELLED)
    rows = list(others.values_list("mi_index", "assignee_id", "completed_by_id", "completed_for_id"))
    taken = {person_id for _index, *persons in rows for person_id in persons if person_id is not None}
    if step.config.repeat is not None and step.config.repeat.is_sequential:
        group = TaskGroup.objects.get(instance=instance, token_id=task.token_id)
        made = max([task.mi_index, *(index for index, *_persons in rows)])
        taken |= {item["person"] for item in group.items[made:]}
    return frozenset(taken)


def is_vote(version: CompiledVersion, step: StepInfo) -> bool:
    """Whether a step is repeated over persons, each of whom has a voice, and not over values."""
    repeat = step.config.repeat
    if repeat is None or repeat.over is not Over.FIELD:
        return repeat is not None
    spec = version.fields.get(repeat.key)
    return spec is not None and spec.type in ("person", "team")


def person_name(person_id: int) -> str:
    """The name shown in a refusal."""
    return str(User.objects.get(pk=person_id))


# -- choosing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """The task to be given to somebody, and who may not have it."""

    version: CompiledVersion
    step: StepInfo
    instance: ProcessInstance
    team_id: int | None
    excluded: frozenset[int]
    beside: Sequence[Task] = ()

    def to(self, person_id: int, reason: Reason) -> Assignment:
        """Give it to a person."""
        return Assignment(self.team_id, person_id, reason)


def choose(
    version: CompiledVersion,
    step: StepInfo,
    instance: ProcessInstance,
    visit: int = 1,
    beside: Sequence[Task] = (),
) -> Assignment:
    """Apply the step's rule to its `visit`-th task of this case.

    `beside` = tasks of the same change that are not stored yet; their persons count for four eyes too. Reads
    only; whether an incident is due is told by `is_nobody`.
    """
    excluded = _excluded(version, step, instance, beside)
    case = _Case(version, step, instance, step.team_id, excluded, beside)
    if step.max_visits is not None and visit > step.max_visits:
        above = _above(case)
        if above is not None:
            return case.to(above[1], {"code": "visits", "visits": visit, "who": above[0]})
    rule = RULES.get(Step.Assignment(step.assignment))
    if rule is None:
        return _to_inbox(case, _inbox_reason(step))
    return rule(case) or _to_inbox(case, {"code": "fallback", "rule": step.assignment})


def hand_back(version: CompiledVersion, instance: ProcessInstance, task: Task) -> Assignment:
    """Who gets an open task whose person has left: its team's inbox, else who stands in for the team."""
    excluded = _excluded_from(version, instance, task)
    case = _Case(version, version.steps[task.step_key], instance, task.team_id, excluded)
    return _to_inbox(case, {"code": "inactive"})


def can_be_taken(version: CompiledVersion, instance: ProcessInstance, task: Task) -> bool:
    """Whether somebody may take an open task from its team's inbox."""
    return availability.has_somebody(task.team_id, _excluded_from(version, instance, task))


def _excluded(
    version: CompiledVersion, step: StepInfo, instance: ProcessInstance, beside: Sequence[Task] = ()
) -> frozenset[int]:
    """Who may not do the step: persons of steps it is kept apart from; where it is for the starter's lead,
    the starter too."""
    apart = persons_of(instance, version.apart.get(step.key, ()), beside)
    starter = instance.started_by_id
    if step.assignment != Step.Assignment.STARTER_LEAD or starter is None:
        return apart
    return apart | {starter}


def _excluded_from(version: CompiledVersion, instance: ProcessInstance, task: Task) -> frozenset[int]:
    """Who may not do an open task: as `_excluded`, and whoever has another voice in the same vote."""
    step = version.steps[task.step_key]
    return _excluded(version, step, instance) | voices_beside(version, instance, task)


def _inbox_reason(step: StepInfo) -> Reason:
    return {"code": "four_eyes", "steps": list(step.apart_keys)} if step.apart_keys else {"code": "pool"}


def _to_inbox(case: _Case, reason: Reason) -> Assignment:
    """The team's inbox if somebody can take it from there, else whoever stands in for the team."""
    if availability.has_somebody(case.team_id, case.excluded):
        return Assignment(case.team_id, None, reason)
    apart = sorted(case.version.apart.get(case.step.key, ()))
    steps = {"steps": apart} if apart else {}
    above = _above(case)
    if above is not None:
        return case.to(above[1], {"code": "stand_in", "who": above[0], **steps})
    return Assignment(case.team_id or case.instance.definition.owner_team_id, None, {"code": NOBODY, **steps})


def _is_available(case: _Case, person_id: int | None) -> bool:
    return person_id not in case.excluded and availability.is_worker(person_id)


def _above(case: _Case) -> tuple[str, int] | None:
    """Who stands in when the team can't: what he is (for the reason) and his id."""
    definition = case.instance.definition
    lead = availability.lead_of(case.team_id, case.excluded)
    if lead is not None:
        return "lead", lead
    if definition.owner_id is not None and _is_available(case, definition.owner_id):
        return "owner", definition.owner_id
    if _owning_team_sees(case.instance):
        lead = availability.lead_of(definition.owner_team_id, case.excluded)
    return None if lead is None else ("owner_lead", lead)


def _owning_team_sees(instance: ProcessInstance) -> bool:
    """Its leads may be given a confidential case only if they may see it without that."""
    is_granted = instance.definition.owner_team_id in instance.granted.get("team", ())
    return is_granted or not instance.is_confidential


# -- rules: somebody, or None where the rule finds nobody ----------------------------------------------------


def _certain_person(case: _Case) -> Assignment | None:
    return _to_person(case, case.step.person_id, {"code": "person"})


def _starter(case: _Case) -> Assignment | None:
    return _to_person(case, case.instance.started_by_id, {"code": "starter"})


def _same_person(case: _Case) -> Assignment | None:
    key = case.step.reference_keys[0] if case.step.reference_keys else ""
    return _to_person(case, _latest_person(case.instance, key), {"code": "same_as", "step": key})


def _to_person(case: _Case, person_id: int | None, reason: Reason) -> Assignment | None:
    if person_id is None or not _is_available(case, person_id):
        return None
    return case.to(person_id, reason)


def _latest_person(instance: ProcessInstance, step_key: str) -> int | None:
    """Who did the step last; whoever was represented counts before the stand-in. A step the clock ended was
    done by nobody."""
    row = (
        Task.objects.filter(instance=instance, step_key=step_key, state=Task.State.DONE)
        .order_by("-visit", "-id")
        .values_list("completed_for_id", "completed_by_id")
        .first()
    )
    return None if row is None else (row[0] or row[1])


def _lead_of_starter(case: _Case) -> Assignment | None:
    """A lead of a team the starter belongs to: the step's team first, then the owning team, then by name.

    A lead's own request goes one level up, to the process owner. Never the starter (see `_excluded`).
    """
    starter = case.instance.started_by_id
    for leads in _leads_around(case):
        if starter in leads:
            owner_id = case.instance.definition.owner_id
            return _to_person(case, owner_id, {"code": "starter_lead", "who": "owner"})
        free = sorted(leads - case.excluded)
        if free:
            return case.to(free[0], {"code": "starter_lead", "who": "lead"})
    return None


def _leads_around(case: _Case) -> list[set[int]]:
    """Active leads of each team the starter belongs to, nearest team first (one statement)."""
    rows = Membership.objects.filter(
        role=Membership.Role.LEAD,
        user__is_active=True,
        team__is_active=True,
        team__in=Membership.objects.filter(user__started_instances=case.instance).values("team_id"),
    ).order_by("team__name", "team_id")
    by_team: dict[int, set[int]] = {}
    for team_id, user_id in rows.values_list("team_id", "user_id"):
        by_team.setdefault(team_id, set()).add(user_id)
    nearest = [case.team_id, case.instance.definition.owner_team_id]
    order = [team for team in nearest if team in by_team] + [team for team in by_team if team not in nearest]
    return [by_team[team] for team in order if team is not None]


def _least_loaded(case: _Case) -> Assignment | None:
    """The member with the fewest open tasks; the lowest id among equals."""
    members = _free_members(case)
    if not members:
        return None
    rows = Task.objects.open().filter(assignee__in=members, is_trial=False).order_by()
    loads = Counter(dict(rows.values("assignee").annotate(load=Count("pk")).values_list("assignee", "load")))
    loads.update(task.assignee_id for task in case.beside if task.assignee_id is not None)
    return case.to(min(members, key=lambda pk: (loads[pk], pk)), {"code": "fewest_open"})


def fewest_open(version: CompiledVersion, instance: ProcessInstance, task: Task) -> int | None:
    """Whoever of the task's team has the fewest open tasks and may do it (three statements)."""
    step = version.steps[task.step_key]
    team_id = task.meant_for.team_id
    case = _Case(version, step, instance, team_id, _excluded_from(version, instance, task))
    chosen = _least_loaded(case)
    return chosen.assignee_id if chosen else None


def _free_members(case: _Case) -> list[int]:
    """Members of the team who may do the step."""
    if case.team_id is None:
        return []
    rows = availability.members(case.team_id).exclude(pk__in=case.excluded)
    return list(rows.values_list("pk", flat=True))


def _next_in_turn(case: _Case) -> Assignment | None:
    """The member whose last turn is longest ago; who never had one comes first, lowest id among equals.

    So members who come or go, or are left out by four eyes, keep the order of the others. Two cases at the
    same moment do not see each other's task and may give the same turn; the next ones make up for it.
    """
    members = _free_members(case)
    if not members:
        return None
    last_turn: dict[int, int] = {}
    for age, person_id in enumerate(_turns(case)):
        last_turn.setdefault(person_id, age)
    next_one = min(members, key=lambda pk: (-last_turn.get(pk, math.inf), pk))
    return case.to(next_one, {"code": "round_robin"})


def _turns(case: _Case) -> list[int]:
    """Who got the last tasks of this step in turn, over all versions of the process, newest first.

    Steps are looked up first and reasons judged here: so the database sees how few rows are wanted, and
    takes the newest instead of sorting all.
    """
    steps = Step.objects.filter(key=case.step.key, version__definition_id=case.version.definition_id)
    newest = Task.objects.filter(step_id__in=list(steps.order_by().values_list("pk", flat=True)))
    rows = newest.order_by("-pk").values_list("assignee_id", "assignment_reason")[:LOOKED_BACK]
    just_given = [task for task in reversed(case.beside) if task.step_key == case.step.key]
    given = [(task.assignee_id, task.assignment_reason) for task in just_given]
    return [pk for pk, reason in (*given, *rows) if pk is not None and reason.get("code") == "round_robin"]


def _named_in_field(case: _Case) -> Assignment | None:
    """The person in the field, or the inbox of the team in it."""
    key = case.step.field_key
    spec, value = case.version.fields.get(key), case.instance.data.get(key)
    if spec is None or not isinstance(value, int):
        return None
    reason = {"code": "from_field", "field": key}
    if spec.type == "person":
        return _to_person(case, value, reason)
    if spec.type == "team" and availability.has_somebody(value, case.excluded):
        return Assignment(value, None, reason)
    return None


Rule = Callable[[_Case], Assignment | None]
RULES: Mapping[Step.Assignment, Rule] = {
    Step.Assignment.PERSON: _certain_person,
    Step.Assignment.STARTER: _starter,
    Step.Assignment.STARTER_LEAD: _lead_of_starter,
    Step.Assignment.SAME_AS: _same_person,
    Step.Assignment.FEWEST_OPEN: _least_loaded,
    Step.Assignment.ROUND_ROBIN: _next_in_turn,
    Step.Assignment.FROM_FIELD: _named_in_field,
}
"""What is not here (the inbox, with or without four eyes) asks for no person."""


# -- repeated steps ------------------------------------------------------------------------------------------


def people_for(
    repeat: Repeat, version: CompiledVersion, step: StepInfo, instance: ProcessInstance
) -> list[Item]:
    """The list a repeated step is done for, frozen now: one item a task, each once, in order.

    Persons stand in the order of the definition, members of a team by name, values as in their field
    (several choices: one each, as stored; a long text: one line each). Whoever is not available, or may not
    do the step (four eyes), is left out; the list may be empty. At most two statements.
    """
    if repeat.over is not Over.FIELD:
        persons = _of_team(repeat.key) if repeat.over is Over.TEAM else _by_email(repeat.persons)
        return _allowed(version, step, instance, persons)
    spec, value = version.fields.get(repeat.key), instance.data.get(repeat.key)
    if spec is None or value is None:
        return []
    if spec.type == "person":
        return _allowed(version, step, instance, _ids(availability.workers().filter(pk=value)))
    if spec.type == "team":
        return _allowed(version, step, instance, _ids(availability.members(value)))
    return [{"value": text} for text in _texts(spec.type, value)]


def _texts(type_: str, value: Any) -> list[str]:
    """What a field lists, each once; nothing for a type that lists nothing."""
    if type_ == "multichoice":
        return list(value)
    lines = value.splitlines() if type_ == "longtext" else ()
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _by_email(emails: Sequence[str]) -> list[int]:
    wanted = dict.fromkeys(email.lower() for email in emails)
    found = dict(availability.workers().filter(email__in=wanted).values_list("email", "pk"))
    return [found[email] for email in wanted if email in found]


def _of_team(key: str) -> list[int]:
    team = {"memberships__team__key": key, "memberships__team__is_active": True}
    return _ids(User.objects.active().filter(**team))


def _ids(rows: UserQuerySet) -> list[int]:
    return list(rows.order_by("last_name", "first_name", "pk").values_list("pk", flat=True))


def _allowed(
    version: CompiledVersion, step: StepInfo, instance: ProcessInstance, persons: Iterable[int]
) -> list[Item]:
    apart = persons_of(instance, version.apart.get(step.key, ()))
    return [{"person": pk} for pk in persons if pk not in apart]
