"""Levels that choose an outcome of the clock: what they end, and what they leave alone."""

from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan, OutcomePlan
from processes.tests.builders import flows, node, repeated, single, task
from tasks import deadlines, verify
from tasks.events import Kind, facts_of
from tasks.models import Clock, TaskGroup
from tasks.tests.clockwork import on
from tasks.tests.test_escalation import Office, act, notify, told

pytestmark = pytest.mark.django_db
FAR_OFF = {"basis": "step", "offset": "90d"}
LATE = OutcomePlan("late", "Zu spät", is_clock=True, after=FAR_OFF)
ASIDE = OutcomePlan("aside", "Nebenher", is_clock=True, is_interrupting=False, after=FAR_OFF)


@pytest.fixture
def office(db):
    return Office()


def vote(office, outcome):
    """A vote of Anna, Bela and Lea whose level chooses an outcome of the clock after eight hours."""
    step = repeated(task("vote", outcomes="yes no", deadline="8h"), over="team", key="service", quorum="all")
    plan = Blueprint(
        steps=(
            node("start", "start"),
            replace(step, outcomes=(*step.outcomes, outcome)),
            task("after"),
            node("end", "end"),
        ),
        flows=flows(
            "start>vote",
            "vote.yes>end",
            "vote.no>end",
            "vote.none>end",
            f"vote.{outcome.key}>after",
            "after.done>end",
        ),
    )
    return office.start(act("outcome", key=outcome.key), plan=plan)


def open_steps(case):
    return sorted(case.tasks.open().values_list("step_key", flat=True))


def test_a_level_that_ends_a_vote_ends_all_of_it(office):
    case = vote(office, LATE)
    row = case.tasks.open().get(assignee=office.bela)
    runtime.complete_task(row, outcome="yes", by=office.bela, at=on(16, 12))
    deadlines.sweep(at=on(18))
    assert open_steps(case) == ["after"]
    assert sorted(case.tasks.filter(step_key="vote").values_list("state", flat=True)) == [
        "cancelled",
        "cancelled",
        "done",
    ]
    group = TaskGroup.objects.get()
    assert (group.outcome_key, group.ended_at) == ("late", on(18))
    assert not Clock.objects.filter(wake_at__isnull=False).exists()
    assert (deadlines.sweep(at=on(25)).failed, open_steps(case)) == (0, ["after"])
    assert case.events.filter(kind=Kind.TIMED).count() == 1
    assert not list(verify.all_breaks())


def test_a_further_way_of_a_vote_begins_once_however_many_voices_are_late(office):
    case = vote(office, ASIDE)
    deadlines.sweep(at=on(18))
    assert open_steps(case) == ["after", "vote", "vote", "vote"]
    assert not list(verify.all_breaks())


# -- the reaction time, which the plan of the step watches too -----------------------------------------------


def untaken(office, *levels):
    """To be taken over within four hours, to be done within three days."""
    plan = single(deadlines=(DeadlinePlan(offset="4h", kind="reaction"), DeadlinePlan(offset="3d")))
    steps = [replace(one, outcomes=(*one.outcomes, LATE)) if one.key == "work" else one for one in plan.steps]
    plan = replace(plan, steps=tuple(steps), flows=(*plan.flows, *flows("work.late>end")))
    return office.start(*levels, plan=plan)


def test_a_task_nobody_has_taken_over_ends_at_its_own_deadline(office):
    case = untaken(office, act("outcome", key="late"))
    deadlines.sweep(at=on(18))
    assert case.tasks.get().is_open
    deadlines.sweep(at=on(19))
    assert not case.tasks.get().is_open


def test_what_a_level_does_besides_it_does_for_the_reaction_time(office):
    acts = [{"do": "outcome", "key": "late"}, *notify("lead")["acts"], {"do": "reassign", "to": "lead"}]
    case = untaken(office, {"acts": acts})
    deadlines.sweep(at=on(16, 15))
    assert case.tasks.get().is_open and case.tasks.get().assignee == office.lea
    assert told(case) == ["Lea"]
    (fired,) = case.events.filter(kind=Kind.ESCALATED)
    assert facts_of(fired)["acts"] == ["notify", "reassign"]
