"""Two texts word by word: quick also where they are made to be slow, and never with anything lost."""

from __future__ import annotations

import time

import pytest

from processes.comparing import worddiff

SLOW = "a b " * 370, "b a a " * 245


def sides(old: str, new: str) -> tuple[str, str]:
    """What the pieces say of the old text and of the new one."""
    found = worddiff.merged(old, new)
    return (
        "".join(one.text for one in found if one.kind != "new"),
        "".join(one.text for one in found if one.kind != "old"),
    )


@pytest.mark.parametrize(("old", "new"), [SLOW, ("a b", "a c b"), ("", "x"), ("x\n" * 2000, "y\n" * 2000)])
def test_nothing_of_either_text_is_lost(old: str, new: str):
    assert sides(old, new) == (old, new)


def test_texts_of_the_same_few_words_keep_nobody_waiting():
    began = time.process_time()
    worddiff.merged(*SLOW)
    assert time.process_time() - began < 2


def test_long_texts_of_usual_words_are_compared_word_by_word():
    words = [f"Wort{number % 300}" for number in range(700)]
    old, new = " ".join(words), " ".join([*words[:350], "neu", *words[350:]])
    assert [one.text.strip() for one in worddiff.merged(old, new) if one.kind != "same"] == ["neu"]
