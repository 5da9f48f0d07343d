"""What tests of playing a version through are made of."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.test import Client
from django.urls import reverse

from processes import blueprint, plannets
from processes.blueprint import Blueprint, FieldPlan, StepPlan
from processes.compiledversion import CompiledVersion
from processes.models import ProcessVersion
from processes.playing.receiving import People
from processes.playing.simulation import By, Play, Turn
from processes.tests.builders import MONDAY, flows, make_definition, make_team, make_user, node
from processes.tests.pages import form_values

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


class Page:
    """The page of a version as an administrator uses it; `answer` is what was answered last."""

    def __init__(self, version: ProcessVersion, **user: Any) -> None:
        self.url = reverse("admin:processes_processversion_simulate", args=[version.pk])
        self.client = Client()
        user = user or {"is_process_admin": True}
        self.client.force_login(make_user("", language="en", **user))
        self.answer = self.client.get(self.url)

    @property
    def text(self) -> str:
        """What was answered last."""
        return self.answer.content.decode()

    def click(self, do: str, **typed: Any) -> Any:
        """Press a button, with what the page has and what is typed."""
        values = {name: value for name, value in form_values(self.text).items() if name != "do"}
        self.answer = self.client.post(self.url, {**values, **typed, "do": do})
        return self.answer

    def open(self) -> list[str]:
        """Names of the steps that are open."""
        return [one.name for one in self.answer.context.get("open_steps", ())]


def draft(plan: Blueprint) -> ProcessVersion:
    """A draft that nobody has checked."""
    make_team()
    version = ProcessVersion.objects.create(definition=make_definition(), number=1)
    blueprint.write(version, plan)
    return version
