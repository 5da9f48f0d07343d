"""What the page of a play offers: every outcome of the shipped templates, and waits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest

from people import calendars
from people.models import Team
from processes import blueprint, library, nets, plannets
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan
from processes.marking import Marking, Token
from processes.models import ProcessDefinition, ProcessVersion
from processes.playing import forms, mails, page, simulation
from processes.playing.forms import Click, Entered
from processes.playing.receiving import People
from processes.playing.setting import Setting
from processes.playing.simulation import Play
from processes.tests.builders import BERLIN, MONDAY, flows, make_version, node, task, wait
from processes.tests.plays import chain
from processes.words import planwords


def setting_of(plan: Blueprint) -> Setting:
    """What a page knows, without a database."""
    ids = {step.team: number for number, step in enumerate(plan.steps, 1) if step.team}
    definition = ProcessDefinition(name="Library", owner_team=Team(pk=1, name="Service"))
    return Setting(
        version=ProcessVersion(definition=definition),
        plan=plan,
        net=plannets.compile_plan(plan, plannets.Ids(ids)),
        names=planwords.Names.of(plan),
        people=People({number: key for key, number in ids.items()}),
        options={},
        calendars=calendars.NONE,
        calendar_names=(),
        called={},
        plan_names={},
    )


def standing_at(key: str) -> simulation.Run:
    """A case that stands at one step, with nothing filled in."""
    return simulation.Run(Marking((Token(1, key, 1),), 2), {}, {1: MONDAY}, ())


def clicks(setting: Setting, play: Play, key: str) -> Iterator[Click]:
    """What the page offers at a step."""
    run = standing_at(key)
    known = mails.known_to(setting, run.data)
    shown = page.open_step(setting, play, run, run.open[0], None, Entered(), known)
    for button in shown.buttons:
        number, *rest = button.value.split(":")
        yield Click(int(number), *rest)


@pytest.mark.parametrize("one", library.templates(), ids=lambda one: one.key)
def test_every_outcome_of_every_template_can_be_clicked(one: library.Template):
    setting, play = setting_of(one.plan), Play(at=MONDAY, is_begun=True)
    assert simulation.replay(setting.net, play).open
    for step in one.working_steps:
        offered = set()
        for what in clicks(setting, play, step.key):
            run = standing_at(step.key)
            turn, found = forms.turn_of(setting, play, run, Entered(), what)
            assert turn is not None, found
            after = simulation.follow(setting.net, run, turn)
            assert after.passed[-1].entered or after.passed[-1].waiting or after.passed[-1].ends
            offered.add(what.outcome)
        dated = {key.key for key in step.outcomes if key.is_clock and key.after.get("basis") == "field"}
        assert offered - {""} >= {key.key for key in step.outcomes} - dated


def test_a_wait_goes_on_at_its_moment_and_not_while_its_date_is_missing():
    plan = Blueprint(
        fields=(FieldPlan("day", "Tag", "date"),),
        steps=(node("start", "start"), wait("pause", basis="field", key="day"), node("end", "end")),
        flows=flows("start>pause", "pause>end"),
    )
    setting, play = setting_of(plan), Play(at=MONDAY, is_begun=True)
    assert list(clicks(setting, play, "pause")) == []
    run = replace(standing_at("pause"), data={"day": "2026-12-01"})
    turn, _found = forms.turn_of(setting, play, run, Entered(), Click(1, "done", ""))
    assert turn is not None
    assert turn.at == dt.datetime(2026, 12, 1, 9, tzinfo=BERLIN)


@pytest.mark.django_db
def test_a_blueprint_is_compiled_as_its_rows_are():
    """The two ways to a compiled version must not drift apart."""
    plan = chain(task("a", deadline="2d", assignment="not_same_as", reference_key="b"), task("b"))
    row = make_version(replace(plan, deadlines=(DeadlinePlan(basis="case", offset="10d"),)))
    stored = nets.compile_version(row)
    plain = plannets.compile_plan(
        blueprint.read(row), plannets.Ids({"service": stored.steps["a"].team_id or 0})
    )
    assert plain.apart == stored.apart
    assert plain.deadlines == stored.deadlines
    for key, step in stored.steps.items():
        outcomes = tuple(replace(one, id=0) for one in step.outcomes)
        other = plain.steps[key]
        assert replace(step, id=0, outcomes=outcomes) == replace(
            other, id=0, outcomes=tuple(replace(one, id=0) for one in other.outcomes)
        )
