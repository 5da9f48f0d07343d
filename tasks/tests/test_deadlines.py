"""The sweep: what is due fires, once, and nothing else does."""

import datetime as dt
import json
import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import Membership
from people.scope import SYSTEM
from processes import runtime
from processes.models import ProcessInstance
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    make_definition,
    make_team,
    make_user,
    make_version,
    single,
)
from processes.tests.races import at_once, losers
from tasks import deadlines, events, failpoints
from tasks.models import Clock, Heartbeat, LevelFired, Notification, ProcessEvent, Task

DUE = dt.datetime(2026, 11, 17, 10, tzinfo=BERLIN)
LATE = DUE + dt.timedelta(minutes=1)


@pytest.fixture
def lead(db):
    return make_user("Lead", make_team(), lead=True)


@pytest.fixture
def anna(lead):
    return make_user("Anna", make_team())


@pytest.fixture
def version(anna):
    return make_version(single(deadline="8h"))


def started(version, by, number=1):
    return [runtime.start(version, by=by, at=MONDAY) for _ in range(number)]


def kinds(case):
    return list(case.events.order_by("seq").values_list("kind", flat=True))


def told():
    return sorted(Notification.objects.values_list("recipient__last_name", "channel", "kind"))


# -- what fires ----------------------------------------------------------------------------------------------


def test_before_the_deadline_nothing_fires(version, anna):
    (case,) = started(version, anna)
    done = deadlines.sweep(at=DUE - dt.timedelta(seconds=1))
    assert (done.clocks, kinds(case), told()) == (0, ["started"], [])


def test_at_the_deadline_the_task_is_overdue_and_the_lead_is_told(version, anna, lead):
    (case,) = started(version, anna)
    done = deadlines.sweep(at=DUE)
    task = case.tasks.get()
    assert (done.clocks, done.overdue, done.escalated, done.notices, done.failed) == (1, 1, 1, 2, 0)
    assert (task.overdue_at, task.escalation_level, task.state) == (DUE, 2, "open")
    assert kinds(case) == ["started", "overdue", "escalated"]
    assert told() == [("Lead", "app", "overdue"), ("Lead", "mail", "overdue")]
    assert Clock.objects.get().wake_at is None


def test_the_events_say_what_was_due_and_who_was_told(version, anna, lead):
    (case,) = started(version, anna)
    deadlines.sweep(at=LATE)
    overdue, escalated = case.events.filter(kind__in=["overdue", "escalated"]).order_by("seq")
    assert events.facts_of(overdue) == {"step": "work", "due_at": events.instant(DUE), "clock": "solution"}
    facts = events.facts_of(escalated)
    assert (facts["level"], facts["name"], facts["recipients"]) == (2, "Leitung", [lead.pk])
    assert (overdue.at, overdue.actor, overdue.task) == (LATE, None, case.tasks.get())


def test_the_chain_of_events_holds_over_a_sweep_and_the_next_click(version, anna):
    (case,) = started(version, anna)
    deadlines.sweep(at=LATE)
    task = runtime.claim(case.tasks.get(), by=anna, at=LATE)
    runtime.complete_task(task, outcome="done", by=anna, at=LATE)
    previous = ""
    for event in case.events.order_by("seq"):
        assert event.hash == events.chain_hash(previous, event)
        previous = event.hash
    case.refresh_from_db()
    assert (case.head_hash, case.event_seq) == (previous, 6)


def test_sweeping_again_fires_nothing_again(version, anna):
    (case,) = started(version, anna)
    deadlines.sweep(at=DUE)
    for minutes in range(3):
        assert deadlines.sweep(at=LATE + dt.timedelta(minutes=minutes)).clocks == 0
    assert (kinds(case).count("overdue"), LevelFired.objects.count(), len(told())) == (1, 2, 2)


def test_a_clock_set_back_does_not_fire_its_levels_again(version, anna):
    (case,) = started(version, anna)
    deadlines.sweep(at=DUE)
    Clock.objects.update(next_level=0, wake_at=DUE)
    done = deadlines.sweep(at=LATE)
    assert (done.clocks, done.overdue, done.failed) == (1, 0, 0)
    assert (kinds(case).count("overdue"), LevelFired.objects.count(), len(told())) == (1, 2, 2)


def test_a_new_generation_fires_anew(version, anna):
    (case,) = started(version, anna)
    deadlines.sweep(at=DUE)
    Clock.objects.update(generation=2, next_level=0, wake_at=DUE)
    deadlines.sweep(at=LATE)
    assert kinds(case).count("escalated") == 2
    assert set(LevelFired.objects.values_list("generation", "level")) == {(1, 0), (1, 2), (2, 0), (2, 2)}


def test_a_claimed_task_is_watched_too(version, anna):
    (case,) = started(version, anna)
    runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
    assert deadlines.sweep(at=DUE).overdue == 1


# -- what does not -------------------------------------------------------------------------------------------


def test_a_completed_task_is_never_overdue(version, anna):
    (case,) = started(version, anna)
    task = runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
    runtime.complete_task(task, outcome="done", by=anna, at=MONDAY)
    assert deadlines.sweep(at=LATE).clocks == 0
    assert case.tasks.get().overdue_at is None


def test_a_clock_left_awake_by_an_ended_task_is_put_to_sleep(version, anna):
    (case,) = started(version, anna)
    Task.objects.update(state="cancelled")
    assert deadlines.sweep(at=LATE).overdue == 0
    assert (Clock.objects.get().wake_at, kinds(case)) == (None, ["started"])


def test_a_suspended_case_stands_still_until_resumed(version, anna):
    (case,) = started(version, anna)
    runtime.suspend(case, by=SYSTEM, reason="Rückfrage", at=MONDAY)
    assert deadlines.sweep(at=LATE).clocks == 0
    runtime.resume(case, by=SYSTEM, at=LATE)
    assert deadlines.sweep(at=LATE).clocks == 0
    assert deadlines.sweep(at=LATE + dt.timedelta(days=1)).overdue == 1


# -- who is told ---------------------------------------------------------------------------------------------


def test_every_active_lead_of_the_team_is_told(version, anna, lead):
    make_user("Second", make_team(), lead=True)
    make_user("Gone", make_team(), lead=True, is_active=False)
    started(version, anna)
    deadlines.sweep(at=DUE)
    assert {name for name, _, _ in told()} == {"Lead", "Second"}


@pytest.mark.parametrize(
    ("visibility", "expected"), [("team", "Lead"), ("everyone", "Lead"), ("participants", "Owner")]
)
def test_without_a_lead_of_its_own_who_may_see_the_case_is_told(anna, lead, visibility, expected):
    definition = make_definition(owner=make_user("Owner"), visibility=visibility)
    started(make_version(single(deadline="8h", team="quality"), definition), anna)
    deadlines.sweep(at=DUE)
    assert {name for name, _, _ in told()} == {expected}


def test_without_any_lead_the_process_owner_is_told(version, anna, lead):
    Membership.objects.filter(user=lead).delete()
    version.definition.owner = make_user("Owner")
    version.definition.save()
    started(version, anna)
    deadlines.sweep(at=DUE)
    assert {name for name, _, _ in told()} == {"Owner"}


def test_with_nobody_to_tell_the_task_is_overdue_all_the_same(version, anna, lead, caplog):
    Membership.objects.filter(user=lead).delete()
    (case,) = started(version, anna)
    deadlines.sweep(at=DUE)
    assert (case.tasks.get().overdue_at, told()) == (DUE, [])
    assert "nobody is there to be told" in caplog.text


# -- many, and broken ones -----------------------------------------------------------------------------------


def test_a_row_that_raises_is_pushed_ahead_and_the_others_fire(version, anna, monkeypatch):
    cases = started(version, anna, 7)
    broken = Clock.objects.get(instance=cases[2])
    Clock.objects.filter(pk=broken.pk).update(plan=[{"level": "?"}])
    done = deadlines.sweep(at=DUE)
    assert (done.clocks, done.overdue, done.failed) == (6, 6, 1)
    broken.refresh_from_db()
    assert broken.wake_at == DUE + deadlines.PUSHED_AHEAD
    assert [kinds(case)[1:] for case in cases].count(["overdue", "escalated"]) == 6
    assert deadlines.sweep(at=LATE).failed == 0


def test_many_batches_are_swept_in_one_go(version, anna, monkeypatch):
    monkeypatch.setattr(deadlines, "BATCH", 3)
    monkeypatch.setattr(deadlines, "BATCH_SQLITE", 3)
    started(version, anna, 8)
    assert deadlines.sweep(at=DUE).overdue == 8
    assert ProcessEvent.objects.filter(kind="overdue").count() == 8


def test_the_longest_overdue_come_first_and_most_bounds_a_sweep(version, anna, monkeypatch):
    monkeypatch.setattr(deadlines, "BATCH", 2)
    monkeypatch.setattr(deadlines, "BATCH_SQLITE", 2)
    cases = started(version, anna, 4)
    Clock.objects.filter(instance=cases[3]).update(wake_at=MONDAY)
    assert deadlines.sweep(at=DUE, most=1).clocks == 2
    late = set(Task.objects.filter(overdue_at__isnull=False).values_list("instance_id", flat=True))
    assert late == {cases[3].pk, cases[0].pk}


def sweep_statements(version, anna, number):
    started(version, anna, number)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert deadlines.sweep(at=DUE).overdue == number
    return len(captured)


def test_statements_do_not_grow_with_the_number_of_clocks(version, anna):
    assert sweep_statements(version, anna, 2) == sweep_statements(version, anna, 20)


def test_an_idle_tick_costs_two_statements_and_shows_life(db):
    with CaptureQueriesContext(connection) as captured:
        deadlines.sweep(at=DUE)
    selects = [q["sql"] for q in captured if q["sql"].startswith("SELECT")]
    assert (len(selects), len(captured)) == (1, 2)
    beat = Heartbeat.objects.get(name="tick")
    assert abs(beat.at - timezone.now()) < dt.timedelta(minutes=1)
    assert beat.detail["clocks"] == 0


# -- the command ---------------------------------------------------------------------------------------------


def tick(**options):
    out = StringIO()
    call_command("tick", stdout=out, **options)
    return json.loads(out.getvalue())


def test_tick_prints_what_it_did_and_sends_the_mail(version, anna, mailoutbox):
    started(version, anna)
    done = tick(at=LATE.isoformat())
    assert (done["overdue"], done["notices"], done["sent"]) == (1, 2, 1)
    assert [mail.to for mail in mailoutbox] == [["lead@example.org"]]


def test_tick_refuses_the_future_in_production(db, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        tick(at=(timezone.now() + dt.timedelta(minutes=5)).isoformat())
    assert tick(at=(timezone.now() - dt.timedelta(minutes=5)).isoformat())["clocks"] == 0


@pytest.mark.parametrize("word", ["soon", "2026-13-01T00:00", "17:00"])
def test_tick_refuses_what_is_no_moment(db, word):
    with pytest.raises(CommandError):
        tick(at=word)


# -- at once -------------------------------------------------------------------------------------------------

race = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("races")]


@pytest.fixture
def crowd(transactional_db):
    service = make_team()
    make_user("Lead", service, lead=True)
    return make_version(single(deadline="8h")), make_user("Anna", service)


class TestAtOnce:
    """Several sweeps and clicks on connections of their own; sweeps dawdle between judging and writing.

    That nothing raises matters: the unique constraints alone would keep levels from firing twice, but only by
    throwing work away, so only a silent log shows that the locks hold.
    """

    pytestmark = race

    @pytest.fixture(autouse=True)
    def _dawdle_and_stay_silent(self, monkeypatch, caplog):
        monkeypatch.setattr(failpoints, "reach", lambda name: time.sleep(0.02))
        yield
        assert not [row for row in caplog.get_records("call") if row.name == "tasks.deadlines"]

    def test_sweeps_at_once_fire_each_level_once(self, crowd):
        version, anna = crowd
        for _ in range(10):
            cases = started(version, anna, 20)
            results = at_once([lambda: deadlines.sweep(at=LATE)] * 4)
            assert losers(results) == 0
            assert sum(done.overdue for done in results) + deadlines.sweep(at=LATE).overdue == 20
            assert all(kinds(case) == ["started", "overdue", "escalated"] for case in cases)
        assert LevelFired.objects.count() == Notification.objects.count() == 10 * 20 * 2

    def test_a_sweep_and_a_completion_leave_one_true_story(self, crowd):
        version, anna = crowd
        for _ in range(40):
            (case,) = started(version, anna)
            task = runtime.claim(case.tasks.get(), by=anna, at=MONDAY)
            changes = [
                lambda: deadlines.sweep(at=LATE),
                lambda task=task: runtime.complete_task(task, outcome="done", by=anna, at=LATE),
            ]
            assert losers(at_once(changes)) == 0
            deadlines.sweep(at=LATE)
            story = kinds(case)
            assert story in (
                ["started", "claimed", "completed", "finished"],
                ["started", "claimed", "overdue", "escalated", "completed", "finished"],
            )
            assert (case.tasks.get().overdue_at is not None) == ("overdue" in story)
            assert case.clocks.get().wake_at is None

    def test_a_sweep_never_waits_for_a_locked_case(self, crowd):
        version, anna = crowd
        held, free = started(version, anna, 2)
        with transaction.atomic():
            ProcessInstance.objects.select_for_update(no_key=True).get(pk=held.pk)
            (done,) = at_once([lambda: deadlines.sweep(at=LATE)])
        assert (done.clocks, done.failed) == (1, 0)
        assert (kinds(free)[-1], kinds(held)) == ("escalated", ["started"])
        assert deadlines.sweep(at=LATE).clocks == 1
