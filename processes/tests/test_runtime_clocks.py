"""Waits and outcomes of the clock at run time: they move tokens once, by nobody, past the gates of people."""

import datetime as dt
from dataclasses import replace

import pytest

from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, ItemPlan, OutcomePlan, StepFieldPlan, StepPlan
from processes.errors import UnknownOutcome
from processes.tests.builders import (
    MONDAY,
    clock,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    task,
    wait,
)
from tasks import deadlines, verify
from tasks.events import Kind, facts_of
from tasks.models import Clock, Incident, ProcessEvent, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    return make_user("Anna", make_team())


def answer(*outcomes, **fields):
    """start → ask (done, and outcomes of the clock) → after | late | end."""
    ask = task("ask", **fields)
    return Blueprint(
        steps=(
            node("start", "start"),
            replace(ask, outcomes=(*ask.outcomes, *outcomes)),
            task("after"),
            task("late"),
            node("end", "end"),
        ),
        flows=flows(
            "start>ask",
            "ask.done>after",
            *(f"ask.{one.key}>late" for one in outcomes),
            "after.done>end",
            "late.done>end",
        ),
    )


def started(plan, by, **what):
    return runtime.start(make_version(plan), by=by, at=MONDAY, **what)


def at(**later):
    return MONDAY + dt.timedelta(**later)


def open_steps(case):
    return sorted(Task.objects.open().filter(instance=case).values_list("step_key", flat=True))


def breaks(case):
    case.refresh_from_db()
    return [str(one) for one in verify.instance_breaks(case)]


def test_a_wait_holds_the_case_until_its_moment(anna):
    plan = Blueprint(
        steps=(node("start", "start"), wait("pause", offset="3d"), task("work"), node("end", "end")),
        flows=flows("start>pause", "pause>work", "work.done>end"),
    )
    case = started(plan, anna)
    assert open_steps(case) == []
    assert breaks(case) == []
    assert deadlines.sweep(at=at(days=3, minutes=-1)).moved == 0
    assert deadlines.sweep(at=at(days=3)).moved == 1
    assert open_steps(case) == ["work"]
    event = ProcessEvent.objects.get(instance=case, kind=Kind.TIMED)
    assert event.actor is None
    assert facts_of(event)["step"] == "pause"
    assert breaks(case) == []
    assert deadlines.sweep(at=at(days=4)).moved == 0


def entry(*fills):
    """start → pause until five days before the entry → prepare; beside it tasks that may write the entry."""
    writes = (StepFieldPlan("entry", "optional"),)
    return Blueprint(
        fields=(FieldPlan("entry", "Eintritt", "date"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("entry"),)),
            node("fork", "parallel"),
            *(task(one, fields=writes) for one in fills),
            wait("pause", basis="field", key="entry", offset="-5d"),
            task("prepare"),
            node("end", "end"),
        ),
        flows=flows(
            "start>fork",
            *(f"fork>{one}" for one in (*fills, "pause")),
            *(f"{one}.done>end" for one in fills),
            "pause>prepare",
            "prepare.done>end",
        ),
    )


def test_a_wait_for_a_date_field_moves_with_the_field(anna):
    case = started(entry("fill"), anna)
    incident = Incident.objects.get(instance=case)
    assert (incident.code, incident.resolved_at) == ("date_missing", None)
    runtime.claim(case.tasks.get(), by=anna)
    runtime.complete_task(case.tasks.get(), outcome="done", by=anna, data={"entry": "30.11.2026"}, at=MONDAY)
    pause = Clock.objects.get(instance=case, kind=Clock.Kind.WAIT)
    assert pause.wake_at == dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)
    incident.refresh_from_db()
    assert incident.resolved_at is not None
    deadlines.sweep(at=pause.wake_at)
    assert open_steps(case) == ["prepare"]


def test_a_wait_whose_date_is_emptied_stands_still_visibly_until_there_is_a_new_one(anna):
    case = started(entry("clear", "fill"), anna, data={"entry": "30.11.2026"})
    open_ones = Incident.objects.filter(instance=case, resolved_at__isnull=True)
    for step, typed, number in (("clear", "", 1), ("fill", "07.12.2026", 0)):
        row = runtime.claim(case.tasks.get(step_key=step), by=anna)
        runtime.complete_task(row, outcome="done", by=anna, data={"entry": typed}, at=MONDAY)
        assert [one.step_key for one in open_ones.all()] == ["pause"] * number
        assert breaks(case) == []
    assert deadlines.sweep(at=at(days=14)).moved == 1


def test_an_outcome_of_the_clock_ends_the_task_past_its_gates(anna):
    plan = answer(clock("silence", offset="5d"), checklist=(ItemPlan("seen", "Gesehen", True),))
    case = started(plan, anna)
    deadlines.sweep(at=at(days=7))
    ended = case.tasks.get(step_key="ask")
    assert (ended.state, ended.outcome_key, ended.completed_by) == ("done", "silence", None)
    assert open_steps(case) == ["late"]
    facts = facts_of(ProcessEvent.objects.get(instance=case, kind=Kind.TIMED))
    assert facts["gates_skipped"] == ["ask"]
    assert breaks(case) == []


def test_no_person_chooses_an_outcome_of_the_clock(anna):
    case = started(answer(clock("silence", offset="5d")), anna)
    runtime.claim(case.tasks.get(), by=anna)
    for by in (anna, SYSTEM):
        with pytest.raises(UnknownOutcome):
            runtime.complete_task(case.tasks.get(), outcome="silence", by=by)


def test_completing_the_task_stops_its_clock(anna):
    case = started(answer(clock("silence", offset="5d")), anna)
    runtime.claim(case.tasks.get(), by=anna)
    runtime.complete_task(case.tasks.get(), outcome="done", by=anna, at=at(days=1))
    assert deadlines.sweep(at=at(days=20)).moved == 0
    assert open_steps(case) == ["after"]


def test_a_path_beside_the_task_begins_once_a_visit(anna):
    case = started(answer(clock("nag", offset="1d", interrupting=False)), anna)
    deadlines.sweep(at=at(days=1))
    deadlines.sweep(at=at(days=2))
    assert open_steps(case) == ["ask", "late"]
    assert breaks(case) == []
    runtime.suspend(case, by=SYSTEM, reason="Pause", at=at(days=2))
    runtime.resume(case, by=SYSTEM, at=at(days=3))
    assert deadlines.sweep(at=at(days=9)).moved == 0


def test_the_clocks_of_a_suspended_case_rest(anna):
    case = started(answer(clock("silence", offset="2d")), anna)
    runtime.suspend(case, by=SYSTEM, reason="Pause", at=at(days=1))
    assert deadlines.sweep(at=at(days=10)).moved == 0
    runtime.resume(case, by=SYSTEM, at=at(days=7))
    assert deadlines.sweep(at=at(days=8, minutes=-1)).moved == 0
    assert deadlines.sweep(at=at(days=8)).moved == 1


def test_cancelling_a_resting_case_ends_its_waits_for_good(anna):
    case = started(entry("fill"), anna, data={"entry": "30.11.2026"})
    runtime.suspend(case, by=SYSTEM, reason="Pause", at=at(hours=1))
    runtime.cancel(case, by=SYSTEM, reason="Erledigt", at=at(hours=2))
    assert breaks(case) == []
    assert deadlines.sweep(at=at(days=30)).moved == 0


def test_what_hangs_on_a_date_stays_there_when_the_case_rests(anna):
    case = started(answer(clock("silence", basis="date", on="2026-11-18")), anna)
    runtime.suspend(case, by=SYSTEM, reason="Pause", at=at(hours=1))
    runtime.resume(case, by=SYSTEM, at=at(days=1))
    timeout = Clock.objects.get(instance=case, kind=Clock.Kind.TIMEOUT)
    assert timeout.wake_at == dt.datetime(2026, 11, 18, 16, 0, tzinfo=dt.UTC)


def test_an_outcome_that_cancels_takes_the_other_branch_with_it(anna):
    stop = OutcomePlan("stop", "Abbruch", cancels=("right", "join"))
    left = task("left")
    plan = Blueprint(
        steps=(
            node("start", "start"),
            node("split", "parallel"),
            replace(left, outcomes=(*left.outcomes, stop)),
            task("right", checklist=(ItemPlan("seen", "Gesehen", True),), deadline="1d"),
            node("join", "parallel"),
            task("refuse"),
            node("end", "end"),
        ),
        flows=flows(
            "start>split",
            "split>left",
            "split>right",
            "left.done>join",
            "right.done>join",
            "join>end",
            "left.stop>refuse",
            "refuse.done>end",
        ),
    )
    case = started(plan, anna)
    row = case.tasks.get(step_key="left")
    runtime.claim(row, by=anna)
    runtime.complete_task(row, outcome="stop", by=anna, at=MONDAY)
    assert open_steps(case) == ["refuse"]
    assert case.tasks.get(step_key="right").state == "cancelled"
    facts = facts_of(ProcessEvent.objects.get(instance=case, kind=Kind.COMPLETED))
    assert facts["gates_skipped"] == ["right"]
    assert not Clock.objects.filter(instance=case, wake_at__isnull=False).exists()
    assert breaks(case) == []


def test_a_loop_without_a_wait_becomes_an_incident_and_the_clock_sleeps(anna):
    owner = make_user("Olga", make_team())
    plan = Blueprint(
        steps=(
            node("start", "start"),
            wait("pause", offset="1d"),
            node("again", "exclusive"),
            node("once_more", "exclusive"),
            node("end", "end"),
        ),
        flows=flows("start>pause", "pause>again", "again>once_more", "once_more>again"),
    )
    definition = make_definition("endless", owner=owner)
    case = runtime.start(make_version(plan, definition), by=anna, at=MONDAY)
    assert deadlines.sweep(at=at(days=1)).failed == 1
    assert deadlines.sweep(at=at(days=2)).failed == 0
    incident = Incident.objects.get(instance=case)
    assert incident.code == "too_many_steps"
    assert breaks(case) == []
    runtime.retry_clock(incident, by=owner, at=at(days=2))
    assert deadlines.sweep(at=at(days=3)).failed == 1
    assert Incident.objects.filter(instance=case, resolved_at__isnull=True).count() == 1


def test_a_persons_outcome_without_a_way_on_changes_nothing_and_is_reported(anna):
    plan = Blueprint(
        steps=(node("start", "start"), task("work"), node("gate", "exclusive"), node("end", "end")),
        flows=flows("start>work", "work.done>gate"),
    )
    case = started(plan, anna)
    row = runtime.claim(case.tasks.get(), by=anna)
    with pytest.raises(runtime.NoWayOn):
        runtime.complete_task(row, outcome="done", by=anna)
    assert case.tasks.get().state == "open"
    assert Incident.objects.get(instance=case).code == "no_branch"
    assert breaks(case) == []


def test_a_wait_counted_from_a_step_that_ends_later_begins_then(anna):
    plan = Blueprint(
        steps=(
            node("start", "start"),
            node("fork", "parallel"),
            task("ship"),
            wait("pause", basis="after", key="ship", offset="2d"),
            task("ask"),
            node("end", "end"),
        ),
        flows=flows("start>fork", "fork>ship", "fork>pause", "ship.done>end", "pause>ask", "ask.done>end"),
    )
    case = started(plan, anna)
    assert Incident.objects.get(instance=case, resolved_at__isnull=True).code == "date_missing"
    row = runtime.claim(case.tasks.get(), by=anna)
    runtime.complete_task(row, outcome="done", by=anna, at=at(days=1))
    assert not Incident.objects.filter(instance=case, resolved_at__isnull=True).exists()
    deadlines.sweep(at=at(days=3))
    assert open_steps(case) == ["ask"]
    assert breaks(case) == []
