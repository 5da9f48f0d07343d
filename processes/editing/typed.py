"""What was typed on the editing page: flat names and values, nested by their prefixes. Pure.

Every list of the page is a repeated name that holds the prefixes of its rows in their order: `steps` holds
`s1` and `s2`, `s1-outcomes` holds `s1-o1`. Rows are named by prefix wherever one row means another, so a row
can be meant before it has a key, and whatever it is renamed to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from processes.errors import ProcessError

LETTERS = {
    "fields": "f",
    "deadlines": "d",
    "steps": "s",
    "outcomes": "o",
    "checklist": "i",
    "shown": "x",
    "branches": "w",
    "conditions": "c",
    "inputs": "p",
    "outputs": "q",
    "values": "v",
}
"""What the rows of a list are called."""
ALWAYS = "on"
"""The way on that belongs to no outcome, in the prefix of its step."""
SEVERAL = ("open", "sources", "same", "apart", "approves", "cancels", "told", "to", "direct")
"""Names whose values, any number of them, are rows of other lists."""
REFERRING = (
    *SEVERAL,
    *("target", "basis", "field", "from_field", "repeat_field", "other", "ours"),
)
"""Names whose values are rows of other lists."""
REMOVED = "removed"
"""Name of what was taken out and can be brought back: each begins with its prefix, which stays taken."""
ASIDE = "aside"
"""Name of the outcomes of a step whose kind has none: they come back with the kind that has them."""
ASKED_BY = "asked_by"
"""Name of the way whose target “new step” made a step: what was typed there goes on there."""
MOST_ROWS = 200
"""Rows of one list."""
LONGEST_NAME = 120
"""Characters of a name where it stands for its row; the input keeps all that was typed."""
MOST_DIGITS = 4
"""Digits in the name of a row."""
PREFIX = re.compile(r"[a-z]{1,2}[0-9]{0,4}(?:-[a-z]{1,2}[0-9]{0,4}){0,4}")


class TooManyRows(ProcessError):
    """A list has no room for another row."""

    code = "too_many_rows"
    message = _("A list of this page has at most %(most)s rows.")

    def __init__(self) -> None:
        super().__init__(most=MOST_ROWS)


class Typed:
    """Names and values as a form sends them; changed in place while the page is rearranged."""

    def __init__(self, data: Mapping[str, list[str]] | MultiValueDict[str, str]) -> None:
        lists = data.lists() if isinstance(data, MultiValueDict) else data.items()
        self.data: MultiValueDict[str, str] = MultiValueDict({name: list(values) for name, values in lists})

    def rows(self, name: str) -> list[str]:
        """The prefixes of the rows of a list, in order; what is no row of it is left out."""
        start = _start_of(name)
        found = dict.fromkeys(self.data.getlist(name))
        return [one for one in found if one.startswith(start) and _is_number(one[len(start) :])][:MOST_ROWS]

    def get(self, name: str) -> str:
        """The value of a name, stripped; empty if there is none."""
        return (self.data.get(name) or "").strip()

    def set(self, name: str, *values: str) -> None:
        """Write the value or values of a name; none at all forgets it."""
        if values:
            self.data.setlist(name, list(values))
        else:
            self.data.pop(name, None)

    def add(self, name: str, values: Mapping[str, str] | None = None, *, behind: str = "") -> str:
        """Add a row at the end of a list or behind another row; answers its prefix. Raises TooManyRows."""
        start, rows = _start_of(name), self.rows(name)
        if len(rows) >= MOST_ROWS:
            raise TooManyRows
        prefix = f"{start}{_free(self._numbers(name, rows))}"
        rows.insert(rows.index(behind) + 1 if behind in rows else len(rows), prefix)
        self.set(name, *rows)
        for key, value in (values or {}).items():
            self.set(f"{prefix}-{key}", value)
        return prefix

    def _numbers(self, name: str, rows: list[str]) -> list[int]:
        """The numbers that rows of a list have, or would have again if they were brought back."""
        start, parent = _start_of(name), name.rpartition("-")[0]
        removed = [one.partition(" ")[0] for one in self.data.getlist(REMOVED)]
        aside = self.data.getlist(f"{parent}-{ASIDE}")
        found = [one[len(start) :] for one in (*rows, *removed, *aside) if one.startswith(start)]
        return [int(one) for one in found if _is_number(one)]

    def remove(self, prefix: str) -> None:
        """Take a row out with all that belongs to it; what meant the row means nothing any more."""
        for name in [one for one in self.data if one.startswith(f"{prefix}-")]:
            del self.data[name]
        for name, values in list(self.data.lists()):
            if names_rows(name) and any(_means(one, prefix) for one in values):
                self.set(name, *(one for one in values if not _means(one, prefix)))

    def move(self, prefix: str, by: int) -> None:
        """Move a row up (-1) or down (1) in its list."""
        name = list_of(prefix)
        rows = self.rows(name)
        if prefix in rows:
            place = rows.index(prefix)
            rows.insert(max(0, min(len(rows) - 1, place + by)), rows.pop(place))
            self.set(name, *rows)

    def below(self, prefix: str) -> Iterable[tuple[str, str]]:
        """Names and values that belong to a row."""
        for name, values in self.data.lists():
            if name.startswith(f"{prefix}-"):
                yield from ((name, value) for value in values)


def _start_of(name: str) -> str:
    """What the names of the rows of a list begin with."""
    parent, _dash, kind = name.rpartition("-")
    return f"{parent}-{LETTERS[kind]}" if parent else LETTERS[kind]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def _free(taken: list[int]) -> int:
    """The next number of a row, or a gap where that would have too many digits. Raises TooManyRows."""
    after = 1 + max(taken, default=0)
    if after < 10**MOST_DIGITS:
        return after
    gaps = set(range(1, after)) - set(taken)
    if not gaps:
        raise TooManyRows
    return min(gaps)


def names_rows(name: str) -> bool:
    """Whether the values of a name are rows, not texts that may read like one."""
    last = name.rpartition("-")[2]
    return last in LETTERS or last in REFERRING


def _means(value: str, prefix: str) -> bool:
    return value == prefix or value.partition(":")[2] == prefix


def list_of(prefix: str) -> str:
    """The name of the list a row stands in: `s1-outcomes` of `s1-o2`. Raises ValueError."""
    parent, _dash, last = prefix.rpartition("-")
    letter = last.rstrip("0123456789")
    kind = next((one for one, known in LETTERS.items() if known == letter and letter != last), None)
    if kind is None or not PREFIX.fullmatch(prefix):
        raise ValueError(prefix)
    return f"{parent}-{kind}" if parent else kind
