"""The catalogue and the start form."""

import pytest

from customers import records
from processes.models import ProcessInstance
from processes.tests.builders import by_amount, complaint, make_definition, make_team, make_version, single
from tasks.tests.offices import browser, kinds, staff

pytestmark = pytest.mark.django_db
START = "/processes/complaint/start/"


@pytest.fixture
def office():
    office = staff()
    make_version(complaint())
    return office


@pytest.fixture
def customer(office):
    return records.create(by=office["anna"], kind="organisation", name="Bäckerei Hollerbach")


def form(client, **values):
    return {"key": client.get(START).context["entered"].key, "title": "Mindermenge", **values}


def cards(response):
    return [card.key for found in response.context["categories"].values() for card in found]


def test_catalogue_shows_what_the_person_may_start(office):
    closed = make_definition("secret", may_start="teams")
    closed.start_teams.add(make_team("other"))
    make_version(single(), closed)
    assert cards(browser(office["anna"]).get("/processes/")) == ["complaint"]
    assert cards(browser(office["oskar"]).get("/processes/")) == ["complaint", "secret"]
    assert browser(office["anna"]).get("/processes/secret/start/").status_code == 404


def test_catalogue_search_narrows(office):
    client = browser(office["anna"])
    assert cards(client.get("/processes/", {"q": "COMPL"})) == ["complaint"]
    assert cards(client.get("/processes/", {"q": "invoice"})) == []


def test_catalogue_is_not_found_for_pure_administrators(office):
    assert browser(office["pia"]).get("/processes/").status_code == 404
    assert browser(office["pia"]).post(START).status_code == 404


def test_starting_makes_a_case_and_shows_it(office, customer):
    client = browser(office["anna"])
    answer = client.post(START, form(client, customer=customer.pk, urgency="1", field_amount="1.284,60"))
    case = ProcessInstance.objects.get()
    assert answer.url == f"/cases/{case.pk}/"
    assert (case.title, case.customer, case.urgency) == ("Mindermenge", customer, 1)
    assert case.data == {"amount": {"amount": "1284.60", "currency": "EUR"}}
    assert kinds(case) == ["started"]


def test_starting_opens_the_first_task_if_it_is_mine(office):
    make_version(single(assignment="starter"), make_definition("ticket"))
    answer = browser(office["anna"]).post("/processes/ticket/start/", {"title": "Passwort"})
    task = ProcessInstance.objects.get().tasks.get()
    assert answer.url == f"/tasks/{task.pk}/"


def test_twice_clicked_starts_once(office):
    client = browser(office["anna"])
    data = form(client)
    assert client.post(START, data).url == client.post(START, data).url
    assert ProcessInstance.objects.count() == 1


def test_key_of_somebody_else_answers_409(office):
    client = browser(office["anna"])
    data = form(client)
    client.post(START, data)
    assert browser(office["bert"]).post(START, data).status_code == 409


def test_wrong_value_answers_422_and_keeps_what_was_typed(office):
    client = browser(office["anna"])
    answer = client.post(START, form(client, field_amount="viel"))
    assert answer.status_code == 422
    (field,) = answer.context["fields"]
    assert (field.value, bool(field.error)) == ("viel", True)
    assert answer.context["entered"].title == "Mindermenge"
    assert not ProcessInstance.objects.exists()


def test_missing_required_value_answers_422(office):
    make_version(by_amount(), make_definition("invoice"))
    assert browser(office["anna"]).post("/processes/invoice/start/", {"title": "x"}).status_code == 422


def test_searching_a_customer_without_script_starts_nothing(office, customer):
    client = browser(office["anna"])
    answer = client.post(START, form(client, find="1", q="hollerbach", field_amount="12"))
    assert answer.status_code == 200
    assert answer.context["customers"] == [customer]
    assert answer.context["fields"][0].value == "12"
    assert not ProcessInstance.objects.exists()


def test_running_case_of_the_same_customer_is_pointed_out(office, customer):
    client = browser(office["anna"])
    client.post(START, form(client, customer=customer.pk))
    case = ProcessInstance.objects.get()
    assert client.get(START, {"customer": customer.pk}).context["duplicates"] == [case]
    assert browser(office["oskar"]).get(START, {"customer": customer.pk}).context["duplicates"] == []


@pytest.mark.parametrize(
    "nonsense",
    [
        {"customer": "²"},
        {"customer": "99999999999999999999"},
        {"urgency": "²"},
        {"urgency": "7"},
        {"key": "x" * 500},
        {"title": "a\x00b" * 500},
        {"q": "\x00", "find": "1"},
    ],
)
def test_nonsense_is_no_server_error(office, nonsense):
    assert browser(office["anna"]).post(START, {"title": "x", **nonsense}).status_code < 500


def test_unknown_process_is_not_found(office):
    client = browser(office["anna"])
    assert client.get("/processes/nope/start/").status_code == 404
    assert client.get(START, {"customer": "²"}).status_code == 200
