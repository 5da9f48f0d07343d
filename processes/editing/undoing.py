"""Taking back a removal. The page carries what each removal has changed: nothing is kept on the server. Pure.

A removal is kept as the names whose values it changed, each before and after, not as a copy of the page: a
page has up to 10,000 values, one step some dozens. What it carries is judged like all that is typed, so it
needs no signature. It ends when the draft is saved, because rows are numbered anew then, and after a few
buttons, because nobody knows then what it was about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from processes.editing.typed import (
    LETTERS,
    LONGEST_NAME,
    MOST_ROWS,
    REMOVED,
    SEVERAL,
    TooManyRows,
    Typed,
    list_of,
    names_rows,
)

MOST_REMOVALS = 20
"""Removals that can be taken back, the last first."""
MOST_CHARACTERS = 200_000
"""Of all of them together; the last is kept however long it is."""
KINDS = {
    "steps": gettext_lazy("Step"),
    "outcomes": gettext_lazy("Outcome"),
    "fields": gettext_lazy("Field"),
    "checklist": gettext_lazy("Activity"),
    "deadlines": gettext_lazy("Rule for the deadline"),
    "branches": gettext_lazy("Way"),
    "conditions": gettext_lazy("Condition"),
}
"""What a row of a list is called; those of other lists each have to do with a field."""
NAMES = {"steps": "name", "outcomes": "label", "fields": "label", "checklist": "text"}
"""What a row of a list is called by itself."""
MEANT = {
    **dict.fromkeys(("shown", "conditions", "values"), "field"),
    **dict.fromkeys(("inputs", "outputs"), "ours"),
    "branches": "target",
}
"""Which of its values names the field or step that a row of a list without names of their own is about."""
WORN = "worn"
"""Name of how many other buttons were pressed since the last removal."""
MOST_WORN = 3
"""After so many it is not offered any more to take removals back."""
Change = tuple[list[str], list[str]]
"""The values of a name before and after."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A row that was taken out, and the values of each name before and after that."""

    row: str
    changes: Mapping[str, Change]

    @classmethod
    def read(cls, text: str) -> Removal | None:
        """From what the page carries; None if that is nothing a page could have written."""
        row, _space, rest = text.partition(" ")
        try:
            list_of(row)
            found = {
                name: (_texts(before), _texts(after)) for name, (before, after) in json.loads(rest).items()
            }
        except (ValueError, TypeError, AttributeError, RecursionError):
            return None
        count = sum(max(1, len(before), len(after)) for before, after in found.values())
        return cls(row, found) if count <= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS else None

    def __str__(self) -> str:
        return f"{self.row} {json.dumps(self.changes, ensure_ascii=False, separators=(',', ':'))}"

    def what(self, typed: Typed) -> str:
        """The row in words: what it is, and its name or what it is about."""
        kind = list_of(self.row).rpartition("-")[2]
        about = self._before(MEANT.get(kind, ""))
        own = self._before(NAMES.get(kind, ""))
        name = (own or typed.get(f"{about}-label") or typed.get(f"{about}-name"))[:LONGEST_NAME]
        word = str(KINDS.get(kind, KINDS["fields"]))
        return _("%(kind)s “%(name)s”") % {"kind": word, "name": name} if name else word

    def _before(self, name: str) -> str:
        before, _after = self.changes.get(f"{self.row}-{name}", ([], []))
        return "".join(before).strip()


def _texts(values: object) -> list[str]:
    """Values as a form could send them. Raises ValueError."""
    if not isinstance(values, list):
        raise ValueError(values)
    for one in values:
        str(one).encode()
    return [str(one) for one in values]


def begin(typed: Typed, row: str) -> None:
    """Let the prefix of a row that was taken out stay taken; `remember` adds what else has changed."""
    typed.set(REMOVED, *typed.data.getlist(REMOVED), row)
    typed.set(WORN)


def wear(typed: Typed) -> None:
    """Another button was pressed: after some, what was removed before stays removed."""
    worn = int(typed.get(WORN)) + 1 if typed.get(WORN) in map(str, range(MOST_WORN)) else 1
    if worn < MOST_WORN and typed.data.getlist(REMOVED):
        typed.set(WORN, str(worn))
    else:
        typed.set(WORN)
        typed.set(REMOVED)


def remember(typed: Typed, row: str, before: Mapping[str, list[str]]) -> None:
    """Let the page carry what was begun; `before` = names and values before the row was taken out."""
    carried = typed.data.getlist(REMOVED)
    if carried[-1:] != [row]:
        return
    carried[-1] = str(Removal(row, dict(_changes(before, typed))))
    carried = carried[-MOST_REMOVALS:]
    while len(carried) > 1 and sum(map(len, carried)) > MOST_CHARACTERS:
        del carried[0]
    typed.set(REMOVED, *carried)


def _changes(before: Mapping[str, list[str]], typed: Typed) -> Iterator[tuple[str, Change]]:
    after = dict(typed.data.lists())
    for name in dict.fromkeys((*before, *after)):
        values = before.get(name, []), after.get(name, [])
        if name not in (REMOVED, WORN) and values[0] != values[1]:
            yield name, values


def last(typed: Typed) -> Removal | None:
    """The removal that is taken back next."""
    carried = typed.data.getlist(REMOVED)
    return Removal.read(carried[-1]) if carried else None


def undo(typed: Typed) -> str:
    """Bring back what was taken out last; answers its prefix, empty if there is nothing. What was changed
    since stays as it is. Raises TooManyRows."""
    removal = last(typed)
    if removal is not None:
        found = {name: _restored(name, typed, *values) for name, values in removal.changes.items()}
        if any(_is_list(name) and len(values) > MOST_ROWS for name, values in found.items()):
            raise TooManyRows
        for name, values in found.items():
            typed.set(name, *values)
    typed.set(REMOVED, *typed.data.getlist(REMOVED)[:-1])
    return removal.row if removal else ""


def _is_list(name: str) -> bool:
    return name.rpartition("-")[2] in LETTERS


def _restored(name: str, typed: Typed, before: list[str], after: list[str]) -> list[str]:
    now = typed.data.getlist(name)
    if now == after:
        return before
    if _is_list(name) or name.rpartition("-")[2] in SEVERAL:
        return with_removed(now, before, after)
    return before if names_rows(name) and not any(now) else now


def with_removed(now: list[str], before: list[str], after: list[str]) -> list[str]:
    """The rows of today with those of before that are not in `after`, each behind the one it stood behind."""
    here, gone = set(now), set(after)
    behind: dict[str, list[str]] = {}
    above = ""
    for one in before:
        if one in here:
            above = one
        elif one not in gone:
            behind.setdefault(above, []).append(one)
            gone.add(one)
    return [*behind.pop("", ()), *(one for row in now for one in (row, *behind.pop(row, ())))]
