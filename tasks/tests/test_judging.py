"""A changed urgency: deadlines and escalation that depend on it begin anew, others stay."""

import datetime as dt
from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.errors import NotAllowed, ProcessError
from processes.tests.builders import BERLIN, MONDAY, make_team, make_user, make_version, single
from processes.urgency import judged
from tasks import deadlines, verify
from tasks.events import Kind, facts_of
from tasks.models import Clock, Notification, ProcessEvent, Task

pytestmark = pytest.mark.django_db
BY_URGENCY = (DeadlinePlan(offset="3d"), DeadlinePlan(offset="4h", urgency=0))


def on(day, hour=10, minute=0):
    """A moment of November 2026; the 16th is a Monday."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def start(anna, *rules, plan=None, **what):
    version = make_version(plan or single(deadlines=rules or BY_URGENCY))
    case = runtime.start(version, by=anna, at=MONDAY, **what)
    return runtime.claim(case.tasks.get(), by=anna, at=MONDAY)


def moved(case):
    rows = ProcessEvent.objects.filter(instance=case, kind=Kind.DEADLINE)
    return [facts_of(row) for row in rows.order_by("seq")]


def test_a_rule_for_the_new_urgency_gives_another_deadline(anna):
    task = start(anna)
    runtime.set_urgency(task, 0, by=anna, at=on(16, 11))
    row = Task.objects.get()
    assert (row.urgency, row.due_at, row.due_sort_at) == (0, on(16, 14), on(16, 14))
    assert [(one["why"], one["clock"]) for one in moved(task.instance)] == [("urgency", "solution")]
    runtime.set_urgency(row, 2, by=anna, at=on(16, 12))
    assert Task.objects.get().due_at == on(19)
    assert not list(verify.all_breaks())


def test_a_rule_for_all_urgencies_leaves_the_deadline_and_its_levels_alone(anna):
    task = start(anna, DeadlinePlan(offset="3d"))
    runtime.set_urgency(task, 0, by=anna, at=on(16, 11))
    assert (moved(task.instance), Clock.objects.get(kind="solution").generation) == ([], 1)


def test_what_is_late_by_the_new_rule_is_told_and_what_no_longer_is_loses_its_mark(anna, lea):
    task = start(anna)
    runtime.set_urgency(task, 0, by=anna, at=on(17))
    deadlines.sweep(at=on(17))
    assert Task.objects.get().overdue_at is not None
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1
    runtime.set_urgency(task, 2, by=anna, at=on(17, 11))
    row = Task.objects.get()
    assert (row.overdue_at, row.escalation_level, row.due_at) == (None, 0, on(19))
    deadlines.sweep(at=on(19))
    assert Task.objects.get().overdue_at is not None


def test_a_task_without_a_deadline_gets_the_one_of_its_urgency(anna):
    task = start(anna, DeadlinePlan(offset="4h", urgency=0))
    assert task.due_at is None
    runtime.set_urgency(task, 0, by=anna, at=on(16, 11))
    assert (Task.objects.get().due_at, Clock.objects.get().kind) == (on(16, 14), "solution")


def test_a_moved_deadline_stays_where_it_was_put(anna, lea):
    task = start(anna)
    runtime.move_deadline(task, on(20), by=lea, reason="Urlaub", at=on(16, 11))
    runtime.set_urgency(task, 0, by=anna, at=on(16, 12))
    assert Task.objects.get().due_at == on(20)


def test_a_legal_deadline_keeps_its_early_warning(anna):
    rules = (
        DeadlinePlan(offset="1m", is_legal=True),
        DeadlinePlan(offset="2w", is_legal=True, urgency=0),
    )
    task = start(anna, *rules)
    runtime.set_urgency(task, 0, by=anna, at=on(16, 11))
    clock = Clock.objects.get(kind="solution")
    assert (clock.is_legal, clock.due_at) == (True, on(30, 23, 59) + dt.timedelta(seconds=59))
    assert 90 in [row["level"] for row in clock.plan]


def test_a_judgement_is_kept_with_its_reasons(anna):
    task = start(anna)
    runtime.set_urgency(task, judged("house", "stands_still"), by=anna, at=on(16, 11))
    facts = facts_of(ProcessEvent.objects.get(kind=Kind.URGENCY))
    assert (facts["new"], facts["impact"], facts["pressure"]) == (0, "house", "stands_still")
    case = runtime.start(task.instance.version, by=anna, urgency=judged("team", "urgent"), at=MONDAY)
    assert (case.urgency, case.tasks.get().urgency) == (1, 1)
    assert facts_of(case.events.get(kind="started"))["pressure"] == "urgent"


def test_the_urgency_of_a_case_moves_its_deadline_and_open_tasks_as_urgent_as_it(anna, lea):
    rules = (DeadlinePlan(basis="case", offset="5d"), DeadlinePlan(basis="case", offset="1d", urgency=0))
    task = start(anna, plan=replace(single(deadlines=BY_URGENCY), deadlines=rules))
    runtime.set_case_urgency(task.instance, 0, by=lea, at=on(16, 11))
    case = type(task.instance).objects.get()
    assert (case.urgency, case.due_at, Task.objects.get().due_at) == (0, on(17), on(16, 14))
    assert [one["clock"] for one in moved(case)] == ["case", "solution"]
    runtime.set_urgency(task, 3, by=anna, at=on(16, 12))
    runtime.set_case_urgency(case, 2, by=lea, at=on(16, 13))
    assert (Task.objects.get().urgency, type(case).objects.get().due_at) == (3, on(23))
    assert not list(verify.all_breaks())


def test_a_suspended_case_comes_back_with_its_deadline_moved(anna, lea):
    task = start(anna, plan=replace(single(), deadlines=(DeadlinePlan(basis="case", offset="5d"),)))
    runtime.suspend(task.instance, by=lea, reason="wartet", at=on(17))
    runtime.resume(task.instance, by=lea, at=on(18))
    assert type(task.instance).objects.get().due_at == on(24)


def test_what_is_refused(anna, lea):
    task = start(anna)
    with pytest.raises(NotAllowed):
        runtime.set_case_urgency(task.instance, 0, by=anna)
    for level in (-1, 4):
        with pytest.raises(ProcessError):
            runtime.set_case_urgency(task.instance, level, by=lea)
    assert ProcessEvent.objects.filter(kind=Kind.URGENCY).count() == 0


ONLY_CRITICAL = DeadlinePlan(offset="4h", urgency=0)
WARNING = {"level": 1, "offset": "80%", "acts": [{"do": "notify", "whom": ["assignee"]}]}


def reminders(person):
    return Notification.objects.filter(recipient=person, kind="reminder", channel="app").count()


def test_warnings_that_have_passed_are_left_out_where_an_urgency_brings_the_first_deadline(anna, lea):
    version = make_version(single(deadlines=(ONLY_CRITICAL,)), levels=[WARNING])
    row = runtime.claim(runtime.start(version, by=anna, at=MONDAY).tasks.get(), by=anna, at=MONDAY)
    runtime.set_urgency(row, 0, by=lea, at=on(17, 12))
    deadlines.sweep(at=on(17, 12, 1))
    assert Task.objects.get().overdue_at is not None
    assert reminders(anna) == 0


def test_so_they_are_where_it_brings_the_first_deadline_of_a_case(anna, lea):
    plan = replace(single(), deadlines=(replace(ONLY_CRITICAL, basis="case"),))
    case = runtime.start(make_version(plan, levels=[WARNING]), by=anna, at=MONDAY)
    runtime.set_case_urgency(case, 0, by=lea, at=on(16, 13, 30))
    deadlines.sweep(at=on(16, 13, 31))
    case.refresh_from_db()
    assert (case.due_at, reminders(anna)) == (on(16, 14), 0)
    deadlines.sweep(at=on(16, 14))
    assert case.events.filter(kind=Kind.OVERDUE).count() == 1


def test_a_first_deadline_of_an_urgency_counts_what_the_task_has_rested(anna, lea):
    row = start(anna, replace(ONLY_CRITICAL, offset="8h"))
    runtime.suspend(row.instance, by=lea, reason="ruht", at=on(16, 12))
    runtime.resume(row.instance, by=lea, at=on(17, 12))
    runtime.set_urgency(row, 0, by=lea, at=on(17, 13))
    assert Task.objects.get().due_at == on(18)
