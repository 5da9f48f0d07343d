"""A customer the start form demands and the customer of the case are one, by whichever door."""

import pytest

from customers import records
from processes import runtime
from processes.blueprint import Blueprint, FieldPlan, StepFieldPlan, StepPlan
from processes.errors import FieldMissing
from processes.models import ProcessInstance, StartSchedule
from processes.tests.builders import MONDAY, flows, make_definition, make_version, node, task
from processes.tests.test_scheduleadmin import door, form
from tasks.models import Participant
from tasks.tests.offices import browser, staff

pytestmark = pytest.mark.django_db
START = "/processes/notice/start/"


@pytest.fixture
def office():
    return staff()


@pytest.fixture
def version(office):
    asked = (StepFieldPlan("who", "required"), StepFieldPlan("other"))
    plan = Blueprint(
        fields=(FieldPlan("who", "Auftraggeberin", "customer"), FieldPlan("other", "Zahler", "customer")),
        steps=(StepPlan("start", "start", "Start", fields=asked), task("work"), node("end", "end")),
        flows=flows("start>work", "work.done>end"),
    )
    return make_version(plan, make_definition("notice"))


@pytest.fixture
def customers(office):
    return [
        records.create(by=office["anna"], kind="organisation", name=name) for name in ("Hollerbach", "Vogt")
    ]


def about(case):
    case.refresh_from_db()
    shown = list(Participant.objects.filter(instance=case).values_list("customer", flat=True))
    return case.customer_id, case.data.get("who"), case.data.get("other"), shown


def test_the_field_names_the_case(office, version, customers):
    first, second = (one.pk for one in customers)
    case = runtime.start(version, by=office["anna"], data={"who": first, "other": second}, at=MONDAY)
    assert about(case) == (first, first, second, [first])


def test_the_case_fills_the_field(office, version, customers):
    case = runtime.start(version, by=office["anna"], customer=customers[1], at=MONDAY)
    assert about(case) == (customers[1].pk, customers[1].pk, None, [customers[1].pk])


@pytest.mark.parametrize("typed", [None, "x", 4711])
def test_nobody_is_no_customer(office, version, typed):
    with pytest.raises(FieldMissing) as refused:
        runtime.start(version, by=office["anna"], data={"who": typed}, at=MONDAY)
    assert set(refused.value.fields) == {"who"}
    assert not ProcessInstance.objects.exists()


def test_the_form_asks_once(office, version, customers):
    client = browser(office["anna"])
    page = client.get(START)
    assert [one.key for one in page.context["fields"]] == ["other"]
    text = page.content.decode()
    assert text.count("Auftraggeberin") == 1 and 'value="" checked' not in text
    refused = client.post(START, {"key": page.context["entered"].key, "title": "Ohne"})
    assert refused.status_code == 422
    assert 'href="#customer-search"' in refused.content.decode()
    client.post(START, {"key": page.context["entered"].key, "customer": customers[0].pk})
    assert about(ProcessInstance.objects.get())[:2] == (customers[0].pk, customers[0].pk)


def test_a_customer_found_and_not_chosen_is_to_be_chosen(office, version, customers):
    office["anna"].language = "en"
    office["anna"].save()
    client = browser(office["anna"])
    sent = {"key": client.get(START).context["entered"].key, "q": "o"}
    several = client.post(START, sent)
    assert several.context["customer_field"].error == "Please choose a customer below."
    assert several.context["entered"].customer_query == "o"
    assert several.context["entered"].customer is None
    one = client.post(START, {**sent, "q": customers[0].name})
    assert one.context["entered"].customer == customers[0] and not ProcessInstance.objects.exists()
    none = client.post(START, {**sent, "q": "Niemand"})
    assert none.context["customer_field"].error == "Please fill this in."


def test_a_schedule_needs_one(office, version, customers):
    client = browser(office["pia"])
    plain = form(version.definition, field_sum=None)
    assert "customer_number" in client.post(door(), plain).context["form"].errors
    assert client.post(door(), {**plain, "customer_number": customers[0].number}).status_code == 302
    assert StartSchedule.objects.get().customer == customers[0]
