"""How wide a text is and where it is broken. Widths are of a broad bold font, so that others fit too."""

from __future__ import annotations

from functools import lru_cache

from processes.diagram.hyphenation import breaks

WIDTHS: dict[float, str] = {
    0.36: " '|Iijl.,·/()[]J",
    0.44: "!:;-ft\u00a0`",
    0.52: 'r*"„“”',
    0.60: "csz_",
    0.66: "aevxykL?#",
    0.72: "bdghnopquäöüß0123456789€$FETZ–",
    0.78: "ABCKPRSVXYÄ+<=>≤≥≠",
    0.86: "DGHNOQUÖÜ&~",
    1.00: "mMw%@…→—",
    1.12: "W",
}
"""Widths in em at the weight of labels, by letter."""
_WIDTH = {letter: width for width, letters in WIDTHS.items() for letter in letters}
ELLIPSIS = "…"


@lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Pixels a text takes at a font size."""
    return sum(_WIDTH.get(letter) or (0.74 if letter < "\u0370" else 1.1) for letter in text) * size


@lru_cache(maxsize=4096)
def wrap(text: str, size: float, most: float, lines: int) -> tuple[str, ...]:
    """A text in at most so many lines of at most so many pixels; what does not fit ends with an ellipsis."""
    found = [""]
    for word in text.split():
        for part in _parts(word, size, most):
            joined = f"{found[-1]} {part}".lstrip()
            if width(joined, size) <= most:
                found[-1] = joined
            else:
                found.append(part)
    kept = [line for line in found if line]
    if len(kept) > lines:
        kept[lines - 1 :] = [_shorten(f"{kept[lines - 1]} {ELLIPSIS}", size, most)]
    return tuple(kept)


def _parts(word: str, size: float, most: float) -> list[str]:
    """A word that is too long alone, divided between syllables; where none fits, anywhere."""
    parts = []
    at = 0
    while width(word[at:], size) > most:
        end = _last_break(word, at, size, most)
        parts.append(_hyphenated(word[at:end]))
        at = end
    return [*parts, word[at:]]


def _hyphenated(text: str) -> str:
    return text if text[-1] in "-–/" else f"{text}-"


def _last_break(word: str, at: int, size: float, most: float) -> int:
    """The last position behind `at` up to which a word fits on a line."""
    fitting = [end for end in breaks(word) if end > at and width(_hyphenated(word[at:end]), size) <= most]
    if fitting:
        return fitting[-1]
    letters = range(len(word) - 1, at, -1)
    return next((end for end in letters if width(_hyphenated(word[at:end]), size) <= most), at + 1)


def _shorten(text: str, size: float, most: float) -> str:
    while width(text, size) > most and len(text) > 1:
        text = text.rstrip(f" {ELLIPSIS}")[:-1] + ELLIPSIS
    return text
