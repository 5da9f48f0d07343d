"""Contacts with a customer: written down by people and by steps, read by those who may."""

import datetime as dt

import pytest
from django.urls import reverse

from customers import history, records
from customers.models import Customer, Interaction
from people.scope import SYSTEM, scope_of
from processes import runtime
from processes.errors import NotAllowed, StaleError
from processes.tests.builders import MONDAY, make_definition, make_team, make_user, make_version, single
from tasks.models import InteractionLink

pytestmark = pytest.mark.django_db
CALL = {"channel": "phone", "direction": "in", "subject": "Lieferung fehlt", "text": "Zwei Kisten\nfehlen."}


@pytest.fixture
def clerk():
    return make_user("Vogt", make_team())


@pytest.fixture
def browser(client, clerk):
    client.force_login(clerk)
    return client


@pytest.fixture
def bakery():
    return records.create(by=SYSTEM, name="Bäckerei Hollerbach", at=MONDAY)


def address(customer):
    return reverse("customers:record_interaction", args=[customer.pk])


def linked(customer, *, is_confidential, subject):
    """A contact of a case that only the team `other` sees."""
    other = make_team("other")
    definition = make_definition(
        subject.lower(), is_confidential=is_confidential, visibility="team", owner_team=other
    )
    starter = make_user(f"Starter{subject}", other)
    case = runtime.start(make_version(single(team="other"), definition), by=starter, customer=customer)
    row = records.record_interaction(
        customer, by=SYSTEM, channel="note", direction="internal", subject=subject
    )
    InteractionLink.objects.create(interaction=row, instance=case)
    return case


def titles(customer, person):
    return [entry.title for entry in history.of(customer, scope_of(person))]


def test_a_contact_is_written_down_and_shown(browser, bakery, clerk):
    answer = browser.post(address(bakery), CALL)
    assert (answer.status_code, answer.url) == (302, f"/customers/{bakery.pk}/#history")
    row = Interaction.objects.get()
    assert (row.customer, row.recorded_by, row.text) == (bakery, clerk, "Zwei Kisten\nfehlen.")
    page = browser.get(f"/customers/{bakery.pk}/").content.decode()
    assert "Lieferung fehlt" in page and "Zwei Kisten<br>fehlen." in page and "Vogt" in page


def test_sending_the_form_twice_writes_it_down_once(browser, bakery):
    for _ in range(2):
        assert browser.post(address(bakery), {**CALL, "key": "a" * 32}).status_code == 302
    assert Interaction.objects.count() == 1


def test_a_key_of_somebody_else_or_of_another_customer_is_refused(bakery, clerk):
    values = {**CALL, "key": "b" * 32}
    records.record_interaction(bakery, by=clerk, **values)
    for customer, person in (
        (bakery, make_user("Berg", make_team())),
        (records.create(by=SYSTEM, name="Anders"), clerk),
    ):
        with pytest.raises(StaleError):
            records.record_interaction(customer, by=person, **values)
    assert Interaction.objects.count() == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"subject": ""},
        {"subject": "\u200b\x07 "},
        {"subject": "x" * 201},
        {"channel": "fax"},
        {"direction": ""},
        {"text": "x" * 10_001},
    ],
)
def test_what_does_not_fit_is_said_on_the_page_and_kept(browser, bakery, fault):
    answer = browser.post(address(bakery), {**CALL, **fault})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<details class="more" open' in page
    assert 'class="err"' in page
    assert ("Lieferung fehlt" in page) == ("subject" not in fault)
    assert not Interaction.objects.exists()


def test_line_breaks_in_a_subject_become_blanks(bakery, clerk):
    row = records.record_interaction(bakery, by=clerk, **{**CALL, "subject": "A\r\nBcc: x"})
    assert row.subject == "A Bcc: x"


def test_auditors_and_administrators_write_nothing_down(client, bakery):
    for person, status in (
        (make_user("Auditor", is_auditor=True), 403),
        (make_user("Admin", is_process_admin=True), 404),
    ):
        client.force_login(person)
        assert client.post(address(bakery), CALL).status_code == status
        with pytest.raises(NotAllowed):
            records.record_interaction(bakery, by=person, **CALL)
    assert not Interaction.objects.exists()


def test_contacts_and_changes_stand_in_order_of_time(bakery, clerk):
    later = MONDAY.replace(hour=12)
    records.record_interaction(bakery, by=clerk, at=later, **CALL)
    records.update(bakery, by=clerk, expected_version=1, city="Sindelfingen", at=MONDAY.replace(hour=11))
    assert [entry.at.hour for entry in history.of(bakery, scope_of(clerk))] == [
        moment.astimezone(dt.UTC).hour for moment in (later, MONDAY.replace(hour=11), MONDAY)
    ]


def test_the_case_of_a_contact_is_named_only_to_those_who_see_it(bakery, clerk):
    case = linked(bakery, is_confidential=False, subject="Offen")
    entry = history.of(bakery, scope_of(clerk))[0]
    assert (entry.title, entry.case) == ("Offen", "")
    entry = history.of(bakery, scope_of(case.started_by))[0]
    assert (entry.title, entry.case) == ("Offen", case.number)


def test_contacts_of_confidential_cases_are_hidden_from_others(bakery, clerk):
    case = linked(bakery, is_confidential=True, subject="Geheim")
    assert "Geheim" not in titles(bakery, clerk)
    assert "Geheim" in titles(bakery, case.started_by)


def test_the_number_of_statements_does_not_grow(bakery, clerk, django_assert_num_queries):
    scope = scope_of(clerk)
    for number in range(5):
        linked(bakery, is_confidential=False, subject=f"Offen{number}")
    with django_assert_num_queries(2):
        assert len(history.of(bakery, scope)) == 6
    assert Customer.objects.count() == 1
