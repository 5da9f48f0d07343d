"""Reading what people type, showing it, indexing it."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes.fields import FieldError, FieldSpec, IndexValue, display, index_value, parse

TODAY = dt.date(2026, 11, 23)
CHOICES = (("damage", "Schaden"), ("delay", "Verzug"), ("other", "Sonstiges"))


def spec(type_):
    return FieldSpec("f", "Feld", type_, choices=CHOICES)


@pytest.mark.parametrize(
    ("type_", "raw", "canonical"),
    [
        ("text", "  Glas\r\nzerbrochen ", "Glas zerbrochen"),
        ("text", "Gru\u0308n", "Grün"),
        ("longtext", "a\r\nb\rc", "a\nb\nc"),
        ("number", "1.284,60", "1284.6"),
        ("number", "1.284", "1284"),
        ("number", "1284.60", "1284.6"),
        ("number", "1,5", "1.5"),
        ("number", "1,234", "1.2340"),
        ("number", 1.234, "1.2340"),
        ("number", "-0", "0"),
        ("number", "12 000", "12000"),
        ("number", "\u22125", "-5"),
        ("number", 7, "7"),
        ("number", 1e15 - 1, "999999999999999"),
        ("money", "1.284,60 €", {"amount": "1284.60", "currency": "EUR"}),
        ("money", "5000", {"amount": "5000.00", "currency": "EUR"}),
        ("money", "5,000", {"amount": "5.00", "currency": "EUR"}),
        ("money", {"amount": "12.5", "currency": "CHF"}, {"amount": "12.50", "currency": "CHF"}),
        ("date", "23.11.2026", "2026-11-23"),
        ("date", "2026-11-23", "2026-11-23"),
        ("date", "3.1.2027", "2027-01-03"),
        ("date", "5.3.", "2027-03-05"),
        ("date", "5.10.", "2026-10-05"),
        ("date", "29.2.2028", "2028-02-29"),
        ("date", "1.4.65", "1965-04-01"),
        ("date", "31.12.46", "2046-12-31"),
        ("date", "1.1.47", "1947-01-01"),
        ("date", "heute", "2026-11-23"),
        ("date", "Morgen", "2026-11-24"),
        ("date", "+3", "2026-11-26"),
        ("date", "-3", "2026-11-20"),
        ("date", TODAY, "2026-11-23"),
        ("datetime", "23.11.2026 14:30", "2026-11-23T13:30:00+00:00"),
        ("datetime", "heute, 9:05", "2026-11-23T08:05:00+00:00"),
        ("datetime", "2026-07-01T10:00:00+02:00", "2026-07-01T08:00:00+00:00"),
        ("datetime", "2026-07-01T10:00", "2026-07-01T08:00:00+00:00"),
        ("choice", "damage", "damage"),
        ("multichoice", ["other", "damage", "other"], ["damage", "other"]),
        ("multichoice", "delay", ["delay"]),
        ("yesno", "Ja", True),
        ("yesno", False, False),
        ("person", "17", 17),
        ("customer", 17, 17),
        ("file", "3", 3),
    ],
)
def test_parse_reads_german_and_canonical_input(type_, raw, canonical):
    assert parse(spec(type_), raw, today=TODAY) == canonical
    assert parse(spec(type_), canonical, today=TODAY) == canonical


@pytest.mark.parametrize("raw", [None, "", "   ", "\r\n", []])
@pytest.mark.parametrize("type_", ["text", "number", "money", "date", "datetime", "multichoice", "person"])
def test_parse_gives_none_for_empty_input(type_, raw):
    assert parse(spec(type_), raw) is None


@pytest.mark.parametrize(
    ("type_", "raw", "code"),
    [
        ("text", "a\x00b", "unprintable"),
        ("text", "a\ud800b", "unprintable"),
        ("text", "x" * 501, "too_long"),
        ("longtext", "x" * 20_001, "too_long"),
        ("text", ["a"], "not_a_text"),
        ("number", "1,284.60", "not_a_number"),
        ("number", "1.2.3,4", "not_a_number"),
        ("number", "12.34.567", "not_a_number"),
        ("number", "1e5", "not_a_number"),
        ("number", "1_000", "not_a_number"),
        ("number", "١٢", "not_a_number"),
        ("number", "NaN", "not_a_number"),
        ("number", float("inf"), "not_a_number"),
        ("number", True, "not_a_number"),
        ("number", "9" * 200, "not_a_number"),
        ("number", 10**3000, "not_a_number"),
        ("number", "1" * 16, "number_out_of_range"),
        ("number", "0,1234567", "too_many_decimals"),
        ("money", "1,005", "too_many_decimals"),
        ("money", {"amount": "1.284", "currency": "EUR"}, "too_many_decimals"),
        ("money", {"amount": "1", "currency": "euro"}, "not_a_currency"),
        ("money", {"amount": {}, "currency": "EUR"}, "not_a_number"),
        ("date", "30.2.2026", "not_a_date"),
        ("date", "2026-W48-1", "not_a_date"),
        ("date", "demnächst", "not_a_date"),
        ("date", "23.11.1826", "date_out_of_range"),
        ("date", "23.11.9999", "date_out_of_range"),
        ("datetime", "23.11.2026 25:00", "not_a_time"),
        ("datetime", "23.11.2026", "not_a_time"),
        ("choice", "Schaden", "not_a_choice"),
        ("multichoice", ["damage", "fire"], "not_a_choice"),
        ("yesno", "vielleicht", "not_yes_or_no"),
        ("person", "-1", "not_a_reference"),
        ("person", "1" * 19, "not_a_reference"),
        ("person", "²", "not_a_reference"),
    ],
)
def test_parse_refuses_what_it_cannot_take(type_, raw, code):
    with pytest.raises(FieldError) as refused:
        parse(spec(type_), raw, today=TODAY)
    assert refused.value.code == code


@pytest.mark.parametrize("raw", ["heute", "+3", "5.3.", "5.3.26"])
def test_parse_needs_today_for_dates_that_lean_on_it(raw):
    with pytest.raises(FieldError):
        parse(spec("date"), raw)


@pytest.mark.parametrize("type_", ["text", "longtext", "number", "money", "date", "datetime", "choice"])
@given(raw=st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.booleans(), st.lists(st.text())))
def test_parse_raises_nothing_but_field_errors_and_is_stable(type_, raw):
    try:
        canonical = parse(spec(type_), raw, today=TODAY)
    except FieldError:
        return
    assert parse(spec(type_), canonical, today=TODAY) == canonical


@given(st.decimals(min_value=-(10**14), max_value=10**14, places=3))
def test_parse_reads_back_every_number_it_shows(value):
    canonical = parse(spec("number"), value)
    assert Decimal(canonical) == value
    assert parse(spec("number"), display(spec("number"), canonical)) == canonical


@pytest.mark.parametrize(
    ("type_", "value", "german", "english"),
    [
        ("money", {"amount": "1284.60", "currency": "EUR"}, "1.284,60\u00a0€", "€1,284.60"),
        ("money", {"amount": "-5.00", "currency": "EUR"}, "-5,00\u00a0€", "-€5.00"),
        ("money", {"amount": "5.00", "currency": "CHF"}, "5,00\u00a0CHF", "CHF\u00a05.00"),
        ("number", "1284.6", "1.284,6", "1,284.6"),
        ("number", "1.2340", "1,234", "1.234"),
        ("number", "12000", "12.000", "12,000"),
        ("date", "2026-11-03", "03.11.2026", "3 Nov 2026"),
        ("datetime", "2026-11-23T13:30:00+00:00", "23.11.2026, 14:30", "23 Nov 2026, 14:30"),
        ("choice", "damage", "Schaden", "Schaden"),
        ("choice", "gone", "gone", "gone"),
        ("multichoice", ["damage", "delay"], "Schaden, Verzug", "Schaden, Verzug"),
        ("yesno", True, "Ja", "Yes"),
        ("text", "Glas", "Glas", "Glas"),
        ("text", None, "", ""),
    ],
)
def test_display_speaks_the_readers_language(type_, value, german, english):
    assert display(spec(type_), value) == german
    assert display(spec(type_), value, "en") == english


@pytest.mark.parametrize(
    ("type_", "value", "index"),
    [
        ("text", "Glas", IndexValue(text="Glas")),
        ("number", "1284.6", IndexValue(number=Decimal("1284.6"))),
        ("money", {"amount": "5.00", "currency": "EUR"}, IndexValue("EUR", Decimal("5.00"))),
        ("date", "2026-11-23", IndexValue(date=dt.datetime(2026, 11, 23, tzinfo=dt.UTC))),
        (
            "datetime",
            "2026-11-23T13:30:00+00:00",
            IndexValue(date=dt.datetime(2026, 11, 23, 13, 30, tzinfo=dt.UTC)),
        ),
        ("multichoice", ["damage", "delay"], IndexValue(text="damage, delay")),
        ("yesno", True, IndexValue(text="True")),
        ("person", 17, IndexValue(ref=17)),
        ("person", None, IndexValue()),
    ],
)
def test_index_value_fills_the_column_of_the_type(type_, value, index):
    assert index_value(spec(type_), value) == index
