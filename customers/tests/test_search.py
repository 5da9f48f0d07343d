"""Finding customers, and records that may be the same one."""

from __future__ import annotations

import pytest

from customers import records, search
from customers.models import Customer
from people.scope import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def hollerbach() -> Customer:
    return records.create(
        by=SYSTEM,
        name="Bäckerei Hollerbach GmbH",
        contact_name="Petra Hollerbach",
        street="Mühlgasse 12",
        postcode="71063",
        city="Sindelfingen",
        contacts=[("phone", "+49 711 555-12", ""), ("email", "p.hollerbach@example.org", "")],
    )


@pytest.fixture(autouse=True)
def others() -> None:
    records.create(by=SYSTEM, name="Straßenbau Möller KG", postcode="01067", city="Dresden")
    records.create(by=SYSTEM, kind="person", name="Weiß", first_name="Jörg", postcode="70173")


@pytest.mark.parametrize(
    "typed",
    [
        "hollerbach",
        "HOLLERBACH GmbH",
        "baeckerei",
        "Backerei",
        "Hollerbach AG",
        "sindelfingen hollerbach",
        "K-10001",
        "10001",
        "71063",
        "0711 555",
        "0711/555-12",
        "+49 711 555",
        "0049711555",
        "(0711) 555",
        "71155512",
        "hollerbach 0711",
        "P.Hollerbach@example.org",
        "mühlgasse",
        " petra\x00  hollerbach ",
    ],
)
def test_find_by_any_spelling_finds_the_one(hollerbach: Customer, typed: str) -> None:
    records.create(by=SYSTEM, name="Zuletzt", number="Z-1")
    found = list(search.find(typed.replace("10001", hollerbach.number[2:]), Customer.objects.all()))
    assert found == [hollerbach]


def test_find_by_postcode_with_leading_zero() -> None:
    assert [str(one) for one in search.find("01067", Customer.objects.all())] == ["Straßenbau Möller KG"]


@pytest.mark.parametrize("typed", ["%", "_", "m_ller", "\\", "🙂"])
def test_find_by_signs_of_a_pattern_finds_nothing(typed: str) -> None:
    assert not search.find(typed, Customer.objects.all()).exists()


def test_find_by_nothing_finds_all() -> None:
    assert search.find("  ", Customer.objects.all()).count() == 2


def test_find_long_text_is_cut(hollerbach: Customer) -> None:
    assert list(search.find("hollerbach " * 100_000, Customer.objects.all())) == [hollerbach]


@pytest.mark.parametrize(
    ("fields", "contacts"),
    [
        ({"name": "Baeckerei Hollerbach", "postcode": "71063"}, []),
        ({"name": "BÄCKEREI HOLLERBACH KG"}, []),
        ({"name": "Ganz anders"}, [("mobile", "0711 55512")]),
        ({"name": "Ganz anders"}, [("email", "P.Hollerbach@EXAMPLE.org")]),
    ],
)
def test_possible_duplicates_found(
    hollerbach: Customer, fields: dict[str, str], contacts: list[tuple[str, str]]
) -> None:
    alike = search.possible_duplicates(Customer(**fields), contacts, Customer.objects.current())
    assert alike == [hollerbach]


def test_possible_duplicates_first_and_last_name_swapped() -> None:
    swapped = Customer(kind="person", name="Jörg", first_name="Weiss")
    assert [str(one) for one in search.possible_duplicates(swapped, [], Customer.objects.current())] == [
        "Jörg Weiß"
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Bäckerei Hollerbach", "postcode": "70173"},
        {"name": "Weiß", "first_name": "Sabine", "postcode": "70173"},
    ],
)
def test_possible_duplicates_other_place_or_other_person_of_the_household_not_flagged(
    hollerbach: Customer, fields: dict[str, str]
) -> None:
    assert search.possible_duplicates(Customer(**fields), [], Customer.objects.current()) == []
