"""The pages of the customers in the hands of those who may, and those who may not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import lists, records
from customers.models import Customer, CustomerEvent
from people.models import User
from people.scope import SYSTEM
from processes import runtime
from processes.tests.builders import make_definition, make_team, make_user, make_version, single

pytestmark = pytest.mark.django_db
NEW = {"kind": "organisation", "relation": "customer", "country": "DE", "name": "Elektro Brandstätter e. K."}


@pytest.fixture
def clerk() -> User:
    return make_user("Vogt", make_team())


@pytest.fixture
def browser(client: Client, clerk: User) -> Client:
    client.force_login(clerk)
    return client


@pytest.fixture
def bakery() -> Customer:
    return records.create(
        by=SYSTEM,
        name="Bäckerei Hollerbach GmbH",
        postcode="71063",
        city="Sindelfingen",
        contacts=[("phone", "+49 711 555-12", "")],
    )


def text(response: Any) -> str:
    return str(response.content.decode())


# -- list and picker


def test_list_shows_place_and_number(browser: Client, bakery: Customer) -> None:
    page = text(browser.get("/customers/"))
    assert "Bäckerei Hollerbach GmbH" in page
    assert "71063 Sindelfingen" in page
    assert bakery.number in page


def test_list_search_by_phone_finds(browser: Client, bakery: Customer) -> None:
    records.create(by=SYSTEM, name="Anders")
    page = text(browser.get("/customers/", {"q": "0711 555"}))
    assert "Hollerbach" in page
    assert "Anders" not in page


def test_list_pages_reach_every_record_once(browser: Client) -> None:
    made = {records.create(by=SYSTEM, name=f"Firma {n % 40}").pk for n in range(2 * lists.PAGE_SIZE + 5)}
    seen: list[int] = []
    after: int | None = None
    while True:
        page = browser.get("/customers/", {"after": after} if after else {}).context["page"]
        seen += [row.customer.pk for row in page.rows]
        after = page.after
        if after is None:
            break
    assert (len(seen), set(seen)) == (len(made), made)


def test_list_statements_do_not_grow_with_rows(browser: Client) -> None:
    records.create(by=SYSTEM, name="Eins")
    browser.get("/customers/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/customers/")
    for n in range(30):
        records.create(by=SYSTEM, name=f"Kunde {n}")
    with CaptureQueriesContext(connection) as many:
        browser.get("/customers/")
    assert len(many) == len(few)


def test_picker_offers_radio_buttons(browser: Client, bakery: Customer) -> None:
    page = text(browser.get("/customers/search/"))
    assert f'<input type="radio" name="customer" value="{bakery.pk}">' in page
    assert "<html" not in page


def test_picker_ticks_the_only_hit_and_tells_the_form(browser: Client, bakery: Customer) -> None:
    answer = browser.get("/customers/search/", {"q": "hollerb"})
    assert f'<input type="radio" name="customer" value="{bakery.pk}" checked>' in text(answer)
    assert answer["HX-Trigger-After-Settle"] == "customer-ticked"
    again = browser.get("/customers/search/", {"q": "hollerb", "customer": bakery.pk})
    assert "checked" in text(again) and "HX-Trigger-After-Settle" not in again


def test_options_keep_what_is_chosen_and_choose_the_only_hit(browser: Client, bakery: Customer) -> None:
    names = ("Ödland AG", "Zander KG", "Oderbruch eG")
    others = [records.create(by=SYSTEM, kind="organisation", name=name) for name in names]
    sent = {"name": "field_who", "field_who": bakery.pk}
    page = text(browser.get("/customers/options/", {**sent, "q": "od"}))
    assert re.findall(r"<option[^>]*>([^<]+)", page)[1:] == [str(bakery), "Oderbruch eG", "Ödland AG"]
    assert f'value="{bakery.pk}" selected' in page and 'id="field_who_hits"' in page
    only = browser.get("/customers/options/", {**sent, "q": "zander"})
    assert f'value="{others[1].pk}" selected' in text(only) and str(bakery) not in text(only)
    assert only["HX-Trigger-After-Settle"] == "change"


# -- rights


@pytest.mark.parametrize("role", ["is_superuser", "is_process_admin", "is_user_admin", "is_operator"])
def test_pages_for_pure_administrators_do_not_exist(client: Client, bakery: Customer, role: str) -> None:
    client.force_login(make_user("Verwaltung", **{role: True}))
    for path in ("", "search/", "new/", f"{bakery.pk}/", f"{bakery.pk}/edit/"):
        assert client.get(f"/customers/{path}").status_code == 404


def test_pages_for_an_auditor_are_read_only(client: Client, bakery: Customer) -> None:
    client.force_login(make_user("Revision", is_auditor=True))
    page = client.get(f"/customers/{bakery.pk}/")
    assert page.status_code == 200
    assert reverse("customers:edit", args=[bakery.pk]) not in text(page)
    assert client.get(f"/customers/{bakery.pk}/edit/").status_code == 403
    assert client.post("/customers/new/", NEW).status_code == 403


# -- page


def test_detail_shows_only_visible_cases(browser: Client, clerk: User, bakery: Customer) -> None:
    legal = make_team("legal")
    open_one = make_version(single(), make_definition("open"))
    confidential = make_definition("hidden", owner_team=legal, is_confidential=True, number_pattern="R-{seq}")
    hidden = make_version(single(team="legal"), confidential)
    runtime.start(open_one, by=clerk, customer=bakery, title="Lieferung zu spät")
    runtime.start(hidden, by=make_user("Recht", legal), customer=bakery, title="Streng geheim")
    page = browser.get(f"/customers/{bakery.pk}/")
    assert page.context["cases"].running_count == 1
    assert "Lieferung zu spät" in text(page)
    assert "geheim" not in text(page)
    row = browser.get("/customers/").context["page"].rows[0]
    assert row.open_cases == 1


def test_detail_statements_do_not_grow_with_cases(browser: Client, clerk: User, bakery: Customer) -> None:
    process = make_version(single())
    runtime.start(process, by=clerk, customer=bakery)
    browser.get(f"/customers/{bakery.pk}/")
    with CaptureQueriesContext(connection) as few:
        browser.get(f"/customers/{bakery.pk}/")
    for _ in range(5):
        runtime.start(process, by=clerk, customer=bakery)
    with CaptureQueriesContext(connection) as many:
        browser.get(f"/customers/{bakery.pk}/")
    assert len(many) == len(few)


def test_detail_shows_text_as_typed(browser: Client, clerk: User, bakery: Customer) -> None:
    records.update(bakery, by=clerk, expected_version=1, notes="<img src=x onerror=alert(1)> {{ 7*7 }}")
    page = text(browser.get(f"/customers/{bakery.pk}/"))
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt; {{ 7*7 }}" in page


# -- forms


def test_create_writes_record_and_contacts(browser: Client, clerk: User) -> None:
    sent = {
        **NEW,
        "phone": "0711 1234",
        "email": "info@example.org",
        "postcode": "70173",
        "city": "Stuttgart",
    }
    answer = browser.post("/customers/new/", sent)
    made = Customer.objects.get()
    assert answer.headers["Location"] == f"/customers/{made.pk}/"
    assert {point.normalized for point in made.contact_points.all()} == {"+497111234", "info@example.org"}
    assert (made.created_by, made.number) == (clerk, "K-10001")


def test_create_sent_twice_makes_one(browser: Client) -> None:
    for _ in range(2):
        assert browser.post("/customers/new/", {**NEW, "key": "c" * 32}).status_code == 302
    assert Customer.objects.count() == 1


def test_create_like_an_existing_one_asks_first(browser: Client, bakery: Customer) -> None:
    sent = {**NEW, "name": "Baeckerei Hollerbach", "postcode": "71063"}
    page = browser.post("/customers/new/", sent)
    assert page.status_code == 422
    assert page.context["duplicates"] == [bakery]
    assert 'value="Baeckerei Hollerbach"' in text(page)
    assert browser.post("/customers/new/", {**sent, "anyway": "1"}).status_code == 302
    assert Customer.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "\u202e"),
        ("postcode", "7106"),
        ("phone", "abc"),
        ("phone", "///"),
        ("email", "info@"),
        ("kind", "robot"),
        ("country", "XX"),
        ("notes", "x" * 20_001),
    ],
)
def test_create_with_bad_input_says_so_and_writes_nothing(browser: Client, field: str, value: str) -> None:
    page = browser.post("/customers/new/", {**NEW, field: value})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert not Customer.objects.exists()


def test_edit_writes_and_returns_to_the_page(browser: Client, bakery: Customer) -> None:
    answer = browser.post(f"/customers/{bakery.pk}/edit/", {**NEW, "version": 1, "notes": "Vor 5 Uhr"})
    assert answer.status_code == 302
    bakery.refresh_from_db()
    assert (bakery.name, bakery.notes, bakery.version) == (NEW["name"], "Vor 5 Uhr", 2)


@pytest.mark.parametrize("version", ["1", "", "x", "9" * 40])
def test_edit_of_an_older_page_keeps_the_typed_text(
    browser: Client, clerk: User, bakery: Customer, version: str
) -> None:
    records.update(bakery, by=clerk, expected_version=1, notes="Neue Notiz", city="Ulm", street="Weg 1\nHof")
    kept = {"name": bakery.name, "postcode": bakery.postcode, "city": "Ulm", "street": "Weg 1\r\nHof"}
    sent = {**NEW, **kept, "notes": "Mein Text", "version": version}
    page = browser.post(f"/customers/{bakery.pk}/edit/", sent)
    assert page.status_code == 409
    assert [change.new for change in page.context["differences"]] == ["Mein Text"]
    for shown in ("Mein Text", "Neue Notiz", 'name="version" value="2"'):
        assert shown in text(page)
    bakery.refresh_from_db()
    assert bakery.notes == "Neue Notiz"
    assert browser.post(f"/customers/{bakery.pk}/edit/", {**sent, "version": 2}).status_code == 302


def test_contact_add_edit_remove_with_and_without_htmx(browser: Client, bakery: Customer) -> None:
    base = f"/customers/{bakery.pk}/contacts/"
    assert "<html" in text(browser.get(f"{base}add/"))
    htmx = {"HX-Request": "true"}
    page = browser.post(f"{base}add/", {"kind": "web", "value": "example.org"}, headers=htmx)
    assert 'href="https://example.org"' in text(page)
    assert "<html" not in text(page)
    point = bakery.contact_points.get(kind="phone")
    sent = {"kind": "phone", "value": "0711 99", "label": "Büro", "expected": point.value}
    assert browser.post(f"{base}{point.pk}/edit/", sent).status_code == 302
    assert browser.post(f"{base}{point.pk}/remove/", {"expected": "0711 99"}).status_code == 302
    assert [one.kind for one in bakery.contact_points.all()] == ["web"]


def test_contact_changed_by_somebody_else_keeps_the_typed_text(browser: Client, bakery: Customer) -> None:
    point = bakery.contact_points.get()
    path = f"/customers/{bakery.pk}/contacts/{point.pk}/"
    sent = {"kind": "phone", "value": "0711 4711", "expected": "0711 1"}
    page = browser.post(f"{path}edit/", sent, headers={"HX-Request": "true"})
    assert page.status_code == 409
    assert "0711 4711" in text(page)
    assert browser.post(f"{path}remove/", {"expected": "0711 1"}).status_code == 409
    assert bakery.contact_points.get().value == "+49 711 555-12"


def test_contact_of_bad_shape_refused(browser: Client, bakery: Customer) -> None:
    for kind, value in (("email", "x"), ("web", "javascript:alert(1)"), ("fax", "0711 1"), ("phone", "")):
        page = browser.post(f"/customers/{bakery.pk}/contacts/add/", {"kind": kind, "value": value})
        assert page.status_code == 422
    assert bakery.contact_points.count() == 1


def test_contact_of_another_customer_does_not_exist(browser: Client, bakery: Customer) -> None:
    other = records.create(by=SYSTEM, name="Andere")
    point = bakery.contact_points.get()
    path = f"/customers/{other.pk}/contacts/{point.pk}/remove/"
    assert browser.post(path, {"expected": point.value}).status_code == 404
    assert CustomerEvent.objects.filter(customer=other).count() == 1
