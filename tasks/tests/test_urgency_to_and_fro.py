"""Urgency raised and lowered time and again: what has passed is told once an urgency, never once a click."""

from dataclasses import replace

import pytest

from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from tasks import deadlines, verify
from tasks.events import Kind
from tasks.models import Clock, Notification, ProcessEvent, Task
from tasks.tests.clockwork import on

pytestmark = pytest.mark.django_db
LEVELS = [
    {"level": number, "offset": offset, "acts": [{"do": "notify", "whom": ["lead"]}]}
    for number, offset in enumerate(("", "1h", "2h", "3h"), 1)
]
BOTH = (DeadlinePlan(offset="8h"), DeadlinePlan(offset="7h", urgency=1))


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def begin(anna, *rules, levels=LEVELS):
    version = make_version(single(deadlines=rules), make_definition(), levels=levels)
    return runtime.start(version, by=anna, at=MONDAY).tasks.get()


def judge(row, urgency, by, at):
    """Change it, and let the clock tick; how often the lead has been told so far."""
    runtime.set_urgency(Task.objects.get(pk=row.pk), urgency, by=by, at=at)
    return tick(at.replace(minute=at.minute + 1))


def tick(at):
    deadlines.sweep(at=at)
    return Notification.objects.filter(kind="overdue", channel="app").count()


def test_what_has_passed_is_told_once_more_when_it_rises_and_not_again(anna, lea):
    row = begin(anna, *BOTH)
    assert tick(on(19)) == 4
    found = [judge(row, urgency, anna, on(19, 11, 2 * n)) for n, urgency in enumerate((1, 2, 1, 2, 1))]
    assert found == [8, 8, 8, 8, 8]
    assert Task.objects.get().overdue_at == on(19)
    assert ProcessEvent.objects.filter(kind=Kind.OVERDUE).count() == 1
    assert not list(verify.all_breaks())


def test_what_falls_tells_nobody(anna, lea):
    row = begin(anna, DeadlinePlan(offset="8h"), DeadlinePlan(offset="9h", urgency=3))
    assert tick(on(19)) == 4
    assert judge(row, 3, anna, on(19, 11)) == 4


def test_what_has_passed_but_was_not_looked_at_yet_is_told_though_it_falls(anna, lea):
    row = begin(anna, DeadlinePlan(offset="8h"), DeadlinePlan(offset="9h", urgency=3))
    assert judge(row, 3, anna, on(19)) == 4
    assert Task.objects.get().overdue_at is not None


def test_a_later_deadline_is_watched_in_full(anna, lea):
    row = begin(anna, DeadlinePlan(offset="8h"), DeadlinePlan(offset="5d", urgency=3))
    assert tick(on(18)) == 4
    assert judge(row, 3, anna, on(18, 11)) == 4
    assert Task.objects.get().overdue_at is None
    assert tick(on(24)) == 8


def test_back_from_a_later_deadline_it_is_marked_and_not_told_again(anna, lea):
    row = begin(anna, DeadlinePlan(offset="8h"), DeadlinePlan(offset="5d", urgency=3))
    assert tick(on(18)) == 4
    judge(row, 3, anna, on(18, 11))
    assert judge(row, 2, anna, on(18, 12)) == 4
    assert Task.objects.get().overdue_at == on(18, 12, 1)
    assert Clock.objects.get().wake_at is None


def test_a_moved_deadline_that_has_passed_is_not_told_again(anna, lea):
    row = begin(anna, *BOTH)
    runtime.move_deadline(row, on(17, 12), by=lea, reason="x", at=on(16, 12))
    assert tick(on(19)) == 4
    assert [judge(row, urgency, anna, on(19, 11, 2 * urgency)) for urgency in (1, 2)] == [4, 4]


def test_what_fired_before_a_deadline_was_moved_does_not_count_for_the_one_set(anna, lea):
    row = begin(anna, DeadlinePlan(offset="8h"), DeadlinePlan(offset="9h", urgency=3))
    assert tick(on(18)) == 4
    runtime.move_deadline(row, on(20), by=lea, reason="x", at=on(18, 11))
    assert judge(row, 3, anna, on(20, 16)) == 8


def test_another_plan_for_the_higher_urgency_tells_whom_it_means_once(anna, lea):
    plain, critical = ({**LEVELS[0], "name": name} for name in ("Leitung", "Kritisch"))
    plan = replace(single(deadlines=(DeadlinePlan(offset="8h"),)), plan_keys={"0": "critical"})
    version = make_version(plan, make_definition(), levels=[plain])
    version.plans = {**version.plans, "critical": [critical]}
    version.save(update_fields=["plans"])
    row = runtime.start(version, by=anna, at=MONDAY).tasks.get()
    assert tick(on(18)) == 1
    assert [judge(row, n, anna, on(18, 11, 2 * i)) for i, n in enumerate((0, 2, 0))] == [2, 2, 2]
