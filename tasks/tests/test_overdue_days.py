"""How many days a deadline is overdue: working days of the calendar it is counted by."""

import datetime as dt

import pytest
from django.utils import translation

from processes import runtime
from processes.blueprint import DeadlinePlan
from processes.tests.builders import BERLIN, make_definition, make_team, make_user, make_version, single
from tasks import duemarks
from tasks.models import Task
from tasks.tests.clockwork import begin, calendar, page
from tasks.tests.offices import browser

pytestmark = pytest.mark.django_db
FRIDAY = dt.datetime(2026, 5, 22, 9, tzinfo=BERLIN)
TUESDAY = dt.datetime(2026, 5, 26, 17, tzinfo=BERLIN)
"""Behind Whit Monday."""


def text(row, at=TUESDAY):
    (mark,) = duemarks.marks([row], at).values()
    with translation.override("de"):
        return duemarks.label(row, mark, at, is_suspended=False).text


def test_a_holiday_of_the_team_is_no_working_day_overdue():
    calendar("company", is_default=True)
    make_team("away", calendar=calendar("away", region="DE-NW"))
    anna = make_user("Anna", make_team(), make_team("away"))
    assert text(begin(single(deadline="8h"), anna, FRIDAY)) == "2 Arbeitstage überfällig"
    away = begin(single(team="away", deadline="8h"), anna, FRIDAY)
    assert text(away) == "1 Arbeitstag überfällig"
    assert page(away, TUESDAY).calendar.name_of(dt.date(2026, 5, 25)) != ""


def test_a_legal_deadline_is_overdue_by_all_days():
    calendar("company", region="DE-NW", is_default=True)
    row = begin(
        single(deadlines=(DeadlinePlan(offset="1cd", is_legal=True),)), make_user("", make_team()), FRIDAY
    )
    assert text(row, TUESDAY + dt.timedelta(days=2)) == "2 Tage überfällig"


def test_it_costs_two_statements_however_many_are_overdue(django_assert_num_queries):
    anna = make_user("Anna", make_team())
    version = make_version(single(deadline="8h"), make_definition("ticket"))
    for _ in range(5):
        runtime.start(version, by=anna, at=FRIDAY)
    rows = list(Task.objects.select_related("instance__definition"))
    duemarks.marks(rows, TUESDAY)
    with django_assert_num_queries(2):
        duemarks.marks(rows, TUESDAY)


def test_the_page_of_a_case_counts_by_the_calendar_of_its_team():
    calendar("company", region="DE-NW", is_default=True)
    anna = make_user("Anna", make_team())
    plan = single()
    rule = DeadlinePlan(basis="case", offset="8h")
    row = begin(type(plan)(steps=plan.steps, flows=plan.flows, deadlines=(rule,)), anna, FRIDAY)
    shown = browser(anna).get(f"/cases/{row.instance_id}/").context
    assert shown["deadlines"].calendar.public_holiday(dt.date(2026, 5, 25)) == "Pfingstmontag"
