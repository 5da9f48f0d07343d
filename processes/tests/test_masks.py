"""Masks: what they take, what they refuse, and that no text makes them slow."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processes import masks


@pytest.mark.parametrize(
    ("mask", "text", "expected"),
    [
        ("DE999999999", "DE123456789", True),
        ("DE999999999", "DE12345678", False),
        ("DE999999999", "DE1234567890", False),
        ("DE999999999", "de123456789", False),
        ("A+-9+", "KFZ-17", True),
        ("A+-9+", "-17", False),
        ("A+-9+", "KFZ-", False),
        ("A", "Ä", True),
        ("9", "²", False),
        ("9", "٣", False),
        ("XX", "a1", True),
        ("XX", "a-", False),
        ("99?", "1", True),
        ("99?", "12", True),
        ("99?", "123", False),
        ("9?9?9?", "", True),
        ("9?A?9", "7", True),
        (r"\99", "95", True),
        (r"\99", "55", False),
        (r"9\+", "1+", True),
        (r"9\+", "11", False),
        (r"\\9", "\\1", True),
        ("(9)", "(1)", True),
        ("9.9", "1x1", False),
        ("9+9", "11", True),
        ("9+9", "1", False),
    ],
)
def test_a_mask_takes_texts_of_its_form_only(mask, text, expected):
    assert masks.fits(mask, text) is expected


@pytest.mark.parametrize(
    ("mask", "code"),
    [
        ("", "empty"),
        ("+9", "nothing_to_repeat"),
        ("9++", "nothing_to_repeat"),
        ("9+?", "nothing_to_repeat"),
        ("9?+", "nothing_to_repeat"),
        ("9\\", "open_end"),
        ("9" * 81, "too_long"),
    ],
)
def test_a_mask_that_cannot_be_read_says_why(mask, code):
    with pytest.raises(masks.MaskError) as refused:
        masks.read(mask)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("mask", "shown"), [("DE999", "DE999"), ("A+-9+", "A-9"), ("99?", "9"), (r"9\+9", "9+9")]
)
def test_the_example_of_a_mask_is_without_its_signs(mask, shown):
    assert masks.example(mask) == shown


@given(st.text(max_size=30), st.text(max_size=60))
def test_any_mask_and_any_text_give_an_answer(mask, text):
    try:
        masks.read(mask)
    except masks.MaskError:
        return
    assert masks.fits(mask, text) in (True, False)


@given(st.text(alphabet="ab12-+?\\", min_size=1, max_size=20))
def test_a_text_fits_the_mask_that_spells_it(text):
    spelled = "".join(f"\\{character}" for character in text)
    assert masks.fits(spelled, text)
    assert not masks.fits(spelled, text + "x")


def test_the_worst_mask_needs_no_more_than_a_moment_for_the_longest_text():
    """`A+A+A+…` is where regular expressions take for ever."""
    began = time.perf_counter()
    assert not masks.fits("A+" * 39 + "9", "a" * 500)
    assert time.perf_counter() - began < 1
