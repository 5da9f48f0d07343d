"""Customers of cases: merged, behind the end of a list, tampered with, hidden from who works no cases."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse

from customers import records
from customers.models import ContactPoint, Customer
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.models import ProcessInstance, StartSchedule
from processes.stepplans import Action, Do, StepConfig
from processes.tests import automatic
from processes.tests.builders import (
    BERLIN,
    MONDAY,
    call,
    flows,
    make_definition,
    make_version,
    node,
    task,
)
from processes.tests.offices import Office
from processes.tests.pages import form_lists
from tasks import starts
from tasks.tests.offices import browser, open_task, staff

pytestmark = pytest.mark.django_db
START = "/processes/notice/start/"


@pytest.fixture
def office():
    return staff()


def notice(need="required", *, later="optional"):
    plan = Blueprint(
        fields=(FieldPlan("who", "Auftraggeberin", "customer"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("who", need),)),
            task("work", fields=(StepFieldPlan("who", later),)),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>end"),
    )
    return make_version(plan, make_definition("notice", number_pattern="N-{year}-{seq}"))


def customer(office, name):
    return records.create(by=office["anna"], kind="organisation", name=name)


def merged(office):
    """A record that was merged into another one."""
    old, new = customer(office, "Alt"), customer(office, "Neu")
    Customer.objects.filter(pk=old.pk).update(merged_into=new, canonical_id=new.pk)
    old.refresh_from_db()
    return old, new


def test_a_tampered_field_beside_the_picker_gives_no_second_customer(office):
    notice()
    first, second = customer(office, "Hollerbach"), customer(office, "Vogt")
    client = browser(office["anna"])
    key = client.get(START).context["entered"].key
    client.post(START, {"key": key, "customer": first.pk, "field_who": second.pk})
    case = ProcessInstance.objects.get()
    assert case.data.get("who") == case.customer_id


def test_blanks_in_the_field_do_not_part_the_two(office):
    version = notice()
    one = customer(office, "Hollerbach")
    case = runtime.start(version, by=office["anna"], data={"who": " "}, customer=one, at=MONDAY)
    assert (case.customer_id, case.data.get("who")) == (one.pk, one.pk)


def test_a_schedule_goes_on_when_its_customer_is_merged(office):
    version = notice()
    old, _new = merged(office)
    at = dt.datetime(2027, 1, 1, 8, tzinfo=BERLIN)
    row = StartSchedule(
        definition=version.definition, title="Monat", anchor_on=dt.date(2027, 1, 1), customer=old
    )
    starts.plan(row, after=at - dt.timedelta(days=9))
    row.save()
    done = starts.run(at=at)
    row.refresh_from_db()
    assert (done.started, row.last_error) == (1, "")


def test_a_case_of_a_merged_customer_starts_its_next_one(office):
    version = notice()
    old, new = merged(office)
    case = runtime.start(version, by=office["anna"], customer=old, at=MONDAY)
    assert case.customer.canonical_id in (None, new.pk)


def test_a_called_case_has_its_customer_in_its_form_too(office):
    notice()
    plan = Blueprint(
        steps=(node("start", "start"), call("sub", "notice"), node("end", "end")),
        flows=flows("start>sub", "sub.done>end"),
    )
    one = customer(office, "Hollerbach")
    top = make_version(plan, make_definition("top", number_pattern="T-{year}-{seq}"))
    runtime.start(top, by=office["anna"], customer=one, at=MONDAY)
    child = ProcessInstance.objects.get(definition__key="notice")
    assert (child.customer_id, child.data.get("who")) == (one.pk, one.pk)


def test_a_merged_customer_chosen_is_not_left_out_in_silence(office):
    notice()
    old, new = merged(office)
    client = browser(office["anna"])
    key = client.get(START).context["entered"].key
    answer = client.post(START, {"key": key, "customer": old.pk})
    case = ProcessInstance.objects.first()
    assert answer.status_code == 422 or (case is not None and case.customer_id in (old.pk, new.pk))


def completed(office, case):
    """The case after its task was opened, looked at, and completed as a browser sends it, nothing changed."""
    row = runtime.claim(open_task(case, "work"), by=office["anna"], at=MONDAY)
    client = browser(office["anna"])
    typed = form_lists(client.get(f"/tasks/{row.pk}/").content.decode())
    client.post(f"/tasks/{row.pk}/complete/", {**typed, "outcome": "done"})
    case.refresh_from_db()
    return case


def test_completing_a_task_keeps_a_customer_behind_the_end_of_the_list(office):
    version = notice()
    rows = [Customer(kind="organisation", name=f"A{i:04}", number=f"K-X{i}") for i in range(501)]
    Customer.objects.bulk_create(rows)
    one = customer(office, "Zuletzt")
    case = runtime.start(version, by=office["anna"], customer=one, at=MONDAY)
    assert completed(office, case).data == {"who": one.pk}


def test_completing_a_task_keeps_a_customer_who_was_merged(office):
    version = notice()
    old, new = customer(office, "Alt"), customer(office, "Neu")
    case = runtime.start(version, by=office["anna"], customer=old, at=MONDAY)
    Customer.objects.filter(pk=old.pk).update(merged_into=new, canonical_id=new.pk)
    assert completed(office, case).data.get("who") in (old.pk, new.pk)


def test_completing_a_task_keeps_a_person_who_has_left(office):
    plan = Blueprint(
        fields=(FieldPlan("who", "Ansprechpartner", "person"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("who"),)),
            task("work", fields=(StepFieldPlan("who"),)),
            node("end", "end"),
        ),
        flows=flows("start>work", "work.done>end"),
    )
    version = make_version(plan, make_definition("notice", number_pattern="N-{year}-{seq}"))
    bert = office["bert"]
    case = runtime.start(version, by=office["anna"], data={"who": bert.pk}, at=MONDAY)
    bert.is_active = False
    bert.save()
    assert completed(office, case).data == {"who": bert.pk}


def test_an_administrator_without_cases_reads_no_customers_in_a_trial():
    office = Office()
    records.create(by=office.anna, kind="organisation", name="Geheimkunde")
    version = notice()
    page = browser(office.pia).get(reverse("processes:trial_start", args=[version.pk]))
    assert page.status_code == 200
    assert "Geheimkunde" not in page.content.decode()


def test_an_administrator_without_cases_finds_no_customer_by_number_of_row():
    office = Office()
    one = records.create(by=office.anna, kind="organisation", name="Geheimkunde")
    version = notice()
    client = browser(office.pia)
    url = reverse("processes:trial_start", args=[version.pk])
    key = client.get(url).context["entered"].key
    client.post(url, {"key": key, "field_who": one.pk})
    case = ProcessInstance.objects.filter(is_trial=True).first()
    if case is None:
        return
    page = client.get(reverse("processes:instance", args=[case.pk]))
    assert "Geheimkunde" not in page.content.decode()


def test_an_administrator_without_cases_reads_no_address_of_a_customer_in_a_trial():
    office = Office()
    one = records.create(by=office.anna, kind="organisation", name="Geheimkunde")
    ContactPoint.objects.create(customer=one, kind="email", value="geheim@kunde.example")
    mail = Action(Do.MAIL, to=("customer",), subject="S", text="An {customer}")
    plan = Blueprint(
        fields=(FieldPlan("who", "Wer", "customer"),),
        steps=(
            StepPlan("start", "start", "Start", fields=(StepFieldPlan("who"),)),
            StepPlan("mail", "action", "Mail", config=StepConfig(action=mail).to_json()),
            task("work"),
            node("end", "end"),
        ),
        flows=flows("start>mail", "mail>work", "work.done>end"),
    )
    version = make_version(plan, make_definition("notice", number_pattern="N-{year}-{seq}"))
    client = browser(office.pia)
    url = reverse("processes:trial_start", args=[version.pk])
    key = client.get(url).context["entered"].key
    client.post(url, {"key": key, "field_who": one.pk})
    automatic.perform(at=None)
    case = ProcessInstance.objects.filter(is_trial=True).first()
    if case is None:
        return
    page = client.get(reverse("processes:instance", args=[case.pk]) + "?history=all").content.decode()
    assert "geheim@kunde.example" not in page
