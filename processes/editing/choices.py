"""What a field offers to choose from, as lines of text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from processes import plaintext
from processes.blueprint import key_from

CHOICE = re.compile(r"(?:([a-z][a-z0-9_-]*)\s*=\s*)?(\S.*)")
MOST_CHOICES = 500
"""Choices of one field."""


def lines_of(text: str) -> list[str]:
    """The lines that are a choice each."""
    return [line for one in plaintext.lines(text).split("\n") if (line := one.strip())]


def read_choices(text: str) -> tuple[tuple[str, str], ...]:
    """Choices from lines `key = label` or `label`; no more than a field can have."""
    pairs: list[tuple[str, str]] = []
    for line in lines_of(text)[:MOST_CHOICES]:
        match = CHOICE.fullmatch(line)
        if match:
            key = match[1] or key_from(match[2], [value for value, _label in pairs], "wert")
            pairs.append((key, match[2]))
    return tuple(pairs)


def show_choices(choices: Iterable[Iterable[str]]) -> str:
    """The lines `read_choices` reads; the key only where the label alone would give another one."""
    lines: list[str] = []
    taken: list[str] = []
    for value, label in choices:
        match = CHOICE.fullmatch(label.strip())
        speaks = match is not None and not match[1] and value == key_from(label, taken, "wert")
        lines.append(label if speaks else f"{value} = {label}")
        taken.append(value)
    return "\n".join(lines)
