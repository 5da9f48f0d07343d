"""A play and a real case that go the same way stand at the same steps, with the same deadlines and end."""

from __future__ import annotations

import datetime as dt

import pytest

from processes import escalation, runtime
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan
from processes.models import DeadlineRule, ProcessInstance, Urgency
from processes.playing import forms, page, simulation
from processes.playing import setting as simulationsetting
from processes.playing.forms import Click, Entered
from processes.playing.receiving import Story
from processes.playing.simulation import Play
from processes.tests.builders import MONDAY, flows, make_team, make_user, make_version, node, only_if, task
from tasks import duemarks
from tasks.models import Clock, Task

pytestmark = pytest.mark.django_db

DATED = DeadlinePlan(basis="field", key="day", offset="-2d")
PLAN = Blueprint(
    fields=(FieldPlan("day", "Liefertag", "date"), FieldPlan("urgent", "Eilig", "yesno")),
    steps=(
        node("start", "start"),
        node("split", "parallel"),
        task("offer", outcomes="ok again", deadlines=(DeadlinePlan(offset="3d"), DATED)),
        task("ask", deadline="4h", fields=(StepFieldPlan("day"), StepFieldPlan("urgent"))),
        node("join", "inclusive"),
        node("gate", "exclusive"),
        task("quick", deadlines=(DeadlinePlan(offset="2h", urgency=1), DeadlinePlan(offset="1d"))),
        task("slow", deadlines=(DeadlinePlan(basis="after", key="offer", offset="1m", is_legal=True),)),
        node("end", "end"),
    ),
    flows=(
        *flows("start>split", "split>offer", "split>ask", "offer.ok>join", "offer.again>offer"),
        *flows("ask.done>join", "join>gate", "gate>slow*", "quick.done>end", "slow.done>end"),
        only_if("gate>quick", "urgent is yes"),
    ),
    deadlines=(DeadlinePlan(basis="case", offset="10d"),),
)
WAYS = {
    "ask first": [("ask", "done", 1), ("offer", "ok", 30), ("slow", "done", 50)],
    "offer twice": [("offer", "again", 5), ("offer", "ok", 6), ("ask", "done", 73), ("slow", "done", 80)],
    "urgent": [("ask", "done", 2, {"urgent": "yes"}), ("offer", "ok", 3), ("quick", "done", 4)],
    "with a date": [("ask", "done", 2, {"day": "2026-11-19"}), ("offer", "ok", 24)],
}


@pytest.mark.parametrize("urgency", [Urgency.HIGH, Urgency.NORMAL])
@pytest.mark.parametrize("way", WAYS.values(), ids=list(WAYS))
def test_a_play_goes_as_a_case_does(way: list[tuple[str, str, int, dict[str, str]]], urgency: Urgency):
    version, anna = make_version(PLAN), make_user("Anna", make_team())
    case = runtime.start(version, by=anna, urgency=urgency, at=MONDAY)
    setting = simulationsetting.setting_of(version)
    play = Play(at=MONDAY, urgency=urgency, is_begun=True)
    agree(case, setting, play)
    for step, outcome, hours, *values in way:
        at, typed = MONDAY + dt.timedelta(hours=hours), values[0] if values else {}
        one = runtime.claim(Task.objects.open().get(instance=case, step_key=step), by=anna, at=at)
        runtime.complete_task(one, outcome=outcome, by=anna, data=typed, at=at)
        play = played_on(setting, play, step, outcome, Entered(forms.moment_input(at), typed))
        agree(case, setting, play)


def played_on(
    setting: simulationsetting.Setting, play: Play, step: str, outcome: str, typed: Entered
) -> Play:
    """The same click on the page."""
    run = simulation.replay(setting.net, play)
    token = next(one for one in run.open if one.at == step)
    turn, found = forms.turn_of(setting, play, run, typed, Click(token.id, "person", outcome))
    assert turn is not None, found
    return play.then(turn)


def agree(case: ProcessInstance, setting: simulationsetting.Setting, play: Play) -> None:
    """Where they stand, until when each task and the case are due, and how they ended."""
    case.refresh_from_db()
    run = simulation.replay(setting.net, play)
    real = {one.step_key: one.due_at for one in Task.objects.open().filter(instance=case)}
    due = {token.at: until(setting, play, run, token.at, run.since[token.id]) for token in run.open}
    assert due == real
    assert until(setting, play, run, "", MONDAY) == case.due_at
    assert levels(setting, play, run) == {
        one.task.step_key if one.task else "": fired(one) for one in clocks_of(case)
    }
    assert run.is_over == (case.state == ProcessInstance.State.FINISHED)
    assert run.data == case.data


def until(
    setting: simulationsetting.Setting, play: Play, run: simulation.Run, key: str, begun: dt.datetime
) -> dt.datetime | None:
    """When a step (or the case) is due in the play."""
    step = setting.net.steps[key] if key else None
    calendar = setting.calendar(play, begun)
    if step is not None:
        token = next(one for one in run.open if one.at == key)
        found = Story(setting.net, run, setting.people).receivers[token.id]
        calendar = setting.calendar(play, begun, found.team_id, found.person_id)
    rules = [one for one in (step or setting.net).deadlines if one.kind == DeadlineRule.Kind.SOLUTION]
    due = simulation.due(rules, simulation.anchors(play, run, begun), calendar, play.urgency)
    return due.at if due else None


def clocks_of(case: ProcessInstance) -> list[Clock]:
    """The clocks of its open tasks and its own."""
    rows = Clock.objects.filter(instance=case, wake_at__isnull=False).select_related("task")
    return list(rows.exclude(kind=Clock.Kind.REACTION))


def fired(clock: Clock) -> list[tuple[str, str]]:
    """When each level of a clock fires, and what it is called; the mark of the deadline is one."""
    timed = [(simulationsetting.stamp(one.at), one.level) for one in escalation.timed_levels(clock.plan)]
    return [(at, duemarks.name_of(one) if one.number else "Frist") for at, one in timed]


def levels(
    setting: simulationsetting.Setting, play: Play, run: simulation.Run
) -> dict[str, list[tuple[str, str]]]:
    """The same as the page tells it, by step ("" = the case)."""
    if run.is_over:
        return {}
    story = Story(setting.net, run, setting.people)
    found = {
        token.at: page.deadlines(setting, play, run, token, story.receivers[token.id]) for token in run.open
    }
    whole = page.case_deadline(setting, play, run)
    found[""] = [whole] if whole else []
    shown = {key: one.course for key, rows in found.items() for one in rows if one.course}
    return {key: [(one.when, one.name) for one in course.stages] for key, course in shown.items()}
