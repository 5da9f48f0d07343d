"""A legal deadline behind an earlier one of the same task or case: warned of, told and listed, whatever has
become of the earlier one."""

import datetime as dt

import pytest
from django.utils import translation

from people.scope import SYSTEM, scope_of
from processes import runtime
from processes.blueprint import Blueprint, DeadlinePlan
from processes.tests.builders import (
    MONDAY,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    single,
    task,
)
from tasks import deadlines, lawtoday, verify
from tasks.clocks import clockrules, laws, recomputing
from tasks.messages import mails
from tasks.models import Clock, Notification, Task
from tasks.tests.clockwork import calendar, due, on, page
from tasks.tests.test_dated_deadlines import change_date, pay, paying

pytestmark = pytest.mark.django_db
EARLY = DeadlinePlan(offset="2d")
WEEK = DeadlinePlan(offset="1w", is_legal=True, is_final=True)
TWO_WEEKS = DeadlinePlan(offset="2w", is_legal=True, is_final=True)
"""Until Monday the 30th; the early warning is three days before, on Friday the 27th."""
THE_19TH, DECEMBER_1 = on(19), on(1).replace(month=12)
LEAD = {"level": 1, "name": "Leitung", "offset": "5d", "acts": [{"do": "notify", "whom": ["lead"]}]}


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def missed(anna, *rules, levels=(), at=THE_19TH):
    """A task of Anna's whose first deadline has passed on Wednesday the 18th."""
    version = make_version(single(deadlines=rules), make_definition(), levels=list(levels))
    row = runtime.claim(runtime.start(version, by=anna, at=MONDAY).tasks.get(), by=anna, at=MONDAY)
    deadlines.sweep(at=at)
    return Task.objects.get(pk=row.pk)


def told(person):
    rows = Notification.objects.filter(recipient=person, channel="app").exclude(kind="assigned")
    return [row.data.get("level") for row in rows.order_by("pk")]


def listed(person, at):
    with translation.override("en"):
        return [(row.title, row.law) for row in lawtoday.board(scope_of(person), at).open]


NOTFRIST = [("Work", "statutory deadline (Notfrist)")]


def test_a_notfrist_behind_a_missed_deadline_is_warned_of_and_told(anna, lea):
    row = missed(anna, EARLY, TWO_WEEKS)
    assert (row.overdue_at, told(anna)) == (on(19), [])
    deadlines.sweep(at=on(27, 9))
    assert told(anna) == [701]
    deadlines.sweep(at=DECEMBER_1)
    assert told(anna) == told(lea) == [701, 901]
    assert due(row) == on(18)
    assert not list(verify.all_breaks())


def test_its_messages_and_marks_have_their_words(anna, lea):
    row = missed(anna, EARLY, TWO_WEEKS)
    with translation.override("en"):
        assert [one.name for one in page(row, on(19)).ahead] == [
            "Early warning",
            "statutory deadline (Notfrist)",
        ]
        deadlines.sweep(at=on(27, 9))
        warning = Notification.objects.get(recipient=anna, channel="mail", data__level=701)
        assert mails.subject_of(warning) == "warning"
        deadlines.sweep(at=DECEMBER_1)
        assert page(row, DECEMBER_1).level == "statutory deadline (Notfrist)"


def test_the_evening_list_shows_it_on_its_day_and_not_before(anna, lea):
    row = missed(anna, EARLY, WEEK)
    assert listed(anna, on(20, 16)) == []
    assert listed(anna, on(23, 16)) == listed(anna, on(24, 16)) == NOTFRIST
    assert (listed(lea, on(23, 16)), listed(make_user("Otto", make_team("other")), on(23, 16))) == (
        NOTFRIST,
        [],
    )
    runtime.complete_task(row, outcome="done", by=anna, at=on(23, 12))
    found = lawtoday.board(scope_of(anna), on(23, 16))
    assert (found.open, [one.title for one in found.struck]) == ([], ["Work"])
    assert lawtoday.board(scope_of(anna), on(24, 16)).struck == []


def test_so_it_does_for_a_whole_case(anna, lea):
    rules = (DeadlinePlan("case", "2d"), DeadlinePlan("case", "1w", is_legal=True))
    plan = Blueprint(
        steps=(node("start", "start"), task("work"), node("end", "end")),
        flows=flows("start>work", "work.done>end"),
        deadlines=rules,
    )
    runtime.start(make_version(plan), by=anna, at=MONDAY)
    assert listed(lea, on(20, 16)) == []
    assert listed(lea, on(23, 16)) == [("Deadline of the case", "legal deadline")]
    deadlines.sweep(at=on(24))
    assert 901 in told(lea)


def test_behind_one_that_is_not_missed_it_is_warned_of_too(anna):
    missed(anna, DeadlinePlan(offset="9d"), TWO_WEEKS)
    deadlines.sweep(at=on(27, 9))
    assert told(anna) == [701]


def test_nothing_is_told_of_it_once_the_task_is_done(anna, lea):
    row = missed(anna, EARLY, TWO_WEEKS)
    runtime.complete_task(row, outcome="done", by=anna, at=on(20))
    deadlines.sweep(at=DECEMBER_1)
    assert (told(anna), told(lea)) == ([], [])


def test_where_the_latest_counts_only_that_one_does(anna):
    missed(anna, DeadlinePlan(offset="20d", pick="latest"), WEEK)
    assert laws.ends(Clock.objects.get().plan) == []


# -- while the missed one rests ------------------------------------------------------------------------------


@pytest.mark.parametrize("is_suspended", [True, False])
def test_it_is_watched_while_the_missed_deadline_rests_and_nothing_else_is(anna, lea, is_suspended):
    """The lead is told of the missed one five working days after it, which rest for eight."""
    row = missed(anna, EARLY, TWO_WEEKS, levels=[LEAD])
    if is_suspended:
        runtime.suspend(row.instance, by=lea, reason="ruht", at=on(20))
    else:
        runtime.postpone(row, on(20).replace(month=12), by=anna, waits_for="third", at=on(20))
    deadlines.sweep(at=on(27, 9))
    assert told(anna) == [701]
    deadlines.sweep(at=DECEMBER_1)
    assert told(anna) == told(lea) == [701, 901]
    again = DECEMBER_1.replace(day=2)
    if is_suspended:
        row.instance.refresh_from_db()
        runtime.resume(row.instance, by=lea, at=again)
    else:
        runtime.take_up(row, by=anna, at=again)
    deadlines.sweep(at=again + dt.timedelta(days=1))
    assert told(lea) == [701, 901]
    deadlines.sweep(at=again + dt.timedelta(days=6))
    assert told(lea) == [701, 901, 1]
    assert due(row) == on(18)


def test_a_page_does_not_announce_what_rests(anna):
    row = missed(anna, EARLY, TWO_WEEKS, levels=[LEAD])
    row = runtime.postpone(row, on(20).replace(month=12), by=anna, waits_for="third", at=on(20))
    with translation.override("en"):
        assert [one.name for one in page(row, on(20)).ahead] == [
            "Early warning",
            "statutory deadline (Notfrist)",
        ]


# -- moved ---------------------------------------------------------------------------------------------------


def test_behind_a_deadline_somebody_has_moved_it_is_watched_on(anna, lea):
    row = missed(anna, EARLY, TWO_WEEKS)
    runtime.move_deadline(row, on(24), by=lea, reason="x", at=on(20))
    deadlines.sweep(at=on(25))
    deadlines.sweep(at=on(27, 9))
    assert 701 in told(anna)


def test_its_date_changes_while_the_earlier_deadline_stays(lea):
    later = DeadlinePlan(basis="field", key="d", offset="1w", is_legal=True, is_final=True)
    case = paying(EARLY, later)
    deadlines.sweep(at=on(19))
    change_date(case, "2026-11-13", on(19, 12))
    clock = Clock.objects.get(task=pay(case))
    (end,) = laws.ends(clock.plan)
    assert (end.at.astimezone(MONDAY.tzinfo).date(), clock.due_at) == (dt.date(2026, 11, 20), on(18))
    assert not case.events.filter(kind="deadline").exists()
    deadlines.sweep(at=on(23))
    assert 901 in told(lea)
    assert pay(case).overdue_at == on(19)


def test_a_changed_calendar_moves_it_while_the_earlier_deadline_stays(anna):
    """18 November, Buß- und Bettag, is a holiday in Saxony alone."""
    company = calendar("company", region="DE-SN", is_default=True)
    row = missed(anna, DeadlinePlan(offset="4h"), DeadlinePlan(offset="2cd", is_legal=True), at=on(17))
    clock = Clock.objects.get(task=row)
    assert [end.at.day for end in laws.ends(clock.plan)] == [19]
    company.region = ""
    company.save()
    assert recomputing.preview(at=on(17)).moves == ()
    assert not runtime.recompute(clock.pk, by=SYSTEM, at=on(17))
    clock.refresh_from_db()
    assert [end.at.day for end in laws.ends(clock.plan)] == [18]


def test_a_moved_legal_deadline_keeps_its_own_early_warning(lea):
    """Moved to the 30th, it is warned of on the 27th; the date of the Notfrist behind it changes then."""
    later = DeadlinePlan(basis="field", key="d", offset="4w", is_legal=True, is_final=True)
    case = paying(DeadlinePlan(offset="1w", is_legal=True), later)
    runtime.move_deadline(pay(case), on(30, 17), by=lea, reason="x", at=on(17))
    before = clockrules.warned_at(Clock.objects.get(task=pay(case)))
    change_date(case, "2026-11-21", on(17, 12))
    clock = Clock.objects.get(task=pay(case))
    assert (clockrules.warned_at(clock), clock.due_at) == (before, on(30, 17))
    assert before == on(27, 9)
    assert [end.at.day for end in laws.ends(clock.plan)] == [21]
