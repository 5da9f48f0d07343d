"""What is counted from the end of an earlier step has its moment, whatever kind of step that was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from people.models import User
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessInstance
from processes.playing import setting as simulationsetting
from processes.playing import simulation
from processes.playing.simulation import By, Play, Turn
from processes.stepplans import Action, Do
from processes.tests.builders import (
    MONDAY,
    call,
    clock,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    repeated,
    stopping,
    task,
    wait,
)
from tasks import deadlines, verify
from tasks.automatic import work
from tasks.models import Clock, Task
from tasks.tests import automats

pytestmark = pytest.mark.django_db

TUESDAY = MONDAY + dt.timedelta(days=1)
LATER = DeadlinePlan(basis="after", key="first", offset="1d")


@pytest.fixture
def anna() -> User:
    return make_user("Anna", make_team())


def after(first: StepPlan, *ways: str) -> Blueprint:
    """first → then, and beside it pause → last: a deadline, an outcome of the clock and a wait count from its
    end by one, two and three working days."""
    then = task("then", deadlines=(LATER,))
    late = clock("late", basis="after", key="first", offset="2d")
    return Blueprint(
        fields=(FieldPlan("seen", "Gesehen", "yesno"),),
        steps=(
            node("start", "start"),
            first,
            node("meet", "exclusive"),
            node("split", "parallel"),
            replace(then, outcomes=(*then.outcomes, late)),
            wait("pause", basis="after", key="first", offset="3d"),
            task("last"),
            node("end", "end"),
        ),
        flows=flows(
            "start>first", *ways, "meet>split", "split>then", "split>pause", "pause>last",
            "then.done>end", "then.late>end", "last.done>end",
        ),
    )  # fmt: skip


def called() -> Blueprint:
    return Blueprint(
        steps=(node("start", "start"), task("judge"), node("good", "end")),
        flows=flows("start>judge", "judge.done>good"),
    )


def sweep(case: ProcessInstance, by: User) -> None:
    deadlines.sweep(at=TUESDAY)


def perform(case: ProcessInstance, by: User) -> None:
    work.perform(at=TUESDAY)


def finish(case: ProcessInstance, by: User) -> None:
    for one in Task.objects.open().filter(instance__root=case):
        mine = runtime.claim(one, by=by, at=TUESDAY)
        runtime.complete_task(mine, outcome="done", by=by, at=TUESDAY)


SET = Action(Do.SET, values=(("seen", "yes"),))
TIMED = replace(task("first"), outcomes=(*task("first").outcomes, clock("silence", offset="1d")))
VOTE = repeated(task("first"), over="team", key="service", quorum="all")
Ending = Callable[[ProcessInstance, User], None]
ENDINGS: dict[str, tuple[StepPlan, tuple[str, ...], Ending, By, str]] = {
    "task": (task("first"), ("first.done>meet",), finish, By.PERSON, "done"),
    "vote": (VOTE, ("first.done>meet", "first.none>meet"), finish, By.PERSON, "done"),
    "clock": (TIMED, ("first.done>meet", "first.silence>meet"), sweep, By.CLOCK, "silence"),
    "wait": (wait("first", offset="1d"), ("first>meet",), sweep, By.DONE, ""),
    "automatic": (automats.step("first", SET), ("first>meet",), perform, By.DONE, ""),
    "called": (call("first", "check"), ("first.done>meet",), finish, By.CALL, "done"),
}
MOMENTS = {
    "solution": TUESDAY + dt.timedelta(days=1),
    "timeout": TUESDAY + dt.timedelta(days=2),
    "wait": TUESDAY + dt.timedelta(days=3),
}


@pytest.mark.parametrize("kind", ENDINGS)
def test_deadlines_waits_and_the_clock_count_from_the_end_of_any_step(anna: User, kind: str):
    make_version(called(), make_definition("check", number_pattern="CHK-{seq}"))
    first, ways, end, _by, _outcome = ENDINGS[kind]
    version = make_version(after(first, *ways), make_definition("main", number_pattern="M-{seq}"))
    case = runtime.start(version, by=anna, at=MONDAY)
    end(case, anna)
    found = Clock.objects.filter(instance=case, started_at=TUESDAY).values_list("kind", "due_at")
    assert dict(found) == MOMENTS
    assert Task.objects.get(step_key="then").due_at == MOMENTS["solution"]
    assert not list(verify.all_breaks())
    deadlines.sweep(at=MOMENTS["wait"])
    assert case.tasks.get(step_key="then").outcome_key == "late"
    assert case.tasks.get(step_key="last").is_open


@pytest.mark.parametrize("kind", ENDINGS)
def test_playing_it_through_tells_the_same_moments(anna: User, kind: str):
    first, ways, _end, by, outcome = ENDINGS[kind]
    setting = simulationsetting.setting_of(make_version(after(first, *ways)))
    begun = Play(at=MONDAY, is_begun=True)
    (token,) = simulation.replay(setting.net, begun).open
    play = begun.then(Turn(token.id, by, outcome, TUESDAY))
    found = simulation.anchors(play, simulation.replay(setting.net, play), TUESDAY)
    then, pause = setting.net.steps["then"], setting.net.steps["pause"]
    calendar = setting.calendar(play, TUESDAY, then.team_id)
    due = simulation.due(then.deadlines, found, calendar, play.urgency)
    late, over = then.timed_outcomes[0].after, pause.config.wait
    assert due and late and over
    assert due.at == MOMENTS["solution"]
    assert simulation.moment(late, found, calendar, is_wait=False) == MOMENTS["timeout"]
    assert simulation.moment(over, found, calendar, is_wait=True) == MOMENTS["wait"]


def test_a_wait_gone_through_again_counts_anew(anna: User):
    pause, work_on = wait("first", offset="1d"), task("then", outcomes="done again", deadlines=(LATER,))
    plan = Blueprint(
        steps=(node("start", "start"), pause, work_on, node("end", "end")),
        flows=flows("start>first", "first>then", "then.again>first", "then.done>end"),
    )
    case = runtime.start(make_version(plan), by=anna, at=MONDAY)
    deadlines.sweep(at=TUESDAY)
    one = runtime.claim(case.tasks.get(), by=anna, at=TUESDAY)
    runtime.complete_task(one, outcome="again", by=anna, at=TUESDAY)
    deadlines.sweep(at=TUESDAY + dt.timedelta(days=1))
    assert Task.objects.open().get().due_at == TUESDAY + dt.timedelta(days=2)


def test_a_step_that_was_stopped_has_not_ended(anna: User):
    stop = stopping(task("stop"), done="first")
    plan = Blueprint(
        steps=(
            node("start", "start"), node("split", "parallel"), wait("first", offset="1d"), stop,
            task("then", deadlines=(LATER,)), node("end", "end"),
        ),
        flows=flows(
            "start>split", "split>first", "split>stop", "first>then", "stop.done>then", "then.done>end"
        ),
    )  # fmt: skip
    case = runtime.start(make_version(plan), by=anna, at=MONDAY)
    one = runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
    runtime.complete_task(one, outcome="done", by=anna, at=TUESDAY)
    assert Task.objects.open().get().due_at is None


def test_a_reaction_time_begins_when_the_step_it_counts_from_ends(anna: User):
    rules = (
        DeadlinePlan(basis="after", key="first", offset="4h", kind="reaction"),
        DeadlinePlan(offset="9d"),
    )
    plan = Blueprint(
        steps=(
            node("start", "start"), node("split", "parallel"), wait("first", offset="1d"),
            task("then", outcomes="done again", deadlines=rules), node("end", "end"),
        ),
        flows=flows(
            "start>split", "split>first", "split>then", "first>end", "then.again>first", "then.done>end"
        ),
    )  # fmt: skip
    case = runtime.start(make_version(plan), by=anna, at=MONDAY)
    by_hand = MONDAY + dt.timedelta(days=2)
    lead = make_user("Lea", make_team(), lead=True)
    runtime.move_deadline(case.tasks.get(), by_hand, by=lead, reason="Wunsch", at=MONDAY)
    deadlines.sweep(at=TUESDAY)
    clocks = dict(Clock.objects.filter(task__instance=case).values_list("kind", "due_at"))
    assert clocks == {"solution": by_hand, "reaction": TUESDAY + dt.timedelta(hours=4)}
    assert case.tasks.get().due_at == by_hand


def test_a_case_gets_its_deadline_once_its_date_is_known(anna: User):
    plan = replace(
        Blueprint(
            fields=(FieldPlan("entry", "Eintritt", "date"),),
            steps=(
                node("start", "start"),
                task("ask", fields=(StepFieldPlan("entry"),)),
                task("then"),
                node("end", "end"),
            ),
            flows=flows("start>ask", "ask.done>then", "then.done>end"),
        ),
        deadlines=(DeadlinePlan(basis="field", key="entry", offset="-5d"),),
    )
    case = runtime.start(make_version(plan), by=anna, at=MONDAY)
    assert case.due_at is None
    one = runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
    runtime.complete_task(one, outcome="done", by=anna, data={"entry": "30.11.2026"}, at=MONDAY)
    case.refresh_from_db()
    assert case.due_at == dt.datetime(2026, 11, 23, 17, tzinfo=MONDAY.tzinfo)
    assert Clock.objects.get(instance=case, kind="case").wake_at is not None
