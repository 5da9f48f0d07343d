"""Rules of deadlines: what they are counted from, which of several counts, calendars, legal ones, changes."""

import datetime as dt
from dataclasses import replace

import pytest

from people.models import CalendarDay, PersonCalendar, WorkCalendar, WorkWindow
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.errors import CannotMove
from processes.tests.builders import BERLIN, MONDAY, make_team, make_user, make_version, single
from tasks import deadlines, verify
from tasks.events import Kind, facts_of
from tasks.models import Clock, ProcessEvent, Task

pytestmark = pytest.mark.django_db


def on(day, hour=17, minute=0, second=0, month=11):
    """A moment of 2026; 16 November is a Monday."""
    return dt.datetime(2026, month, day, hour, minute, second, tzinfo=BERLIN)


def plan(*rules, **fields):
    """A ticket with these rules, and with a date and its due date to fill in at the start."""
    whole = single(deadlines=rules, **fields)
    start = StepPlan("start", "start", "Start", fields=(StepFieldPlan("entry"), StepFieldPlan("discount")))
    return replace(
        whole,
        fields=(FieldPlan("entry", "Eintritt", "date"), FieldPlan("discount", "Skonto bis", "date")),
        steps=(start, *whole.steps[1:]),
    )


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


def start(anna, *rules, data=None, at=MONDAY, urgency=2, **fields):
    version = make_version(plan(*rules, **fields))
    return runtime.start(version, by=anna, data=data, at=at, urgency=urgency).tasks.get()


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        (DeadlinePlan(offset="3d"), on(19, 10)),
        (DeadlinePlan(basis="case", offset="4h"), on(16, 14)),
        (DeadlinePlan(basis="field", key="entry", offset="-5d"), on(23)),
        (DeadlinePlan(basis="field", key="entry"), on(30)),
        (DeadlinePlan(basis="date", on="2026-12-01"), on(1, month=12)),
    ],
)
def test_what_a_rule_is_counted_from(anna, rule, due):
    assert start(anna, rule, data={"entry": "30.11.2026"}).due_at == due


def test_of_several_rules_the_earliest_counts_or_the_latest(anna):
    rules = (DeadlinePlan(offset="3d"), DeadlinePlan(basis="field", key="discount", offset="-4d"))
    data = {"discount": "20.11.2026"}
    assert start(anna, *rules, data=data).due_at == on(16)
    late = tuple(replace(rule, pick="latest") for rule in rules)
    assert runtime.start(
        make_version(plan(*late), Task.objects.first().instance.definition), by=anna, data=data, at=MONDAY
    ).tasks.get().due_at == on(19, 10)


def test_a_rule_for_an_urgency_wins_over_the_one_for_all(anna):
    rules = (DeadlinePlan(offset="3d"), DeadlinePlan(offset="4h", urgency=0))
    assert start(anna, *rules, urgency=0).due_at == on(16, 14)


def test_a_task_has_to_be_taken_over_until_its_reaction_time(anna):
    lea = make_user("Lea", make_team(), lead=True)
    task = start(anna, DeadlinePlan(offset="4h", kind="reaction"), DeadlinePlan(offset="3d"))
    reaction = Clock.objects.get(task=task, kind="reaction")
    assert (reaction.due_at, task.due_at) == (on(16, 14), on(19, 10))
    deadlines.sweep(at=on(16, 14))
    assert lea.notifications.filter(channel="app").count() == 1
    assert Task.objects.get().overdue_at is None
    runtime.claim(task, by=anna, at=on(16, 15))
    assert Clock.objects.get(pk=reaction.pk).wake_at is None


def test_a_date_filled_in_later_gives_the_deadline_then_and_a_changed_one_moves_it(anna):
    rule = DeadlinePlan(basis="field", key="entry", offset="-5d")
    task = start(anna, rule, fields=(StepFieldPlan("entry"),))
    assert task.due_at is None
    work = runtime.start(task.instance.version, by=anna, data={"entry": "30.11.2026"}, at=MONDAY)
    assert work.tasks.get().due_at == on(23)


def test_a_legal_deadline_ends_with_its_day_moves_to_a_working_day_and_warns_before(anna):
    task = start(anna, DeadlinePlan(offset="1m", is_legal=True), at=on(5, 10))
    assert task.due_at == on(7, 23, 59, 59, month=12)
    levels = Clock.objects.get(task=task).plan
    warning = next(row for row in levels if row["level"] == 90)
    assert dt.datetime.fromisoformat(warning["at"]) == on(30, 9)


def test_a_notfrist_is_not_moved_by_anybody(anna):
    task = start(anna, DeadlinePlan(offset="1m", is_legal=True, is_final=True))
    with pytest.raises(CannotMove):
        runtime.move_deadline(task, on(30, month=12), by=SYSTEM, reason="Wunsch", at=MONDAY)


def calendar(key, hours, **fields):
    made = WorkCalendar.objects.create(key=key, name=key, zone="Europe/Berlin", **fields)
    for opens, closes in hours:
        WorkWindow.objects.create(calendar=made, first_weekday=0, last_weekday=4, opens=opens, closes=closes)
    return made


def test_the_calendar_of_the_person_wins_over_the_teams_and_the_companys(anna):
    calendar("company", [(dt.time(8), dt.time(16))], is_default=True, region="DE-NW")
    part_time = calendar("part", [(dt.time(8), dt.time(12))])
    assert start(anna, DeadlinePlan(offset="8h"), at=on(16, 12)).due_at == on(17, 12)
    PersonCalendar.objects.create(user=anna, calendar=part_time, from_on=dt.date(2026, 1, 1))
    mine = make_version(
        plan(DeadlinePlan(offset="8h"), assignment="person", person=anna.email),
        Task.objects.first().instance.definition,
    )
    assert runtime.start(mine, by=anna, at=on(16, 10)).tasks.get().due_at == on(18, 10)


def test_a_changed_calendar_moves_open_deadlines_only_and_fires_nothing_again(anna):
    company = calendar("company", [(dt.time(9), dt.time(17))], is_default=True)
    lea = make_user("Lea", make_team(), lead=True)
    task = start(anna, DeadlinePlan(offset="3d"))
    late = start_again(anna, task, on(16, 9))
    deadlines.sweep(at=on(17, 9))
    before = lea.notifications.count()
    CalendarDay.objects.create(
        calendar=company, kind="off", month=11, day=18, year=2026, name="Betriebsausflug"
    )
    for clock in Clock.objects.filter(kind="solution"):
        runtime.recompute(clock.pk, by=SYSTEM, at=on(17, 9))
    assert Task.objects.get(pk=task.pk).due_at == on(20, 10)
    facts = facts_of(ProcessEvent.objects.get(instance=task.instance, kind=Kind.DEADLINE))
    assert facts["why"] == "rules"
    deadlines.sweep(at=on(17, 10))
    assert lea.notifications.count() == before
    assert Task.objects.get(pk=late.pk).due_at == on(17, 9)
    assert not list(verify.all_breaks())


def start_again(anna, task, at):
    version = make_version(plan(DeadlinePlan(offset="1d")), task.instance.definition)
    return runtime.start(version, by=anna, at=at).tasks.get()
