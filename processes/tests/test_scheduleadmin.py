"""Scheduled starts in the administration: the start form of the process, the next dates, the log."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from customers.models import Customer
from people.models import AdminEvent
from processes.adminpages.schedules import in_words
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessDefinition, StartSchedule
from processes.tests.builders import flows, make_team, make_user, make_version, node, single, task
from processes.tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    browser = Client()
    browser.force_login(make_user("Pia", is_process_admin=True))
    return browser


@pytest.fixture
def process() -> ProcessDefinition:
    form = StepPlan(
        "start", "start", "Start", fields=(StepFieldPlan("sum", "required"), StepFieldPlan("who"))
    )
    plan = Blueprint(
        fields=(FieldPlan("sum", "Summe", "money"), FieldPlan("who", "Kunde", "customer")),
        steps=(form, task("work"), node("end", "end")),
        flows=flows("start>work", "work.done>end"),
    )
    return make_version(plan).definition


def door(row: StartSchedule | None = None, page: str = "change") -> str:
    if row is None:
        return reverse("admin:processes_startschedule_add")
    return reverse(f"admin:processes_startschedule_{page}", args=[row.pk])


def form(process: ProcessDefinition, **fields: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "definition": process.pk,
        "title": "Umsatzsteuer",
        "urgency": "2",
        "every": "1",
        "unit": "months",
        "anchor_on": "2099-01-31",
        "at_time": "08:00",
        "shift": "none",
        "catches_up": "on",
        "is_active": "on",
        "field_sum": "12,50",
    }
    return {name: value for name, value in {**values, **fields}.items() if value is not None}


def test_a_schedule_is_written_with_its_first_date(client: Client, process: ProcessDefinition):
    Customer.objects.create(number="K-1", name="Schmidt")
    anna = make_user("Anna", make_team())
    response = client.post(door(), form(process, started_by=anna.pk, customer_number="K-1"))
    assert response.status_code == 302
    row = StartSchedule.objects.get()
    assert (row.next_on, row.data, row.started_by) == (dt.date(2099, 1, 31), {"sum": "12,50"}, anna)
    assert row.customer is not None and row.customer.name == "Schmidt"
    event = AdminEvent.objects.get(kind="schedule_created")
    assert event.changes["title"] == ["", "Umsatzsteuer"]
    assert "Schmidt" not in str(event.changes)


def test_the_next_five_dates_are_shown_before_saving(client: Client, process: ProcessDefinition):
    page = client.post(door(), form(process, _preview="", field_sum=""))
    assert page.status_code == 200
    moments = [moment for moment, _why in page.context["dates"]]
    assert len(moments) == 5
    assert all(day in moment for day, moment in zip(("31", "28", "31", "30", "31"), moments, strict=True))
    assert not StartSchedule.objects.exists()
    assert [one.key for one in page.context["views"]] == ["sum"]


def test_why_a_date_moves_is_said(client: Client, process: ProcessDefinition):
    # 1 November 2099 is a Sunday.
    page = client.post(door(), form(process, anchor_on="2099-11-01", shift="next", _preview=""))
    (moment, why) = page.context["dates"][0]
    assert "2" in moment.split(",")[1].split()[0]
    assert why


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"field_sum": None},
        {"field_sum": "viel"},
        {"every": "0"},
        {"unit": "once", "offset_0": "bald"},
        {"unit": "once", "offset_0": "1201", "offset_1": "m"},
        {"unit": "once", "offset_0": "2", "offset_1": "h"},
        {"ends_on": "2098-01-01"},
        {"customer_number": "K-9"},
        {"anchor_on": "morgen"},
        {"anchor_on": "9999-12-31", "unit": "once", "offset_0": "100", "offset_1": "y"},
        {"anchor_on": "9999-12-31", "unit": "years"},
        {"anchor_on": "0001-01-01"},
        {"ends_on": "9999-12-31"},
    ],
)
def test_what_cannot_be_is_refused(client: Client, process: ProcessDefinition, wrong: dict[str, Any]):
    page = client.post(door(), form(process, **wrong))
    assert page.context["shows_faults"]
    assert not StartSchedule.objects.exists()


@pytest.mark.parametrize("unit", ["once", "days", "weeks", "months", "years"])
def test_the_last_day_there_is_can_be_chosen(client: Client, process: ProcessDefinition, unit: str):
    offset = {"offset_0": "100", "offset_1": "y"} if unit == "once" else {}
    last = form(process, anchor_on="2199-12-31", unit=unit, every="999", **offset)
    assert client.post(door(), {**last, "_preview": ""}).status_code == 200
    assert client.post(door(), last).status_code == 302
    assert StartSchedule.objects.get().next_on is not None


def test_who_may_not_start_the_process_cannot_be_chosen(client: Client, process: ProcessDefinition):
    nobody = make_user("Nobody")
    page = client.post(door(), form(process, started_by=nobody.pk))
    assert "started_by" in page.context["form"].errors


def test_a_change_is_logged_and_plans_the_next_date_anew(client: Client, process: ProcessDefinition):
    client.post(door(), form(process))
    row = StartSchedule.objects.get()
    StartSchedule.objects.filter(pk=row.pk).update(last_error="Kein Prozess")
    assert "Kein Prozess" in client.get(door(row)).content.decode()
    changed = form(process, anchor_on="2099-02-15", field_sum="99")
    assert client.post(door(row), changed).status_code == 302
    row.refresh_from_db()
    assert (row.next_on, row.last_error) == (dt.date(2099, 2, 15), "")
    changes = AdminEvent.objects.get(kind="schedule_changed").changes
    assert changes["anchor_on"] == ["2099-01-31", "2099-02-15"]
    assert changes["data"] == [{"sum": "12,50"}, {"sum": "99"}]


def test_ninety_days_before_the_end_of_a_contract(client: Client, process: ProcessDefinition):
    once = form(process, unit="once", anchor_on="2099-12-31", offset_0="90", offset_1="cd", offset_2="-")
    assert client.post(door(), once).status_code == 302
    row = StartSchedule.objects.get()
    assert (row.offset, row.next_on) == ("-90cd", dt.date(2099, 10, 2))
    with translation.override("en"):
        assert in_words(row) == "once, 90 calendar days before 31 December 2099, at 08:00"
        row.offset = "1w"
        assert in_words(row) == "once, 1 week after 31 December 2099, at 08:00"
    page = client.get(door(row)).content.decode()
    for part in ('value="90"', '<option value="cd" selected>', '<option value="-" selected>'):
        assert part in page


def test_failing_ones_are_named_in_the_list_and_any_can_be_deleted(
    client: Client, process: ProcessDefinition
):
    client.post(door(), form(process))
    row = StartSchedule.objects.get()
    StartSchedule.objects.filter(pk=row.pk).update(last_error="Kein Prozess")
    page = client.get(reverse("admin:processes_startschedule_changelist"))
    assert "Kein Prozess" in page.content.decode()
    assert list(page.context["messages"])
    assert client.post(door(row, "delete"), {"post": "yes"}).status_code == 302
    assert not StartSchedule.objects.exists()
    assert AdminEvent.objects.filter(kind="schedule_deleted").exists()


def test_a_second_click_on_save_makes_no_second_schedule(client: Client, process: ProcessDefinition):
    values = form(process)
    assert [client.post(door(), values).status_code for _click in range(2)] == [302, 302]
    assert AdminEvent.objects.filter(kind="schedule_created").count() == 1
    assert StartSchedule.objects.count() == 1
    for another in ({"title": "Lohnsteuer"}, {"field_sum": "13"}, {"anchor_on": "2099-02-28"}):
        client.post(door(), {**values, **another})
    assert StartSchedule.objects.count() == 4


def test_the_same_schedule_may_be_made_again_later_and_by_somebody_else(
    client: Client, process: ProcessDefinition
):
    client.post(door(), form(process))
    other = Client()
    other.force_login(make_user("Paul", is_process_admin=True))
    other.post(door(), form(process))
    assert StartSchedule.objects.count() == 2
    a_minute_ago = timezone.now() - dt.timedelta(minutes=1, seconds=1)
    AdminEvent.objects.update(at=a_minute_ago)
    client.post(door(), form(process))
    assert StartSchedule.objects.count() == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_clicks_at_once_make_one_schedule():
    definition = make_version(single()).definition
    pia = make_user("Pia", is_process_admin=True)

    def click() -> int:
        browser = Client()
        browser.force_login(pia)
        return browser.post(door(), form(definition, field_sum=None)).status_code

    assert at_once([click] * 4) == [302] * 4
    assert StartSchedule.objects.count() == 1
