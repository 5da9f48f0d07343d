"""The course of a run in words, told shorter where it repeats itself. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import ngettext


def shortened(parts: Sequence[str]) -> list[str]:
    """The parts in their order; what comes several times in a row is told once, with how often."""
    return list(_shortened(parts))


def _shortened(parts: Sequence[str]) -> Iterator[str]:
    place = 0
    while place < len(parts):
        length, times = _repeated(parts, place)
        told = ", ".join(parts[place : place + length])
        if times > 1:
            many = ngettext("%(n)s time in a row", "%(n)s times in a row", times) % {"n": times}
            told = f"{told} ({many})"
        yield told
        place += length * times


def _repeated(parts: Sequence[str], place: int) -> tuple[int, int]:
    """How long the piece is from here on that repeats itself over most of the course, and how often it comes;
    1 and 1 where none does."""
    most, found = 1, (1, 1)
    for length in range(1, (len(parts) - place) // 2 + 1):
        piece, times = parts[place : place + length], 1
        while parts[place + length * times : place + length * (times + 1)] == piece:
            times += 1
        if times > 1 and length * times > most:
            most, found = length * times, (length, times)
    return found
