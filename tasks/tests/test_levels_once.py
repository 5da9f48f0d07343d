"""Each level once a clock and generation: what fired or was passed by never comes again by recomputing."""

import pytest

from people.models import CalendarDay
from people.scope import SYSTEM
from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from tasks import deadlines
from tasks.clocks import recomputing
from tasks.models import Clock, LevelFired, Notification, Standstill, Task
from tasks.tests.clockwork import calendar, due, on, page, why

pytestmark = pytest.mark.django_db
HALF = {"level": 1, "offset": "50%", "acts": [{"do": "notify", "whom": ["assignee"]}]}
LEAD = {"level": 2, "name": "Leitung", "acts": [{"do": "notify", "whom": ["lead"]}]}
RAISE = {"level": 1, "offset": "50%", "acts": [{"do": "raise"}]}


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


@pytest.fixture
def company(db):
    return calendar("company", is_default=True)


def start(by, *rules, levels=(HALF, LEAD), plan=None):
    version = make_version(plan or single(deadlines=rules), make_definition(), levels=list(levels))
    return runtime.start(version, by=by, at=MONDAY).tasks.get()


def recompute(company, row, at, off=18):
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=off, year=2026)
    clock = Clock.objects.get(task=row, kind="solution")
    return runtime.recompute(clock.pk, by=SYSTEM, at=at)


def reminders(**who):
    return Notification.objects.filter(kind="reminder", channel="app", **who).count()


def test_a_changed_calendar_does_not_repeat_levels_after_an_extension(anna, lea, company):
    row = start(anna, DeadlinePlan(offset="16h"))
    deadlines.sweep(at=on(17, 11))
    assert reminders(recipient=anna) == 1
    still = Standstill.objects.create(from_at=on(17, 11), until_at=on(17, 15))
    runtime.extend_by_standstill(still, make_team(), by=lea, reason="x", at=on(17, 15))
    assert recompute(company, row, on(17, 16))
    deadlines.sweep(at=on(17, 16, 30))
    assert reminders(recipient=anna) == 1


def test_a_changed_calendar_does_not_repeat_levels_after_a_changed_urgency(anna, lea, company):
    row = start(anna, DeadlinePlan(offset="24h"), DeadlinePlan(offset="16h", urgency=1))
    deadlines.sweep(at=on(17, 15))
    assert reminders(recipient=anna) == 1
    runtime.set_urgency(row, 1, by=lea, at=on(17, 15))
    assert recompute(company, row, on(17, 16))
    deadlines.sweep(at=on(17, 16, 30))
    assert reminders(recipient=anna) == 1
    deadlines.sweep(at=on(19, 10))
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1


def test_a_level_whose_condition_did_not_hold_stays_silent(anna, lea, company):
    late = {"level": 1, "offset": "10%", "urgency": 1, "acts": [{"do": "notify", "whom": ["lead"]}]}
    row = start(anna, DeadlinePlan(offset="24h"), levels=(late,))
    deadlines.sweep(at=on(16, 16))
    runtime.set_urgency(row, 1, by=lea, at=on(17, 11))
    assert recompute(company, row, on(17, 13))
    deadlines.sweep(at=on(17, 14))
    assert reminders() == 0


def test_levels_that_lie_ahead_move_with_the_deadline(anna, lea, company):
    row = start(anna, DeadlinePlan(offset="32h"))
    assert recompute(company, row, on(16, 12))
    clock = Clock.objects.get(task=row)
    assert (clock.generation, clock.next_level, clock.wake_at) == (1, 0, on(19))
    deadlines.sweep(at=on(23, 10))
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1


def test_a_deadline_that_lies_ahead_again_is_marked_again_and_tells_nobody_twice(anna, lea, company):
    row = start(anna, DeadlinePlan(offset="8h"))
    deadlines.sweep(at=on(17, 11))
    assert recompute(company, row, on(17, 12), off=17)
    assert Task.objects.get().overdue_at is None
    deadlines.sweep(at=on(18, 10))
    assert Task.objects.get().overdue_at == on(18, 10)
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1


# -- the urgency raised by a level ---------------------------------------------------------------------------


def test_a_raised_urgency_chooses_the_times(anna, lea):
    row = start(anna, DeadlinePlan(offset="24h"), DeadlinePlan(offset="16h", urgency=1), levels=(RAISE, LEAD))
    deadlines.sweep(at=on(17, 15))
    found = Task.objects.get()
    assert (found.urgency, found.due_at, found.due_sort_at) == (1, on(18), on(18))
    assert recomputing.preview(at=on(17, 15)).moves == ()
    assert why(row, on(17, 15)).sentence.endswith("Mi 18.11. 10:00")
    assert [one.name for one in page(row, on(17, 15)).ahead] == ["Leitung"]
    deadlines.sweep(at=on(18))
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1


def test_a_level_that_raises_at_the_deadline_raises_once(anna, lea):
    raising = {"level": 1, "acts": [{"do": "raise"}, {"do": "notify", "whom": ["lead"]}]}
    later = {"level": 2, "offset": "1d", "acts": [{"do": "comment", "text": "x"}]}
    rules = [DeadlinePlan(offset=f"{8 + 4 * one}h", urgency=one) for one in range(4)]
    start(anna, *rules, levels=(raising, later))
    for day in (17, 18, 19):
        deadlines.sweep(at=on(day, 17))
    clock = Clock.objects.get()
    assert (Task.objects.get().urgency, clock.generation, clock.wake_at) == (1, 1, None)
    assert sorted(LevelFired.objects.values_list("level", flat=True)) == [0, 1, 2]
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1


def test_raising_without_rules_of_its_own_leaves_the_deadline_and_later_levels(anna, lea):
    row = start(anna, DeadlinePlan(offset="16h"), levels=(RAISE, LEAD))
    deadlines.sweep(at=on(17, 11))
    assert (Task.objects.get().urgency, due(row)) == (1, on(18))
    deadlines.sweep(at=on(18))
    assert Notification.objects.filter(recipient=lea, kind="overdue", channel="app").count() == 1


def test_the_deadline_of_a_case_raises_the_case_and_what_is_as_urgent(anna):
    rule = DeadlinePlan(basis="case", offset="8h")
    plan = single(deadlines=(DeadlinePlan(offset="40h"), DeadlinePlan(offset="24h", urgency=1)))
    row = start(
        anna, levels=({"level": 1, "acts": [{"do": "raise"}]},),
        plan=type(plan)(steps=plan.steps, flows=plan.flows, deadlines=(rule,)),
    )  # fmt: skip
    deadlines.sweep(at=on(17, 12))
    found = Task.objects.select_related("instance").get()
    assert (found.instance.urgency, found.urgency, due(row)) == (1, 1, on(19))


# -- Notfristen ----------------------------------------------------------------------------------------------

NOTFRIST = DeadlinePlan(offset="2w", is_legal=True, is_final=True, urgency=2)


def test_a_notfrist_stays_when_the_urgency_changes(anna, company):
    row = start(anna, NOTFRIST, DeadlinePlan(offset="30d"))
    before = due(row)
    runtime.set_urgency(row, 3, by=anna, at=on(16, 12))
    clock = Clock.objects.get(task=row)
    assert (due(row), clock.is_final, clock.is_legal) == (before, True, True)
    assert why(row, on(16, 12), "en").notes == [
        "As a statutory deadline (Notfrist) it stays, though the urgency has changed."
    ]
    assert why(row, on(16, 12)).sentence.endswith("Mo 30.11.")
    assert recomputing.preview(at=on(16, 12)).moves == ()


@pytest.mark.parametrize(
    ("other", "day"),
    [
        (DeadlinePlan(offset="4w", is_legal=True, is_final=True, urgency=0), 30),
        (DeadlinePlan(offset="1w", is_legal=True, is_final=True, urgency=0), 23),
        (DeadlinePlan(offset="4h", urgency=0), 30),
    ],
)
def test_only_an_earlier_notfrist_takes_the_place_of_one(anna, other, day):
    row = start(anna, NOTFRIST, other)
    runtime.set_urgency(row, 0, by=anna, at=on(16, 12))
    assert due(row).day == day
    assert Clock.objects.get(task=row).is_final


def test_back_to_the_former_urgency_nothing_has_changed(anna):
    row = start(anna, NOTFRIST, DeadlinePlan(offset="30d"))
    before = due(row)
    runtime.set_urgency(row, 3, by=anna, at=on(16, 12))
    runtime.set_urgency(Task.objects.get(), 2, by=anna, at=on(16, 13))
    assert due(row) == before
    assert why(row, on(16, 13), "en").notes == []
