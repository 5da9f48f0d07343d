"""Statutory holidays of the German and Austrian Länder and the Swiss cantons, with their German names. Pure.

The dates come from the package `holidays` (MIT); what holds in some municipalities only, or for authorities
only, is a switch of the region.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import holidays


class UnknownRegion(ValueError):
    """No region has this code."""


class Switch(StrEnum):
    """A holiday that holds in a part of the region only."""

    ASSUMPTION = "assumption"
    """15 August in mainly Catholic municipalities of Bavaria (BayFTG Art. 1 I Nr. 2)."""
    PEACE_FESTIVAL = "peace_festival"
    """8 August, and with it 15 August, in the city of Augsburg (BayFTG Art. 1 II)."""
    CORPUS_CHRISTI = "corpus_christi"
    """Fronleichnam in some municipalities of Saxony (SächsSFG §1 I) and Thuringia (ThürFtG §2)."""
    PATRON = "patron"
    """Days of an Austrian Land's patron: schools and authorities rest, others need not (ARG §7)."""
    CUSTOMARY = "customary"
    """Days on which parts of a Swiss canton rest, or all of it without a law."""


COUNTRIES = ("DE", "AT", "CH")
ZONES: Mapping[str, str] = {"DE": "Europe/Berlin", "AT": "Europe/Vienna", "CH": "Europe/Zurich"}
GERMAN_STATES: Mapping[str, str] = {
    "BW": "Baden-Württemberg",
    "BY": "Bayern",
    "BE": "Berlin",
    "BB": "Brandenburg",
    "HB": "Bremen",
    "HH": "Hamburg",
    "HE": "Hessen",
    "MV": "Mecklenburg-Vorpommern",
    "NI": "Niedersachsen",
    "NW": "Nordrhein-Westfalen",
    "RP": "Rheinland-Pfalz",
    "SL": "Saarland",
    "SN": "Sachsen",
    "ST": "Sachsen-Anhalt",
    "SH": "Schleswig-Holstein",
    "TH": "Thüringen",
}
AUSTRIAN_STATES: Mapping[str, str] = {
    "1": "Burgenland",
    "2": "Kärnten",
    "3": "Niederösterreich",
    "4": "Oberösterreich",
    "5": "Salzburg",
    "6": "Steiermark",
    "7": "Tirol",
    "8": "Vorarlberg",
    "9": "Wien",
}
AUSTRIAN_LETTERS: Mapping[str, str] = {
    "B": "1",
    "K": "2",
    "N": "3",
    "NÖ": "3",
    "O": "4",
    "OÖ": "4",
    "S": "5",
    "ST": "6",
    "T": "7",
    "V": "8",
    "W": "9",
}
"""The letters Austria writes on number plates, beside the numbers of ISO 3166-2."""
AUSTRIAN_SHORT: Mapping[str, str] = {
    "1": "Bgld.",
    "2": "Ktn.",
    "3": "NÖ",
    "4": "OÖ",
    "5": "Sbg.",
    "6": "Stmk.",
    "7": "Tirol",
    "8": "Vbg.",
    "9": "Wien",
}
"""How Austria shortens its Länder in text, where nobody knows the numbers."""
SWISS_CANTONS: Mapping[str, str] = {
    "AG": "Aargau",
    "AI": "Appenzell Innerrhoden",
    "AR": "Appenzell Ausserrhoden",
    "BE": "Bern",
    "BL": "Basel-Landschaft",
    "BS": "Basel-Stadt",
    "FR": "Freiburg",
    "GE": "Genf",
    "GL": "Glarus",
    "GR": "Graubünden",
    "JU": "Jura",
    "LU": "Luzern",
    "NE": "Neuenburg",
    "NW": "Nidwalden",
    "OW": "Obwalden",
    "SG": "St. Gallen",
    "SH": "Schaffhausen",
    "SO": "Solothurn",
    "SZ": "Schwyz",
    "TG": "Thurgau",
    "TI": "Tessin",
    "UR": "Uri",
    "VD": "Waadt",
    "VS": "Wallis",
    "ZG": "Zug",
    "ZH": "Zürich",
}
SUBDIVISIONS: Mapping[str, Mapping[str, str]] = {
    "DE": GERMAN_STATES,
    "AT": AUSTRIAN_STATES,
    "CH": SWISS_CANTONS,
}
GERMAN_SWITCHES: Mapping[str, tuple[Switch, ...]] = {
    "BY": (Switch.ASSUMPTION, Switch.PEACE_FESTIVAL),
    "SN": (Switch.CORPUS_CHRISTI,),
    "TH": (Switch.CORPUS_CHRISTI,),
}
AUSTRIAN_PATRONS: Mapping[str, tuple[tuple[int, int, str], ...]] = {
    "1": ((11, 11, "Hl. Martin"),),
    "2": ((3, 19, "Hl. Josef"), (10, 10, "Tag der Volksabstimmung")),
    "3": ((11, 15, "Hl. Leopold"),),
    "4": ((5, 4, "Hl. Florian"),),
    "5": ((9, 24, "Hl. Rupert"),),
    "6": ((3, 19, "Hl. Josef"),),
    "7": ((3, 19, "Hl. Josef"),),
    "8": ((3, 19, "Hl. Josef"),),
    "9": ((11, 15, "Hl. Leopold"),),
}
"""Month, day, name; the package does not know them as holidays."""
CODE = re.compile(r"(DE|AT|CH)(?:-(\w{1,2}))?")


@dataclass(frozen=True, slots=True)
class Region:
    """A country, or one of its Länder or cantons, with the switches that are on there."""

    country: str
    subdivision: str = ""
    switches: frozenset[Switch] = frozenset()

    @property
    def code(self) -> str:
        """As people write it: DE-NW, AT-9, CH."""
        return f"{self.country}-{self.subdivision}" if self.subdivision else self.country

    @property
    def short(self) -> str:
        """For brackets behind a holiday's name: NW, Wien, or the country where there is no part of it."""
        if self.country == "AT" and self.subdivision:
            return AUSTRIAN_SHORT[self.subdivision]
        return self.subdivision or self.country

    @property
    def name(self) -> str:
        """The Land or canton in full: Nordrhein-Westfalen, Wien; the code of a whole country."""
        return SUBDIVISIONS[self.country].get(self.subdivision, self.country)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone there."""
        return ZoneInfo(ZONES[self.country])

    def holidays(self, year: int) -> Mapping[dt.date, str]:
        """The holidays of one year in order, with their names; several on one day are joined."""
        return _holidays(self, year)

    def holiday(self, day: dt.date) -> str:
        """The name of the holiday on that day; empty if it is none."""
        return _holidays(self, day.year).get(day, "")


def region_of(code: str, switches: frozenset[Switch] = frozenset()) -> Region:
    """Read `DE-NW`, `AT-9` or `AT-W`, `CH-ZH`, `DE`. Raises UnknownRegion, also for a switch of elsewhere."""
    match = CODE.fullmatch(code.strip().upper())
    if match is None:
        raise UnknownRegion(code)
    country, part = match[1], match[2] or ""
    if country == "AT":
        part = AUSTRIAN_LETTERS.get(part, part)
    if part and part not in SUBDIVISIONS[country]:
        raise UnknownRegion(code)
    if not switches <= set(switches_of(country, part)):
        raise UnknownRegion(code)
    return Region(country, part, switches)


def switches_of(country: str, subdivision: str) -> tuple[Switch, ...]:
    """The switches a region has."""
    if country == "DE":
        return GERMAN_SWITCHES.get(subdivision, ())
    if not subdivision:
        return ()
    return (Switch.PATRON,) if country == "AT" else (Switch.CUSTOMARY,)


@lru_cache(maxsize=4096)
def _holidays(region: Region, year: int) -> Mapping[dt.date, str]:
    found = dict(_from_package(region, year))
    if Switch.PATRON in region.switches:
        for month, day, name in AUSTRIAN_PATRONS[region.subdivision]:
            found.setdefault(dt.date(year, month, day), name)
    return MappingProxyType(dict(sorted(found.items())))


def _from_package(region: Region, year: int) -> Mapping[dt.date, str]:
    part: str | None = region.subdivision or None
    categories = {"public"}
    if region.switches & {Switch.ASSUMPTION, Switch.CORPUS_CHRISTI}:
        categories.add("catholic")
    if Switch.CUSTOMARY in region.switches:
        categories |= {"optional", "de_facto"}
    if Switch.PEACE_FESTIVAL in region.switches:
        part, categories = "Augsburg", {"public"}
    return holidays.country_holidays(
        region.country, subdiv=part, years=year, language="de", categories=tuple(categories)
    )
