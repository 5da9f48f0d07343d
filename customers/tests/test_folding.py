"""Spellings of the same thing fold to the same text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers import folding


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller GmbH", "Mueller"),
        ("Weiß & Söhne OHG", "WEISS SOEHNE"),
        ("Bäckerei Hollerbach GmbH & Co. KG", "Baeckerei  Hollerbach"),
        ("Max Krause e. K.", "Firma Max Krause"),
        ("Dr. Aydın", "Aydin"),
        ("Frau Café", "cafe"),
    ],
)
def test_name_key_same_for_other_spelling(one: str, other: str) -> None:
    assert folding.name_key(one) == folding.name_key(other)


@pytest.mark.parametrize(("one", "other"), [("Müller", "Möller"), ("AG", "KG"), ("Weber Nord", "Weber Süd")])
def test_name_key_differs_for_other_names(one: str, other: str) -> None:
    assert folding.name_key(one) != folding.name_key(other)


@pytest.mark.parametrize(
    "typed", ["+49 (0)711 555-12", "0711/555-12", "0049 711 55512", "(0711) 555 12", "+4971155512"]
)
def test_phone_same_however_typed(typed: str) -> None:
    assert folding.phone(typed) == "+4971155512"


def test_phone_takes_the_country_of_the_record() -> None:
    assert folding.phone("01 71100", "AT") == "+43171100"


@pytest.mark.parametrize("typed", ["https://www.Example.org/", "example.org", "HTTP://example.org"])
def test_web_same_however_typed(typed: str) -> None:
    assert folding.contact("web", typed) == "example.org"


def test_search_words_leave_legal_forms_out_unless_alone() -> None:
    assert folding.search_words("Hollerbach GmbH") == ["hollerbach"]
    assert folding.search_words("GmbH") == ["gmbh"]


def test_searchable_has_both_spellings_of_an_umlaut() -> None:
    assert {"mueller", "muller"} <= set(folding.searchable("Müller").split())


def test_printable_drops_control_surrogate_and_direction_characters() -> None:
    assert folding.printable(" a\x00b\ud800c\u202ed\te\r\nf ") == "abcd\te\nf"


@given(st.text(max_size=60))
def test_fold_any_text_folds_once_and_for_all(text: str) -> None:
    folded = folding.fold(text)
    assert folding.fold(folded) == folded
    folded.encode()


@given(st.text(max_size=60))
def test_printable_any_text_can_be_stored(text: str) -> None:
    assert "\x00" not in folding.printable(text)
    folding.printable(text).encode()
