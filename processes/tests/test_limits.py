"""Limits of fields: refused values, their sentences, and limits that make no sense."""

import datetime as dt

import pytest
from django.utils import translation

from processes import limits
from processes.fieldforms import sentence
from processes.fields import FieldError, FieldSpec, parse, read

TODAY = dt.date(2026, 11, 23)


def spec(type_, **rules):
    return FieldSpec("f", "Feld", type_, limits=rules)


@pytest.mark.parametrize(
    ("type_", "rules", "raw"),
    [
        ("number", {"min": 5}, "5"),
        ("number", {"min": "1.000,5", "max": "2000"}, "1000,5"),
        ("money", {"min": "5.00"}, "5,00"),
        ("money", {"max": {"amount": "5.00", "currency": "EUR"}}, "5"),
        ("date", {"min": "2026-01-01", "max": "+30"}, "23.12.2026"),
        ("date", {"min": "today"}, "heute"),
        ("date", {"max": "-1"}, "22.11.2026"),
        ("text", {"min_length": 2, "max_length": "4"}, "  abcd "),
        ("text", {"pattern": "DE999"}, "DE123"),
        ("longtext", {"max_length": 5}, "ab\r\ncd"),
        ("number", {"min": 5}, ""),
        ("number", {"min": "viel", "pattern": "9"}, "1"),
    ],
)
def test_values_within_the_limits_are_taken(type_, rules, raw):
    assert parse(spec(type_, **rules), raw, today=TODAY) == read(spec(type_), raw, today=TODAY)


@pytest.mark.parametrize(
    ("type_", "rules", "raw", "german"),
    [
        ("number", {"min": 1000}, "999,9", "Mindestens 1.000."),
        ("number", {"max": "1,5"}, "2", "Höchstens 1,5."),
        ("money", {"min": "5.00"}, "4,99", "Mindestens 5,00\u00a0€."),
        ("money", {"max": 1000}, "1000,01", "Höchstens 1.000,00\u00a0€."),
        ("date", {"min": "today"}, "22.11.2026", "Nicht vor dem 23.11.2026."),
        ("date", {"max": "+7"}, "1.12.2026", "Nicht nach dem 30.11.2026."),
        ("date", {"max": "2026-01-01"}, "2.1.2026", "Nicht nach dem 01.01.2026."),
        ("text", {"min_length": 3}, "ab", "Mindestens 3 Zeichen."),
        ("text", {"max_length": 3}, "abcd", "Höchstens 3 Zeichen."),
        ("longtext", {"min_length": 3}, "ab", "Mindestens 3 Zeichen."),
        ("text", {"pattern": "DE999999999"}, "DE12", "Bitte in der Form DE999999999 eingeben."),
    ],
)
def test_values_beyond_a_limit_are_refused_in_german_words(type_, rules, raw, german):
    with pytest.raises(FieldError) as refused, translation.override("de"):
        parse(spec(type_, **rules), raw, today=TODAY)
    with translation.override("de"):
        assert sentence(refused.value) == german


def test_days_seen_from_today_bind_nobody_where_today_is_not_known():
    assert parse(spec("date", min="today"), "2020-01-01") == "2020-01-01"


@pytest.mark.parametrize(
    ("type_", "rules", "found"),
    [
        ("number", {"min": 1, "max": 1}, []),
        ("date", {"min": "today", "max": "+30"}, []),
        ("date", {"min": "2030-01-01", "max": "+1"}, []),
        ("text", {"min_length": 0, "max_length": 1}, []),
        ("number", {"min": 2, "max": "1,5"}, ["crossed"]),
        ("date", {"min": "+1", "max": "today"}, ["crossed"]),
        ("date", {"min": "2026-02-01", "max": "2026-01-01"}, ["crossed"]),
        ("text", {"min_length": 5, "max_length": 4}, ["crossed"]),
        ("text", {"max_length": 0}, ["crossed"]),
        ("number", {"min": "viel"}, ["unreadable"]),
        ("number", {"min": True}, ["unreadable"]),
        ("number", {"max": "NaN"}, ["unreadable"]),
        ("money", {"min": {}}, ["unreadable"]),
        ("date", {"min": "31.12.2026"}, ["unreadable"]),
        ("date", {"max": "+99999"}, ["unreadable"]),
        ("text", {"min_length": -1}, ["unreadable"]),
        ("text", {"pattern": "+"}, ["mask_nothing_to_repeat"]),
        ("longtext", {"pattern": "9"}, ["does_not_fit"]),
        ("choice", {"min": 1}, ["does_not_fit"]),
        ("text", {"minimum": 1}, ["does_not_fit"]),
    ],
)
def test_limits_without_sense_are_found(type_, rules, found):
    assert list(limits.faults(type_, rules)) == found
