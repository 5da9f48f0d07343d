"""Processes with an automatic step, for tests."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from processes import runtime
from processes.blueprint import (
    Blueprint,
    ConditionPlan,
    FieldPlan,
    FlowPlan,
    OutcomePlan,
    StepFieldPlan,
    StepPlan,
)
from processes.models import ProcessInstance
from processes.stepplans import Action, Do, StepConfig
from processes.tests.builders import MONDAY, flows, make_definition, make_version, node, task
from tasks.automatic import work
from tasks.models import Job

FIELDS = (
    FieldPlan("amount", "Betrag", "money"),
    FieldPlan("limit", "Grenze", "money"),
    FieldPlan("due", "Termin", "date"),
    FieldPlan("seen", "Gesehen am", "datetime"),
    FieldPlan("remark", "Bemerkung", "text"),
    FieldPlan("parts", "Teile", "multichoice", choices=(("a", "Achse"), ("b", "Bremse"))),
    FieldPlan("clerk", "Sachbearbeitung", "person"),
    FieldPlan("payer", "Zahler", "customer"),
    FieldPlan("urgent", "Eilig", "yesno"),
)
FAILED = OutcomePlan("failed", "Misslungen")


def step(key: str, action: Action, *, has_failed: bool = False) -> StepPlan:
    """An automatic step."""
    config = StepConfig(action=action).to_json()
    outcomes = (FAILED,) if has_failed else ()
    return StepPlan(key=key, kind="action", name=key.title(), config=config, outcomes=outcomes)


def acting(*actions: Action, has_failed: bool = False) -> Blueprint:
    """start → act1 → act2 … → work → end; with `has_failed` each act.failed → mend → end."""
    steps = [step(f"act{n}", one, has_failed=has_failed) for n, one in enumerate(actions, start=1)]
    keys = ["start", *(one.key for one in steps), "work"]
    lines = [f"{a}>{b}" for a, b in pairwise(keys)] + ["work.done>end"]
    more: tuple[StepPlan, ...] = ()
    if has_failed:
        lines += [*(f"{one.key}.failed>mend" for one in steps), "mend.done>end"]
        more = (task("mend"),)
    steps = [_start(), *steps, task("work"), *more, node("end", "end")]
    return Blueprint(fields=FIELDS, steps=tuple(steps), flows=flows(*lines))


def acting_into_a_gate(action: Action) -> Blueprint:
    """start → act1 → work if the remark is "ja"; otherwise nothing comes next."""
    gate = FlowPlan("gate", "work", conditions=(ConditionPlan("remark", "eq", "ja"),))
    return Blueprint(
        fields=FIELDS,
        steps=(_start(), step("act1", action), node("gate", "exclusive"), task("work"), node("end", "end")),
        flows=(*flows("start>act1", "act1>gate", "work.done>end"), gate),
    )


def _start() -> StepPlan:
    fields = tuple(StepFieldPlan(one.key, "optional") for one in FIELDS)
    return StepPlan("start", "start", "Start", fields=fields)


def mail(*to: str, subject: str = "Zu {number}", text: str = "Guten Tag", **fields: Any) -> Action:
    """A step that sends a mail."""
    return Action(Do.MAIL, to=to, subject=subject, text=text, **fields)


def begun(plan: Blueprint, by: Any, *, definition: Any = None, **values: Any) -> ProcessInstance:
    """A case that has just reached its automatic step."""
    version = make_version(plan, definition or make_definition(f"auto{Job.objects.count()}"))
    return runtime.start(version, by=by, at=MONDAY, **values)


def done(*actions: Action, by: Any, **values: Any) -> ProcessInstance:
    """A case whose automatic steps a worker has had in hand."""
    case = begun(acting(*actions), by, **values)
    work.perform(at=MONDAY)
    case.refresh_from_db()
    return case


def error_of(case: ProcessInstance) -> str:
    """Why its step was not done."""
    return Job.objects.get(instance=case).last_error


def open_step(case: ProcessInstance) -> str:
    """Where a case with one token stands."""
    case.refresh_from_db()
    return ",".join(token[1] for token in case.marking["tokens"])


def kinds(case: ProcessInstance) -> list[str]:
    """What happened in a case, after its start."""
    return list(case.events.order_by("seq").values_list("kind", flat=True))[1:]
