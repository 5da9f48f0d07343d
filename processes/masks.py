"""Masks say which texts a field takes, for administrators who do not program. Pure.

| symbol | stands for |
|---|---|
| `9` | a digit |
| `A` | a letter |
| `X` | a letter or digit |
| `+` after a symbol | that one once or more often |
| `?` after a symbol | that one or nothing |
| backslash before a character | that character itself |
| anything else | itself |

`DE999999999` takes DE123456789, `A+-9+` takes KFZ-17. A text is read once, character by character, beside all
places of the mask it may have reached; so the work grows with the length of the text and no faster, whatever
the mask (regular expressions can be made to take for ever).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

MOST_SYMBOLS = 80
DIGITS = frozenset("0123456789")


class MaskError(ValueError):
    """A mask that can't be read; `code` says why: empty, too_long, nothing_to_repeat, open_end."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Symbol:
    """One place of a mask: what may stand there, and how often."""

    character: str
    takes: Callable[[str], bool]
    is_repeated: bool = False
    is_optional: bool = False


KINDS: dict[str, Callable[[str], bool]] = {
    "9": DIGITS.__contains__,
    "A": str.isalpha,
    "X": lambda character: character in DIGITS or character.isalpha(),
}


@lru_cache(maxsize=512)
def read(mask: str) -> tuple[Symbol, ...]:
    """Take a mask apart. Raises MaskError."""
    symbols: list[Symbol] = []
    rest = iter(mask)
    for character in rest:
        if character in "+?":
            symbols[-1:] = [_modified(symbols, character)]
        else:
            symbols.append(_symbol(character, rest))
    if not symbols:
        raise MaskError("empty")
    if len(symbols) > MOST_SYMBOLS:
        raise MaskError("too_long")
    return tuple(symbols)


def _symbol(character: str, rest: Iterable[str]) -> Symbol:
    if character == "\\":
        literal = next(iter(rest), "")
        if not literal:
            raise MaskError("open_end")
        return Symbol(literal, literal.__eq__)
    return Symbol(character, KINDS.get(character, character.__eq__))


def _modified(symbols: list[Symbol], sign: str) -> Symbol:
    if not symbols or symbols[-1].is_repeated or symbols[-1].is_optional:
        raise MaskError("nothing_to_repeat")
    last = symbols[-1]
    return Symbol(last.character, last.takes, is_repeated=sign == "+", is_optional=sign == "?")


def fits(mask: str, text: str) -> bool:
    """Whether the whole text is of this form. Raises MaskError."""
    symbols = read(mask)
    places = _with_optional(symbols, {0})
    for character in text:
        if not places:
            return False
        places = _with_optional(symbols, set(_next(symbols, places, character)))
    return len(symbols) in places


def _next(symbols: tuple[Symbol, ...], places: Iterable[int], character: str) -> Iterable[int]:
    """Where one may be after this character: before symbol n, or still at a repeated one."""
    for place in places:
        if place < len(symbols) and symbols[place].takes(character):
            yield place + 1
        if place and symbols[place - 1].is_repeated and symbols[place - 1].takes(character):
            yield place


def _with_optional(symbols: tuple[Symbol, ...], places: set[int]) -> set[int]:
    """These places, and those behind optional symbols that are left out."""
    reached = set(places)
    for place in sorted(places):
        following = place
        while following < len(symbols) and symbols[following].is_optional:
            following += 1
            reached.add(following)
    return reached


def example(mask: str) -> str:
    """A mask as one shows it to those who fill a field in: without signs for "more" and "or nothing"."""
    return "".join(symbol.character for symbol in read(mask) if not symbol.is_optional)
