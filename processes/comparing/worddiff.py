"""Two texts merged into one, word by word: what stayed, what went, what came. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import Match, SequenceMatcher

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
LINES = re.compile(r"[^\n]*\n|[^\n]+")
MOST_WORDS = 3000
"""Words of both texts together up to which they are compared word by word, else line by line."""
MOST_LINES = 3000
"""Lines of both texts together up to which they are compared at all."""
MOST_EFFORT = 20_000_000
"""Pairs of words looked at, again and again: five times what two long texts of usual words need."""
MOST_TOGETHER = 25_000_000
"""The same for all texts of one page: a text that is made for it leaves something for the others."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the merged text: `kind` is same, old (gone) or new."""

    kind: str
    text: str


class Effort:
    """What all comparisons of one page may still cost; once that is spent, texts stand whole, one by one."""

    def __init__(self, left: int = MOST_TOGETHER) -> None:
        self.left = left


def merged(old: str, new: str, effort: Effort | None = None) -> tuple[Part, ...]:
    """The pieces of both texts in reading order; what is gone stands before what replaced it.

    Each text has its bounds; `effort` bounds several together.
    """
    effort = effort or Effort()
    for pattern, most in ((WORDS, MOST_WORDS), (LINES, MOST_LINES)):
        before, after = pattern.findall(old), pattern.findall(new)
        if len(before) + len(after) <= most:
            with suppress(_TooAlike):
                return tuple(_joined(_parts(before, after, effort)))
    return Part("old", old), Part("new", new)


class _TooAlike(Exception):
    """Texts of few words that come again and again: comparing them takes the cube of their length."""


class _Matcher(SequenceMatcher[str]):
    """Gives up where texts are made to keep somebody waiting."""

    def __init__(self, before: list[str], after: list[str], effort: Effort) -> None:
        super().__init__(None, before, after, autojunk=False)
        self.effort, self.left = effort, MOST_EFFORT

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> Match:
        """As in the standard library, which names all four bounds. Raises _TooAlike."""
        pairs = ((ahi or 0) - alo) * ((bhi or 0) - blo)
        self.left -= pairs
        self.effort.left -= pairs
        if min(self.left, self.effort.left) < 0:
            raise _TooAlike
        return super().find_longest_match(alo, ahi, blo, bhi)


def _parts(before: list[str], after: list[str], effort: Effort) -> Iterator[Part]:
    steps = _Matcher(before, after, effort).get_opcodes()
    for kind, from_old, to_old, from_new, to_new in steps:
        if kind == "equal":
            yield Part("same", "".join(before[from_old:to_old]))
            continue
        if to_old > from_old:
            yield Part("old", "".join(before[from_old:to_old]))
        if to_new > from_new:
            yield Part("new", "".join(after[from_new:to_new]))


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Neighbouring changes with only blanks between them as one: whole phrases, not word beside word."""
    old = new = gap = ""
    for part in (*parts, END):
        if part.kind == "same" and not part.text.strip() and part is not END and (old or new):
            gap = part.text
            continue
        if part.kind == "same":
            yield from (one for one in (Part("old", old), Part("new", new), Part("same", gap)) if one.text)
            old = new = gap = ""
            yield from (part,) if part.text else ()
        elif part.kind == "old":
            old, new, gap = old + gap + part.text, new + gap, ""
        else:
            old, new, gap = old + gap, new + gap + part.text, ""


END = Part("same", "")
