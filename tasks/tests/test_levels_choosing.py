"""Levels that choose an outcome of the clock: what they end, and what they leave alone."""

from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import Blueprint, OutcomePlan
from processes.tests.builders import flows, node, repeated, task
from tasks import deadlines, verify
from tasks.events import Kind
from tasks.models import Clock, TaskGroup
from tasks.tests.clockwork import on
from tasks.tests.test_escalation import Office, act

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
