"""A change of calendars shows which deadlines would move before it is saved; then it is saved as typed."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.contrib import messages
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from people.models import AdminEvent, CalendarDay, Setting, Team, User, WorkCalendar, WorkWindow
from people.movedadmin import CONFIRMED, TYPING_ON
from processes import runtime
from processes.models import ProcessInstance
from processes.tests.builders import MONDAY, make_team, make_user, make_version, single
from tasks.clocks import recomputing
from tasks.models import Clock, Task

pytestmark = pytest.mark.django_db
SECRET = "Kündigung Schmidt"


@pytest.fixture
def company() -> WorkCalendar:
    made = WorkCalendar.objects.create(key="company", name="Firma", is_default=True)
    WorkWindow.objects.create(
        calendar=made, first_weekday=0, last_weekday=4, opens=dt.time(9), closes=dt.time(17)
    )
    return made


@pytest.fixture
def cases(company: WorkCalendar) -> list[ProcessInstance]:
    """Three cases due on Thursday, 19 November, 10:00."""
    anna = make_user("Anna", make_team())
    version = make_version(single(deadline="3d"))
    return [runtime.start(version, by=anna, title=SECRET, at=MONDAY) for _ in range(3)]


def as_admin() -> Client:
    client = Client()
    client.force_login(make_user("Uta", is_user_admin=True))
    return client


def calendar_form(company: WorkCalendar, day: str = "18.11.2026") -> dict[str, str]:
    (window,) = company.windows.all()
    return {
        "name": "Firma",
        "zone": "Europe/Berlin",
        "region": "",
        "is_default": "on",
        "is_active": "on",
        "windows-TOTAL_FORMS": "1",
        "windows-INITIAL_FORMS": "1",
        "windows-0-id": str(window.pk),
        "windows-0-calendar": str(company.pk),
        "windows-0-text": "Mo–Fr 09:00–17:00",
        "days-TOTAL_FORMS": "1",
        "days-INITIAL_FORMS": "0",
        "days-0-when": day,
        "days-0-kind": "off",
        "days-0-name": "Ausflug",
    }


def door(row: object, model: str) -> str:
    return reverse(f"admin:people_{model}_change", args=[row.pk])


def due() -> set[dt.datetime | None]:
    return set(Task.objects.values_list("due_at", flat=True))


def test_a_preview_comes_first_and_nothing_is_saved(company: WorkCalendar, cases: list[ProcessInstance]):
    client = as_admin()
    page = client.post(door(company, "workcalendar"), calendar_form(company))
    text = page.content.decode()
    assert page.status_code == 200
    assert page.context["count"] == 3
    assert page.context["teams"] == [("Service", page.context["teams"][0][1], 3, 0)]
    ((row, number),) = page.context["rows"]
    assert (row.process, row.step) == (cases[0].version.definition.name, Task.objects.first().title)
    assert (row.old, row.new) == ("Do., 19.11.2026 10:00 Uhr", "Fr., 20.11.2026 10:00 Uhr")
    assert number == 3 and "<td>3</td><td>Do., 19.11.2026" in text
    assert SECRET not in text
    assert not any(case.number in text for case in cases)
    assert not CalendarDay.objects.exists()
    assert not AdminEvent.objects.filter(kind="calendar_changed").exists()
    assert not Setting.objects.filter(key__startswith=recomputing.MARKER).exists()


def test_deadlines_that_look_alike_are_one_row_and_others_their_own(
    company: WorkCalendar, cases: list[ProcessInstance]
):
    anna, version = cases[0].started_by, cases[0].version
    for minutes in (0, 30):
        runtime.start(version, by=anna, title=SECRET, at=MONDAY + dt.timedelta(minutes=minutes, seconds=20))
    page = as_admin().post(door(company, "workcalendar"), calendar_form(company))
    assert [(row.old[-9:-4], number) for row, number in page.context["rows"]] == [("10:00", 4), ("10:30", 1)]
    assert page.context["count"] == 5 and not page.context["has_more"]


def test_back_from_the_preview_all_that_was_typed_is_still_there(
    company: WorkCalendar, cases: list[ProcessInstance]
):
    client = as_admin()
    typed = dict(client.post(door(company, "workcalendar"), calendar_form(company)).context["typed"])
    page = client.post(door(company, "workcalendar"), {**typed, "name": "Büro", TYPING_ON: "1"})
    text = page.content.decode()
    assert 'value="Büro"' in text and 'value="18.11.2026"' in text and 'value="Ausflug"' in text
    assert not page.context["errors"]
    assert not CalendarDay.objects.exists()
    assert WorkCalendar.objects.get().name == "Firma"


def test_after_saving_it_says_how_many_move_and_the_tick_moves_them(
    company: WorkCalendar, cases: list[ProcessInstance]
):
    client = as_admin()
    typed = {**calendar_form(company), CONFIRMED: "1"}
    saved = client.post(door(company, "workcalendar"), typed, follow=True)
    assert any("3" in str(one) and one.level == messages.INFO for one in saved.context["messages"])
    call_command("tick", at=MONDAY.isoformat(), stdout=StringIO())
    assert due() == {MONDAY.replace(day=20)}


def test_what_was_typed_is_saved_after_the_preview(company: WorkCalendar, cases: list[ProcessInstance]):
    client = as_admin()
    page = client.post(door(company, "workcalendar"), calendar_form(company))
    kept = dict(page.context["typed"])
    assert kept == calendar_form(company)
    saved = client.post(door(company, "workcalendar"), {**kept, CONFIRMED: "1"})
    assert saved.status_code == 302
    assert str(CalendarDay.objects.get()).startswith("18.11.2026")
    assert due() == {MONDAY.replace(day=19)}
    assert recomputing.run().moved == 3
    assert due() == {MONDAY.replace(day=20)}
    event = AdminEvent.objects.get(kind="deadlines_recomputed")
    assert (str(event.by), event.changes) == ("Uta", {"moved_deadlines": [None, 3]})


def test_a_change_that_moves_nothing_is_saved_at_once(company: WorkCalendar, cases: list[ProcessInstance]):
    saved = as_admin().post(door(company, "workcalendar"), calendar_form(company, "18.12.2026"))
    assert saved.status_code == 302
    assert CalendarDay.objects.exists()
    assert not Setting.objects.filter(key__startswith=recomputing.MARKER).exists()


def test_confidential_cases_move_without_being_counted(company: WorkCalendar, cases: list[ProcessInstance]):
    ProcessInstance.objects.filter(pk=cases[0].pk).update(is_confidential=True)
    page = as_admin().post(door(company, "workcalendar"), calendar_form(company))
    assert page.context["count"] == 2
    client = Client()
    client.force_login(User.objects.get(last_name="Uta"))
    client.post(door(company, "workcalendar"), {**calendar_form(company), CONFIRMED: "1"})
    assert recomputing.run().moved == 3
    assert AdminEvent.objects.get(kind="deadlines_recomputed").changes == {"moved_deadlines": [None, 2]}


def test_faults_are_shown_as_ever(company: WorkCalendar, cases: list[ProcessInstance]):
    page = as_admin().post(door(company, "workcalendar"), calendar_form(company, "gestern"))
    assert page.status_code == 200
    assert "count" not in page.context
    assert not CalendarDay.objects.exists()


def two_days() -> WorkCalendar:
    made = WorkCalendar.objects.create(key="two", name="Zwei Tage")
    WorkWindow.objects.create(
        calendar=made, first_weekday=0, last_weekday=1, opens=dt.time(9), closes=dt.time(17)
    )
    return made


def test_another_calendar_of_a_team_is_asked_about_too(company: WorkCalendar, cases: list[ProcessInstance]):
    team, other = Team.objects.get(key="service"), two_days()
    form = {"name": "Service", "is_active": "on", "calendar": str(other.pk)}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    client = as_admin()
    page = client.post(door(team, "team"), form)
    assert page.context["count"] == 3
    assert Team.objects.get(key="service").calendar is None
    assert client.post(door(team, "team"), {**form, CONFIRMED: "1"}).status_code == 302
    recomputing.run()
    assert due() == {MONDAY.replace(day=24)}


def test_a_mail_about_a_new_address_leaves_once_it_is_saved(
    company: WorkCalendar, cases: list[ProcessInstance], mailoutbox: list[object]
):
    anna, other = User.objects.get(last_name="Anna"), two_days()
    Clock.objects.update(for_user=anna)
    form = {"last_name": "Anna", "email": "neu@example.org", "language": "de"}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    form |= {"calendars-TOTAL_FORMS": "1", "calendars-INITIAL_FORMS": "0"}
    form |= {"calendars-0-from_on": "2026-01-01", "calendars-0-calendar": str(other.pk)}
    client = as_admin()
    assert client.post(door(anna, "user"), form).context["count"] == 3
    assert User.objects.get(pk=anna.pk).email == "anna@example.org"
    assert client.post(door(anna, "user"), {**form, CONFIRMED: "1"}).status_code == 302
    assert User.objects.get(pk=anna.pk).email == "neu@example.org"
