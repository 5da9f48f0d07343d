"""Texts of automatic steps with what their placeholders stand for, piece by piece. Pure.

What a value brings along is not looked at again; nothing is executed (A16). Who sends needs the whole text
(`said`); who only shows what would be sent can tell the pieces apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from processes.stepplans import PLACEHOLDER, Action

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a filled text: what the author wrote, or (`word`) what stands for a placeholder."""

    text: str
    word: str = ""


def subject(action: Action, values: Mapping[str, str]) -> tuple[Piece, ...]:
    """The filled subject on one line; values by placeholder."""
    return tuple(_cut(_one_line(_pieces(action.subject, values)), LONGEST_SUBJECT))


def text(action: Action, values: Mapping[str, str]) -> tuple[Piece, ...]:
    """The filled text; values by placeholder."""
    return tuple(_cut(_pieces(action.text, values), LONGEST_TEXT))


def said(pieces: Iterable[Piece]) -> str:
    """The text as it is sent."""
    return "".join(one.text for one in pieces)


def _pieces(source: str, values: Mapping[str, str]) -> Iterator[Piece]:
    """Placeholders without a value stay as they are."""
    end = 0
    for found in PLACEHOLDER.finditer(source):
        yield Piece(source[end : found.start()])
        yield Piece(values.get(found[1], found[0]), found[1])
        end = found.end()
    yield Piece(source[end:])


def _one_line(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Blanks and line ends as one blank each, and none at either end."""
    found = [replace(one, text=BLANKS.sub(" ", one.text)) for one in pieces]
    last = max((number for number, one in enumerate(found) if one.text.strip()), default=-1)
    is_behind_blank = True
    for number, one in enumerate(found):
        words = one.text.lstrip() if is_behind_blank else one.text
        words = words.rstrip() if number >= last else words
        is_behind_blank = words.endswith(" ") if words else is_behind_blank
        yield replace(one, text=words)


def _cut(pieces: Iterable[Piece], most: int) -> Iterator[Piece]:
    """At most so many characters; pieces of nothing that the author wrote are left out."""
    for one in pieces:
        kept = replace(one, text=one.text[:most])
        most -= len(kept.text)
        if kept.text or (one.word and not one.text):
            yield kept
