"""Plain functions that make people and processes for tests; nothing in them is left to chance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from people.models import Membership, Team, User
from processes import blueprint, conditions
from processes.blueprint import (
    Blueprint,
    ConditionPlan,
    FieldPlan,
    FlowPlan,
    ItemPlan,
    OutcomePlan,
    StepFieldPlan,
    StepPlan,
)
from processes.models import ProcessDefinition, ProcessVersion

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = dt.datetime(2026, 11, 16, 10, 0, tzinfo=BERLIN)
"""A Monday in working time, on which tests begin unless they say otherwise."""

_numbers = count(1)


def make_team(key: str = "service", **fields: Any) -> Team:
    """The team of that key, made if it does not exist."""
    team, _ = Team.objects.get_or_create(key=key, defaults={"name": key.title(), **fields})
    return team


def make_user(name: str = "", *teams: Team, lead: bool = False, **fields: Any) -> User:
    """A person in these teams; the name makes the e-mail."""
    name = name or f"Person{next(_numbers)}"
    user = User.objects.create_user(f"{name.lower()}@example.org", "geheim-2026!", last_name=name, **fields)
    role = Membership.Role.LEAD if lead else Membership.Role.MEMBER
    for team in teams:
        Membership.objects.create(user=user, team=team, role=role)
    return user


def attend(*teams: str) -> None:
    """Put a lead and a member into each of these teams, as publishing wants them."""
    for key in teams:
        make_user("", make_team(key), lead=True)
        make_user("", make_team(key))


def task(key: str, team: str = "service", outcomes: str = "done", **fields: Any) -> StepPlan:
    """A task step; `outcomes` are keys separated by blanks, one ending in ! needs a reason."""
    plans = tuple(
        OutcomePlan(one.rstrip("!"), one.rstrip("!").title(), requires_note=one.endswith("!"))
        for one in outcomes.split()
    )
    return StepPlan(key=key, kind="task", name=key.title(), team=team, outcomes=plans, **fields)


def node(key: str, kind: str) -> StepPlan:
    """A step without people: start, end, a gateway."""
    return StepPlan(key=key, kind=kind, name=key.title())


def wait(key: str, /, **moment: str) -> StepPlan:
    """A timer; `moment` as in `moments.Moment` (offset alone: from the start of the step)."""
    return StepPlan(key, "timer", key.title(), config={"wait": {"basis": "step", **moment}})


def clock(key: str, /, *, interrupting: bool = True, **moment: str) -> OutcomePlan:
    """An outcome of the clock."""
    after = {"basis": "step", **moment}
    return OutcomePlan(key, key.title(), is_clock=True, after=after, is_interrupting=interrupting)


def stopping(step: StepPlan, **regions: str) -> StepPlan:
    """The step with cancel regions: by outcome the steps it stops, separated by blanks."""
    outcomes = (
        replace(one, cancels=tuple(regions[one.key].split())) if one.key in regions else one
        for one in step.outcomes
    )
    return replace(step, outcomes=tuple(outcomes))


def repeated(step: StepPlan, **repeat: Any) -> StepPlan:
    """The task several times, as in `stepplans.Repeat`, with the outcome `none` for no agreement."""
    none = OutcomePlan("none", "Keine Einigung", is_no_agreement=True)
    return replace(step, outcomes=(*step.outcomes, none), config={"repeat": repeat})


def call(key: str, process: str, /, otherwise: str = "done", **ends: str) -> StepPlan:
    """A called process; `ends` = our outcome by the key of its end, all other ends mean `otherwise`."""
    keys = dict.fromkeys((*ends.values(), otherwise))
    plan = {"process": process, "ends": list(ends.items()), "otherwise": otherwise}
    outcomes = tuple(OutcomePlan(one, one.title()) for one in keys)
    return StepPlan(key, "subprocess", key.title(), outcomes=outcomes, config={"call": plan})


def only_if(flow: str, *lines: str) -> FlowPlan:
    """A transition under conditions that need no value, such as `only_if("gate>board", "urgent is yes")`."""
    (plan,) = flows(flow)
    found = [conditions.read(line) for line in lines]
    return replace(plan, conditions=tuple(one for one in found if one is not None))


def flows(*lines: str) -> tuple[FlowPlan, ...]:
    """Transitions such as `check.ok>pay` (outcome) or `start>check`; `*` after the target = otherwise."""
    made = []
    for line in lines:
        left, target = line.split(">")
        source, _, outcome = left.partition(".")
        made.append(FlowPlan(source, target.rstrip("*"), outcome, is_default=target.endswith("*")))
    return tuple(made)


def make_definition(key: str = "complaint", **fields: Any) -> ProcessDefinition:
    """A process owned by the team `service`."""
    values = {
        "name": key.title(),
        "owner_team": make_team(),
        "number_pattern": "REK-{year}-{seq:05}",
        **fields,
    }
    return ProcessDefinition.objects.create(key=key, **values)


LEAD_AT_DEADLINE = ({"level": 2, "name": "Leitung", "acts": [{"do": "notify", "whom": ["lead"]}]},)
"""The escalation plan of tests that name none: the lead is told at the deadline."""


def make_version(
    plan: Blueprint,
    definition: ProcessDefinition | None = None,
    levels: Sequence[dict[str, Any]] = LEAD_AT_DEADLINE,
) -> ProcessVersion:
    """A published version of a blueprint, made as the newest of its process, with these escalation levels."""
    for step in plan.steps:
        if step.team:
            make_team(step.team)
    definition = definition or make_definition()
    ProcessVersion.objects.filter(definition=definition, state="published").update(state="retired")
    version = ProcessVersion.objects.create(definition=definition, number=definition.versions.count() + 1)
    blueprint.write(version, plan)
    version.plans = {"": list(levels)}
    version.publish(by=None, at=MONDAY)
    version.save()
    return version


def complaint(**check_fields: Any) -> Blueprint:
    """capture → check (ok → approve, incomplete → capture, refuse! → end) → approve → end."""
    return Blueprint(
        fields=(
            FieldPlan("amount", "Betrag", "money", is_searchable=True),
            FieldPlan("cause", "Ursache", "choice", choices=(("damage", "Schaden"), ("delay", "Verzug"))),
            FieldPlan("report", "Bericht", "longtext"),
        ),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("amount", "optional"),)),
            task("capture", outcomes="complete question"),
            task(
                "check",
                "quality",
                "ok incomplete refuse!",
                deadline="8h",
                checklist=(ItemPlan("seen", "Ware gesehen", True), ItemPlan("photo", "Foto gemacht")),
                fields=(StepFieldPlan("cause", "required"), StepFieldPlan("report", "optional")),
                **check_fields,
            ),
            task("approve", "service", "yes no!", assignment="not_same_as", reference_key="check"),
            node("end", "end"),
        ),
        flows=flows(
            "start>capture",
            "capture.complete>check",
            "capture.question>end",
            "check.ok>approve",
            "check.incomplete>capture",
            "check.refuse>end",
            "approve.yes>end",
            "approve.no>check",
        ),
    )


def parallel() -> Blueprint:
    """start → split → left, right (together) → join → pay → end."""
    return Blueprint(
        steps=(
            node("start", "start"),
            node("split", "parallel"),
            task("left"),
            task("right"),
            node("join", "parallel"),
            task("pay"),
            node("end", "end"),
        ),
        flows=flows(
            "start>split",
            "split>left",
            "split>right",
            "left.done>join",
            "right.done>join",
            "join>pay",
            "pay.done>end",
        ),
    )


def by_amount(limit: str = "5000.00") -> Blueprint:
    """start (amount) → gate: amount >= limit → board, otherwise → clerk; both → end."""
    money = {"amount": limit, "currency": "EUR"}
    return Blueprint(
        fields=(FieldPlan("amount", "Betrag", "money"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("amount", "required"),)),
            node("gate", "exclusive"),
            task("board"),
            task("clerk"),
            node("end", "end"),
        ),
        flows=(
            *flows("start>gate", "gate>clerk*", "board.done>end", "clerk.done>end"),
            FlowPlan("gate", "board", conditions=(ConditionPlan("amount", "ge", money),)),
        ),
    )


def single(**fields: Any) -> Blueprint:
    """start → work → end: a ticket."""
    return Blueprint(
        steps=(node("start", "start"), task("work", **fields), node("end", "end")),
        flows=flows("start>work", "work.done>end"),
    )
