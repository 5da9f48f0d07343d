"""What a rule of a legal deadline says, in running cases: early warning, half months, notices, set days."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import translation

from people.models import User
from processes import nets, runtime
from processes.blueprint import Blueprint, DeadlinePlan, FieldPlan, StepFieldPlan, StepPlan
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    flows,
    make_definition,
    make_team,
    make_user,
    make_version,
    node,
    task,
)
from tasks import deadlines, whydue
from tasks.clocks import clockrules, rescheduling
from tasks.models import Clock, Task
from tasks.tests.clockwork import calendar

pytestmark = pytest.mark.django_db
NOTICE = DeadlinePlan(
    "field", "-1m", "day", is_legal=True, counts_first_day=True, shifts_to_working_day=False
)
BACK = DeadlinePlan("field", "6m", "day", is_legal=True, days_before_end=14)
SET = DeadlinePlan("field", "", "day", is_legal=True)


@pytest.fixture
def anna() -> User:
    """In North Rhine-Westphalia, open from Monday to Friday, 9 to 17."""
    calendar("nw", region="DE-NW", is_default=True)
    return make_user("Anna", make_team())


def last_second(text: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(23, 59, 59), BERLIN)


def opening(text: str) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(text), dt.time(9), BERLIN)


def begin(by: User, rule: DeadlinePlan, day: str = "", at: dt.datetime = MONDAY) -> Clock:
    """The deadline of a task whose case was started with this date."""
    plan = Blueprint(
        fields=(FieldPlan("day", "Datum", "date"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("day", "optional"),)),
            task("work", deadlines=(rule,)),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>end"),
    )
    version = make_version(plan, make_definition("law"))
    row = runtime.start(version, by=by, data={"day": day}, at=at).tasks.get()
    return Clock.objects.get(task=row, kind="solution")


@pytest.mark.parametrize(
    ("rule", "day", "due"),
    [
        (DeadlinePlan(offset="1m", is_legal=True, adds_half_month=True), "", "2026-12-31"),
        (replace(BACK, shifts_to_working_day=False), "2026-09-01", "2027-02-15"),
        (replace(BACK, shifts_to_working_day=False), "2026-09-06", "2027-02-20"),
        (BACK, "2026-09-06", "2027-02-22"),
        (NOTICE, "2026-12-31", "2026-11-30"),
        (NOTICE, "2027-01-20", "2026-12-20"),
        (replace(NOTICE, counts_first_day=False), "2027-01-20", "2026-12-19"),
        (replace(NOTICE, counts_first_day=False, shifts_to_working_day=True), "2027-01-20", "2026-12-18"),
        (SET, "2026-12-23", "2026-12-23"),
        (SET, "2026-12-26", "2026-12-28"),
        (DeadlinePlan("date", "", "", "2026-12-25", is_legal=True, is_final=True), "", "2026-12-28"),
    ],
)
def test_it_ends_with_the_last_second_of_its_day(anna: User, rule: DeadlinePlan, day: str, due: str):
    """BGB §§188, 189 II, 193; a notice is counted back (BGH NJW 2005, 1354)."""
    clock = begin(anna, rule, day)
    assert (clock.due_at, clock.is_legal, clock.is_final) == (last_second(due), True, rule.is_final)


@pytest.mark.parametrize(
    ("rule", "day", "warned"),
    [
        (DeadlinePlan(offset="1m", is_legal=True), "", "2026-12-09"),
        (DeadlinePlan(offset="1m", is_legal=True, early_warning="2w"), "", "2026-12-02"),
        (DeadlinePlan(offset="20cd", is_legal=True, early_warning="5cd"), "", "2026-12-02"),
        (NOTICE, "2027-01-31", "2026-12-24"),
        (replace(SET, early_warning="3cd"), "2026-12-23", "2026-12-18"),
    ],
)
def test_it_warns_when_its_rule_says(anna: User, rule: DeadlinePlan, day: str, warned: str):
    clock = begin(anna, rule, day)
    assert clockrules.warned_at(clock) == opening(warned)
    deadlines.sweep(at=opening(warned) - dt.timedelta(seconds=1))
    assert not anna.notifications.filter(channel="app", kind="reminder").exists()
    deadlines.sweep(at=opening(warned))
    assert anna.notifications.filter(channel="app", kind="reminder").count() == 1


@pytest.mark.parametrize("rule", [DeadlinePlan(offset="1m", is_legal=True, early_warning="0"), SET])
def test_it_warns_of_nothing_where_nobody_wants_it(anna: User, rule: DeadlinePlan):
    assert clockrules.warned_at(begin(anna, rule, "2026-12-23")) is None


def page(clock: Clock, at: dt.datetime = MONDAY) -> whydue.Deadlines:
    row = Task.objects.select_related("instance__definition").get(pk=clock.task_id)
    with translation.override("en"):
        return whydue.of_task(row, nets.compiled(row.instance.version_id), at)


@pytest.mark.parametrize(
    ("rule", "text", "sentence"),
    [
        (
            NOTICE,
            "1 month before the date “Datum”, counted by §§ 187–193 BGB",
            "Thu 31 Dec last day of the period; Mon 30 Nov −1 month counted (BGB § 188); Mon 23 Nov early"
            " warning → Mon 30 Nov",
        ),
        (SET, "the date “Datum”, as a legal deadline", "Thu 31 Dec the last day, as it was set → Thu 31 Dec"),
        (
            DeadlinePlan("field", "1m", "day", is_legal=True, adds_half_month=True, early_warning="0"),
            "1 month after the date “Datum”, and half a month, counted by §§ 187–193 BGB",
            "Thu 31 Dec event; its day isn't counted (BGB § 187 I); Mon 15 Feb 2027 1 month + 15 days counted"
            " (BGB § 188) → Mon 15 Feb 2027",
        ),
        (
            replace(BACK, early_warning="0"),
            "6 months after the date “Datum”, 14 calendar days back from there, counted by §§ 187–193 BGB",
            "Thu 31 Dec event; its day isn't counted (BGB § 187 I); Wed 30 Jun 2027 6 months counted (BGB"
            " § 188); Wed 16 Jun 2027 14 days back from there → Wed 16 Jun 2027",
        ),
    ],
)
def test_the_account_says_rule_and_paragraphs(anna: User, rule: DeadlinePlan, text: str, sentence: str):
    (why,) = page(begin(anna, rule, "2026-12-31")).whys
    assert (why.rule, why.sentence) == (text, sentence)


def test_the_task_says_when_its_early_warning_comes(anna: User):
    assert page(begin(anna, NOTICE, "2026-12-31")).warning == "Mon, 23 Nov, 09:00"


def test_a_changed_date_moves_a_notice_and_its_warning(anna: User):
    clock = begin(anna, NOTICE, "2026-12-31")
    case = clock.instance
    case.data = {"day": "2027-01-29"}
    case.save(update_fields=["data"])
    row = Clock.objects.select_related("instance", "task__instance").get(pk=clock.pk)
    rescheduling.redate(row.instance, nets.compiled(row.instance.version_id), ["day"], at=MONDAY)
    row.refresh_from_db()
    assert (row.due_at, clockrules.warned_at(row)) == (last_second("2026-12-29"), opening("2026-12-22"))
