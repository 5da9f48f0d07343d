"""What tests of playing a version through are made of."""

from __future__ import annotations

import datetime as dt
from typing import Any

from processes import plannets
from processes.blueprint import Blueprint, FieldPlan, StepPlan
from processes.nets import CompiledVersion
from processes.simulation import By, Play, Turn
from processes.simulationwords import People
from processes.tests.builders import MONDAY, flows, node

PEOPLE = People({1: "Service"}, {7: "Jonas Petersen"})
IDS = plannets.Ids({"service": 1}, {"jonas@example.org": 7})


def played(plan: Blueprint, **fields: Any) -> tuple[CompiledVersion, Play]:
    """A version and a play that has begun on a Monday at ten."""
    return plannets.compile_plan(plan, IDS), Play(at=MONDAY, is_begun=True, **fields)


def later(hours: int) -> dt.datetime:
    """So many hours after that Monday."""
    return MONDAY + dt.timedelta(hours=hours)


def chosen(token: int, outcome: str = "done", hours: int = 0, **values: Any) -> Turn:
    """A person's click."""
    return Turn(token, By.PERSON, outcome, later(hours), values)


def chain(*steps: StepPlan, fields: tuple[FieldPlan, ...] = ()) -> Blueprint:
    """Tasks one after another, each left by `done`."""
    keys = [one.key for one in steps]
    ways = [f"{one}.done>{after}" for one, after in zip(keys, [*keys[1:], "end"], strict=True)]
    return Blueprint(
        fields=fields,
        steps=(node("start", "start"), *steps, node("end", "end")),
        flows=flows(f"start>{keys[0]}", *ways),
    )
