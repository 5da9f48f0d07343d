"""Where German words may be divided at the end of a line: between syllables, by the patterns of `pyphen`.

The language is German whoever reads, because names of steps are written by the company. Patterns are read
when the first word is too long for its line.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from pyphen import Pyphen

LEAST = 3
"""Letters that stay on either side of a hyphen."""
VOWEL = re.compile("[aeiouyäöüáàâéèêíóôú]", re.IGNORECASE)
WRITTEN = re.compile("(?<=[-–/])(?=.)")
"""Behind a hyphen that the word has anyway; no other is added there."""


@lru_cache(maxsize=1)
def _patterns() -> Pyphen:
    return Pyphen(lang="de_DE", left=LEAST, right=LEAST)


@lru_cache(maxsize=2048)
def breaks(word: str) -> tuple[int, ...]:
    """Positions at which a word may be divided, in order."""
    found: list[int] = []
    at = 0
    for part in WRITTEN.split(word):
        if at:
            found.append(at)
        found += (at + place for place in _syllables(part))
        at += len(part)
    return tuple(found)


def _syllables(word: str) -> list[int]:
    """Without breaks around a part that has no vowel: the patterns do not know where it belongs."""
    places = [0, *map(int, _patterns().positions(word)), len(word)]
    lone = {
        end for one, other in pairwise(places) if not VOWEL.search(word[one:other]) for end in (one, other)
    }
    return [place for place in places[1:-1] if place not in lone]
