"""The time in which somebody has to take a task over: watched while nobody has it, by the urgency of now."""

from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.tests.builders import MONDAY, single
from tasks import deadlines, verify
from tasks.models import Clock, Notification, Task
from tasks.tests.clockwork import case_of, on
from tasks.tests.test_escalation import Office, notify, told

pytestmark = pytest.mark.django_db
RULES = (
    DeadlinePlan(offset="16h", kind="reaction"),
    DeadlinePlan(offset="2h", kind="reaction", urgency=0),
)


@pytest.fixture
def office(db):
    return Office()


def start(office, *levels, assignment="pool"):
    plan = single(deadlines=RULES)
    work = replace(plan.steps[1], assignment=assignment)
    case = office.start(*levels, plan=replace(plan, steps=(plan.steps[0], work, *plan.steps[2:])))
    return case.tasks.get()


def reaction():
    return Clock.objects.get(kind="reaction")


def test_a_task_given_back_has_the_reaction_time_of_its_urgency(office):
    row = runtime.claim(start(office), by=office.anna, at=MONDAY)
    runtime.set_urgency(row, 0, by=office.lea, at=on(16, 11))
    runtime.release(row, by=office.anna, at=on(16, 11, 30))
    assert (reaction().due_at, reaction().wake_at, reaction().for_urgency) == (on(16, 12), on(16, 12), 0)
    assert Clock.objects.count() == 1


def test_what_a_new_urgency_has_let_pass_is_said_once_however_often_it_is_given_back(office):
    row = start(office, notify("assignee", offset="50%"), notify("lead"))
    row = runtime.claim(row, by=office.anna, at=MONDAY)
    runtime.set_urgency(row, 0, by=office.lea, at=on(16, 11))
    for hour in (13, 14):
        runtime.release(row, by=office.anna, at=on(16, hour))
        deadlines.sweep(at=on(16, hour, 1))
        row = runtime.claim(row, by=office.anna, at=on(16, hour, 30))
    assert told(row.instance) == ["Lea"]
    assert not list(verify.all_breaks())


def test_an_urgency_that_goes_to_and_fro_meanwhile_changes_nothing(office):
    row = runtime.claim(start(office), by=office.anna, at=MONDAY)
    for urgency in (0, 2):
        runtime.set_urgency(row, urgency, by=office.lea, at=on(16, 11))
    runtime.release(row, by=office.anna, at=on(16, 12))
    assert (reaction().due_at, reaction().generation) == (on(18), 1)


def test_a_task_first_given_to_somebody_has_a_reaction_time_in_the_inbox(office):
    row = start(office, notify("lead"), assignment="starter")
    assert row.assignee == office.anna and not Clock.objects.exists()
    runtime.release(row, by=office.anna, at=on(16, 11))
    assert (reaction().due_at, reaction().wake_at) == (on(18), on(18))
    deadlines.sweep(at=on(18))
    assert Notification.objects.filter(recipient=office.lea, kind="overdue", channel="app").count() == 1
    runtime.claim(Task.objects.get(), by=office.bela, at=on(18, 11))
    assert reaction().wake_at is None


def test_a_reaction_time_that_begins_late_counts_what_the_case_has_rested(office):
    row = start(office, assignment="starter")
    runtime.suspend(case_of(row), by=office.owner, reason="ruht", at=on(16, 12))
    runtime.resume(case_of(row), by=office.owner, at=on(17, 12))
    runtime.release(row, by=office.anna, at=on(17, 13))
    assert (reaction().due_at, reaction().paused_seconds) == (on(19), 8 * 3600)


def test_a_reaction_time_that_begins_in_a_rest_rests_with_its_task(office):
    row = start(office, assignment="starter")
    row = runtime.postpone(row, on(27, 9), by=office.anna, waits_for="customer", at=on(16, 12))
    runtime.release(row, by=office.anna, at=on(17, 12))
    assert (reaction().wake_at, reaction().paused_at) == (None, on(16, 12))
    runtime.take_up(Task.objects.get(), by=office.bela, at=on(17, 14))
    assert (reaction().due_at, reaction().wake_at) == (on(19, 12), on(19, 12))


def test_a_task_of_somebody_who_left_has_its_reaction_time_again(office):
    runtime.claim(start(office), by=office.anna, at=on(16, 11))
    office.anna.is_active = False
    office.anna.save()
    assert runtime.hand_back(office.anna, by=office.lea, at=on(16, 12)).tasks == 1
    assert Task.objects.get().assignee is None
    assert reaction().wake_at == on(18)
