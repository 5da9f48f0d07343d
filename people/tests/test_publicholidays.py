"""Holidays of all German Länder, year by year against rules written out here; others by samples."""

from __future__ import annotations

import datetime as dt

import pytest

from people.publicholidays import (
    GERMAN_STATES,
    SUBDIVISIONS,
    Region,
    Switch,
    UnknownRegion,
    region_of,
    switches_of,
)

EASTER = {
    2015: "04-05",
    2016: "03-27",
    2017: "04-16",
    2018: "04-01",
    2019: "04-21",
    2020: "04-12",
    2021: "04-04",
    2022: "04-17",
    2023: "04-09",
    2024: "03-31",
    2025: "04-20",
    2026: "04-05",
    2027: "03-28",
    2028: "04-16",
    2029: "04-01",
    2030: "04-21",
}
GOOD_FRIDAY, EASTER_MONDAY, ASCENSION, WHIT_SUNDAY, WHIT_MONDAY, CORPUS_CHRISTI = -2, 1, 39, 49, 50, 60
ALL_SAINTS = {"BW", "BY", "NW", "RP", "SL"}
WITH_CORPUS_CHRISTI = {"BW", "BY", "HE", "NW", "RP", "SL"}
REFORMATION_ALWAYS = {"BB", "MV", "SN", "ST", "TH"}
REFORMATION_SINCE_2018 = {"HB", "HH", "NI", "SH"}


def easter(year: int, days: int = 0) -> dt.date:
    return dt.date.fromisoformat(f"{year}-{EASTER[year]}") + dt.timedelta(days=days)


def repentance(year: int) -> dt.date:
    """The Wednesday before 23 November."""
    eve = dt.date(year, 11, 22)
    return eve - dt.timedelta(days=(eve.weekday() - 2) % 7)


def nationwide(year: int) -> set[dt.date]:
    fixed = {dt.date(year, month, day) for month, day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))}
    return fixed | {easter(year, days) for days in (GOOD_FRIDAY, EASTER_MONDAY, ASCENSION, WHIT_MONDAY)}


def by_the_rules(state: str, year: int) -> set[dt.date]:
    """What the Land's law says for that year, municipal holidays left out."""

    def day(month: int, number: int) -> dt.date:
        return dt.date(year, month, number)

    rules = (
        (state in {"BW", "BY", "ST"}, day(1, 6)),
        ((state == "BE" and year >= 2019) or (state == "MV" and year >= 2023), day(3, 8)),
        (state == "BE" and year in (2020, 2025), day(5, 8)),
        (state == "BE" and year == 2028, day(6, 17)),
        (state == "BB", easter(year)),
        (state == "BB", easter(year, WHIT_SUNDAY)),
        (state in WITH_CORPUS_CHRISTI, easter(year, CORPUS_CHRISTI)),
        (state == "SL", day(8, 15)),
        (state == "TH" and year >= 2019, day(9, 20)),
        (state in REFORMATION_ALWAYS or year == 2017, day(10, 31)),
        (state in REFORMATION_SINCE_2018 and year >= 2018, day(10, 31)),
        (state in ALL_SAINTS, day(11, 1)),
        (state == "SN", repentance(year)),
    )
    return nationwide(year) | {date for holds, date in rules if holds}


@pytest.mark.parametrize("year", EASTER)
@pytest.mark.parametrize("state", GERMAN_STATES)
def test_a_land_has_exactly_the_holidays_of_its_law(state: str, year: int) -> None:
    assert set(region_of(f"DE-{state}").holidays(year)) == by_the_rules(state, year)


@pytest.mark.parametrize("year", EASTER)
def test_germany_as_a_whole_has_the_nationwide_ones(year: int) -> None:
    extra = {dt.date(2017, 10, 31)} if year == 2017 else set()
    assert set(region_of("DE").holidays(year)) == nationwide(year) | extra


@pytest.mark.parametrize("year", EASTER)
@pytest.mark.parametrize(
    ("state", "switch", "more"),
    [
        ("BY", Switch.ASSUMPTION, lambda year: {dt.date(year, 8, 15)}),
        ("BY", Switch.PEACE_FESTIVAL, lambda year: {dt.date(year, 8, 8), dt.date(year, 8, 15)}),
        ("SN", Switch.CORPUS_CHRISTI, lambda year: {easter(year, CORPUS_CHRISTI)}),
        ("TH", Switch.CORPUS_CHRISTI, lambda year: {easter(year, CORPUS_CHRISTI)}),
    ],
)
def test_a_switch_adds_what_some_municipalities_have(state: str, switch: Switch, more, year: int) -> None:
    found = region_of(f"DE-{state}", frozenset([switch])).holidays(year)
    assert set(found) == by_the_rules(state, year) | more(year)


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("DE-NW", "2026-05-25", "Pfingstmontag"),
        ("DE-NW", "2026-06-04", "Fronleichnam"),
        ("DE-NW", "2026-05-26", ""),
        ("DE-SN", "2026-11-18", "Buß- und Bettag"),
        ("DE-TH", "2026-09-20", "Weltkindertag"),
        ("DE-NI", "2026-10-31", "Reformationstag"),
        ("AT-9", "2026-10-26", "Nationalfeiertag"),
        ("AT-9", "2026-12-08", "Mariä Empfängnis"),
        ("AT-9", "2026-04-03", ""),
        ("AT-9", "2026-11-15", ""),
        ("CH-ZH", "2026-08-01", "Nationalfeiertag"),
        ("CH-ZH", "2026-05-01", "Tag der Arbeit"),
        ("CH-ZH", "2026-06-04", ""),
        ("CH-TI", "2026-03-19", "Josefstag"),
        ("CH-BE", "2026-01-02", "Berchtoldstag"),
    ],
)
def test_holidays_have_german_names(code: str, day: str, name: str) -> None:
    assert region_of(code).holiday(dt.date.fromisoformat(day)) == name


@pytest.mark.parametrize(
    ("code", "day", "name"),
    [
        ("AT-W", "2026-11-15", "Hl. Leopold"),
        ("AT-K", "2026-10-10", "Tag der Volksabstimmung"),
        ("AT-T", "2026-03-19", "Hl. Josef"),
    ],
)
def test_days_of_patrons_are_a_switch_in_austria(code: str, day: str, name: str) -> None:
    switched = region_of(code, frozenset([Switch.PATRON]))
    assert switched.holiday(dt.date.fromisoformat(day)) == name
    assert region_of(code).holiday(dt.date.fromisoformat(day)) == ""


def test_customary_days_are_a_switch_in_switzerland() -> None:
    good_friday = dt.date(2026, 4, 3)
    assert region_of("CH-GR").holiday(good_friday) == ""
    assert region_of("CH-GR", frozenset([Switch.CUSTOMARY])).holiday(good_friday) == "Karfreitag"


@pytest.mark.parametrize(
    ("code", "region", "zone"),
    [
        ("DE-NW", Region("DE", "NW"), "Europe/Berlin"),
        (" de-nw ", Region("DE", "NW"), "Europe/Berlin"),
        ("DE", Region("DE"), "Europe/Berlin"),
        ("AT-W", Region("AT", "9"), "Europe/Vienna"),
        ("AT-St", Region("AT", "6"), "Europe/Vienna"),
        ("AT-OÖ", Region("AT", "4"), "Europe/Vienna"),
        ("CH-ZH", Region("CH", "ZH"), "Europe/Zurich"),
    ],
)
def test_region_of_reads_codes(code: str, region: Region, zone: str) -> None:
    assert region_of(code) == region
    assert region.zone.key == zone


@pytest.mark.parametrize("code", ["", "DE-XX", "AT-10", "FR", "DE-", "DENW", "CH-NWW", "DE-NW-x"])
def test_region_of_refuses_other_codes(code: str) -> None:
    with pytest.raises(UnknownRegion):
        region_of(code)


def test_region_of_refuses_a_switch_of_elsewhere() -> None:
    assert switches_of("DE", "NW") == ()
    with pytest.raises(UnknownRegion):
        region_of("DE-NW", frozenset([Switch.ASSUMPTION]))


def test_every_region_is_known_to_the_package() -> None:
    for country, least in (("DE", 9), ("AT", 12), ("CH", 4)):
        for part in parts_of(country):
            assert len(part.holidays(2026)) >= least, part.code


def parts_of(country: str) -> list[Region]:
    return [
        region_of(f"{country}-{part}", frozenset(switches_of(country, part)))
        for part in SUBDIVISIONS[country]
    ]


@pytest.mark.parametrize(
    ("code", "short", "name"),
    [
        ("DE-NW", "NW", "Nordrhein-Westfalen"),
        ("AT-9", "Wien", "Wien"),
        ("AT-W", "Wien", "Wien"),
        ("AT-OÖ", "OÖ", "Oberösterreich"),
        ("CH-ZH", "ZH", "Zürich"),
        ("AT", "AT", "AT"),
    ],
)
def test_a_region_is_shown_as_people_there_write_it(code: str, short: str, name: str) -> None:
    assert (region_of(code).short, region_of(code).name) == (short, name)


def test_no_region_is_shown_by_a_number() -> None:
    for country in ("DE", "AT", "CH"):
        for part in parts_of(country):
            assert part.short.replace(".", "").isalpha()
