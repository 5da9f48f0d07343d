"""Filling placeholders: the pieces make up the text that is sent, whatever the author and the values say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processes import placeholders
from processes.placeholders import LONGEST_SUBJECT, LONGEST_TEXT, Piece
from processes.stepplans import PLACEHOLDER, Action, Do

VALUES = {"amount": "12,50 €", "empty": "", "lines": " zwei\nZeilen ", "braces": "{amount}"}
SOURCES = st.lists(
    st.one_of(
        st.sampled_from(["{amount}", "{empty}", "{lines}", "{braces}", "{unknown}", " ", "\n", "\u2003"]),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


def mail(subject: str = "", text: str = "") -> Action:
    return Action(Do.MAIL, subject=subject, text=text)


@given(SOURCES)
def test_the_pieces_of_a_text_are_the_text_with_its_placeholders_replaced_once(source: str):
    pieces = placeholders.text(mail(text=source), VALUES)
    assert placeholders.said(pieces) == PLACEHOLDER.sub(lambda one: VALUES.get(one[1], one[0]), source)


@given(SOURCES)
def test_a_subject_is_the_same_on_one_line(source: str):
    pieces = placeholders.subject(mail(source), VALUES)
    whole = placeholders.said(placeholders.text(mail(text=source), VALUES))
    assert placeholders.said(pieces) == " ".join(whole.split())


def test_each_placeholder_is_a_piece_of_its_own_and_an_empty_one_stays_one():
    pieces = placeholders.text(mail(text="Es sind {amount}{empty}, {unknown}."), VALUES)
    assert pieces == (
        Piece("Es sind "),
        Piece("12,50 €", "amount"),
        Piece("", "empty"),
        Piece(", "),
        Piece("{unknown}", "unknown"),
        Piece("."),
    )


def test_both_are_cut_where_they_are_too_long():
    long = {"amount": "x" * LONGEST_TEXT}
    action = mail("{amount}y", "yy{amount}y")
    assert placeholders.said(placeholders.subject(action, long)) == "x" * LONGEST_SUBJECT
    assert placeholders.said(placeholders.text(action, long)) == "yy" + "x" * (LONGEST_TEXT - 2)
