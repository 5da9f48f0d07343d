"""The company's calendar: asked for at the set-up, and missed wherever deadlines are counted without it."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from people import accounts, companycalendar
from people.calendars import calendar_for
from people.models import AdminEvent, User, WorkCalendar
from people.tests.test_calendars import make_calendar
from people.tests.test_invitations import FIRST, path_of
from processes import nets, publishing, runtime
from processes.blueprint import DeadlinePlan
from processes.demo.company import REGION
from processes.tests.builders import BERLIN, make_definition, make_team, make_user, make_version, single
from tasks import whydue
from tasks.models import Clock, Task

pytestmark = pytest.mark.django_db
NOVEMBER = dt.datetime(2026, 11, 25, 10, tzinfo=BERLIN)
A_MONTH = single(deadlines=(DeadlinePlan(offset="1m", is_legal=True),))


def set_up(client: Client, region: str) -> int:
    """The status of the answer to a set-up with this choice."""
    path = path_of(accounts.make_setup_link())
    return client.post(path, {**FIRST, "region": region}).status_code


def begun() -> Task:
    """A task with a legal month from 25 November 2026 on, which ends on Christmas Day."""
    version = make_version(A_MONTH, make_definition())
    found: Task = runtime.start(version, by=make_user("Anna", make_team()), at=NOVEMBER).tasks.get()
    return found


def test_the_set_up_makes_the_calendar_of_the_land_chosen(client: Client) -> None:
    assert set_up(client, "DE-NW") == 302
    row = WorkCalendar.objects.get()
    assert (row.region, row.zone, row.is_default) == ("DE-NW", "Europe/Berlin", True)
    assert [str(window) for window in row.windows.all()] == ["Mo–Fr 09:00–17:00"]
    assert not companycalendar.is_missing()
    due_at = Clock.objects.get(task=begun(), kind=Clock.Kind.SOLUTION).due_at
    assert timezone.localtime(due_at).date() == dt.date(2026, 12, 28)
    event = AdminEvent.objects.get(kind="calendar_created")
    assert event.by == User.objects.get(email="brandt@example.org")
    assert event.changes["region"] == [None, "DE-NW"]


def test_an_austrian_company_gets_its_zone(client: Client) -> None:
    assert set_up(client, "AT-9") == 302
    assert WorkCalendar.objects.get().zone == "Europe/Vienna"


def test_a_company_elsewhere_gets_a_calendar_without_holidays(client: Client) -> None:
    assert set_up(client, "none") == 302
    assert WorkCalendar.objects.get().region == ""
    assert calendar_for(None, None, NOVEMBER.date()).windows_on(dt.date(2026, 12, 25))


@pytest.mark.parametrize("region", ["", "DE-XX", "Bayern"])
def test_the_set_up_insists_on_a_choice(client: Client, region: str) -> None:
    assert set_up(client, region) == 422
    assert not User.objects.exists() and not WorkCalendar.objects.exists()


def test_an_installation_with_calendars_keeps_them(client: Client) -> None:
    make_calendar("office", is_default=True)
    path = path_of(accounts.make_setup_link())
    assert "region" not in client.get(path).context["form"].fields
    assert set_up(client, "DE-NW") == 302
    assert [row.key for row in WorkCalendar.objects.all()] == ["office"]


def test_the_demo_company_has_the_holidays_of_its_land() -> None:
    call_command("seed_demo", stdout=StringIO())
    row = WorkCalendar.objects.get(is_default=True)
    assert (row.region, row.name) == (REGION, str(row))
    assert not calendar_for(None, None, NOVEMBER.date()).windows_on(dt.date(2026, 12, 25))


def test_publishing_deadlines_without_a_calendar_is_worth_a_hint() -> None:
    with_deadline = publishing.new_draft(make_version(A_MONTH, make_definition()), by=None)
    without = publishing.new_draft(make_version(single(), make_definition("other")), by=None)
    assert "no_calendar" in {one.code for one in publishing.hints(with_deadline)}
    assert "no_calendar" not in {one.code for one in publishing.hints(without)}
    make_calendar("company", is_default=True)
    assert "no_calendar" not in {one.code for one in publishing.hints(with_deadline)}


@pytest.mark.parametrize(
    ("role", "is_told", "may_add"),
    [("is_user_admin", True, True), ("is_process_admin", True, False), ("is_operator", False, False)],
)
def test_the_start_page_of_the_administration_tells_what_is_missing(
    client: Client, role: str, is_told: bool, may_add: bool
) -> None:
    client.force_login(make_user("Ada", **{role: True}))
    page = client.get("/admin/").content.decode()
    assert ("admin-note" in page) is is_told
    assert (f'{reverse("admin:people_workcalendar_add")}?is_default=on"' in page) is may_add
    make_calendar("company", is_default=True)
    assert "admin-note" not in client.get("/admin/").content.decode()


def test_the_account_of_a_deadline_says_that_holidays_are_not_known() -> None:
    row = Task.objects.select_related("instance__definition").get(pk=begun().pk)
    version = nets.compiled(row.instance.version_id)
    (why,) = whydue.of_task(row, version, NOVEMBER).whys
    assert not why.knows_holidays
    companycalendar.create("DE-NW", by=None)
    (why,) = whydue.of_task(row, version, NOVEMBER).whys
    assert why.knows_holidays


def test_the_command_says_so_too() -> None:
    out = StringIO()
    with translation.override("en"):
        call_command("worktime", "2026-11-25", "1m", "--legal", "--explain", stdout=out)
    assert out.getvalue().splitlines()[-1].startswith("Counted without holidays")
