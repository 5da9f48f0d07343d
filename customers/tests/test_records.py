"""Writing customers: numbers, versions, the log, and who may."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from customers import records
from customers.models import ContactPoint, Customer, CustomerEvent
from people.models import User
from people.scope import SYSTEM
from processes.errors import NotAllowed, StaleError
from processes.tests.builders import MONDAY, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk() -> User:
    return make_user("Vogt", make_team())


def bakery(by: User, **fields: Any) -> Customer:
    values = {"name": "Bäckerei Hollerbach GmbH", "postcode": "71063", "city": "Sindelfingen", **fields}
    return records.create(by=by, contacts=[("phone", "07031 555-0142", "")], at=MONDAY, **values)


def test_create_numbers_count_up_from_10001(clerk: User) -> None:
    assert [bakery(clerk).number, bakery(clerk).number] == ["K-10001", "K-10002"]


def test_create_skips_a_number_that_came_with_an_import(clerk: User) -> None:
    records.create(by=SYSTEM, number="K-10001", name="Altbestand")
    assert bakery(clerk).number == "K-10002"


def test_create_with_the_same_key_gives_the_same_record(clerk: User) -> None:
    first = bakery(clerk, key="a" * 32)
    assert bakery(clerk, key="a" * 32) == first
    assert Customer.objects.count() == 1


def test_create_by_somebody_without_a_team_refused() -> None:
    with pytest.raises(NotAllowed):
        bakery(make_user("Systemverwaltung", is_superuser=True))


def test_create_unknown_field_refused(clerk: User) -> None:
    with pytest.raises(TypeError, match="search_text"):
        records.create(by=clerk, name="X", search_text="y")


def test_create_drops_what_no_screen_can_hold(clerk: User) -> None:
    assert records.create(by=clerk, name="Hol\x00ler\u202ebach\ud800").name == "Hollerbach"


def test_update_writes_old_and_new_and_counts_the_version(clerk: User) -> None:
    customer = bakery(clerk)
    later = MONDAY + dt.timedelta(hours=1)
    changed = records.update(customer, by=clerk, expected_version=1, at=later, city="Böblingen")
    event = CustomerEvent.objects.filter(kind="changed").get()
    assert (changed.version, changed.updated_at) == (2, later)
    assert (event.changes, event.by, event.at) == ({"city": ["Sindelfingen", "Böblingen"]}, clerk, later)


def test_update_of_an_older_version_writes_nothing(clerk: User) -> None:
    customer = bakery(clerk)
    records.update(customer, by=clerk, expected_version=1, city="Böblingen")
    with pytest.raises(StaleError):
        records.update(customer, by=clerk, expected_version=1, city="Stuttgart")
    customer.refresh_from_db()
    assert (customer.city, customer.version) == ("Böblingen", 2)


def test_update_without_a_difference_leaves_no_trace(clerk: User) -> None:
    customer = bakery(clerk)
    assert records.update(customer, by=clerk, expected_version=1, city="Sindelfingen").version == 1
    assert list(CustomerEvent.objects.values_list("kind", flat=True)) == ["created"]


def test_update_of_the_country_changes_the_dialling_code(clerk: User) -> None:
    customer = bakery(clerk)
    records.update(customer, by=clerk, expected_version=1, country="AT")
    assert customer.contact_points.get().normalized == "+4370315550142"


def test_add_contact_twice_keeps_one(clerk: User) -> None:
    customer = bakery(clerk)
    records.add_contact(customer, by=clerk, kind="phone", value="+49 7031 5550142")
    assert customer.contact_points.count() == 1


def test_change_and_remove_contact_are_logged(clerk: User) -> None:
    customer = bakery(clerk)
    point = customer.contact_points.get()
    new = records.change_contact(
        point, by=clerk, kind="phone", value="07031 99", label="Backstube", expected="07031 555-0142"
    )
    records.remove_contact(new, by=clerk, expected="07031 99")
    logged = CustomerEvent.objects.order_by("id").values_list("kind", "changes")
    assert list(logged)[1:] == [
        ("contact_changed", {"phone": ["07031 555-0142", "07031 99 (Backstube)"]}),
        ("contact_removed", {"phone": ["07031 99 (Backstube)", ""]}),
    ]
    assert not ContactPoint.objects.exists()


def test_change_contact_that_somebody_changed_meanwhile_refused(clerk: User) -> None:
    point = bakery(clerk).contact_points.get()
    with pytest.raises(StaleError):
        records.change_contact(point, by=clerk, kind="phone", value="07031 99", expected="07031 1")


def test_remove_contact_that_is_gone_refused(clerk: User) -> None:
    point = bakery(clerk).contact_points.get()
    records.remove_contact(point, by=clerk, expected=point.value)
    with pytest.raises(StaleError):
        records.remove_contact(point, by=clerk, expected=point.value)


def test_search_text_follows_every_change(clerk: User) -> None:
    customer = bakery(clerk)
    records.add_contact(customer, by=clerk, kind="email", value="info@example.org")
    records.update(customer, by=clerk, expected_version=1, name="Konditorei Hollerbach")
    text = Customer.objects.get().search_text
    assert "info@example.org" in text
    assert "konditorei" in text
    assert "baeckerei" not in text
