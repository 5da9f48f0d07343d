"""What a rest adds to a deadline and to the levels before it, and what it does not."""

import datetime as dt

import pytest

from people.models import CalendarDay
from people.scope import SYSTEM
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
from tasks import deadlines
from tasks.clocks import recomputing, standstills
from tasks.models import Clock, Notification, Standstill
from tasks.tests.clockwork import begin, calendar, case_of, due, on, why
from tasks.tests.test_dated_deadlines import change_date, pay, paying

pytestmark = pytest.mark.django_db
DECEMBER_4 = on(4).replace(month=12)


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def rest(case, lea, since, until):
    """Suspend a case and go on with it."""
    case.refresh_from_db()
    runtime.suspend(case, by=lea, reason="ruht", at=since)
    case.refresh_from_db()
    runtime.resume(case, by=lea, at=until)


# -- what hangs on a date ------------------------------------------------------------------------------------


def test_putting_off_says_that_a_date_stays(client, anna):
    row = runtime.claim(begin(single(deadlines=(DeadlinePlan("date", on="2026-11-20"),)), anna), by=anna)
    client.force_login(anna)
    page = client.get(f"/tasks/{row.pk}/")
    assert [one.effect for one in page.context["waits_for_choices"]] == [
        "Die Frist läuft weiter.",
        *["Die Frist bleibt: Sie hängt an einem Datum."] * 2,
    ]


def test_a_standstill_costs_a_date_nothing(anna):
    dated = runtime.claim(begin(single(deadlines=(DeadlinePlan("date", on="2026-11-20"),)), anna), by=anna)
    counted = runtime.claim(begin(single(deadline="3d"), anna), by=anna)
    still = Standstill.objects.create(from_at=on(16, 12), until_at=on(17, 12))
    found = standstills.extensible(still, {dated.team_id, counted.team_id})
    assert [clock.task_id for clock in found] == [counted.pk]


def test_a_rest_does_not_move_a_deadline_before_a_date(anna):
    """The discount runs out when it does, whoever waits for whom."""
    rules = (DeadlinePlan(offset="20d"), DeadlinePlan(basis="date", on="2026-11-27", offset="-4d"))
    row = runtime.claim(begin(single(deadlines=rules), anna), by=anna, at=MONDAY)
    assert due(row) == on(23, 17)
    row = runtime.postpone(row, on(19, 9), by=anna, waits_for="third", at=on(16, 12))
    assert why(row, on(17), "en").notes[-1].endswith("it stays: it hangs on a date.")
    runtime.take_up(row, by=anna, at=on(20, 12))
    assert due(row) == on(23, 17)
    assert why(row, on(20, 12)).sentence.endswith("Mo 23.11. 17:00")
    assert recomputing.preview(at=on(20, 12)).moves == ()


def test_what_rests_beside_it_counts_where_it_comes_first(anna):
    rules = (DeadlinePlan(offset="3d"), DeadlinePlan(basis="date", on="2026-11-20"))
    row = runtime.claim(begin(single(deadlines=rules), anna), by=anna, at=MONDAY)
    row = runtime.postpone(row, on(18, 9), by=anna, waits_for="third", at=on(16, 10))
    row = runtime.take_up(row, by=anna, at=on(16, 14))
    assert due(row) == on(19, 14)
    row = runtime.postpone(row, on(27, 9), by=anna, waits_for="third", at=on(17))
    runtime.take_up(row, by=anna, at=on(19))
    assert due(row) == on(20, 17)


def test_a_date_that_passes_while_its_task_waits_is_overdue_when_it_goes_on(anna):
    row = runtime.claim(begin(single(deadlines=(DeadlinePlan("date", on="2026-11-18"),)), anna), by=anna)
    row = runtime.postpone(row, on(27, 9), by=anna, waits_for="third", at=on(16, 12))
    deadlines.sweep(at=on(19))
    runtime.take_up(row, by=anna, at=on(19, 12))
    deadlines.sweep(at=on(19, 12))
    row.refresh_from_db()
    assert (row.due_at, row.overdue_at) == (on(18, 17), on(19, 12))


def test_a_date_somebody_has_moved_rests_from_where_it_was_set(anna, lea):
    row = runtime.claim(begin(single(deadlines=(DeadlinePlan("date", on="2026-11-20"),)), anna), by=anna)
    row = runtime.move_deadline(row, on(24, 17), by=lea, reason="x", at=on(16, 11))
    row = runtime.postpone(row, on(27, 9), by=anna, waits_for="third", at=on(17))
    runtime.take_up(row, by=anna, at=on(18))
    assert due(row) == on(25, 17)


def test_a_date_entered_after_a_rest_is_not_moved_by_that_rest(lea):
    case = paying(DeadlinePlan(basis="field", key="d", offset="-1d"))
    rest(case, lea, on(16), on(18))
    change_date(case, "2026-12-18", on(18, 12))
    assert pay(case).due_at == on(17, 17).replace(month=12)


def test_nor_is_what_is_counted_on_from_that_date(lea):
    case = paying(DeadlinePlan(basis="field", key="d", offset="10d"))
    rest(case, lea, on(16), on(18))
    assert pay(case).due_at == DECEMBER_4.replace(hour=17)
    change_date(case, "2026-11-13", on(18, 12))
    assert pay(case).due_at == on(1, 17).replace(month=12)


def test_of_a_rest_the_part_after_the_date_counts(lea):
    """The date is Friday the 20th; of six working days of rest two lie behind it."""
    case = paying(DeadlinePlan(basis="field", key="d", offset="10d"))
    rest(case, lea, on(16, 17), on(24, 17))
    assert pay(case).due_at == on(8, 17).replace(month=12)
    assert recomputing.preview(at=on(24, 17)).moves == ()


# -- what is counted from before the task --------------------------------------------------------------------


def two_steps(*rules, whole=()):
    return Blueprint(
        steps=(node("start", "start"), task("first"), task("second", deadlines=rules), node("end", "end")),
        flows=flows("start>first", "first.done>second", "second.done>end"),
        deadlines=whole,
    )


def second_after_a_rest(plan, anna, lea):
    """The second task of a case that was suspended for nine working days before."""
    case = runtime.start(make_version(plan), by=anna, at=MONDAY)
    rest(case, lea, on(17), on(30))
    first = runtime.claim(case.tasks.open().get(), by=anna, at=on(30, 11))
    runtime.complete_task(first, outcome="done", by=anna, at=on(30, 12))
    case.refresh_from_db()
    return case, case.tasks.open().get()


def test_a_rest_of_the_case_before_a_task_moves_what_is_counted_from_the_case(anna, lea):
    rule = DeadlinePlan(basis="case", offset="5d")
    case, row = second_after_a_rest(two_steps(rule, whole=(rule,)), anna, lea)
    assert case.due_at == row.due_at == DECEMBER_4
    assert why(row, on(30, 12)).sentence.endswith(": 72 h → Fr 04.12. 10:00")
    assert recomputing.preview(at=on(30, 12)).moves == ()
    rest(case, lea, on(1).replace(month=12), on(2).replace(month=12))
    case.refresh_from_db()
    assert case.due_at == due(row) == DECEMBER_4 + dt.timedelta(days=3)


def test_what_is_counted_from_the_task_does_not_know_of_it(anna, lea):
    _case, row = second_after_a_rest(two_steps(DeadlinePlan(offset="2d")), anna, lea)
    assert row.due_at == on(2, 12).replace(month=12)


def test_a_legal_deadline_counted_from_the_case_does_not_either(anna, lea):
    _case, row = second_after_a_rest(
        two_steps(DeadlinePlan(basis="case", offset="1m", is_legal=True)), anna, lea
    )
    assert row.due_at.astimezone(MONDAY.tzinfo).date() == dt.date(2026, 12, 16)


# -- shares of the span --------------------------------------------------------------------------------------

WARN = {"level": 1, "name": "Vorwarnung", "offset": "80%", "acts": [{"do": "notify", "whom": ["assignee"]}]}


def warned(by, *rules):
    version = make_version(single(deadlines=rules), make_definition(), levels=[WARN])
    return runtime.start(version, by=by, at=MONDAY).tasks.get()


def level_at(row):
    plan = Clock.objects.get(task=row, kind="solution").plan
    return next(dt.datetime.fromisoformat(one["at"]) for one in plan if one["level"] == 1)


def test_eighty_percent_stay_eighty_percent_of_what_ran_when_a_calendar_changes(anna, lea):
    company = calendar("company", is_default=True)
    row = warned(anna, DeadlinePlan(offset="10h"))
    rest(case_of(row), lea, on(16, 11), on(20, 11))
    assert (due(row), level_at(row)) == (on(23, 12), on(23, 10))
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=23, year=2026)
    assert runtime.recompute(Clock.objects.get(task=row).pk, by=SYSTEM, at=on(20, 12))
    assert (due(row), level_at(row)) == (on(24, 12), on(24, 10))


def test_eighty_percent_after_a_changed_urgency_do_not_count_the_rest(anna, lea):
    """Of the eight hours of the new urgency five have run; the warning comes after 6.4 hours."""
    row = warned(anna, DeadlinePlan(offset="10h"), DeadlinePlan(offset="8h", urgency=1))
    rest(case_of(row), lea, on(16, 11), on(20, 11))
    runtime.set_urgency(row, 1, by=lea, at=on(20, 15))
    assert due(row) == on(23, 10)
    deadlines.sweep(at=on(20, 16, 30))
    assert Notification.objects.filter(kind="reminder", recipient=anna, channel="app").count() == 1


def test_the_share_of_a_moved_deadline_does_not_count_a_former_rest(anna, lea):
    row = warned(anna, DeadlinePlan(offset="10h"))
    rest(case_of(row), lea, on(16, 11), on(20, 11))
    runtime.move_deadline(row, on(24, 12), by=lea, reason="x", at=on(20, 12))
    assert level_at(row) == on(23, 16, 24)


# -- the account ---------------------------------------------------------------------------------------------


def added(row, at):
    return [note for note in why(row, at, "en").notes if note.startswith("Added")]


def test_the_account_of_a_moved_deadline_adds_no_former_rest(anna, lea):
    row = runtime.claim(begin(single(deadline="16h"), anna), by=anna, at=MONDAY)
    runtime.postpone(row, on(18, 9), by=anna, waits_for="third", at=on(16, 12))
    row = runtime.take_up(row, by=anna, at=on(17, 12))
    assert added(row, on(17, 12))
    row = runtime.move_deadline(row, on(27, 12), by=lea, reason="mit dem Kunden vereinbart", at=on(17, 13))
    assert not added(row, on(17, 14))
    rest(case_of(row), lea, on(18), on(18, 12))
    assert added(row, on(18, 12))[0].startswith("Added: 2 h of")
