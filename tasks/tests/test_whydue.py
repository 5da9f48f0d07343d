"""Why a deadline is when it is: the rule, the account, what happened since, what the clock will do."""

import datetime as dt
from dataclasses import replace

import pytest
from django.utils import translation

from people.models import CalendarDay, WorkCalendar, WorkWindow
from processes import nets, runtime
from processes.blueprint import DeadlinePlan
from processes.standardplan import LEVELS
from processes.tests.builders import BERLIN, MONDAY, make_team, make_user, make_version, single
from tasks import deadlines, duemarks, whydue
from tasks.clocks import recomputing
from tasks.models import Task

pytestmark = pytest.mark.django_db
STANDARD = tuple(level.to_json() for level in LEVELS)


def on(day, hour=10, minute=0):
    """A moment of November 2026; the 16th is a Monday."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def anna(db):
    return make_user("Anna", make_team())


@pytest.fixture
def lea(db):
    return make_user("Lea", make_team(), lead=True)


def start(anna, *rules, plan=None, at=MONDAY):
    version = make_version(plan or single(deadlines=rules), levels=STANDARD)
    return runtime.start(version, by=anna, at=at).tasks.get()


def explain(task, at=MONDAY):
    row = Task.objects.select_related("instance__definition").get(pk=task.pk)
    return whydue.of_task(row, nets.compiled(row.instance.version_id), at)


def test_the_rule_the_sentence_and_its_table(anna):
    begun = on(20, 10, 5) + dt.timedelta(seconds=31)
    (why,) = explain(start(anna, DeadlinePlan(offset="3d"), at=begun)).whys
    assert why.rule == "3 working days after the start of the step"
    counted = "Mon 23 Nov–Wed 25 Nov after 1 to 3 working days"
    assert why.sentence == f"Start Fri 20 Nov 10:05; {counted} → Wed 25 Nov 10:05"
    closed = ["Sat 21 Nov no working day", "Sun 22 Nov no working day"]
    assert [str(line) for line in why.lines][1:3] == closed


@pytest.mark.parametrize(
    ("deadline", "hour", "end"),
    [("1d", 17, "Wed 18 Nov 09:00"), ("1d", 12, "Tue 17 Nov 13:00"), ("2h", 12, "Mon 16 Nov 15:00")],
)
def test_the_account_of_a_task_begun_seconds_after_closing_ends_at_its_deadline(anna, deadline, hour, end):
    """Closed from 12 to 13; at closing time sharp it is working time, twenty seconds later it is not."""
    company = WorkCalendar.objects.create(key="company", name="company", is_default=True)
    for opens, closes in ((9, 12), (13, 17)):
        WorkWindow.objects.create(
            calendar=company, first_weekday=0, last_weekday=4, opens=dt.time(opens), closes=dt.time(closes)
        )
    task = start(anna, DeadlinePlan(offset=deadline), at=on(16, hour) + dt.timedelta(seconds=20))
    (why,) = explain(task).whys
    assert why.sentence.endswith(f"→ {end}")


def test_a_legal_deadline_is_marked_warned_before_and_told_by_its_paragraphs(anna):
    found = explain(start(anna, DeadlinePlan(offset="1m", is_legal=True, is_final=True)))
    assert (found.law, found.is_final) == ("statutory deadline (Notfrist)", True)
    assert "§ 187" in found.whys[0].sentence
    assert found.ahead[0].name == "Early warning"


def test_of_several_rules_it_says_which_counts(anna):
    (why,) = explain(start(anna, DeadlinePlan(offset="3d"), DeadlinePlan(offset="5d"))).whys
    assert why.notes == [
        "Of several rules the earliest deadline counts:"
        " 3 working days after the start of the step: Thursday, 19 November 2026, 10:00;"
        " 5 working days after the start of the step: Monday, 23 November 2026, 10:00."
    ]


def test_the_levels_ahead_and_those_that_fired(anna):
    task = runtime.claim(start(anna, DeadlinePlan(offset="8h")), by=anna, at=MONDAY)
    found = explain(task)
    assert [(level.name, level.when) for level in found.ahead][2] == ("Leitung", "Wed, 18 Nov, 10:00")
    deadlines.sweep(at=on(18))
    late = explain(task, on(18, 11))
    assert [level.name for level in late.fired] == ["Vorwarnung", "Frist erreicht", "Leitung"]
    assert [level.name for level in late.ahead] == ["Prozessverantwortung"]
    assert late.level == "Leitung"


def test_a_level_for_free_tasks_is_not_announced_once_somebody_has_it(anna):
    levels = [{**STANDARD[2], "unclaimed": True}]
    version = make_version(single(deadline="8h"), levels=levels)
    task = runtime.start(version, by=anna, at=MONDAY).tasks.get()
    assert [level.name for level in explain(task).ahead] == ["Leitung"]
    runtime.claim(task, by=anna, at=MONDAY)
    assert explain(task).ahead == []


@pytest.mark.parametrize(
    ("whom", "free", "taken"),
    [
        (["assignee"], "tells the team, as nobody has taken the task over", "tells whoever has the task"),
        (["assignee", "team"], "tells the team", "tells whoever has the task, the team"),
    ],
)
def test_a_task_nobody_has_is_told_to_its_team_in_place_of_whoever_has_it(anna, whom, free, taken):
    level = {**STANDARD[2], "acts": [{"do": "notify", "whom": whom}]}
    task = runtime.start(make_version(single(deadline="8h"), levels=[level]), by=anna, at=MONDAY).tasks.get()
    assert [one.what for one in explain(task).ahead] == [free]
    runtime.claim(task, by=anna, at=MONDAY)
    assert [one.what for one in explain(task).ahead] == [taken]


def test_who_moved_it_from_when_to_when_and_why(anna, lea):
    task = start(anna, DeadlinePlan(offset="3d"))
    runtime.move_deadline(task, on(20), by=lea, reason="Urlaub", at=on(16, 11))
    (why,) = explain(task, on(16, 12)).whys
    assert (why.rule, why.lines) == ("", [])
    assert why.notes == [
        "Moved by Lea (today, 11:00) from Thursday, 19 November 2026, 10:00 to Friday,"
        " 20 November 2026, 10:00. Reason: “Urlaub”"
    ]


def test_while_it_waits_for_the_customer_it_rests_and_says_how_much_is_left(anna):
    task = start(anna, DeadlinePlan(offset="3d"))
    runtime.postpone(task, on(25), by=anna, waits_for="customer", at=on(17))
    found = explain(task, on(18))
    assert (found.rests, found.ahead) == (True, [])
    assert "16 h of working time are left" in found.whys[0].notes[-1]
    runtime.take_up(task, by=anna, at=on(18))
    (why,) = explain(task, on(18, 11)).whys
    assert "Added: 8 h of working time" in why.notes[-1]
    assert why.due.startswith("Friday, 20 November")


def test_a_free_task_says_until_when_it_has_to_be_taken_over(anna):
    task = start(anna, DeadlinePlan(offset="4h", kind="reaction"), DeadlinePlan(offset="3d"))
    found = explain(task, on(16, 11))
    assert len(found.whys) == 2
    assert found.reaction == "today, 14:00"
    runtime.claim(task, by=anna, at=on(16, 12))
    assert explain(task).reaction == ""


def test_a_calendar_changed_since_is_not_passed_off_as_the_reason(anna):
    company = WorkCalendar.objects.create(key="c", name="C", is_default=True)
    WorkWindow.objects.create(
        calendar=company, first_weekday=0, last_weekday=4, opens=dt.time(9), closes=dt.time(17)
    )
    task = start(anna, DeadlinePlan(offset="3d"))
    CalendarDay.objects.create(calendar=company, kind="off", month=11, day=18, year=2026, name="Ausflug")
    (why,) = explain(task).whys
    assert (why.sentence, why.lines) == ("", [])
    assert "have changed since" in why.notes[0]


def test_the_deadline_of_a_case(anna):
    rule = DeadlinePlan(basis="case", offset="5d")
    case = start(anna, plan=replace(single(), deadlines=(rule,))).instance
    case.refresh_from_db()
    (why,) = whydue.of_case(case, nets.compiled(case.version_id), MONDAY).whys
    assert why.due == "Monday, 23 November 2026, 10:00"
    assert why.sentence.endswith("Mon 23 Nov 10:00")


def test_a_lead_called_in_by_hand_is_no_level_of_the_plan(anna, lea):
    task = start(anna, DeadlinePlan(offset="8h"))
    runtime.escalate(task, by=anna, reason="Anwalt", at=on(16, 12))
    row = Task.objects.get(pk=task.pk)
    assert duemarks.marks([row], on(16, 13))[row.pk].level == "Lead called in"


def test_while_a_new_calendar_has_not_reached_it_yet_it_says_so(anna):
    company = WorkCalendar.objects.create(key="firma", name="Firma", is_default=True)
    WorkWindow.objects.create(
        calendar=company, first_weekday=0, last_weekday=4, opens=dt.time(9), closes=dt.time(17)
    )
    task = start(anna, DeadlinePlan(offset="3d"))
    CalendarDay.objects.create(calendar=company, day=18, month=11, year=2026, kind="off", name="Ausflug")
    assert "counted today" in explain(task).whys[0].notes[0]
    recomputing.ask(None, company, at=MONDAY)
    told = explain(task).whys[0].notes[0]
    assert told == (
        "The calendar has changed: the deadline is being counted anew and will then be "
        "Friday, 20 November 2026, 10:00."
    )
    recomputing.run(at=MONDAY)
    assert not any("anew and will" in note for note in explain(task).whys[0].notes)
