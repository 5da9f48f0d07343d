"""The demo company: Nordlicht Haustechnik GmbH in Kiel, its people, customers and suppliers. All invented."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "nordlicht.example"
PASSWORD = "Nordlicht-2026"  # noqa: S105 - printed with the demo logins, refused in production

REGION = "DE-SH"
"""Kiel."""
TEAMS: dict[str, str] = {
    "kundenservice": "Kundenservice",
    "technik": "Technik und Qualität",
    "lager": "Lager und Einkauf",
    "buchhaltung": "Buchhaltung",
    "leitung": "Geschäftsleitung",
}
PROCESSES: tuple[str, ...] = ("eingangsrechnung", "reklamation", "ticket")
"""Templates the company has taken over; the others are offered in the administration."""


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the company; administrators belong to no team and see no cases."""

    first_name: str
    last_name: str
    team: str = ""
    is_lead: bool = False
    is_process_admin: bool = False
    is_user_admin: bool = False
    is_operator: bool = False

    @property
    def email(self) -> str:
        """The login name."""
        plain = f"{self.first_name}.{self.last_name}".lower()
        for letter, written in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
            plain = plain.replace(letter, written)
        return f"{plain}@{DOMAIN}"

    @property
    def role(self) -> str:
        """What the printed list of logins says."""
        if self.is_process_admin:
            return "Prozesse verwalten"
        if self.is_user_admin:
            return "Benutzer und Teams verwalten, Betrieb"
        return f"{TEAMS[self.team]}{', Leitung' if self.is_lead else ''}"


PEOPLE: tuple[Person, ...] = (
    Person("Miriam", "Vogt", "kundenservice", is_lead=True),
    Person("Jonas", "Petersen", "kundenservice"),
    Person("Aylin", "Demir", "kundenservice"),
    Person("Stefan", "Brandl", "technik", is_lead=True),
    Person("Katharina", "Wulf", "technik"),
    Person("Uwe", "Mertens", "lager", is_lead=True),
    Person("Dorota", "Kowalska", "lager"),
    Person("Tobias", "Rühl", "lager"),
    Person("Svenja", "Lüders", "buchhaltung", is_lead=True),
    Person("Henrik", "Claasen", "buchhaltung"),
    Person("Friedrich", "Albers", "leitung", is_lead=True),
    Person("Gesa", "Iversen", "leitung"),
    Person("Thomas", "Kerschbaumer", is_process_admin=True),
    Person("Birgit", "Scholz", is_user_admin=True, is_operator=True),
)


@dataclass(frozen=True, slots=True)
class Record:
    """A customer or supplier. `name` is the company, or the last name of a person."""

    name: str
    street: str
    postcode: str
    city: str
    phone: str
    email: str
    first_name: str = ""
    salutation: str = ""
    contact_name: str = ""
    relation: str = "customer"
    notes: str = ""

    @property
    def kind(self) -> str:
        """Whoever has a first name is a person."""
        return "person" if self.first_name else "organisation"


def customers() -> tuple[Record, ...]:
    """Customers, prospects and suppliers."""
    with CUSTOMERS.open(encoding="utf-8", newline="") as file:
        return tuple(Record(**row) for row in csv.DictReader(file))


CUSTOMERS = Path(__file__).with_name("customers.csv")
